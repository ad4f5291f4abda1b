//! Rows of events as the bytes that ClickHouse reads, `RowBinaryWithNamesAndTypes`.
//!
//! Written by hand: this is where the collector spends its time once events are safe, and the
//! client's own way checks the type of every field of every row. Here the server checks once per
//! insert that the names and types at the head are those of the table; so another form of table
//! is an error and never another meaning of the same bytes.

use crate::EventRow;
use crate::schema::events as e;
use protocol::Timestamp;

/// Columns and types, in table order.
pub(crate) const COLUMNS: [(&str, &str); 28] = [
    (e::PROJECT, WORD),
    (e::EVENT_ID, "FixedString(16)"),
    (e::MONTH, "UInt32"),
    (e::KIND, WORD),
    (e::NAME, WORD),
    (e::BATCH_ID, "FixedString(16)"),
    (e::TIMESTAMP, TIME),
    (e::SENT_AT, TIME),
    (e::RECEIVED_AT, TIME),
    (e::ANONYMOUS_ID, TEXT),
    (e::USER_ID, TEXT),
    (e::ACCOUNT_ID, TEXT),
    (e::SESSION_ID, TEXT),
    (e::PAGE_ID, "UInt64"),
    (e::ELEMENT_ID, "UInt64"),
    (e::PATH, TEXT),
    (e::REFERRER, WORD),
    (e::CAMPAIGN_SOURCE, WORD),
    (e::CAMPAIGN_MEDIUM, WORD),
    (e::CAMPAIGN_NAME, WORD),
    (e::DEVICE, WORD),
    (e::BROWSER, WORD),
    (e::OS, WORD),
    (e::COUNTRY, WORD),
    (e::LANGUAGE, WORD),
    (e::APP_VERSION, WORD),
    (e::IS_AUTOMATED, "Bool"),
    (e::PROPERTIES, "Map(LowCardinality(String), String)"),
];

const TEXT: &str = "String";
const WORD: &str = "LowCardinality(String)";
const TIME: &str = "DateTime64(3)";

/// What comes before the rows: how many columns, their names, their types.
pub(crate) fn header(out: &mut Vec<u8>) {
    length(out, COLUMNS.len());
    COLUMNS.iter().for_each(|(name, _)| text(out, name));
    COLUMNS.iter().for_each(|(_, type_)| text(out, type_));
}

/// One row.
pub(crate) fn row(out: &mut Vec<u8>, row: &EventRow) {
    text(out, &row.project);
    out.extend_from_slice(&row.event_id);
    out.extend_from_slice(&row.month.to_le_bytes());
    text(out, &row.kind);
    text(out, &row.name);
    out.extend_from_slice(&row.batch_id);
    time(out, row.timestamp);
    time(out, row.sent_at);
    time(out, row.received_at);
    text(out, &row.anonymous_id);
    text(out, &row.user_id);
    text(out, &row.account_id);
    text(out, &row.session_id);
    out.extend_from_slice(&row.page_id.to_le_bytes());
    out.extend_from_slice(&row.element_id.to_le_bytes());
    text(out, &row.path);
    text(out, &row.referrer);
    text(out, &row.campaign_source);
    text(out, &row.campaign_medium);
    text(out, &row.campaign_name);
    text(out, &row.device);
    text(out, &row.browser);
    text(out, &row.os);
    text(out, &row.country);
    text(out, &row.language);
    text(out, &row.app_version);
    out.push(u8::from(row.is_automated));
    length(out, row.properties.len());
    for (key, value) in &row.properties {
        text(out, key);
        text(out, value);
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn time(out: &mut Vec<u8>, at: Timestamp) {
    out.extend_from_slice(&at.as_millis().to_le_bytes());
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn length(out: &mut Vec<u8>, mut n: usize) {
    while n > 0x7f {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        let bytes = |n: usize| {
            let mut out = Vec::new();
            length(&mut out, n);
            out
        };
        assert_eq!(bytes(0), [0]);
        assert_eq!(bytes(127), [127]);
        assert_eq!(bytes(128), [0x80, 1]);
        assert_eq!(bytes(300_000), [0xe0, 0xa7, 0x12]);
    }
}

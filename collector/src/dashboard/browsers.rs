//! What there is to say of the SDK in browsers, in sentences: for Setup and Delivery.

use super::format::many;
use super::notice::sentence;
use crate::counters::{Counts, Record, Sample};

/// How many reports there are of today that the SDK was switched off, and what the last one said;
/// nothing if there is none. A browser may send more than one: nobody is told from another.
pub(super) fn switched_off(today: &Counts, record: &Record) -> Option<String> {
    let n = (today.switched_off > 0).then(|| many(today.switched_off, "report"))?;
    let last = record.switched_off.iter().next();
    let why = last.map(|Sample { sentence, sdk, .. }| format!(": {sentence} ({sdk})"));
    let why = why.unwrap_or_default();
    let say = if today.switched_off == 1 { "says" } else { "say" };
    Some(sentence(&format!(
        "{n} of today {say} that a browser switched the SDK off, and captured nothing more on that page{why}"
    )))
}

/// How many loads of the script came from people who want no capture; nothing if none did.
pub(super) fn opposed(n: u64) -> Option<String> {
    let n = (n > 0).then(|| many(n, "load"))?;
    Some(format!(
        "{n} of the script today, by UTC, came from browsers with Global Privacy Control or Do-Not-Track on: there nothing is captured, kept or sent. To try the line, take a browser with neither on. A browser that has the script already is not counted again for five minutes."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Timestamp;

    #[test]
    fn nothing_is_said_of_nobody() {
        assert_eq!(switched_off(&Counts::default(), &Record::default()), None);
        assert_eq!(opposed(0), None);
    }

    #[test]
    fn the_last_one_says_what_it_was() {
        let mut record = Record::default();
        let why = "RuntimeError: unreachable, at `click`";
        record.switched_off.push(Sample::new(Timestamp::default(), why, "sillage-web/0.1.0", ""));
        let today = Counts { switched_off: 3, ..Counts::default() };
        insta::assert_snapshot!(switched_off(&today, &record).unwrap(), @"3 reports of today say that a browser switched the SDK off, and captured nothing more on that page: RuntimeError: unreachable, at “click” (sillage-web/0.1.0).");
    }
}

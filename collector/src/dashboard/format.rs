//! Numbers and times as people read them.

use jiff::tz::TimeZone;
use protocol::Timestamp;

/// A count with a comma between thousands: `12,345`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many people, in words that agree: `1 person`, `40 people`.
pub(super) fn people(n: u64) -> String {
    format!("{} {}", count(n), if n == 1 { "person" } else { "people" })
}

/// A share between 0 and 1 as a percentage with one decimal where it says something: `9.5%`, `100%`.
///
/// Something is never shown as nothing, nor nearly all as all: `<0.1%`, `>99.9%`.
pub(super) fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 0.05 {
        "<0.1%".to_owned()
    } else if (99.95..100.0).contains(&value) {
        ">99.9%".to_owned()
    } else {
        let text = format!("{value:.1}");
        format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// The time of the day in a zone: `14:03:09`.
pub(super) fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    utc(at).to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// The day and the time in a zone: `22 Nov 2026, 14:03:09`.
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    utc(at).to_zoned(zone.clone()).strftime("%-d %b %Y, %H:%M:%S").to_string()
}

/// The time of the day in a zone, with the day where it is not today's: `20 Nov 14:03:09`.
pub(super) fn day_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (utc(at).to_zoned(zone.clone()), utc(now).to_zoned(zone.clone()));
    let form = if at.date() == now.date() { "%H:%M:%S" } else { "%-d %b %H:%M:%S" };
    at.strftime(form).to_string()
}

/// The day and the time to the minute in a zone: `22 Nov 03:10`.
pub(super) fn day_minute(at: Timestamp, zone: &TimeZone) -> String {
    utc(at).to_zoned(zone.clone()).strftime("%-d %b %H:%M").to_string()
}

/// The day in a zone: `22 Nov 2026`.
pub(super) fn day(at: Timestamp, zone: &TimeZone) -> String {
    utc(at).to_zoned(zone.clone()).strftime("%-d %b %Y").to_string()
}

/// How many of something, in words that agree: `1 event`, `1,200 events`.
pub(super) fn many(n: u64, one: &str) -> String {
    format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A name in quotation marks, unless it has some of its own.
pub(super) fn quoted(name: &str) -> String {
    if name.contains('“') { name.to_owned() } else { format!("“{name}”") }
}

/// What was done: `did “Save”`, or `came` where it is anything.
pub(super) fn did(name: Option<&str>) -> String {
    name.map_or_else(|| "came".to_owned(), |name| format!("did {}", quoted(name)))
}

/// The text with a capital in front, unless it begins with a host, a path or something of code:
/// those are as they are written.
pub(super) fn capital(text: &str) -> String {
    let first_word = text.split_whitespace().next().unwrap_or_default();
    let first_word = first_word.trim_end_matches(['.', ',', ':', ';', '!', '?']);
    if first_word.contains(['/', '.', ':', '@', '_', '=']) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    first + chars.as_str()
}

/// A length of time in the largest unit of which there are two: `2 days`, `36 hours`.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..120 => many(seconds, "second"),
        120..7_200 => many(seconds / 60, "minute"),
        7_200..172_800 => many(seconds / 3_600, "hour"),
        _ => many(seconds / 86_400, "day"),
    }
}

/// A size in the unit that suits it: `640 bytes`, `12.3 MiB`, `8 GiB`.
pub(crate) fn size(n_bytes: u64) -> String {
    let (unit, name) = match n_bytes {
        0..0x400 => return format!("{n_bytes} bytes"),
        0x400..0x10_0000 => (0x400, "KiB"),
        0x10_0000..0x4000_0000 => (0x10_0000, "MiB"),
        _ => (0x4000_0000, "GiB"),
    };
    if n_bytes.is_multiple_of(unit) {
        return format!("{} {name}", n_bytes / unit);
    }
    #[allow(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let value = n_bytes as f64 / unit as f64;
    format!("{value:.1} {name}")
}

/// The moment in the form that programs read: `2026-11-22T14:03:09Z`.
pub(super) fn instant(at: Timestamp) -> String {
    utc(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn utc(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let texts = [0, 7, 999, 1_000, 12_345, 1_234_567].map(count);
        assert_eq!(texts, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!(people(1_200), "1,200 people");
    }

    #[test]
    fn something_is_never_nothing_nor_nearly_all_everything() {
        let texts = [0.0, 0.000_1, 0.095, 0.5, 0.333_3, 0.999_9, 1.0].map(percent);
        assert_eq!(texts, ["0%", "<0.1%", "9.5%", "50%", "33.3%", ">99.9%", "100%"]);
    }

    #[test]
    fn a_host_or_a_path_has_no_capital() {
        assert_eq!(capital("button “Save”"), "Button “Save”");
        assert_eq!(capital("no, nothing"), "No, nothing");
        for text in
            ["app.example.com/home", "localhost:4000", "/a", "store.audit is off", "“x”", ""]
        {
            assert_eq!(capital(text), text);
        }
    }

    #[test]
    fn times_are_in_the_zone() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let zone = TimeZone::get("Europe/Zurich").unwrap();
        assert_eq!(time_of_day(at, &zone), "23:13:20");
        assert_eq!(moment(at, &zone), "14 Nov 2023, 23:13:20");
        assert_eq!(instant(at), "2023-11-14T22:13:20Z");
        assert_eq!(day_time(at, at.plus_millis(1), &zone), "23:13:20");
        assert_eq!(day_time(at, at.plus_millis(3_600_000), &zone), "14 Nov 23:13:20");
    }

    #[test]
    fn spans_are_in_the_largest_unit_that_says_enough() {
        let spans = [1, 119, 120, 7_199, 7_200, 172_799, 604_800].map(span);
        assert_eq!(
            spans,
            [
                "1 second",
                "119 seconds",
                "2 minutes",
                "119 minutes",
                "2 hours",
                "47 hours",
                "7 days"
            ]
        );
    }

    #[test]
    fn sizes_are_in_the_unit_that_suits_them() {
        let sizes = [0, 1_023, 1_024, 1_234, 12_345_678, 8 << 30, 9 << 40].map(size);
        let expected =
            ["0 bytes", "1023 bytes", "1 KiB", "1.2 KiB", "11.8 MiB", "8 GiB", "9216 GiB"];
        assert_eq!(sizes, expected);
    }
}

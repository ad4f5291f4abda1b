//! What is known of an account: its attributes in words.

use super::super::label;
use super::view::Fact;
use super::words;
use crate::dashboard::format::{capital, count, many};
use jiff::civil::Date;
use store::record::attribute::{self, Kind};
use store::record::{AccountRecord, Attribute};

/// What the product knows, and the first others; the name stands above.
const MOST: usize = 12;

/// The attributes.
pub(super) fn facts(record: &AccountRecord, today: Date) -> Vec<Fact> {
    let told = record.attributes.iter().filter(|it| it.name != "name" && !it.value.is_empty());
    told.take(MOST).map(|attribute| fact(attribute, today)).collect()
}

fn fact(attribute: &Attribute, today: Date) -> Fact {
    let Attribute { name, value, .. } = attribute;
    let (value, more) = match attribute::kind(name) {
        Kind::Text => (value.clone(), String::new()),
        Kind::List => (attribute::list(value).join(", "), String::new()),
        Kind::Number => {
            let whole = value.parse::<u64>().map(count);
            (whole.unwrap_or_else(|_| value.clone()), String::new())
        }
        Kind::Date => value
            .parse::<Date>()
            .map(|day| (words::day(day), until(day, today)))
            .unwrap_or_else(|_| (value.clone(), String::new())),
    };
    Fact { name: capital(label(name)), value, more }
}

/// How far a day is: `in 4 months`, `3 weeks ago`.
pub(super) fn until(day: Date, today: Date) -> String {
    let days = (day - today).get_days();
    let n = u64::from(days.unsigned_abs());
    let far = match n {
        0 => return "today".to_owned(),
        1..14 => many(n, "day"),
        14..60 => many(n / 7, "week"),
        _ => many((n as f64 / 30.44).round() as u64, "month"),
    };
    if days > 0 { format!("in {far}") } else { format!("{far} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_so_far() {
        let far = |day| until(day, date(2026, 11, 23));
        assert_eq!(far(date(2026, 11, 23)), "today");
        assert_eq!(far(date(2026, 11, 24)), "in 1 day");
        assert_eq!(far(date(2027, 3, 25)), "in 4 months");
        assert_eq!(far(date(2026, 11, 1)), "3 weeks ago");
    }
}

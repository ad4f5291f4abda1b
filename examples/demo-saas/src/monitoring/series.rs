//! Daily values of a metric: made up, but the same for everyone on every day.

use crate::language::Language;
use jiff::civil::Date;

/// What a metric is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Euros.
    Money,
    /// Things.
    Count,
    /// Parts of a hundred.
    Percent,
    /// Minutes.
    Minutes,
}

impl Unit {
    /// A value with its unit, as short as it is clear.
    pub(crate) fn show(self, value: f64, language: Language) -> String {
        self.written(value, language, |number| number)
    }

    /// A round value with its unit, as an axis has it.
    pub(crate) fn mark(self, value: f64, language: Language) -> String {
        self.written(value, language, |number| {
            let has_fraction = number.contains(['.', ',']);
            let end = if has_fraction { number.trim_end_matches('0') } else { &number };
            end.trim_end_matches(['.', ',']).to_owned()
        })
    }

    fn written(
        self,
        value: f64,
        language: Language,
        number: impl FnOnce(String) -> String,
    ) -> String {
        let is_thousands = matches!(self, Self::Money | Self::Count) && value >= 1_000.0;
        let digits = match self {
            Self::Money if value >= 10_000.0 => 1,
            _ if is_thousands => 2,
            Self::Percent => 1,
            _ => 0,
        };
        let shown = if is_thousands { value / 1_000.0 } else { value };
        self.with_unit(&number(language.decimal(shown, digits)), is_thousands, language)
    }

    fn with_unit(self, number: &str, is_thousands: bool, language: Language) -> String {
        let k = match (is_thousands, language) {
            (false, _) => "",
            (true, Language::English) => "k",
            (true, Language::German) => " Tsd.",
        };
        match (self, language) {
            (Self::Money, Language::English) => format!("€{number}{k}"),
            (Self::Money, Language::German) => format!("{number}{k} €"),
            (Self::Count, _) => format!("{number}{k}"),
            (Self::Percent, _) => format!("{number} %"),
            (Self::Minutes, _) => format!("{number} min"),
        }
    }
}

/// How a metric moves: its level, its growth over 90 days, how much quieter weekends are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    level: f64,
    growth: f64,
    weekend: f64,
}

impl Shape {
    /// A shape from level, growth over 90 days, and the share that weekends lose.
    pub(crate) const fn of(level: f64, growth: f64, weekend: f64) -> Self {
        Self { level, growth, weekend }
    }

    /// The values of the last `days` days, the latest last.
    pub(crate) fn values(&self, name: &str, today: Date, days: usize) -> Vec<f64> {
        let ago = (0..days).rev();
        ago.map(|ago| self.value(name, today, i32::try_from(ago).unwrap_or(i32::MAX))).collect()
    }

    fn value(&self, name: &str, today: Date, ago: i32) -> f64 {
        let date = today.saturating_sub(jiff::Span::new().days(ago));
        let day = date.duration_since(Date::new(2020, 1, 1).unwrap_or_default()).as_hours() / 24;
        let is_weekend = date.weekday().to_monday_zero_offset() >= 5;
        let growth = 1.0 - self.growth * f64::from(ago) / 90.0;
        let weekend = if is_weekend { 1.0 - self.weekend } else { 1.0 };
        let noise = 1.0 + 0.35 * self.weekend * spread(name, day);
        self.level * growth * weekend * noise
    }
}

/// A number from -1 to 1 that is the same for the same name and day.
pub(crate) fn spread(name: &str, day: i64) -> f64 {
    // The offset and prime of the 32-bit FNV-1a hash.
    let bytes = name.bytes().chain(day.to_le_bytes());
    let hash = bytes
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    f64::from(hash >> 8) / f64::from(u32::MAX >> 8) * 2.0 - 1.0
}

/// The latest value, and the change of the last seven days against the seven before, in per cent.
pub(crate) fn latest(values: &[f64]) -> (f64, f64) {
    let last = values.last().copied().unwrap_or_default();
    let (before, after) = values.split_at(values.len().saturating_sub(7));
    let before = &before[before.len().saturating_sub(7)..];
    let sum = |values: &[f64]| values.iter().sum::<f64>();
    let change = if before.len() == 7 { sum(after) / sum(before) - 1.0 } else { 0.0 };
    (last, change * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_same_whichever_range_shows_it() {
        let shape = Shape::of(100.0, 0.2, 0.3);
        let today = Date::new(2026, 11, 20).unwrap();
        let (month, week) = (shape.values("x", today, 30), shape.values("x", today, 7));
        assert_eq!(month[23..], week[..]);
        assert!(month.iter().all(|value| (50.0..130.0).contains(value)), "{month:?}");
    }

    #[test]
    fn values_are_shown_with_their_unit() {
        let check = |unit: Unit, value, expected: [&str; 2]| {
            assert_eq!(Language::ALL.map(|language| unit.show(value, language)), expected);
        };
        check(Unit::Money, 48_211.0, ["€48.2k", "48,2 Tsd. €"]);
        check(Unit::Money, 86.4, ["€86", "86 €"]);
        check(Unit::Count, 1_840.0, ["1.84k", "1,84 Tsd."]);
        check(Unit::Percent, 3.44, ["3.4 %", "3,4 %"]);
        check(Unit::Minutes, 38.4, ["38 min", "38 min"]);
        let marks =
            [2_500.0, 2_000.0, 50.0].map(|value| Unit::Count.mark(value, Language::English));
        assert_eq!(marks, ["2.5k", "2k", "50"]);
    }
}

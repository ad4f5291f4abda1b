//! How long it takes, in words and as bars.

use super::view::{Bin, Durations};
use crate::dashboard::format::{count, span};
use crate::dashboard::people::{Lists, Number, actors};
use analytics::report::funnel::{Histogram, Times, Who};
use analytics::{Funnel, FunnelResult};

/// A length of time: `under 1 second`, `36 hours`.
pub(super) fn took(seconds: f64) -> String {
    if seconds < 1.0 { "under 1 second".to_owned() } else { span(seconds.round() as u64) }
}

/// The median where there is one, or a dash.
pub(super) fn median(times: Option<Times>) -> String {
    times.map_or_else(|| "–".to_owned(), |times| took(times.median_seconds))
}

/// The mean in small print; empty where there is none.
pub(super) fn mean(times: Option<Times>) -> String {
    times.map_or_else(String::new, |times| format!("mean {}", took(times.mean_seconds)))
}

/// How long the whole took those who did it.
pub(super) fn durations(lists: &Lists<'_, Funnel>, result: &FunnelResult) -> Option<Durations> {
    let (times, histogram) = (result.times?, result.histogram.as_ref()?);
    let half = took(times.median_seconds);
    let caption = match result.converted {
        1 => format!("It took {} {half}.", actors(result.by, 1)),
        n => format!(
            "Half of {} took {half} or less; the mean is {}.",
            actors(result.by, n),
            took(times.mean_seconds)
        ),
    };
    let steps = lists.asked.steps.len();
    let number = |people: u64, bar: [u64; 2]| {
        lists.number(count(people), people, label_of(bar), &Who::took(steps, bar))
    };
    Some(Durations { caption, bins: bins(histogram, &number) })
}

fn bins(histogram: &Histogram, number: &dyn Fn(u64, [u64; 2]) -> Number) -> Vec<Bin> {
    let most = histogram.bins.iter().copied().max().unwrap_or(0).max(1);
    let bars = histogram.bounds_seconds.windows(2).zip(&histogram.bins);
    let bin = |(bar, people): (&[u64], &u64)| Bin {
        from: short(bar[0]),
        label: label_of([bar[0], bar[1]]),
        people: number(*people, [bar[0], bar[1]]),
        height: format!("{:.2}", *people as f64 / most as f64 * 100.0),
    };
    bars.map(bin).collect()
}

/// What a bar from and until so many seconds holds: `10 s to 1 min`.
pub(super) fn label_of([from, until]: [u64; 2]) -> String {
    match from {
        0 => format!("under {}", short(until)),
        from => format!("{} to {}", short(from), short(until)),
    }
}

/// A length of time in two units at most: `2 d 3 h`, `40 s`.
fn short(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, name) in units {
        if left >= unit && parts.len() < 2 {
            parts.push(format!("{} {name}", left / unit));
            left %= unit;
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_units_that_say_something() {
        assert_eq!(
            [0, 59, 3_600, 3_661, 90_000].map(short),
            ["0 s", "59 s", "1 h", "1 h 1 min", "1 d 1 h"]
        );
        assert_eq!([0.4, 1.2, 200.0].map(took), ["under 1 second", "1 second", "3 minutes"]);
    }

    #[test]
    fn the_highest_bar_is_the_whole_height() {
        let histogram = Histogram { bounds_seconds: vec![0, 10, 60, 90], bins: vec![2, 0, 8] };
        let bins = bins(&histogram, &|people, _| Number::plain(count(people)));
        let seen: Vec<_> =
            bins.iter().map(|bin| (bin.label.as_str(), bin.height.as_str())).collect();
        let expected =
            [("under 10 s", "25.00"), ("10 s to 1 min", "0.00"), ("1 min to 1 min 30 s", "100.00")];
        assert_eq!(seen, expected);
    }
}

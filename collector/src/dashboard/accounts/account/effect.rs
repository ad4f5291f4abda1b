//! Before and after, in words.

use super::view::Effect as View;
use super::words;
use crate::dashboard::format::{count, many};
use accounts::account::{Effect, Side};

/// What an intervention changed.
pub(super) fn effect(effect: &Effect) -> View {
    let mut heads = vec!["Two weeks before".to_owned()];
    let mut sides = vec![effect.before];
    if let Some(after) = effect.after {
        let is_whole = after.days == effect.before.days;
        let part = || format!("The {} after", many(u64::from(after.days), "day"));
        heads.push(if is_whole { "Two weeks after".to_owned() } else { part() });
        sides.push(after);
    }
    if let Some(lately) = effect.lately {
        heads.push("Last two weeks".to_owned());
        sides.push(lately);
    }
    let row = |of: &dyn Fn(&Side) -> String| sides.iter().map(of).collect();
    let active = |side: &Side| side.active_days.map_or_else(|| "–".to_owned(), words::share);
    View {
        sentence: recovery(effect),
        heads,
        rows: vec![
            ("Core actions a week", row(&|side| words::mean(side.core_actions_a_week))),
            ("Active days a week, of a person’s seven", row(&active)),
            ("People", row(&|side| count(u64::from(side.people)))),
        ],
    }
}

/// When the usual level was reached again, as a sentence; nothing where it was never left.
pub(super) fn recovery(effect: &Effect) -> Option<String> {
    let usual = effect.usual.filter(|_| effect.is_after_fall)?;
    let usual = format!("usual {} core actions a day", words::mean(usual));
    Some(match effect.recovery {
        Some(found) => {
            let after = match found.after_days {
                0 => "on the same day".to_owned(),
                n => format!("{} later", many(u64::from(n), "day")),
            };
            format!("Back at {} of its {usual} {after}.", words::share(found.level))
        }
        None => format!("Its {usual} are not reached again yet."),
    })
}

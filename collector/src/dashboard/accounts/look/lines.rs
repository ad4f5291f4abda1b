//! The list as lines of CSV: what the page shows, a line for each account of each of its parts.

use super::words::{Words, name};
use crate::http::csv::quoted;

/// All lines, with a head.
pub(super) fn lines(words: &Words<'_>) -> String {
    let mut lines = "list,account,name,week,compared,before,now,change,what\r\n".to_owned();
    let result = words.result;
    for it in &result.falls {
        let causes: Vec<_> = words.causes(it).iter().map(|said| said.text()).collect();
        let compared = if it.is_running { "part" } else { "whole" };
        lines.push_str(&format!(
            "fell,{},{},{},{compared},{},{},{:.4},{}\r\n",
            quoted(&it.account),
            quoted(name(&it.account, &it.name)),
            it.week,
            it.before,
            it.now,
            it.change,
            quoted(&causes.join(" ")),
        ));
    }
    for it in &result.earlier {
        let change = f64::from(it.last_week) / it.level - 1.0;
        lines.push_str(&format!(
            "not back,{},{},{},whole,{:.0},{},{change:.4},\"\"\r\n",
            quoted(&it.account),
            quoted(name(&it.account, &it.name)),
            it.week,
            it.level,
            it.last_week,
        ));
    }
    for it in &result.back {
        lines.push_str(&format!(
            "back,{},{},{},,,,,{}\r\n",
            quoted(&it.account),
            quoted(name(&it.account, &it.name)),
            it.week,
            quoted(&words.back(it))
        ));
    }
    let hardly_used = result
        .hardly_used
        .iter()
        .map(|it| ("modules hardly used", &it.account, &it.name, words.hardly_used(it)));
    let taken_up = result
        .taken_up
        .iter()
        .map(|it| ("modules taken up", &it.account, &it.name, words.taken_up(it)));
    let leaning =
        result.leaning.iter().map(|it| ("one person", &it.account, &it.name, words.leaning(it)));
    for (list, account, named, said) in taken_up.chain(hardly_used).chain(leaning) {
        lines.push_str(&format!(
            "{list},{},{},,,,,,{}\r\n",
            quoted(account),
            quoted(name(account, named)),
            quoted(&said)
        ));
    }
    lines
}

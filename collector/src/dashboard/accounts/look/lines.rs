//! The list as lines of CSV: what the page shows, a line for each account of each of its parts.

use super::words::Words;
use crate::http::csv::quoted;

/// All lines, with a head.
pub(super) fn lines(words: &Words<'_>) -> String {
    let mut lines = "list,account,week,compared,before,now,change,what\r\n".to_owned();
    let result = words.result;
    for fall in &result.falls {
        let causes: Vec<_> = fall.causes.iter().map(|cause| words.cause(cause).text()).collect();
        let compared = if fall.is_running { "part" } else { "whole" };
        lines.push_str(&format!(
            "fell,{},{},{compared},{},{},{:.4},{}\r\n",
            quoted(&fall.account),
            fall.week,
            fall.before,
            fall.now,
            fall.change,
            quoted(&causes.join(" ")),
        ));
    }
    for it in &result.earlier {
        let change = f64::from(it.last_week) / it.level - 1.0;
        lines.push_str(&format!(
            "not back,{},{},whole,{:.0},{},{change:.4},\"\"\r\n",
            quoted(&it.account),
            it.week,
            it.level,
            it.last_week,
        ));
    }
    for it in &result.back {
        let (account, week) = (quoted(&it.account), &it.week);
        lines.push_str(&format!("back,{account},{week},,,,,{}\r\n", quoted(&words.back(it))));
    }
    for it in &result.leaning {
        let (account, what) = (quoted(&it.account), quoted(&words.leaning(it)));
        lines.push_str(&format!("one person,{account},,,,,,{what}\r\n"));
    }
    lines
}

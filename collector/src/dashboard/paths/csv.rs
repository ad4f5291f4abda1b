//! Paths as CSV: a line for each transition, with numbers that programs read (RFC 4180).

use crate::http::csv::quoted;
use analytics::{Flow, ItemKind, PathsResult};

/// The lines, the header first; where visits end or are not looked at any more is a line too.
pub(super) fn lines(result: &PathsResult) -> String {
    let mut out = "step,from,to,transitions,people,share,mean_seconds\r\n".to_owned();
    for edge in &result.edges {
        out.push_str(&format!(
            "{},{},{},{},{},{:.4},{:.1}\r\n",
            edge.position,
            quoted(&edge.from.name),
            quoted(&edge.to.name),
            edge.transitions,
            edge.people,
            edge.share,
            edge.mean_seconds
        ));
    }
    for position in &result.positions {
        for node in &position.nodes {
            for (to, flow) in [("(ended)", node.ended), ("(goes on)", node.goes_on)] {
                // What the paths end with is their end, and no visit is lost there.
                if flow.visits > 0 && node.item.kind != ItemKind::End {
                    out.push_str(&line(position.position, &node.item.name, to, flow, result));
                }
            }
        }
    }
    out
}

fn line(step: u32, from: &str, to: &str, flow: Flow, result: &PathsResult) -> String {
    let share = flow.visits as f64 / result.visits.max(1) as f64;
    format!("{step},{},{to},{},{},{share:.4},\r\n", quoted(from), flow.visits, flow.people)
}

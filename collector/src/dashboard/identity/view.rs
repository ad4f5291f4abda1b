//! What the page of the identity rules shows, in words: plain data for its template.

use super::coverage::Coverage;
use super::form::{Filled, Row};
use crate::dashboard::format::{count, instant, moment, percent};
use crate::dashboard::layout::Shell;
use crate::dashboard::notice::Notice;
use crate::remote_config::{Record, Tally};
use askama::Template;
use jiff::tz::TimeZone;
use protocol::config::{IdentityRule, RULES, Source, Whose};
use store::IdentityChange;

/// The page.
#[derive(Debug, Template)]
#[template(path = "identity.html")]
pub(super) struct IdentityPage {
    pub(super) shell: Shell,
    pub(super) project_id: String,
    pub(super) notice: Option<Notice>,
    /// None while the store is away.
    pub(super) rules: Option<RulesView>,
    pub(super) may_change: bool,
    /// None while the store is away.
    pub(super) coverage: Option<CoverageView>,
    pub(super) changes: Vec<ChangeView>,
}

/// The rules, by whose id they find.
#[derive(Debug)]
pub(super) struct RulesView {
    /// The version that the form changes.
    pub(super) version: u32,
    pub(super) lists: [ListView; 2],
    pub(super) has_storage: bool,
}

/// The rules for one id.
#[derive(Debug)]
pub(super) struct ListView {
    /// The word in the names of fields.
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) hint: &'static str,
    pub(super) example: &'static str,
    pub(super) rows: Vec<RowView>,
}

/// One row of the form.
#[derive(Debug)]
pub(super) struct RowView {
    pub(super) n: usize,
    pub(super) kinds: [KindView; 3],
    pub(super) name: String,
    pub(super) path: String,
    /// What kind of place it is, in words; empty for a row to fill in.
    pub(super) kind: &'static str,
    /// What came of it, if anything was said.
    pub(super) tally: Option<TallyView>,
}

/// One kind of place to choose.
#[derive(Debug)]
pub(super) struct KindView {
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) is_chosen: bool,
}

/// What came of a rule, as a sentence.
#[derive(Debug)]
pub(super) struct TallyView {
    pub(super) is_bad: bool,
    pub(super) sentence: String,
}

impl RulesView {
    /// The rules as they are `stored`, or as they were `filled` in where that has a fault.
    pub(super) fn new(
        version: u32,
        stored: &[IdentityRule],
        filled: Option<&Filled>,
        record: &Record,
    ) -> Self {
        let rows: Vec<Row> = match filled {
            Some(filled) => filled.rows.iter().filter(|row| !row.is_empty()).cloned().collect(),
            None => stored.iter().map(Row::of_rule).collect(),
        };
        // Rows that are being changed are no longer the rules that the tally is about.
        let is_told = filled.is_none() && record.version == version;
        let tally = |n: usize| record.rules.get(n).filter(|_| is_told);
        let list = |of: Whose| {
            let own = rows.iter().enumerate().filter(|(_, row)| row.of == of);
            let mut rows: Vec<_> = own.map(|(n, row)| RowView::new(row, tally(n))).collect();
            let n_rows = (rows.len() + 1).clamp(2, RULES.max(rows.len()));
            rows.resize_with(n_rows, || RowView::new(&Row::empty(of), None));
            (1..).zip(&mut rows).for_each(|(n, row)| row.n = n);
            ListView::new(of, rows)
        };
        Self {
            version: filled.map_or(version, |filled| filled.version),
            has_storage: stored.iter().any(|rule| rule.from == Source::Storage),
            lists: Whose::ALL.map(list),
        }
    }

    /// Whether there is no rule at all.
    pub(super) fn is_empty(&self) -> bool {
        self.lists.iter().all(|list| list.rows.iter().all(|row| row.kind.is_empty()))
    }
}

impl ListView {
    fn new(of: Whose, rows: Vec<RowView>) -> Self {
        let (title, hint, example) = match of {
            Whose::User => ("The person", "Your own id of the user who is signed in.", "user-id"),
            Whose::Account => {
                ("The company", "Your own id of the account the user belongs to.", "account-id")
            }
        };
        Self { word: of.as_str(), title, hint, example, rows }
    }
}

impl RowView {
    fn new(row: &Row, tally: Option<&Tally>) -> Self {
        let kind = |from: Source| KindView {
            word: from.as_str(),
            title: title(from),
            is_chosen: row.from == Some(from),
        };
        Self {
            n: 0,
            kinds: Source::ALL.map(kind),
            name: row.name.clone(),
            path: row.path.clone(),
            kind: row.from.map_or("", title),
            tally: tally.and_then(TallyView::new),
        }
    }
}

impl TallyView {
    fn new(tally: &Tally) -> Option<Self> {
        let Tally { found, nothing, refused, off } = *tally;
        let all = found + nothing + refused + off;
        let said = [
            (found, "gave an id in"),
            (nothing, "found nothing in"),
            (refused, "refused what is nobody’s id in"),
            (off, "was not allowed by the script line in"),
        ];
        let said = said.into_iter().filter(|(n, _)| *n > 0);
        let parts: Vec<_> = said.map(|(n, what)| format!("{what} {}", count(n))).collect();
        let deliveries = if all == 1 { "delivery" } else { "deliveries" };
        let sentence = format!("Of {} {deliveries}: {}", count(all), parts.join("; "));
        let is_bad = found == 0 || refused > 0;
        (all > 0).then_some(Self { is_bad, sentence })
    }
}

fn title(from: Source) -> &'static str {
    match from {
        Source::Meta => "Meta tag",
        Source::Global => "Global variable",
        Source::Storage => "localStorage",
    }
}

/// What the events of the last hour carry.
#[derive(Debug)]
pub(super) struct CoverageView {
    pub(super) n_events: String,
    pub(super) is_empty: bool,
    pub(super) rows: [CoverageRow; 2],
}

/// How many of them carry one id.
#[derive(Debug)]
pub(super) struct CoverageRow {
    pub(super) title: &'static str,
    pub(super) share: String,
    pub(super) n: String,
    /// The last id, masked; empty if none came.
    pub(super) last: String,
}

impl CoverageView {
    pub(super) fn new(counted: &Coverage) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "one decimal is shown")]
        let share = |n: u64| percent(n as f64 / counted.events.max(1) as f64);
        let row = |title, n: u64, last: &str| CoverageRow {
            title,
            share: share(n),
            n: count(n),
            last: masked(last),
        };
        Self {
            n_events: count(counted.events),
            is_empty: counted.events == 0,
            rows: [
                row("carry a person", counted.with_user, &counted.last_user),
                row("carry a company", counted.with_account, &counted.last_account),
            ],
        }
    }
}

/// The shape of an id: its first two characters and its signs, and dots for the rest.
fn masked(id: &str) -> String {
    let mask = |(n, c): (usize, char)| if n < 2 || !c.is_alphanumeric() { c } else { '•' };
    let mut text: String = id.chars().take(24).enumerate().map(mask).collect();
    if id.chars().nth(24).is_some() {
        text.push('…');
    }
    text
}

/// One change of the rules.
#[derive(Debug)]
pub(super) struct ChangeView {
    pub(super) version: u32,
    pub(super) author: String,
    pub(super) moment: String,
    pub(super) instant: String,
    /// Each rule from then on, as a line.
    pub(super) rules: Vec<String>,
}

impl ChangeView {
    pub(super) fn new(change: IdentityChange, zone: &TimeZone) -> Self {
        Self {
            version: change.version,
            author: change.author,
            moment: moment(change.at, zone),
            instant: instant(change.at),
            rules: change.rules.iter().map(line).collect(),
        }
    }
}

fn line(rule: &IdentityRule) -> String {
    let whose = match rule.of {
        Whose::User => "Person",
        Whose::Account => "Company",
    };
    let IdentityRule { from, name, path, .. } = rule;
    let path = if path.is_empty() { String::new() } else { format!(", {path}") };
    format!("{whose}: {}, {name}{path}", title(*from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_by_its_shape() {
        assert_eq!(masked("user_acme_0001"), "us••_••••_••••");
        assert_eq!(masked("7"), "7");
        assert_eq!(masked("ann@example.com"), "an•@•••••••.•••");
        assert_eq!(masked(&"a".repeat(30)), format!("aa{}…", "•".repeat(22)));
    }

    #[test]
    fn a_rule_says_what_came_of_it() {
        let check = |tally: Tally| {
            let TallyView { is_bad, sentence } = TallyView::new(&tally).unwrap();
            format!("{is_bad}: {sentence}")
        };
        let tally = Tally { found: 1_240, nothing: 60, ..Tally::default() };
        insta::assert_snapshot!(check(tally), @"false: Of 1,300 deliveries: gave an id in 1,240; found nothing in 60");
        insta::assert_snapshot!(check(Tally { off: 3, ..Tally::default() }), @"true: Of 3 deliveries: was not allowed by the script line in 3");
        insta::assert_snapshot!(check(Tally { found: 2, refused: 1, ..Tally::default() }), @"true: Of 3 deliveries: gave an id in 2; refused what is nobody’s id in 1");
        assert!(TallyView::new(&Tally::default()).is_none());
    }

    #[test]
    fn there_is_always_a_row_to_fill_in_up_to_the_limit() {
        let rule = |of| IdentityRule {
            of,
            from: Source::Meta,
            name: "user-id".to_owned(),
            path: String::new(),
        };
        let n_rows = |n: usize| {
            let rules = vec![rule(Whose::User); n];
            let view = RulesView::new(1, &rules, None, &Record::default());
            view.lists.map(|list| list.rows.len())
        };
        assert_eq!([n_rows(0), n_rows(1), n_rows(3), n_rows(5)], [[2, 2], [2, 2], [4, 2], [5, 2]]);
    }
}

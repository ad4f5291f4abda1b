//! The table as people read it. Pure: numbers in, texts out.

mod number;

use super::form::{PAGE, Shown, TESTS, Typed};
use super::view::{AccountsPage, Answer, Cell, Chip, Frame, Group, Head, Row, State};
use super::{Loaded, REPORT};
use crate::dashboard::accounts::account::links::{Links, Of as LinkOf};
use crate::dashboard::accounts::{address, label as attribute_label, unmeasured};
use crate::dashboard::format::{count, many, moment, quoted, time_of_day};
use crate::dashboard::layout::Shell;
use crate::dashboard::range::Choice;
use crate::dashboard::report::saved_of;
use crate::dashboard::spark::{HEIGHT, Spark, WIDTH};
use crate::definitions::Project;
use accounts::figures::Metric;
use accounts::table::{
    Cell as Figured, Column, Compared, Condition, Key, NAME, Of, Order, Row as Account,
    TableResult, Test,
};
use jiff::ToSpan as _;
use jiff::civil::Date;
pub(super) use number::scale;
use number::{before, change, drawn, fell, label, metric_note, shown, value, value_of, with_unit};
use store::SavedView;
use store::record::attribute;

/// A question with what is told of it.
pub(super) struct Told<'a> {
    pub(super) shown: &'a Shown,
    pub(super) loaded: &'a Loaded,
    /// The condition that was typed and means nothing.
    pub(super) typed: Typed,
    pub(super) project: &'a Project,
    pub(super) origin: &'a str,
    /// The day of the project.
    pub(super) today: String,
}

/// The core actions without which a week before says nothing of a fall.
const AT_LEAST: f64 = 20.0;

/// Whether an account fell in what is drawn, from a week that says something.
fn is_fallen(row: &Account) -> bool {
    let before = row.core_actions.before.unwrap_or(0.0);
    before >= AT_LEAST && fell(&row.drawn_cell)
}

/// Whether any account of an answer did.
pub(super) fn has_fallen(result: &TableResult) -> bool {
    result.accounts.iter().any(is_fallen)
}

impl Told<'_> {
    /// The page, with or without accounts.
    pub(super) fn page(
        &self,
        shell: Shell,
        saved: &[SavedView],
        fault: Option<String>,
    ) -> AccountsPage {
        let table = &self.shown.table;
        let state = self.state();
        let (frame, segments) = self.frame(&shell, saved, fault, matches!(state, State::Table(_)));
        let (end, n) = self.shown.picked();
        let ends = [("all", "All"), ("worst", "The worst"), ("best", "The best")];
        AccountsPage {
            shell,
            frame,
            segments,
            on: table.on.map(|day| day.to_string()).unwrap_or_default(),
            today: self.today.clone(),
            weeks: self.weeks(),
            ends: ends.map(|(value, label)| choice(value, label, value == end)).into(),
            picked: n.to_string(),
            is_picking: end != "all",
            search: table.search.clone(),
            columns: self.columns(),
            conditions: self.conditions(),
            properties: self.properties(),
            tests: TESTS
                .map(|(value, label)| choice(value, label, value == self.typed.test))
                .into(),
            typed: std::array::from_fn(|n| self.typed.values.get(n).cloned().unwrap_or_default()),
            is_typing: !self.typed.property.is_empty(),
            values: self.values(),
            state,
        }
    }

    fn path(&self) -> String {
        format!("/projects/{}/accounts", self.project.definition.id)
    }

    fn address(&self, shown: &Shown) -> String {
        format!("{}?{}", self.path(), shown.address())
    }

    /// What stands around the table, and the saved questions.
    fn frame(
        &self,
        shell: &Shell,
        saved: &[SavedView],
        fault: Option<String>,
        is_answer: bool,
    ) -> (Frame, Vec<Choice>) {
        let (project, path) = (&self.project.definition.id, self.path());
        let query = self.shown.table.to_query_string();
        let views: Vec<_> = saved_of(saved, project, REPORT.id, shell).collect();
        let is_it = views.iter().find(|view| view.query == query);
        let title = is_it.map_or(REPORT.label, |view| &view.name).to_owned();
        let lead = is_it.map(|view| view.description.as_str()).filter(|what| !what.is_empty());
        let mut segments: Vec<_> = views
            .iter()
            .map(|view| choice(&format!("{path}?{}", view.query), &view.name, view.query == query))
            .collect();
        if !segments.is_empty() {
            segments.insert(0, choice(&path, "All accounts", false));
        }
        let question = serde_json::to_string_pretty(&self.shown.table).unwrap_or_default();
        let frame = Frame {
            id: REPORT.id,
            title,
            lead: lead.unwrap_or(REPORT.what).to_owned(),
            link: format!("{}{}", self.origin, self.address(self.shown)),
            csv: is_answer.then(|| format!("{path}.csv?{query}")),
            hidden: self.shown.hidden(),
            fault,
            question,
            endpoint: format!("{}/v1/projects/{project}/accounts", self.origin),
            query,
            views: Some(format!("/projects/{project}/views")),
            path,
        };
        (frame, segments)
    }

    fn weeks(&self) -> Vec<Choice> {
        let on = self.loaded.result.as_ref().map(|result| result.compared);
        let on = on.or(self.shown.table.compared);
        let weeks =
            [(Compared::Running, "This week so far"), (Compared::Full, "The last full week")];
        let link = |(compared, label)| {
            let shown = self.shown.with(|table| table.compared = Some(compared));
            choice(&self.address(&shown), label, on == Some(compared))
        };
        weeks.map(link).into()
    }

    /// The columns that there are, the chosen ones marked.
    fn columns(&self) -> Vec<Group> {
        let is_on = |column: &Column| self.shown.table.columns.contains(column);
        let figures = |is_quantity: bool| {
            let metrics = Metric::ALL.into_iter().filter(|it| it.is_quantity() == is_quantity);
            let column = |metric| {
                let column = Column::Figure(metric);
                choice(metric.word(), label(metric), is_on(&column))
            };
            metrics.map(column).collect()
        };
        let attribute = |name: &String| {
            let column = Column::Attribute(name.clone());
            choice(&column.to_string(), attribute_label(name), is_on(&column))
        };
        let said = self.loaded.attributes.iter().filter(|name| *name != NAME);
        // A column is offered, too, of which nothing is said any more.
        let gone = self.shown.table.columns.iter().filter_map(|column| match column {
            Column::Attribute(name) if !self.loaded.attributes.contains(name) => Some(name),
            Column::Attribute(_) | Column::Figure(_) => None,
        });
        let groups = [
            Group { label: "How much", choices: figures(true) },
            Group { label: "How well", choices: figures(false) },
            Group {
                label: "What is said of them",
                choices: said.chain(gone).map(attribute).collect(),
            },
        ];
        groups.into_iter().filter(|group| !group.choices.is_empty()).collect()
    }

    fn conditions(&self) -> Vec<Chip> {
        let chip = |(n, condition): (usize, &Condition)| Chip {
            label: said(condition),
            without: self.address(&self.shown.without(n)),
        };
        let day = self.shown.table.on.map(|day| Chip {
            label: format!("As it was when {} began", day.strftime("%-d %b %Y")),
            without: self.address(&self.shown.with(|table| table.on = None)),
        });
        let conditions = self.shown.table.conditions.iter().enumerate().map(chip);
        day.into_iter().chain(conditions).collect()
    }

    /// What a condition may be on.
    fn properties(&self) -> Vec<Group> {
        let of = |of: Of| {
            let figure = |metric: Metric| {
                let key = Key::Figure(metric, of);
                self.property(&key)
            };
            Metric::ALL.map(figure).into()
        };
        let said = self.loaded.attributes.iter();
        let said = said.map(|name| self.property(&Key::Attribute(name.clone())));
        let groups = [
            Group { label: "What is said of them", choices: said.collect() },
            Group { label: "The week", choices: of(Of::Now) },
            Group { label: "The week before", choices: of(Of::Before) },
            Group { label: "Change in percent", choices: of(Of::Change) },
        ];
        groups.into_iter().filter(|group| !group.choices.is_empty()).collect()
    }

    fn property(&self, key: &Key) -> Choice {
        let word = key.to_string();
        choice(&word, &called(key), word == self.typed.property)
    }

    /// Texts of attributes that are seen; nobody looks for one day or number among many.
    fn values(&self) -> Vec<String> {
        let rows = self.loaded.result.iter().flat_map(|result| &result.accounts);
        let is_text = |(name, value): &(&String, &String)| {
            !value.is_empty() && attribute::kind(name) == attribute::Kind::Text
        };
        let values = rows.flat_map(|row| &row.attributes).filter(is_text);
        let values: std::collections::BTreeSet<_> = values.map(|(_, value)| value).collect();
        values.into_iter().take(PAGE).cloned().collect()
    }

    fn state(&self) -> State {
        let Some(result) = &self.loaded.result else { return State::Fault };
        let project = &self.project.definition.id;
        match (result.n_accounts, result.accounts.is_empty()) {
            (0, _) => State::NoAccount(
                ["identity", "import"].map(|end| format!("/projects/{project}/{end}")),
            ),
            (_, true) => State::NoMatch(self.path()),
            _ => State::Table(Box::new(self.answer(result))),
        }
    }

    fn answer(&self, result: &TableResult) -> Answer {
        let n = result.accounts.len();
        let page = self.shown.page.min((n - 1) / PAGE);
        let rows = result.accounts.iter().skip(page * PAGE).take(PAGE);
        let (first, last) = (page * PAGE, n.min((page + 1) * PAGE));
        let at = |page: usize| self.address(&Shown { page, ..self.shown.clone() });
        let place =
            format!("{} to {} of {}", count(first as u64 + 1), count(last as u64), count(n as u64));
        Answer {
            caption: self.caption(result),
            notes: self.notes(result),
            heads: self.heads(),
            rows: rows.map(|row| self.row(row, result)).collect(),
            together: self.cells(&result.together, None, &|_: &str| String::new()),
            place: if n > PAGE { place } else { String::new() },
            before: page.checked_sub(1).map(at),
            after: (last < n).then(|| at(page + 1)),
            width: WIDTH,
            height: HEIGHT,
        }
    }

    /// How many there are, and how many of them fell.
    fn caption(&self, result: &TableResult) -> String {
        let what = label(result.drawn).to_lowercase();
        let n = result.accounts.len() as u64;
        let who = match (self.shown.table.pick, result.n_matching == result.n_accounts) {
            (Some(_), _) => format!("{} of {}", count(n), many(result.n_matching, "account")),
            (None, true) => many(n, "account"),
            (None, false) => format!("{} of {}", count(n), many(result.n_accounts, "account")),
        };
        let order = match (&self.shown.table.order.key, self.shown.table.is_rising()) {
            (Key::Figure(_, Of::Difference), true) => format!(", the most {what} lost first"),
            (Key::Figure(_, Of::Difference), false) => format!(", the most {what} won first"),
            _ => String::new(),
        };
        if let Some(sentence) = self.loaded.judged.as_ref().and_then(unmeasured) {
            return format!("{who}{order}. {sentence}");
        }
        let n_of = |is: fn(&Account) -> bool| result.accounts.iter().filter(|row| is(row)).count();
        let fallen = n_of(is_fallen);
        let gone = n_of(|row| is_fallen(row) && row.drawn_cell.now == Some(0.0));
        let had = format!("with {AT_LEAST:.0} core actions or more the week before");
        let lost = format!("{} {had} lost half or more of the {what}", count(fallen as u64));
        let fallen = match (fallen, gone) {
            (0, _) => format!("None {had} lost half of its {what}."),
            (_, 0) => format!("{lost}."),
            (_, gone) => format!("{lost}, {} of them all.", count(gone as u64)),
        };
        format!("{who}{order}. {fallen}")
    }

    fn notes(&self, result: &TableResult) -> Vec<String> {
        let zone = &self.project.zone;
        let at = match self.shown.table.on {
            Some(_) => moment(result.computed_at, zone),
            None => time_of_day(result.computed_at, zone),
        };
        let name =
            |n: usize| result.weeks.iter().rev().nth(n).map_or("", |week| week.name.as_str());
        let compared = match result.compared {
            Compared::Running => format!(
                "The week from {} so far, against the week from {} up to the same moment of the week.",
                name(0),
                name(1)
            ),
            Compared::Full => {
                format!("The week from {}, against the week from {}.", name(1), name(2))
            }
        };
        let left_out = (result.n_left_out > 0)
            .then(|| format!("{} are too many to be counted.", many(result.n_left_out, "account")));
        let older = match result.older_at == result.computed_at {
            true => String::new(),
            false => {
                let older = time_of_day(result.older_at, zone);
                format!(" Weeks before that of {} as of {older}.", name(1))
            }
        };
        let mut notes = vec![format!(
            "{compared} As of {at} in {}.{older} The line is {}, week by week; its dashed end is not over.",
            self.project.definition.time_zone,
            label(result.drawn).to_lowercase(),
        )];
        notes.extend(left_out);
        let metrics = self.shown.table.columns.iter().filter_map(|column| match column {
            Column::Figure(metric) => metric_note(*metric),
            Column::Attribute(_) => None,
        });
        notes.extend(metrics.map(str::to_owned));
        notes
    }

    fn heads(&self) -> Vec<Head> {
        let column = |column: &Column| match column {
            Column::Figure(metric) => {
                let change = Key::Figure(*metric, Of::Change);
                let is_on = matches!(&self.shown.table.order.key,
                    Key::Figure(one, Of::Change | Of::Difference) if one == metric);
                Head {
                    change: Some((self.sorted_by(&change), "change", is_on)),
                    ..self.head(&Key::Figure(*metric, Of::Now), label(*metric), true)
                }
            }
            Column::Attribute(name) => {
                self.head(&Key::Attribute(name.clone()), attribute_label(name), false)
            }
        };
        let name = self.head(&Key::Name, "Account", false);
        std::iter::once(name).chain(self.shown.table.columns.iter().map(column)).collect()
    }

    fn head(&self, key: &Key, label: &str, is_number: bool) -> Head {
        let table = &self.shown.table;
        let direction = if table.is_rising() { "ascending" } else { "descending" };
        Head {
            label: label.to_owned(),
            address: self.sorted_by(key),
            is_number,
            sorted: (table.order.key == *key).then_some(direction),
            change: None,
        }
    }

    /// The address of the accounts sorted by this; by the same again, the other way round. Texts
    /// rise first and numbers fall, but for changes: who fell most is looked for.
    fn sorted_by(&self, key: &Key) -> String {
        let table = &self.shown.table;
        let is_rising = match table.order.key == *key {
            true => !table.is_rising(),
            false => matches!(key, Key::Name | Key::Attribute(_) | Key::Figure(_, Of::Change)),
        };
        let order = Order { key: key.clone(), is_rising };
        self.address(&self.shown.with(|table| {
            table.order = order;
            table.pick = None;
        }))
    }

    fn row(&self, row: &Account, result: &TableResult) -> Row {
        let numbers: Vec<u64> = row.drawn.iter().map(|week| drawn(*week)).collect();
        let told: Vec<_> = row.drawn.iter().map(|week| value(result.drawn, *week)).collect();
        let attribute = |name: &str| row.attributes.get(name).cloned().unwrap_or_default();
        let (name, id) = match row.name.as_str() {
            "" => (row.account.clone(), String::new()),
            name => (name.to_owned(), row.account.clone()),
        };
        let address = address(self.project.definition.id.as_str(), &row.account);
        let links = Links { path: address.clone(), at: result.computed_at };
        let is_then = self.shown.table.on.is_some();
        let behind = Behind { links, days: self.days(result), is_then };
        Row {
            name,
            id,
            address,
            spark: Spark::new(&numbers, numbers.len().saturating_sub(1)),
            told: format!("{}, week by week: {}", label(result.drawn), told.join(", ")),
            cells: self.cells(&row.figures, Some(&behind), &attribute),
        }
    }

    /// The first and the last day of the week that is looked at, as far as it has begun.
    fn days(&self, result: &TableResult) -> Option<(Date, Date)> {
        let n = result.weeks.len();
        let back = if result.compared == Compared::Running { 1 } else { 2 };
        let first: Date = result.weeks.get(n.checked_sub(back)?)?.name.parse().ok()?;
        let at = jiff::Timestamp::from_millisecond(result.computed_at.as_millis()).ok()?;
        let today = at.to_zoned(self.project.zone.clone()).date();
        Some((first, first.saturating_add(6.days()).min(today)))
    }

    /// A cell for each column.
    fn cells(
        &self,
        figures: &[Figured],
        behind: Option<&Behind>,
        attribute: &impl Fn(&str) -> String,
    ) -> Vec<Cell> {
        let mut figures = figures.iter();
        let column = |column: &Column| match column {
            Column::Figure(_) => {
                let Some(cell) = figures.next() else { return Cell::Text(String::new()) };
                Cell::Figure {
                    value: value_of(cell),
                    change: change(cell),
                    before: before(cell),
                    is_fall: fell(cell),
                    address: behind.and_then(|it| it.address(cell)).unwrap_or_default(),
                }
            }
            Column::Attribute(name) => Cell::Text(attribute(name)),
        };
        self.shown.table.columns.iter().map(column).collect()
    }
}

/// What leads to the people and events behind the numbers of an account.
struct Behind {
    links: Links,
    days: Option<(Date, Date)>,
    /// Whether it is asked as it was: the page of an account is of today.
    is_then: bool,
}

impl Behind {
    /// The people who did what a figure counts, or the part of the account's page that tells of it;
    /// nothing where nothing is behind it.
    fn address(&self, cell: &Figured) -> Option<String> {
        cell.now.filter(|now| *now > 0.0)?;
        let page =
            |part: &str| (!self.is_then).then(|| format!("{}#{part}-title", self.links.path));
        match cell.figure {
            Metric::CoreActions => Some(self.links.people(LinkOf::Core, self.days?)),
            Metric::Visits | Metric::EngagedPerVisit => {
                Some(self.links.people(LinkOf::Visits, self.days?))
            }
            Metric::LogIns => Some(self.links.people(LinkOf::LogIns, self.days?)),
            Metric::PageViews | Metric::PagesPerVisit => {
                Some(self.links.people(LinkOf::PageViews, self.days?))
            }
            Metric::People | Metric::Engaged | Metric::Stickiness => {
                Some(self.links.people(LinkOf::Anything, self.days?))
            }
            Metric::Modules => page("modules"),
            Metric::Features | Metric::Completions | Metric::Depth => page("features"),
        }
    }
}

fn choice(value: &str, label: &str, is_on: bool) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned(), is_on }
}

/// What a key is called.
fn called(key: &Key) -> String {
    match key {
        Key::Name => "Name".to_owned(),
        Key::Attribute(name) => attribute_label(name).to_owned(),
        Key::Figure(metric, Of::Now) => with_unit(*metric),
        Key::Figure(metric, Of::Before) => format!("{}, week before", with_unit(*metric)),
        Key::Figure(metric, Of::Change) => format!("{}, change in %", label(*metric)),
        Key::Figure(metric, Of::Difference) => format!("{}, difference", with_unit(*metric)),
    }
}

/// A condition in words.
fn said(condition: &Condition) -> String {
    let key = called(&condition.key);
    match &condition.test {
        Test::Is(values) => {
            let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
            format!("{key} is {}", values.join(" or "))
        }
        Test::Contains(text) => format!("{key} contains {}", quoted(text)),
        Test::Set(true) => format!("{key} is said"),
        Test::Set(false) => format!("{key} is not said"),
        Test::AtLeast(bound) => format!("{key} at least {}", shown(&condition.key, bound)),
        Test::AtMost(bound) => format!("{key} at most {}", shown(&condition.key, bound)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use accounts::table::Table;

    #[test]
    fn a_fall_is_from_a_week_with_enough_core_actions() {
        let cell = |figure, before: f64, now: f64| Figured {
            figure,
            now: Some(now),
            before: Some(before),
            change: Some(now / before - 1.0),
            of: None,
        };
        let row = |core_actions: f64, visits: f64| Account {
            account: "acme".to_owned(),
            name: String::new(),
            figures: Vec::new(),
            attributes: std::collections::BTreeMap::new(),
            drawn: Vec::new(),
            drawn_cell: cell(Metric::Visits, 10.0, visits),
            core_actions: cell(Metric::CoreActions, core_actions, core_actions),
        };
        assert!(is_fallen(&row(20.0, 5.0)));
        assert!(!is_fallen(&row(19.0, 5.0)), "too few core actions before");
        assert!(!is_fallen(&row(20.0, 6.0)), "more than half is left");
    }

    #[test]
    fn a_condition_is_a_phrase() {
        let table = "where=account.plan&is=Team&is=Pro&where=core_actions.change&at_most=-50&where=account.owner&set=no&where=depth&at_least=0.07&where=engaged_per_visit.before&at_most=1.5";
        let table = Table::from_query_string(table).unwrap();
        let said: Vec<_> = table.conditions.iter().map(said).collect();
        assert_eq!(
            said,
            [
                "Plan is “Team” or “Pro”",
                "Core actions, change in % at most -50",
                "Owner is not said",
                "Depth in % at least 7",
                "Time per visit in minutes, week before at most 1.5"
            ]
        );
    }
}

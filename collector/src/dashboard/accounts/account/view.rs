//! What the page of an account shows, in words: plain data for its template.

use crate::dashboard::chart::Chart;
use crate::dashboard::layout::Shell;
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use askama::Template;

/// The page.
#[derive(Debug, Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage {
    pub(super) shell: Shell,
    /// What the account is called.
    pub(super) title: String,
    pub(super) id: String,
    /// The address of all accounts.
    pub(super) accounts: String,
    /// The address of the features.
    pub(super) features_page: String,
    /// The address of what is said of it.
    pub(super) record: String,
    pub(super) facts: Vec<Fact>,
    pub(super) ranges: Vec<Choice>,
    /// Whether nobody was there in the weeks that are shown.
    pub(super) is_still: bool,
    /// Whether any feature counts as a core action.
    pub(super) has_features: bool,
    /// When anybody was last there.
    pub(super) last_seen: Option<String>,
    pub(super) glance: Vec<Said>,
    pub(super) figures: Vec<Figure>,
    pub(super) days: Days,
    pub(super) modules: Option<Modules>,
    pub(super) features: FeatureUse,
    pub(super) people: People,
    pub(super) timeline: Timeline,
    pub(super) footnote: String,
}

/// What is known of the account.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) more: String,
}

/// A sentence at a glance.
#[derive(Debug)]
pub(super) struct Said {
    /// `bad`, `good` or nothing.
    pub(super) tone: &'static str,
    pub(super) sentence: String,
}

/// A number of the last week that is over.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: Number,
    pub(super) note: String,
}

/// The days.
#[derive(Debug)]
pub(super) struct Days {
    /// What can be shown.
    pub(super) choices: Vec<Choice>,
    /// What is shown, as a heading.
    pub(super) what: &'static str,
    pub(super) charts: Vec<Chart>,
    pub(super) caption: String,
    pub(super) notes: Vec<Noted>,
    pub(super) rows: Vec<DayRow>,
    pub(super) csv: String,
}

/// A day of the table.
#[derive(Debug)]
pub(super) struct DayRow {
    pub(super) label: String,
    pub(super) is_open: bool,
    pub(super) core_actions: Number,
    pub(super) visits: Number,
    pub(super) page_views: Number,
    pub(super) people: Number,
    pub(super) log_ins: Number,
    pub(super) engaged: String,
    /// The address of its events, where there are some.
    pub(super) events: Option<String>,
    /// What was noted on it.
    pub(super) said: Vec<String>,
}

/// A note, an intervention or a release.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) number: usize,
    pub(super) text: String,
    /// What it is, of when, and by whom.
    pub(super) about: String,
    /// Who was told.
    pub(super) told: String,
    pub(super) effect: Option<Effect>,
}

/// What changed.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) sentence: Option<String>,
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<(&'static str, Vec<String>)>,
}

/// The modules.
#[derive(Debug)]
pub(super) struct Modules {
    pub(super) charts: Vec<Chart>,
    pub(super) caption: String,
    pub(super) keys: Vec<(String, String)>,
    /// The first and the last weeks.
    pub(super) first: String,
    pub(super) last: String,
    pub(super) rows: Vec<ModuleRow>,
    /// What all of them are called.
    pub(super) names: Vec<String>,
    pub(super) weeks: Vec<ModuleWeek>,
}

/// What was done in each module in a week.
#[derive(Debug)]
pub(super) struct ModuleWeek {
    /// Its first day.
    pub(super) label: String,
    /// Whether it runs.
    pub(super) is_open: bool,
    /// In the order of the modules' names.
    pub(super) core_actions: Vec<String>,
}

/// A module.
#[derive(Debug)]
pub(super) struct ModuleRow {
    pub(super) class: String,
    pub(super) name: String,
    pub(super) first: String,
    pub(super) last: Number,
    /// The shares as widths.
    pub(super) width: String,
    pub(super) peers_at: Option<String>,
    pub(super) peers: String,
    pub(super) core_actions: String,
    pub(super) page_views: String,
    pub(super) depth: String,
    pub(super) verdict: &'static str,
    pub(super) is_bad: bool,
}

/// The features that are used, and those that are not.
#[derive(Debug)]
pub(super) struct FeatureUse {
    pub(super) caption: String,
    pub(super) used: Vec<FeatureRow>,
    pub(super) unused: Vec<FeatureRow>,
}

/// A feature.
#[derive(Debug)]
pub(super) struct FeatureRow {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) module: String,
    pub(super) note: &'static str,
    pub(super) uses: String,
    pub(super) people: Number,
    pub(super) last: String,
    pub(super) peers: String,
}

/// The people.
#[derive(Debug)]
pub(super) struct People {
    pub(super) caption: String,
    /// The weeks of the shares.
    pub(super) last: String,
    pub(super) rows: Vec<PersonRow>,
    /// How many more there are, and where all are.
    pub(super) more: Option<String>,
    pub(super) all: String,
}

/// A person.
#[derive(Debug)]
pub(super) struct PersonRow {
    pub(super) name: String,
    /// The id, where it is not the name.
    pub(super) id: String,
    pub(super) is_anonymous: bool,
    pub(super) role: String,
    pub(super) mark: Option<(&'static str, &'static str)>,
    pub(super) share: String,
    pub(super) width: String,
    pub(super) core_actions: String,
    pub(super) events: String,
    pub(super) days: String,
    pub(super) first: String,
    pub(super) last: String,
}

/// The story.
#[derive(Debug)]
pub(super) struct Timeline {
    pub(super) items: Vec<Item>,
    pub(super) older: Vec<Item>,
}

/// Something that happened.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) day: String,
    pub(super) date: String,
    /// A word for the style sheet.
    pub(super) class: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) more: String,
}

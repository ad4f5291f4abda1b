//! The modules of an account over time, beside the share that comparable accounts make of them.

use super::links::{Links, Of};
use super::view::{ModuleRow, ModuleWeek, Modules};
use super::{Loaded, words};
use crate::dashboard::chart::{Drawing, Series, charts};
use crate::dashboard::format::{capital, count, many};
use accounts::account::{Account, Module, TOGETHER};
use accounts::module::{Contract, Verdict};
use store::record::attribute;

/// Modules with a colour of their own; the others share one.
const COLOURS: usize = 5;

/// What the verdict on a module is called.
const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unused => "not used",
        Verdict::Hardly => "hardly used",
        Verdict::TakenUp => "taken up",
        Verdict::Used => "used",
    }
}

/// Whether the contract has a module; it does where nothing is said.
pub(super) fn is_entitled(loaded: &Loaded, module: &str) -> bool {
    let told = loaded.record.attribute(attribute::MODULES).unwrap_or_default();
    Contract::read(told).has(module)
}

/// What a module is called on the page.
pub(super) fn name(module: &str) -> String {
    capital(module)
}

/// The section; nothing where no feature counts as a core action.
pub(super) fn section(loaded: &Loaded, links: &Links) -> Option<Modules> {
    let account = &loaded.account;
    if account.modules.is_empty() {
        return None;
    }
    let calendar = &account.calendar;
    let rows = account.modules.iter().enumerate();
    let keys = account.modules.iter().enumerate().take(COLOURS);
    let told = |weeks| words::days(words::of_weeks(calendar, weeks));
    let peers = match &account.tier {
        Some(tier) => format!("{} of the tier “{tier}”", many(account.n_peers, "account")),
        None => format!("the {}", many(account.n_peers, "other account")),
    };
    Some(Modules {
        charts: charts(&drawing(account)),
        caption: format!(
            "Core actions by the week, by module. Comparable: {peers} with a core action in the last {TOGETHER} weeks that are over."
        ),
        keys: keys.map(|(n, module)| (class(n), name(&module.name))).collect(),
        first: told(calendar.first_weeks(TOGETHER)),
        last: told(calendar.last_weeks(TOGETHER)),
        rows: rows.map(|(n, module)| row(loaded, links, n, module)).collect(),
        names: account.modules.iter().map(|module| name(&module.name)).collect(),
        weeks: weeks(account),
    })
}

/// What the columns show, as rows of numbers.
fn weeks(account: &Account) -> Vec<ModuleWeek> {
    let calendar = &account.calendar;
    let week = |week: usize| ModuleWeek {
        label: words::day(calendar.day(week * accounts::account::WEEK)),
        is_open: week + 1 == calendar.n_weeks(),
        core_actions: account.modules.iter().map(|it| count(it.core_actions[week])).collect(),
    };
    (calendar.shown_week()..calendar.n_weeks()).map(week).collect()
}

fn class(n: usize) -> String {
    if n < COLOURS { format!("s{n}") } else { "more".to_owned() }
}

fn drawing(account: &Account) -> Drawing {
    let calendar = &account.calendar;
    let weeks = calendar.shown_week()..calendar.n_weeks();
    let begin = |week: usize| calendar.day(week * accounts::account::WEEK);
    let title = |week: usize| {
        let mut title = format!("Week of {}", words::day(begin(week)));
        for module in &account.modules {
            let n = module.core_actions[week];
            let share = module.share(account, week..week + 1);
            let share = share.map_or_else(String::new, |it| format!(" ({})", words::share(it)));
            title.push_str(&format!("\n{}: {}{share}", name(&module.name), count(n)));
        }
        title
    };
    let series = |(n, module): (usize, &Module)| Series {
        class: class(n),
        values: weeks.clone().map(|week| Some(module.core_actions[week] as f64)).collect(),
        end: String::new(),
    };
    Drawing {
        labels: weeks.clone().map(|week| begin(week).strftime("%-d %b").to_string()).collect(),
        titles: weeks.clone().map(title).collect(),
        is_open: true,
        columns: account.modules.iter().enumerate().map(series).collect(),
        ..Drawing::default()
    }
}

fn row(loaded: &Loaded, links: &Links, n: usize, module: &Module) -> ModuleRow {
    let account = &loaded.account;
    let calendar = &account.calendar;
    let weeks = calendar.last_weeks(TOGETHER);
    let days = words::of_weeks(calendar, weeks.clone());
    let told = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), words::share);
    let last = module.share(account, weeks.clone());
    let core = module.core_actions(weeks.clone());
    let views = module.page_views.as_ref();
    let views = views.map(|views| views[weeks].iter().sum::<u64>());
    let verdict = Verdict::of(&module.shares(account));
    let is_entitled = is_entitled(loaded, &module.name);
    let width = |share: f64| format!("{:.1}", share * 100.0);
    ModuleRow {
        class: class(n),
        name: name(&module.name),
        first: told(module.share(account, calendar.first_weeks(TOGETHER))),
        last: links.told(told(last), core, Of::Module(&module.name), days, &module.name),
        width: width(last.unwrap_or(0.0)),
        peers_at: module.peers.map(width),
        peers: told(module.peers),
        core_actions: count(core),
        page_views: views.map_or_else(|| "–".to_owned(), count),
        depth: match views {
            Some(views) if views > 0 => words::share(core as f64 / views as f64),
            _ => "–".to_owned(),
        },
        verdict: if is_entitled { word(verdict) } else { "not in the contract" },
        is_bad: matches!(verdict, Verdict::Unused | Verdict::Hardly) && is_entitled,
    }
}

//! The page: finished texts for the template.

use super::super::address;
use super::words::{Said, Words, name};
use crate::dashboard::format::{count, percent};
use crate::dashboard::layout::Shell;
use crate::dashboard::spark::{HEIGHT, Spark, WIDTH};
use accounts::look::{Back, Earlier, Fall, HardlyUsed, LEANING, Leaning, LookResult, TakenUp};
use askama::Template;

/// The page.
#[derive(Debug, Template)]
#[template(path = "look.html")]
pub(super) struct LookPage {
    shell: Shell,
    /// The path of the project.
    home: String,
    csv: Option<String>,
    /// The day that was asked for, and the same in words; empty for now.
    on: String,
    on_told: String,
    /// The last day that can be asked for.
    today: String,
    /// Where a program asks for the same.
    endpoint: String,
    /// What is wrong, or left out, before any account is named.
    notices: Vec<Said>,
    state: State,
    /// What was compared, as a sentence.
    compared: String,
    falls: Vec<FallLine>,
    /// Which of how many are shown, where there are more.
    n_falls: Option<String>,
    n_taken_up: Option<String>,
    n_hardly_used: Option<String>,
    earlier: Vec<EarlierLine>,
    back: Vec<BackLine>,
    /// Accounts of which something is told beside a number, and what that is about.
    taken_up: Vec<SharedLine>,
    hardly_used: Vec<SharedLine>,
    leaning: Vec<SharedLine>,
    /// From which share on one person makes most of the use.
    most: String,
    width: f64,
    height: f64,
}

/// What stands in the place of accounts that fell.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Some fell.
    Falls,
    /// None did.
    Nobody,
    /// Too little came of everybody.
    Everywhere,
    /// No feature is named whose completion would count.
    NoFeature,
    /// Nobody's account is known.
    NoAccount,
    /// Accounts are known, and nobody there completed anything that counts.
    NoMatch,
    /// Each rule fell silent.
    Unmeasured,
}

impl State {
    fn of(result: &LookResult) -> Self {
        let is_everywhere = result.weeks.iter().any(|week| week.is_everywhere);
        match result.n_core {
            _ if !result.falls.is_empty() => Self::Falls,
            0 => Self::NoFeature,
            n_core if result.silent.len() >= n_core => Self::Unmeasured,
            _ if !result.has_accounts => Self::NoAccount,
            _ if result.n_accounts == 0 => Self::NoMatch,
            _ if is_everywhere => Self::Everywhere,
            _ => Self::Nobody,
        }
    }
}

#[derive(Debug)]
struct FallLine {
    account: String,
    address: String,
    change: String,
    numbers: String,
    when: String,
    expected: Option<String>,
    spark: Spark,
    told: String,
    causes: Vec<Said>,
}

#[derive(Debug)]
struct EarlierLine {
    account: String,
    address: String,
    since: String,
    level: String,
    last_week: String,
    change: String,
    spark: Spark,
    told: String,
}

#[derive(Debug)]
struct BackLine {
    account: String,
    address: String,
    said: String,
    spark: Spark,
    told: String,
}

#[derive(Debug)]
struct SharedLine {
    account: String,
    address: String,
    share: String,
    said: String,
}

impl LookPage {
    pub(super) fn new(shell: Shell, words: &Words<'_>, origin: &str, today: String) -> Self {
        let result = words.result;
        let project = &words.project.definition.id;
        let fell = [result.falls.len(), result.earlier.len(), result.back.len()];
        let told = [result.taken_up.len(), result.hardly_used.len(), result.leaning.len()];
        let is_listed = fell.iter().chain(&told).any(|n| *n > 0);
        Self {
            home: format!("/projects/{project}"),
            csv: is_listed.then(|| match words.on {
                "" => format!("/projects/{project}/look.csv"),
                on => format!("/projects/{project}/look.csv?on={on}"),
            }),
            on: words.on.to_owned(),
            on_told: words.date(words.on),
            today,
            endpoint: format!("{origin}/v1/projects/{project}/look"),
            notices: words.notices(),
            compared: words.compared(),
            falls: result.falls.iter().map(|it| words.fall_line(it)).collect(),
            n_falls: part(result.falls.len(), result.n_falls),
            n_taken_up: part(result.taken_up.len(), result.n_taken_up),
            n_hardly_used: part(result.hardly_used.len(), result.n_hardly_used),
            earlier: result.earlier.iter().map(|it| words.earlier_line(it)).collect(),
            back: result.back.iter().map(|it| words.back_line(it)).collect(),
            taken_up: result.taken_up.iter().map(|it| words.taken_up_line(it)).collect(),
            hardly_used: result.hardly_used.iter().map(|it| words.hardly_used_line(it)).collect(),
            leaning: result.leaning.iter().map(|it| words.leaning_line(it)).collect(),
            most: percent(LEANING),
            width: WIDTH,
            height: HEIGHT,
            state: State::of(result),
            shell,
        }
    }
}

/// The line of some weeks, of which the last runs, and the same as words.
fn spark(course: &[u32]) -> (Spark, String) {
    let numbers: Vec<u64> = course.iter().map(|n| u64::from(*n)).collect();
    let told: Vec<String> = numbers.iter().map(|n| count(*n)).collect();
    let told = format!("core actions by week, the running one last: {}", told.join(", "));
    (Spark::new(&numbers, numbers.len().saturating_sub(1)), told)
}

impl Words<'_> {
    fn address(&self, account: &str) -> String {
        address(self.project.definition.id.as_str(), account)
    }

    fn fall_line(&self, it: &Fall) -> FallLine {
        let (spark, told) = spark(&it.course);
        let expected = (it.expected + 0.5 < f64::from(it.before))
            .then(|| format!("{:.0} were to be expected, by its region", it.expected));
        FallLine {
            address: self.address(&it.account),
            account: name(&it.account, &it.name).to_owned(),
            change: change(it.change),
            numbers: format!("{} from {}", count(it.now.into()), count(it.before.into())),
            when: self.when(it),
            expected,
            spark,
            told,
            causes: self.causes(it),
        }
    }

    fn earlier_line(&self, it: &Earlier) -> EarlierLine {
        let (spark, told) = spark(&it.course);
        EarlierLine {
            address: self.address(&it.account),
            account: name(&it.account, &it.name).to_owned(),
            since: self.day(&it.week),
            level: format!("{:.0}", it.level),
            last_week: count(it.last_week.into()),
            change: change(f64::from(it.last_week) / it.level - 1.0),
            spark,
            told,
        }
    }

    fn back_line(&self, it: &Back) -> BackLine {
        let (spark, told) = spark(&it.course);
        let (address, said) = (self.address(&it.account), self.back(it));
        BackLine { address, account: name(&it.account, &it.name).to_owned(), said, spark, told }
    }

    fn taken_up_line(&self, it: &TakenUp) -> SharedLine {
        let now = it.modules.iter().map(|module| module.share).sum();
        self.shared((&it.account, &it.name), "modules", percent(now), self.taken_up(it))
    }

    fn hardly_used_line(&self, it: &HardlyUsed) -> SharedLine {
        let share = format!("{} of {}", it.modules.len(), it.n_contract);
        self.shared((&it.account, &it.name), "modules", share, self.hardly_used(it))
    }

    fn leaning_line(&self, it: &Leaning) -> SharedLine {
        self.shared((&it.account, &it.name), "people", percent(it.share), self.leaning(it))
    }

    fn shared(
        &self,
        (account, named): (&String, &Option<String>),
        section: &str,
        share: String,
        said: String,
    ) -> SharedLine {
        let address = format!("{}#{section}-title", self.address(account));
        SharedLine { address, account: name(account, named).to_owned(), share, said }
    }
}

/// How many of a list are shown, where that is not all of it.
fn part(shown: usize, all: usize) -> Option<String> {
    (all > shown).then(|| format!("{} of {}", count(shown as u64), count(all as u64)))
}

/// A change with its sign.
fn change(change: f64) -> String {
    let percent = (change * 100.0).round();
    if percent < 0.0 { format!("−{:.0}%", -percent) } else { format!("+{percent:.0}%") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use accounts::look::SilentRule;

    #[test]
    fn nobody_fell_is_said_only_where_something_was_measured() {
        let mut result = LookResult::default();
        assert_eq!(State::of(&result), State::NoFeature);
        result.n_core = 2;
        assert_eq!(State::of(&result), State::NoAccount);
        result.has_accounts = true;
        assert_eq!(State::of(&result), State::NoMatch);
        let silent = |n: u64| SilentRule {
            feature: n.to_string(),
            name: n.to_string(),
            week: "2026-11-16".to_owned(),
            since: None,
        };
        result.silent = vec![silent(1), silent(2)];
        assert_eq!(State::of(&result), State::Unmeasured);
        result.silent.pop();
        result.n_accounts = 5;
        assert_eq!(State::of(&result), State::Nobody);
    }
}

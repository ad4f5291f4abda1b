//! Where the people and events behind the numbers of an account are.

use super::days::Shown;
use crate::dashboard::format::count;
use crate::dashboard::people::Number;
use form_urlencoded::Serializer;
use jiff::civil::Date;
use protocol::Timestamp;

/// What a number counts.
#[derive(Debug, Clone, Copy)]
pub(in crate::dashboard::accounts) enum Of<'a> {
    /// Anything.
    Anything,
    /// Visits.
    Visits,
    /// Visits of users.
    LogIns,
    /// Views of pages.
    PageViews,
    /// Core actions.
    Core,
    /// Core actions in a module.
    Module(&'a str),
    /// Uses of a feature, by its id.
    Feature(&'a str),
}

impl Of<'_> {
    /// How it stands in addresses.
    fn text(self) -> String {
        match self {
            Self::Anything => "anything".to_owned(),
            Self::Visits => "visits".to_owned(),
            Self::LogIns => "log_ins".to_owned(),
            Self::PageViews => "page_views".to_owned(),
            Self::Core => "core".to_owned(),
            Self::Module(name) => format!("module:{name}"),
            Self::Feature(id) => format!("feature:{id}"),
        }
    }
}

/// The addresses below that of an account.
#[derive(Debug)]
pub(in crate::dashboard::accounts) struct Links {
    /// The address of the account.
    pub(in crate::dashboard::accounts) path: String,
    /// As of when.
    pub(in crate::dashboard::accounts) at: Timestamp,
}

impl Links {
    /// The page itself.
    pub(super) fn page(&self, weeks: u32, show: Shown) -> String {
        format!("{}?weeks={weeks}&show={}", self.path, show.word())
    }

    /// The days as CSV.
    pub(super) fn days_csv(&self, weeks: u32) -> String {
        format!("{}/days.csv?weeks={weeks}", self.path)
    }

    /// The people who did something on some days.
    pub(in crate::dashboard::accounts) fn people(&self, of: Of<'_>, days: (Date, Date)) -> String {
        self.list("people", days, &[("did", &of.text())])
    }

    /// The events of some days, of a person or of all.
    pub(super) fn events(&self, person: Option<&str>, days: (Date, Date)) -> String {
        let person: Vec<_> = person.into_iter().map(|person| ("person", person)).collect();
        self.list("events", days, &person)
    }

    fn list(&self, what: &str, (from, to): (Date, Date), more: &[(&str, &str)]) -> String {
        let mut pairs = Serializer::new(String::new());
        pairs.append_pair("from", &from.to_string()).append_pair("to", &to.to_string());
        pairs.extend_pairs(more);
        pairs.append_pair("at", &self.at.as_millis().to_string());
        format!("{}/{what}?{}", self.path, pairs.finish())
    }

    /// A number that leads to the people who did it.
    pub(super) fn number(&self, n: u64, of: Of<'_>, days: (Date, Date), label: &str) -> Number {
        self.told(count(n), n, of, days, label)
    }

    /// The same with a text of its own.
    pub(super) fn told(
        &self,
        text: String,
        n: u64,
        of: Of<'_>,
        days: (Date, Date),
        label: &str,
    ) -> Number {
        if n == 0 {
            return Number::plain(text);
        }
        Number::leading(text, label, self.people(of, days))
    }
}

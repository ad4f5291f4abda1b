//! Whether an event is what a step asks for, as SQL whose values are bound.

use crate::feature::Features;
use crate::feature::source::{self, Source};
use crate::query::{InvalidQuery, PageFilter, Target};
use protocol::Kind;
use store::Statement;
use store::schema::{Databases, events, pages};

/// The conditions of some targets, by their place in the list. Their parameters end with it.
#[derive(Debug)]
pub(super) struct Conditions<'a> {
    targets: Vec<&'a Target>,
    features: &'a Features,
    databases: &'a Databases,
    source: Source,
}

/// The condition that somebody did something: who he is tells nothing of what he does.
pub(super) fn anything() -> String {
    format!("{} NOT IN ('{}', '{}')", events::KIND, Kind::Identify, Kind::Group)
}

impl<'a> Conditions<'a> {
    /// The conditions of these targets, of rows of [`Self::table`].
    pub(super) fn new(
        targets: Vec<&'a Target>,
        features: &'a Features,
        databases: &'a Databases,
    ) -> Self {
        let is_filled = |target: &&Target| match target {
            Target::Feature(id) => features.of(id).is_ok_and(|f| Source::of(f) == Source::Uses),
            Target::Page(_) | Target::Click { .. } => false,
        };
        let is_filled = !targets.is_empty() && targets.iter().all(is_filled);
        let source = if is_filled { Source::Uses } else { Source::Events };
        Self { targets, features, databases, source }
    }

    /// The same, asked of the events, where other events than those of the targets count too.
    pub(super) fn of_events(self) -> Self {
        Self { source: Source::Events, ..self }
    }

    /// Where the rows are: the uses of features, where all targets are features whose past is
    /// filled in, and the events otherwise.
    pub(super) const fn source(&self) -> Source {
        self.source
    }

    /// The table of [`Self::source`].
    pub(super) fn table(&self) -> String {
        match self.source {
            Source::Uses => self.databases.feature_events(),
            Source::Events => self.databases.events(),
        }
    }

    /// The condition of each target, in their order.
    pub(super) fn each(&self) -> impl Iterator<Item = String> {
        self.targets.iter().enumerate().map(|(n, target)| self.is_it(n, target))
    }

    fn is_it(&self, n: usize, target: &Target) -> String {
        let kind = events::KIND;
        let is_on = |page: &PageFilter| self.is_on(n, page);
        match target {
            Target::Page(page) => format!("{kind} = '{}' AND {}", Kind::PageView, is_on(page)),
            // An unknown one is told when its values are bound.
            Target::Feature(id) => self.features.of(id).map_or_else(
                |_| "false".to_owned(),
                |meant| source::is_use_of(self.source, meant, n, self.databases),
            ),
            Target::Click { page, .. } => {
                let page = page.as_ref().map(|page| format!(" AND {}", is_on(page)));
                format!(
                    "{kind} = '{}' AND {} = {{element_{n}:UInt64}}{}",
                    Kind::Click,
                    events::ELEMENT_ID,
                    page.unwrap_or_default()
                )
            }
        }
    }

    /// Whether an event was on the page. The dictionary of pages is small; it is read for its ids.
    fn is_on(&self, n: usize, page: &PageFilter) -> String {
        let host =
            page.host.as_ref().map(|_| format!(" AND {} = {{host_{n}:String}}", pages::HOST));
        format!(
            "{} IN (SELECT {} FROM {} WHERE {} = {{project:String}} AND {} = {{path_{n}:String}}{})",
            events::PAGE_ID,
            pages::PAGE_ID,
            self.databases.pages(),
            pages::PROJECT,
            pages::PATTERN,
            host.unwrap_or_default()
        )
    }

    /// Gives the parameters of the conditions their values.
    ///
    /// # Errors
    /// When a feature is not known.
    pub(super) fn bind(&self, mut statement: Statement) -> Result<Statement, InvalidQuery> {
        for (n, target) in self.targets.iter().enumerate() {
            let (element, page) = match target {
                Target::Page(page) => (None, Some(page)),
                Target::Click { element, page } => (Some(element), page.as_ref()),
                Target::Feature(id) => {
                    statement = source::bind(statement, self.source, self.features.of(id)?, n);
                    (None, None)
                }
            };
            if let Some(element) = element {
                statement = statement.bind(format!("element_{n}"), element.0);
            }
            if let Some(page) = page {
                statement = statement.bind(format!("path_{n}"), page.path.as_str());
            }
            if let Some(host) = page.and_then(|page| page.host.as_deref()) {
                statement = statement.bind(format!("host_{n}"), host);
            }
        }
        Ok(statement)
    }
}

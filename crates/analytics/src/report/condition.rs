//! Whether an event is what a step asks for, as SQL whose values are bound.

use crate::feature::Features;
use crate::feature::source::{self, Source};
use crate::query::{Filter, InvalidQuery, PageFilter, Step, Target};
use crate::report::property;
use protocol::Kind;
use store::Statement;
use store::identity::Grouping;
use store::schema::{Databases, events, pages};

/// What is asked of an event: a target, and what has to be true besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    /// What has to happen.
    pub(super) target: &'a Target,
    /// What has to be true of it besides.
    pub(super) filters: &'a [Filter],
}

impl<'a> From<&'a Step> for Asked<'a> {
    fn from(step: &'a Step) -> Self {
        Self { target: &step.target, filters: &step.filters }
    }
}

/// The conditions of some steps, by their place in the list. Their parameters end with it.
#[derive(Debug)]
pub(super) struct Conditions<'a> {
    asked: Vec<Asked<'a>>,
    features: &'a Features,
    databases: &'a Databases,
    grouping: &'a Grouping,
    source: Source,
}

impl<'a> Conditions<'a> {
    /// The conditions of these steps, of rows of [`Self::table`] under the alias `e`.
    pub(super) fn new(
        asked: impl IntoIterator<Item = impl Into<Asked<'a>>>,
        features: &'a Features,
        databases: &'a Databases,
        grouping: &'a Grouping,
    ) -> Self {
        let asked: Vec<Asked<'a>> = asked.into_iter().map(Into::into).collect();
        let is_filled = |asked: &Asked<'_>| match asked.target {
            Target::Feature(id) => features.of(id).is_ok_and(|f| Source::of(f) == Source::Uses),
            Target::Page(_) | Target::Click { .. } | Target::Event(_) => false,
        };
        let is_known =
            |asked: &Asked<'_>| asked.filters.iter().all(|f| property::is_of_uses(&f.property));
        let is_filled =
            !asked.is_empty() && asked.iter().all(|asked| is_filled(asked) && is_known(asked));
        let source = if is_filled { Source::Uses } else { Source::Events };
        Self { asked, features, databases, grouping, source }
    }

    /// The same, asked of the events, where other events than those of the steps count too.
    pub(super) fn of_events(self) -> Self {
        Self { source: Source::Events, ..self }
    }

    /// Where the rows are: the uses of features, where all steps are features whose past is
    /// filled in and what else they ask is known of uses, and the events otherwise.
    pub(super) const fn source(&self) -> Source {
        self.source
    }

    /// The table of [`Self::source`].
    pub(super) fn table(&self) -> String {
        self.source.table(self.databases)
    }

    /// The condition of each step, in their order.
    pub(super) fn each(&self) -> impl Iterator<Item = String> {
        self.asked.iter().enumerate().map(|(n, asked)| {
            let filters = asked.filters.iter().enumerate();
            let filters = filters.map(|(k, filter)| {
                let n = format!("{n}_{k}");
                format!(" AND {}", property::is_so(filter, &n, self.databases, self.grouping))
            });
            std::iter::once(self.is_it(n, asked.target)).chain(filters).collect()
        })
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
            Target::Event(_) => {
                format!("{kind} = '{}' AND {} = {{name_{n}:String}}", Kind::Custom, events::NAME)
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
        for (n, asked) in self.asked.iter().enumerate() {
            let (element, page) = match asked.target {
                Target::Page(page) => (None, Some(page)),
                Target::Click { element, page } => (Some(element), page.as_ref()),
                Target::Feature(id) => {
                    statement = source::bind(statement, self.source, self.features.of(id)?, n);
                    (None, None)
                }
                Target::Event(name) => {
                    statement = statement.bind(format!("name_{n}"), name.as_str());
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
            for (k, filter) in asked.filters.iter().enumerate() {
                statement = property::bind(statement, filter, &format!("{n}_{k}"), self.grouping);
            }
        }
        Ok(statement)
    }
}

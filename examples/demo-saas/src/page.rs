//! What every page has: title, language, navigation, who is signed in, and the script line.

use crate::app::App;
use crate::catalogue::Texts;
use crate::error::Error;
use crate::language::{Language, fill};
use crate::monitoring::series::Unit;
use crate::session::Member;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::civil::Date;
use std::fmt::Display;

/// A part of the product with routes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    /// No module: signing in, and errors.
    Outside,
    /// Connecting sources.
    Collection,
    /// Watching metrics.
    Monitoring,
    /// Charts and boards.
    Visualisation,
    /// People groups, funnels and the smart path.
    Analysis,
    /// Settings, colleagues and the plan.
    Settings,
}

impl Module {
    /// The first segment of the module's paths.
    pub(crate) fn segment(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Collection => "collection",
            Self::Monitoring => "monitoring",
            Self::Visualisation => "visualisation",
            Self::Analysis => "analysis",
            Self::Settings => "settings",
        }
    }
}

/// What the base template needs.
#[derive(Debug)]
pub(crate) struct Shell {
    /// The document's title, without the product's name.
    pub(crate) title: String,
    /// The path of the current entry of the navigation.
    pub(crate) here: &'static str,
    /// The module that the page is part of.
    pub(crate) module: Module,
    /// Who is signed in.
    pub(crate) member: Option<Member>,
    /// The script line, verbatim.
    pub(crate) script: String,
    /// The language of the page.
    pub(crate) language: Language,
    /// What the interface says in it.
    pub(crate) t: &'static Texts,
}

impl Shell {
    /// The shell of a page of a module.
    pub(crate) fn inside(
        app: &App,
        member: &Member,
        (module, here): (Module, &'static str),
        title: impl Into<String>,
    ) -> Self {
        let outside = Self::outside(app.script(), member.language, title);
        Self { here, module, member: Some(member.clone()), ..outside }
    }

    /// The shell of a page for people who are not signed in.
    pub(crate) fn outside(script: &str, language: Language, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            here: "",
            module: Module::Outside,
            member: None,
            script: script.to_owned(),
            language,
            t: language.texts(),
        }
    }

    /// The text with `value` in place of its `{}`.
    pub(crate) fn say(&self, text: &str, value: impl Display) -> String {
        fill(text, value)
    }

    /// Euros.
    pub(crate) fn money(&self, euros: u32) -> String {
        Unit::Money.show(f64::from(euros), self.language)
    }

    /// Day and month.
    pub(crate) fn date(&self, date: &Date) -> String {
        self.language.date(*date)
    }

    /// The attribute of the navigation's entry that leads to where the page is.
    pub(crate) fn current(&self, path: &str) -> &'static str {
        if self.here == path { " aria-current=\"page\"" } else { "" }
    }
}

/// The HTML of a page.
///
/// # Errors
/// When the template fails.
pub(crate) fn render(page: &impl Template) -> Result<Html<String>, Error> {
    page.render().map(Html).map_err(|_| Error::Internal)
}

/// The answer to a form that is not taken: its page again, which says why.
pub(crate) fn refused(page: Html<String>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

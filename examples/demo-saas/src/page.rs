//! What every page has: title, navigation, who is signed in, and the script line.

use crate::app::App;
use crate::error::Error;
use crate::session::Member;
use askama::Template;
use axum::response::Html;

/// A part of the product with routes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    /// No module: signing in, and errors.
    Outside,
    /// Connecting sources.
    Collection,
    /// Watching metrics.
    Monitoring,
}

impl Module {
    /// The first segment of the module's paths.
    pub(crate) fn segment(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Collection => "collection",
            Self::Monitoring => "monitoring",
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
}

impl Shell {
    /// The shell of a page of a module.
    pub(crate) fn inside(
        app: &App,
        member: &Member,
        (module, here): (Module, &'static str),
        title: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            here,
            module,
            member: Some(member.clone()),
            script: app.script().to_owned(),
        }
    }

    /// The shell of a page for people who are not signed in.
    pub(crate) fn outside(script: &str, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            here: "",
            module: Module::Outside,
            member: None,
            script: script.to_owned(),
        }
    }
}

/// The HTML of a page.
///
/// # Errors
/// When the template fails.
pub(crate) fn render(page: &impl Template) -> Result<Html<String>, Error> {
    page.render().map(Html).map_err(|_| Error::Internal)
}

//! The frame around every page: what the navigation, the theme and the head need to know.

use crate::assets;
use std::fmt;

/// What the layout shows, whatever the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Shell {
    /// The page's name, for the tab.
    pub(super) title: &'static str,
    /// Path and query of the page, to come back to after the theme was switched.
    pub(super) address: String,
    /// Light, dark, or as the system is.
    pub(super) theme: Theme,
    /// Which project is looked at.
    pub(super) project: Option<ProjectLink>,
    /// Who is signed in.
    pub(super) member: Option<MemberLink>,
    /// The token that every form carries.
    pub(super) csrf: String,
    /// Which place of the navigation it is.
    pub(super) place: Place,
    /// Where scripts and styles are.
    pub(super) assets: Addresses,
}

impl Shell {
    /// Whether it is a part of a place and not its own page.
    pub(super) fn is_part(&self) -> bool {
        self.place == Place::Features && self.title != "Features"
    }
}

/// A project in the navigation.
#[derive(Debug, Clone)]
pub(super) struct ProjectLink {
    /// Its id, as it stands in addresses.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
}

/// The member in the navigation.
#[derive(Debug, Clone)]
pub(super) struct MemberLink {
    /// How he is called.
    pub(super) name: String,
    /// Where he is written to.
    pub(super) email: String,
    /// The first letter of the name.
    pub(super) initial: String,
}

impl MemberLink {
    /// The member of this name and address.
    pub(super) fn new(name: &str, email: &str) -> Self {
        let initial = name.chars().next().into_iter().flat_map(char::to_uppercase).collect();
        Self { name: name.to_owned(), email: email.to_owned(), initial }
    }
}

/// A place of the navigation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// None of them.
    #[default]
    Elsewhere,
    /// The script line and the events as they arrive.
    Setup,
    /// The keys of programs, a part of Setup.
    Keys,
    /// Who is left out of reports, a part of Setup.
    Counted,
    /// How pages find out who is signed in, a part of Setup.
    Identity,
    /// What came and what was refused.
    Delivery,
    /// What ClickHouse refused for good, a part of Delivery.
    Letters,
    /// The funnel.
    Funnel,
    /// Who comes back.
    Retention,
    /// The named features.
    Features,
}

impl Place {
    /// Whether it is Setup or a part of it.
    pub(super) fn is_setup(self) -> bool {
        matches!(self, Self::Setup | Self::Keys | Self::Identity | Self::Counted)
    }

    /// Whether it is the page of the private keys.
    pub(super) fn is_keys(self) -> bool {
        self == Self::Keys
    }

    /// Whether it is the page of the identity rules.
    pub(super) fn is_identity(self) -> bool {
        self == Self::Identity
    }

    /// Whether it is the page of who is counted.
    pub(super) fn is_counted(self) -> bool {
        self == Self::Counted
    }

    /// Whether it is Setup itself.
    pub(super) fn is_web_page(self) -> bool {
        self == Self::Setup
    }

    /// Whether it is Delivery or a part of it.
    pub(super) fn is_delivery(self) -> bool {
        matches!(self, Self::Delivery | Self::Letters)
    }

    /// Whether it is a page of the dead letters.
    pub(super) fn is_letters(self) -> bool {
        self == Self::Letters
    }

    /// Whether it is Features or a part of it.
    pub(super) fn is_features(self) -> bool {
        self == Self::Features
    }

    /// Whether it is Retention.
    pub(super) fn is_retention(self) -> bool {
        self == Self::Retention
    }

    /// Whether it is Funnel.
    pub(super) fn is_funnel(self) -> bool {
        self == Self::Funnel
    }
}

/// Which colours are shown. Kept in a cookie, so that the first byte of a page has them right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Theme {
    /// As the system is.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The theme of this word; as the system is, for any other.
    pub(super) fn parse(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// The word of a theme that is not the system's.
    pub(super) fn chosen(self) -> Option<Self> {
        (self != Self::Auto).then_some(self)
    }

    /// Whether it is light.
    pub(super) fn is_light(self) -> bool {
        self == Self::Light
    }

    /// Whether it is dark.
    pub(super) fn is_dark(self) -> bool {
        self == Self::Dark
    }

    /// Whether it is the system's.
    pub(super) fn is_auto(self) -> bool {
        self == Self::Auto
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        })
    }
}

/// The addresses of what the head of a page loads.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    /// The style sheet.
    pub(super) style: String,
    /// The script of every page.
    pub(super) script: String,
    /// The script of pages with a chart.
    pub(super) chart: String,
    /// The icon of the tab.
    pub(super) icon: String,
}

impl Default for Addresses {
    fn default() -> Self {
        Self {
            style: assets::address("dashboard.css"),
            script: assets::address("dashboard.js"),
            chart: assets::address("chart.js"),
            icon: assets::address("icon.svg"),
        }
    }
}

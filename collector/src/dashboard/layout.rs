//! The frame around every page: what the navigation, the theme and the head need to know.

use crate::access::{self, Act};
use crate::assets;
use std::fmt;
use store::Role;

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
    /// What he may do.
    pub(super) role: Option<Role>,
    /// The token that every form carries.
    pub(super) csrf: String,
    /// Which place of the navigation it is.
    pub(super) place: Place,
    /// Where scripts and styles are.
    pub(super) assets: Addresses,
}

impl Shell {
    /// Whether who looks at it may change the settings of the project.
    pub(super) fn may_set(&self) -> bool {
        self.may(Act::Settings)
    }

    /// Whether he may name features.
    pub(super) fn may_name(&self) -> bool {
        self.may(Act::Features)
    }

    /// Whether he may save views.
    pub(super) fn may_save(&self) -> bool {
        self.may(Act::Views)
    }

    /// Whether he may mark releases and notes.
    pub(super) fn may_annotate(&self) -> bool {
        self.may(Act::Annotations)
    }

    fn may(&self, act: Act) -> bool {
        self.role.is_some_and(|role| access::may(role, act))
    }

    /// The rooms, if a project is looked at.
    pub(super) fn rooms(&self) -> Vec<Link> {
        let here = self.place.room();
        let rooms = ROOMS.iter().filter_map(|&(room, label, icon)| {
            let (first, _, end) = places_of(room).next()?;
            let is_it = first == self.place && !self.is_part();
            let current = (here == Some(room)).then_some(if is_it { "page" } else { "true" });
            Some(Link { address: self.to(end)?, label, icon, current })
        });
        rooms.collect()
    }

    /// The places of the room that one is in, where there are several.
    pub(super) fn places(&self) -> Vec<Link> {
        let places = self.place.room().into_iter().flat_map(places_of);
        let links = places.filter_map(|(place, label, end)| {
            let current = (place == self.place).then_some("page");
            Some(Link { address: self.to(end)?, label, icon: "", current })
        });
        let links: Vec<_> = links.collect();
        if links.len() > 1 { links } else { Vec::new() }
    }

    /// What the room that one is in is called.
    pub(super) fn room(&self) -> &'static str {
        let here = self.place.room();
        ROOMS.iter().find(|(room, ..)| Some(*room) == here).map_or("", |(_, label, _)| label)
    }

    /// The address of a place of the project.
    fn to(&self, end: &str) -> Option<String> {
        Some(format!("/projects/{}/{end}", self.project.as_ref()?.id))
    }

    /// Whether it is a part of a place and not its own page.
    fn is_part(&self) -> bool {
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

/// A room of the product, as the navigation lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Accounts,
    Features,
    Explore,
    Setup,
    Delivery,
}

/// What a room is called, and its sign.
const ROOMS: [(Room, &str, &str); 5] = [
    (Room::Accounts, "Accounts", include_str!("../../templates/icons/accounts.svg")),
    (Room::Features, "Features", include_str!("../../templates/icons/feature.svg")),
    (Room::Explore, "Explore", include_str!("../../templates/icons/funnel.svg")),
    (Room::Setup, "Setup", include_str!("../../templates/icons/setup.svg")),
    (Room::Delivery, "Delivery", include_str!("../../templates/icons/delivery.svg")),
];

/// A place of the navigation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// None of them.
    #[default]
    Elsewhere,
    /// The accounts that somebody should look at.
    Look,
    /// All accounts, and each of them.
    Accounts,
    /// What people and files say of accounts.
    Import,
    /// The named features.
    Features,
    /// The saved questions.
    Views,
    /// The funnel.
    Funnel,
    /// What people do one after the other.
    Paths,
    /// Who comes back.
    Retention,
    /// How often things are done.
    Trend,
    /// How regularly people are there.
    Stickiness,
    /// Who comes and who goes.
    Lifecycle,
    /// All features side by side.
    Adoption,
    /// What of the first week goes with coming back.
    FirstWeek,
    /// The script line and the events as they arrive.
    Setup,
    /// How pages find out who is signed in.
    Identity,
    /// The keys of programs.
    Keys,
    /// Who is left out of reports.
    Counted,
    /// Who signs in here.
    Members,
    /// What came and what was refused.
    Delivery,
    /// What ClickHouse refused for good.
    Letters,
}

/// The places of each room, in their order: the room, what the place is called in it, and the end
/// of its address.
const PLACES: [(Place, Room, &str, &str); 20] = [
    (Place::Look, Room::Accounts, "Look", "look"),
    (Place::Accounts, Room::Accounts, "Accounts", "accounts"),
    (Place::Import, Room::Accounts, "Import", "import"),
    (Place::Features, Room::Features, "Features", "features"),
    (Place::Views, Room::Explore, "Views", "views"),
    (Place::Trend, Room::Explore, "Trend", "trend"),
    (Place::Funnel, Room::Explore, "Funnel", "funnel"),
    (Place::Paths, Room::Explore, "Paths", "paths"),
    (Place::Retention, Room::Explore, "Retention", "retention"),
    (Place::Stickiness, Room::Explore, "Stickiness", "stickiness"),
    (Place::Lifecycle, Room::Explore, "Life cycle", "lifecycle"),
    (Place::Adoption, Room::Explore, "Adoption", "adoption"),
    (Place::FirstWeek, Room::Explore, "First week", "first-week"),
    (Place::Setup, Room::Setup, "Web page", "setup"),
    (Place::Identity, Room::Setup, "Identity", "identity"),
    (Place::Keys, Room::Setup, "Private keys", "keys"),
    (Place::Counted, Room::Setup, "Who is counted", "counted"),
    (Place::Members, Room::Setup, "Members", "members"),
    (Place::Delivery, Room::Delivery, "Overview", "delivery"),
    (Place::Letters, Room::Delivery, "Dead letters", "dead-letters"),
];

/// A link of the navigation.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) address: String,
    pub(super) label: &'static str,
    /// Its sign, as SVG; empty for a place of a room.
    pub(super) icon: &'static str,
    /// Where one is: `page` for the very page, `true` for the room around it.
    pub(super) current: Option<&'static str>,
}

impl Place {
    fn room(self) -> Option<Room> {
        PLACES.iter().find(|(place, ..)| *place == self).map(|(_, room, ..)| *room)
    }
}

/// The places of a room.
fn places_of(room: Room) -> impl Iterator<Item = (Place, &'static str, &'static str)> {
    let places = PLACES.iter().filter(move |(_, of, ..)| *of == room);
    places.map(|(place, _, label, end)| (*place, *label, *end))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::question;

    #[test]
    fn what_is_explored_can_be_saved() {
        let reports = places_of(Room::Explore).filter(|(place, ..)| *place != Place::Views);
        let missing: Vec<_> = reports.filter(|(.., end)| question::report(end).is_none()).collect();
        assert!(missing.is_empty(), "give them rows in `question::REPORTS`: {missing:?}");
    }
}

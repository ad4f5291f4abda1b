//! The roles that a company knows, and what each may do.

use crate::catalogue::Texts;

/// What somebody is at his company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Does everything, and pays.
    Administrator,
    /// Does everything but pay.
    Manager,
    /// Works in all four modules.
    Analyst,
    /// Works in all modules, and leaves the sources as they are.
    Marketer,
}

impl Role {
    /// All roles, in the order in which they are offered.
    pub(crate) const ALL: [Self; 4] =
        [Self::Administrator, Self::Manager, Self::Analyst, Self::Marketer];

    /// The role with this name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name().eq_ignore_ascii_case(name))
    }

    /// The name that forms send and people are named by, in every language.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Manager => "Manager",
            Self::Analyst => "Analyst",
            Self::Marketer => "Marketer",
        }
    }

    /// The name that is read.
    pub(crate) fn text(self, texts: &'static Texts) -> &'static str {
        match self {
            Self::Administrator => texts.administrator,
            Self::Manager => texts.manager,
            Self::Analyst => texts.analyst,
            Self::Marketer => texts.marketer,
        }
    }

    /// Whether the role may connect sources and edit their schema.
    pub(crate) fn may_collect(self) -> bool {
        self != Self::Marketer
    }

    /// Whether the role may invite colleagues and remove them.
    pub(crate) fn may_invite(self) -> bool {
        matches!(self, Self::Administrator | Self::Manager)
    }

    /// Whether the role may change the plan.
    pub(crate) fn may_order(self) -> bool {
        self == Self::Administrator
    }
}

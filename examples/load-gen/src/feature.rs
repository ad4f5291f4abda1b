//! Tidemark's features, each with what completes it.

/// A feature of Tidemark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Connects a source.
    ConnectSource,
    /// Edits the schema of one.
    EditSchema,
    /// Watches a metric.
    WatchMetric,
    /// Sets an alert on one.
    SetAlert,
    /// Saves a chart.
    SaveChart,
    /// Shares a board.
    ShareBoard,
    /// Exports the numbers of a chart.
    Export,
    /// Saves a people group.
    SaveGroup,
    /// Saves a funnel.
    SaveFunnel,
    /// Saves a Smart path.
    SmartPath,
    /// Invites a colleague.
    Invite,
}

use Feature::{
    ConnectSource, EditSchema, Export, Invite, SaveChart, SaveFunnel, SaveGroup, SetAlert,
    ShareBoard, SmartPath, WatchMetric,
};

/// A group of features: the first segment of their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Module {
    /// Where the numbers come from.
    Collection,
    /// Metrics and alerts.
    Monitoring,
    /// Charts and boards.
    Visualisation,
    /// Groups, funnels and paths.
    Analysis,
    /// The company's own matters.
    Settings,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 11] = [
        ConnectSource,
        EditSchema,
        WatchMetric,
        SetAlert,
        SaveChart,
        ShareBoard,
        Export,
        SaveGroup,
        SaveFunnel,
        SmartPath,
        Invite,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            ConnectSource => "connect source",
            EditSchema => "edit schema",
            WatchMetric => "watch metric",
            SetAlert => "set alert",
            SaveChart => "save chart",
            ShareBoard => "share board",
            Export => "export",
            SaveGroup => "save people group",
            SaveFunnel => "save funnel",
            SmartPath => "Smart path",
            Invite => "invite a colleague",
        }
    }

    /// The element whose click completes it.
    pub const fn completing(self) -> &'static str {
        match self {
            ConnectSource => "save-source",
            EditSchema => "save-schema",
            WatchMetric => "watch",
            SetAlert => "save-alert",
            SaveChart => "save-chart",
            ShareBoard => "share",
            Export => "export-file",
            SaveGroup => "save-group",
            SaveFunnel => "save-funnel",
            SmartPath => "save-smart-path",
            Invite => "send-invitation",
        }
    }

    /// The feature that a click on this element completes.
    pub fn completed_by(element: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.completing() == element)
    }

    /// The module that it is in.
    pub const fn module(self) -> Module {
        match self {
            ConnectSource | EditSchema => Module::Collection,
            WatchMetric | SetAlert => Module::Monitoring,
            SaveChart | ShareBoard | Export => Module::Visualisation,
            SaveGroup | SaveFunnel | SmartPath => Module::Analysis,
            Invite => Module::Settings,
        }
    }

    /// Its place in [`Self::ALL`].
    pub const fn place(self) -> usize {
        self as usize
    }
}

impl Module {
    /// The four that accounts are compared by.
    pub const FOUR: [Self; 4] =
        [Self::Collection, Self::Monitoring, Self::Visualisation, Self::Analysis];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collection => "Collection",
            Self::Monitoring => "Monitoring",
            Self::Visualisation => "Visualisation",
            Self::Analysis => "Analysis",
            Self::Settings => "Settings",
        }
    }

    /// The first segment of its paths.
    pub const fn segment(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Monitoring => "monitoring",
            Self::Visualisation => "visualisation",
            Self::Analysis => "analysis",
            Self::Settings => "settings",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_place_and_its_element() {
        for (n, feature) in Feature::ALL.into_iter().enumerate() {
            assert_eq!(feature.place(), n);
            assert_eq!(Feature::completed_by(feature.completing()), Some(feature));
        }
    }
}

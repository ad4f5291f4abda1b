//! Whose data a question is about, and how that project cuts its days.

use protocol::ProjectId;
use store::identity::Grouping;
use store::{Project, WeekStart};

/// What of a project decides the answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The tenant; nothing of another one is ever read.
    pub project: ProjectId,
    /// IANA name of the zone that its days are in.
    pub time_zone: String,
    /// The first day of its weeks.
    pub week_start: WeekStart,
    /// Whether automated browsers count as people.
    pub count_automated: bool,
    /// Who is left out beside, and which accounts are one.
    pub grouping: Grouping,
}

/// Without any rule by which people are left out or accounts are one.
impl From<&Project> for Scope {
    fn from(project: &Project) -> Self {
        Self {
            project: project.id.clone(),
            time_zone: project.time_zone.clone(),
            week_start: project.week_start,
            count_automated: project.count_automated,
            grouping: Grouping::none(project.id.clone()),
        }
    }
}

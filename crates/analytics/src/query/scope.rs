//! Whose data a question is about, and how that project cuts its days.

use jiff::civil::Weekday;
use protocol::ProjectId;

/// What of a project decides the answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The tenant; nothing of another one is ever read.
    pub project: ProjectId,
    /// IANA name of the zone that its days are in.
    pub time_zone: String,
    /// The first day of its weeks.
    pub week_start: Weekday,
    /// Whether automated browsers count as people.
    pub count_automated: bool,
}

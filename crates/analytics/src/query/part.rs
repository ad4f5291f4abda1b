//! Which part of a question something is, as sentences call it.

use std::fmt;

/// Which part of a question a step is, as sentences call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A step of a funnel; they count from 1.
    Step(usize),
    /// What begins a cohort or a path.
    Start,
    /// What counts as coming back.
    Return,
    /// What ends a path.
    End,
    /// A series of a trend; they count from 1.
    Series(usize),
    /// What counts as being there.
    Activity,
    /// Whom the question is about.
    Among,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(n) => write!(f, "step {n}"),
            Self::Start => f.write_str("the start"),
            Self::Return => f.write_str("the return"),
            Self::End => f.write_str("the end"),
            Self::Series(n) => write!(f, "series {n}"),
            Self::Activity => f.write_str("the activity"),
            Self::Among => f.write_str("whom it is about"),
        }
    }
}

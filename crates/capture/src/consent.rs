//! Whether the person allows capture.
//!
//! Global Privacy Control and Do-Not-Track are honoured without being asked to: with either on,
//! the shell never starts a tracker, so nothing is captured and nothing stored. Opting out by
//! the page's own switch is kept, so that it holds on the next page, and on every other one.

/// What the tracker may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Capture and send.
    Given,
    /// The person opted out; holds until he opts in.
    OptedOut,
}

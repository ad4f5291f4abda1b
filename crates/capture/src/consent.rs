//! Whether the person allows capture.
//!
//! Global Privacy Control and Do-Not-Track are honoured without being asked to: with either on,
//! the shell never starts a tracker, so nothing is captured and nothing stored. Opting out by
//! the page's own switch is kept, so that it holds on the next page.

/// Whether one of the browser's own signals opposes capture.
///
/// `do_not_track` is the text of `navigator.doNotTrack`, which browsers spell in two ways.
///
/// ```
/// assert!(capture::is_opposed(true, ""));
/// assert!(capture::is_opposed(false, "1"));
/// assert!(!capture::is_opposed(false, "unspecified"));
/// ```
pub fn is_opposed(global_privacy_control: bool, do_not_track: &str) -> bool {
    global_privacy_control || matches!(do_not_track, "1" | "yes")
}

/// What the tracker may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Capture and send.
    Given,
    /// The person opted out; holds until he opts in.
    OptedOut,
    /// The collector does not know the write key; holds until the page is loaded again.
    Refused,
}

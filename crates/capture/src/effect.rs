//! What we ask of the page.

use protocol::Timestamp;

/// One thing that the shell performs, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Post a batch, and say by [`crate::Input::Answered`] what came of it.
    Send(Send),
    /// Keep a text under a key, through page loads, unless the visitor's says that the person
    /// opted out, or it is the visitor's and another page has changed that: then say
    /// [`crate::Input::Stored`], as a refusal. An opt-out is kept in any case.
    Save {
        /// [`crate::VISITOR`], or the key of a part of a batch.
        key: String,
        /// What to keep.
        text: String,
    },
    /// Keep nothing under this key any more, and nothing of the batch of this key.
    Forget {
        /// [`crate::VISITOR`], or a key that that of each part begins with, before a dot.
        key: String,
    },
    /// Keep nothing at all any more.
    ForgetAll,
    /// Say [`crate::Input::Timer`] at this moment. It replaces the alarm asked for before.
    WakeAt(Timestamp),
    /// Say [`crate::Input::Idle`] when the browser has nothing else to do.
    WhenIdle,
    /// Tell the engineer in the console.
    Warn(&'static str),
}

/// A batch on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// The key of the batch.
    pub key: String,
    /// How often it was sent before; comes back with the answer.
    pub attempt: u32,
    /// The body: JSON of a [`protocol::Batch`].
    pub body: String,
    /// Whether the page may be gone before anything that waits can run: send at once, as it is.
    pub is_exit: bool,
}

//! What we ask of the page.

use crate::text::{FIELD, cut, field, number};
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
    Warn(String),
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

impl Effect {
    /// Reads what [`crate::Tracker::tell`] answered `now`.
    pub(crate) fn read(mut effects: &[u8], now: Timestamp) -> Vec<Self> {
        let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let mut all = Vec::new();
        while !effects.is_empty() {
            let mut rest = cut(&mut effects, END);
            let code = field(&mut rest);
            let mut next = || field(&mut rest);
            let number = |text| number(text).unwrap_or_default();
            all.push(match code {
                POST => Self::Send(Send {
                    key: text(next()),
                    attempt: u32::try_from(number(next())).unwrap_or_default(),
                    is_exit: next() == b"1",
                    body: text(next()),
                }),
                SAVE => Self::Save { key: text(next()), text: text(next()) },
                FORGET => Self::Forget { key: text(next()) },
                FORGET_ALL => Self::ForgetAll,
                WAKE_IN => Self::WakeAt(now.plus_millis(number(next()))),
                WHEN_IDLE => Self::WhenIdle,
                _ => Self::Warn(text(next())),
            });
        }
        all
    }
}

/// What is asked for, by its place in the list of `sdk-web/js/module.js`.
pub(crate) const POST: &[u8] = b"0";
pub(crate) const SAVE: &[u8] = b"1";
pub(crate) const FORGET: &[u8] = b"2";
pub(crate) const FORGET_ALL: &[u8] = b"3";
pub(crate) const WAKE_IN: &[u8] = b"4";
pub(crate) const WHEN_IDLE: &[u8] = b"5";
pub(crate) const WARN: &[u8] = b"6";

/// Ends an effect.
const END: u8 = 0x1d;

/// Appends an effect: what is asked for, and its fields.
pub(crate) fn push(effects: &mut Vec<u8>, fields: &[&[u8]]) {
    for (n, field) in fields.iter().enumerate() {
        if n > 0 {
            effects.push(FIELD);
        }
        effects.extend_from_slice(field);
    }
    effects.push(END);
}

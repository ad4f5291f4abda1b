//! Every number of the wire contract, each with its reason.

/// A body as it arrives. A batch of 1,000 events compresses to about 60 kB; this is an import-sized one.
pub const BODY_BYTES: usize = 1 << 20;

/// A body after inflation, enforced while inflating: a bomb stops here, not in memory.
pub const INFLATED_BYTES: usize = 8 << 20;

/// Lines in one body of an import, blank ones counted: what inflates to the limit of a body.
pub const IMPORT_LINES: usize = 10_000;

/// Bytes of one line of an import: all that an event may hold, with room for escapes.
pub const IMPORT_LINE_BYTES: usize = 128 << 10;

/// An import takes nothing before 1990: there were no web pages, so these are not milliseconds.
pub const IMPORT_EARLIEST_MS: i64 = 631_152_000_000;

/// Events in one batch. Sixteen full queues of a page; more is a fault of the sender.
pub const EVENTS: usize = 1_000;

/// Elements, and pages, in one batch: never more than its events could refer to.
pub const DICTIONARY: usize = EVENTS;

/// Nodes in an element's chain as sent: the target and its nearest ancestors, wrappers among them.
/// Of the dozen that are kept, rules need ten.
pub const CHAIN_NODES: usize = 32;

/// Classes of one node as sent; utility-class frameworks put dozens there, and which of them are
/// words is found out by the collector.
pub const CLASSES: usize = 32;

/// Bytes of one attribute of a node.
pub const ATTRIBUTE_BYTES: usize = 256;

/// Characters of an accessible name as sent: the 64 that are kept are those with the numbers folded,
/// so that `9 …` and `10 …` end at the same letter.
pub const NAME_CHARS: usize = 96;

/// Bytes of a path.
pub const PATH_BYTES: usize = 1_024;

/// Bytes of a title or a referrer.
pub const TEXT_BYTES: usize = 512;

/// Bytes of an anonymous, user, account or session id.
pub const ID_BYTES: usize = 256;

/// Bytes of the name of a custom event.
pub const EVENT_NAME_BYTES: usize = 128;

/// Keys of one event's properties.
pub const PROPERTIES: usize = 64;

/// Bytes of a property's key.
pub const PROPERTY_KEY_BYTES: usize = 128;

/// Bytes of a property's value.
pub const PROPERTY_VALUE_BYTES: usize = 1_024;

/// Bytes in flight when the page goes: browsers refuse more than 64 KiB of beacons and keep-alives in all.
pub const EXIT_BYTES: usize = 60 << 10;

/// An event further ahead than this of the collector's clock, after correction of the skew, gets the time of arrival.
pub const FUTURE_MS: i64 = 5 * 60 * 1_000;

/// An event older than this is refused on the live path; the past comes by import.
pub const PAST_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// A gap of this or more starts a session: in the SDK, in sessions and in paths.
pub const SESSION_GAP_MS: i64 = 30 * 60 * 1_000;

/// A session never lasts longer than this.
pub const SESSION_MS: i64 = 24 * 60 * 60 * 1_000;

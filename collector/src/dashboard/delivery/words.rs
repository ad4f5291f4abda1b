//! What each outcome is called, and what to do about it.

use crate::counters::Fault;
use crate::dashboard::format::count;
use protocol::{DropReason, Warning};

/// What it is called, and what it means or what to do about it.
pub(super) type Words = (&'static str, &'static str);

pub(super) const ACCEPTED: Words =
    ("Accepted", "On disk before the sender was answered, and then in ClickHouse once.");

pub(super) const DUPLICATES: Words = (
    "Sent again, counted once",
    "What a page sends as it is left has no answer to read, so the next page sends it again. Nothing to do.",
);

pub(super) const RESENT: Words = (
    "Marked as a possible repeat",
    "Of all that came: no answer had been read before. Looked for, so that it is there once.",
);

pub(super) const IMPORTED: Words = (
    "Of these by import",
    "As often as a line came; in ClickHouse it is once, whatever comes again.",
);

pub(super) const OTHER_ELEMENTS: Words = (
    "On elements beyond the limit",
    "The project has as many different elements as it may have. New ones are kept as one, “other elements”, and no feature means them; those known go on. The samples say which: often a text that changes for each customer. Raise store.max_elements only if they are real.",
);

pub(super) const OTHER_PAGES: Words = (
    "On pages beyond the limit",
    "The project has as many different pages as it may have. New ones are kept as one, “other pages”; those known go on. The samples say which: often an address that holds a name. Raise store.max_pages only if they are real.",
);

pub(super) const RETRY: Words =
    ("To be sent again", "Not kept just now; the sender keeps them and comes again.");

pub(super) const GIVEN_UP: Words = (
    "Given up in browsers",
    "A browser could not deliver for so long that its storage was full, or its request was refused for good. At least so many.",
);

/// Of an event that was kept, but not as it came.
pub(super) const fn warning(warning: Warning) -> Words {
    match warning {
        Warning::TimestampInFuture => (
            "Its time lay in the future",
            "Kept with the time of arrival. Set the clock of the machine that sends it.",
        ),
        Warning::PropertiesCut => (
            "Properties were cut",
            "At most 64 properties of 1,024 bytes each: send fewer or shorter ones.",
        ),
        Warning::UnknownReference => (
            "Its page or element was not in the batch",
            "Kept without it. The sender must put what an event refers to into the same batch.",
        ),
        Warning::IdentityLeftOut => (
            "Its user or account id was nobody’s",
            "Such as `0`, `guest` or `undefined`. Kept without it. Identify people only once they are signed in.",
        ),
        _ => ("Kept in part", "For a reason that this page does not know."),
    }
}

/// Of an event that was refused for good.
pub(super) const fn dropped(reason: DropReason) -> Words {
    match reason {
        DropReason::Malformed => (
            "It was no event: something is missing or of a wrong type",
            "The sample says which field. The SDK never sends such a one: look at your own sender.",
        ),
        DropReason::TooOld => (
            "It was older than 30 days",
            "Bring the past by import, which has no limit; or set the clock of the sender.",
        ),
        DropReason::InFuture => (
            "Its time lay in the future",
            "Of an import only: the file says a time that is not there yet. Mend it and import it again.",
        ),
        DropReason::InvalidName => (
            "The name given to track() is missing or too long",
            "A name has 1 to 128 bytes. What changes from event to event belongs into properties.",
        ),
        DropReason::InvalidIdentity => (
            "It says of nobody that they did it, or the id is too long",
            "A batch needs an anonymous id or a user id, of at most 256 bytes.",
        ),
        DropReason::SwitchedOff => (
            "Your project does not capture this kind",
            "It stands under Setup. A page that was open when it was switched off may send some for a few minutes.",
        ),
        _ => ("For a reason that this page does not know", ""),
    }
}

/// Of a request that was refused as a whole.
pub(super) const fn refused(fault: Fault) -> Words {
    match fault {
        Fault::NoKey => ("The address had no write key", "Copy the script line again."),
        Fault::UnknownKey => ("The write key is no project's", "Copy the script line again."),
        Fault::Packing => (
            "The address did not say how the body is packed, or not the truth",
            "Add c=gzip or c=none to the address, as the body is.",
        ),
        Fault::Empty => ("The body was empty", "Something on the way may have taken it out."),
        Fault::BrokenOff => (
            "The body broke off",
            "A page that goes or a network that fails; the SDK comes again. Many: look at the proxy.",
        ),
        Fault::TimedOut => (
            "The body did not come in time",
            "A slow network; the SDK comes again. Many: look at what stands before the collector.",
        ),
        Fault::TooLarge => (
            "The body was too large",
            "At most 1 MiB as sent and 8 MiB inflated. The SDK sends it again in halves.",
        ),
        Fault::NotGzip => (
            "The body was not gzip, or damaged",
            "A proxy that unpacks or changes bodies does this: let it pass them on as they are.",
        ),
        Fault::NotBatch => (
            "The body was no batch",
            "The sample says where. The SDK gives such a batch up, and tells how many events it had.",
        ),
        Fault::TooMany => (
            "The batch held too much",
            "At most 1,000 events, elements and pages each. The SDK sends it again in halves.",
        ),
        Fault::SpoolFull => (
            "The spool was full",
            "Nothing is lost yet: senders keep their events and come again. Bring ClickHouse back.",
        ),
        Fault::SpoolFailed => (
            "The spool could not be written",
            "Nothing is lost yet: senders keep their events and come again. Look at the disk.",
        ),
        Fault::PrivateKey => (
            "An import had no private key of this project",
            "An admin makes one under Private keys. Somebody else's attempt changes nothing.",
        ),
        Fault::Address => (
            "An import did not say of which file and line it is",
            "The sample says what the address needs. sillage import always writes it.",
        ),
        Fault::Ahead => (
            "An import was asked to wait",
            "Live events go first. Nothing to do: the command comes again by itself.",
        ),
    }
}

/// Where it was looked for fields that nobody reads.
pub(super) fn looked_through(n_batches: u64) -> String {
    let which = "Looked through are the first batch after a start of the collector and every sixteenth after it, but no import and no batch with a malformed event.";
    match n_batches {
        0 => format!("It was no batch since the last start. {which}"),
        1 => format!("It was one batch since the last start. {which}"),
        n => format!("It was {} batches since the last start. {which}", count(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words() {
        use DropReason::{InFuture, InvalidIdentity, InvalidName, Malformed, SwitchedOff, TooOld};
        for reason in [InFuture, InvalidIdentity, InvalidName, Malformed, SwitchedOff, TooOld] {
            assert!(!dropped(reason).1.is_empty(), "{reason}");
        }
        use Warning::{IdentityLeftOut, PropertiesCut, TimestampInFuture, UnknownReference};
        for kind in [IdentityLeftOut, PropertiesCut, TimestampInFuture, UnknownReference] {
            assert_ne!(warning(kind).0, "Kept in part", "{kind:?}");
        }
    }
}

//! What each word of the wire means, for somebody who does not program.

use protocol::Kind;

/// The fields of what is sent, by what they belong to; each of them is here.
pub(super) const PARTS: [(&str, &[(&str, &str)]); 7] = [
    ("Of the visit", CONTEXT),
    ("Of the campaign that led to it", CAMPAIGN),
    ("Of the page", PAGE),
    ("Of the element, and of up to 31 it stands in", NODE),
    ("Of the event", EVENT),
    ("Of the transmission", BATCH),
    ("If the SDK itself fails", TROUBLE),
];

pub(super) const CONTEXT: &[(&str, &str)] = &[
    ("anonymous_id", "A random id of the browser, made by the SDK; another one after sign-out."),
    (
        "user_id",
        "The user's id, where your page or a rule of yours names one. Kept as it is given.",
    ),
    ("account_id", "The id of the user's company, likewise."),
    ("session_id", "A random id of the visit."),
    ("referrer", "Host and path of the page of another host that led here, without its query."),
    ("campaign", "The campaign of the address that the visit began with, as below."),
    ("language", "The browser's language, such as fr-CH."),
    ("time_zone", "The browser's time zone, such as Europe/Zurich. Not stored."),
    ("screen", "Width and height of the screen. Not stored."),
    ("app_version", "The version of your application, where your page says it."),
    ("automated", "Whether the browser says that a program drives it."),
];

pub(super) const CAMPAIGN: &[(&str, &str)] = &[
    ("source", "What the address calls utm_source."),
    ("medium", "What it calls utm_medium."),
    ("name", "What it calls utm_campaign. No other part of a query is read."),
];

pub(super) const PAGE: &[(&str, &str)] = &[
    ("host", "The host of the page, with its port."),
    ("path", "The path. Never the query, never the fragment."),
    ("title", "The title of the document. Not with text off, or where the title is masked."),
];

pub(super) const NODE: &[(&str, &str)] = &[
    ("chain", "The element itself, and then what it stands in, each with the words below."),
    ("tag", "What sort of element it is, such as button."),
    ("id", "Its id. Not where it is masked."),
    ("classes", "Its classes. Not where it is masked."),
    ("test_id", "Its data-testid, or what else your tests call it by."),
    ("role", "Its role, such as tab."),
    (
        "name",
        "Its label, of controls and landmarks only; in a list only if another row has the same. Not where it is masked, or with text off: then data-sillage-name, the name of an icon, or nothing.",
    ),
    ("field", "The name attribute of a field or form; never its value."),
    ("type", "The type of a field or button, such as checkbox."),
    ("href", "Host and path of a link. Not where it is masked, and never its query."),
    ("index", "Its place among others of its kind."),
];

pub(super) const EVENT: &[(&str, &str)] = &[
    ("event_id", "A random id, by which nothing is counted twice."),
    ("kind", "What happened: one of the words above."),
    ("name", "The name of an event of your own."),
    ("timestamp", "When, by the browser's clock."),
    ("page", "Which page it was on."),
    ("element", "Which element it was on."),
    ("properties", "What else there is to say of this kind, and what your own calls say."),
    ("resent", "Whether it was sent before without an answer."),
];

pub(super) const BATCH: &[(&str, &str)] = &[
    ("sdk", "Name and version of the SDK."),
    ("sent_at", "When it was sent."),
    ("attempt", "How often that was tried before."),
    ("given_up", "How many events were lost before it, for want of room."),
    ("identity", "Which identity rules found an id: a letter each, never what they found."),
    ("context", "The visit, as above."),
    ("elements", "The elements that events are about."),
    ("pages", "The pages that events were on."),
    ("events", "The events."),
];

/// The lines of the report to `/v1/trouble`, which is no event.
pub(super) const TROUBLE: &[(&str, &str)] = &[
    ("sdk", "Name and version of the SDK."),
    ("word", "The word that the SDK was told last, such as click."),
    ("error", "Name and message of the error of the SDK, without words that may be anybody's."),
];

/// What an event of a kind says; empty for one that is not known here.
pub(in crate::dashboard) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::PageView => "A page was opened, or the address of one changed.",
        Kind::PageLeave => {
            "A page was left: how long somebody was active on it (engaged_ms), and how far it was scrolled (scroll_percent)."
        }
        Kind::Click => {
            "Something was clicked: which element, never what stands in a field, and which of Alt, Ctrl, Meta and Shift were held (keys)."
        }
        Kind::Submit => {
            "A form was sent: the names of the fields that were filled (filled), never with what. Masked fields are left out."
        }
        Kind::Change => "A field was changed: only that, never to what.",
        Kind::Copy => {
            "Something was copied: how many characters (length), never which. Off unless it is switched on."
        }
        Kind::Download => {
            "A link to a file was followed: the host it leads to (host), unless it is masked, and what sort of file it is (extension)."
        }
        Kind::Outbound => {
            "A link out of the product was followed: to which host (host), unless it is masked."
        }
        Kind::RageClick => "Three clicks within a second on one place.",
        Kind::DeadClick => "A click on a control after which nothing happens.",
        Kind::ErrorClick => "A click that an error follows within a second.",
        Kind::Error => {
            "An error of a script: its message without secrets and queries of addresses (message), which text off leaves out, its sort (type), where in the code (script, line, column), and how often again (times)."
        }
        Kind::WebVital => {
            "How fast a page was: one of five measures (name), its number (value), whether that is good (rating), and the path that was loaded (loaded)."
        }
        Kind::Exposure => "An element came into view. This SDK does not send it.",
        Kind::Identify => "Your page said who the user is, and the properties that it gave.",
        Kind::Group => "Your page said which company the user belongs to.",
        Kind::Custom => "An event of your own, by a call in your code, with the properties given.",
        _ => "",
    }
}

//! Why a question cannot be answered, in sentences for whoever asked it.

use super::window::MAX_DAYS;
use super::{MAX_FILTERS, Part, date_range, period, step};
use crate::report::funnel::{MAX_STEPS, MIN_STEPS};
use crate::report::{adoption, paths, retention, threshold, trend};

/// Why a question cannot be answered. The message is for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidQuery {
    /// Not the JSON of a question.
    #[error("the question is not understood: {0}")]
    Json(String),
    /// A word of an address that is none of those that may stand there.
    #[error("`{key}` is `{text}`, and may be {words}")]
    Word {
        /// Where it stands.
        key: &'static str,
        /// What was given.
        text: String,
        /// Those that may, in back-ticks.
        words: String,
    },
    /// A condition on whom it is about that is none on people or accounts.
    #[error(
        "whom a question is about is said by `user.` or `account.` and what is said of them, or by `account` and ids, and not by `{0}`"
    )]
    Among(String),
    /// A funnel or a retention that is told apart by `among`.
    #[error("this report tells values apart by its `breakdown`, and not by `by` of `among`")]
    OwnBreakdown,
    /// More conditions on whom it is about than there may be.
    #[error("whom a question is about is said by at most {MAX_FILTERS} conditions, here are {0}")]
    TooMuchAmong(usize),
    /// More visits than are counted at once.
    #[error(
        "these days have more than {} visits with such a path; ask for fewer days, or for a start or an end that fewer have",
        paths::MAX_VISITS
    )]
    TooManyVisits,
    /// More people than features are compared of.
    #[error(
        "these days have more than {} people, and features are compared of that many at most; ask for fewer days",
        adoption::MAX_PEOPLE
    )]
    TooManyPeople,
    /// A funnel of fewer steps than two.
    #[error("a funnel needs at least {MIN_STEPS} steps, this one has {0}")]
    TooFewSteps(usize),
    /// A funnel of more steps than can be told apart.
    #[error("a funnel has at most {MAX_STEPS} steps, this one has {0}")]
    TooManySteps(usize),
    /// A step that says nothing.
    #[error("{part} names no page and no element")]
    EmptyStep {
        /// Of what.
        part: Part,
    },
    /// A step with a host, but without the page it belongs to.
    #[error("{part} names a host and no page")]
    HostWithoutPage {
        /// Of what.
        part: Part,
    },
    /// A host that is more than one.
    #[error("the host of {part} is `{host}`, and a host holds no `/`")]
    Host {
        /// Of what.
        part: Part,
        /// What was given.
        host: String,
    },
    /// A path that does not begin as paths do.
    #[error("the page of {part} is `{path}`, and a path begins with `/`")]
    Path {
        /// Of what.
        part: Part,
        /// What was given.
        path: String,
    },
    /// An element's id that is none.
    #[error("the element of {part} is `{text}`, and an element is {digits} hexadecimal digits", digits = step::ELEMENT_DIGITS)]
    Element {
        /// Of what.
        part: Part,
        /// What was given.
        text: String,
    },
    /// A feature's id that is none.
    #[error("the feature of {part} is `{text}`, and a feature is 16 hexadecimal digits")]
    Feature {
        /// Of what.
        part: Part,
        /// What was given.
        text: String,
    },
    /// A step with a feature and something else.
    #[error("{part} names a feature and something else, and a feature says it all")]
    FeatureAndMore {
        /// Of what.
        part: Part,
    },
    /// A step with an event of the page's own and something else.
    #[error("{part} names an event and something else, and an event says it all")]
    EventAndMore {
        /// Of what.
        part: Part,
    },
    /// A property that nobody knows.
    #[error(
        "a condition of {part} is about `{text}`, and a property is a word such as `country` or `account`, or `event.`, `user.` or `account.` and a name"
    )]
    Property {
        /// Of what.
        part: Part,
        /// What was given.
        text: String,
    },
    /// A condition that says nothing, or several things.
    #[error(
        "the condition of {part} on `{property}` says one of three: `is` with values, `contains` with a text, or `is_set`"
    )]
    Filter {
        /// Of what.
        part: Part,
        /// Of which property.
        property: String,
    },
    /// A breakdown by nothing that is known.
    #[error(
        "it is broken down by `{0}`, and a property is a word such as `country` or `account`, or `event.`, `user.` or `account.` and a name"
    )]
    Breakdown(String),
    /// People of a step that there is not.
    #[error("the people of step {step} are asked for, and this funnel has {n} steps{}", if *.step == 1 { ", of which the first loses nobody" } else { "" })]
    NoSuchStep {
        /// Which.
        step: usize,
        /// How many there are.
        n: usize,
    },
    /// People of a value without a breakdown.
    #[error("the people of a value are asked for, and this question is not broken down")]
    NoBreakdown,
    /// People behind a number that the report does not have.
    #[error("the people of {0} are asked for, and this report has no such number")]
    NoSuchNumber(String),
    /// A place in a list that is none.
    #[error("`{0}` is no place in a list of people; take the one that the page before gives")]
    Place(String),
    /// A number of people that is none, or more than one page has.
    #[error("a page of a list has 1 to {max} people, and this asks for {0}", max = crate::people::MAX_PAGE)]
    Page(u32),
    /// More conditions than one step has.
    #[error("a step has at most {max} conditions, and {part} has {n}", max = step::MAX_FILTERS)]
    TooManyFilters {
        /// Of what.
        part: Part,
        /// How many.
        n: usize,
    },
    /// A feature that the project does not have.
    #[error("there is no feature `{0}` in this project")]
    UnknownFeature(String),
    /// A feature that somebody deleted, by its name.
    #[error("the feature `{0}` was deleted: name it again, and its past is there again")]
    DeletedFeature(String),
    /// More features that share elements than can be told apart.
    #[error("{0} steps of this funnel share elements, and at most {max} may", max = crate::report::funnel::MAX_SHARING)]
    TooManySharing(usize),
    /// A step in an address that begins with none of the words that it may.
    #[error(
        "{part} is `{text}`, and a step is `page:` and a path, `click:` and an element, `feature:` and a feature or `event:` and its name"
    )]
    StepText {
        /// Of what.
        part: Part,
        /// What was given.
        text: String,
    },
    /// More periods than one answer shows.
    #[error(
        "from {from} to {to} there are {n} periods, and one answer shows {max} at most; take longer periods or fewer days",
        max = period::MAX
    )]
    TooManyPeriods {
        /// First day.
        from: jiff::civil::Date,
        /// Last day.
        to: jiff::civil::Date,
        /// How many there would be.
        n: u32,
    },
    /// More periods than features are compared in.
    #[error("these days have {0} periods, and features are compared in {max} at most; take longer periods or fewer days", max = adoption::MAX_PERIODS)]
    TooManyBits(u32),
    /// Days among which none is one of the periods.
    #[error("from {from} to {to} there is no working day")]
    NoPeriod {
        /// First day.
        from: jiff::civil::Date,
        /// Last day.
        to: jiff::civil::Date,
    },
    /// A text where a whole number is needed.
    #[error("`{0}` is not a whole number")]
    Number(String),
    /// A number of periods to follow that is none, or more than can be shown.
    #[error("people are followed for 1 to {max} periods, and this asks for {0}", max = retention::MAX_FOLLOWED)]
    Followed(u32),
    /// A trend of nothing, or of more than can be told apart.
    #[error("a trend has 1 to {max} series, and this one has {0}", max = trend::MAX_SERIES)]
    Series(usize),
    /// A number of days to look back that is none, or more than are looked back.
    #[error("people of the last 1 to {max} days can be told, and this asks for {0}", max = trend::MAX_TRAILING)]
    Trailing(u32),
    /// People of the last so many days by the hour.
    #[error("people of the last days are told by the day or longer, and this asks by the hour")]
    TrailingByHour,
    /// People of the last so many days beside those of another time.
    #[error("people of the last days are told alone, and this asks to compare them")]
    TrailingCompared,
    /// A number of uses to tell apart that is none, or more than are.
    #[error("uses of the first week are told apart from 1 to {max}, and this asks for {0}", max = threshold::MAX_USES)]
    Uses(u32),
    /// A number of days that no week has.
    #[error("a week has 1 to 7 days, and the outcome asks for {0}")]
    DaysOfWeek(u32),
    /// An outcome that is none.
    #[error(
        "the outcome is `{0}`, and an outcome is `return`, `use:` and a feature, or `activity:` and a number of days"
    )]
    Outcome(String),
    /// A path of fewer or more steps than can be shown.
    #[error("paths have {min} to {max} steps, and this asks for {0}", min = paths::MIN_STEPS, max = paths::MAX_STEPS)]
    PathSteps(u32),
    /// An end of a path with conditions.
    #[error("{part} of a path is a page, a click, a feature or an event, without conditions")]
    FilteredEnd {
        /// Which end.
        part: Part,
    },
    /// Fewer or more nodes of a position than can be shown.
    #[error("each position shows 1 to {max} by name, and this asks for {0}", max = paths::MAX_SHOWN)]
    NodesShown(u32),
    /// A window that is no duration.
    #[error(
        "the window is `{0}`, and a window is a whole number of `s`, `m`, `h` or `d`, such as `30m` or `14d`, up to {MAX_DAYS} days"
    )]
    Window(String),
    /// A date that is none.
    #[error("the date `{0}` is not one of the calendar, such as `2026-11-22`")]
    Date(String),
    /// A date before or after the time that events are stored for.
    #[error("the date `{0}` is not between {first} and {last}", first = date_range::FIRST, last = date_range::LAST)]
    DateOutOfReach(jiff::civil::Date),
    /// One end of a date range without the other.
    #[error("a date range has both a first and a last day, and this one has no {0}")]
    HalfRange(&'static str),
    /// A date range that ends before it begins.
    #[error("the date range goes from {from} to {to}, which is before it")]
    FromAfterTo {
        /// First day.
        from: jiff::civil::Date,
        /// Last day.
        to: jiff::civil::Date,
    },
    /// A relative date range that is no number of days.
    #[error("the date range is the last `{0}`, and it is a number of days such as `28d`, at most {max}d", max = date_range::MAX_DAYS)]
    Last(String),
    /// A time zone that nobody knows.
    #[error("the time zone `{0}` is not known; one of the IANA list is, such as `Europe/Zurich`")]
    TimeZone(String),
}

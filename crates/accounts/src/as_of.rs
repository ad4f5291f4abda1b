//! As of which day accounts are looked at.

use jiff::civil::Date;

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day such as `2026-11-22`")]
pub struct NoDay(pub String);

/// The day that a text says; none where it is empty.
///
/// ```
/// use accounts::as_of::day;
///
/// assert_eq!(day(" 2026-11-22 ").unwrap().unwrap().to_string(), "2026-11-22");
/// assert_eq!(day(""), Ok(None));
/// assert_eq!(day("0001-01-01").unwrap_err().to_string(), "`0001-01-01` is no day such as `2026-11-22`");
/// ```
///
/// # Errors
/// When it is not of these two centuries, or no day at all.
pub fn day(text: &str) -> Result<Option<Date>, NoDay> {
    let text = text.trim();
    let is_near = |day: &Date| (1990..2200).contains(&day.year());
    match text.parse().ok().filter(is_near) {
        None if !text.is_empty() => Err(NoDay(text.to_owned())),
        day => Ok(day),
    }
}

//! What an account, an attribute, a contact and a note may be, and the one way to write each.

use jiff::civil::Date;
use protocol::limits;
use store::record::attribute::{self, Kind};
use store::record::{Contact, Note};

/// The most characters of a contact's name.
const NAME_CHARS: usize = 200;
/// The most characters of a note.
pub(crate) const NOTE_CHARS: usize = 2_000;

/// The id of an account, as `group()` gives it.
pub(crate) fn account(text: &str) -> Result<String, String> {
    let id = text.trim();
    if id.is_empty() {
        return Err("it says nothing of which account it is".to_owned());
    }
    if matches!(id, "." | "..") {
        // Whatever reads an address takes these for a way to another one, encoded or not.
        return Err(format!("`{id}` is no id of an account: no page can have its address"));
    }
    line("the id of an account", id, limits::ID_BYTES)
}

/// The name of an attribute.
pub(crate) fn attribute_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("an attribute has a name".to_owned());
    }
    line("the name of an attribute", name, limits::PROPERTY_KEY_BYTES)
}

/// The value of an attribute, empty for none.
pub(crate) fn attribute(name: &str, text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let wrong = |what, example| format!("{name}: `{text}` is no {what}, such as {example}");
    match attribute::kind(name) {
        Kind::Number => number(text).ok_or_else(|| wrong("number", "`12000` or `0.5`")),
        Kind::Date => day(text).map_err(|_| wrong("day", "`2027-06-21`")),
        Kind::List => line(name, &attribute::list(text).join(", "), limits::PROPERTY_VALUE_BYTES),
        Kind::Text => line(name, text, limits::PROPERTY_VALUE_BYTES),
    }
}

/// A number without a sign and without marks between thousands, which mean something else in the
/// next country, in its shortest form.
fn number(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(whole, 15) || !is_number(part, 6) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let part = part.trim_end_matches('0');
    Some(if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") })
}

/// A day of the calendar.
pub(crate) fn day(text: &str) -> Result<String, String> {
    let text = text.trim();
    let day = text.parse::<Date>().ok().filter(|day| (1970..2200).contains(&day.year()));
    let day = day.filter(|_| text.len() == "2027-06-21".len());
    let wrong = || format!("`{text}` is not a day of the calendar, such as `2026-11-22`");
    day.map(|day| day.to_string()).ok_or_else(wrong)
}

/// The name of a contact.
pub(crate) fn contact_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS {
        return Err(format!("a contact has a name of at most {NAME_CHARS} characters"));
    }
    line("the name of a contact", name, usize::MAX)
}

/// The address of a contact, empty for none.
pub(crate) fn email(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_address = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    if !text.is_empty() && (!is_address || text.contains(char::is_whitespace)) {
        return Err(format!("`{text}` is no address, such as `ana@example.com`"));
    }
    line("the address of a contact", text, limits::ID_BYTES)
}

/// The id of the user that a contact is, empty for none.
pub(crate) fn user(text: &str) -> Result<String, String> {
    line("the user id of a contact", text.trim(), limits::ID_BYTES)
}

/// The role of a contact, by its word or as the screens say it.
pub(crate) fn role(text: &str) -> Result<String, String> {
    let word = text.trim().to_lowercase().replace([' ', '-'], "_");
    if Contact::ROLES.contains(&word.as_str()) {
        return Ok(word);
    }
    let known: Vec<_> = Contact::ROLES.iter().map(|role| format!("`{role}`")).collect();
    Err(format!("`{}` is no role of a contact: {}", text.trim(), known.join(", ")))
}

/// The kind of a note.
pub(crate) fn note_kind(text: &str) -> Result<String, String> {
    let kind = [Note::NOTE, Note::INTERVENTION].into_iter().find(|kind| *kind == text.trim());
    let wrong = || format!("a note is a `note` or an `intervention`, not `{text}`");
    kind.map(str::to_owned).ok_or_else(wrong)
}

/// What a note says, in any number of lines.
pub(crate) fn note_text(text: &str) -> Result<String, String> {
    let text = text.trim().replace("\r\n", "\n");
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.is_empty() || text.chars().count() > NOTE_CHARS || !text.chars().all(is_plain) {
        return Err(format!("a note says something in at most {NOTE_CHARS} characters"));
    }
    Ok(text)
}

/// A text in one line.
fn line(what: &str, text: &str, most_bytes: usize) -> Result<String, String> {
    if text.len() > most_bytes {
        return Err(format!("{what} is longer than {most_bytes} bytes"));
    }
    if text.contains(char::is_control) {
        return Err(format!("{what} is not one line of plain text"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, expected: Option<&str>) {
        assert_eq!(attribute(name, text).ok().as_deref(), expected, "{name}: {text}");
    }

    #[test]
    fn a_number_has_one_form() {
        for (text, number) in
            [("25", "25"), (" 025 ", "25"), ("0", "0"), ("000.50", "0.5"), ("48000.0", "48000")]
        {
            check("seats", text, Some(number));
        }
        for text in ["12,000", "12 000", "-1", "+1", "1e3", "€5", ".5", "5.", "1.2.3", "many"] {
            check("contract_value", text, None);
        }
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        check("renewal_date", " 2027-06-21 ", Some("2027-06-21"));
        for text in ["2027-02-30", "21.06.2027", "06/21/2027", "2027-6-21", "20270621", "soon"] {
            check("renewal_date", text, None);
        }
    }

    #[test]
    fn a_list_has_each_name_once() {
        check("modules", " Collection;Analysis , Collection,", Some("Collection, Analysis"));
        check("modules", r#"["Collection","Analysis"]"#, Some("Collection, Analysis"));
    }

    #[test]
    fn anything_else_is_a_line_of_text() {
        check("plan", " Team ", Some("Team"));
        check("segment", "21.06.2027", Some("21.06.2027"));
        check("plan", "", Some(""));
        check("plan", "a\nb", None);
        check("plan", &"x".repeat(1_025), None);
    }

    #[test]
    fn roles_are_known_by_their_words() {
        assert_eq!(role("Decision maker").as_deref(), Ok("decision_maker"));
        assert!(role("boss").is_err());
        assert!(email("ana").is_err() && email("a@b@c").is_err() && email("a b@c").is_err());
    }
}

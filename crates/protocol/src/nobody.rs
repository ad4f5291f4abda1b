//! Texts that programs write where an id would stand, and that are the id of nobody.
//!
//! A page on which nobody is signed in says `0`, `guest` or `undefined`, and one whose template
//! was not filled in says `{{user.id}}`. Taken for an id, it would make all visitors one person,
//! for ever, so neither the browser nor the collector takes it for one.

/// The words, in small letters and digits alone.
const WORDS: &str = "null,nil,none,undefined,nan,true,false,guest,anonymous,anonymoususer,\
    notauthenticated,notloggedin,notset,unknown,objectobject,id,userid,distinctid";

/// More letters than a word has.
const LONGEST: usize = 20;

/// Whether a text is nobody's id: one of the words, whatever stands between or around their
/// letters; nothing but zeros, as in `0` and the UUID of zeros; `-1`; or a template.
///
/// ```
/// use protocol::nobody::is_nobody;
///
/// assert!(["", "0", "Guest", "{{ user.id }}"].into_iter().all(is_nobody));
/// assert!(!["7", "guest-7", "ann@example.com"].into_iter().any(is_nobody));
/// ```
pub fn is_nobody(text: impl AsRef<[u8]>) -> bool {
    let text = text.as_ref();
    let (mut letters, mut n, mut is_zero, mut is_template) = ([0; LONGEST], 0, true, false);
    for &b in text {
        if b.is_ascii_alphanumeric() || !b.is_ascii() {
            if n < LONGEST {
                // A great letter becomes small, and a digit stays.
                letters[n] = b | 0x20;
                n += 1;
            }
            is_zero &= b == b'0';
        }
        is_template |= matches!(b, b'{' | b'<');
    }
    // The bracket before a GUID is its own.
    is_template &= text.len() != 38 || text[9] != b'-';
    is_zero
        || is_template
        || text == b"-1"
        || WORDS.as_bytes().split(|b| *b == b',').any(|word| word == &letters[..n])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_write_for_nobody_is_nobody() {
        for text in [
            "",
            " ",
            "0",
            "-1",
            "-",
            "0.0",
            "''",
            "{}",
            "[]",
            "null",
            "(null)",
            "NULL",
            "nil",
            "None",
            "undefined",
            "NaN",
            "true",
            "False",
            "guest",
            "GUEST",
            "anonymous",
            "AnonymousUser",
            "anonymous_user",
            "not_authenticated",
            "NOT LOGGED IN",
            "(not set)",
            "unknown",
            "[object Object]",
            "user_id",
            "distinct_id",
            "%USER_ID%",
            "#{user.id}",
            "{{user.id}}",
            "{{ current_user.email }}",
            "${user.id}",
            "{userId}",
            "<%= user.id %>",
            "<?php echo $id ?>",
            "__USER_ID__",
            "00000000-0000-0000-0000-000000000000",
            r#"{"id":7}"#,
        ] {
            assert!(is_nobody(text), "{text}");
        }
    }

    #[test]
    fn what_can_be_somebody_is_somebody() {
        for text in [
            "1",
            "7",
            "-2",
            "10",
            "000123",
            "guest-7",
            "guest2",
            "anna",
            "ann@example.com",
            "guest@example.com",
            "nullius",
            "user_123",
            "u-0a",
            "ヌル null",
            "Ω",
            "018bcfe5-6800-7000-8000-000000000001",
            "{018bcfe5-6800-7000-8000-000000000001}",
            "507f1f77bcf86cd799439011",
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "acme, inc.",
        ] {
            assert!(!is_nobody(text), "{text}");
        }
    }
}

//! Choices as words of an address: the same words as in JSON.

use super::InvalidQuery;
use serde::de::{self, IntoDeserializer as _, value::StrDeserializer};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// The word of a choice.
pub(crate) fn word(choice: &impl Serialize) -> String {
    let json = serde_json::to_value(choice).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// The choice of a word under a key of the address; the usual one if there is none.
///
/// # Errors
/// When it is none of the words.
pub(crate) fn choice<T: for<'de> Deserialize<'de> + Default>(
    key: &'static str,
    word: Option<String>,
) -> Result<T, InvalidQuery> {
    let Some(word) = word else { return Ok(T::default()) };
    let text: StrDeserializer<'_, Unknown> = word.as_str().into_deserializer();
    T::deserialize(text).map_err(|Unknown(words)| InvalidQuery::Word { key, text: word, words })
}

/// Which words there are, said by the type that does not know one.
#[derive(Debug)]
struct Unknown(String);

impl Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unknown {}

impl de::Error for Unknown {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn unknown_variant(_: &str, words: &'static [&'static str]) -> Self {
        let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
        match quoted.split_last() {
            Some((last, before)) if !before.is_empty() => {
                Self(format!("{} or {last}", before.join(", ")))
            }
            _ => Self(quoted.concat()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Period;

    #[test]
    fn a_word_is_read_as_it_is_written_and_another_is_told_with_those_there_are() {
        for period in [Period::Hour, Period::Month] {
            assert_eq!(choice::<Period>("period", Some(word(&period))), Ok(period));
        }
        assert_eq!(choice::<Period>("period", None), Ok(Period::default()));
        let fault = choice::<Period>("period", Some("fortnight".to_owned())).unwrap_err();
        insta::assert_snapshot!(fault, @"`period` is `fortnight`, and may be `hour`, `day`, `working_day`, `week` or `month`");
    }
}

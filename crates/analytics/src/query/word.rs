//! Choices as words of an address: the same as in JSON.

use super::InvalidQuery;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};

/// The word of a choice, as in JSON.
pub(crate) fn word(choice: &impl Serialize) -> String {
    let json = serde_json::to_value(choice).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// The choice of a word; the usual one if there is none.
pub(crate) fn choice<T: for<'de> Deserialize<'de> + Default>(
    word: Option<String>,
) -> Result<T, InvalidQuery> {
    let Some(word) = word else { return Ok(T::default()) };
    let text: StrDeserializer<'_, Error> = word.as_str().into_deserializer();
    T::deserialize(text).map_err(|why| InvalidQuery::Json(why.to_string()))
}

//! What the form of an import sends.

use crate::account::table::{BYTES, Column};
use crate::http::error::ApiError;
use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;

/// What somebody wants to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To be told what would come of it.
    Check,
    /// To keep it.
    Apply,
    /// The lines that are refused.
    Refused,
}

/// A file, and how it is to be read.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) csrf: String,
    pub(super) text: String,
    /// What the columns are, where it was said.
    pub(super) columns: Option<Vec<Column>>,
    /// Whether lines are kept of accounts that no event names.
    pub(super) keeps_unknown: bool,
    /// What was looked at before, as [`checked`] says it.
    pub(super) checked: String,
    pub(super) wanted: Wanted,
}

/// How a file was read, in a word.
pub(super) fn checked(columns: &[Column], keeps_unknown: bool) -> String {
    let words: Vec<_> = columns.iter().map(Column::word).collect();
    format!("{}|{keeps_unknown}", words.join("|"))
}

impl Asked {
    /// Reads the form.
    pub(super) async fn read(mut form: Multipart) -> Result<Self, ApiError> {
        let (mut file, mut pasted) = (String::new(), String::new());
        let mut columns = Vec::new();
        let mut asked = Self {
            csrf: String::new(),
            text: String::new(),
            columns: None,
            keeps_unknown: false,
            checked: String::new(),
            wanted: Wanted::Check,
        };
        while let Some(field) = form.next_field().await.map_err(|error| fault(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|error| fault(&error))?;
            let text = String::from_utf8(bytes.into()).map_err(|_| {
                let why = "the file is not UTF-8: save it as “CSV UTF-8” and send it again";
                ApiError::BadRequest(why.to_owned())
            })?;
            match name.as_str() {
                "csrf" => asked.csrf = text,
                "file" => file = text,
                "text" => pasted = text,
                "column" => columns.push(text),
                "keep_unknown" => asked.keeps_unknown = true,
                "checked" => asked.checked = text,
                "step" => {
                    asked.wanted = match text.as_str() {
                        "apply" => Wanted::Apply,
                        "refused" => Wanted::Refused,
                        _ => Wanted::Check,
                    };
                }
                _ => {}
            }
        }
        let column = |word: &String| {
            let missing = || ApiError::BadRequest(format!("`{word}` is nothing a column can be"));
            Column::parse(word).ok_or_else(missing)
        };
        let columns: Vec<_> = columns.iter().map(column).collect::<Result<_, _>>()?;
        // A new file has columns of its own.
        asked.columns = (file.is_empty() && !columns.is_empty()).then_some(columns);
        asked.text = if file.is_empty() { pasted } else { file };
        Ok(asked)
    }
}

fn fault(error: &MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::TooLarge(format!("the file is larger than {} MB", BYTES >> 20))
        }
        _ => ApiError::BadRequest("the form cannot be read".to_owned()),
    }
}

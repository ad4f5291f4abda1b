//! Exports: tables as files that spreadsheets open.

use crate::choice::Choice;
use crate::person::slug;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// What stands between two cells.
pub(crate) const FORMATS: [Choice; 3] = [
    Choice::of("comma", |t| t.with_commas),
    Choice::of("semicolon", |t| t.with_semicolons),
    Choice::of("tab", |t| t.with_tabs),
];

/// What the dialog of an export asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    format: String,
}

/// The rows as a file that is called after `name`.
pub(crate) fn file(wish: &Wish, name: &str, rows: &[Vec<String>]) -> Response {
    let format = Choice::find_or_first(&FORMATS, &wish.format);
    let (separator, ending) = match format.value {
        "semicolon" => (';', "csv"),
        "tab" => ('\t', "tsv"),
        _ => (',', "csv"),
    };
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row.iter().map(|cell| quoted(cell, separator)).collect();
        text.push_str(&cells.join(&separator.to_string()));
        text.push_str("\r\n");
    }
    let ascii: String = slug(name).chars().filter(char::is_ascii).collect();
    let disposition = format!("attachment; filename=\"tidemark-{ascii}.{ending}\"");
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)];
    (headers, text).into_response()
}

/// A cell, in quotation marks where a reader needs them.
fn quoted(cell: &str, separator: char) -> String {
    let is_plain = !cell.contains([separator, '"', '\n', '\r']);
    if is_plain { cell.to_owned() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_a_reader_needs_it() {
        assert_eq!(quoted("plain", ','), "plain");
        assert_eq!(quoted("1,5", ','), "\"1,5\"");
        assert_eq!(quoted("1,5", ';'), "1,5");
        assert_eq!(quoted("the \"big\" one", ';'), "\"the \"\"big\"\" one\"");
    }
}

//! Fields of tables that programs read (RFC 4180).

/// A text in quotation marks. One that a spreadsheet would take for a formula gets an
/// apostrophe in front: names come from pages that anybody may have written on.
pub(crate) fn quoted(text: &str) -> String {
    let guard = if is_formula(text) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Whether a spreadsheet would take a cell for a formula.
pub(crate) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

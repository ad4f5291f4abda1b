//! Numbers in sentences.

/// So many of something: `1 record`, `2 records`.
pub(crate) fn many(n: u64, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

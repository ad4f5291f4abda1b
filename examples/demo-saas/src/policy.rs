//! The content security policy of every page.

/// A policy that allows what Tidemark serves itself, and what the script line comes from.
///
/// The origin of the line's `src` gets what an SDK that is a `WebAssembly` module needs.
pub(crate) fn policy(script: &str) -> String {
    let origin = origin(script).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{origin}; connect-src 'self'{origin}; \
         style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'"
    )
}

/// The scheme and host of the script line's `src`, after a space; nothing if it has none.
fn origin(script: &str) -> Option<String> {
    let (_, from_source) = script.split_once("src=\"")?;
    let (source, _) = from_source.split_once('"')?;
    let (scheme, rest) = source.split_once("://")?;
    let host = rest.split('/').next()?;
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || ".:-[]".contains(letter);
    host.chars().all(is_host).then(|| format!(" {scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_scripts_origin_is_added() {
        let line =
            r#"<script async src="http://127.0.0.1:8080/s/sdk.js" data-write-key="k"></script>"#;
        assert!(policy(line).contains("connect-src 'self' http://127.0.0.1:8080; style-src"));
        assert_eq!(origin(r#"<script src="/sdk.js"></script>"#), None);
        assert_eq!(origin(r#"<script src="https://a; b/sdk.js"></script>"#), None);
    }
}

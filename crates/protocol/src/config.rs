//! What the collector tells a page: the rules by which it finds out who is signed in, and the kinds
//! of events that are not captured.
//!
//! A rule names one place of the page. The browser reads that place and nothing else, and takes
//! only plain members: there is no code in a rule, and no call. The rules of one id are tried in
//! order, and the first that gives an id wins.
//!
//! ```
//! use protocol::config::{IdentityRule, RemoteConfig};
//!
//! let text = r#"{"version":3,"identity":[
//!   {"of":"user","from":"meta","name":"user-id"},
//!   {"of":"account","from":"storage","name":"session","path":"account.id"}]}"#;
//! let config: RemoteConfig = serde_json::from_str(text).unwrap();
//! assert!(config.identity.iter().all(|rule| rule.check().is_ok()));
//! ```

use crate::Kind;
use serde::{Deserialize, Serialize};

/// Rules for one id. Each is read several times a minute on every page.
pub const RULES: usize = 5;
/// Characters of a meta tag's name, of a path, and of a key of `localStorage`.
pub const NAME_CHARS: usize = 128;
/// Members in one path.
pub const MEMBERS: usize = 8;
/// Characters of an id that a rule may find: what is longer is no id of somebody.
pub const ID_CHARS: usize = 128;

/// Globals of the browser itself, of Chromium and of others: behind them lie cookies, storage,
/// addresses, other frames, and what another site has left in `window.name`. No path may begin with
/// one. Functions are not among them, nor handlers such as `onload`: neither is ever an id. A
/// browser refuses besides what it has an accessor for, as every browser has for its own.
const BROWSER: &str = "\
    applicationCache Atomics caches chrome clientInformation closed console cookieStore \
    crashReport credentialless crossOriginIsolated crypto CSS customElements defaultStatus \
    defaultstatus devicePixelRatio document documentPictureInPicture event external fence \
    frameElement frames fullScreen globalThis GPUBufferUsage GPUColorWrite GPUMapMode \
    GPUShaderStage GPUTextureUsage history indexedDB Infinity innerHeight innerWidth \
    InstallTrigger Intl isSecureContext JSON launchQueue length localStorage location \
    locationbar Math menubar mozInnerScreenX mozInnerScreenY name NaN navigation navigator \
    netscape offscreenBuffering opener opera orientation origin originAgentCluster \
    outerHeight outerWidth pageXOffset pageYOffset parent performance PERSISTENT personalbar \
    portalHost Reflect safari scheduler screen screenLeft screenTop screenX screenY \
    scrollbars scrollMaxX scrollMaxY scrollX scrollY self sessionStorage sharedStorage \
    speechSynthesis status statusbar styleMedia Temporal TEMPORARY toolbar top trustedTypes \
    undefined viewport visualViewport WebAssembly webkit webkitStorageInfo window windowRoot";
/// Members that lead from a value to code.
const CODE: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// What a page is told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RemoteConfig {
    /// Which version of the rules it is; 0 if there were never any.
    pub version: u32,
    /// The rules, those of one id in the order in which they are tried.
    pub identity: Vec<IdentityRule>,
    /// What is not captured. Until a page is told, it is [`Kind::OFF_AT_FIRST`].
    #[serde(default)]
    pub off: Vec<Kind>,
}

/// What can be switched off: all that is captured by itself. The rest is said by the page.
pub fn can_be_off(kind: Kind) -> bool {
    !matches!(kind, Kind::Identify | Kind::Group | Kind::Custom)
}

/// One place where an id may stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityRule {
    /// Whose id it is.
    pub of: Whose,
    /// What kind of place.
    pub from: Source,
    /// The name of the meta tag, the path of the global variable such as `app.user.id`, or the
    /// key in `localStorage`.
    pub name: String,
    /// Where in the JSON text under that key; empty if the text itself is the id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
}

/// Whose id a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The person's.
    User,
    /// The company's.
    Account,
}

/// The kinds of places, by the words that the script line pins them with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `<meta name="…" content="…">`.
    Meta,
    /// A global variable, or a member of one.
    Global,
    /// `localStorage`; read only where the script line allows it.
    Storage,
}

impl Source {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Meta, Self::Global, Self::Storage];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Global => "global",
            Self::Storage => "storage",
        }
    }
}

impl Whose {
    /// Both, the person first.
    pub const ALL: [Self; 2] = [Self::User, Self::Account];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Account => "account",
        }
    }
}

/// Why a rule is none: a sentence for the one who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRule(pub String);

impl std::fmt::Display for InvalidRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidRule {}

/// Whether these are rules that a page may be told.
///
/// # Errors
/// With a sentence about the first that is not, or about how many there are.
pub fn check(rules: &[IdentityRule]) -> Result<(), InvalidRule> {
    for whose in Whose::ALL {
        if rules.iter().filter(|rule| rule.of == whose).count() > RULES {
            let word = whose.as_str();
            return Err(InvalidRule(format!("there are at most {RULES} rules for the {word} id")));
        }
    }
    rules.iter().try_for_each(IdentityRule::check)
}

impl IdentityRule {
    /// Whether it names a place, and one that may be read.
    ///
    /// # Errors
    /// With a sentence if it does not.
    pub fn check(&self) -> Result<(), InvalidRule> {
        let name = &self.name;
        if name.is_empty() || name.chars().count() > NAME_CHARS {
            return fault(format!("a rule names its place in 1 to {NAME_CHARS} characters"));
        }
        if self.from != Source::Storage && !self.path.is_empty() {
            return fault("only a rule for `localStorage` has a path of its own".to_owned());
        }
        match self.from {
            Source::Meta => check_meta(name),
            Source::Global => check_global(name),
            Source::Storage => check_storage(name, &self.path),
        }
    }
}

fn fault(sentence: String) -> Result<(), InvalidRule> {
    Err(InvalidRule(sentence))
}

fn check_meta(name: &str) -> Result<(), InvalidRule> {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c)) {
        return Ok(());
    }
    fault(format!("`{name}` is no name of a meta tag: letters, digits and `- _ . :` are"))
}

fn check_global(path: &str) -> Result<(), InvalidRule> {
    check_path(path)?;
    let first = path.split('.').next().unwrap_or_default();
    if BROWSER.split(' ').any(|own| own == first) {
        return fault(format!("`{first}` is the browser's own, and not of your application"));
    }
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        return fault(format!("`{path}` must begin with the name of a global variable"));
    }
    Ok(())
}

fn check_storage(key: &str, path: &str) -> Result<(), InvalidRule> {
    if key.chars().any(char::is_control) || key.starts_with("sillage:") {
        return fault(format!("`{key}` is no key that a rule may read"));
    }
    if path.is_empty() { Ok(()) } else { check_path(path) }
}

/// Plain members, one behind the other: no brackets, no calls, no code.
fn check_path(path: &str) -> Result<(), InvalidRule> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    if path.chars().count() > NAME_CHARS || path.split('.').count() > MEMBERS {
        return fault(format!("a path has at most {MEMBERS} members and {NAME_CHARS} characters"));
    }
    for member in path.split('.') {
        if member.is_empty() || !member.chars().all(is_name) {
            return fault(format!(
                "`{path}` is no path: names with dots between them are, as in `app.user.id`"
            ));
        }
        if CODE.contains(&member) {
            return fault(format!(
                "`{member}` leads to code, and is no member that a rule may read"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(from: Source, name: &str, path: &str) -> IdentityRule {
        IdentityRule { of: Whose::User, from, name: name.to_owned(), path: path.to_owned() }
    }

    #[test]
    fn plain_places_are_taken() {
        for (from, name, path) in [
            (Source::Meta, "user-id", ""),
            (Source::Meta, "app:user.id_1", ""),
            (Source::Global, "userId", ""),
            (Source::Global, "names.name", ""),
            (Source::Global, "onboarding.user", ""),
            (Source::Global, "tidemark.user.id", ""),
            (Source::Global, "$app._state.users.0.id", ""),
            (Source::Storage, "tidemark.session", "user.id"),
            (Source::Storage, "persist:root / é", ""),
        ] {
            assert_eq!(rule(from, name, path).check(), Ok(()), "{name}");
        }
    }

    #[test]
    fn code_and_the_browser_itself_are_refused() {
        let long = "a".repeat(NAME_CHARS + 1);
        let deep = ["a"; MEMBERS + 1].join(".");
        for (from, name, path) in [
            (Source::Meta, "", ""),
            (Source::Meta, "a\"], script, [b", ""),
            (Source::Meta, "user-id", "id"),
            (Source::Global, "user()", ""),
            (Source::Global, "user[0]", ""),
            (Source::Global, "a..b", ""),
            (Source::Global, ".a", ""),
            (Source::Global, "a.constructor.name", ""),
            (Source::Global, "document.cookie", ""),
            (Source::Global, "localStorage.token", ""),
            (Source::Global, "0.document", ""),
            (Source::Global, "name", ""),
            (Source::Global, "status.id", ""),
            (Source::Global, "clientInformation.language", ""),
            (Source::Global, "windowRoot", ""),
            (Source::Global, "applicationCache", ""),
            (Source::Global, &long, ""),
            (Source::Global, &deep, ""),
            (Source::Storage, "session", "user.__proto__"),
            (Source::Storage, "session", "eval(1)"),
            (Source::Storage, "sillage:wk_1:visitor", ""),
            (Source::Storage, "a\nb", ""),
        ] {
            assert!(rule(from, name, path).check().is_err(), "{from:?} {name} {path}");
        }
    }

    #[test]
    fn there_are_only_so_many_for_one_id() {
        let rules = vec![rule(Source::Meta, "user-id", ""); RULES];
        assert_eq!(check(&rules), Ok(()));
        let more = [rules, vec![rule(Source::Meta, "user-id", "")]].concat();
        insta::assert_snapshot!(check(&more).unwrap_err(), @"there are at most 5 rules for the user id");
    }
}

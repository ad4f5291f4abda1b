//! Which classes say what an element is, and not how it looks or what state it is in.

use crate::generated::is_random;

/// Words that say a state, alone or as the last word of a class (`nav-link-active`, `Mui-selected`).
const STATES: [&str; 60] = [
    "active",
    "inactive",
    "hover",
    "hovered",
    "hovering",
    "open",
    "opened",
    "opening",
    "closed",
    "closing",
    "close",
    "expanded",
    "collapsed",
    "collapsing",
    "selected",
    "unselected",
    "checked",
    "unchecked",
    "indeterminate",
    "focus",
    "focused",
    "focusvisible",
    "visible",
    "within",
    "disabled",
    "enabled",
    "readonly",
    "loading",
    "loaded",
    "pending",
    "busy",
    "visited",
    "pressed",
    "current",
    "highlighted",
    "highlight",
    "hidden",
    "show",
    "shown",
    "showing",
    "hide",
    "in",
    "on",
    "off",
    "fade",
    "dragging",
    "dragged",
    "sticky",
    "stuck",
    "dirty",
    "pristine",
    "touched",
    "untouched",
    "valid",
    "invalid",
    "filled",
    "empty",
    "entering",
    "leaving",
    "exact",
];

/// First words that say a state, or are a framework's own (`is-open`, `has-error`, `ng-dirty`).
const STATE_PREFIXES: [&str; 7] = ["is", "has", "was", "ng", "aria", "data", "theme"];

/// First words of classes that build tools make up (`css-1x2y`, `sc-bdVaJa`).
const GENERATED_PREFIXES: [&str; 8] =
    ["css", "sc", "jss", "jsx", "emotion", "svelte", "astro", "tss"];

/// First words of classes that say how something looks; frameworks switch them with the state.
const LOOKS: [&str; 24] = [
    "text",
    "bg",
    "border",
    "ring",
    "shadow",
    "opacity",
    "font",
    "fill",
    "stroke",
    "outline",
    "accent",
    "caret",
    "decoration",
    "divide",
    "cursor",
    "pointer",
    "rounded",
    "leading",
    "tracking",
    "animate",
    "transition",
    "duration",
    "ease",
    "dark",
];

/// The class in its stable form: without the suffix of a CSS module, if it is a word of at least
/// three letters that tells neither a state nor a look and that a person chose.
pub(super) fn stable(class: &str) -> Option<String> {
    let class = without_suffix(super::text::attribute(class));
    let is_word = class.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_'))
        && class.chars().filter(|c| c.is_alphabetic()).count() >= 3;
    let parts: Vec<_> = class.split(['-', '_']).filter(|part| !part.is_empty()).collect();
    let (first, last) = (lower(parts.first()?), lower(parts.last()?));
    let is_stable = is_word
        && !STATES.contains(&last.as_str())
        && !STATE_PREFIXES.contains(&first.as_str())
        && !is_camel_state(class)
        && !GENERATED_PREFIXES.contains(&first.as_str())
        && !LOOKS.contains(&first.as_str())
        && !parts.iter().any(|part| is_random(part));
    is_stable.then(|| class.to_owned())
}

fn lower(part: &&str) -> String {
    part.to_lowercase()
}

/// Whether the class begins with `is` or `has` and a capital: `isActive`, `hasError`.
fn is_camel_state(class: &str) -> bool {
    ["is", "has"].iter().any(|prefix| {
        class
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase() || c == '_'))
    })
}

/// The class without what a build tool hung on it: `Button_primary__1a2B3`, `_button_1x2yz_12`,
/// `styles_button___2xVbG`, `Card__Title-sc-1a2b3c-0`.
fn without_suffix(class: &str) -> &str {
    let styled = class.find("-sc-").filter(|at| *at > 0);
    let class = styled.map_or(class, |at| &class[..at]);
    // A number alone may be counted up from one render to the next, so it is no reason to cut.
    let (before, last) = class.rsplit_once('_').unwrap_or(("", class));
    let is_line = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    let hashed = if is_line { before } else { class };
    let kept = match hashed.rsplit_once(['-', '_']) {
        Some((name, hash)) if is_suffix(hash) => name,
        _ => class,
    };
    kept.trim_matches('_')
}

/// Whether the last part of a class is a hash: five characters or more, some of them digits, or
/// letters that no word has in that order.
fn is_suffix(part: &str) -> bool {
    let is_mixed =
        part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    (part.len() >= 5 && is_mixed) || is_random(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay() {
        for class in ["btn", "btn-primary", "nav__item", "navBarItem", "MuiButton-root", "größe"]
        {
            assert_eq!(stable(class).as_deref(), Some(class));
        }
    }

    #[test]
    fn suffixes_of_modules_go() {
        for (class, expected) in [
            ("Button_primary__1a2B3", "Button_primary"),
            ("_button_1x2yz_12", "button"),
            ("styles_button___2xVbG", "styles_button"),
            ("Card__Title-sc-1a2b3c-0", "Card__Title"),
        ] {
            assert_eq!(stable(class).as_deref(), Some(expected), "{class}");
        }
    }

    #[test]
    fn states_looks_and_hashes_go() {
        for class in [
            "active",
            "Mui-selected",
            "nav-link-active",
            "btn--disabled",
            "is-open",
            "isOpen",
            "has-error",
            "ng-touched",
            "focus:ring-2",
            "group-hover:underline",
            "px-4",
            "w-1/2",
            "text-white",
            "css-1x2y",
            "sc-bdVaJa",
            "jss514",
            "makeStyles-root-231",
            "svelte-1tky8bj",
            "hYtGbNq",
            "p",
            "",
            "--",
        ] {
            assert_eq!(stable(class), None, "{class}");
        }
    }
}

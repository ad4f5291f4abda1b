//! What the style sheets keep to: all of them come to each page as one.

use std::collections::BTreeMap;

const FOLDER: &str = "collector/static/styles/";

/// The classes that style sheets set alone, with the first file that does.
#[derive(Debug, Default)]
pub(super) struct Classes(BTreeMap<String, String>);

impl Classes {
    /// Returns what is wrong with a style sheet beside those before it: a class that another one
    /// sets, too, so that the later changes what the earlier is about. Below a class of its own
    /// (`.members .keys`) each may.
    pub(super) fn check(&mut self, path: &str, text: &str) -> Vec<String> {
        if !path.starts_with(FOLDER) {
            return Vec::new();
        }
        let mut faults = Vec::new();
        for class in text.lines().filter_map(alone) {
            let first = self.0.entry(class.to_owned()).or_insert_with(|| path.to_owned());
            if first != path {
                faults.push(format!("{path}: `{class}` is styled in `{first}`, too"));
            }
        }
        faults
    }
}

/// The class that a line begins a rule for, if it names nothing else.
fn alone(line: &str) -> Option<&str> {
    let selector = line.strip_suffix([',', '{'])?.trim_end();
    let name = selector.strip_prefix('.')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.chars().all(is_name).then_some(selector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_styled_alone_in_one_file() {
        let mut classes = Classes::default();
        let mut check = |name: &str, text| classes.check(&format!("{FOLDER}{name}"), text);
        assert!(check("a.css", ".pick {\n}\n.pick,\n.row {\n}\n").is_empty());
        assert!(check("b.css", ".of-b .pick {\n}\n.pick:hover {\n}\n").is_empty());
        let told = check("c.css", ".row,\n.other {\n}\n");
        assert_eq!(
            told,
            [
                "collector/static/styles/c.css: `.row` is styled in `collector/static/styles/a.css`, too"
            ]
        );
        assert!(Classes::default().check("elsewhere.css", ".pick {").is_empty());
    }
}

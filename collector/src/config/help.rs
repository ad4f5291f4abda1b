//! Every setting, as `sillage serve --help` shows it: a whole file, with what holds if it is not
//! there.
//!
//! Names, words and values are those of the tables themselves, and which flag and variable stand
//! for a setting is asked of the command line; so nothing can be set that is not shown.

use super::{Flags, ingest, server, spool, store};
use crate::dashboard::format::{size, span};
use clap::{Args, Command};
use documented::DocumentedFields;
use serde::Serialize;
use serde_json::Value;

/// The columns of a line.
const WIDTH: usize = 100;

/// All that the configuration file can hold, as one that says what holds without it.
pub fn settings() -> String {
    let flags = Flags::augment_args(Command::new("serve"));
    let tables = [
        table::<server::Server>("server", &flags),
        table::<ingest::Ingest>("ingest", &flags),
        table::<spool::Spool>("spool", &flags),
        table::<store::Store>("store", &flags),
    ];
    format!(
        "The configuration file (TOML), with what holds if nothing is set. A variable of the \
         environment wins over\nit, and a flag over both.\n\n{}",
        tables.join("\n")
    )
}

fn table<T: DocumentedFields + Default + Serialize>(name: &str, flags: &Command) -> String {
    let defaults = serde_json::to_value(T::default()).unwrap_or_default();
    let fields = T::FIELD_NAMES.iter().zip(T::FIELD_DOCS);
    // What the file must not hold is not among the defaults.
    let fields = fields.filter_map(|(field, doc)| Some((*field, *doc, defaults.get(*field)?)));
    let fields = fields.map(|(field, doc, default)| setting(field, doc, default, flags));
    format!("[{name}]\n{}", fields.collect::<String>())
}

fn setting(field: &str, doc: &str, default: &Value, flags: &Command) -> String {
    let mut words = doc.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words.extend(other_ways(field, flags));
    let line = match default {
        Value::Null => format!("# {field} = (not set)"),
        value => format!("{field} = {value}{}", in_words(field, value)),
    };
    format!("{}{line}\n", comment(&words))
}

/// The flag and the variable that stand for a setting.
fn other_ways(field: &str, flags: &Command) -> Option<String> {
    let flag = flags.get_arguments().find(|flag| flag.get_id() == field)?;
    let variable = flag.get_env()?.to_string_lossy();
    Some(format!("[--{}, {variable}]", flag.get_long()?))
}

/// A large number in a unit that people think in.
fn in_words(field: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(n) if field.ends_with("_bytes") => format!(" # {}", size(n)),
        Some(n) if field.ends_with("_s") => format!(" # {}", span(n)),
        _ => String::new(),
    }
}

/// The words as lines of a comment.
fn comment(words: &[String]) -> String {
    let (mut text, mut line) = (String::new(), "#".to_owned());
    for word in words {
        if line.len() + 1 + word.len() > WIDTH {
            text += &line;
            text += "\n";
            "#".clone_into(&mut line);
        }
        line += " ";
        line += word;
    }
    text + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn what_is_shown_is_a_file_that_changes_nothing() {
        let text = settings();
        let (_, file) = text.split_once("\n\n").unwrap();
        assert_eq!(toml::from_str::<Config>(file).unwrap(), Config::default());
        // Also what is not set can be set by the name that is shown.
        let set = file.replace("# public_url = (not set)", "public_url = \"http://a\"");
        let set: Config = toml::from_str(&set).unwrap();
        assert_eq!(set.server.public_url.as_deref(), Some("http://a"));
    }

    #[test]
    fn every_flag_stands_for_a_setting_that_is_shown() {
        let text = settings();
        let flags = Flags::augment_args(Command::new("serve"));
        for flag in flags.get_arguments() {
            let shown = format!("[--{}, ", flag.get_long().unwrap());
            // The file cannot name itself, and no key stands in it.
            let is_of_none = matches!(flag.get_id().as_str(), "config" | "private_key");
            assert_eq!(text.matches(&shown).count(), usize::from(!is_of_none), "{shown}");
        }
        assert!(!text.contains("\nprivate_key") && !text.contains("# private_key"));
    }

    #[test]
    fn a_setting_is_shown_with_its_words_its_default_and_other_ways_to_set_it() {
        let text = settings();
        let part = |from: &str, to: &str| {
            let start = text.find(from).unwrap();
            text[start..start + text[start..].find(to).unwrap()].to_owned()
        };
        insta::assert_snapshot!(part("[spool]", "# A segment"), @"
[spool]
# Bytes of one segment file; it goes when ClickHouse has all of it.
segment_bytes = 67108864 # 64 MiB
# Bytes of all of them on the disk; beyond, browsers are asked to come again later. What is handed
# back from the dead letters may take 64 MiB more.
max_bytes = 8589934592 # 8 GiB
");
        insta::assert_snapshot!(part("[server]", "# The project"), @r#"
[server]
# The folder that everything is kept in; one collector at a time. [--data, SILLAGE_DATA]
data = "sillage-data"
# The address to listen on: this machine only, unless set. [--listen, SILLAGE_LISTEN]
listen = "127.0.0.1:8080"
# The address that browsers use, where a proxy stands in front. [--public-url, SILLAGE_PUBLIC_URL]
# public_url = (not set)
"#);
    }
}

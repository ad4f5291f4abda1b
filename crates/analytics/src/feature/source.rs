//! Where the uses of features are read from: their own table, once all of them are in it, and the
//! events by the ids of elements until then. The only place that chooses.

use super::Meant;
use store::Statement;
use store::derived::{is_of_version, is_use_or_view};
use store::schema::{
    Databases, events as e, feature_elements as m, feature_events as f, feature_pages as p,
};

/// Where the uses of some features are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The table of uses.
    Uses,
    /// The events, by the ids of elements and pages.
    Events,
}

impl Source {
    /// The one for a feature.
    pub fn of(meant: &Meant) -> Self {
        if meant.is_filled { Self::Uses } else { Self::Events }
    }

    /// The table.
    pub fn table(self, databases: &Databases) -> String {
        match self {
            Self::Uses => databases.feature_events(),
            Self::Events => databases.events(),
        }
    }

    /// The word for it in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uses => f::TABLE,
            Self::Events => e::TABLE,
        }
    }
}

/// The condition that a row of this source is a use of the feature, whose parameters end with `n`.
pub fn is_use_of(source: Source, meant: &Meant, n: usize, databases: &Databases) -> String {
    match source {
        Source::Uses => format!(
            "{} = {{feature_{n}:String}} AND {} = {{version_{n}:UInt32}}",
            f::FEATURE,
            f::VERSION
        ),
        Source::Events => {
            let alternatives = 0..meant.feature.any_of.len();
            let alternatives = alternatives.map(|k| is_alternative(meant, n, k, databases));
            let alternatives = alternatives.collect::<Vec<_>>().join(" OR ");
            format!("{} AND ({alternatives})", is_use_or_view(e::KIND, e::ELEMENT_ID))
        }
    }
}

/// The condition that a row of the table of uses is one of any of these features, by the numbers
/// that their parameters end with.
///
/// Both look-ups are made once for each id that a block of rows has,
/// and not for each row, and the sort key is used by the first.
pub fn is_use_of_any(numbers: impl IntoIterator<Item = usize>) -> String {
    let (ids, versions): (Vec<_>, Vec<_>) = numbers
        .into_iter()
        .map(|n| (format!("{{feature_{n}:String}}"), format!("{{version_{n}:UInt32}}")))
        .unzip();
    let (ids, versions) = (ids.join(", "), versions.join(", "));
    format!(
        "{feature} IN ({ids}) AND {version} = transform({feature}, [{ids}], [{versions}], toUInt32(0))",
        feature = f::FEATURE,
        version = f::VERSION,
    )
}

/// Rows that are uses of some features of one source.
#[derive(Debug)]
pub struct Used {
    /// Where they are.
    pub table: String,
    /// The id of the feature that a row is a use of; a row that is one of several is several.
    pub feature: String,
    /// The condition that a row may be one.
    pub condition: String,
}

/// The uses of some features, by the numbers of their places in the list.
pub fn used(source: Source, features: &[&Meant], databases: &Databases) -> Used {
    match source {
        Source::Uses => Used {
            table: databases.feature_events(),
            feature: format!("toString({})", f::FEATURE),
            condition: is_use_of_any(0..features.len()),
        },
        Source::Events => {
            let each = features.iter().enumerate().map(|(n, meant)| {
                let is_use = is_use_of(source, meant, n, databases);
                format!("if({is_use}, {{feature_{n}:String}}, '')")
            });
            let each = each.collect::<Vec<_>>().join(",\n  ");
            Used {
                table: databases.events(),
                feature: format!("arrayJoin(arrayFilter(id -> id != '', [{each}]))"),
                condition: is_use_or_view(e::KIND, e::ELEMENT_ID),
            }
        }
    }
}

/// The condition that an event is one that alternative `k` means.
fn is_alternative(meant: &Meant, n: usize, k: usize, databases: &Databases) -> String {
    let alternative = &meant.feature.any_of[k];
    let ids = |column: &str,
               (id, table): (&str, String),
               [project, feature, version, place]: [&str; 4]| {
        format!(
            "{column} IN (SELECT {id} FROM {table} WHERE {project} = {{project:String}} \
             AND {feature} = {{feature_{n}:String}} AND {version} = {{version_{n}:UInt32}} AND {place} = {k})"
        )
    };
    let elements = (m::ELEMENT_ID, databases.feature_elements());
    let of_rule = [m::PROJECT, m::FEATURE, m::VERSION, m::ALTERNATIVE];
    let mut all = vec![ids(e::ELEMENT_ID, elements, of_rule)];
    if alternative.rule.get("page").is_some_and(|page| !page.is_null()) {
        let pages = (p::PAGE_ID, databases.feature_pages());
        all.push(ids(e::PAGE_ID, pages, [p::PROJECT, p::FEATURE, p::VERSION, p::ALTERNATIVE]));
    }
    let moment = |name: &str| format!("fromUnixTimestamp64Milli({{{name}_{n}_{k}:Int64}})");
    if alternative.valid_from.is_some() {
        all.push(format!("{} >= {}", e::TIMESTAMP, moment("from")));
    }
    if alternative.valid_to.is_some() {
        all.push(format!("{} < {}", e::TIMESTAMP, moment("to")));
    }
    if alternative.app_version.is_some() {
        all.push(is_of_version(e::APP_VERSION, &format!("{{app_{n}_{k}:String}}")));
    }
    format!("({})", all.join(" AND "))
}

/// Gives the parameters of [`is_use_of`] their values.
pub fn bind(mut statement: Statement, source: Source, meant: &Meant, n: usize) -> Statement {
    statement = statement
        .bind(format!("feature_{n}"), meant.feature.id.as_str())
        .bind(format!("version_{n}"), meant.version);
    if source == Source::Uses {
        return statement;
    }
    for (k, alternative) in meant.feature.any_of.iter().enumerate() {
        if let Some(from) = alternative.valid_from {
            statement = statement.bind(format!("from_{n}_{k}"), from);
        }
        if let Some(to) = alternative.valid_to {
            statement = statement.bind(format!("to_{n}_{k}"), to);
        }
        if let Some(version) = &alternative.app_version {
            statement = statement.bind(format!("app_{n}_{k}"), version.as_str());
        }
    }
    statement
}

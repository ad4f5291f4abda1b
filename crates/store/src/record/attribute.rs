//! The attributes that the product knows, and how their values are written.
//!
//! Everything else that is said of an account is text.

/// How the value of an attribute is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything in one line.
    Text,
    /// A number that is not negative, such as `48000.5`.
    Number,
    /// A day, such as `2027-06-21`.
    Date,
    /// Several names, as [`list`] reads them: `Collection, Analysis`.
    List,
}

/// What it bought.
pub const PLAN: &str = "plan";
/// Which of the vendor's classes of customers it is in: its peers are those of the same.
pub const TIER: &str = "tier";
/// How many people may use it.
pub const SEATS: &str = "seats";
/// Where it is, as far as holidays go.
pub const REGION: &str = "region";
/// Who looks after it.
pub const OWNER: &str = "owner";
/// The day on which the contract ends or goes on.
pub const RENEWAL_DATE: &str = "renewal_date";
/// What the contract is worth a year, in the vendor's own currency.
pub const CONTRACT_VALUE: &str = "contract_value";
/// The modules that it may use.
pub const MODULES: &str = "modules";

/// The attributes that are known, in the order in which they are shown.
pub const KNOWN: [(&str, Kind); 8] = [
    (PLAN, Kind::Text),
    (TIER, Kind::Text),
    (SEATS, Kind::Number),
    (REGION, Kind::Text),
    (OWNER, Kind::Text),
    (RENEWAL_DATE, Kind::Date),
    (CONTRACT_VALUE, Kind::Number),
    (MODULES, Kind::List),
];

/// How the value of an attribute is written.
pub fn kind(name: &str) -> Kind {
    KNOWN.iter().find(|(known, _)| *known == name).map_or(Kind::Text, |(_, kind)| *kind)
}

/// The names in the value of a list, each once and in their order: between commas, or in a JSON
/// array as pages tell lists.
///
/// ```
/// assert_eq!(store::record::attribute::list("Collection, Analysis"), ["Collection", "Analysis"]);
/// assert_eq!(store::record::attribute::list(r#"["Collection"]"#), ["Collection"]);
/// ```
pub fn list(value: &str) -> Vec<String> {
    let told = serde_json::from_str::<Vec<String>>(value).ok();
    let names = told.unwrap_or_else(|| value.split([',', ';']).map(str::to_owned).collect());
    let mut once: Vec<String> = Vec::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        if !once.iter().any(|known| known == name) {
            once.push(name.to_owned());
        }
    }
    once
}

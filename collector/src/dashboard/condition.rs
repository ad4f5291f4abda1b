//! Properties and conditions: in words, and as a form changes them.

use super::range::Choice;
use super::report::form::Fields;
use analytics::{Filter, Funnel, InvalidQuery, MAX_FILTERS, Property, Step, Test};
use form_urlencoded::{Serializer, parse};

/// The fields that say conditions: each stands behind that of its step.
pub(super) const FIELDS: [&str; 4] = ["where", "is", "contains", "set"];

/// The conditions of a step, as its form shows them.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// Which step of the question it is, from 0.
    pub(super) at: usize,
    /// Each in words.
    pub(super) words: Vec<String>,
    /// The same as hidden fields, which stand behind the field of their step.
    pub(super) hidden: Vec<(String, String)>,
}

impl Conditions {
    /// Those of a step.
    pub(super) fn of(at: usize, step: &Step) -> Self {
        let query = Funnel { steps: vec![step.clone()], ..Funnel::default() }.to_query_string();
        let pairs = parse(query.as_bytes()).filter(|(key, _)| FIELDS.contains(&key.as_ref()));
        let hidden = pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
        Self { at, words: step.filters.iter().map(words).collect(), hidden }
    }
}

/// Changes the conditions of a step as a button says: `filter-1` adds the one that the fields of
/// step 1 say, from 0, and `unfilter-1-0` takes its first one away. What makes no sense, such as a
/// button of a page that was open for long, or is more than a step may have, changes nothing.
///
/// # Errors
/// When the fields say no condition.
pub(super) fn change<'a>(
    fields: Fields<'_>,
    step: impl FnOnce(usize) -> Option<&'a mut Step>,
) -> Result<(), InvalidQuery> {
    let action = fields.get("do").unwrap_or_default();
    let Some((verb, at)) = action.split_once('-') else { return Ok(()) };
    let (at, condition) = at.split_once('-').unwrap_or((at, ""));
    let Ok(at) = at.parse::<usize>() else { return Ok(()) };
    match verb {
        "filter" => {
            let more = written(fields, &at.to_string())?;
            if let Some(step) = step(at).filter(|s| s.filters.len() + more.len() <= MAX_FILTERS) {
                step.filters.extend(more);
            }
        }
        "unfilter" => {
            let condition = condition.parse::<usize>().ok();
            let step = step(at);
            if let Some((step, n)) = step.zip(condition).filter(|(s, n)| *n < s.filters.len()) {
                step.filters.remove(n);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The condition that the fields of a step say, or of whatever `at` means; several values are parted
/// by commas.
pub(super) fn written(fields: Fields<'_>, at: &str) -> Result<Vec<Filter>, InvalidQuery> {
    let field = |name: &str| fields.get(&format!("{name}-{at}")).unwrap_or_default();
    let (property, test, text) = (field("property"), field("test"), field("value"));
    let mut query = Serializer::new(String::new());
    query.append_pair("step", "page:/").append_pair("where", &property);
    match test.as_str() {
        "is" => {
            query.extend_pairs(text.split(',').map(|value| ("is", value.trim())));
        }
        "contains" => {
            query.append_pair("contains", &text);
        }
        _ => {
            query.append_pair("set", "yes");
        }
    }
    let read = Funnel::from_query_string(&query.finish())?.steps.pop();
    Ok(read.map(|step| step.filters).unwrap_or_default())
}

/// By what an answer may be broken down, nothing first.
pub(super) fn breakdowns(properties: &[Property], on: Option<&Property>) -> Vec<Choice> {
    let nothing =
        Choice { value: String::new(), label: "No breakdown".to_owned(), is_on: on.is_none() };
    let by = choices(properties, on).into_iter();
    let by = by.map(|choice| Choice { label: format!("By {}", lower(&choice.label)), ..choice });
    std::iter::once(nothing).chain(by).collect()
}

/// What a value is called, where some are told apart.
pub(super) fn value(value: &str, is_others: bool) -> String {
    match (is_others, value) {
        (true, _) => "Other".to_owned(),
        (false, "") => "(none)".to_owned(),
        (false, value) => value.to_owned(),
    }
}

/// The text with a small letter in front.
pub(super) fn lower(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_lowercase).collect();
    first + chars.as_str()
}

/// What a property is called: `Country`, `Plan of the account`.
pub(super) fn name(property: &Property) -> String {
    let plain = match property {
        Property::Country => "Country",
        Property::Device => "Device",
        Property::Browser => "Browser",
        Property::Os => "Operating system",
        Property::Language => "Language",
        Property::AppVersion => "Version of the app",
        Property::Referrer => "Referrer",
        Property::CampaignSource => "Campaign source",
        Property::CampaignMedium => "Campaign medium",
        Property::CampaignName => "Campaign",
        Property::Page => "Page",
        Property::Account => "Account",
        Property::Event(name) => return format!("{name} of the event"),
        // What the writer derives of ids.
        Property::User(name) if name == store::derived::ID_DOMAIN => "Domain of the person’s id",
        Property::User(name) if name == store::derived::EMAIL_DOMAIN => {
            "Domain of the person’s e-mail"
        }
        Property::User(name) => return format!("{name} of the person"),
        Property::OfAccount(name) => return format!("{name} of the account"),
    };
    plain.to_owned()
}

/// A condition in words: `Country is CH or DE`.
pub(super) fn words(filter: &Filter) -> String {
    let name = name(&filter.property);
    match &filter.test {
        Test::Is(values) => format!("{name} is {}", values.join(" or ")),
        Test::Contains(text) => format!("{name} contains “{text}”"),
        Test::IsSet => format!("{name} is known"),
    }
}

/// The properties to choose from, with the one that is on even if it is another.
pub(super) fn choices(properties: &[Property], on: Option<&Property>) -> Vec<Choice> {
    let other = on.filter(|on| !properties.contains(on));
    let choice = |property: &Property| Choice {
        value: property.to_string(),
        label: name(property),
        is_on: on == Some(property),
    };
    properties.iter().chain(other).map(choice).collect()
}

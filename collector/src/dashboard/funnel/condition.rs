//! Properties and conditions in words.

use crate::dashboard::range::Choice;
use analytics::{Filter, Property, Test};

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

//! By which column features are ranked.

use analytics::FeatureAdoption;

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Column {
    Name,
    People,
    Accounts,
    Change,
    #[default]
    Back,
    Stay,
}

/// The columns, in their order, with their words of an address.
pub(super) const COLUMNS: [(Column, &str); 6] = [
    (Column::Name, "name"),
    (Column::People, "people"),
    (Column::Accounts, "accounts"),
    (Column::Change, "trend"),
    (Column::Back, "back"),
    (Column::Stay, "stay"),
];

/// The order of the features: by a column, the best first unless it is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Order {
    pub(super) by: Column,
    pub(super) is_turned: bool,
}

/// How much a number of a feature says: of few people nothing is ranked by, and nothing is known
/// of nobody.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Enough,
    Few,
    Unknown,
}

impl Order {
    /// The order of these words; the usual one where they are none.
    pub(super) fn read(by: &str, turned: &str) -> Self {
        let column = COLUMNS.iter().find(|(_, word)| *word == by);
        Self { by: column.map_or(Column::default(), |it| it.0), is_turned: turned == "turned" }
    }

    pub(super) fn word(self) -> &'static str {
        COLUMNS.iter().find(|(column, _)| *column == self.by).map_or("", |it| it.1)
    }

    /// The order that a click on a column leads to.
    pub(super) fn clicked(self, by: Column) -> Self {
        Self { by, is_turned: self.by == by && !self.is_turned }
    }

    /// Whether greater values come first.
    pub(super) fn is_falling(self) -> bool {
        (self.by == Column::Name) == self.is_turned
    }

    /// Sorts features. Those of few people come after the others, whichever way it is turned, and
    /// those of whom nothing is known last.
    pub(super) fn sort(self, features: &mut [&FeatureAdoption]) {
        features.sort_by(|a, b| {
            let ((worth, value), (other_worth, other)) = (self.value(a), self.value(b));
            let by_value = match self.by {
                Column::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
                _ => other.total_cmp(&value),
            };
            let by_value = if self.is_turned { by_value.reverse() } else { by_value };
            let by_name = || a.name.cmp(&b.name);
            worth.cmp(&other_worth).then(by_value).then_with(by_name)
        });
    }

    fn value(self, feature: &FeatureAdoption) -> (Worth, f64) {
        let (value, is_of_few) = match self.by {
            Column::Name => (Some(0.0), false),
            Column::People => (Some(feature.share_of_people), false),
            Column::Accounts => (Some(feature.share_of_accounts), false),
            Column::Change => (feature.compared.change(), feature.compared.is_of_few()),
            Column::Back => (feature.retention.rate, feature.retention.is_of_few()),
            Column::Stay => (feature.staying.difference(), feature.staying.is_of_few()),
        };
        match value {
            None => (Worth::Unknown, 0.0),
            Some(value) if is_of_few => (Worth::Few, value),
            Some(value) => (Worth::Enough, value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::Staying;
    use analytics::report::adoption::{Compared, Returned, Stayed};

    fn feature(name: &str, people: u64, of: u64, came: u64) -> FeatureAdoption {
        let nobody = Stayed { people: 0, of: 0, came: 0, rate: None };
        let rate = (of > 0).then(|| came as f64 / of as f64);
        FeatureAdoption {
            feature: String::new(),
            name: name.to_owned(),
            uses: people,
            people,
            share_of_people: people as f64 / 1_000.0,
            accounts: 0,
            share_of_accounts: 0.0,
            trend: Vec::new(),
            compared: Compared { now: people, before: None, halves: None },
            retention: Returned { people: of, of, came, rate },
            staying: Staying { with: nobody, without: nobody },
        }
    }

    fn sorted(by: &str, turned: &str) -> String {
        let features = [
            feature("new", 3, 0, 0),
            feature("few", 5, 5, 5),
            feature("best", 200, 100, 20),
            feature("Most", 900, 800, 40),
        ];
        let mut shown: Vec<_> = features.iter().collect();
        Order::read(by, turned).sort(&mut shown);
        shown.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_few_people_did_is_never_on_top() {
        assert_eq!(sorted("back", ""), "best Most few new");
        assert_eq!(sorted("back", "turned"), "Most best few new");
        assert_eq!(sorted("people", ""), "Most best few new");
        assert_eq!(sorted("name", ""), "best few Most new");
        assert_eq!(sorted("name", "turned"), "new Most few best");
        assert_eq!(sorted("nothing", ""), sorted("back", ""));
    }

    #[test]
    fn a_second_click_turns_the_order() {
        let order = Order::read("people", "").clicked(Column::People);
        assert!(order.is_turned && !order.is_falling());
        assert_eq!(order.clicked(Column::Stay), Order { by: Column::Stay, is_turned: false });
        assert!(!Order::read("name", "").is_falling());
    }
}

//! The companies that use Tidemark: 64 of them, nine with a story.

use crate::calendar::{Calendar, Day, Region};
use crate::story::Story;

/// How large a company is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// A key account.
    Large,
    /// In between.
    Middle,
    /// A small business.
    Small,
}

/// What a company pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    /// To begin with.
    Starter,
    /// For departments.
    Team,
}

/// A company.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name.
    pub name: &'static str,
    /// How large it is.
    pub tier: Tier,
    /// What it pays for.
    pub plan: Plan,
    /// How many people may sign in.
    pub seats: u32,
    /// Where it is.
    pub region: Region,
    /// Who at Tidemark looks after it.
    pub owner: &'static str,
    /// When its contract ends.
    pub renewal: Day,
    /// What it is known for.
    pub story: Option<Story>,
    /// From when on its pages say which company it is; from the beginning if `None`.
    pub known_from: Option<Day>,
    /// How many there are from the beginning, and how many come later.
    pub staffing: (u32, u32),
}

const LARGE: [&str; 8] = [
    "Kestrel Airways",
    "Lumen Energy",
    "Meridian Insurance",
    "Northwind Telecom",
    "Orchard Health",
    "Pinnacle Motors",
    "Quarry Steel",
    "Rivermark Bank",
];

const MIDDLE: [&str; 14] = [
    "Saffron Hotels",
    "Tamarind Media",
    "Umber Fashion",
    "Velvet Cosmetics",
    "Willow Publishing",
    "Xenon Lighting",
    "Yarrow Pharma",
    "Zephyr Cycles",
    "Alder Furniture",
    "Birch Software",
    "Cedar Logistics",
    "Damson Drinks",
    "Elder Care",
    "Fennel Foods",
];

const SMALL: [&str; 33] = [
    "Garnet Studio",
    "Hazel Books",
    "Indigo Prints",
    "Juniper Dental",
    "Kelp Surf",
    "Lilac Events",
    "Maple Toys",
    "Nettle Tea",
    "Olive Kitchen",
    "Poppy Florists",
    "Quill Paper",
    "Rowan Bakery",
    "Sorrel Spices",
    "Thistle Wool",
    "Urchin Diving",
    "Violet Optics",
    "Walnut Music",
    "Yew Archery",
    "Zinnia Gardens",
    "Amber Radio",
    "Basil Catering",
    "Coral Pools",
    "Dahlia Yoga",
    "Ebony Pianos",
    "Flint Climbing",
    "Ginger Brewing",
    "Heather Coats",
    "Iris Framing",
    "Jasper Tiles",
    "Kiln Pottery",
    "Laurel Tutors",
    "Moss Outdoor",
    "Nutmeg Coffee",
];

const OWNERS: [&str; 4] = ["CSM 1", "CSM 2", "CSM 3", "CSM 4"];

/// All companies, those with a story first.
pub fn roster(calendar: &Calendar) -> Vec<Account> {
    let mut accounts: Vec<_> = Story::ALL.into_iter().map(|it| storied(it, calendar)).collect();
    let others = [
        (Tier::Large, Plan::Team, &LARGE[..], (18, 47)),
        (Tier::Middle, Plan::Team, &MIDDLE, (9, 20)),
        (Tier::Small, Plan::Starter, &SMALL, (4, 8)),
    ];
    for (tier, plan, names, staffing) in others {
        for (n, name) in (0_u32..).zip(names) {
            accounts.push(other((name, tier, plan), (n, staffing), calendar));
        }
    }
    accounts
}

fn storied(story: Story, calendar: &Calendar) -> Account {
    let profile = story.profile();
    let n: u32 = profile.people.iter().sum();
    Account {
        name: profile.name,
        tier: profile.tier,
        plan: profile.plan,
        seats: profile.seats,
        region: profile.region,
        owner: OWNERS[story as usize % OWNERS.len()],
        renewal: calendar.anchor().plus(profile.renewal_in_days),
        story: Some(story),
        known_from: None,
        staffing: (n, 0),
    }
}

fn other(
    (name, tier, plan): (&'static str, Tier, Plan),
    (n, staffing): (u32, (u32, u32)),
    calendar: &Calendar,
) -> Account {
    let late = calendar.monday(13).plus(1);
    let wave = i32::try_from(n * 67 % 340).unwrap_or(0);
    let place = usize::try_from(n).unwrap_or(0);
    Account {
        name,
        tier,
        plan,
        seats: (staffing.0 + staffing.1) * 5 / 4 + n % 3 * 5,
        region: Region::ALL[place % 2],
        owner: OWNERS[place % OWNERS.len()],
        renewal: calendar.anchor().plus(20 + wave),
        story: None,
        known_from: (name == "Juniper Dental").then_some(late),
        staffing,
    }
}

impl Account {
    /// Its id.
    pub fn id(&self) -> String {
        slug(self.name)
    }

    /// What it pays a year, in euros.
    pub const fn contract_value(&self) -> u32 {
        self.seats * self.plan.price() * 12
    }
}

impl Tier {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Large => "large",
            Self::Middle => "middle",
            Self::Small => "small",
        }
    }
}

impl Plan {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Starter, Self::Team];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starter => "Starter",
            Self::Team => "Team",
        }
    }

    /// Euros for one seat and month.
    const fn price(self) -> u32 {
        match self {
            Self::Starter => 9,
            Self::Team => 24,
        }
    }
}

/// A name as a part of an id, as Tidemark makes it.
pub fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_in_three_tiers_and_two_regions() {
        let accounts = roster(&Calendar::before(Day::parse("2026-11-22").unwrap()));
        let n = |is: &dyn Fn(&Account) -> bool| accounts.iter().filter(|it| is(it)).count();
        assert_eq!(accounts.len(), 64);
        assert_eq!(n(&|it| it.tier == Tier::Large), 8);
        assert_eq!(n(&|it| it.tier == Tier::Middle), 20);
        assert_eq!(n(&|it| it.tier == Tier::Small), 36);
        for region in Region::ALL {
            assert!(n(&|it| it.region == region) >= 20, "{region:?}");
        }
        let mut ids: Vec<_> = accounts.iter().map(Account::id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 64);
    }
}

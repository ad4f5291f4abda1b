//! Who does what on which day: what stories and planted truths come to, before it is clicks.

use crate::calendar::Day;
use crate::feature::Feature;
use crate::person::Person;
use std::collections::BTreeMap;

/// Something that is looked at and not completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// The beginning of a feature, and no further.
    At(Feature),
    /// The form of a feature, which is cancelled.
    Abandon(Feature),
    /// The list of metrics, and one of them.
    Metric,
    /// The list of charts, and one of them.
    Chart,
    /// The page with the plans.
    Upgrade,
}

/// What one person does on one day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayPlan {
    /// What he completes.
    pub done: Vec<Feature>,
    /// What he looks at besides.
    pub looks: Vec<Look>,
}

/// How many days after its first use a feature's return is counted.
pub const SIXTH: i32 = 6;

/// What everybody does.
#[derive(Debug)]
pub struct Plan {
    days: Vec<BTreeMap<Day, DayPlan>>,
    first_uses: Vec<[Option<Day>; Feature::ALL.len()]>,
}

impl Plan {
    /// A plan of so many people who do nothing yet.
    pub fn of(n_people: usize) -> Self {
        Self {
            days: vec![BTreeMap::new(); n_people],
            first_uses: vec![[None; Feature::ALL.len()]; n_people],
        }
    }

    /// Has a person complete a feature, on a day on which it is free or planted.
    pub fn complete(&mut self, person: usize, day: Day, feature: Feature) {
        self.first_uses[person][feature.place()].get_or_insert(day);
        self.day(person, day).done.push(feature);
    }

    /// Has a person look at something.
    pub fn look(&mut self, person: usize, day: Day, look: Look) {
        self.day(person, day).looks.push(look);
    }

    /// Whether somebody may use a feature on a day: not before the first use, and the sixth day
    /// after it is left free for those who are planted.
    pub fn is_free(&self, person: usize, day: Day, feature: Feature) -> bool {
        let first = self.first_use(person, feature);
        first.is_none_or(|first| day >= first && day != first.plus(SIXTH))
    }

    /// The day of the first use of a feature.
    pub fn first_use(&self, person: usize, feature: Feature) -> Option<Day> {
        self.first_uses[person][feature.place()]
    }

    /// The days on which a person is there.
    pub fn days(&self, person: usize) -> &BTreeMap<Day, DayPlan> {
        &self.days[person]
    }

    fn day(&mut self, person: usize, day: Day) -> &mut DayPlan {
        self.days[person].entry(day).or_default()
    }

    /// The places of those who are there on a day.
    pub fn present(&self, day: Day) -> Vec<usize> {
        (0..self.days.len()).filter(|person| self.days[*person].contains_key(&day)).collect()
    }

    /// How many people there are.
    pub const fn n_people(&self) -> usize {
        self.days.len()
    }
}

/// Something that people do, with how often they do it among other things.
pub type Mix = [(Feature, u32)];

/// What most people do: exports most of all.
pub const USUAL: [(Feature, u32); 10] = [
    (Feature::Export, 32),
    (Feature::WatchMetric, 15),
    (Feature::SaveChart, 14),
    (Feature::SetAlert, 9),
    (Feature::ShareBoard, 8),
    (Feature::SaveGroup, 7),
    (Feature::SaveFunnel, 6),
    (Feature::ConnectSource, 4),
    (Feature::EditSchema, 4),
    (Feature::Invite, 1),
];

/// A person on a day.
pub type Slot = (usize, Day);

impl Plan {
    /// Has these people on these days complete exactly `n` things, as evenly as it goes; each slot
    /// that there is enough for gets one at least, and the others look around.
    pub fn fill(
        &mut self,
        people: &[Person],
        slots: &[Slot],
        (n, mix): (u32, &Mix),
        random: &mut crate::random::Random,
    ) {
        if slots.is_empty() {
            return;
        }
        let n = usize::try_from(n).unwrap_or(0);
        // In time order for each person, since the first use decides on later ones.
        let mut order: Vec<Slot> = (0..n).map(|i| slots[i % slots.len()]).collect();
        order.sort_by_key(|slot| slot.1);
        for (person, day) in order {
            let may = |feature: Feature| {
                people[person].role.may(feature) && self.is_free(person, day, feature)
            };
            let open: Vec<_> = mix.iter().copied().filter(|(feature, _)| may(*feature)).collect();
            let feature = random.weighted(&open).unwrap_or(Feature::WatchMetric);
            self.complete(person, day, feature);
        }
        for (person, day) in slots.iter().skip(n) {
            self.look(*person, *day, Look::Metric);
        }
    }
}

//! What the paths of visits have in common, counted in one pass over them once it is known which
//! nodes have the most visits.
//!
//! Visits are put in the order of their people, so that somebody who is counted for a second time
//! is the one who was counted last, and nothing has to be remembered of all others. In SQL each
//! number would have a set of its people.

use super::MAX_JOURNEYS;
use super::answer::PathRow;
use super::node::{GOES_ON, NOTHING, OTHERS};
use foldhash::fast::RandomState;
use std::cmp::Reverse;
use std::collections::HashMap;

/// The most visits that are counted. With ten steps each, they and the ways that they went take
/// about a gigabyte: 12 bytes a step, 16 a visit, and some 100 a way, by the sizes of the types.
pub(crate) const MAX_VISITS: usize = 3_000_000;

/// The visits, in as little memory as they need.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    visits: Vec<Path>,
    /// The nodes of all visits, by their places in `names`.
    steps: Vec<u32>,
    /// Milliseconds from each of them to the next one of its visit; 0 of the last one.
    took: Vec<u64>,
    /// The nodes that are there, each once.
    names: Vec<u64>,
    /// Their places in that list.
    numbers: HashMap<u64, u32, RandomState>,
    /// Whether there was a visit that could not be taken.
    is_full: bool,
}

#[derive(Debug, Clone, Copy)]
struct Path {
    person: u64,
    /// Where its steps begin, and how many they are.
    from: u32,
    len: u16,
    goes_on: bool,
}

/// The nodes of a position that have their name.
#[derive(Debug, Default)]
struct Ranked {
    named: Vec<u64>,
    /// By the number of a node its place among them; beyond them for all others.
    places: Vec<usize>,
}

/// How many visits and people there are; people have to come in order.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    visits: u64,
    people: u64,
    took: u64,
    last: Option<u64>,
}

impl Count {
    fn add(&mut self, person: u64, took: u64) {
        self.visits += 1;
        self.people += u64::from(self.last != Some(person));
        self.took += took;
        self.last = Some(person);
    }

    fn row(self, position: u32, level: u8, (one, other): (u64, u64)) -> PathRow {
        let Self { visits, people, took, .. } = self;
        PathRow { position, one, other, level, visits, people, took, journey: Vec::new() }
    }
}

impl Tally {
    /// Takes the path of a visit as it comes from ClickHouse: the number of whose it is, what comes
    /// after its last node, its nodes, and when each of them was, in milliseconds since 1970.
    pub(crate) fn add(&mut self, visit: &[u64]) {
        let [person, after, path @ ..] = visit else { return };
        let (nodes, times) = path.split_at(path.len() / 2);
        let (Ok(from), Ok(len)) = (u32::try_from(self.steps.len()), u16::try_from(nodes.len()))
        else {
            self.is_full = true;
            return;
        };
        let next = times.iter().skip(1).map(Some).chain([None]);
        for ((node, at), next) in nodes.iter().zip(times).zip(next) {
            let place = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            let node = *self.numbers.entry(*node).or_insert_with(|| {
                self.names.push(*node);
                place
            });
            self.steps.push(node);
            self.took.push(next.map_or(0, |next| next.saturating_sub(*at)));
        }
        self.visits.push(Path { person: *person, from, len, goes_on: *after == GOES_ON });
    }

    /// Whether there are more visits than are counted, or than their places have numbers.
    pub(crate) const fn is_too_much(&self) -> bool {
        self.is_full || self.visits.len() > MAX_VISITS
    }

    /// Transitions, nodes, positions and journeys, where so many nodes have their name in each
    /// position.
    pub(crate) fn rows(mut self, shown: u32) -> Vec<PathRow> {
        // They come in long runs that are in order, which this sort takes as they are.
        self.visits.sort_by_key(|visit| visit.person);
        let mut rows = self.transitions(usize::try_from(shown).unwrap_or(usize::MAX));
        rows.extend(self.journeys());
        rows
    }

    /// The nodes of a visit.
    fn steps_of(&self, visit: &Path) -> &[u32] {
        &self.steps[visit.from as usize..][..usize::from(visit.len)]
    }

    /// The nodes with the most visits of each position, of two with as many the lesser id.
    fn ranked(&self, shown: usize) -> Vec<Ranked> {
        let mut counts: Vec<Vec<u64>> = Vec::new();
        for visit in &self.visits {
            for (position, node) in self.steps_of(visit).iter().enumerate() {
                if position == counts.len() {
                    counts.push(vec![0; self.names.len()]);
                }
                counts[position][*node as usize] += 1;
            }
        }
        counts.iter().map(|counts| self.ranked_by(counts, shown)).collect()
    }

    fn ranked_by(&self, counts: &[u64], shown: usize) -> Ranked {
        let mut order: Vec<usize> =
            (0..counts.len()).filter(|number| counts[*number] > 0).collect();
        order.sort_unstable_by_key(|number| (Reverse(counts[*number]), self.names[*number]));
        order.truncate(shown);
        let mut places = vec![order.len(); self.names.len()];
        for (place, number) in order.iter().enumerate() {
            places[*number] = place;
        }
        Ranked { named: order.iter().map(|number| self.names[*number]).collect(), places }
    }

    fn transitions(&self, shown: usize) -> Vec<PathRow> {
        let ranked = self.ranked(shown);
        let mut tables: Vec<Table<'_>> = (0..ranked.len())
            .map(|position| Table::new(&ranked[position], ranked.get(position + 1)))
            .collect();
        for visit in &self.visits {
            let steps = self.steps_of(visit);
            for (position, node) in steps.iter().enumerate() {
                let took = self.took[visit.from as usize + position];
                tables[position].add(visit, (*node, took), steps.get(position + 1).copied());
            }
        }
        let numbered = (1..).zip(&tables);
        numbered.flat_map(|(position, table)| table.rows(position)).collect()
    }

    /// The ways that most visits went.
    fn journeys(&self) -> Vec<PathRow> {
        let mut counts: HashMap<&[u32], Count, RandomState> = HashMap::default();
        for visit in &self.visits {
            counts.entry(self.steps_of(visit)).or_default().add(visit.person, 0);
        }
        let named = |way: &[u32]| way.iter().map(|n| self.names[*n as usize]).collect::<Vec<_>>();
        let most = usize::try_from(MAX_JOURNEYS).unwrap_or(usize::MAX);
        // Only those are named that may be among the first: there are many ways, and most of them once.
        let mut visits: Vec<u64> = counts.values().map(|count| count.visits).collect();
        let least = match visits.len() > most {
            true => *visits.select_nth_unstable_by_key(most - 1, |n| Reverse(*n)).1,
            false => 0,
        };
        let first = counts.into_iter().filter(|(_, count)| count.visits >= least);
        let mut first: Vec<_> = first.map(|(way, count)| (named(way), count)).collect();
        first.sort_unstable_by(|(a, of_a), (b, of_b)| (of_b.visits, a).cmp(&(of_a.visits, b)));
        let row = |(journey, count): (_, Count)| PathRow { journey, ..count.row(0, 0, (0, 0)) };
        first.into_iter().take(most).map(row).collect()
    }
}

/// What is counted of one position.
struct Table<'a> {
    ranked: &'a Ranked,
    /// Those of the next position; none after the last one.
    next: Option<&'a Ranked>,
    /// A line for each node that has its name and one for all others; in it one for each of the next
    /// position that has, one for its others, one for visits that end, and one for those that go on.
    transitions: Vec<Count>,
    nodes: Vec<Count>,
    all: Count,
}

impl<'a> Table<'a> {
    fn new(ranked: &'a Ranked, next: Option<&'a Ranked>) -> Self {
        let lines = ranked.named.len() + 1;
        let mut table = Self {
            ranked,
            next,
            transitions: Vec::new(),
            nodes: Vec::new(),
            all: Count::default(),
        };
        table.transitions = vec![Count::default(); lines * table.width()];
        table.nodes = vec![Count::default(); lines];
        table
    }

    fn n_next(&self) -> usize {
        self.next.map_or(0, |next| next.named.len())
    }

    fn width(&self) -> usize {
        self.n_next() + 3
    }

    fn add(&mut self, visit: &Path, (node, took): (u32, u64), next: Option<u32>) {
        let one = self.ranked.places[node as usize];
        let other = match (next, self.next) {
            (Some(next), Some(ranked)) => ranked.places[next as usize],
            _ => self.n_next() + 1 + usize::from(visit.goes_on),
        };
        let place = one * self.width() + other;
        self.transitions[place].add(visit.person, took);
        self.nodes[one].add(visit.person, took);
        self.all.add(visit.person, took);
    }

    /// All that anybody passed.
    fn rows(&self, position: u32) -> Vec<PathRow> {
        let one = |line: usize| self.ranked.named.get(line).copied().unwrap_or(OTHERS);
        let other = |column: usize| match self.next.and_then(|next| next.named.get(column)) {
            Some(node) => *node,
            None => [OTHERS, NOTHING, GOES_ON][column - self.n_next()],
        };
        let transitions = self.transitions.iter().enumerate().map(|(place, count)| {
            let (line, column) = (place / self.width(), place % self.width());
            count.row(position, 0, (one(line), other(column)))
        });
        let nodes = self.nodes.iter().enumerate();
        let nodes = nodes.map(|(line, count)| count.row(position, 1, (one(line), 0)));
        let all = transitions.chain(nodes).chain([self.all.row(position, 2, (0, 0))]);
        all.filter(|row| row.visits > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_nothing() {
        assert_eq!(Tally::default().rows(6), []);
    }

    #[test]
    fn a_visit_that_cannot_be_taken_is_no_answer() {
        let mut tally = Tally::default();
        tally.add(&[&[1, NOTHING][..], &vec![10; 2 * 65_535]].concat());
        assert!(!tally.is_too_much());
        tally.add(&[&[1, NOTHING][..], &vec![10; 2 * 65_536]].concat());
        assert!(tally.is_too_much());
    }

    #[test]
    fn whoever_comes_again_is_one_person() {
        let mut tally = Tally::default();
        tally.add(&[1, NOTHING, 10, 20, 1_000, 1_500]);
        tally.add(&[2, GOES_ON, 10, 30, 1_000, 1_100]);
        tally.add(&[1, NOTHING, 10, 20, 9_000, 9_100]);
        let rows = tally.rows(1);
        let row = |position, one, other, level, visits, people, took| PathRow {
            position,
            one,
            other,
            level,
            visits,
            people,
            took,
            journey: Vec::new(),
        };
        let way = |nodes: &[u64], visits, people| PathRow {
            journey: nodes.to_vec(),
            ..row(0, 0, 0, 0, visits, people, 0)
        };
        let expected = [
            row(1, 10, 20, 0, 2, 1, 600),
            row(1, 10, OTHERS, 0, 1, 1, 100),
            row(1, 10, 0, 1, 3, 2, 700),
            row(1, 0, 0, 2, 3, 2, 700),
            row(2, 20, NOTHING, 0, 2, 1, 0),
            row(2, OTHERS, GOES_ON, 0, 1, 1, 0),
            row(2, 20, 0, 1, 2, 1, 0),
            row(2, OTHERS, 0, 1, 1, 1, 0),
            row(2, 0, 0, 2, 3, 2, 0),
            way(&[10, 20], 2, 1),
            way(&[10, 30], 1, 1),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn of_many_ways_those_of_most_visits_are_told() {
        let mut tally = Tally::default();
        let ways = u64::from(MAX_JOURNEYS) + 10;
        // The last eleven ways have one visit each, of which only the first has a place.
        for way in 0..ways {
            for person in 0..(ways - 10).saturating_sub(way).max(1) {
                tally.add(&[person, NOTHING, 100 + way, 1_000]);
            }
        }
        let rows = tally.rows(1);
        let ways = rows.into_iter().filter(|row| row.position == 0);
        let told: Vec<_> = ways.map(|row| (row.journey, row.visits)).collect();
        let most = u64::from(MAX_JOURNEYS);
        let expected: Vec<_> = (0..most).map(|way| (vec![100 + way], most - way)).collect();
        assert_eq!(told, expected);
    }
}

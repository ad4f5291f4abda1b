//! The picture of a smart path: what people do between a start and a goal, as ribbons.

use super::{EVENTS, share, whole};
use crate::choice::Choice;
use crate::language::Language;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 300.0;
const NODE_WIDTH: f64 = 10.0;
const GAP: f64 = 16.0;
/// Room above a node for what it is called.
const TOP: f64 = 26.0;
/// How many things are shown of those that people do at one step.
const N_SHOWN: usize = 3;
/// How many of all events come before an order.
const N_USUAL: usize = 6;

/// Something that people do at one step.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) height: f64,
    pub(super) label_x: f64,
    pub(super) label_y: f64,
    pub(super) anchor: &'static str,
    pub(super) label: &'static str,
    pub(super) people: String,
    pub(super) is_best: bool,
}

/// The people who go from one thing to the next.
#[derive(Debug)]
pub(super) struct Ribbon {
    pub(super) path: String,
    pub(super) is_best: bool,
}

/// One step of the path that most people take, with those who took it from the start to here.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) event: &'static str,
    pub(super) people: String,
    pub(super) share: String,
}

/// What the template draws.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) nodes: Vec<Node>,
    pub(super) ribbons: Vec<Ribbon>,
    pub(super) stops: Vec<Stop>,
}

/// What people do at one step: each thing with the share of those who are still there.
#[derive(Debug)]
struct Column {
    events: Vec<(Choice, f64)>,
    people: f64,
}

impl Flow {
    /// The picture of what `people` do between `start` and `goal`, with so many steps between.
    pub(super) fn new(
        (start, goal): (Choice, Choice),
        n_between: usize,
        people: f64,
        language: Language,
    ) -> Self {
        let columns = columns((start, goal), n_between, people * 0.58);
        let scale = scale(&columns);
        let mut flow = Self { nodes: Vec::new(), ribbons: Vec::new(), stops: Vec::new() };
        let mut still_on_path = 1.0;
        for (n, column) in columns.iter().enumerate() {
            flow.add_nodes(column, (n, columns.len()), scale, language);
            let (event, part) = column.events[0];
            still_on_path *= part;
            let on_path = column.people * still_on_path;
            flow.stops.push(Stop {
                event: event.text(language.texts()),
                people: language.whole(whole(on_path)),
                share: language.decimal(on_path / columns[0].people * 100.0, 0),
            });
        }
        for (n, pair) in columns.windows(2).enumerate() {
            flow.add_ribbons((&pair[0], &pair[1]), (n, columns.len()), scale);
        }
        flow
    }

    fn add_nodes(
        &mut self,
        column: &Column,
        (n, of): (usize, usize),
        scale: f64,
        language: Language,
    ) {
        let x = left(n, of);
        let is_last = n + 1 == of;
        for (i, (event, part)) in column.events.iter().enumerate() {
            let (y, height) = (column.top(i, scale), (column.people * part * scale).max(2.0));
            self.nodes.push(Node {
                x,
                y,
                height,
                // Below, the goal's name has room up to the column before.
                label_y: if is_last { y + height + 17.0 } else { y - 8.0 },
                label_x: if is_last { x + NODE_WIDTH } else { x },
                anchor: if is_last { "end" } else { "start" },
                label: event.text(language.texts()),
                people: language.whole(whole(column.people * part)),
                is_best: i == 0,
            });
        }
    }

    fn add_ribbons(&mut self, (from, to): (&Column, &Column), (n, of): (usize, usize), scale: f64) {
        let (x0, x1) = (left(n, of) + NODE_WIDTH, left(n + 1, of));
        let middle = f64::midpoint(x0, x1);
        for (i, (_, part)) in from.events.iter().enumerate() {
            let mut y0 = from.top(i, scale);
            for (j, (_, next)) in to.events.iter().enumerate() {
                let before: f64 = from.events[..i].iter().map(|(_, part)| part).sum();
                let y1 = to.top(j, scale) + before * next * to.people * scale;
                let thick = (part * next * to.people * scale).max(0.6);
                self.ribbons.push(Ribbon {
                    path: format!(
                        "M{x0:.1} {y0:.1}C{middle:.1} {y0:.1} {middle:.1} {y1:.1} {x1:.1} {y1:.1}\
                         V{:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {x0:.1} {:.1}Z",
                        y1 + thick,
                        y1 + thick,
                        y0 + thick,
                        y0 + thick
                    ),
                    is_best: i == 0 && j == 0,
                });
                y0 += thick;
            }
        }
    }
}

impl Column {
    /// The upper edge of a node.
    fn top(&self, i: usize, scale: f64) -> f64 {
        let above: f64 = self.events[..i].iter().map(|(_, part)| part * self.people * scale).sum();
        TOP + above + (GAP + TOP) * f64::from(u32::try_from(i).unwrap_or_default())
    }
}

fn columns((start, goal): (Choice, Choice), n_between: usize, people: f64) -> Vec<Column> {
    let mut columns = vec![Column { events: vec![(start, 1.0)], people }];
    let mut people = people;
    let mut taken = vec![start, goal];
    for n in 0..n_between {
        people *= 0.78;
        let events = between(&taken, goal, (n, n_between));
        taken.extend(events.first().map(|(event, _)| *event));
        columns.push(Column { events, people });
    }
    people *= share(start, goal, (0.35, 0.7));
    columns.push(Column { events: vec![(goal, 1.0)], people });
    columns
}

/// What people do at the step `n` of those between, the most frequent first, with shares that add
/// up to 1. What usually comes early in a visit comes early here; what is `taken` does not come.
fn between(taken: &[Choice], goal: Choice, (n, of): (usize, usize)) -> Vec<(Choice, f64)> {
    let mut others: Vec<_> = EVENTS[..N_USUAL].to_vec();
    others.retain(|event| !taken.contains(event));
    let n_shown = N_SHOWN.min(others.len());
    let begin = (others.len() - n_shown) * n / (of.max(2) - 1);
    let others = &others[begin..begin + n_shown];
    let weight = |event: &Choice| share(*event, goal, (0.15, 1.0));
    let sum: f64 = others.iter().map(weight).sum();
    let mut shares: Vec<_> = others.iter().map(|event| (*event, weight(event) / sum)).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}

/// How high one person is, so that the highest column fills the picture.
fn scale(columns: &[Column]) -> f64 {
    let room = |column: &Column| {
        let n = u32::try_from(column.events.len()).unwrap_or(1);
        (HEIGHT - TOP * f64::from(n) - GAP * f64::from(n - 1)) / column.people.max(1.0)
    };
    columns.iter().map(room).fold(f64::INFINITY, f64::min)
}

fn left(n: usize, of: usize) -> f64 {
    let at = |n: usize| f64::from(u32::try_from(n).unwrap_or_default());
    (WIDTH - NODE_WIDTH) * at(n) / at(of.max(2) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_inside_the_picture() {
        let flow = Flow::new((EVENTS[0], EVENTS[6]), 3, 10_000.0, Language::English);
        assert_eq!((flow.nodes.len(), flow.ribbons.len(), flow.stops.len()), (11, 24, 5));
        for node in &flow.nodes {
            assert!(node.y >= TOP - 0.1 && node.y + node.height <= HEIGHT + 0.1, "{node:?}");
            assert!(node.x >= 0.0 && node.x + NODE_WIDTH <= WIDTH, "{node:?}");
        }
    }

    #[test]
    fn the_path_never_comes_back_to_where_it_was() {
        for start in EVENTS {
            for goal in EVENTS.into_iter().filter(|goal| *goal != start) {
                let columns = columns((start, goal), 3, 10_000.0);
                let path: Vec<_> = columns.iter().map(|column| column.events[0].0.value).collect();
                let distinct: std::collections::BTreeSet<_> = path.iter().collect();
                assert_eq!(distinct.len(), 5, "{path:?}");
                let sums =
                    columns.iter().map(|it| it.events.iter().map(|(_, part)| part).sum::<f64>());
                assert!(sums.into_iter().all(|sum| (sum - 1.0).abs() < 1e-9), "{columns:?}");
            }
        }
    }
}

//! How rules fare when a product changes: the table of `FEATURE-RULES`, by kind of change.
//!
//! Sixteen applications are drawn, with five ways of naming classes and with test ids on none to
//! three fifths of what can be clicked; on each thing somebody points, and the first suggestion is
//! tried on the changed product. A *hit* means that thing and nothing else, a *miss* means nothing
//! any more, *wrong* means something else. A miss is loud, since a feature falls silent; what is
//! wrong is not. It comes where nothing around an element has a name, with siblings that are new
//! or with looks that change places, and the suggestion's grade says so: of those that are graded
//! A and B, all live through a release that only rebuilds, re-orders, wraps and re-styles.
//!
//! `cargo test -p rules --test release -- --nocapture` prints the table.

#[path = "release/app.rs"]
mod app;
#[path = "release/chance.rs"]
mod chance;

use app::{App, STYLES};
use chance::Chance;
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use rules::suggest::{Grade, Known, Scope, Suggestion, suggest};
use std::collections::BTreeMap;

/// One thing that a release does.
type Change = fn(&mut App, &mut Chance);

/// Each with the least share of hits that is allowed, in percent, and the most of wrong ones, in
/// thousandths.
const CHANGES: [(&str, &[Change], u32, u32); 10] = [
    ("nothing", &[], 100, 0),
    ("rebuilt", &[rebuild], 100, 0),
    ("rows and places re-ordered", &[reorder], 100, 0),
    ("wrappers added", &[wrap], 98, 0),
    ("restyled", &[restyle], 97, 0),
    (SAME_PRODUCT, &[rebuild, reorder, wrap, restyle], 95, 6),
    ("15 % of the words edited", &[edit], 93, 0),
    ("siblings added", &[add], 98, 11),
    (TRANSLATED, &[translate], 40, 0),
    ("release: all but the language", &[rebuild, reorder, wrap, restyle, edit, add], 88, 17),
];

const TRANSLATED: &str = "language switched";
/// What a release does that changes nothing of what the product is.
const SAME_PRODUCT: &str = "rebuilt, re-ordered, wrapped and re-styled";

fn rebuild(app: &mut App, chance: &mut Chance) {
    app.build = 2 + u64::try_from(chance.below(1 << 30)).unwrap_or(0);
}

fn reorder(app: &mut App, chance: &mut Chance) {
    for region in &mut app.regions {
        let n = region.things.len();
        region.things.rotate_left(1 + chance.below(n - 1));
        region.rows.reverse();
    }
    app.regions.reverse();
}

fn wrap(app: &mut App, chance: &mut Chance) {
    let class = chance.of(&[None, Some("content"), Some("layout")]);
    app.wrappers.insert(chance.below(app.wrappers.len() + 1), class);
    app.wrappers.push(None);
}

fn restyle(app: &mut App, chance: &mut Chance) {
    for region in &mut app.regions {
        if chance.percent(50) {
            region.class = chance.of(&["ribbon", "meadow", "pillar"]);
        }
        for thing in &mut region.things {
            if chance.percent(50) {
                thing.class = chance.of(&["ribbon", "meadow", "pillar"]);
            }
        }
    }
}

fn edit(app: &mut App, chance: &mut Chance) {
    for thing in app.regions.iter_mut().flat_map(|region| &mut region.things) {
        thing.edited = chance.percent(15);
    }
}

fn add(app: &mut App, chance: &mut Chance) {
    for region in 0..app.regions.len() {
        if chance.percent(50) {
            app.add_thing(chance, region);
        }
    }
    app.add_region(chance);
}

fn translate(app: &mut App, _: &mut Chance) {
    app.french = true;
}

/// What became of rules.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    hit: u32,
    miss: u32,
    wrong: u32,
}

impl Tally {
    fn n(self) -> u32 {
        self.hit + self.miss + self.wrong
    }

    fn row(self, name: &str) -> String {
        let share = |n: u32| 100.0 * f64::from(n) / f64::from(self.n().max(1));
        let Self { hit, miss, wrong } = self;
        format!(
            "| {name} | {} | {:.1} | {:.1} | {:.1} |\n",
            self.n(),
            share(hit),
            share(miss),
            share(wrong)
        )
    }
}

struct Pointed {
    /// What was pointed at, and all that looked the same in every respect.
    keys: Vec<usize>,
    suggestion: Suggestion,
}

fn page() -> CanonicalPage {
    CanonicalPage::new("app.example.com", "/reports/1042/edit")
}

/// Points at each thing once.
fn point(app: &App) -> Vec<Pointed> {
    let (seen, page) = (app.render(), page());
    let known: Vec<_> = seen.iter().map(|(_, element)| Known { element, page: &page }).collect();
    let mut pointed: BTreeMap<usize, Pointed> = BTreeMap::new();
    for (key, element) in &seen {
        let same = seen.iter().filter(|(_, other)| other == element);
        let suggest = || suggest(Known { element, page: &page }, &known).swap_remove(0);
        pointed.entry(*key).or_insert_with(|| Pointed {
            keys: same.map(|(key, _)| *key).collect(),
            suggestion: suggest(),
        });
    }
    pointed.into_values().collect()
}

fn judge(pointed: &Pointed, after: &[(usize, CanonicalElement)]) -> Tally {
    let page = page();
    let rule = &pointed.suggestion.rule;
    let matched: Vec<_> = after.iter().filter(|(_, seen)| rule.matches(seen, &page)).collect();
    // What says the very same of itself is the same element: nobody could tell it.
    let mut own = after.iter().filter(|(key, _)| pointed.keys.contains(key)).map(|(_, own)| own);
    let own: Vec<_> = own.by_ref().collect();
    match matched.iter().all(|(_, seen)| own.contains(&seen)) {
        _ if matched.is_empty() => Tally { miss: 1, ..Tally::default() },
        true => Tally { hit: 1, ..Tally::default() },
        false => Tally { wrong: 1, ..Tally::default() },
    }
}

fn apps() -> Vec<App> {
    let mut chance = Chance::new(26);
    let draw = |n: usize| App::draw(&mut chance, STYLES[n % STYLES.len()], [0, 20, 40, 60][n % 4]);
    (0..16).map(draw).collect()
}

fn add_up(to: &mut Tally, one: Tally) {
    to.hit += one.hit;
    to.miss += one.miss;
    to.wrong += one.wrong;
}

#[test]
fn rules_live_through_releases_and_never_mean_something_else() {
    let apps = apps();
    let points: Vec<Vec<Pointed>> = apps.iter().map(point).collect();
    let mut table =
        String::from("| change | rules | hit % | miss % | WRONG % |\n|---|---|---|---|---|\n");
    let mut by_grade: BTreeMap<Grade, Tally> = BTreeMap::new();
    let mut same_product: BTreeMap<Grade, Tally> = BTreeMap::new();
    let mut faults = Vec::new();
    for (name, changes, least_hit, most_wrong) in CHANGES {
        let mut tally = Tally::default();
        for (n, app) in apps.iter().enumerate() {
            let mut after = app.clone();
            let mut chance = Chance::new(1_000 + u64::try_from(n).unwrap());
            changes.iter().for_each(|change| change(&mut after, &mut chance));
            let after = after.render();
            for pointed in &points[n] {
                let one = judge(pointed, &after);
                add_up(&mut tally, one);
                if name == SAME_PRODUCT {
                    add_up(same_product.entry(pointed.suggestion.grade).or_default(), one);
                }
                if !changes.is_empty() && name != TRANSLATED {
                    add_up(by_grade.entry(pointed.suggestion.grade).or_default(), one);
                }
            }
        }
        table.push_str(&tally.row(name));
        if tally.hit * 100 < least_hit * tally.n() || tally.wrong * 1_000 > most_wrong * tally.n() {
            faults.push(name);
        }
    }
    let grades = by_grade
        .iter()
        .map(|(grade, tally)| tally.row(&format!("any but the language, grade {grade:?}")));
    table.extend(grades);
    let grades = same_product.iter();
    table.extend(
        grades.map(|(grade, tally)| tally.row(&format!("{SAME_PRODUCT}, grade {grade:?}"))),
    );
    #[allow(clippy::print_stdout, reason = "the table is what this test is read for")]
    {
        println!("{table}");
    }
    // What is told to be sturdy is: the others say themselves that a second one would count.
    for (grade, most_wrong) in [(Grade::A, 0), (Grade::B, 2)] {
        let Tally { wrong, .. } = by_grade[&grade];
        assert!(wrong * 1_000 <= most_wrong * by_grade[&grade].n(), "{grade:?}\n{table}");
    }
    for grade in [Grade::A, Grade::B] {
        let Tally { hit, .. } = same_product[&grade];
        assert_eq!(hit, same_product[&grade].n(), "{grade:?}\n{table}");
    }
    assert!(faults.is_empty(), "{faults:?}\n{table}");
}

#[test]
fn every_suggestion_has_a_scope_of_its_own_a_grade_and_a_reason() {
    for app in apps() {
        let (seen, page) = (app.render(), page());
        let known: Vec<_> =
            seen.iter().map(|(_, element)| Known { element, page: &page }).collect();
        for (_, element) in &seen {
            let suggestions = suggest(Known { element, page: &page }, &known);
            assert_eq!(suggestions[0].scope, Scope::ThisOne);
            for (n, suggestion) in suggestions.iter().enumerate() {
                assert!(suggestion.reason.ends_with('.') && suggestion.reason.len() > 20);
                assert!(suggestion.rule.matches(element, &page), "{suggestion:?}");
                assert!(suggestions[..n].iter().all(|other| other.scope != suggestion.scope));
            }
        }
    }
}

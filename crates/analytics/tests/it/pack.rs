//! What people who know such products expect of trends, stickiness and life cycles: the cases of
//! the pack beside the repository.
//!
//! A case names its events as it likes; here each name is a page. What has not begun is left out
//! of our answers, where the pack has a 0, and who stays away is not known of a period that is not
//! over. Some cases have events after their own clock: they are asked after everything.

use crate::history::{self, Happening, PROJECT};
use analytics::report::trend::Done;
use analytics::{
    Answer, DateRange, Lifecycle, PageFilter, Period, Query, Scope, Step, Stickiness, Target, Trend,
};
use anyhow::{Context, Result, bail, ensure};
use jiff::civil::Date;
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use store::{WeekStart, testing};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/analysis");

const REPORTS: [&str; 3] = ["trends", "stickiness", "lifecycle"];

const BREAKDOWN: &str = "it asks for a breakdown";
const PROPERTY: &str = "its events or people are filtered by properties";
const TRAILING: &str = "it asks for the people of the last so many days on each day";
const MATHS: &str = "it asks for the median of a property";

/// Why some are not asked.
const LEFT_OUT: [(&str, &str); 18] = [
    ("lifecycle-005", PROPERTY),
    ("stickiness-007", PROPERTY),
    ("trends-001", PROPERTY),
    ("trends-002", TRAILING),
    ("trends-004", BREAKDOWN),
    ("trends-008", BREAKDOWN),
    ("trends-013", BREAKDOWN),
    ("trends-033", PROPERTY),
    ("trends-041", TRAILING),
    ("trends-043", BREAKDOWN),
    ("trends-047", "it counts browsers, and we count people"),
    ("trends-049", BREAKDOWN),
    ("trends-050", TRAILING),
    ("trends-051", TRAILING),
    ("trends-052", MATHS),
    ("trends-058", "it asks for sums from the beginning on"),
    ("trends-060", PROPERTY),
    ("trends-062", MATHS),
];

#[derive(Deserialize)]
struct Case {
    now: jiff::Timestamp,
    actors: Vec<Actor>,
    events: Vec<Event>,
    query: Asked,
    expect: Value,
}

#[derive(Deserialize)]
struct Actor {
    actor: String,
    identities: Vec<String>,
}

#[derive(Deserialize)]
struct Event {
    identity: String,
    event: String,
    timestamp: jiff::Timestamp,
    tenant: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    analysis: String,
    event: Option<Value>,
    #[serde(default)]
    series: Vec<Value>,
    interval: Period,
    date_from: String,
    date_to: String,
    timezone: String,
    week_starts_on: String,
}

fn step(named: &Value) -> Result<Step> {
    let event = named["event"].as_str().or_else(|| named["any_of"][0]["event"].as_str());
    let event = event.context("a step of another form")?;
    let path = format!("/{}", event.replace(|c: char| !c.is_ascii_alphabetic(), "-"));
    Ok(Target::Page(PageFilter::new(None, &path)).into())
}

impl Case {
    fn happenings(&self) -> Result<Vec<Happening>> {
        let mut person = BTreeMap::new();
        for actor in &self.actors {
            person.extend(actor.identities.iter().map(|id| (id, &actor.actor)));
        }
        let happening = |event: &Event| {
            let Target::Page(page) = step(&serde_json::json!({"event": event.event}))?.target
            else {
                bail!("no page");
            };
            Ok(Happening {
                project: event.tenant.clone().unwrap_or_else(|| PROJECT.to_owned()),
                at: event.timestamp.as_millisecond(),
                anonymous_id: event.identity.clone(),
                user_id: (*person.get(&event.identity).context("an unknown identity")?).clone(),
                kind: Kind::PageView,
                host: "app.example.com".to_owned(),
                path: page.path,
                element: String::new(),
                account_id: String::new(),
                is_automated: false,
            })
        };
        self.events.iter().map(happening).collect()
    }

    fn now(&self) -> Timestamp {
        let last = self.events.iter().map(|event| event.timestamp).max();
        let now = last.map_or(self.now, |last| last.max(self.now));
        Timestamp::from_millis(now.as_millisecond())
    }

    fn date_range(&self) -> Result<DateRange> {
        let day = |text: &str| text[..10].parse::<Date>();
        let first = self.events.iter().map(|event| event.timestamp).min().unwrap_or_default();
        let from = match self.query.date_from.as_str() {
            "all" => first.in_tz(&self.query.timezone)?.date(),
            text => day(text)?,
        };
        Ok(DateRange::Between { from, to: day(&self.query.date_to)? })
    }

    fn query(&self) -> Result<Query> {
        let (period, date_range) = (self.query.interval, self.date_range()?);
        let activity = self.query.event.as_ref().map(step).transpose()?;
        Ok(match self.query.analysis.as_str() {
            "stickiness" => {
                Query::Stickiness(Stickiness { activity, period, date_range, ..<_>::default() })
            }
            "lifecycle" => {
                Query::Lifecycle(Lifecycle { activity, period, date_range, ..<_>::default() })
            }
            _ => {
                let series = self.query.series.iter().map(|one| step(one).map(Some));
                let series = series.collect::<Result<_>>()?;
                Query::Trend(Trend { series, period, date_range, ..Trend::default() })
            }
        })
    }
}

/// Whether what is told is what is expected, and nothing is expected of what has not begun.
fn same(told: &[u64], expected: &Value) -> Result<()> {
    let expected: Vec<f64> = serde_json::from_value(expected.clone())?;
    let expected: Vec<u64> = expected.into_iter().map(|n| n.abs() as u64).collect();
    ensure!(expected.len() >= told.len(), "{expected:?}, not {told:?}");
    let (begun, to_come) = expected.split_at(told.len());
    ensure!(begun == told && to_come.iter().all(|n| *n == 0), "{expected:?}, not {told:?}");
    Ok(())
}

fn check_trend(case: &Case, answer: &analytics::TrendResult) -> Result<()> {
    let expected = case.expect["series"].as_array().context("no series")?;
    let mut n_numbers = 0;
    for one in expected {
        let index = one["index"].as_u64().context("no index")? as usize;
        let measure = case.query.series[index]["measure"].as_str();
        let number = |done: &Done| match measure {
            Some("unique_actors") => done.people,
            _ => done.uses,
        };
        let series = &answer.series[index];
        let values: Vec<u64> = series.values.iter().map(number).collect();
        for total in [&one["total"], &one["value"]].into_iter().filter_map(Value::as_f64) {
            ensure!(number(&series.total) as f64 == total, "{total}, not {:?}", series.total);
            n_numbers += 1;
        }
        if !one["values"].is_null() {
            same(&values, &one["values"])?;
            n_numbers += values.len();
        }
        for (at, value) in one["value_at_index"].as_object().into_iter().flatten() {
            let told = values.get(at.parse::<usize>()?).context("no such period")?;
            ensure!(value.as_f64() == Some(*told as f64), "{value} at {at}, not {told}");
            n_numbers += 1;
        }
        if let Some(dates) = one["dates"].as_array() {
            let told = answer.periods.iter().map(|period| Value::from(period.as_str()));
            ensure!(told.eq(dates.iter().take(answer.periods.len()).cloned()), "{dates:?}");
        }
    }
    ensure!(n_numbers > 0, "nothing was compared");
    Ok(())
}

fn check_answer(case: &Case, answer: &Answer) -> Result<()> {
    match answer {
        Answer::Trend(answer) => check_trend(case, answer),
        Answer::Stickiness(answer) => {
            let exactly = &case.expect["actors_active_in_exactly_n_intervals"];
            for (n, people) in exactly.as_object().context("no numbers")? {
                let bar = answer.bars.iter().find(|bar| bar.periods.to_string() == *n);
                let told = bar.map_or(0, |bar| bar.exactly);
                ensure!(people.as_u64() == Some(told), "{people} in {n}, not {told}");
            }
            ensure!(case.expect["actors_total"].as_u64() == Some(answer.total));
            Ok(())
        }
        Answer::Lifecycle(answer) => {
            let of = &case.expect["series"];
            let periods = &answer.periods;
            same(&periods.iter().map(|it| it.new).collect::<Vec<_>>(), &of["new"])?;
            same(&periods.iter().map(|it| it.returning).collect::<Vec<_>>(), &of["returning"])?;
            let back: Vec<_> = periods.iter().map(|it| it.resurrecting).collect();
            same(&back, &of["resurrecting"])?;
            let known = periods.iter().zip(of["dormant"].as_array().context("no dormant")?);
            for (phase, expected) in known.filter(|(phase, _)| phase.is_complete) {
                let expected = expected.as_i64().map(i64::unsigned_abs);
                ensure!(phase.dormant == expected, "{expected:?} dormant, not {phase:?}");
            }
            Ok(())
        }
        _ => bail!("another report"),
    }
}

async fn check(name: &str, json: &str) -> Result<()> {
    let case: Case = serde_json::from_str(json).context("reading the case")?;
    let store = testing::open(&format!("pack_{}", name.replace('-', "_"))).await?;
    let Some(store) = store else { return Ok(()) };
    history::write(&store.connection, 1, &case.happenings()?).await?;
    let week_start = match case.query.week_starts_on.as_str() {
        "sunday" => WeekStart::Sunday,
        _ => WeekStart::Monday,
    };
    let scope = Scope { week_start, ..history::scope(&case.query.timezone)? };
    let answer = analytics::run(&store.connection, &scope, &case.query()?, case.now()).await?;
    check_answer(&case, &answer)
}

#[tokio::test]
async fn the_cases_of_the_pack_about_periods_come_out_as_expected() -> Result<()> {
    if !Path::new(FOLDER).try_exists()? {
        ensure!(std::env::var_os("CI").is_none(), "the conformance pack is not at {FOLDER}");
        eprintln!("left out: the conformance pack is not at {FOLDER}");
        return Ok(());
    }
    let (mut n_checked, mut n_left_out) = (0, 0);
    for entry in fs::read_dir(FOLDER)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let id: Vec<_> = name.splitn(3, '-').take(2).collect();
        let id = id.join("-");
        if !REPORTS.iter().any(|report| id.starts_with(report)) {
            continue;
        }
        if LEFT_OUT.iter().any(|(listed, _)| *listed == id) {
            n_left_out += 1;
            continue;
        }
        check(&id, &fs::read_to_string(&file)?).await.context(name)?;
        n_checked += 1;
    }
    ensure!(
        n_left_out == LEFT_OUT.len() && n_checked == 24,
        "{n_checked} of the pack, {n_left_out} listed"
    );
    Ok(())
}

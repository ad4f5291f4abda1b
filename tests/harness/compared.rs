//! What `load-gen` says is true of all features side by side, against what the collector answers:
//! who comes back to each on the sixth day, and what of the first week goes with coming back.

use crate::dashboard::Dashboard;
use anyhow::{Context, Result, ensure};
use load_gen::calendar::Day;
use serde_json::{Value, json};

/// How many days after the first time somebody has to come back.
const SIXTH: i32 = 6;
/// How far a correlation may be from the one that is computed elsewhere.
const ROUNDING: f64 = 1e-9;

/// A feature beside the others.
#[derive(Debug)]
pub struct Kept {
    /// The feature.
    pub feature: String,
    /// Who came back to it on the sixth day after the first time.
    pub came: u64,
    /// Of how many.
    pub of: u64,
}

/// Makes those features of `truth` by the API that are not there yet, and asks how many people come
/// back to each on the sixth day; gives all of them, the one that keeps most first.
///
/// # Errors
/// When an answer is another one than `truth` says.
pub async fn check_compared(dashboard: &Dashboard, truth: &Value) -> Result<Vec<Kept>> {
    let planted = truth["feature_retention"].as_array().context("no retention")?;
    // The sixth day of those who begin later comes after the past ends.
    let last = Day::parse(truth["to"].as_str().context("no end")?)?.plus(-SIXTH).text();
    let question = json!({
        "report": "adoption", "retention": {"period": "day", "after": SIXTH, "cohorts": "first"},
        "date_range": {"from": truth["from"], "to": last},
    });
    let known = dashboard.ask(&question).await?;
    for it in planted {
        let element = it["element"].as_str().context("no element")?;
        if of(&known, element).is_none() {
            dashboard.make_feature(&json!({ "name": element, "any_of": [rule(element)] })).await?;
        }
    }
    // Whether their past is filled in or not, the answer is the same.
    let answer = dashboard.ask(&question).await?;
    let mut kept = Vec::new();
    for it in planted {
        let of = self::kept(&answer, it).with_context(|| format!("{it} is not in {answer}"))?;
        let expected = [&it["cohort"], &it["on_sixth_day"]].map(Value::as_u64);
        ensure!(expected == [Some(of.of), Some(of.came)], "{it}, not {of:?}");
        kept.push(of);
    }
    kept.sort_by(|a, b| (b.came * a.of).cmp(&(a.came * b.of)));
    Ok(kept)
}

/// What a first week with so many charts means.
#[derive(Debug)]
pub struct Told {
    /// So many charts.
    pub charts: u64,
    /// The correlation with coming back in the second week.
    pub phi: f64,
    /// Of those with so many, the share that comes back.
    pub with: f64,
    /// The share of the others.
    pub without: f64,
}

/// Asks what of the first week goes with coming back, and compares what is said of charts; gives
/// what the best number of charts means.
///
/// # Errors
/// When an answer is another one than `truth` says, or five charts are not the best.
pub async fn check_threshold(dashboard: &Dashboard, truth: &Value) -> Result<Told> {
    let planted = &truth["first_week_threshold"];
    let question = json!({
        "report": "threshold",
        "date_range": {"from": planted["from"], "to": planted["to"]},
    });
    let answer = dashboard.ask(&question).await?;
    ensure!(answer["all"]["people"] == planted["people"], "{}, not {planted}", answer["all"]);
    ensure!(answer["too_little"].is_null(), "too little: {}", answer["too_little"]);
    let charts = of(&answer, "save-chart").context("no charts")?;
    for cohort in planted["cohorts"].as_array().context("no cohorts")? {
        check_cohort(charts, cohort)?;
    }
    for planted in planted["phi"].as_array().context("no phi")? {
        let told = at_least(charts, &planted["at_least"]).context("no such count")?;
        let (told, planted) = (number(&told["phi"])?, number(&planted["phi"])?);
        ensure!((told - planted).abs() < ROUNDING, "phi is {told}, not {planted}");
    }
    let best = at_least(charts, &charts["best"]).context("no count is the best")?;
    let told = Told {
        charts: best["uses"].as_u64().context("no number")?,
        phi: number(&best["phi"])?,
        with: number(&best["did"]["rate"])?,
        without: number(&best["others"]["rate"])?,
    };
    ensure!(told.charts == 5 && best["band"] == "strong", "{told:?} is the best");
    ensure!(answer["features"][0]["name"] == "save-chart", "{}", answer["features"][0]);
    Ok(told)
}

/// Whether so many people have so many charts, and come back as often as planted.
fn check_cohort(charts: &Value, cohort: &Value) -> Result<()> {
    let from = cohort["at_least"].as_u64().context("no count")?;
    let to = cohort["at_most"].as_u64().unwrap_or(u64::MAX);
    let (mut people, mut came) = (0, 0);
    for exactly in charts["exactly"].as_array().context("no counts")? {
        if exactly["uses"].as_u64().is_some_and(|uses| (from..=to).contains(&uses)) {
            people += exactly["did"]["people"].as_u64().unwrap_or(0);
            came += exactly["did"]["came"].as_u64().unwrap_or(0);
        }
    }
    ensure!(Some(people) == cohort["people"].as_u64(), "{people} people, not {cohort}");
    #[allow(clippy::cast_precision_loss, reason = "numbers of people are small")]
    let returns = came as f64 / people.max(1) as f64;
    let planted = number(&cohort["returns"])?;
    ensure!((returns - planted).abs() < ROUNDING, "{returns} return, not {cohort}");
    Ok(())
}

/// The rule that means a click on one of Tidemark's elements.
fn rule(element: &str) -> Value {
    match element {
        "save-schema" => json!({
            "page": { "path": "/collection/sources/:id/schema" },
            "target": { "role": "button", "name": ["Save schema"] },
        }),
        "share" => json!({
            "target": { "role": "button", "name": ["Share"] }, "within": [{ "id": "share-dialog" }],
        }),
        "save-funnel" => json!({ "target": { "id": element } }),
        _ => json!({ "target": { "test_id": element } }),
    }
}

/// What is said of the feature that is called after an element.
fn of<'a>(answer: &'a Value, element: &str) -> Option<&'a Value> {
    answer["features"].as_array()?.iter().find(|it| it["name"] == element)
}

fn kept(answer: &Value, planted: &Value) -> Option<Kept> {
    let retention = &of(answer, planted["element"].as_str()?)?["retention"];
    let (came, of) = (retention["came"].as_u64()?, retention["of"].as_u64()?);
    Some(Kept { feature: planted["feature"].as_str()?.to_owned(), came, of })
}

fn at_least<'a>(charts: &'a Value, uses: &Value) -> Option<&'a Value> {
    charts["at_least"].as_array()?.iter().find(|it| it["uses"] == *uses)
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

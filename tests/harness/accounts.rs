//! What `load-gen` planted of three accounts, and what the collector says of them: week by week,
//! module by module, and on the list of those to look at.

use crate::dashboard::Dashboard;
use anyhow::{Context, Result, ensure};
use load_gen::feature::Feature;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The accounts that are compared number by number.
const COMPARED: [&str; 3] = ["acme-retail", "cobalt-travel", "dune-logistics"];
/// The most series of one trend.
const SERIES: usize = 5;

/// Tells what is known of the accounts besides, twice: the second time nothing is new. Gives how
/// many accounts that are.
///
/// # Errors
/// When something is refused, or written again.
pub async fn tell_records(dashboard: &Dashboard, truth: &Value) -> Result<usize> {
    let records = truth["records"].as_array().context("no records")?;
    let body = json!({ "records": records });
    let told = dashboard.tell_records(&body).await?;
    ensure!(told["rejected"] == json!([]), "{told}");
    let again = dashboard.tell_records(&body).await?;
    ensure!(again["accepted"] == 0 && again["rejected"] == json!([]), "said again: {again}");
    Ok(records.len())
}

/// Asks for the core actions of Acme, Cobalt and Dune, week by week and module by module; gives the
/// number of weeks that are as planted.
///
/// # Errors
/// When one of them is not.
pub async fn check_weeks(dashboard: &Dashboard, truth: &Value) -> Result<usize> {
    let ids = dashboard.feature_ids().await?;
    let mut n_weeks = 0;
    for account in COMPARED {
        let planted = of(truth, account)?;
        let mut by_module: BTreeMap<(usize, &str), u64> = BTreeMap::new();
        for features in Feature::ALL.chunks(SERIES) {
            let series = features.iter().map(|feature| {
                let id = ids.get(feature.completing()).context("no such feature")?;
                Ok(json!({ "feature": id, "where": [{ "property": "account", "is": [account] }] }))
            });
            let question = json!({
                "report": "trend", "series": series.collect::<Result<Vec<_>>>()?,
                "date_range": { "from": truth["from"], "to": truth["to"] },
            });
            let answer = dashboard.ask(&question).await?;
            for (feature, series) in
                features.iter().zip(answer["series"].as_array().context("none")?)
            {
                for (week, value) in series["values"].as_array().context("none")?.iter().enumerate()
                {
                    let n = value["uses"].as_u64().context("no number")?;
                    *by_module.entry((week, feature.module().segment())).or_default() += n;
                }
            }
        }
        for (week, planted) in planted["weeks"].as_array().context("no weeks")?.iter().enumerate() {
            let own = by_module.iter().filter(|((of, _), n)| *of == week && **n > 0);
            let told: Value =
                own.map(|((_, module), n)| ((*module).to_owned(), json!(n))).collect();
            let none = json!({});
            let told = if told.is_null() { &none } else { &told };
            ensure!(*told == planted["by_module"], "{account}: {told}, not {planted}");
            n_weeks += 1;
        }
    }
    Ok(n_weeks)
}

/// Asks the table of accounts, as it was when the day after the past began, what Acme, Cobalt and Dune
/// did; gives how many numbers are as planted.
///
/// # Errors
/// When one of them is not.
pub async fn check_table(dashboard: &Dashboard, truth: &Value) -> Result<usize> {
    let mut n_numbers = 0;
    // Planted is on which share of the seven days each was there, told are the days.
    for (metric, name, factor) in [
        ("core_actions", "core_actions", 1.0),
        ("people", "active_people", 1.0),
        ("stickiness", "active_days", 7.0),
    ] {
        let question = json!({ "on": truth["anchor"], "columns": [metric], "sort": metric });
        let table = dashboard.accounts(&question).await?;
        let weeks = table["weeks"].as_array().context("no weeks")?;
        let rows = table["accounts"].as_array().context("no accounts")?;
        for account in COMPARED {
            let row = rows.iter().find(|row| row["account"] == account);
            let row = row.with_context(|| format!("no {account} in the table"))?;
            let drawn = row["drawn"].as_array().context("no weeks of it")?;
            let planted = of(truth, account)?["weeks"].as_array().context("none planted")?;
            for planted in planted {
                let place = weeks.iter().position(|week| week["name"] == planted["monday"]);
                let Some(told) = place.and_then(|place| drawn.get(place)) else { continue };
                let expected = planted[name].as_f64().context("no number planted")? * factor;
                // Of a week in which nobody came there is no mean.
                let told = told.as_f64().unwrap_or_default();
                ensure!(
                    (told - expected).abs() < 1e-9,
                    "{account}, {metric}: {told}, not {planted}"
                );
                n_numbers += 1;
            }
        }
    }
    // Each of the thirteen weeks that are over.
    ensure!(n_numbers >= 3 * 13 * COMPARED.len(), "only {n_numbers} numbers are compared");
    Ok(n_numbers)
}

/// Asks whom to look at, as it was when the day after the past began, and gives what is said of Dune
/// and Acme.
///
/// Dune is open, Acme fell since one person left and is back two days after what was done for it, and
/// of Ivy nothing is said.
///
/// # Errors
/// When it is not so.
pub async fn check_look(dashboard: &Dashboard, truth: &Value) -> Result<[Value; 2]> {
    let anchor = truth["anchor"].as_str().context("no anchor")?;
    let look = dashboard.look(anchor).await?;
    let named = |list: &str, account: &str| {
        let mut of = look[list].as_array().into_iter().flatten();
        of.find(|it| it["account"] == account).cloned()
    };
    let dune = named("falls", "dune-logistics").with_context(|| format!("no Dune in {look}"))?;
    ensure!(dune["before"] == 200 && dune["now"] == 100 && dune["is_running"] == false, "{dune}");
    ensure!(dune["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{dune}");
    let acme = named("back", "acme-retail").with_context(|| format!("no Acme in {look}"))?;
    let noted = &acme["noted"];
    ensure!(noted["days_before"] == 2 && noted["is_intervention"] == true, "{acme}");
    let share = acme["share"].as_f64().context("no share")?;
    ensure!((share - 0.95).abs() < 1e-9, "{acme}");
    let gone = &acme["causes"][0];
    let made = gone["share"].as_f64().context("nobody is gone")?;
    ensure!(gone["cause"] == "person_quiet" && (made - 0.8).abs() < 0.05, "{acme}");
    for list in ["falls", "earlier", "back", "hardly_used", "taken_up", "leaning"] {
        ensure!(named(list, "ivy-clinics").is_none(), "Ivy in {list}: {look}");
    }
    Ok([dune, acme])
}

/// Asks whose modules lie idle and who took some up, and gives what is said of Cobalt then and now.
///
/// Two of its four lay idle when the day of its training began, and are taken up when the day after
/// the past begins.
///
/// # Errors
/// When it is not so.
pub async fn check_modules(dashboard: &Dashboard, truth: &Value) -> Result<[Value; 2]> {
    let anchor = truth["anchor"].as_str().context("no anchor")?;
    let cobalt = |look: Value, list: &str| {
        let mut of = look[list].as_array().into_iter().flatten();
        let cobalt = of.find(|it| it["account"] == "cobalt-travel").cloned();
        cobalt.with_context(|| format!("no Cobalt in {list} of {look}"))
    };
    let taken_up = cobalt(dashboard.look(anchor).await?, "taken_up")?;
    let trained = taken_up["intervention"]["day"].as_str().context("no training")?;
    let hardly = cobalt(dashboard.look(trained).await?, "hardly_used")?;
    let shares = |of: &Value, key: &str| -> BTreeMap<String, i64> {
        let modules = of["modules"].as_array().into_iter().flatten();
        let share = |it: &Value| (it[key].as_f64().unwrap_or(-1.0) * 100.0).round() as i64;
        modules.map(|it| (it["module"].as_str().unwrap_or("").to_owned(), share(it))).collect()
    };
    let of = |collection: i64, analysis: i64| {
        BTreeMap::from([("analysis".to_owned(), analysis), ("collection".to_owned(), collection)])
    };
    ensure!(hardly["n_contract"] == 4 && shares(&hardly, "share") == of(1, 1), "{hardly}");
    ensure!(shares(&taken_up, "before") == of(1, 1), "{taken_up}");
    ensure!(shares(&taken_up, "share") == of(18, 21), "{taken_up}");
    Ok([hardly, taken_up])
}

/// What is planted of an account.
fn of<'a>(truth: &'a Value, account: &str) -> Result<&'a Value> {
    let mut all = truth["accounts"].as_array().context("no accounts")?.iter();
    all.find(|it| it["id"] == account).with_context(|| format!("no {account}"))
}

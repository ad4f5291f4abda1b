//! What the demonstration has named and saved from the start: Tidemark's features, what is known of
//! its accounts, and the questions that lead through both as views of the team, each with what is to
//! be found there.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::collector::{Collector, PROJECT};
use super::past::Past;
use crate::process;
use crate::workspace::Workspace;

/// Names the features and saves the views, unless that was done for these data before: then they
/// are whatever somebody has made of them since.
///
/// # Errors
/// The collector does not take them.
pub(super) fn prepare(
    workspace: &Workspace,
    folder: &Path,
    collector: &Collector,
    past: &Past,
) -> Result<()> {
    let mark = mark(folder);
    if mark.try_exists()? {
        return Ok(());
    }
    process::step(
        "Naming Tidemark's features, telling of its accounts, and saving what to look at",
        || {
            let key = fs::read_to_string(collector.private_key())?;
            let program = Program::new(&collector.ready.dashboard, key.trim());
            let ids = program.name_all(&features())?;
            let known = program.names("views")?;
            let records = process::output(past.load_gen(workspace).arg("--records"))?;
            let records = serde_json::from_str(&records)?;
            tell_records(&program, &records)?;
            let views = views(&ids, &trained(&records)?)?;
            for view in views.iter().filter(|view| !known.contains_key(name(view))) {
                program.post("views", view)?;
            }
            Ok(())
        },
    )?;
    fs::write(mark, "").context("cannot note that the features are named")
}

/// Says what is known of the accounts besides: contracts, contacts, notes and what was done.
fn tell_records(program: &Program, records: &Value) -> Result<()> {
    let told = program.post("accounts/records", records)?;
    ensure!(told["rejected"] == json!([]), "records were refused: {told}");
    Ok(())
}

/// The day on which Acme's second analyst was trained, before which Acme is at its lowest.
fn trained(records: &Value) -> Result<String> {
    let all = records["records"].as_array().context("no records")?;
    let acme = all.iter().find(|it| it["account"] == "acme-retail").context("no Acme")?;
    let day = acme["notes"][0]["day"].as_str().context("nothing was noted of Acme")?;
    Ok(day.to_owned())
}

/// Forgets that it was done: for data that are made anew.
///
/// # Errors
/// The file system refuses.
pub(super) fn forget(folder: &Path) -> Result<()> {
    match fs::remove_file(mark(folder)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn mark(folder: &Path) -> PathBuf {
    folder.join("tour")
}

/// All days of Tidemark's past, whatever weekday today is: 26 weeks, the running one, and one more
/// for a past that was made some days ago.
const ALL_DAYS: u32 = 28 * 7;

/// The program that prepares, with the private key of the project.
struct Program {
    agent: ureq::Agent,
    address: String,
    bearer: String,
}

impl Program {
    fn new(origin: &str, key: &str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let address = format!("{}/v1/projects/{PROJECT}", origin.trim_end_matches('/'));
        Self { agent, address, bearer: format!("Bearer {key}") }
    }

    /// Names what has no name yet; gives the id of each feature by its name.
    fn name_all(&self, features: &[Value]) -> Result<BTreeMap<String, String>> {
        let mut ids = self.names("features")?;
        for feature in features {
            if !ids.contains_key(name(feature)) {
                let id = id(&self.post("features", feature)?)?;
                ids.insert(name(feature).to_owned(), id);
            }
        }
        Ok(ids)
    }

    /// What there is: the ids by name.
    fn names(&self, what: &str) -> Result<BTreeMap<String, String>> {
        let address = format!("{}/{what}", self.address);
        let mut answer = self.agent.get(address).header("Authorization", &self.bearer).call()?;
        let told = answer.body_mut().read_to_string().context("no answer")?;
        ensure!(answer.status().is_success(), "{what} are not told: {told}");
        let told: Value = serde_json::from_str(&told)?;
        let all = told[what].as_array().with_context(|| format!("no {what}"))?;
        all.iter().map(|one| Ok((name(one).to_owned(), id(one)?))).collect()
    }

    fn post(&self, what: &str, body: &Value) -> Result<Value> {
        let mut answer = self
            .agent
            .post(format!("{}/{what}", self.address))
            .header("Authorization", &self.bearer)
            .header("Content-Type", "application/json")
            .send(body.to_string())?;
        let told = answer.body_mut().read_to_string().context("no answer")?;
        ensure!(answer.status().is_success(), "{} was refused: {told}", name(body));
        Ok(serde_json::from_str(&told)?)
    }
}

fn name(one: &Value) -> &str {
    one["name"].as_str().unwrap_or_default()
}

fn id(one: &Value) -> Result<String> {
    one["id"].as_str().map(ToOwned::to_owned).with_context(|| format!("{} has no id", name(one)))
}

/// Tidemark's features: each with the click that completes it, and Smart path with the two steps
/// before that.
fn features() -> Vec<Value> {
    let by_test_id = |name: &str, kind: &str, test_id: &str| json!({ "name": name, "kind": kind, "any_of": [{ "target": { "test_id": test_id } }] });
    let schema = json!({
        "page": { "path": "/collection/sources/:id/schema" },
        "target": { "role": "button", "name": ["Save schema"] },
    });
    let share = json!({
        "target": { "role": "button", "name": ["Share"] }, "within": [{ "id": "share-dialog" }],
    });
    let funnel = json!({ "target": { "id": "save-funnel" } });
    let mut features = vec![
        json!({ "name": "Edit schema", "kind": "input", "any_of": [schema] }),
        json!({ "name": "Share board", "kind": "output", "any_of": [share] }),
        json!({ "name": "Save funnel", "kind": "core", "any_of": [funnel] }),
        json!({
            "name": "See Smart path", "kind": "core", "step": "view",
            "any_of": [{ "page": { "path": "/analysis/smart-path" } }],
        }),
        json!({
            "name": "Configure Smart path", "kind": "core", "step": "configure",
            "any_of": [{ "target": { "test_id": "configure-smart-path" } }],
        }),
    ];
    features.extend([
        by_test_id("Connect source", "input", "save-source"),
        by_test_id("Watch metric", "core", "watch"),
        by_test_id("Set alert", "core", "save-alert"),
        by_test_id("Save chart", "core", "save-chart"),
        by_test_id("Export", "output", "export-file"),
        by_test_id("Save people group", "core", "save-group"),
        by_test_id("Save Smart path", "core", "save-smart-path"),
        by_test_id("Invite a colleague", "core", "send-invitation"),
    ]);
    features
}

/// The questions, in the order in which one looks at them.
fn views(features: &BTreeMap<String, String>, trained: &str) -> Result<Vec<Value>> {
    let feature = |name: &str| {
        let id = features.get(name).with_context(|| format!("no feature `{name}`"))?;
        anyhow::Ok(format!("feature%3A{id}"))
    };
    let (see, configure) = (feature("See Smart path")?, feature("Configure Smart path")?);
    let save = feature("Save Smart path")?;
    let smart_path = format!("step={see}&step={configure}&step={save}&window=7d&last={ALL_DAYS}d");
    let comes_back = |name: &str| {
        let one = feature(name)?;
        anyhow::Ok(format!(
            "start={one}&return={one}&period=day&followed=14&cohorts=first&returns=on&last=90d"
        ))
    };
    let mut views = account_views(&feature, trained)?;
    views.extend([
        view(
            "4. Features, best first",
            "adoption",
            "period=week&after=4&back_period=day&back_after=6&cohorts=first&last=182d",
            "Saving people groups brings most people back on day 6. Export is used most, and hardly anybody comes back to it.",
        ),
        view(
            "5. What of the first week goes with coming back",
            "first-week",
            "last=182d",
            "Five charts saved in the first week: most of these people return in the second.",
        ),
        view(
            "6. Smart path: where people stop",
            "funnel",
            &smart_path,
            "Some 400 people see it, 120 configure one and 38 save it: most stop before they begin.",
        ),
        view(
            "7. Who comes back after saving a people group",
            "retention",
            &comes_back("Save people group")?,
            "The tall column is day 6: after no other feature do as many come back on it.",
        ),
        view(
            "8. Who comes back after an export",
            "retention",
            &comes_back("Export")?,
            "Used most, and hardly anybody is back on day 6.",
        ),
    ]);
    Ok(views)
}

/// Those about accounts: the open case, the one that recovered, and the one of two modules.
fn account_views(feature: &dyn Fn(&str) -> Result<String>, trained: &str) -> Result<Vec<Value>> {
    let of_cobalt = |name: &str| {
        anyhow::Ok(format!("series={}&where=account&is=cobalt-travel", feature(name)?))
    };
    let modules = ["Connect source", "Watch metric", "Save chart", "Save people group"];
    let modules = modules.into_iter().map(of_cobalt).collect::<Result<Vec<_>>>()?.join("&");
    Ok(vec![
        view(
            "1. The open case: Dune Logistics",
            "look",
            "",
            "200 core actions in a week, 100 in the next: what is known of it stands beside. Acme Retail stands below, as back.",
        ),
        view(
            "2. The case that recovered: Acme Retail",
            "look",
            &format!("on={trained}"),
            "As it was: Analyst 1 made 80 % of the use and left. Open the account for its days: two days after the training it is back.",
        ),
        view(
            "3. Two modules of four: Cobalt Travel",
            "trend",
            &format!("{modules}&period=week&last={ALL_DAYS}d"),
            "A feature of each module: until the training eight weeks ago, Collection and Analysis lay idle.",
        ),
    ])
}

/// A view of the team.
fn view(name: &str, report: &str, query: &str, what: &str) -> Value {
    json!({ "name": name, "description": what, "report": report, "query": query, "shared": true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_view_is_about_features_that_are_named() {
        let ids: BTreeMap<_, _> =
            features().iter().map(|one| (name(one).to_owned(), "00".repeat(8))).collect();
        assert_eq!(ids.len(), features().len());
        let views = views(&ids, "2026-10-19").unwrap();
        assert!(views.iter().all(|view| view["shared"] == true));
        assert!(super::views(&BTreeMap::new(), "2026-10-19").is_err());
        let noted = json!([{ "day": "2026-10-19" }]);
        let records = json!({ "records": [{ "account": "acme-retail", "notes": noted }] });
        assert_eq!(trained(&records).unwrap(), "2026-10-19");
    }
}

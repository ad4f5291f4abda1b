//! Sillage's dashboard, used as its members use it: by its forms, in a browser.

use crate::browser::Browser;
use crate::collector::{Collector, PROJECT};
use crate::visitor::{Seen, count};
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The first member of every test.
pub const EMAIL: &str = "pia@sillage.example";
/// The first member's password.
pub const PASSWORD: &str = "a short sentence is good";

/// A signed-in member's browser.
#[derive(Debug)]
pub struct Dashboard {
    browser: Browser,
    address: String,
    project: String,
}

/// A row of the funnel's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The step, as the screen calls it.
    pub step: String,
    /// How many people got there.
    pub people: u64,
}

impl Dashboard {
    /// Becomes the first member, on the page that the collector's line leads to.
    ///
    /// # Errors
    /// When the page is not there, or does not take the form.
    pub async fn begin(browser: Browser, collector: &Collector) -> Result<Self> {
        let welcome = collector.welcome().context("there is a member already")?;
        browser.open(welcome).await?;
        browser.type_into("name", "Pia").await?;
        browser.type_into("email", EMAIL).await?;
        browser.type_into("password", PASSWORD).await?;
        browser.click("Begin").await?;
        let dashboard = Self::new(browser, collector.address(), PROJECT);
        dashboard.browser.wait_for_path(&dashboard.path("setup")).await?;
        Ok(dashboard)
    }

    /// Signs in.
    ///
    /// # Errors
    /// When the sign-in page does not let the member in.
    pub async fn sign_in(
        browser: Browser,
        (address, project): (&str, &str),
        (email, password): (&str, &str),
    ) -> Result<Self> {
        let address = address.trim_end_matches('/');
        browser.open(&format!("{address}/sign-in")).await?;
        browser.type_into("email", email).await?;
        browser.type_into("password", password).await?;
        browser.click("Sign in").await?;
        let dashboard = Self::new(browser, address, project);
        until("the member is signed in", PATIENCE, async || {
            let path = dashboard.browser.path().await?;
            Ok(path.starts_with(&dashboard.path("")).then_some(()))
        })
        .await?;
        Ok(dashboard)
    }

    fn new(browser: Browser, address: &str, project: &str) -> Self {
        Self { browser, address: address.to_owned(), project: project.to_owned() }
    }

    fn path(&self, screen: &str) -> String {
        format!("/projects/{}/{screen}", self.project)
    }

    /// The member's browser.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// Opens one of the project's screens.
    ///
    /// # Errors
    /// When the page does not open.
    pub async fn open(&self, screen: &str) -> Result<()> {
        self.browser.open(&format!("{}{}", self.address, self.path(screen))).await
    }

    /// Has automated browsers counted, by the form of the Setup screen.
    ///
    /// # Errors
    /// When the form is not there, or the setting does not last.
    pub async fn count_automated(&self) -> Result<()> {
        let is_on = "return document.querySelector('[name=count_automated]').checked";
        self.open("setup").await?;
        if self.browser.run(is_on).await? == json!(false) {
            self.browser.click_on("//input[@name='count_automated']").await?;
            self.browser.click("Save").await?;
            let saved = "//*[contains(concat(' ', @class, ' '), ' notice ')]";
            self.browser.find(saved).await.context("nothing says that it is saved")?;
            self.open("setup").await?;
        }
        let is_on = self.browser.run(is_on).await?;
        ensure!(is_on == json!(true), "automated browsers are not counted");
        Ok(())
    }

    /// Asks for a funnel on its screen, choosing each step from what the screen offers.
    ///
    /// # Errors
    /// When a step is never offered, or offered twice, or there is no answer.
    pub async fn funnel(&self, steps: &[Seen]) -> Result<Vec<Row>> {
        self.open("funnel").await?;
        for (n, step) in (1..).zip(steps) {
            self.add_step(n, *step).await.with_context(|| format!("adding step {n}, {step:?}"))?;
        }
        self.rows(steps.len()).await
    }

    /// How many page views and clicks the Funnel screen counts, over all that it offers as steps.
    ///
    /// # Errors
    /// When the screen does not open.
    pub async fn captured(&self) -> Result<(u64, u64)> {
        self.open("funnel").await?;
        let script = "return ['page:', 'click:'].map(kind =>
            [...document.querySelectorAll(`button[name=add][value^='${kind}'] .n`)]
                .reduce((sum, n) => sum + Number(n.textContent.replace(/\\D/g, '')), 0))";
        let sums = self.browser.run(script).await?;
        let sum = |n: usize| sums[n].as_u64().context("the screen offers no steps");
        Ok((sum(0)?, sum(1)?))
    }

    async fn add_step(&self, n: usize, step: Seen) -> Result<()> {
        let what = match step {
            Seen::Page(path) => format!("@value='page:{path}'"),
            Seen::Click(label) => format!(
                "starts-with(@value, 'click:') and contains(.//span[@class='label'], '“{label}”')"
            ),
        };
        let pick = format!("//button[@name='add' and {what}]");
        let offered = until("the step is offered once", PATIENCE, async || {
            let n_offered = self.browser.count(&pick).await?;
            if n_offered == 0 {
                self.browser.reload().await?;
            }
            Ok((n_offered == 1).then_some(()))
        })
        .await;
        if offered.is_err() {
            let picks =
                "return [...document.querySelectorAll('button[name=add]')].map(b => b.innerText)";
            let picks = self.browser.run(picks).await?;
            return offered.with_context(|| format!("the screen offers {picks}"));
        }
        self.browser.run("document.getElementById('picker').open = true").await?;
        self.browser.click_on(&pick).await?;
        let n_steps = format!("count(//li[contains(concat(' ', @class, ' '), ' step ')])={n}");
        self.browser.find(&format!("//form[@id='report'][{n_steps}]")).await.map(drop)
    }

    /// The table of the funnel on the screen.
    ///
    /// # Errors
    /// When it does not come to have a row for each step.
    pub async fn rows(&self, n_steps: usize) -> Result<Vec<Row>> {
        let script = "return [...document.querySelectorAll('table.table tbody tr')].map(row =>
            [row.querySelector('th').innerText, row.querySelector('td').innerText])";
        until("the funnel's table is there", PATIENCE, async || {
            let rows = self.browser.run(script).await?;
            let rows: Vec<_> = rows.as_array().into_iter().flatten().filter_map(row).collect();
            Ok((rows.len() == n_steps).then_some(rows))
        })
        .await
    }

    /// Waits until the funnel on the screen shows these numbers, and gives the rows.
    ///
    /// # Errors
    /// When it never does, with what it showed instead.
    pub async fn wait_for_funnel(&self, steps: &[Seen], people: &[u64]) -> Result<Vec<Row>> {
        let mut rows = self.funnel(steps).await?;
        let shown = until("the funnel shows what happened", PATIENCE, async || {
            if rows.iter().map(|row| row.people).eq(people.iter().copied()) {
                return Ok(Some(rows.clone()));
            }
            self.browser.reload().await?;
            rows = self.rows(steps.len()).await?;
            Ok(None)
        })
        .await;
        shown.with_context(|| format!("expected {people:?}, the screen shows {rows:?}"))
    }

    /// Waits until the screen shows the funnel of these people, and compares it with the API's.
    ///
    /// # Errors
    /// When the screen never shows it, or the API says something else.
    pub async fn check_funnel(&self, steps: &[Seen], trails: &[Vec<Seen>]) -> Result<Vec<Row>> {
        let expected = count(trails, steps);
        let rows = self.wait_for_funnel(steps, &expected).await?;
        let answer = self.ask(&self.question().await?).await?;
        let steps = answer["steps"].as_array().with_context(|| format!("no steps in {answer}"))?;
        let people: Vec<_> = steps.iter().filter_map(|step| step["people"].as_u64()).collect();
        ensure!(people == expected, "expected {expected:?}, the API says {answer}");
        Ok(rows)
    }

    /// The question that the funnel's screen offers for the API.
    ///
    /// # Errors
    /// When there is none on the screen.
    pub async fn question(&self) -> Result<Value> {
        let text =
            self.browser.run("return document.querySelector('#question').textContent").await?;
        let text = text.as_str().context("the screen offers no question")?;
        serde_json::from_str(text).context("the question is no JSON")
    }

    /// Sets the identity rules of the project by the API, whatever they were.
    ///
    /// # Errors
    /// When the API does not take them.
    pub async fn set_identity_rules(&self, rules: &Value) -> Result<()> {
        let script = "const told = await (await fetch(input.path)).json();
            const body = JSON.stringify({ expected_version: told.version, rules: input.rules });
            const headers = { 'Content-Type': 'application/json' };
            const response = await fetch(input.path, { method: 'PUT', headers, body });
            if (!response.ok) throw new Error(response.status + ' ' + await response.text());";
        let path = format!("/v1/projects/{}/identity-rules", self.project);
        self.browser.run_async(script, json!({ "path": path, "rules": rules })).await.map(drop)
    }

    /// Asks the API, as the signed-in member.
    ///
    /// # Errors
    /// When it answers anything but success and JSON.
    pub async fn ask(&self, question: &Value) -> Result<Value> {
        self.post("query", question).await
    }

    /// Makes a feature by the API, as the signed-in member; gives it as it is kept.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn make_feature(&self, draft: &Value) -> Result<Value> {
        self.post("features", draft).await
    }

    /// What all accounts do, side by side.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn accounts(&self, table: &Value) -> Result<Value> {
        self.post("accounts", table).await
    }

    /// Says something of accounts by the API, as the signed-in member.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn tell_records(&self, records: &Value) -> Result<Value> {
        self.post("accounts/records", records).await
    }

    /// Which accounts are to be looked at, as it was when a day began.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn look(&self, day: &str) -> Result<Value> {
        self.get(&format!("look?on={day}")).await
    }

    /// The ids of all features, by their names.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn feature_ids(&self) -> Result<BTreeMap<String, String>> {
        let told = self.get("features").await?;
        let all = told["features"].as_array().context("no features")?.iter();
        let text = |of: &Value| of.as_str().map(str::to_owned);
        Ok(all.filter_map(|it| Some((text(&it["name"])?, text(&it["id"])?))).collect())
    }

    async fn get(&self, what: &str) -> Result<Value> {
        let script = "const response = await fetch(input.path);
            const text = await response.text();
            if (!response.ok) throw new Error(response.status + ' ' + text);
            return JSON.parse(text);";
        let path = format!("/v1/projects/{}/{what}", self.project);
        self.browser.run_async(script, json!({ "path": path })).await
    }

    async fn post(&self, what: &str, body: &Value) -> Result<Value> {
        let script = "const response = await fetch(input.path, { method: 'POST',
                headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(input.body) });
            const text = await response.text();
            if (!response.ok) throw new Error(response.status + ' ' + text);
            return JSON.parse(text);";
        let path = format!("/v1/projects/{}/{what}", self.project);
        self.browser.run_async(script, json!({ "path": path, "body": body })).await
    }
}

/// A row from its two cells; numbers may have separators between their thousands.
fn row(cells: &Value) -> Option<Row> {
    let (step, people) = (cells[0].as_str()?, cells[1].as_str()?);
    let digits: String = people.chars().filter(char::is_ascii_digit).collect();
    Some(Row { step: step.trim().to_owned(), people: digits.parse().ok()? })
}

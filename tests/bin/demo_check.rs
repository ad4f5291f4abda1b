//! Checks a running demonstration: what the dashboard says of the past is compared with what is
//! known to be true of it; then five people click through Tidemark in real browsers, and the
//! funnels are read from the dashboard and compared with what was clicked.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use e2e::accounts::{check_look, check_modules, check_table, check_weeks, tell_records};
use e2e::compared::{check_compared, check_threshold};
use e2e::database::Database;
use e2e::truth::{check_funnels, check_people, check_retention, check_usage};
use e2e::visitor::{ALERT, CONNECT, PEOPLE, Seen, WATCH_THEN_ALERT, n_clicks, n_pages};
use e2e::{Dashboard, Driver, Gallery, Visitor};
use serde_json::Value;
use std::path::PathBuf;

/// Checks a running demonstration that nobody has used before.
#[derive(Debug, Parser)]
struct Arguments {
    /// Address of the dashboard.
    #[arg(long)]
    dashboard: String,
    /// Address of Tidemark.
    #[arg(long)]
    product: String,
    /// The project that Tidemark's events belong to.
    #[arg(long)]
    project: String,
    /// The member's e-mail address.
    #[arg(long)]
    email: String,
    /// The member's password.
    #[arg(long)]
    password: String,
    /// What `load-gen` says is true of the past.
    #[arg(long)]
    truth: PathBuf,
    /// The collector's data folder.
    #[arg(long)]
    data: PathBuf,
    /// Takes pictures of every screen into this folder, in two sizes, light and dark.
    #[arg(long)]
    screenshots: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let driver = Driver::start().await?;
    let dashboard = sign_in(&driver, &arguments).await?;
    compare_past(&dashboard, &arguments).await?;
    count_automated(&dashboard, &arguments).await?;
    let trails = visit(&driver, &arguments).await?;
    for (question, steps) in [
        ("Connecting a source", &CONNECT[..]),
        ("Setting an alert", &ALERT),
        ("Watching first, an alert after", &WATCH_THEN_ALERT),
    ] {
        read_funnel(&dashboard, question, steps, &trails).await?;
    }
    let (views, clicks) = dashboard.captured().await?;
    say(&format!("The dashboard counts {clicks} clicks and {views} page views in all."));
    let happened = (u64::try_from(n_pages(&trails))?, u64::try_from(n_clicks(&trails))?);
    ensure!((views, clicks) == happened, "page views and clicks were {happened:?}");
    say(&read_identity(&dashboard).await?);
    let console = dashboard.browser().console().await?;
    ensure!(console.is_empty(), "the dashboard complains in the console: {console:?}");
    say("The dashboard's console is empty.");
    if let Some(folder) = &arguments.screenshots {
        let gallery = Gallery::open(folder)?;
        take_dashboard(&gallery, &driver, &dashboard, &arguments).await?;
        take_tidemark(&gallery, &driver, arguments.product.trim_end_matches('/')).await?;
        say(&format!("Pictures of every screen are in {}.", folder.display()));
    }
    say("All of it is right.");
    Ok(())
}

#[allow(clippy::print_stdout, reason = "what it saw is what this program is run for")]
fn say(sentence: &str) {
    println!("{sentence}");
}

async fn sign_in(driver: &Driver, arguments: &Arguments) -> Result<Dashboard> {
    let Arguments { dashboard, project, email, password, .. } = arguments;
    let browser = driver.browser().await?;
    let dashboard = Dashboard::sign_in(browser, (dashboard, project), (email, password)).await?;
    say(&format!("Signed in to the dashboard as {email}."));
    Ok(dashboard)
}

/// Has automated browsers counted: those that are driven here are some, and so is one of the past.
async fn count_automated(dashboard: &Dashboard, arguments: &Arguments) -> Result<()> {
    dashboard.count_automated().await?;
    let people = check_people(dashboard, &truth(arguments)?, true).await?;
    say(&format!("Switched on, on the Setup screen, that automated browsers count: {people} now."));
    Ok(())
}

fn truth(arguments: &Arguments) -> Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(&arguments.truth)?)?)
}

async fn visit(driver: &Driver, arguments: &Arguments) -> Result<Vec<Vec<Seen>>> {
    let mut trails = Vec::new();
    for (n, acts) in (1..).zip(PEOPLE) {
        let product = arguments.product.trim_end_matches('/');
        let mut visitor = Visitor::arrive(driver.browser().await?, product).await?;
        visitor.follow(acts).await?;
        let console = visitor.browser().console().await?;
        ensure!(console.is_empty(), "Tidemark's console is not empty: {console:?}");
        let trail = vec![visitor.leave().await?];
        let (clicks, pages) = (n_clicks(&trail), n_pages(&trail));
        say(&format!("Person {n} went through Tidemark: {clicks} clicks, {pages} pages."));
        trails.extend(trail);
    }
    say(&format!("{} clicks in all.", n_clicks(&trails)));
    Ok(trails)
}

async fn read_funnel(
    dashboard: &Dashboard,
    question: &str,
    steps: &[Seen],
    trails: &[Vec<Seen>],
) -> Result<()> {
    let rows = dashboard.check_funnel(steps, trails).await;
    let rows = rows.with_context(|| format!("the funnel of: {question}"))?;
    say(&format!("{question}, as the dashboard shows it and the API says it:"));
    for row in rows {
        say(&format!("    {:>3} people: {}", row.people, row.step));
    }
    Ok(())
}

/// Holds the past against what is known to be true of it, with neither staff nor automated browsers.
async fn compare_past(dashboard: &Dashboard, arguments: &Arguments) -> Result<()> {
    let truth = truth(arguments)?;
    let database = Database::of(&arguments.data)?;
    say("Of the past the API says what is known to be true:");
    let people = check_people(dashboard, &truth, false).await?;
    say(&format!("    {people} people came by the sign-in page, none of them automated"));
    for (name, [uses, people, accounts]) in check_usage(dashboard, &truth).await? {
        say(&format!("    {uses} uses, {people} people, {accounts} accounts: {name}"));
    }
    for (name, people) in check_funnels(dashboard, &database, &truth).await? {
        say(&format!("    {people:?} people: {name}"));
    }
    for it in check_retention(dashboard, &database, &truth).await? {
        let (came, cohort, feature) = (it.on_sixth_day, it.cohort, &it.feature);
        say(&format!("    {came} of {cohort} came back to {feature} on the sixth day"));
    }
    let best = check_compared(dashboard, &truth).await?;
    let best: Vec<_> = best.iter().take(3).map(|it| it.feature.as_str()).collect();
    say(&format!("    the same of all features side by side, best first: {}", best.join(", ")));
    let told = check_threshold(dashboard, &truth).await?;
    say(&format!(
        "    {} charts in the first week tell best who returns: {:.0} %, others {:.0} %, phi {:.2}",
        told.charts,
        told.with * 100.0,
        told.without * 100.0,
        told.phi
    ));
    look(dashboard, &truth).await
}

/// Tells what is known of the accounts besides, and holds three of them against what was planted.
async fn look(dashboard: &Dashboard, truth: &Value) -> Result<()> {
    let accounts = tell_records(dashboard, truth).await?;
    say(&format!("    of {accounts} accounts contracts, contacts and notes are kept, once"));
    let weeks = check_weeks(dashboard, truth).await?;
    say(&format!("    {weeks} weeks of Acme, Cobalt and Dune, each module as planted"));
    let numbers = check_table(dashboard, truth).await?;
    say(&format!("    {numbers} numbers of theirs in the table of accounts, as planted"));
    let [dune, acme] = check_look(dashboard, truth).await?;
    say(&format!("    Dune fell from {} to {}: {}", dune["before"], dune["now"], dune["causes"]));
    let noted = &acme["noted"];
    say(&format!("    Acme is back, {} days after {}", noted["days_before"], noted["text"]));
    let [idle, taken_up] = check_modules(dashboard, truth).await?;
    say(&format!("    Of Cobalt lay idle: {}", idle["modules"]));
    say(&format!(
        "    and were taken up after {}: {}",
        taken_up["intervention"]["text"], taken_up["modules"]
    ));
    Ok(())
}

/// Reads from the Identity screen how many events carry a person and a company.
async fn read_identity(dashboard: &Dashboard) -> Result<String> {
    dashboard.open("identity").await?;
    let shares = "return [...document.querySelectorAll('.coverage strong')].map(s => s.innerText)";
    let shares = dashboard.browser().run(shares).await?;
    let share = |n: usize| {
        let text = shares[n].as_str().with_context(|| format!("the Identity screen: {shares}"))?;
        let share: f64 = text.trim_end_matches('%').parse()?;
        // Only what happens on the sign-in page is nobody's yet.
        ensure!(share > 70.0, "only {text} of the events carry what the rules find");
        anyhow::Ok(text.to_owned())
    };
    let (person, company) = (share(0)?, share(1)?);
    Ok(format!(
        "By the identity rules, {person} of the events carry a person, {company} a company."
    ))
}

async fn take_dashboard(
    gallery: &Gallery,
    driver: &Driver,
    dashboard: &Dashboard,
    arguments: &Arguments,
) -> Result<()> {
    let both = ["light", "dark"];
    let browser = dashboard.browser();
    dashboard.funnel(&CONNECT).await?;
    gallery.take(browser, "funnel", &both).await?;
    dashboard.open("funnel").await?;
    gallery.take(browser, "funnel-empty", &both).await?;
    let pages = [
        "setup",
        "identity",
        "counted",
        "delivery",
        "dead-letters",
        "keys",
        "members",
        "features",
        "features/point",
        "features/clicked",
        "look",
        "views",
        "trend",
        "paths",
        "retention",
        "stickiness",
        "lifecycle",
        "adoption",
        "first-week",
    ];
    for page in pages {
        dashboard.open(page).await?;
        gallery.take(browser, page, &both).await?;
    }
    let browser = driver.browser().await?;
    browser.open(&format!("{}/sign-in", arguments.dashboard.trim_end_matches('/'))).await?;
    gallery.take(&browser, "sign-in", &both).await?;
    browser.close().await
}

async fn take_tidemark(gallery: &Gallery, driver: &Driver, tidemark: &str) -> Result<()> {
    let mut visitor = Visitor::arrive(driver.browser().await?, tidemark).await?;
    gallery.take(visitor.browser(), "tidemark-sign-in", &["light"]).await?;
    visitor.follow(&PEOPLE[0][..4]).await?;
    for path in [
        "/collection/sources",
        "/collection/sources/new",
        "/collection/sources/101",
        "/collection/sources/101/schema",
        "/monitoring/metrics",
        "/monitoring/metrics/1",
        "/monitoring/alerts",
        "/visualisation/charts",
        "/visualisation/charts/new",
        "/visualisation/boards",
        "/analysis/groups",
        "/analysis/funnels/new",
        "/analysis/smart-path",
        "/analysis/smart-path/configure",
        "/settings",
        "/settings/team",
        "/upgrade",
    ] {
        visitor.browser().open(&format!("{tidemark}{path}")).await?;
        let name = format!("tidemark{}", path.replace('/', "-"));
        gallery.take(visitor.browser(), &name, &["light", "dark"]).await?;
    }
    visitor.leave().await.map(drop)
}

//! In a list, a name is told only if another row has it, too: "Edit" stays, and a customer's name
//! is nowhere, neither on the wire nor in the database. Names of menus stay.

use anyhow::{Context, Result};
use e2e::Stage;
use e2e::relay::Relay;
use e2e::site::Site;
use serde_json::Value;

/// Customers are called by words with this beginning; no other name is.
const SECRET: &str = "Okapi";
/// More than are looked at from any of them.
const CUSTOMERS: usize = 50;

/// A click: what on, and the names that go with it, the element's own first.
type Click = (String, &'static [&'static str]);

fn customers(row: impl Fn(usize, &str) -> String) -> String {
    (0..CUSTOMERS).map(|n| row(n, &format!("{SECRET}{n} Ltd"))).collect()
}

/// A table with a customer in each row, and one that a search has left with a single row.
fn tables() -> String {
    let row = |n: usize, name: &str| {
        format!(
            "<tr role='row' aria-label='{name}'>\
             <td><input type='checkbox' aria-label='Select {name}'></td>\
             <td><a href='#/customers/{n}' title='Open {name}'>{name}</a></td>\
             <td><img alt='Logo of {name}'><span>{name}</span></td>\
             <td><button>Edit</button><button aria-label='Delete {name}'>×</button>\
             <button><img alt='{name}'></button></td></tr>"
        )
    };
    let head = "<thead><tr><th><button>By name</button></th></tr></thead>";
    let many = customers(row);
    let one = row(7, &format!("{SECRET}7 Ltd"));
    format!(
        "<table id='many'>{head}<tbody>{many}</tbody></table>\
         <table id='one'>{head}<tbody>{one}</tbody></table>"
    )
}

/// The same customers as list, tiles, cards, rows that are links or clicked as a whole, choices,
/// conversations in a menu, and as groups with a list of their own in each.
fn lists() -> String {
    let list = customers(|_, name| format!("<li><a href='#'>{name}</a></li>"));
    let cards = customers(|n, name| {
        let state = if n == 0 { " active" } else { "" };
        format!(
            "<div class='card{state}'><h3>{name}</h3><a href='#'>{name}</a>\
             <button>Call</button><div role='menu'><button role='menuitem'>Archive</button></div></div>"
        )
    });
    let links = customers(|n, name| format!("<a href='/customers/{n}'>{name}</a>"));
    let rows = customers(|_, name| format!("<div class='line' onclick=''>{name}, 4 orders</div>"));
    let choices = customers(|_, name| format!("<label><input type='checkbox'>{name}</label>"));
    let talks = customers(|n, name| format!("<li><a href='/talks/{n}'>{name}</a></li>"));
    let groups = customers(|_, name| {
        format!(
            "<li><b>{name}</b><ul><li><button>Rename</button></li><li><button>{name}</button></li></ul></li>"
        )
    });
    format!(
        "<ul id='list'>{list}</ul><div id='cards'>{cards}</div><div id='links'>{links}</div>\
         <div id='rows'>{rows}</div><fieldset id='choices'>{choices}</fieldset>\
         <nav id='talks' aria-label='Talks'><ul>{talks}</ul></nav><ul id='groups'>{groups}</ul>"
    )
}

/// What keeps its names: menus, tabs, commands, fields of a form.
const PRODUCT: &str = "
<nav id='menu' aria-label='Main'><ul><li><a href='#'>Dashboard</a></li><li><a href='#'>Settings</a></li></ul></nav>
<ul class='dropdown-menu' id='drop'><li><a href='#'>Export</a></li><li><a href='#'>Print</a></li></ul>
<div role='tablist' id='tabs'><button role='tab'>General</button><button role='tab'>Billing</button><button role='tab'>Team</button></div>
<div id='commands'><button>Save</button><button>Cancel</button><button>Discard</button></div>
<form id='fields'><div><label>Street <input></label></div><div><label>City <input></label></div><div><label>Country <input></label></div></form>";

fn clicks() -> Vec<Click> {
    let mut clicks: Vec<Click> = Vec::new();
    for (table, edit) in [("many", &["Edit"][..]), ("one", &[])] {
        let row = format!("(//table[@id='{table}']/tbody/tr)[last()]/td");
        clicks.extend([
            (format!("//table[@id='{table}']/thead//button"), &["By name"][..]),
            (format!("{row}/input"), &[]),
            (format!("{row}/a"), &[]),
            (format!("{row}/span"), &[]),
            (format!("{row}/button[1]"), edit),
            (format!("{row}/button[2]"), &[]),
            (format!("{row}/button[3]"), &[]),
        ]);
    }
    let others: [(&str, &[&str]); 17] = [
        ("//ul[@id='list']/li[25]/a", &[]),
        ("//div[@id='cards']/div[1]/a", &[]),
        ("//div[@id='cards']/div[9]/a", &[]),
        ("//div[@id='cards']/div[9]/button", &["Call"]),
        ("//div[@id='cards']/div[9]/div/button", &["Archive"]),
        ("//div[@id='links']/a[9]", &[]),
        ("//div[@id='rows']/div[9]", &[]),
        ("//fieldset[@id='choices']/label[9]/input", &[]),
        ("//nav[@id='talks']//li[9]/a", &["Talks"]),
        ("//ul[@id='groups']/li[9]/ul/li[1]/button", &["Rename"]),
        ("//ul[@id='groups']/li[9]/ul/li[2]/button", &[]),
        ("//nav[@id='menu']//li[2]/a", &["Settings", "Main"]),
        ("//ul[@id='drop']/li[1]/a", &["Export"]),
        ("//div[@id='tabs']/button[2]", &["Billing"]),
        ("//div[@id='commands']/button[1]", &["Save"]),
        ("//form[@id='fields']/div[2]//input", &["City"]),
        ("//form[@id='fields']/div[3]//input", &["Country"]),
    ];
    clicks.extend(others.map(|(xpath, names)| (xpath.to_owned(), names)));
    clicks
}

#[tokio::test]
async fn a_customers_name_is_nowhere() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), "").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    // What is clicked here leads nowhere.
    let still = "<script>addEventListener('click', (e) => e.preventDefault())</script>";
    let (tables, lists) = (tables(), lists());
    let page = format!("<title>Customers</title>{script}{still}{tables}{lists}{PRODUCT}");
    let site = Site::start(&[], &page).await?;
    let browser = stage.driver.browser().await?;
    browser.open(site.address()).await?;
    let clicks = clicks();
    for (xpath, _) in &clicks {
        browser.click_on(xpath).await.with_context(|| xpath.clone())?;
    }
    let kept = browser.run("return JSON.stringify(localStorage)").await?.to_string();
    browser.wait_until_sent().await?;

    let sent = sent(&relay)?;
    assert_eq!(sent.len(), clicks.len());
    for ((xpath, names), sent) in clicks.iter().zip(&sent) {
        assert_eq!(sent, names, "{xpath}");
    }
    let wire: String =
        relay.batches().iter().map(|batch| batch.head.clone() + &batch.text()).collect();
    assert!(!wire.contains(SECRET), "on the wire: {wire}");
    assert!(!kept.contains(SECRET), "in the browser's storage: {kept}");
    let database = stage.database()?;
    database.wait_for_events("click", u64::try_from(clicks.len())?).await?;
    let stored = database.dump().await?;
    assert!(stored.contains("Edit") && stored.contains("Settings"), "not stored: {stored}");
    assert!(!stored.contains(SECRET), "in the database: {stored}");
    Ok(())
}

/// The names in the element of each click, in the order of the clicks.
fn sent(relay: &Relay) -> Result<Vec<Vec<String>>> {
    let mut clicks = Vec::new();
    for request in relay.batches() {
        let batch: Value = serde_json::from_str(&request.text())?;
        let events = batch["events"].as_array().context("no events")?;
        for event in events.iter().filter(|event| event["kind"] == "click") {
            let at = event["element"].as_u64().context("no element")?;
            let chain = &batch["elements"][usize::try_from(at)?]["chain"];
            let nodes = chain.as_array().context("no chain")?.iter();
            let names = nodes.filter_map(|node| Some(node["name"].as_str()?.to_owned()));
            clicks.push((event["event_id"].to_string(), names.collect()));
        }
    }
    clicks.sort();
    clicks.dedup();
    Ok(clicks.into_iter().map(|(_, names)| names).collect())
}

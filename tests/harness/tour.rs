//! A tour through all of Tidemark: every element that its people of the past click, once.

use crate::browser::Browser;
use crate::relay::Relay;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result, ensure};
use load_gen::catalogue::{Clicked, Golden, HOST, pattern};
use protocol::{EventId, Kind, Timestamp, parse_batch};
use serde_json::Value;
use std::collections::BTreeMap;

/// One thing that the tour does.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// Clicks what this `XPath` finds, after which a page of this pattern is there.
    Click(&'static str, &'static str, &'static str),
    /// Types into the field with this name.
    Type(&'static str, &'static str),
}

use Move::{Click, Type};

/// The whole tour, from the sign-in page on: the key, where it is, where it leads.
const TOUR: [Move; 66] = [
    Type("email", "administrator.1@acme-retail.example"),
    Type("company", "Acme Retail"),
    Click("sign-in", "//form[.//input[@type='email']]//button", "/collection/sources"),
    Click("connect-source", "//*[@data-testid='connect-source']", "/collection/sources/new"),
    Click("cancel-source", "//a[.='Cancel']", "/collection/sources"),
    Click("connect-source", "//*[@data-testid='connect-source']", "/collection/sources/new"),
    Type("name", "Orders of the shop"),
    Click("save-source", "//*[@data-testid='save-source']", "/collection/sources/:id"),
    Click("nav-sources", "//nav//a[.='Sources']", "/collection/sources"),
    Click("open-source", "//td//a", "/collection/sources/:id"),
    Click("edit-schema", "//a[.='Edit schema']", "/collection/sources/:id/schema"),
    Click("save-schema", "//button[.='Save schema']", "/collection/sources/:id"),
    Click("nav-metrics", "//nav//a[.='Metrics']", "/monitoring/metrics"),
    Click("open-metric", "//a[contains(@class, 'tile')]", "/monitoring/metrics/:id"),
    Click("watch", "//*[@data-testid='watch']", "/monitoring/metrics/:id"),
    Click("set-alert", "//*[@data-open='alert-dialog']", "/monitoring/metrics/:id"),
    Click("cancel-alert", "//dialog[@open]//button[.='Cancel']", "/monitoring/metrics/:id"),
    Click("set-alert", "//*[@data-open='alert-dialog']", "/monitoring/metrics/:id"),
    Type("threshold", "45000"),
    Click("save-alert", "//*[@data-testid='save-alert']", "/monitoring/metrics/:id"),
    Click("nav-alerts", "//nav//a[.='Alerts']", "/monitoring/alerts"),
    Click("nav-charts", "//nav//a[.='Charts']", "/visualisation/charts"),
    Click("new-chart", "//a[.='New chart']", "/visualisation/charts/new"),
    Click("cancel-chart", "//a[.='Cancel']", "/visualisation/charts"),
    Click("new-chart", "//a[.='New chart']", "/visualisation/charts/new"),
    Type("name", "Revenue this month"),
    Click("save-chart", "//*[@data-testid='save-chart']", "/visualisation/charts/:id"),
    Click("nav-charts", "//nav//a[.='Charts']", "/visualisation/charts"),
    Click("open-chart", "//li//h2/a", "/visualisation/charts/:id"),
    Click("export", "//*[@data-open='export-dialog']", "/visualisation/charts/:id"),
    Click("export-file", "//*[@data-testid='export-file']", "/visualisation/charts/:id"),
    Click("nav-boards", "//nav//a[.='Boards']", "/visualisation/boards"),
    Click("open-board", "//tr[@data-href]/td[4]", "/visualisation/boards/:id"),
    Click("share-board", "//*[@data-open='share-dialog']", "/visualisation/boards/:id"),
    Click("pick-colleague", "//dialog[@open]//input[@name='with']", "/visualisation/boards/:id"),
    Click(
        "share",
        "//dialog[@open]//button[contains(@class, 'primary')]",
        "/visualisation/boards/:id",
    ),
    Click("nav-groups", "//nav//a[.='People groups']", "/analysis/groups"),
    Click("new-group", "//a[.='New group']", "/analysis/groups/new"),
    Click("cancel-group", "//a[.='Cancel']", "/analysis/groups"),
    Click("new-group", "//a[.='New group']", "/analysis/groups/new"),
    Type("name", "Regulars"),
    Type("value", "3"),
    Click("save-group", "//*[@data-testid='save-group']", "/analysis/groups/:id"),
    Click("nav-funnels", "//nav//a[.='Funnels']", "/analysis/funnels"),
    Click("new-funnel", "//a[.='New funnel']", "/analysis/funnels/new"),
    Click("cancel-funnel", "//a[.='Cancel']", "/analysis/funnels"),
    Click("new-funnel", "//a[.='New funnel']", "/analysis/funnels/new"),
    Type("name", "From the shop to the order"),
    Click("save-funnel", "//*[@id='save-funnel']", "/analysis/funnels/:id"),
    Click("nav-smart-path", "//nav//a[.='Smart path']", "/analysis/smart-path"),
    Click(
        "configure-smart-path",
        "//*[@data-testid='configure-smart-path']",
        "/analysis/smart-path/configure",
    ),
    Click("cancel-smart-path", "//a[.='Cancel']", "/analysis/smart-path"),
    Click(
        "configure-smart-path",
        "//*[@data-testid='configure-smart-path']",
        "/analysis/smart-path/configure",
    ),
    Type("name", "From the first visit"),
    Click("save-smart-path", "//*[@data-testid='save-smart-path']", "/analysis/smart-path/:id"),
    Click("nav-team", "//nav//a[@href='/settings/team']", "/settings/team"),
    Click("invite", "//*[@data-testid='invite']", "/settings/team"),
    Type("email", "analyst.9@acme-retail.example"),
    Click("send-invitation", "//*[@data-testid='send-invitation']", "/settings/team"),
    Click("nav-plan", "//nav//a[@href='/upgrade']", "/upgrade"),
    Click("choose-plan", "//button[starts-with(@data-open, 'order-')]", "/upgrade"),
    Click("cancel-order", "//dialog[@open]//button[.='Cancel']", "/upgrade"),
    Click("nav-settings", "//nav//a[@href='/settings']", "/settings"),
    Click("nav-sources", "//nav//a[.='Sources']", "/collection/sources"),
    Click("nav-metrics", "//nav//a[.='Metrics']", "/monitoring/metrics"),
    Click("sign-out", "//form[@action='/sign-out']//button", "/sign-in"),
];

/// Goes the whole tour through Tidemark at `tidemark`, whose pages send through `relay`; gives what
/// the collector received of it.
///
/// # Errors
/// When something cannot be clicked or is not sent, or a click is missing or too many.
pub async fn go(browser: &Browser, tidemark: &str, relay: &Relay) -> Result<Golden> {
    browser.open(&format!("{tidemark}/sign-in")).await?;
    for step in TOUR {
        act(browser, step).await.with_context(|| format!("at {step:?}"))?;
    }
    browser.wait_until_sent().await?;
    let host = tidemark.trim_start_matches("http://");
    read(relay, host)
}

async fn act(browser: &Browser, step: Move) -> Result<()> {
    let (xpath, page) = match step {
        Type(field, text) => return browser.type_into(field, text).await,
        Click(_, xpath, page) => (xpath, page),
    };
    // A page that is about to go must not be taken for the one that comes.
    let marked = "window.tour = performance.now(); return window.tour";
    let here = pattern(&browser.path().await?);
    browser.run(marked).await?;
    browser.click_on(xpath).await?;
    until(&format!("a page {page} is there"), PATIENCE, async || {
        let script = "return document.readyState === 'complete' ? location.pathname : ''";
        let path = browser.run(script).await.unwrap_or_default();
        let is_there = pattern(path.as_str().unwrap_or_default()) == page;
        let is_sent = is_there && (here != page || settled(browser).await);
        Ok(is_sent.then_some(()))
    })
    .await
}

/// Whether a click that leads to the same page has had its effect.
async fn settled(browser: &Browser) -> bool {
    browser.wait_until_sent().await.is_ok()
}

/// A click as it was sent, with the path of its page.
type Sent = (EventId, Timestamp, String, Value);

fn read(relay: &Relay, host: &str) -> Result<Golden> {
    let (mut clicks, mut pages) = (Vec::new(), BTreeMap::new());
    for request in relay.batches() {
        gather(&request.text(), host, &mut clicks, &mut pages)?;
    }
    // What goes with a page that is left is sent again by the next one.
    clicks.sort_by_key(|(id, ..)| *id);
    clicks.dedup_by_key(|(id, ..)| *id);
    clicks.sort_by_key(|(_, at, ..)| *at);
    let keys = TOUR.iter().filter_map(|step| match step {
        Click(key, ..) => Some(*key),
        Type(..) => None,
    });
    let keys: Vec<_> = keys.collect();
    ensure!(keys.len() == clicks.len(), "{} clicks, {} sent", keys.len(), clicks.len());
    let mut elements: Vec<Clicked> = Vec::new();
    for (key, (.., page, element)) in keys.into_iter().zip(clicks) {
        if !elements.iter().any(|known| known.key == key) {
            elements.push(Clicked { key: key.to_owned(), page, element });
        }
    }
    Ok(Golden { pages, elements })
}

/// Takes the clicks and the pages out of one batch.
fn gather(
    body: &str,
    host: &str,
    clicks: &mut Vec<Sent>,
    titles: &mut BTreeMap<String, String>,
) -> Result<()> {
    let batch = parse_batch(body.as_bytes())?;
    for event in batch.events.iter().flatten() {
        let at = |n: Option<u32>| usize::try_from(n.unwrap_or(u32::MAX)).unwrap_or(usize::MAX);
        let page = batch.pages.get(at(event.page)).context("an event without a page")?;
        let path = pattern(&page.path);
        if event.kind == Kind::PageView {
            // On a busy machine the first view may come before the title does.
            let title = page.title.as_deref().unwrap_or_default();
            let known = titles.entry(path.clone()).or_default();
            if known.is_empty() {
                title.clone_into(known);
            }
        }
        if event.kind == Kind::Click {
            let element = batch.elements.get(at(event.element)).context("no element")?;
            let element = serde_json::to_string(element)?.replace(host, HOST);
            clicks.push((event.event_id, event.timestamp, path, serde_json::from_str(&element)?));
        }
    }
    Ok(())
}

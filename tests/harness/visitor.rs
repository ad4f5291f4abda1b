//! People who go through Tidemark by a script, and what the script knows they did.

use crate::browser::Browser;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result};

/// One thing that a person does.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Clicks what has this label, which leads to a page of this pattern.
    Go(&'static str, &'static str),
    /// Clicks what has this label, after which the page says this.
    Press(&'static str, &'static str),
    /// Types into the field with this name.
    Type(&'static str, &'static str),
}

/// One thing that a collector must have noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A page of this pattern came up, by a load or by a change of route.
    Page(&'static str),
    /// What has this label was clicked.
    Click(&'static str),
}

/// A person with a browser of his own.
#[derive(Debug)]
pub struct Visitor {
    browser: Browser,
    trail: Vec<Seen>,
}

const SIGN_IN: &str = "/sign-in";
const SOURCES: &str = "/collection/sources";
const SOURCE: &str = "/collection/sources/:id";
const METRICS: &str = "/monitoring/metrics";
const METRIC: &str = "/monitoring/metrics/:id";

impl Visitor {
    /// A person who opens Tidemark's sign-in page in this browser.
    ///
    /// # Errors
    /// When the page does not open.
    pub async fn arrive(browser: Browser, tidemark: &str) -> Result<Self> {
        browser.open(&format!("{tidemark}{SIGN_IN}")).await?;
        Ok(Self { browser, trail: vec![Seen::Page(SIGN_IN)] })
    }

    /// The person's browser.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// What happened so far.
    pub fn trail(&self) -> &[Seen] {
        &self.trail
    }

    /// Does one thing, and waits until the page shows that it is done.
    ///
    /// # Errors
    /// When it cannot be done, or the page does not follow.
    pub async fn act(&mut self, act: Act) -> Result<()> {
        match act {
            Act::Go(label, page) => {
                self.browser.click(label).await?;
                self.trail.extend([Seen::Click(label), Seen::Page(page)]);
                self.wait_for_page(page).await
            }
            Act::Press(label, says) => {
                self.browser.click(label).await?;
                self.trail.push(Seen::Click(label));
                let says = format!("//*[normalize-space()='{says}' or @placeholder='{says}' or @aria-label='{says}']");
                self.browser.find(&says).await.map(drop)
            }
            Act::Type(field, text) => self.browser.type_into(field, text).await,
        }
        .with_context(|| format!("after {:?}", self.trail))
    }

    /// Does one thing after the other.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn follow(&mut self, acts: &[Act]) -> Result<()> {
        for act in acts {
            self.act(*act).await?;
        }
        Ok(())
    }

    /// Clicks the page's heading, which does nothing, and waits for nothing.
    ///
    /// # Errors
    /// When there is no heading.
    pub async fn click_heading(&mut self) -> Result<()> {
        self.browser.click_on("//h1").await?;
        self.trail.push(Seen::Click("the heading"));
        Ok(())
    }

    async fn wait_for_page(&self, pattern: &str) -> Result<()> {
        let script = "return document.readyState === 'complete' ? location.pathname : ''";
        until(&format!("the page {pattern} is there"), PATIENCE, async || {
            // Between two documents there is none to ask.
            let path = self.browser.run(script).await.unwrap_or_default();
            Ok(is_of(path.as_str().unwrap_or_default(), pattern).then_some(()))
        })
        .await
    }

    /// Waits until the collector has everything, then leaves for good. Gives the trail.
    ///
    /// # Errors
    /// When something is never acknowledged.
    pub async fn leave(self) -> Result<Vec<Seen>> {
        self.browser.wait_until_sent().await?;
        self.browser.close().await?;
        Ok(self.trail)
    }
}

/// Whether a path belongs to a pattern, where `:id` stands for a number.
fn is_of(path: &str, pattern: &str) -> bool {
    let mut segments = path.split('/');
    let fits = |wanted: &str| {
        segments.next().is_some_and(|segment| match wanted {
            ":id" => segment.parse::<u32>().is_ok(),
            _ => segment == wanted,
        })
    };
    pattern.split('/').all(fits) && segments.next().is_none()
}

/// How many people got how far through `steps`, in this order: the count that reports must show.
pub fn count(trails: &[Vec<Seen>], steps: &[Seen]) -> Vec<u64> {
    let depths: Vec<_> = trails.iter().map(|trail| depth(trail, steps)).collect();
    let reached = |n: usize| depths.iter().filter(|depth| **depth > n).count();
    (0..steps.len()).map(|n| u64::try_from(reached(n)).unwrap_or(u64::MAX)).collect()
}

fn depth(trail: &[Seen], steps: &[Seen]) -> usize {
    let mut steps = steps.iter().peekable();
    let mut depth = 0;
    for seen in trail {
        if steps.next_if_eq(&seen).is_some() {
            depth += 1;
        }
    }
    depth
}

/// How many clicks are in the trails.
pub fn n_clicks(trails: &[Vec<Seen>]) -> usize {
    trails.iter().flatten().filter(|seen| matches!(seen, Seen::Click(_))).count()
}

/// How many page views are in the trails.
pub fn n_pages(trails: &[Vec<Seen>]) -> usize {
    trails.iter().flatten().filter(|seen| matches!(seen, Seen::Page(_))).count()
}

/// Connecting a source, from the list to the end.
pub const CONNECT: [Seen; 4] = [
    Seen::Page(SOURCES),
    Seen::Click("Connect source"),
    Seen::Page("/collection/sources/new"),
    Seen::Click("Save source"),
];

/// Setting an alert, from the list of metrics to the end.
pub const ALERT: [Seen; 4] =
    [Seen::Page(METRICS), Seen::Page(METRIC), Seen::Click("Set alert"), Seen::Click("Save alert")];

/// Watching first, an alert after: who does it the other way round does not count.
pub const WATCH_THEN_ALERT: [Seen; 2] = [Seen::Click("Watch"), Seen::Click("Save alert")];

/// What the five people of the script do: 49 clicks.
pub const PEOPLE: [&[Act]; 5] = [&ANALYST, &MANAGER, &MARKETER, &ALERTED, &ADMINISTRATOR];

/// Goes the whole way in both modules, and signs out.
const ANALYST: [Act; 20] = [
    Act::Type("email", "ann.ames@acme.example"),
    Act::Type("password", "correct horse"),
    Act::Type("company", "Acme Retail"),
    Act::Go("Sign in", SOURCES),
    Act::Go("Connect source", "/collection/sources/new"),
    Act::Type("name", "Orders of the shop"),
    Act::Go("Save source", SOURCE),
    Act::Go("Edit schema", "/collection/sources/:id/schema"),
    Act::Press("Add column", "new_column"),
    Act::Go("Save schema", SOURCE),
    Act::Go("Metrics", METRICS),
    Act::Go("Revenue", METRIC),
    Act::Press("90 days", "Revenue, last 90 days"),
    Act::Press("Watch", "Stop watching"),
    Act::Press("Set alert", "Alert on Revenue"),
    Act::Type("threshold", "45000"),
    Act::Press("Save alert", "falls below €45.0k"),
    Act::Go("Alerts", "/monitoring/alerts"),
    Act::Go("Sources", SOURCES),
    Act::Go("Sign out", SIGN_IN),
];

/// Connects a source, and shrinks back from an alert.
const MANAGER: [Act; 14] = [
    Act::Type("email", "bob@bolt.example"),
    Act::Type("company", "Bolt Works"),
    Act::Go("Sign in", SOURCES),
    Act::Go("Connect source", "/collection/sources/new"),
    Act::Type("name", "Machines"),
    Act::Go("Save source", SOURCE),
    Act::Go("Metrics", METRICS),
    Act::Go("Refund rate", METRIC),
    Act::Press("Set alert", "Alert on Refund rate"),
    Act::Press("Cancel", "Set alert"),
    Act::Go("Metrics", METRICS),
    Act::Go("Basket size", METRIC),
    Act::Press("Watch", "Stop watching"),
    Act::Go("Alerts", "/monitoring/alerts"),
];

/// Gives up the form, and only watches.
const MARKETER: [Act; 10] = [
    Act::Type("email", "cleo@cobalt.example"),
    Act::Type("company", "Cobalt Travel"),
    Act::Go("Sign in", SOURCES),
    Act::Go("Connect source", "/collection/sources/new"),
    Act::Go("Cancel", SOURCES),
    Act::Go("Metrics", METRICS),
    Act::Go("New sign-ups", METRIC),
    Act::Press("Watch", "Stop watching"),
    Act::Press("Stop watching", "Watch"),
    Act::Go("Alerts", "/monitoring/alerts"),
];

/// Sets the alert first, and watches after.
const ALERTED: [Act; 13] = [
    Act::Type("email", "dan@dune.example"),
    Act::Type("company", "Dune Logistics"),
    Act::Go("Sign in", SOURCES),
    Act::Go("Metrics", METRICS),
    Act::Go("Delivered on time", METRIC),
    Act::Press("Set alert", "Alert on Delivered on time"),
    Act::Type("threshold", "90"),
    Act::Press("Save alert", "falls below 90.0 %"),
    Act::Press("Watch", "Stop watching"),
    Act::Go("Alerts", "/monitoring/alerts"),
    Act::Press("Delete", "See the metrics"),
    Act::Go("See the metrics", METRICS),
    Act::Go("Revenue", METRIC),
];

/// Looks after a schema, and never gets to Monitoring.
const ADMINISTRATOR: [Act; 8] = [
    Act::Type("email", "eve@ember.example"),
    Act::Type("company", "Ember Bank"),
    Act::Go("Sign in", SOURCES),
    Act::Go("Sample orders", SOURCE),
    Act::Go("Edit schema", "/collection/sources/:id/schema"),
    Act::Go("Cancel", SOURCE),
    Act::Go("Sources", SOURCES),
    Act::Go("Sign out", SIGN_IN),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_by_how_far_they_got_in_order() {
        let (a, b, c) = (Seen::Click("a"), Seen::Click("b"), Seen::Page("/c"));
        let trails = [vec![a, b, c], vec![b, a, c], vec![a, c, b, a, c], vec![c]];
        assert_eq!(count(&trails, &[a, b, c]), [3, 2, 2]);
        assert_eq!(count(&trails, &[c, b]), [4, 1]);
        assert_eq!((n_clicks(&trails), n_pages(&trails)), (7, 5));
    }

    #[test]
    fn a_path_belongs_to_its_pattern_only() {
        assert!(is_of("/monitoring/metrics/12", METRIC));
        assert!(!is_of("/monitoring/metrics", METRIC));
        assert!(!is_of("/monitoring/metrics/12/alerts", METRIC));
        assert!(!is_of("/collection/sources/new", SOURCE));
        assert!(!is_of("", SOURCES));
    }

    #[test]
    fn the_script_has_at_least_forty_clicks() {
        let acts = PEOPLE.iter().flat_map(|acts| acts.iter());
        let n = acts.filter(|act| !matches!(act, Act::Type(..))).count();
        assert!(n >= 40, "{n}");
    }
}

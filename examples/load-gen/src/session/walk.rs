//! One visit: pages and clicks, one after the other, as Tidemark leads.

use super::{Act, Sink};
use crate::catalogue::{Catalogue, pattern};
use crate::feature::Feature;
use crate::plan::Look;
use crate::random::Random;
use anyhow::Result;
use protocol::{Context, EventId, Kind, Page, Properties, Timestamp};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The browsers that people have.
pub(crate) const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:149.0) Gecko/20100101 Firefox/149.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
];

/// One thing that happens, with all that is to be told of it.
#[derive(Debug)]
pub struct Happening<'a> {
    /// Its id.
    pub event_id: EventId,
    /// What happens.
    pub kind: Kind,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub context: Context<'a>,
    /// On which page.
    pub page: Option<Page<'a>>,
    /// On which element: its key and its description.
    pub element: Option<(&'a str, &'a RawValue)>,
    /// What else there is to say.
    pub properties: &'a Properties<'static>,
    /// The browser, in its own words.
    pub agent: &'static str,
    /// Where it is.
    pub country: &'static str,
}

/// Who visits.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) anonymous_id: String,
    pub(crate) user_id: Option<String>,
    pub(crate) account_id: Option<String>,
    pub(crate) session_id: String,
    pub(crate) country: &'static str,
    pub(crate) agent: &'static str,
    pub(crate) is_automated: bool,
}

/// A visit that goes on.
pub(crate) struct Walk<'a, 's> {
    catalogue: &'a Catalogue,
    visitor: Visitor,
    at: Timestamp,
    random: Random,
    sink: Sink<'s>,
    path: String,
    /// The page that is in view, and for how many milliseconds somebody was engaged with it.
    in_view: Option<(String, i64)>,
}

/// After the last sign of somebody, so much counts, as in a browser.
const IDLE_MS: i64 = 30_000;

const NOTHING: &Properties<'static> = &Properties::new();

impl<'a, 's> Walk<'a, 's> {
    pub(crate) fn new(
        catalogue: &'a Catalogue,
        visitor: Visitor,
        (at, random): (Timestamp, Random),
        sink: Sink<'s>,
    ) -> Self {
        Self { catalogue, visitor, at, random, sink, path: String::new(), in_view: None }
    }

    /// The last page is left. When that is, and what is left of chance.
    pub(crate) fn end(mut self) -> Result<(Timestamp, Random)> {
        self.leave()?;
        Ok((self.at, self.random))
    }

    fn tell(
        &mut self,
        kind: Kind,
        key: Option<&str>,
        properties: &Properties<'static>,
    ) -> Result<()> {
        let Visitor { anonymous_id, user_id, account_id, session_id, .. } = &self.visitor;
        let context = Context {
            anonymous_id: Cow::Borrowed(anonymous_id),
            user_id: user_id.as_deref().map(Cow::Borrowed),
            account_id: account_id.as_deref().map(Cow::Borrowed),
            session_id: Cow::Borrowed(session_id),
            language: Some(Cow::Borrowed("en")),
            automated: self.visitor.is_automated,
            ..Context::default()
        };
        let title = self.catalogue.title(&pattern(&self.path))?;
        let element = match key {
            Some(key) => Some((key, self.catalogue.element(key)?)),
            None => None,
        };
        (self.sink)(&Happening {
            event_id: EventId::new(self.at, self.random.ten_bytes()),
            kind,
            at: self.at,
            context,
            page: Some(Page {
                host: Cow::Borrowed(self.catalogue.host()),
                path: Cow::Borrowed(&self.path),
                title: Some(Cow::Borrowed(title)),
            }),
            element,
            properties,
            agent: self.visitor.agent,
            country: self.visitor.country,
        })
    }

    /// The page that is in view is left, if one is.
    fn leave(&mut self) -> Result<()> {
        let Some((path, engaged)) = self.in_view.take() else { return Ok(()) };
        let mut properties = Properties::new();
        properties.set("engaged_ms", engaged.to_string());
        properties.set("scroll_percent", self.random.between(35, 100).to_string());
        let next = std::mem::replace(&mut self.path, path);
        self.tell(Kind::PageLeave, None, &properties)?;
        self.path = next;
        self.wait(1, 5);
        Ok(())
    }

    /// A page comes up; it is looked at for a while.
    pub(crate) fn view(&mut self, path: &str) -> Result<()> {
        self.leave()?;
        path.clone_into(&mut self.path);
        self.in_view = Some((path.to_owned(), 0));
        self.tell(Kind::PageView, None, NOTHING)?;
        self.wait(3_000, 16_000);
        Ok(())
    }

    /// A click, which takes effect soon.
    pub(crate) fn click(&mut self, key: &str) -> Result<()> {
        self.tell(Kind::Click, Some(key), NOTHING)?;
        self.wait(250, 900);
        Ok(())
    }

    fn wait(&mut self, low: i32, high: i32) {
        let ms = i64::from(self.random.between(low, high));
        self.at = self.at.plus_millis(ms);
        if let Some((_, engaged)) = &mut self.in_view {
            *engaged += ms.min(IDLE_MS);
        }
    }

    pub(crate) fn sign_in(&mut self) -> Result<()> {
        self.view("/sign-in")?;
        self.click("sign-in")?;
        self.leave()?;
        "/collection/sources".clone_into(&mut self.path);
        Ok(())
    }

    pub(crate) fn identify(&mut self, user_id: &str, traits: &Properties<'static>) -> Result<()> {
        self.visitor.user_id = Some(user_id.to_owned());
        self.begin_somewhere();
        self.tell(Kind::Identify, None, traits)?;
        self.wait(1, 5);
        Ok(())
    }

    pub(crate) fn group(&mut self, account: &str, attributes: &Properties<'static>) -> Result<()> {
        self.visitor.account_id = Some(account.to_owned());
        self.begin_somewhere();
        self.tell(Kind::Group, None, attributes)?;
        self.wait(1, 5);
        Ok(())
    }

    /// Where the page itself speaks before anything else has happened.
    fn begin_somewhere(&mut self) {
        if self.path.is_empty() {
            "/collection/sources".clone_into(&mut self.path);
        }
    }

    /// The browser forgets who it was, after it has told what he did.
    pub(crate) fn become_somebody(&mut self, anonymous_id: String) -> Result<()> {
        self.leave()?;
        self.visitor.anonymous_id = anonymous_id;
        self.visitor.user_id = None;
        self.visitor.account_id = None;
        Ok(())
    }

    /// Does one thing.
    pub(crate) fn act(&mut self, act: Act) -> Result<()> {
        match act {
            Act::Complete(feature) => {
                self.configure(feature)?;
                self.wait(5_000, 40_000);
                self.complete(feature)
            }
            Act::Look(Look::Abandon(feature)) => {
                self.configure(feature)?;
                self.cancel(feature)
            }
            Act::Look(Look::At(feature)) => self.see(feature),
            Act::Look(Look::Metric) => self.see(Feature::WatchMetric),
            Act::Look(Look::Chart) => {
                self.go("nav-charts", "/visualisation/charts")?;
                self.open("open-chart", "/visualisation/charts")
            }
            Act::Look(Look::Upgrade) => self.go("nav-plan", "/upgrade"),
        }
    }

    /// Gets to a page of the navigation.
    pub(crate) fn go(&mut self, key: &str, path: &str) -> Result<()> {
        if self.path == path {
            return Ok(());
        }
        // A visit begins with a bookmark.
        if !self.path.is_empty() && self.path != "/sign-in" {
            self.click(key)?;
        }
        self.view(path)
    }

    /// Opens one of a list.
    fn open(&mut self, key: &str, folder: &str) -> Result<()> {
        self.click(key)?;
        let id = if folder == "/monitoring/metrics" { (1, 8) } else { (101, 140) };
        let id = self.random.between(id.0, id.1);
        self.view(&format!("{folder}/{id}"))
    }

    /// The first step of a feature: it is seen.
    fn see(&mut self, feature: Feature) -> Result<()> {
        match feature {
            Feature::ConnectSource => self.go("nav-sources", "/collection/sources"),
            Feature::EditSchema => {
                self.go("nav-sources", "/collection/sources")?;
                self.open("open-source", "/collection/sources")
            }
            Feature::WatchMetric | Feature::SetAlert => {
                self.go("nav-metrics", "/monitoring/metrics")?;
                self.open("open-metric", "/monitoring/metrics")
            }
            Feature::SaveChart => self.go("nav-charts", "/visualisation/charts"),
            Feature::Export => {
                if self.path.starts_with("/visualisation/charts/") {
                    return Ok(());
                }
                self.go("nav-charts", "/visualisation/charts")?;
                self.open("open-chart", "/visualisation/charts")
            }
            Feature::ShareBoard => {
                self.go("nav-boards", "/visualisation/boards")?;
                self.open("open-board", "/visualisation/boards")
            }
            Feature::SaveGroup => self.go("nav-groups", "/analysis/groups"),
            Feature::SaveFunnel => self.go("nav-funnels", "/analysis/funnels"),
            Feature::SmartPath => self.go("nav-smart-path", "/analysis/smart-path"),
            Feature::Invite => self.go("nav-team", "/settings/team"),
        }
    }

    /// The second step: it is configured.
    fn configure(&mut self, feature: Feature) -> Result<()> {
        self.see(feature)?;
        match feature {
            Feature::ConnectSource => self.follow("connect-source", "/collection/sources/new"),
            Feature::EditSchema => {
                let path = format!("{}/schema", self.path);
                self.follow("edit-schema", &path)
            }
            Feature::WatchMetric => Ok(()),
            Feature::SetAlert => self.click("set-alert"),
            Feature::SaveChart => self.follow("new-chart", "/visualisation/charts/new"),
            Feature::Export => self.click("export"),
            Feature::ShareBoard => {
                self.click("share-board")?;
                self.click("pick-colleague")
            }
            Feature::SaveGroup => self.follow("new-group", "/analysis/groups/new"),
            Feature::SaveFunnel => self.follow("new-funnel", "/analysis/funnels/new"),
            Feature::SmartPath => {
                self.follow("configure-smart-path", "/analysis/smart-path/configure")
            }
            Feature::Invite => self.click("invite"),
        }
    }

    /// The last step: the click that counts, and the page that follows.
    fn complete(&mut self, feature: Feature) -> Result<()> {
        self.click(feature.completing())?;
        let id = self.random.between(101, 140);
        match feature {
            Feature::ConnectSource => self.view(&format!("/collection/sources/{id}")),
            Feature::EditSchema => {
                let path = self.path.trim_end_matches("/schema").to_owned();
                self.view(&path)
            }
            Feature::SaveChart => self.view(&format!("/visualisation/charts/{id}")),
            Feature::ShareBoard => {
                let path = self.path.clone();
                self.view(&path)
            }
            Feature::SaveGroup => self.view(&format!("/analysis/groups/{id}")),
            Feature::SaveFunnel => self.view(&format!("/analysis/funnels/{id}")),
            Feature::SmartPath => self.view(&format!("/analysis/smart-path/{id}")),
            Feature::Invite => self.view("/settings/team"),
            Feature::WatchMetric | Feature::SetAlert | Feature::Export => Ok(()),
        }
    }

    fn cancel(&mut self, feature: Feature) -> Result<()> {
        match feature {
            Feature::ConnectSource => self.follow("cancel-source", "/collection/sources"),
            Feature::SetAlert => self.click("cancel-alert"),
            Feature::SaveChart => self.follow("cancel-chart", "/visualisation/charts"),
            Feature::SaveGroup => self.follow("cancel-group", "/analysis/groups"),
            Feature::SaveFunnel => self.follow("cancel-funnel", "/analysis/funnels"),
            Feature::SmartPath => self.follow("cancel-smart-path", "/analysis/smart-path"),
            _ => Ok(()),
        }
    }

    fn follow(&mut self, key: &str, path: &str) -> Result<()> {
        self.click(key)?;
        self.view(path)
    }
}

//! What is used most of late: what the screens of reports offer to be chosen.
//!
//! To count it, all events of thirty days are read, and every look at a report needs it. Where much
//! is used, what is used most hardly changes within minutes, so what was counted holds for some.
//! Where little is, somebody waits for her first click to be there, and counting is quick.

use analytics::catalog::{
    ClickedElement, OwnEvent, Search, ViewedPage, clicked_elements, own_events, properties,
    viewed_pages,
};
use analytics::{Error, Property, Scope};
use protocol::{ProjectId, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::Connection;

/// How long it holds where much is used.
const HOLDS_MS: i64 = 5 * 60 * 1_000;

/// So many uses are much.
const MUCH: u64 = 10_000;

/// What was used in the last thirty days, each most used first.
#[derive(Debug, Default)]
pub struct Lately {
    /// Pages that were viewed.
    pub pages: Vec<ViewedPage>,
    /// Elements that were clicked.
    pub elements: Vec<ClickedElement>,
    /// Events that pages told on their own.
    pub events: Vec<OwnEvent>,
    /// Properties that there are.
    pub properties: Vec<Property>,
}

/// What was counted last, by project.
#[derive(Debug, Default)]
pub struct Counted(Mutex<HashMap<ProjectId, Held>>);

/// What was counted for a question about these people, and when.
#[derive(Debug)]
struct Held {
    scope: Scope,
    at: Timestamp,
    lately: Arc<Lately>,
}

impl Counted {
    /// What is used most of late, of what contains this text; counted now, or some minutes ago
    /// where much is used and all is asked for.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub async fn lately(
        &self,
        store: &Connection,
        scope: &Scope,
        text: &str,
        now: Timestamp,
    ) -> Result<Arc<Lately>, Error> {
        let is_all = text.trim().is_empty();
        if let Some(held) = self.held(scope, now).filter(|_| is_all) {
            return Ok(held);
        }
        let search = Search { text: text.to_owned(), ..Search::default() };
        let (pages, elements, events, properties) = tokio::try_join!(
            viewed_pages(store, scope, &search, now),
            clicked_elements(store, scope, &search, now),
            own_events(store, scope, &search, now),
            properties(store, scope, now),
        )?;
        let lately = Arc::new(Lately { pages, elements, events, properties });
        if is_all && lately.n_uses() >= MUCH {
            let held = Held { scope: scope.clone(), at: now, lately: Arc::clone(&lately) };
            self.all().insert(scope.project.clone(), held);
        }
        Ok(lately)
    }

    /// Counts anew when it is asked next: something of the project can be chosen that could not.
    pub(crate) fn forget(&self, project: &ProjectId) {
        self.all().remove(project);
    }

    fn held(&self, scope: &Scope, now: Timestamp) -> Option<Arc<Lately>> {
        let all = self.all();
        let held = all.get(&scope.project).filter(|held| held.scope == *scope)?;
        (0..HOLDS_MS).contains(&now.millis_since(held.at)).then(|| Arc::clone(&held.lately))
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<ProjectId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lately {
    fn n_uses(&self) -> u64 {
        let views = self.pages.iter().map(|page| page.views);
        let clicks = self.elements.iter().map(|element| element.clicks);
        views.chain(clicks).chain(self.events.iter().map(|event| event.uses)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::WeekStart;
    use store::identity::Grouping;

    const NOON: Timestamp = Timestamp::from_millis(1_795_305_600_000);

    fn scope(count_automated: bool) -> Scope {
        let project = ProjectId::parse("tidemark").unwrap();
        Scope {
            grouping: Grouping::none(project.clone()),
            project,
            time_zone: "UTC".to_owned(),
            week_start: WeekStart::Monday,
            count_automated,
        }
    }

    #[test]
    fn what_was_counted_holds_for_minutes_and_for_the_people_that_it_was_counted_for() {
        let counted = Counted::default();
        let held = Held { scope: scope(false), at: NOON, lately: Arc::default() };
        counted.all().insert(held.scope.project.clone(), held);
        let holds = |scope, after| counted.held(&scope, NOON.plus_millis(after)).is_some();
        assert!(holds(scope(false), 0) && holds(scope(false), HOLDS_MS - 1));
        assert!(!holds(scope(false), HOLDS_MS), "it is too old");
        assert!(!holds(scope(false), -1), "the clock was set back");
        assert!(!holds(scope(true), 0), "others count now");
        counted.forget(&scope(false).project);
        assert!(!holds(scope(false), 0), "it was forgotten");
    }
}

//! The lists of people behind the numbers of reports, held against sets that are put together by
//! hand.

use crate::history::{self, Happening, PROJECT};
use analytics::feature::Features;
use analytics::people::MAX_PAGE;
use analytics::{Answer, List, People, PeoplePage, Person, Query, Scope, run_of};
use anyhow::{Result, bail, ensure};
use protocol::{Kind, Timestamp};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};
use store::{Connection, testing};

/// Where, of what and as of when lists are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lists<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) scope: &'a Scope,
    pub(crate) features: &'a Features,
    pub(crate) now: i64,
    /// Who was in which account when.
    pub(crate) stays: &'a Stays,
}

/// Who was in which account when, in milliseconds: of each event.
pub(crate) type Stays = HashSet<(String, u64, String)>;

/// The same of some events: who, when and in which account.
pub(crate) fn stays<'a>(events: impl IntoIterator<Item = (&'a str, i64, &'a str)>) -> Stays {
    let stay = |(who, at, account): (&str, i64, &str)| {
        (who.to_owned(), u64::try_from(at).unwrap_or(0), account.to_owned())
    };
    events.into_iter().map(stay).collect()
}

impl Lists<'_> {
    /// Everybody on a list, in its order, of which the first page is the beginning.
    pub(crate) async fn people(&self, list: &List) -> Result<Vec<Person>> {
        let asked = People { limit: MAX_PAGE, ..People::of(list.clone()) };
        let now = Timestamp::from_millis(self.now);
        let databases = self.connection.databases();
        let people = asked.people(self.features, self.scope, databases, now)?;
        let mut rows = people.all(self.connection)?;
        let mut all = Vec::new();
        while let Some(some) = rows.next().await? {
            all.extend(some);
        }
        let query = Query::People(asked);
        let answer = run_of(self.connection, self.scope, &query, self.features, now).await?;
        let Answer::People(PeoplePage { total, people, next, .. }) = answer else {
            bail!("another report")
        };
        ensure!(total == all.len() as u64, "{total} of {}: {list:?}", all.len());
        ensure!(all.starts_with(&people), "the first page is another one: {list:?}");
        ensure!(next.is_some() == (all.len() > people.len()), "{next:?}: {list:?}");
        let is_told = |one: &Person| one.entered_at > 0 && one.entered_at <= one.last_at;
        ensure!(all.iter().all(is_told), "{list:?}: {:?}", all.iter().find(|one| !is_told(one)));
        // Of accounts each is its own.
        let is_then = |one: &Person| {
            let stay = (one.person.clone(), one.entered_at, one.account.clone());
            one.account == one.person || self.stays.contains(&stay)
        };
        ensure!(all.iter().all(is_then), "{list:?}: {:?}", all.iter().find(|one| !is_then(one)));
        Ok(all)
    }

    /// Whether a list has just these people, as many as the `number` of the report says.
    pub(crate) async fn are<S: AsRef<str>>(
        &self,
        list: &List,
        number: u64,
        by_hand: impl IntoIterator<Item = S>,
    ) -> Result<Vec<Person>> {
        let people = self.people(list).await?;
        let listed: BTreeSet<&str> = people.iter().map(|one| one.person.as_str()).collect();
        ensure!(listed.len() == people.len(), "somebody is listed twice: {list:?}");
        ensure!(listed.len() as u64 == number, "{} of {number}: {list:?}", listed.len());
        let by_hand: Vec<S> = by_hand.into_iter().collect();
        let by_hand: BTreeSet<&str> = by_hand.iter().map(AsRef::as_ref).collect();
        let differs = || listed.symmetric_difference(&by_hand).take(9).collect::<Vec<_>>();
        ensure!(listed == by_hand, "{:?} are in one of them only: {list:?}", differs());
        Ok(people)
    }
}

/// Noon of Tuesday, 17 November 2026, UTC.
const NOON_MS: i64 = 1_794_916_800_000;
const HOUR_MS: i64 = 3_600_000;

/// Ann looks at a page for one account, and a day later for another at that and the next one.
fn changes_her_account() -> Vec<Happening> {
    let view = |hours: i64, path: &str, account: &str| Happening {
        project: PROJECT.to_owned(),
        at: NOON_MS + hours * HOUR_MS,
        anonymous_id: "browser".to_owned(),
        user_id: "ann".to_owned(),
        kind: Kind::PageView,
        host: "app.example".to_owned(),
        path: path.to_owned(),
        element: String::new(),
        account_id: account.to_owned(),
        is_automated: false,
    };
    vec![view(0, "/a", "old"), view(24, "/a", "new"), view(25, "/b", "")]
}

#[tokio::test]
async fn people_are_listed_with_the_account_of_the_moment_that_is_listed() -> Result<()> {
    let Some(store) = testing::open("listed").await? else { return Ok(()) };
    history::write(&store.connection, 1, &changes_her_account()).await?;
    let (scope, now) = (history::scope("UTC")?, Timestamp::from_millis(NOON_MS + 48 * HOUR_MS));
    let range = json!({"from": "2026-11-17", "to": "2026-11-19"});
    let steps = json!([{"page": "/a"}, {"page": "/b"}]);
    let funnel = json!({"steps": steps, "window": "2h", "date_range": range});
    let paths = json!({"nodes": "pages", "date_range": range});
    let trend = json!({"series": [null], "period": "day", "date_range": range});
    for (list, account, hours) in [
        (
            json!({"of": "funnel", "question": funnel, "who": {"number": "reached", "step": 2}}),
            "new",
            24,
        ),
        (json!({"of": "paths", "question": paths, "who": {"position": 1}}), "old", 0),
        (json!({"of": "trend", "question": trend, "who": {"series": 1}}), "old", 0),
        (json!({"of": "trend", "question": trend, "who": {"series": 1, "period": 2}}), "new", 24),
    ] {
        let question = json!({"report": "people", "list": list});
        let query = Query::from_json(&question.to_string())?;
        let answer = analytics::run(&store.connection, &scope, &query, now).await?;
        let Answer::People(PeoplePage { people, .. }) = answer else { bail!("another report") };
        let told = people.iter().map(|one| (one.account.as_str(), one.entered_at as i64));
        let told: Vec<_> = told.collect();
        ensure!(told == [(account, NOON_MS + hours * HOUR_MS)], "{question}: {told:?}");
    }
    let node = format!("{:016x}", history::page_id(&changes_her_account()[2]));
    let who = json!({"position": 1, "node": node});
    let question =
        json!({"report": "people", "list": {"of": "paths", "question": paths, "who": who}});
    let answer =
        analytics::run(&store.connection, &scope, &Query::from_json(&question.to_string())?, now)
            .await?;
    let Answer::People(PeoplePage { people, .. }) = answer else { bail!("another report") };
    let told: Vec<_> = people.iter().map(|one| one.account.as_str()).collect();
    ensure!(told == ["new"], "{question}: {people:?}");
    Ok(())
}

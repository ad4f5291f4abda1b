//! One account on its page: what is seen at a glance, what an intervention changed, and that each
//! number leads to as many people and events as it says.

use crate::browser::{Browser, text};
use crate::features::{draft, filled, make, start};
use crate::import::import_first;
use crate::test_app::{Answer, NOON, TestApp};
use anyhow::{Context, Result, ensure};
use axum::http::StatusCode;
use protocol::{ProjectId, Timestamp};
use std::ops::RangeInclusive;
use store::record::{Contact, Note, Place, Source, Subject, Told};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The account is called by an id that is no part of a path as it stands.
const PATH: &str = "/projects/default/accounts/acme%2F1";

/// A line of the past: what a user of an account did so many days ago.
fn line((user, account): (&str, &str), ms_ago: i64, did: &str) -> String {
    let at = NOON - ms_ago;
    format!(
        r#"{{"timestamp":{at},"context":{{"anonymous_id":"browser-{user}","session_id":"of-{user}","user_id":"{user}@example.com","account_id":"{account}"}},{did}}}"#
    )
}

/// Four saves of a user on each working day of these, which count back from a Sunday.
fn saves(of: (&str, &str), days_ago: RangeInclusive<i64>) -> Vec<String> {
    let save = r#""kind":"click","page":{"host":"app.example.com","path":"/orders/1042"},"element":{"chain":[{"tag":"button","test_id":"save"}]}"#;
    let working = days_ago.rev().filter(|day| (2..7).contains(&(day % 7)));
    let each = |day| (0..4).map(move |n| line(of, day * DAY_MS - n * 60_000, save));
    working.flat_map(each).collect()
}

/// What `group` says of an account, so many days ago.
fn told(account: &str, name: &str, days_ago: i64) -> String {
    let group =
        format!(r#""kind":"group","properties":{{"name":"{name}","tier":"middle","seats":"25"}}"#);
    line(("cy", account), days_ago * DAY_MS, &group)
}

/// Users of one account whose ids have no room in one parameter of a statement.
fn crowd() -> impl Iterator<Item = String> {
    let view = r#""kind":"page_view","page":{"host":"app.example.com","path":"/orders"}"#;
    (0..600).map(move |n| line((&format!("{n:c<240}"), "crowd"), 3 * DAY_MS, view))
}

/// Ann makes all of the use until the ninth of October; on the 26th Bob is opened, who does as much
/// from two days later on. Another account of the tier uses the same, and one is only known.
async fn with_accounts(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = start(name).await? else { return Ok(None) };
    let mut past = saves(("ann", "acme/1"), 44..=100);
    past.extend(saves(("bob", "acme/1"), 1..=25));
    past.extend(saves(("dan", "beta"), 1..=25));
    past.push(told("acme/1", "Acme Retail", 90));
    past.push(told("beta", "Beta", 20));
    past.push(told("still", "Still Waters", 9));
    past.extend(crowd());
    let answer = import_first(&app, &past).await?;
    ensure!(answer.status == StatusCode::ACCEPTED, "{answer}");
    app.written().await?;
    filled(&app, &make(&app, &draft()).await?).await?;
    let field = |subject: Subject, id: &str, (name, value): (&str, &str), days_ago: i64| Told {
        place: Place {
            account: "acme/1".to_owned(),
            subject,
            id: id.to_owned(),
            name: name.to_owned(),
        },
        value: value.to_owned(),
        at: Timestamp::from_millis(NOON - days_ago * DAY_MS),
        author: "cleo@example.com".to_owned(),
        source: Source::Member,
    };
    let note = |id: &str, of: (&str, &str)| field(Subject::Note, id, of, 1);
    let contact = |of: (&str, &str), days_ago| field(Subject::Contact, "c", of, days_ago);
    let note = [
        note("1", ("day", "2026-10-26")),
        note("1", ("kind", Note::INTERVENTION)),
        note("1", ("text", "Bob was opened and trained")),
        // Before the days that are shown.
        note("2", ("day", "2026-08-10")),
        note("2", ("kind", Note::NOTE)),
        note("2", ("text", "Kick-off")),
        contact((Contact::NAME, "Ann Lee"), 30),
        contact((Contact::ROLE, "daily_user"), 30),
        contact((Contact::ROLE, ""), 20),
    ];
    app.store().tell(&ProjectId::parse("default")?, &note).await?;
    Ok(Some(app))
}

/// A section of the page, as lines in one.
fn section(page: &Answer, from: &str, to: &str) -> Result<String> {
    let page = text(page);
    let (_, rest) = page.split_once(from).with_context(|| format!("no {from} in {page}"))?;
    let (section, _) = rest.split_once(to).with_context(|| format!("no {to} in {rest}"))?;
    Ok(section.trim().replace('\n', " | "))
}

#[tokio::test]
async fn who_left_and_what_helped_is_seen_at_a_glance() -> Result<()> {
    let Some(app) = with_accounts("account_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(PATH).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    insta::assert_snapshot!(section(&page, "At a glance\n", "The last week that is over")?, @"One person makes 100% of this account’s use: bob@example.com. | Back at 100% of its usual 4 core actions a day 2 days later. Done on 26 Oct 2026: “Bob was opened and trained”");
    insta::assert_snapshot!(section(&page, "today so far.\n", "The same as a table")?, @"1 | Bob was opened and trained | Intervention of 26 Oct 2026, by cleo@example.com | Back at 100% of its usual 4 core actions a day 2 days later. | Before and after | Two weeks before | Two weeks after | Core actions a week | 0 | 16 | Active days a week, of a person’s seven | – | 57% | People | 0 | 1");
    let modules = section(&page, "Modules, week by week\n", "People\nAll of these weeks")?;
    let comparable = "1 account of the tier “middle” with a core action in the last 4 weeks";
    assert!(modules.contains(comparable), "{modules}");
    let (_, weeks) =
        modules.split_once("The columns as a table | Week of | ").context("no weeks")?;
    insta::assert_snapshot!(weeks, @"Orders | 17 Aug 2026 | 20 | 24 Aug 2026 | 20 | 31 Aug 2026 | 20 | 7 Sep 2026 | 20 | 14 Sep 2026 | 20 | 21 Sep 2026 | 20 | 28 Sep 2026 | 20 | 5 Oct 2026 | 20 | 12 Oct 2026 | 0 | 19 Oct 2026 | 0 | 26 Oct 2026 | 12 | 2 Nov 2026 | 20 | 9 Nov 2026 | 20 | 16 Nov 2026 | * | 20");
    insta::assert_snapshot!(section(&page, "What happened\n", "Days and weeks are those")?, @"2 Nov 2026 | Contact | Ann Lee, taken away | by cleo@example.com | 28 Oct 2026 | New | bob@example.com there for the first time | 26 Oct 2026 | Intervention | Bob was opened and trained | 23 Oct 2026 | Contact | Ann Lee, daily user | by cleo@example.com | 9 Oct 2026 | Last seen | ann@example.com (100% of the use) there for the last time so far | 14 Aug 2026 | First seen | Somebody of Acme Retail was there for the first time | 10 Aug 2026 | Note | Kick-off");
    let csv = browser.get(&format!("{PATH}/days.csv")).await?;
    let days: Vec<_> = csv.body.lines().collect();
    assert_eq!(days.len(), 1 + 13 * 7 + 7, "{csv}");
    assert!(days.contains(&"2026-10-28,4,1,0,1,1,0"), "{csv}");
    Ok(())
}

/// The links behind numbers: the number, and where it leads to.
fn links(page: &Answer) -> Vec<(u64, String)> {
    let links = page.body.split("<a class=\"behind\" href=\"").skip(1);
    let link = |rest: &str| {
        let (address, rest) = rest.split_once('"')?;
        let (value, _) = rest.split_once('>')?.1.split_once('<')?;
        let address = address.replace("&#38;", "&").replace("&amp;", "&");
        Some((value.replace([',', '%'], "").parse().ok()?, address))
    };
    links.filter_map(link).collect()
}

/// How many a list says that there are.
fn total(page: &Answer) -> Result<u64> {
    let (_, rest) = page.body.split_once("id=\"behind-title\">").context("no list")?;
    let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    Ok(digits.replace(',', "").parse()?)
}

/// How often all people of a list did it.
fn sum_of(csv: &Answer) -> u64 {
    let lines = csv.body.lines().skip(1);
    lines.filter_map(|line| line.split(',').nth(2)?.parse::<u64>().ok()).sum()
}

#[tokio::test]
async fn each_number_leads_to_who_and_what_is_behind_it() -> Result<()> {
    let Some(app) = with_accounts("account_behind").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(PATH).await?;
    let (mut n_people, mut n_modules) = (0, 0);
    let (of_modules, others): (Vec<_>, Vec<_>) =
        links(&page).into_iter().partition(|(_, link)| link.contains("did=module"));
    for (number, link) in others.into_iter().step_by(3).chain(of_modules) {
        let list = browser.get(&link).await?;
        ensure!(list.status == StatusCode::OK, "{link}: {list}");
        let n = total(&list)?;
        let csv = browser.get(&link.replacen("/people?", "/people.csv?", 1)).await?;
        let times = sum_of(&csv);
        ensure!(csv.body.lines().count() as u64 == n + 1, "{csv}");
        ensure!(text(&list).contains(&format!(", {times} time")), "{times}: {}", text(&list));
        // A number counts people, or what they did; of a module it is a share of all core actions.
        let is_its = match link.split_once("did=module") {
            None => number == n || number == times,
            Some((before, rest)) => {
                let rest = rest.split_once('&').map_or("", |(_, rest)| rest);
                let all =
                    format!("{before}did=core&{rest}").replacen("/people?", "/people.csv?", 1);
                let all = sum_of(&browser.get(&all).await?);
                n_modules += 1;
                all > 0 && number == (100 * times + all / 2) / all
            }
        };
        ensure!(is_its, "{number}: {link}");
        n_people += n;
    }
    ensure!(n_people > 10, "hardly anybody is listed: {n_people}");
    ensure!(n_modules > 0, "no module leads anywhere");
    let events = browser.get(&format!("{PATH}/events?from=2026-10-28&to=2026-10-28")).await?;
    assert_eq!(total(&events)?, 4, "{events}");
    assert!(text(&events).contains("bob@example.com\nClicked"), "{}", text(&events));
    let csv = browser.get(&format!("{PATH}/events.csv?from=2026-10-05&to=2026-10-28")).await?;
    assert_eq!(csv.body.lines().count(), 1 + 6 * 4, "{csv}");
    // More events than are on a page: the next one goes on where the first one ends.
    let first = browser.get(&format!("{PATH}/events?from=2026-08-01&to=2026-11-22")).await?;
    let (_, next) = first.body.split_once("First page").unwrap_or(("", &first.body));
    let next = next.split("href=\"").find(|it| it.contains("after=")).context("no next page")?;
    let next = next.split('"').next().unwrap_or_default().replace("&#38;", "&");
    let second = browser.get(&next).await?;
    assert_eq!((total(&first)?, total(&second)?), (100, 100), "{second}");
    Ok(())
}

#[tokio::test]
async fn an_account_without_use_is_told_what_to_do_and_one_that_is_not_there_is_not() -> Result<()>
{
    let Some(app) = with_accounts("account_still").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let still = text(&browser.get("/projects/default/accounts/still").await?);
    assert!(still.contains("Nobody was there in these weeks"), "{still}");
    assert!(still.contains("Nobody of Still Waters has done anything yet"), "{still}");
    let crowd = browser.get("/projects/default/accounts/crowd").await?;
    assert_eq!(crowd.status, StatusCode::OK, "{crowd}");
    assert!(text(&crowd).contains("600 people in these weeks"), "{}", text(&crowd));
    let missing = browser.get("/projects/default/accounts/nobody").await?;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(text(&missing).contains("There is no account “nobody” in this project"), "{missing}");
    for bad in ["events?from=2026-10-28&to=2026-10-01", "events?from=x&to=2026-10-28", "people"] {
        let answer = browser.get(&format!("{PATH}/{bad}")).await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    Ok(())
}

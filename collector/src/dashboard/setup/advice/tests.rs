//! What each case is said as.

use super::*;

const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

fn nothing(zone: &TimeZone) -> Facts<'_> {
    Facts {
        now: NOON,
        zone,
        origin: "https://collector.example.com",
        last_event_at: None,
        counts: Counts::default(),
        refused: Vec::new(),
        strangers: Vec::new(),
        scripts: Vec::new(),
        configs: Vec::new(),
        is_only_automated: false,
        obstacle: None,
    }
}

fn sighting(host: &str, minutes_ago: i64) -> Sighting {
    let last_at = NOON.plus_millis(-60_000 * minutes_ago);
    Sighting { host: host.to_owned(), last_at }
}

/// The sentences, without the last one, which is always the same.
fn said(change: impl FnOnce(&mut Facts<'_>)) -> String {
    let zone = TimeZone::UTC;
    let mut facts = nothing(&zone);
    change(&mut facts);
    let mut advice = facts.advice();
    let last = advice.pop().map(|last| last.sentence).unwrap_or_default();
    assert!(last.contains("?sillage=debug"), "{last}");
    let lines = advice
        .into_iter()
        .map(|it| format!("{} {}\n", if it.is_bad { "!" } else { "·" }, it.sentence));
    lines.collect()
}

#[test]
fn how_far_the_line_came() {
    insta::assert_snapshot!(said(|_| {}), @"! No page has fetched https://collector.example.com/sdk.js in the last day, as far as this collector has run. Is the line in the page that you look at? Does the policy of the page, an ad blocker, or a network in which https://collector.example.com is not reached keep it from loading?");
    insta::assert_snapshot!(said(|facts| {
        facts.scripts = vec![sighting("app.example.com", 3), sighting("", 5)];
    }), @"· The script, which is the same for all projects, was fetched by app.example.com, last at 11:57:00. If a page of this project is among them: is data-write-key in the line as it stands above, and does script-src of the policy allow https://collector.example.com? The console of the browser says what is refused.");
    insta::assert_snapshot!(said(|facts| {
        facts.scripts = vec![sighting("", 3)];
        facts.configs = vec![sighting("app.example.com", 2)];
    }), @"
    ! The SDK has begun on app.example.com, last at 11:58:00, but no event of it is here. The page needs https://collector.example.com in connect-src of its policy, a proxy has to pass POST /v1/events on with its body as it is, and an ad blocker may stop the request.
    ");
    insta::assert_snapshot!(said(|facts| facts.scripts = vec![sighting("old.example.com", 1_441)]), @"! No page has fetched https://collector.example.com/sdk.js in the last day, as far as this collector has run. Is the line in the page that you look at? Does the policy of the page, an ad blocker, or a network in which https://collector.example.com is not reached keep it from loading?");
}

/// The script is every project's: that another one's pages fetch it is no fault of this one.
#[test]
fn a_quiet_project_is_not_blamed_for_the_pages_of_another() {
    let said = said(|facts| {
        facts.last_event_at = Some(NOON.plus_millis(-2 * QUIET_MS));
        facts.scripts = vec![sighting("other.example.com", 3)];
        facts.counts.dropped.insert(DropReason::SwitchedOff, 90);
    });
    insta::assert_snapshot!(said, @"
    · The last event came at 11:40:00.
    · No page of this project was seen to begin since then: it may be that nobody is there.
    · The script, which is the same for all projects, was fetched by other.example.com, last at 11:57:00. If a page of this project is among them: is data-write-key in the line as it stands above, and does script-src of the policy allow https://collector.example.com? The console of the browser says what is refused.
    ");
}

#[test]
fn what_arrives_is_said_first() {
    insta::assert_snapshot!(said(|facts| facts.last_event_at = Some(NOON.plus_millis(-60_000))), @"· Events arrive: the last one came at 11:59:00.");
    insta::assert_snapshot!(said(|facts| {
        facts.last_event_at = Some(NOON.plus_millis(-60_000));
        facts.is_only_automated = true;
        facts.obstacle = Some("ClickHouse does not answer".to_owned());
    }), @"
    · Events arrive: the last one came at 11:59:00.
    ! All that came today is of browsers that a program drives, and reports leave them out. Click in a browser of your own, or turn on “Count automated browsers” on this page.
    ! What arrives is kept, but is not in ClickHouse yet, and so not in reports. ClickHouse does not answer. Delivery says more.
    ");
    insta::assert_snapshot!(said(|facts| {
        facts.last_event_at = Some(NOON.plus_millis(-QUIET_MS));
        facts.configs = vec![sighting("app.example.com", 20)];
    }), @"
    · The last event came at 11:50:00.
    · No page of this project was seen to begin since then: it may be that nobody is there.
    ");
    insta::assert_snapshot!(said(|facts| {
        facts.last_event_at = Some(NOON.plus_millis(-3 * DAY_MS));
        facts.configs = vec![sighting("", 1)];
    }), @"
    · The last event came at 19 Nov 12:00:00.
    ! The SDK has begun on a page that does not say its host, last at 11:59:00, but no event of it is here. The page needs https://collector.example.com in connect-src of its policy, a proxy has to pass POST /v1/events on with its body as it is, and an ad blocker may stop the request.
    ");
}

#[test]
fn what_was_refused_is_said_with_what_to_do() {
    insta::assert_snapshot!(said(|facts| {
        facts.last_event_at = Some(NOON);
        facts.counts.refused.insert(Fault::NotGzip, 12);
        facts.counts.refused.insert(Fault::Empty, 2);
        facts.refused = vec![(Fault::NotGzip, Sample::new(NOON, "", "", "app.example.com"))];
        facts.counts.dropped.insert(DropReason::TooOld, 1);
        facts.counts.dropped.insert(DropReason::SwitchedOff, 90);
        facts.counts.warnings.insert(Warning::TimestampInFuture, 4);
    }), @"
    · Events arrive: the last one came at 12:00:00.
    ! 12 requests from app.example.com refused today: the body was not gzip, or damaged. A proxy that unpacks or changes bodies does this: let it pass them on as they are.
    ! 1 event refused today: it was older than 30 days. Bring the past by import, which has no limit; or set the clock of the sender.
    ! 4 events of today had a time in the future and were kept with the time of arrival: set the clock of the machine that sends them, or of this one.
    ");
    insta::assert_snapshot!(said(|facts| {
        facts.last_event_at = Some(NOON);
        let stranger = |key: &str, host: &str, at| Stranger { key: key.to_owned(), host: host.to_owned(), n: 1, first_at: at, last_at: at };
        facts.strangers = vec![stranger("wk_aaaaaa", "app.example.com", NOON), stranger("", "", NOON.plus_millis(-2 * DAY_MS))];
    }), @"
    · Events arrive: the last one came at 12:00:00.
    ! app.example.com sends under the key wk_aaaaaa…, which is no project’s, last at 12:00:00. Copy the line again: a key that was replaced is not taken any more.
    ");
}

#[test]
fn a_line_by_http_is_told() {
    insta::assert_snapshot!(said(|facts| {
        facts.last_event_at = Some(NOON);
        facts.origin = "http://127.0.0.1:8080";
    }), @"
    · Events arrive: the last one came at 12:00:00.
    · The line names this machine (127.0.0.1:8080). For pages that other people open the collector needs a name and TLS: see “Behind TLS” on this page.
    ");
    insta::assert_snapshot!(said(|facts| {
        facts.last_event_at = Some(NOON);
        facts.origin = "http://collector.example.com";
    }), @"
    · Events arrive: the last one came at 12:00:00.
    ! The line begins with http://, and a page that came by https:// loads no such script: see “Behind TLS” on this page.
    ");
}

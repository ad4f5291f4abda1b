//! What is checked all the time, in sentences: that nothing is lost, and nothing there twice.

use super::Times;
use super::view::{Check, Mark};
use crate::App;
use crate::audit::{Month, Report};
use crate::dashboard::format::{count, day_minute, many, size};
use crate::dashboard::notice::sentence;
use crate::definitions::Project;
use crate::delivery::{Audit, Condition, Letters};
use crate::spool;

/// Where what the sentences speak of is found.
#[derive(Debug)]
pub(super) struct Place {
    /// The data folder.
    data: String,
    /// The page of the dead letters.
    letters: String,
}

impl Place {
    pub(super) fn of(app: &App, project: &Project) -> Self {
        let letters = format!("/projects/{}/dead-letters", project.definition.id);
        Self { data: app.config().server.data.display().to_string(), letters }
    }
}

/// Everything that is checked.
pub(super) fn checks(
    condition: &Condition,
    switched_off: Option<String>,
    place: &Place,
    times: &Times<'_>,
) -> Vec<Check> {
    let mut checks = vec![
        letters(&condition.dead_letters, place),
        repeats(condition.knows_repeats),
        audit(&condition.audit, times),
        disk(&condition.status.spool, place),
    ];
    checks.extend(switched_off.map(|sentence| Check::new("In browsers", Mark::Bad, sentence)));
    checks.sort_by_key(|check| !check.mark.is_bad());
    checks
}

fn letters(letters: &Letters, place: &Place) -> Check {
    let name = "Dead letters";
    let (mark, words) = match (&letters.all.failure, letters.n_of_project) {
        (Some(failure), _) => {
            (Mark::Bad, format!("The writer waits, and nothing is lost. {}", sentence(failure)))
        }
        (None, 0) => (Mark::Good, "None: ClickHouse has taken what it was given.".to_owned()),
        (None, n) => {
            let waiting = if n == 1 {
                "It is kept: look at it, mend it if it needs it, and replay it."
            } else {
                "They are kept: look at them, mend them if they need it, and replay them."
            };
            let events = many(n, "event");
            (Mark::Bad, format!("ClickHouse refused {events} for good. {waiting}"))
        }
    };
    let link = (mark == Mark::Bad).then(|| (place.letters.clone(), "Look at the dead letters"));
    Check { link, ..Check::new(name, mark, words) }
}

fn repeats(is_known: bool) -> Check {
    let (mark, words) = match is_known {
        true => (
            Mark::Good,
            "Every event of the last seven days is known; one that is sent again is counted once.",
        ),
        false => (
            Mark::Open,
            "What came in the last seven days is being read again. Until then each event is looked up in ClickHouse, and nothing is doubled.",
        ),
    };
    Check::new("Repeats", mark, words.to_owned())
}

fn audit(audit: &Audit, times: &Times<'_>) -> Check {
    let (mark, words) = match (&audit.last, audit) {
        (Some(report), _) => found(report, times),
        (None, Audit { is_on: true, .. }) => {
            (Mark::Open, "The first check comes ten minutes after the start.".to_owned())
        }
        (None, Audit { is_own_server: true, .. }) => (
            Mark::Open,
            "Off: it writes whole months anew, and on a ClickHouse server of your own others may write too. Turn it on by store.audit where only this collector does.".to_owned(),
        ),
        (None, _) => (Mark::Open, "Off by the setting store.audit.".to_owned()),
    };
    Check::new("Daily check", mark, words)
}

/// What a check found: everything is mended, so it is told, and nothing is asked for.
fn found(report: &Report, times: &Times<'_>) -> (Mark, String) {
    let sum = |of: fn(&Month) -> u64| report.months.iter().map(of).sum::<u64>();
    let at = day_minute(report.at, times.zone);
    let events = many(sum(|month| month.n_events), "event");
    let months = many(report.months.len().try_into().unwrap_or(u64::MAX), "month");
    let (n_twice, n_different) = (sum(|month| month.n_duplicates), sum(|month| month.n_different));
    let twice = match n_twice {
        0 => "none twice".to_owned(),
        n => format!("{} twice and taken out", count(n)),
    };
    let derived = match n_different {
        0 => "what is derived agrees".to_owned(),
        n => format!("{} of what is derived did not agree and were computed anew", many(n, "row")),
    };
    let checked = match report.months.is_empty() {
        true if report.failure.is_none() => {
            format!("Checked {at}: nothing was written since the last time.")
        }
        true => format!("Tried {at}."),
        false => format!("Checked {at}: {events} of {months}, {twice}, {derived}."),
    };
    match &report.failure {
        Some(failure) => {
            let why = sentence(failure);
            (
                Mark::Bad,
                format!("{checked} It did not get through and comes again in an hour. {why}"),
            )
        }
        None if n_twice + n_different > 0 => (Mark::Bad, checked),
        None => (Mark::Good, checked),
    }
}

fn disk(spool: &spool::Status, place: &Place) -> Check {
    let damage = [
        (spool.n_damaged, "Passed over since the start", "damaged place"),
        (spool.n_set_aside, "Kept under spool/corrupt", "damaged file"),
        (spool.n_missing, "Gone at the start before ClickHouse had all of it", "file"),
    ];
    let damage = damage.into_iter().filter(|(n, ..)| *n > 0);
    let damage: Vec<_> =
        damage.map(|(n, what, one)| format!("{what}: {}.", many(n, one))).collect();
    let torn = match spool.torn_bytes {
        0 => String::new(),
        n => format!(
            " A write of {} was not finished and is left unread; nothing in it was acknowledged.",
            size(n)
        ),
    };
    let name = "Spool on disk";
    if damage.is_empty() {
        return Check::new(name, Mark::Good, format!("No damage was found.{torn}"));
    }
    let words =
        format!("{} What stood there may be lost.{torn} This says where:", damage.join(" "));
    let command = Some(format!("sillage spool verify --data {}", place.data));
    Check { command, ..Check::new(name, Mark::Bad, words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use protocol::Timestamp;

    const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    fn place() -> Place {
        Place { data: "/srv/sillage".to_owned(), letters: "/letters".to_owned() }
    }

    fn said(check: &Check) -> String {
        let mut said = format!("{:?}: {}", check.mark, check.sentence);
        said.extend(check.command.iter().map(|command| format!(" [{command}]")));
        said.extend(check.link.iter().map(|(address, words)| format!(" [{words}: {address}]")));
        said
    }

    fn audit_of(is_own_server: bool, months: &[[u64; 3]], failure: Option<&str>) -> String {
        let month = |&[n_events, n_duplicates, n_different]: &[u64; 3]| Month {
            month: 202_611,
            n_events,
            n_duplicates,
            n_different,
        };
        let report = Report {
            at: NOON,
            months: months.iter().map(month).collect(),
            failure: failure.map(str::to_owned),
        };
        let last = Some(report);
        let times = Times { now: NOON, zone: &TimeZone::UTC };
        said(&audit(&Audit { is_on: true, is_own_server, last }, &times))
    }

    #[test]
    fn letters_are_counted_and_where_they_lie_is_said() {
        let of = |n_of_project, failure: Option<&str>| {
            let mut letters = Letters { n_of_project, ..Letters::default() };
            letters.all.failure = failure.map(str::to_owned);
            said(&super::letters(&letters, &place()))
        };
        insta::assert_snapshot!(of(0, None), @"Good: None: ClickHouse has taken what it was given.");
        insta::assert_snapshot!(of(1, None), @"Bad: ClickHouse refused 1 event for good. It is kept: look at it, mend it if it needs it, and replay it. [Look at the dead letters: /letters]");
        insta::assert_snapshot!(of(1_200, None), @"Bad: ClickHouse refused 1,200 events for good. They are kept: look at them, mend them if they need it, and replay them. [Look at the dead letters: /letters]");
        insta::assert_snapshot!(of(0, Some("the dead letters hold 9 bytes")), @"Bad: The writer waits, and nothing is lost. The dead letters hold 9 bytes. [Look at the dead letters: /letters]");
    }

    #[test]
    fn the_daily_check_says_what_it_found() {
        insta::assert_snapshot!(audit_of(false, &[[1_204_000, 0, 0], [331, 0, 0]], None), @"Good: Checked 22 Nov 12:00: 1,204,331 events of 2 months, none twice, what is derived agrees.");
        insta::assert_snapshot!(audit_of(false, &[[1_204_331, 12, 1]], None), @"Bad: Checked 22 Nov 12:00: 1,204,331 events of 1 month, 12 twice and taken out, 1 row of what is derived did not agree and were computed anew.");
        insta::assert_snapshot!(audit_of(false, &[], None), @"Good: Checked 22 Nov 12:00: nothing was written since the last time.");
        insta::assert_snapshot!(audit_of(false, &[], Some("ClickHouse is `away`")), @"Bad: Tried 22 Nov 12:00. It did not get through and comes again in an hour. ClickHouse is “away”.");
        insta::assert_snapshot!(audit_of(true, &[[5, 0, 0]], Some("ClickHouse is away")), @"Bad: Checked 22 Nov 12:00: 5 events of 1 month, none twice, what is derived agrees. It did not get through and comes again in an hour. ClickHouse is away.");
    }

    #[test]
    fn the_daily_check_says_why_it_is_not_done() {
        let times = Times { now: NOON, zone: &TimeZone::UTC };
        let of = |is_on, is_own_server| {
            said(&audit(&Audit { is_on, is_own_server, last: None }, &times))
        };
        insta::assert_snapshot!(of(true, false), @"Open: The first check comes ten minutes after the start.");
        insta::assert_snapshot!(of(false, true), @"Open: Off: it writes whole months anew, and on a ClickHouse server of your own others may write too. Turn it on by store.audit where only this collector does.");
        insta::assert_snapshot!(of(false, false), @"Open: Off by the setting store.audit.");
    }

    #[test]
    fn damage_is_said_with_the_way_to_look_at_it() {
        let of = |spool| said(&disk(&spool, &place()));
        insta::assert_snapshot!(of(spool::Status::default()), @"Good: No damage was found.");
        let torn = spool::Status { torn_bytes: 12, ..spool::Status::default() };
        insta::assert_snapshot!(of(torn.clone()), @"Good: No damage was found. A write of 12 bytes was not finished and is left unread; nothing in it was acknowledged.");
        insta::assert_snapshot!(of(spool::Status { n_damaged: 3, n_set_aside: 1, n_missing: 2, ..torn }), @"Bad: Passed over since the start: 3 damaged places. Kept under spool/corrupt: 1 damaged file. Gone at the start before ClickHouse had all of it: 2 files. What stood there may be lost. A write of 12 bytes was not finished and is left unread; nothing in it was acknowledged. This says where: [sillage spool verify --data /srv/sillage]");
    }

    #[test]
    fn repeats_are_never_doubled() {
        insta::assert_snapshot!(said(&repeats(true)), @"Good: Every event of the last seven days is known; one that is sent again is counted once.");
        insta::assert_snapshot!(said(&repeats(false)), @"Open: What came in the last seven days is being read again. Until then each event is looked up in ClickHouse, and nothing is doubled.");
    }
}

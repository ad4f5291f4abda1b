//! What may be behind each fall, and was behind those of accounts that are back.

use super::{Known, Who};
use crate::look::answer::{Fall, Intervention};
use crate::look::case::Case;
use crate::look::cause::{Cause, Evidence, QUIET_DAYS};
use crate::look::history::Stretch;
use crate::look::load;
use crate::look::rule::{Compared, Fell};
use analytics::Error;
use protocol::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::AnnotationKind;
use store::record::Note;

const HOUR_MS: i64 = 60 * 60 * 1_000;

impl Known<'_> {
    /// The falls with their causes.
    pub(super) async fn falls(
        &self,
        falls: &[(Compared, Fell)],
        who: &Who,
    ) -> Result<Vec<Fall>, Error> {
        let mut did = BTreeMap::new();
        for stretch in [Stretch::Whole, Stretch::Part] {
            let of = |(compared, fell): &(Compared, Fell)| {
                (compared.stretch == stretch).then_some((compared.week, self.numbers[fell.place]))
            };
            let of: Vec<_> = falls.iter().filter_map(of).collect();
            let Some((week, _)) = of.first().copied() else { continue };
            let spans = self.weeks.compared(week, stretch)?;
            let accounts: Vec<u64> = of.into_iter().map(|(_, account)| account).collect();
            did.append(
                &mut load::uses(self.connection, self.core, self.weeks, &accounts, spans).await?,
            );
        }
        let marked = self.marked().await?;
        let quiet_since = self.quiet_since();
        let fall = |(compared, fell): &(Compared, Fell)| {
            let number = self.numbers[fell.place];
            let evidence = Evidence {
                did: did.remove(&number).unwrap_or_default(),
                features: self.core.names(),
                // Where nobody of its own completes one, whoever does is another.
                of_others: self.completed.get(&compared.week).cloned().unwrap_or_default(),
                begins: self.weeks.start(compared.week).ok(),
                ..who.evidence(number)
            };
            let account = who.account(number);
            let mut causes = self.of_region(fell);
            causes.extend(evidence.causes(quiet_since));
            causes.extend(self.noted_of(&account, compared.week));
            causes.extend(self.in_weeks(compared.week, &marked));
            let answered = self.answered(&account, compared.week);
            Fall {
                account,
                name: None,
                week: self.date(compared.week),
                is_running: compared.stretch == Stretch::Part,
                before: fell.before,
                now: fell.now,
                change: f64::from(fell.now) / f64::from(fell.before) - 1.0,
                expected: f64::from(fell.before) * fell.factor,
                course: self.course(fell.place),
                causes,
                answered,
            }
        };
        Ok(falls.iter().map(fall).collect())
    }

    /// Who was not seen since has gone quiet.
    fn quiet_since(&self) -> Option<Timestamp> {
        let hour = self.hours.last_days_of_work(QUIET_DAYS, &self.weeks.days_before)?;
        Some(Timestamp::from_millis(hour * HOUR_MS))
    }

    fn of_region(&self, fell: &Fell) -> Vec<Cause> {
        let region = self.histories[fell.place].region.clone();
        let cause = Cause::Region { region, factor: fell.factor };
        if fell.factor < 1.0 { vec![cause] } else { Vec::new() }
    }

    /// What was done last since a week began.
    fn answered(&self, account: &str, week: usize) -> Option<Intervention> {
        let (fell, today) = (self.date(week), self.weeks.date(self.weeks.today).to_string());
        let own = self.of(account).iter();
        let since = own.filter(|it| it.is_intervention && it.day >= fell && it.day <= today);
        since
            .max_by(|a, b| a.day.cmp(&b.day))
            .map(|it| Intervention { day: it.day.clone(), text: it.text.clone() })
    }

    fn noted_of(&self, account: &str, week: usize) -> Vec<Cause> {
        // What was done when it fell already is an answer, and may be no cause.
        let fell = self.date(week);
        let is_before = |it: &&Note| !it.is_intervention || it.day < fell;
        let own = self.of(account).iter().filter(|it| self.is_in(week, &it.day));
        let own = own.filter(is_before);
        let cause = |it: &Note| Cause::Noted {
            day: it.day.clone(),
            text: it.text.clone(),
            is_intervention: it.is_intervention,
        };
        own.map(cause).collect()
    }

    /// Whether a day is in a week or in the one before it.
    fn is_in(&self, week: usize, day: &str) -> bool {
        let (from, to) = (self.date(week - 1), self.date(week + 1));
        (from.as_str()..to.as_str()).contains(&day)
    }

    fn in_weeks(&self, week: usize, marked: &[(String, Cause)]) -> Vec<Cause> {
        let own = marked.iter().filter(|(day, _)| self.is_in(week, day));
        own.map(|(_, cause)| cause.clone()).collect()
    }

    /// Releases and notes, each with its day.
    async fn marked(&self) -> Result<Vec<(String, Cause)>, Error> {
        let all = self.connection.annotations(&self.core.scope.project).await?;
        let there = all.into_iter().filter(|written| !written.deleted).map(|written| {
            let it = written.value;
            let is_release = it.kind == AnnotationKind::Release;
            (it.day.clone(), Cause::Marked { day: it.day, text: it.text, is_release })
        });
        Ok(there.collect())
    }

    /// Of the cases that are closed, by week and account: who did much before the fall and was not
    /// seen after its week.
    pub(super) async fn gone(
        &self,
        closed: &[(usize, Case)],
        who: &Who,
    ) -> Result<BTreeMap<(usize, u64), Vec<Cause>>, Error> {
        let weeks = || closed.iter().map(|(_, case)| case.week);
        let (Some(first), Some(last)) = (weeks().min(), weeks().max()) else {
            return Ok(BTreeMap::new());
        };
        let accounts: BTreeSet<u64> =
            closed.iter().map(|(place, _)| self.numbers[*place]).collect();
        let accounts: Vec<u64> = accounts.into_iter().collect();
        let over = first.saturating_sub(1)..last + 1;
        let did = load::by_week(self.connection, self.core, self.weeks, &accounts, over).await?;
        let mut gone = BTreeMap::new();
        for (place, case) in closed {
            let (week, account) = (case.week, self.numbers[*place]);
            let mut each: BTreeMap<u64, [u64; 2]> = BTreeMap::new();
            for (n, week) in [week.saturating_sub(1), week].into_iter().enumerate() {
                for (person, amount) in did.get(&(account, week)).into_iter().flatten() {
                    each.entry(*person).or_default()[n] = *amount;
                }
            }
            // Whoever is there again after a leave is not gone.
            let ended = self.weeks.start(week + 1)?;
            let since = self.quiet_since().map(|since| since.min(ended));
            gone.insert((week, account), who.evidence(account).quiet(each, since));
        }
        Ok(gone)
    }
}

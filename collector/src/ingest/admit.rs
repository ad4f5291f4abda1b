//! Decides of each event of a batch whether it is kept. Pure: the time and what is known are told.

use super::refusal::{self, is_beyond};
use crate::counters::{Counts, FewSamples, Sample};
use crate::seen::Answer;
use crate::spool::Bitmap;
use protocol::{
    DropReason, Event, EventId, EventResult, Kind, Outcome, ReadBatch, Receipt, Skew, Timestamp,
    Warning, limits,
};

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Which events are kept.
    pub admitted: Bitmap,
    /// Which of them nobody could vouch for that they are new.
    pub unsure: Bitmap,
    /// The answer to the sender.
    pub receipt: Receipt,
    /// The same for the counters.
    pub counts: Counts,
    /// What some of the events looked like that were refused or changed.
    pub samples: FewSamples,
    /// How far the sender's clock is off.
    pub skew: Skew,
}

/// Decides. Kinds that are `off` are not captured. `ask` says whether an event came before, and is
/// asked only about events that are kept otherwise, in order.
pub fn admit(
    batch: &ReadBatch<'_>,
    received_at: Timestamp,
    off: &[Kind],
    mut ask: impl FnMut(EventId) -> Answer,
) -> Admission {
    let skew = Skew::between(batch.sent_at, received_at);
    let mut admission = Admission::nothing(batch.events.len(), skew);
    let is_somebody = batch.context.identity_fault().is_none();
    let left_out = batch.context.nobody().map(|_| Outcome::Warning(Warning::IdentityLeftOut));
    for (i, event) in batch.events.iter().enumerate() {
        let mut is_unsure = false;
        let mut is_new = |id| {
            let answer = ask(id);
            is_unsure = answer == Answer::Unsure;
            answer != Answer::Duplicate
        };
        let outcome = match event {
            Err(_) => Some(Outcome::Dropped(DropReason::Malformed)),
            Ok(_) if !is_somebody => Some(Outcome::Dropped(DropReason::InvalidIdentity)),
            Ok(event) if off.contains(&event.kind) => {
                Some(Outcome::Dropped(DropReason::SwitchedOff))
            }
            Ok(event) => outcome(batch, event, skew, received_at, &mut is_new).or(left_out),
        };
        match outcome {
            None => admission.accept(i),
            Some(outcome) => admission.note(i, outcome, batch, received_at),
        }
        admission.counts.resent += u64::from(event.as_ref().is_ok_and(|event| event.resent));
        if is_unsure {
            admission.doubt(i, batch.events.len());
        }
    }
    if admission.receipt.accepted > 0 {
        // A batch that came before says again what was counted then.
        admission.counts.given_up = batch.given_up.into();
    }
    admission
}

fn outcome(
    batch: &ReadBatch<'_>,
    event: &Event<'_>,
    skew: Skew,
    received_at: Timestamp,
    is_new: &mut impl FnMut(EventId) -> bool,
) -> Option<Outcome> {
    if event.kind.name_fault(event.name.as_deref()).is_some() {
        return Some(Outcome::Dropped(DropReason::InvalidName));
    }
    let ahead_ms = skew.correct(event.timestamp).millis_since(received_at);
    if ahead_ms < -limits::PAST_MS {
        return Some(Outcome::Dropped(DropReason::TooOld));
    }
    if !is_new(event.event_id) {
        return Some(Outcome::Duplicate);
    }
    if ahead_ms > limits::FUTURE_MS {
        return Some(Outcome::Warning(Warning::TimestampInFuture));
    }
    if is_beyond(event.page, batch.pages.len()) || is_beyond(event.element, batch.elements.len()) {
        return Some(Outcome::Warning(Warning::UnknownReference));
    }
    (event.properties.n_cut() > 0).then_some(Outcome::Warning(Warning::PropertiesCut))
}

impl Admission {
    fn nothing(n_events: usize, skew: Skew) -> Self {
        let admitted = Bitmap::zeros(n_events);
        let (receipt, counts) = (Receipt::default(), Counts::default());
        let unsure = Bitmap::default();
        Self { admitted, unsure, receipt, counts, samples: FewSamples::default(), skew }
    }

    /// Notes that event `i` of `n` may have come before.
    fn doubt(&mut self, i: usize, n: usize) {
        if self.unsure == Bitmap::default() {
            self.unsure = Bitmap::zeros(n);
        }
        self.unsure.set(i);
    }

    fn accept(&mut self, i: usize) {
        self.admitted.set(i);
        self.receipt.accepted += 1;
        self.counts.note(None);
    }

    /// Notes an outcome of which there is more to say, in the answer and to look at.
    fn note(&mut self, i: usize, outcome: Outcome, batch: &ReadBatch<'_>, received_at: Timestamp) {
        if matches!(outcome, Outcome::Warning(_)) {
            self.admitted.set(i);
            self.receipt.accepted += 1;
        }
        self.counts.note(Some(outcome));
        let detail = refusal::sentence(outcome, batch, i, self.skew, received_at);
        if !detail.is_empty() {
            let host = refusal::host(batch, i);
            self.samples.add(outcome, || Sample::new(received_at, &detail, &batch.sdk, host));
        }
        let i = u32::try_from(i).unwrap_or(u32::MAX);
        self.receipt.results.push(EventResult { i, outcome, detail });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::parse_batch;
    use std::collections::HashSet;

    const NOON: i64 = 1_700_000_000_000;

    fn body(context: &str, events: &[String]) -> String {
        format!(
            r#"{{"sdk":"t","sent_at":{NOON},"context":{context},"elements":[{{"chain":[]}}],
                "pages":[{{"host":"h","path":"/"}}],"events":[{}]}}"#,
            events.join(",")
        )
    }

    fn event(n: u8, at: i64, rest: &str) -> String {
        format!(
            r#"{{"event_id":"018bcfe5-6800-7000-8000-0000000000{n:02}","timestamp":{at}{rest}}}"#
        )
    }

    fn click(n: u8, rest: &str) -> String {
        event(n, NOON, &format!(r#","kind":"click"{rest}"#))
    }

    fn check(context: &str, events: &[String]) -> String {
        let text = body(context, events);
        let batch = parse_batch(text.as_bytes()).unwrap();
        let mut known = HashSet::new();
        let ask = |id| if known.insert(id) { Answer::New } else { Answer::Duplicate };
        let admission = admit(&batch, Timestamp::from_millis(NOON), &[Kind::Copy], ask);
        let bits: String =
            (0..events.len()).map(|i| if admission.admitted.get(i) { '1' } else { '0' }).collect();
        assert_eq!(admission.admitted.count(), admission.receipt.accepted);
        assert_eq!(admission.counts.accepted, u64::from(admission.receipt.accepted));
        format!("{bits} {}", serde_json::to_string(&admission.receipt).unwrap())
    }

    const WHO: &str = r#"{"anonymous_id":"a"}"#;

    #[test]
    fn one_bad_event_takes_no_good_one_with_it() {
        let events = [
            click(1, r#","page":0,"element":0"#),
            click(2, r#","page":"zero""#),
            event(3, NOON, r#","kind":"custom","name":"ok""#),
        ];
        insta::assert_snapshot!(check(WHO, &events), @r#"101 {"accepted":2,"results":[{"i":1,"result":"dropped","reason":"malformed","detail":"`events[1].page` must be a whole number from 0 to 4294967295, not text"}]}"#);
    }

    #[test]
    fn an_id_of_nobody_is_left_out_and_one_alone_is_nobody() {
        let events = [click(1, "")];
        let who = r#"{"anonymous_id":"a","user_id":"undefined","account_id":"acme"}"#;
        insta::assert_snapshot!(check(who, &events), @r#"1 {"accepted":1,"results":[{"i":0,"result":"warning","reason":"identity_left_out","detail":"`context.user_id` is nobody's id, such as `0` or `undefined`, and was left out"}]}"#);
        let who = r#"{"anonymous_id":"a","user_id":"u-7","account_id":"0"}"#;
        insta::assert_snapshot!(check(who, &events), @r#"1 {"accepted":1,"results":[{"i":0,"result":"warning","reason":"identity_left_out","detail":"`context.account_id` is nobody's id, such as `0` or `undefined`, and was left out"}]}"#);
        insta::assert_snapshot!(check(r#"{"user_id":"{{user.id}}"}"#, &events), @r#"0 {"accepted":0,"results":[{"i":0,"result":"dropped","reason":"invalid_identity","detail":"`context.user_id` is nobody's, and there is no `anonymous_id`"}]}"#);
    }

    #[test]
    fn times_are_judged() {
        let day = 24 * 60 * 60 * 1_000;
        let events = [
            event(1, NOON - 30 * day, r#","kind":"click""#),
            event(2, NOON - 30 * day - 1, r#","kind":"click""#),
            event(3, NOON + 300_000, r#","kind":"click""#),
            event(4, NOON + 300_001, r#","kind":"click""#),
        ];
        insta::assert_snapshot!(check(WHO, &events), @r#"1011 {"accepted":3,"results":[{"i":1,"result":"dropped","reason":"too_old","detail":"`events[1].timestamp` is 30 days old; what is older than 30 comes by import"},{"i":3,"result":"warning","reason":"timestamp_in_future","detail":"`events[3].timestamp` lies more than 5 minutes in the future"}]}"#);
    }

    #[test]
    fn a_wrong_clock_is_put_right_first() {
        let text = body(WHO, &[event(1, NOON, r#","kind":"click""#)]);
        let batch = parse_batch(text.as_bytes()).unwrap();
        let received_at = Timestamp::from_millis(NOON).plus_millis(40 * 24 * 3_600_000);
        let admission = admit(&batch, received_at, &[], |_| Answer::New);
        assert_eq!(admission.receipt, Receipt { accepted: 1, results: vec![] });
    }

    #[test]
    fn names_references_properties_and_repeats_are_judged() {
        let custom = |n, name: &str| event(n, NOON, &format!(r#","kind":"custom"{name}"#));
        let events = [
            custom(1, ""),
            custom(2, r#","name":"""#),
            custom(3, &format!(r#","name":"{}""#, "n".repeat(limits::EVENT_NAME_BYTES + 1))),
            click(4, r#","page":1"#),
            click(5, r#","element":9"#),
            click(6, &format!(r#","properties":{{"k":"{}"}}"#, "v".repeat(2_000))),
            click(7, ""),
            click(7, ""),
        ];
        insta::assert_snapshot!(check(WHO, &events), @r#"00011110 {"accepted":4,"results":[{"i":0,"result":"dropped","reason":"invalid_name","detail":"`events[0].name` is missing, and a custom event needs one"},{"i":1,"result":"dropped","reason":"invalid_name","detail":"`events[1].name` is missing, and a custom event needs one"},{"i":2,"result":"dropped","reason":"invalid_name","detail":"`events[2].name` has 129 bytes, and may have 128"},{"i":3,"result":"warning","reason":"unknown_reference","detail":"`events[3].page` points at nothing that can be read; `pages` has 1, counted from 0"},{"i":4,"result":"warning","reason":"unknown_reference","detail":"`events[4].element` points at nothing that can be read; `elements` has 1, counted from 0"},{"i":5,"result":"warning","reason":"properties_cut","detail":"`events[5].properties`: 1 of them left out or shortened"},{"i":7,"result":"duplicate"}]}"#);
    }

    #[test]
    fn somebody_must_have_done_it() {
        insta::assert_snapshot!(check("{}", &[click(1, "")]), @r#"0 {"accepted":0,"results":[{"i":0,"result":"dropped","reason":"invalid_identity","detail":"`context` has neither an `anonymous_id` nor a `user_id`"}]}"#);
        let long = format!(r#"{{"anonymous_id":"{}"}}"#, "a".repeat(limits::ID_BYTES + 1));
        insta::assert_snapshot!(check(&long, &[click(1, "")]), @r#"0 {"accepted":0,"results":[{"i":0,"result":"dropped","reason":"invalid_identity","detail":"`context.anonymous_id` has 257 bytes, and may have 256"}]}"#);
        insta::assert_snapshot!(check(r#"{"user_id":"u"}"#, &[click(1, "")]), @r#"1 {"accepted":1,"results":[]}"#);
    }

    #[test]
    fn a_repeat_of_a_refused_event_is_refused_again_and_not_a_duplicate() {
        let old = event(1, 0, r#","kind":"click""#);
        insta::assert_snapshot!(check(WHO, &[old.clone(), old]), @r#"00 {"accepted":0,"results":[{"i":0,"result":"dropped","reason":"too_old","detail":"`events[0].timestamp` is 19675 days old; what is older than 30 comes by import"},{"i":1,"result":"dropped","reason":"too_old","detail":"`events[1].timestamp` is 19675 days old; what is older than 30 comes by import"}]}"#);
    }

    #[test]
    fn what_is_switched_off_is_not_kept() {
        let events = [click(1, ""), event(2, NOON, r#","kind":"copy""#)];
        insta::assert_snapshot!(check(WHO, &events), @r#"10 {"accepted":1,"results":[{"i":1,"result":"dropped","reason":"switched_off","detail":"`events[1].kind` is switched off for this project"}]}"#);
    }

    #[test]
    fn what_nobody_can_vouch_for_is_kept_and_marked() {
        let text = body(WHO, &[click(1, ""), click(2, ""), click(3, "")]);
        let batch = parse_batch(text.as_bytes()).unwrap();
        let mut answers = [Answer::New, Answer::Unsure, Answer::Duplicate].into_iter();
        let noon = Timestamp::from_millis(NOON);
        let admission = admit(&batch, noon, &[], |_| answers.next().unwrap());
        let bits = |bitmap: &Bitmap| [0, 1, 2].map(|i| bitmap.get(i));
        assert_eq!(bits(&admission.admitted), [true, true, false]);
        assert_eq!(bits(&admission.unsure), [false, true, false]);
        assert_eq!(admission.receipt.accepted, 2);
    }
}

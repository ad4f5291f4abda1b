//! What is known of one project, and the lock around it.

use super::count::{Counts, Fault};
use super::day::Day;
use super::field::Fields;
use super::sample::{FewSamples, Sample, Samples};
use protocol::{DropReason, Outcome, Timestamp, Warning};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many days with counts are kept: thirty, and some that a wrong clock may have made.
const DAYS: usize = 40;

/// One batch of so many is looked through for fields that nobody reads.
const LOOK_EVERY: u64 = 16;

/// So many browsers are counted in a minute that say that they switched the SDK off: anybody may
/// say so, and nobody needs a larger number to look into it.
const TROUBLES: u32 = 60;

const MINUTE_MS: i64 = 60_000;

/// What is known of one project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The numbers of each day, in the zone that the project had.
    pub days: BTreeMap<Day, Counts>,
    /// When the last event was kept that was not imported: of the past it says nothing.
    pub last_event_at: Option<Timestamp>,
    /// The last refused events, by reason.
    pub events: BTreeMap<DropReason, Samples>,
    /// The last events that were kept, but not as they came, by why.
    pub warnings: BTreeMap<Warning, Samples>,
    /// The last requests that were refused as a whole, by reason.
    pub requests: BTreeMap<Fault, Samples>,
    /// The last elements and pages that came after the project had as many as it may have.
    pub others: Samples,
    /// What the last browsers said that switched the SDK off.
    pub switched_off: Samples,
    /// Fields that nobody reads.
    pub fields: Fields,
}

impl Record {
    /// The numbers of a day.
    pub fn on(&self, day: Day) -> Counts {
        self.days.get(&day).cloned().unwrap_or_default()
    }
}

/// Counts what came and what was refused. One lock for one batch.
#[derive(Debug, Default)]
pub struct Counters {
    record: Mutex<Record>,
    n_batches: AtomicU64,
    /// The last minute in which the SDK was switched off somewhere, and how often.
    troubles: Mutex<(i64, u32)>,
    is_changed: AtomicBool,
}

impl From<Record> for Counters {
    fn from(record: Record) -> Self {
        Self { record: Mutex::new(record), ..Self::default() }
    }
}

impl Counters {
    /// What there is to know now.
    pub fn record(&self) -> Record {
        self.lock().clone()
    }

    /// Adds what became of one batch that came on this `day`.
    pub fn add(&self, day: Day, counts: &Counts, last_event_at: Option<Timestamp>) {
        let mut record = self.lock();
        record.days.entry(day).or_default().add(counts);
        keep_last(&mut record.days, day);
        // The clock may have been set back: the last one is the last that was counted.
        record.last_event_at = last_event_at.or(record.last_event_at);
        self.is_changed.store(true, Ordering::Relaxed);
    }

    /// Adds a request that was refused as a whole.
    pub fn refuse(&self, day: Day, fault: Fault, sample: Sample) {
        let mut record = self.lock();
        *record.days.entry(day).or_default().refused.entry(fault).or_default() += 1;
        keep_last(&mut record.days, day);
        record.requests.entry(fault).or_default().push(sample);
        self.is_changed.store(true, Ordering::Relaxed);
    }

    /// Adds what came on elements and pages beyond as many as the project may have.
    pub fn add_others(&self, day: Day, counts: &Counts, samples: Vec<Sample>) {
        let mut record = self.lock();
        record.days.entry(day).or_default().add(counts);
        keep_last(&mut record.days, day);
        samples.into_iter().for_each(|sample| record.others.push(sample));
        self.is_changed.store(true, Ordering::Relaxed);
    }

    /// Adds a browser that has switched the SDK off. Returns whether it is counted: of very many at
    /// once not all are.
    pub fn switch_off(&self, day: Day, sample: Sample) -> bool {
        let minute = sample.at.as_millis().div_euclid(MINUTE_MS);
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if troubles.0 != minute {
            *troubles = (minute, 0);
        }
        troubles.1 = troubles.1.saturating_add(1);
        if troubles.1 > TROUBLES {
            return false;
        }
        drop(troubles);
        let mut record = self.lock();
        record.days.entry(day).or_default().switched_off += 1;
        keep_last(&mut record.days, day);
        record.switched_off.push(sample);
        self.is_changed.store(true, Ordering::Relaxed);
        true
    }

    /// Keeps events to look at that were refused or changed.
    pub fn show(&self, samples: FewSamples) {
        let mut record = self.lock();
        for (outcome, sample) in samples {
            match outcome {
                Outcome::Dropped(reason) => record.events.entry(reason).or_default().push(sample),
                Outcome::Warning(kind) => record.warnings.entry(kind).or_default().push(sample),
                _ => {}
            }
        }
    }

    /// Adds fields that nobody reads.
    pub fn note(&self, fields: &[String], at: Timestamp) {
        let mut record = self.lock();
        fields.iter().for_each(|field| record.fields.add(field, at));
    }

    /// Whether this batch is to be looked through for fields that nobody reads.
    pub fn is_looked_through(&self) -> bool {
        self.n_batches.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOK_EVERY)
    }

    /// How many batches were looked through since the start.
    pub fn n_looked_through(&self) -> u64 {
        self.n_batches.load(Ordering::Relaxed).div_ceil(LOOK_EVERY)
    }

    /// Whether something was added since this was last asked.
    pub(super) fn take_changed(&self) -> bool {
        self.is_changed.swap(false, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets go of the oldest days when there are too many, never of `today`: how old a day is must
/// not be asked of a clock that may be wrong.
pub(super) fn keep_last<T>(days: &mut BTreeMap<Day, T>, today: Day) {
    while days.len() > DAYS {
        let oldest = days.keys().find(|day| **day != today).copied();
        let Some(oldest) = oldest else { return };
        days.remove(&oldest);
    }
}

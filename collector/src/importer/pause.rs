//! Pauses between two questions to the collector: the one place where the command waits.
//!
//! The collector is another process, mostly on another machine, that answers who asks and calls
//! nobody. So whether it is back, and whether everything is written, can only be learnt by asking
//! again, at the pace of a [`Pace`]. A signal ends a pause at once.

use anyhow::ensure;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The exit code when a second signal ends it.
const INTERRUPTED: i32 = 130;

/// How the pauses grow: each is twice as long as the one before, up to the longest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    next: Duration,
    longest: Duration,
}

impl Pace {
    /// After a failure, which may last.
    pub(super) const AFTER_FAILURE: Self =
        Self { next: Duration::from_millis(250), longest: Duration::from_secs(15) };

    /// Until everything is written, which takes a second mostly.
    pub(super) const UNTIL_WRITTEN: Self =
        Self { next: Duration::from_millis(250), longest: Duration::from_millis(250) };

    /// The next pause.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        pause
    }
}

/// Says when it is time to stop. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    is_time: Arc<AtomicBool>,
    lock: Mutex<()>,
    /// Told when it is time.
    changed: Condvar,
}

impl Stop {
    /// One that SIGINT and SIGTERM set; the second of them ends the process.
    pub(super) fn by_signal() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM] {
            let is_time = &stop.0.is_time;
            flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(is_time))?;
            flag::register(signal, Arc::clone(is_time))?;
        }
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let of_thread = stop.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for _ in signals.forever() {
                of_thread.set();
            }
        })?;
        Ok(stop)
    }

    fn set(&self) {
        let guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.is_time.store(true, Ordering::SeqCst);
        drop(guard);
        self.0.changed.notify_all();
    }

    /// Fails when it is time to stop.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.0.is_time.load(Ordering::SeqCst), "it was stopped");
        Ok(())
    }

    /// Waits, unless it is time to stop.
    pub(super) fn pause(&self, pause: Duration) -> anyhow::Result<()> {
        let guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.changed.wait_timeout_while(guard, pause, |()| self.check().is_ok());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let mut pace = Pace::AFTER_FAILURE;
        let pauses: Vec<u128> = (0..9).map(|_| pace.next().as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
        let mut pace = Pace::UNTIL_WRITTEN;
        assert_eq!([pace.next(), pace.next()], [Duration::from_millis(250); 2]);
    }

    #[test]
    fn a_pause_ends_when_it_is_time_to_stop() {
        let stop = Stop::default();
        stop.pause(Duration::from_millis(1)).unwrap();
        let (of_thread, began) = (stop.clone(), Instant::now());
        let waits = thread::spawn(move || of_thread.pause(Duration::from_secs(600)));
        stop.set();
        let told = waits.join().unwrap().unwrap_err();
        assert_eq!(told.to_string(), "it was stopped");
        assert!(began.elapsed() < Duration::from_secs(60));
        assert!(stop.pause(Duration::ZERO).is_err());
    }
}

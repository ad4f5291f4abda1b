//! How often somebody may try to sign in.
//!
//! Per member, so that one password cannot be guessed from many places; and per address of the
//! network, so that many passwords cannot be guessed from one. Both let a burst through, for
//! people who mistype, and then a try every so often.

use super::Refusal;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// Tries for one member at once, and the seconds after which there is one more.
const MEMBER: (NonZeroU32, u64) = (NonZeroU32::MIN.saturating_add(9), 30);
/// Tries from one address at once, and the seconds after which there is one more.
const ADDRESS: (NonZeroU32, u64) = (NonZeroU32::MIN.saturating_add(39), 5);
/// Keys above which those who have waited long enough are forgotten.
const KEYS: usize = 10_000;

/// How often somebody may try to sign in.
pub(super) struct Throttle {
    clock: DefaultClock,
    members: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            clock: DefaultClock::default(),
            members: RateLimiter::keyed(quota(MEMBER)),
            addresses: RateLimiter::keyed(quota(ADDRESS)),
        }
    }
}

fn quota((burst, seconds): (NonZeroU32, u64)) -> Quota {
    // The period is not nought, so there is always a quota.
    Quota::with_period(Duration::from_secs(seconds))
        .unwrap_or(Quota::per_minute(burst))
        .allow_burst(burst)
}

impl Throttle {
    /// Counts one try, and refuses it if there were too many.
    pub(super) fn try_once(&self, member: &str, from: Option<IpAddr>) -> Result<(), Refusal> {
        self.try_address(from)?;
        if self.members.len() > KEYS {
            self.members.retain_recent();
        }
        let now = self.clock.now();
        let member = self.members.check_key(&member.to_owned());
        member.map_err(|not| too_often(not.wait_time_from(now)))
    }

    /// The same of somebody who does not say who he is.
    pub(super) fn try_address(&self, from: Option<IpAddr>) -> Result<(), Refusal> {
        if self.addresses.len() > KEYS {
            self.addresses.retain_recent();
        }
        let (Some(from), now) = (from, self.clock.now()) else { return Ok(()) };
        let address = self.addresses.check_key(&from);
        address.map_err(|not| too_often(not.wait_time_from(now)))
    }
}

fn too_often(wait: Duration) -> Refusal {
    Refusal::TooOften { seconds: wait.as_secs() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_member_is_tried_ten_times_at_once() {
        let throttle = Throttle::default();
        for _ in 0..10 {
            throttle.try_once("ada", None).unwrap();
        }
        let refusal = throttle.try_once("ada", None).unwrap_err();
        assert!(matches!(refusal, Refusal::TooOften { seconds: 1..=31 }), "{refusal}");
        throttle.try_once("ben", None).unwrap();
    }

    #[test]
    fn one_address_tries_forty_members_at_once() {
        let throttle = Throttle::default();
        let from = Some(IpAddr::from([127, 0, 0, 1]));
        for n in 0..40 {
            throttle.try_once(&format!("member {n}"), from).unwrap();
        }
        assert!(throttle.try_once("member 40", from).is_err());
        throttle.try_once("member 40", Some(IpAddr::from([127, 0, 0, 2]))).unwrap();
    }
}

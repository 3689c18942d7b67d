//! Guessing is slowed down: ten tries to sign in are free, then one each half minute.
//!
//! Counted for an address *as it is tried from one caller*, so that nobody is locked out by another's guesses; and for a
//! caller, whatever the addresses. On each node, in its memory: a cluster adds up to as many times as it has nodes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::problem::{Kind, Problem};

/// Tries of one address from one caller that are free, and of all addresses from one caller: a box office or a school
/// behind one address has many who mistype.
const FREE: u32 = 10;
const FREE_OF_CALLER: u32 = 100;
/// A try is free again after this.
const PAUSE: Duration = Duration::from_secs(30);
/// Callers, and addresses that they try, remembered at one time; beyond it the most patient are forgotten.
const KNOWN_MAX: usize = 50_000;

/// Who tried how often.
#[derive(Default)]
pub(crate) struct Attempts {
    hasher: RandomState,
    /// By a hash of who tries what: when all tries are free again.
    free_at: Mutex<HashMap<u64, Instant>>,
}

/// From where somebody calls: an IPv6 network of 64 bits is one caller.
fn caller(address: Option<IpAddr>) -> u128 {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(v4)) => u128::from(v4.to_bits()),
        Some(IpAddr::V6(v6)) => v6.to_bits() >> 64 << 64,
        None => u128::MAX,
    }
}

impl Attempts {
    fn keys(&self, email: &str, from: Option<IpAddr>) -> [(u64, u32); 2] {
        let caller = caller(from);
        let email = email.trim().to_lowercase();
        [(self.hasher.hash_one((caller, email)), FREE), (self.hasher.hash_one(caller), FREE_OF_CALLER)]
    }

    /// Counts a try; refuses one too many.
    pub(crate) fn admit(&self, email: &str, from: Option<IpAddr>) -> Result<(), Problem> {
        self.admit_at(Instant::now(), email, from)
    }

    fn admit_at(&self, now: Instant, email: &str, from: Option<IpAddr>) -> Result<(), Problem> {
        let keys = self.keys(email, from);
        let mut known = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.retain(|_, at| *at > now);
            if known.len() >= KNOWN_MAX {
                let patient = known.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key);
                patient.and_then(|key| known.remove(&key));
            }
        }
        for (key, free) in keys {
            let free_at = known.get(&key).copied().unwrap_or(now);
            let spent = free_at.saturating_duration_since(now);
            if let Some(wait) = (spent + PAUSE).checked_sub(PAUSE * free).filter(|wait| !wait.is_zero()) {
                let why = "too many tries to sign in: wait, or have a link to your account sent";
                return Err(Kind::RateLimited.detail(why).retry_after(wait.as_secs() as u32 + 1));
            }
        }
        for (key, _) in keys {
            let free_at = known.get(&key).copied().unwrap_or(now).max(now);
            known.insert(key, free_at + PAUSE);
        }
        Ok(())
    }

    /// The password was right: its tries count no more.
    pub(crate) fn forgive(&self, email: &str, from: Option<IpAddr>) {
        let mut known = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let [(own, _), (all, _)] = self.keys(email, from);
        known.remove(&own);
        if let Some(at) = known.get_mut(&all) {
            *at = at.checked_sub(PAUSE).unwrap_or(*at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_slow_down_and_lock_nobody_else_out() {
        let (attempts, here, there) = (Attempts::default(), "192.0.2.1".parse().ok(), "192.0.2.2".parse().ok());
        let mut now = Instant::now();
        for _ in 0..FREE {
            attempts.admit_at(now, "Ada@example.org", here).unwrap();
        }
        let refused = attempts.admit_at(now, " ada@EXAMPLE.org", here).unwrap_err();
        assert_eq!(refused.kind(), Kind::RateLimited);
        attempts.admit_at(now, "ada@example.org", there).unwrap();
        attempts.admit_at(now, "grace@example.org", here).unwrap();
        now += PAUSE;
        attempts.admit_at(now, "ada@example.org", here).unwrap();
        attempts.admit_at(now, "ada@example.org", here).unwrap_err();
        attempts.forgive("ada@example.org", here);
        attempts.admit_at(now, "ada@example.org", here).unwrap();
    }

    #[test]
    fn who_tries_many_addresses_is_slowed_down_too() {
        let attempts = Attempts::default();
        let now = Instant::now();
        // Any of a network of 64 bits.
        let from = |n: u32| format!("2001:db8:0:1::{n:x}").parse().ok();
        for n in 0..FREE_OF_CALLER {
            attempts.admit_at(now, &format!("{n}@example.org"), from(n)).unwrap();
        }
        attempts.admit_at(now, "one@example.org", from(7)).unwrap_err();
        attempts.admit_at(now, "one@example.org", "2001:db8:0:2::7".parse().ok()).unwrap();
    }
}

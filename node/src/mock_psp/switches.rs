//! What goes wrong on purpose: switches that are turned while the provider runs, and the dice that decide. All dice
//! come from one seed, in two rows (requests, webhooks), so that runs repeat as far as concurrency allows.
//! They are kept in memory only: a provider that is started again is a good one again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::Refusal;
use crate::bench::Random;

/// Longest of all delays.
const DELAY_MS_MAX: u64 = 3_600_000;
/// A webhook that is shuffled comes up to this much later, and so behind others.
const SHUFFLE_MS: u64 = 1_000;
/// A webhook that is repeated comes again up to this much later.
const REPEAT_MS: u64 = 2_000;

/// All switches, as they are shown and set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Every request of the API waits this long first.
    latency_ms: u64,
    /// And up to so much longer.
    latency_jitter_ms: u64,
    /// Requests that are answered 500 before anything is done.
    fail_percent: u8,
    /// Requests that are done, but whose connection ends without an answer.
    lose_percent: u8,
    /// Requests that are done, but answered 30 s later only.
    hang_percent: u8,
    /// Every webhook waits this long first.
    webhook_delay_ms: u64,
    /// And up to so much longer.
    webhook_jitter_ms: u64,
    /// Webhooks that come twice.
    webhook_repeat_percent: u8,
    /// Webhooks that are never sent.
    webhook_drop_percent: u8,
    /// Whether webhooks overtake one another.
    webhook_shuffle: bool,
    /// A pending refund ends after this.
    refund_delay_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            latency_jitter_ms: 0,
            fail_percent: 0,
            lose_percent: 0,
            hang_percent: 0,
            webhook_delay_ms: 0,
            webhook_jitter_ms: 0,
            webhook_repeat_percent: 0,
            webhook_drop_percent: 0,
            webhook_shuffle: false,
            refund_delay_ms: 2_000,
        }
    }
}

impl Settings {
    /// These, with the named ones changed.
    fn changed_by(self, changes: &Value) -> Result<Self, Refusal> {
        let told = |why: &dyn std::fmt::Display| Refusal::invalid(format!("switches: {why}"));
        let mut all = serde_json::to_value(self).map_err(|e| told(&e))?;
        let (Value::Object(all), Value::Object(changes)) = (&mut all, changes) else {
            return Err(told(&"an object is expected"));
        };
        all.extend(changes.clone());
        let new: Self = serde_json::from_value(Value::Object(all.clone())).map_err(|e| told(&e))?;
        let percents = [
            new.fail_percent,
            new.lose_percent,
            new.hang_percent,
            new.webhook_repeat_percent,
            new.webhook_drop_percent,
        ];
        if percents.iter().any(|percent| *percent > 100) {
            return Err(told(&"a percentage is at most 100"));
        }
        let delays =
            [new.latency_ms, new.latency_jitter_ms, new.webhook_delay_ms, new.webhook_jitter_ms, new.refund_delay_ms];
        if delays.iter().any(|delay| *delay > DELAY_MS_MAX) {
            return Err(told(&format!("a delay is at most {DELAY_MS_MAX} ms")));
        }
        Ok(new)
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    Fail,
    Lose,
    Hang,
}

/// What becomes of a webhook, in ms from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) dropped: bool,
    pub(super) delay_ms: u64,
    /// After the first time.
    pub(super) again_ms: Option<u64>,
}

struct State {
    settings: Settings,
    requests: Random,
    webhooks: Random,
}

/// See the file.
pub(super) struct Switches(Mutex<State>);

impl Switches {
    pub(super) fn new(seed: u64) -> Self {
        let (requests, webhooks) = (Random::new(seed), Random::new(!seed));
        Self(Mutex::new(State { settings: Settings::default(), requests, webhooks }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self) -> Settings {
        self.lock().settings
    }

    /// Turns those that are named.
    pub(super) fn turn(&self, changes: &Value) -> Result<Settings, Refusal> {
        let mut state = self.lock();
        state.settings = state.settings.changed_by(changes)?;
        Ok(state.settings)
    }

    /// How long a pending refund takes.
    pub(super) fn refund_delay_ms(&self) -> u64 {
        self.lock().settings.refund_delay_ms
    }

    /// Decides about a request: how long it waits first, in ms, and what happens to it. The same number of dice each time.
    pub(super) fn request(&self) -> (u64, Fault) {
        let State { settings, requests, .. } = &mut *self.lock();
        let delay_ms = settings.latency_ms + up_to(requests, settings.latency_jitter_ms);
        let fault = [
            (settings.fail_percent, Fault::Fail),
            (settings.lose_percent, Fault::Lose),
            (settings.hang_percent, Fault::Hang),
        ]
        .map(|(percent, fault)| if hits(requests, percent) { fault } else { Fault::None });
        (delay_ms, fault.into_iter().find(|fault| *fault != Fault::None).unwrap_or(Fault::None))
    }

    /// Decides about a webhook. The same number of dice each time.
    pub(super) fn webhook(&self) -> Fate {
        let State { settings, webhooks, .. } = &mut *self.lock();
        let dropped = hits(webhooks, settings.webhook_drop_percent);
        let repeated = hits(webhooks, settings.webhook_repeat_percent);
        let jitter_ms = up_to(webhooks, settings.webhook_jitter_ms);
        let shuffle_ms = up_to(webhooks, SHUFFLE_MS);
        let again_ms = up_to(webhooks, REPEAT_MS);
        let behind_ms = if settings.webhook_shuffle { shuffle_ms } else { 0 };
        Fate {
            dropped,
            delay_ms: settings.webhook_delay_ms + jitter_ms + behind_ms,
            again_ms: repeated.then_some(again_ms),
        }
    }

    /// A part of a pause, so that retries do not come all at once: from a half to all of it.
    pub(super) fn jitter(&self, pause_ms: u64) -> u64 {
        pause_ms / 2 + up_to(&mut self.lock().webhooks, pause_ms / 2)
    }
}

fn hits(dice: &mut Random, percent: u8) -> bool {
    dice.below(100) < u32::from(percent)
}

/// 0 to `most` ms.
fn up_to(dice: &mut Random, most: u64) -> u64 {
    u64::from(dice.below(u32::try_from(most).unwrap_or(u32::MAX - 1) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_known_switches_within_their_bounds() {
        let switches = Switches::new(1);
        let set = switches.turn(&json!({"fail_percent": 100, "webhook_shuffle": true})).unwrap();
        assert_eq!(serde_json::to_value(set).unwrap()["refund_delay_ms"], 2_000, "the others stay");
        for bad in [
            json!({"fail_percent": 101}),
            json!({"fail_percent": -1}),
            json!({"latency_ms": 3_600_001}),
            json!({"lateny_ms": 1}),
            json!({"webhook_shuffle": 1}),
            json!([]),
        ] {
            assert!(switches.turn(&bad).is_err(), "{bad}");
        }
        assert_eq!(switches.settings(), set, "a refused change changes nothing");
        assert_eq!(switches.request().1, Fault::Fail);
    }

    #[test]
    fn runs_repeat_from_their_seed_and_good_ones_have_no_faults() {
        let run = |seed| {
            let switches = Switches::new(seed);
            switches.turn(&json!({"lose_percent": 30, "hang_percent": 30, "latency_jitter_ms": 50})).unwrap();
            (0..100).map(|_| switches.request()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let lost = run(7).iter().filter(|(_, fault)| *fault == Fault::Lose).count();
        assert!((10..55).contains(&lost), "{lost}");
        let good = Switches::new(7);
        assert!((0..100).all(|_| good.request() == (0, Fault::None)));
        assert!((0..100).all(|_| good.webhook() == Fate { dropped: false, delay_ms: 0, again_ms: None }));
    }
}

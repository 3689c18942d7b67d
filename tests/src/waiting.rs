//! Waiting for a condition with a deadline: the only place of these tests that lets time pass.
//! Deliberately no plain sleep: a test says what it waits for, and fails with those words.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Looks until there is something to see; panics with `what` when there is nothing after `within`.
pub async fn until<T>(what: &str, within: Duration, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_told(what, within, || "nothing more is known".to_owned(), look).await
}

/// As `until`, and the panic also tells what was seen last.
pub async fn until_told<T>(
    what: &str,
    within: Duration,
    last: impl Fn() -> String,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let end = Instant::now() + within;
    let mut ticks = interval(LOOK_AGAIN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < end, "waited {within:?} in vain: {what} ({})", last());
    }
}

/// Looks for the whole of `span` and panics with what is seen, if anything is.
pub async fn never(span: Duration, mut look: impl AsyncFnMut() -> Option<String>) {
    let end = Instant::now() + span;
    let mut ticks = interval(LOOK_AGAIN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < end {
        ticks.tick().await;
        if let Some(seen) = look().await {
            panic!("{seen}");
        }
    }
}

/// How long a stretch of load lasts; `USHER_FAULTS=long` makes it ten times longer.
pub fn stretch(seconds: u64) -> Duration {
    let long = std::env::var("USHER_FAULTS").is_ok_and(|v| v == "long");
    Duration::from_secs(if long { seconds * 10 } else { seconds })
}

//! A few seeds for every change, always the same ones and some that nobody has tried; many are `cargo xtask simulate`.

use std::hash::{BuildHasher as _, Hasher as _};

use simulation::{Plan, run};

/// Simulated seconds with faults of each seed.
const FAULTS_S: u64 = 20;
/// Seeds that nobody has tried.
const FRESH: u64 = 6;
/// Seeds under which something was wrong once, with faults for longer.
const FOUND: [u64; 5] = [8, 57, 93, 139, 263];
const FOUND_FAULTS_S: u64 = 30;

fn plan(seed: u64, faults_s: u64) -> Plan {
    Plan { seed, faults_s, keep_text: false, defect: None }
}

#[test]
fn the_same_seed_gives_the_same_trace_byte_for_byte() {
    for seed in [21, 22] {
        let plan = Plan { keep_text: true, ..plan(seed, 8) };
        let (once, again) = (run(plan), run(plan));
        let (a, b) = (once.text.as_deref().unwrap(), again.text.as_deref().unwrap());
        let parted = a.lines().zip(b.lines()).position(|(a, b)| a != b);
        assert_eq!(parted, None, "seed {seed}");
        assert!(once == again && once.events > 1_000, "seed {seed}: {} events", once.events);
    }
}

#[test]
fn another_seed_gives_another_trace() {
    assert_ne!(run(plan(31, 1)).hash, run(plan(32, 1)).hash);
}

/// What was promised holds under faults, and afterwards the cluster sells again and its nodes are alike.
fn holds(seeds: impl IntoIterator<Item = u64>, faults_s: u64) {
    let mut sold = 0;
    for seed in seeds {
        let traced = run(plan(seed, faults_s));
        let replay = format!("cargo xtask simulate --first {seed} --seeds 1 --seconds {faults_s}");
        assert!(traced.wrong.is_empty(), "{:#?}\n{replay}", traced.wrong);
        sold += traced.counts.get("orders answered").copied().unwrap_or(0);
    }
    assert!(sold > 50, "faults must not be all there is: {sold} orders");
}

#[test]
fn promises_hold_under_faults() {
    holds(1..7, FAULTS_S);
}

#[test]
fn what_was_wrong_once_is_not_again() {
    holds(FOUND, FOUND_FAULTS_S);
}

#[test]
fn promises_hold_under_faults_that_nobody_has_tried() {
    // The standard library's hasher is keyed by the system's randomness.
    let first = std::hash::RandomState::new().build_hasher().finish() % 1_000_000_000;
    println!("fresh seeds {first} to {}", first + FRESH - 1);
    holds(first..first + FRESH, FAULTS_S);
}

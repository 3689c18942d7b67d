//! A few seeds, for every change; many are `cargo xtask simulate`.

use simulation::{Plan, run};

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
        assert!(once == again && once.events > 3_000, "seed {seed}: {} events", once.events);
    }
}

#[test]
fn another_seed_gives_another_trace() {
    assert_ne!(run(plan(31, 1)).hash, run(plan(32, 1)).hash);
}

/// What was promised holds under faults, and afterwards the cluster sells again and its nodes are alike.
fn holds(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let traced = run(plan(seed, 20));
        assert_eq!(
            traced.wrong,
            Vec::<String>::new(),
            "seed {seed}: cargo xtask simulate --first {seed} --seeds 1 --seconds 20"
        );
        assert!(
            traced.counts.get("orders answered") > Some(&20),
            "faults must not be all there is: {:?}",
            traced.counts
        );
    }
}

#[test]
fn promises_hold_under_faults() {
    holds(1..3);
}

#[test]
fn promises_hold_under_other_faults() {
    holds(3..5);
}

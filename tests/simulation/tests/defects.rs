//! The checks are only worth something if they fail: each planted defect is found within a few seeds.

use simulation::{Defect, Plan, run};

/// Simulated seconds with faults of each seed.
const FAULTS_S: u64 = 20;

/// Finds a defect within so many seeds; what the first complaint says.
fn found_within(defect: Defect, seeds: u64) -> String {
    (1..=seeds)
        .find_map(|seed| {
            let plan = Plan { seed, faults_s: FAULTS_S, keep_text: false, defect: Some(defect) };
            run(plan).wrong.into_iter().next()
        })
        .unwrap_or_else(|| format!("{defect:?} was not found in {seeds} seeds"))
}

#[test]
fn skipped_syncs_are_found() {
    let said = found_within(Defect::SyncsSkipped, 3);
    assert!(!said.contains("was not found"), "{said}");
}

#[test]
fn unconfirmed_reads_are_found() {
    let said = found_within(Defect::ReadsUnconfirmed, 3);
    assert!(said.contains("answered before"), "{said}");
}

#[test]
fn forgotten_keys_are_found() {
    let said = found_within(Defect::KeysForgotten, 1);
    assert!(said.contains("two answers"), "{said}");
}

#[test]
fn lost_snapshots_are_found() {
    let said = found_within(Defect::SnapshotsLost, 3);
    assert!(said.contains("lost what was durable"), "{said}");
}

//! The checks are only worth something if they fail: each mistake of `storage::planted`, made on purpose in the
//! product's own code, is found within 60 seeds.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::process::{Command, Stdio};
use std::time::Duration;

use simulation::Defect;
use tokio::time::Instant;

/// Simulated seconds with faults of each seed.
const FAULTS_S: u64 = 12;

/// However early it used to be found, it may come this late: the rarest shows in one of ten seeds, so that one change in
/// five hundred leaves it unfound by chance.
const SEEDS_MIN: u64 = 60;

/// A seed takes a second or two. A mistake may keep a node busy for ever while no simulated time passes (a leader whose
/// snapshot is too short for a follower that has no other way): that is as good as found.
const SEED_WITHIN: Duration = Duration::from_mins(2);

/// Runs one seed in a process of its own, so that it can be ended; what was wrong, if anything.
fn run(defect: Defect, seed: u64) -> Option<String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_simulation"))
        .args([format!("defect={defect:?}"), format!("seed={seed}"), format!("seconds={FAULTS_S}")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let reading = std::thread::spawn(move || std::io::read_to_string(&mut out).unwrap());
    let deadline = Instant::now() + SEED_WITHIN;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            return Some("it does not come to an end".to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = reading.join().unwrap();
    assert!(told.contains("1 seeds, "), "{defect:?}, seed {seed}: {told}");
    told.lines().find_map(|line| line.trim().strip_prefix("WRONG ").map(str::to_owned))
}

/// Searches the seeds from 1 on; the first that finds the mistake must not come much later than it used to. Which one
/// that is changes with every change of the simulation or of what it runs.
fn found(defect: Defect, used_to: u64) -> String {
    let within = (3 * used_to).max(SEEDS_MIN);
    let first = (1..=within).find_map(|seed| run(defect, seed).map(|wrong| (seed, wrong)));
    let Some((seed, wrong)) = first else { panic!("{defect:?} was not found in {within} seeds") };
    format!("{defect:?}: found by seed {seed} (used to be {used_to}): {wrong}")
}

macro_rules! found {
    ($($name:ident: $defect:ident by $seed:literal,)*) => {
        $(
            #[test]
            fn $name() {
                println!("{}", found(Defect::$defect, $seed));
            }
        )*

        #[test]
        fn no_mistake_is_left_out() {
            let tested = [$(Defect::$defect),*];
            assert!(storage::planted::ALL.iter().all(|defect| tested.contains(defect)));
        }
    };
}

found! {
    an_answer_before_commit: AnsweredUncommitted by 1,
    durable_before_the_sync: ToldUnsynced by 8,
    no_sync_at_all: SyncSkipped by 1,
    a_vote_answered_before_its_sync: VoteUnsynced by 11,
    a_vote_not_restored: VoteForgotten by 1,
    a_garbled_record_taken: GarbledTaken by 4,
    a_snapshot_ahead_of_the_log: SnapshotAhead by 50,
    a_snapshot_that_lacks_an_entry: SnapshotShort by 1,
    a_log_purged_above_the_snapshot: PurgedTooFar by 1,
    time_by_the_wall_clock: ClockTrusted by 8,
    a_read_of_a_deposed_leader: ReadUnconfirmed by 3,
    a_read_of_what_is_here: ReadLocal by 1,
    a_key_not_recorded: KeyForgotten by 1,
    a_gap_in_the_feed: FeedGap by 1,
    a_term_resumed: TermResumed by 2,
    a_campaign_after_a_cut_tail: TornCampaigns by 5,
    a_removed_node_that_counts: RemovedCounts by 1,
}

//! The checks are only worth something if they fail: each mistake of `storage::planted`, made on purpose in the
//! product's own code, is found within 60 seeds.

use simulation::{Defect, Plan, run};

/// Simulated seconds with faults of each seed.
const FAULTS_S: u64 = 12;

/// However early it used to be found, it may come this late: the rarest shows in one of ten seeds, so that one change in
/// five hundred leaves it unfound by chance.
const SEEDS_MIN: u64 = 60;

/// Searches the seeds from 1 on; the first that finds the mistake must not come much later than it used to. Which one
/// that is changes with every change of the simulation or of what it runs.
fn found(defect: Defect, used_to: u64) -> String {
    let within = (3 * used_to).max(SEEDS_MIN);
    let first = (1..=within).find_map(|seed| {
        let plan = Plan { seed, faults_s: FAULTS_S, keep_text: false, defect: Some(defect) };
        run(plan).wrong.into_iter().next().map(|wrong| (seed, wrong))
    });
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
    durable_before_the_sync: ToldUnsynced by 2,
    no_sync_at_all: SyncSkipped by 1,
    a_vote_answered_before_its_sync: VoteUnsynced by 16,
    a_vote_not_restored: VoteForgotten by 1,
    a_garbled_record_taken: GarbledTaken by 4,
    a_snapshot_ahead_of_the_log: SnapshotAhead by 28,
    a_snapshot_that_lacks_an_entry: SnapshotShort by 1,
    a_log_purged_above_the_snapshot: PurgedTooFar by 1,
    time_by_the_wall_clock: ClockTrusted by 7,
    a_read_of_a_deposed_leader: ReadUnconfirmed by 1,
    a_read_of_what_is_here: ReadLocal by 1,
    a_key_not_recorded: KeyForgotten by 1,
    a_gap_in_the_feed: FeedGap by 5,
    a_term_resumed: TermResumed by 1,
    a_campaign_after_a_cut_tail: TornCampaigns by 5,
    a_removed_node_that_counts: RemovedCounts by 1,
}

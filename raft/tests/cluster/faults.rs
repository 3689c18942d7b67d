//! Leaders that are cut off or lost, clocks that jump.

use std::time::Duration;

use booking::ids::OrganizationId;
use booking::{Actor, Command, Request};
use raft::Error;
use storage::Keep;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::harness::{Harness, WALL_MS, address, make_organization, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_cut_off_neither_commits_nor_answers_reads() {
    let h = Harness::tuned(3, |o| o.request_deadline = Duration::from_secs(3)).await;
    h.make_organization(0, 1).await.unwrap();
    h.network.isolate(address(0));
    let began = Instant::now();
    let (cut, read) = tokio::join!(h.make_organization(0, 2), h.node(0).linearizable());
    assert_eq!(cut.unwrap_err(), Error::Unknown, "it may be committed later, by another leader");
    assert!(read.is_err(), "{read:?}");
    assert!(began.elapsed() < Duration::from_secs(6), "answered within the deadline");
    let new = h.leader(&[1, 2]).await;
    h.make_organization(3 - new, 3).await.unwrap();
    assert!(h.node(0).state().organization(OrganizationId(3)).is_none());
    h.network.heal();
    // The same request again: it happens once, whatever became of the first.
    h.make_organization(0, 2).await.unwrap();
    h.node(0).linearizable().await.unwrap();
    assert!(h.node(0).state().organization(OrganizationId(3)).is_some());
    h.settled().await;
    assert_eq!(h.node(1).state().organizations().count(), 3);
    h.shutdown().await;
}

/// The others hear the leader, so there is no election: this node has nobody to ask, and knows that it asked nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_alone_cannot_reach_the_leader_says_whether_anything_was_sent() {
    let both: &[(usize, usize)] = &[(0, 1), (1, 0)];
    for cuts in [both, &[(0, 1)], &[(1, 0)]] {
        let h = Harness::tuned(3, |o| o.request_deadline = Duration::from_secs(3)).await;
        h.make_organization(1, 1).await.unwrap();
        for (from, to) in cuts {
            h.network.cut(address(*from), address(*to));
        }
        let sent = h.make_organization(1, 2).await;
        assert_eq!(sent.unwrap_err(), Error::Unknown, "{cuts:?}: it left on a stream that looked open");
        let began = Instant::now();
        let (kept, read) = tokio::join!(h.make_organization(1, 3), h.node(1).linearizable());
        assert_eq!(kept.unwrap_err(), Error::NoLeader, "{cuts:?}: no stream could be opened");
        assert_eq!(read.unwrap_err(), Error::NoLeader, "{cuts:?}");
        assert!(began.elapsed() < Duration::from_secs(4), "{cuts:?}: answered within the deadline");
        assert!(h.node(0).state().organization(OrganizationId(3)).is_none(), "{cuts:?}");
        h.make_organization(2, 4).await.unwrap();
        h.network.heal();
        for n in 2..=3 {
            h.make_organization(1, n).await.unwrap();
        }
        h.settled().await;
        assert_eq!(h.node(1).state().organizations().count(), 4, "{cuts:?}");
        h.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_under_way_when_the_leader_is_lost_happen_once() {
    let mut h = Harness::cluster(3).await;
    let mut tasks = JoinSet::new();
    for n in 1..=300_u128 {
        let node = h.node(1 + usize::try_from(n % 2).unwrap()).clone();
        tasks.spawn(async move { node.propose(n, make_organization(n)).await });
    }
    until("some to be applied", || (h.node(1).metrics().applied_requests > 5).then_some(())).await;
    let lost = Instant::now();
    h.crash(0, Keep::Nothing).await;
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    let outage = lost.elapsed();
    h.settled().await;
    assert_eq!(h.node(1).state().organizations().count(), 300);
    assert!(outage < Duration::from_secs(5), "{outage:?}");
    h.start(0).await;
    h.settled().await;
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_leader_is_replaced_within_two_seconds() {
    let mut h = Harness::cluster(3).await;
    h.make_organization(1, 1).await.unwrap();
    let lost = Instant::now();
    h.crash(0, Keep::Everything).await;
    h.make_organization(1, 2).await.unwrap();
    assert!(lost.elapsed() < Duration::from_secs(2), "{:?}", lost.elapsed());
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_the_leader_down_hands_over() {
    let mut h = Harness::cluster(3).await;
    h.make_organization(1, 1).await.unwrap();
    let term = h.node(1).status().term;
    h.stop(0).await;
    let began = Instant::now();
    h.make_organization(2, 2).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert_eq!(h.node(1).status().term, term + 1, "handed over, not campaigned for");
    h.shutdown().await;
}

async fn stamp(h: &Harness, through: usize) -> u64 {
    let tick = Request { actor: Actor::Node, idempotency: None, command: Command::Tick };
    h.node(through).propose(0, tick).await.unwrap().at_ms
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_jump_of_a_wall_clock_moves_cluster_time() {
    const HOUR_MS: u64 = 3_600_000;
    let mut h = Harness::cluster(3).await;
    let first = stamp(&h, 0).await;
    assert!((WALL_MS..WALL_MS + 60_000).contains(&first), "{first}");
    for (i, wall_ms) in [(0, WALL_MS + HOUR_MS), (1, WALL_MS + HOUR_MS), (0, WALL_MS - HOUR_MS)] {
        h.clocks[i].jump(wall_ms);
        let before = stamp(&h, 0).await;
        let after = stamp(&h, 1).await;
        assert!((before..before + 5_000).contains(&after), "{before} {after}");
    }
    // A new leader goes on from there, though two of three wall clocks are an hour off.
    let before = stamp(&h, 1).await;
    h.crash(0, Keep::Everything).await;
    let after = stamp(&h, 1).await;
    assert!((before..before + 10_000).contains(&after), "{before} {after}");
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_nodes_survive_two() {
    let mut h = Harness::cluster(5).await;
    for n in 1..=20 {
        h.make_organization(3, n).await.unwrap();
    }
    h.crash(0, Keep::Random(1)).await;
    h.crash(1, Keep::Random(2)).await;
    h.make_organization(4, 21).await.unwrap();
    h.start(0).await;
    h.start(1).await;
    h.settled().await;
    assert_eq!(h.node(0).state().organizations().count(), 21);
    h.shutdown().await;
}

//! Promise 7: the live feed has no gap and no reordering: a viewer's map equals the state at its index.

use std::time::Duration;

use tokio::task::JoinSet;

use tests::buyers::Buyers;
use tests::harness::{Cluster, INTERRUPTION_MAX, PATIENCE, Setup};
use tests::live::{Form, Viewer};
use tests::readback::seats;
use tests::stage::{Stage, Wanted};
use tests::waiting::stretch;

/// The viewer's map is the state that a node shows, once nothing changes any more.
async fn equals_the_state(viewer: &mut Viewer, cluster: &Cluster, index: u64, showtime: &str) {
    viewer.follow_to(cluster, index).await;
    let map: String = viewer.seats.iter().map(|s| char::from(b'0' + s)).collect();
    for number in 1..=3 {
        let state = seats(cluster, number, showtime, index).await;
        let differ: Vec<usize> = (0..map.len()).filter(|i| map.as_bytes()[*i] != state.as_bytes()[*i]).collect();
        assert!(differ.is_empty(), "a viewer at node {} and node {number} differ at {differ:?}", viewer.node);
    }
}

/// Viewers in both forms on every node, one of which moves from node to node; three bursts of sales.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_every_node_and_in_both_forms() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 40, row: 50, ..Wanted::default() }).await;
    let showtime = stage.showtimes[0].clone();
    let mut viewers = Vec::new();
    for number in 1..=3 {
        for form in [Form::Json, Form::Packed] {
            viewers.push(Viewer::open(&cluster, number, &showtime, form).await);
        }
    }
    let mut wanderer = Viewer::open(&cluster, 1, &showtime, Form::Json).await;
    for burst in 0..3 {
        let mut buyers = Buyers::start(&cluster, &stage, 16);
        buyers.acknowledge(30, PATIENCE).await;
        let goal = buyers.history.holds();
        // It moves while sales go on, and goes on where it was.
        while buyers.history.holds() < goal + 100 {
            wanderer.take(&cluster, PATIENCE).await.unwrap();
        }
        wanderer.move_to(&cluster, (wanderer.node % 3) + 1).await;
        buyers.go_on_for(stretch(1)).await;
        buyers.stop().await;
        let index = cluster.settle().await;
        for viewer in viewers.iter_mut().chain([&mut wanderer]) {
            let reached = newest_change(viewer, &cluster, index).await;
            equals_the_state(viewer, &cluster, reached, &showtime).await;
        }
        println!("burst {burst}: frames {:?}", viewers.iter().map(|v| v.frames).collect::<Vec<_>>());
    }
    let resyncs: usize = viewers.iter().map(|v| v.resyncs).sum();
    assert_eq!(resyncs, 0, "viewers who keep up are never told to begin anew");
    assert_eq!(wanderer.resyncs, 0, "nor is one who moves at once");
}

/// Entries after the last change of a showtime (ticks, the other steps) bring no frame until the next heartbeat: what
/// a viewer can be asked to reach is the last index with a change, which is the `to` of its last frame.
async fn newest_change(viewer: &mut Viewer, cluster: &Cluster, index: u64) -> u64 {
    while viewer.index < index {
        let quiet = tokio::time::timeout(INTERRUPTION_MAX, viewer.take(cluster, PATIENCE)).await;
        match quiet {
            Ok(told) => told.unwrap(),
            Err(_) => break,
        }
    }
    viewer.index
}

/// The node a viewer is at dies: it goes on at another one, with what it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_its_node_was_lost() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 40, row: 50, ..Wanted::default() }).await;
    let showtime = stage.showtimes[0].clone();
    let leader = cluster.leader().await;
    let mut viewer = Viewer::open(&cluster, leader, &showtime, Form::Json).await;
    // Somebody watches it where the viewer will go, so that what it missed is remembered there.
    let _other = Viewer::open(&cluster, leader % 3 + 1, &showtime, Form::Packed).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    buyers.acknowledge(50, PATIENCE).await;
    cluster.node(leader).kill();
    while viewer.take(&cluster, PATIENCE).await.is_ok() {}
    viewer.move_to(&cluster, leader % 3 + 1).await;
    buyers.acknowledge(50, PATIENCE).await;
    buyers.stop().await;
    cluster.restart(leader).await;
    let index = cluster.settle().await;
    let reached = newest_change(&mut viewer, &cluster, index).await;
    equals_the_state(&mut viewer, &cluster, reached, &showtime).await;
    assert_eq!(viewer.resyncs, 0);
}

/// A viewer that does not read is told to begin anew or is let go; those beside it notice nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_that_does_not_read_slows_nobody() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 40, row: 50, ..Wanted::default() }).await;
    let showtime = stage.showtimes[0].clone();
    let mut sleepers = JoinSet::new();
    for _ in 0..20 {
        let asleep = Viewer::open(&cluster, 1, &showtime, Form::Json).await;
        sleepers.spawn(async move {
            std::future::pending::<()>().await;
            drop(asleep);
        });
    }
    let mut viewer = Viewer::open(&cluster, 1, &showtime, Form::Json).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    let end = tokio::time::Instant::now() + stretch(3);
    while tokio::time::Instant::now() < end {
        let frame = tokio::time::timeout(Duration::from_secs(2), viewer.take(&cluster, PATIENCE)).await;
        frame.expect("frames keep coming").unwrap();
    }
    buyers.acknowledge(10, PATIENCE).await;
    buyers.stop().await;
    assert_eq!(viewer.resyncs, 0);
}

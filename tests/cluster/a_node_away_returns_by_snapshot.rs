//! Promise 8, second half: a node that returns catches up by itself, even when the log it lacks is gone.

use std::sync::Arc;

use serde_json::Value;

use tests::buyers::Buyers;
use tests::faults::SmallDisk;
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::http::Call;
use tests::network::Switch;
use tests::stage::{Stage, Wanted};
use tests::waiting::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_was_purged_past_it_while_sales_go_on() {
    let mut cluster = Cluster::start(Setup::nodes(3).small_snapshots()).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 2, ..Wanted::default() }).await;
    let away = cluster.leader().await % 3 + 1;
    let mut buyers = Buyers::start(&cluster, &stage, 24);
    buyers.acknowledge(50, PATIENCE).await;
    cluster.node(away).kill();
    let leader = cluster.leader().await;
    purged_past(&cluster, leader).await;
    cluster.restart(away).await;
    buyers.acknowledge(100, PATIENCE).await;
    let metrics = cluster.call(away, &Call::get("/metrics")).await.unwrap();
    buyers.stop().await.check(&mut cluster).await;
    let received = metric(&String::from_utf8_lossy(&metrics.body), "snapshots_received");
    assert!(received >= 1.0, "it came back without a snapshot");
    // It is a full member again: the cluster goes on without one of the others.
    let other = (1..=3).find(|n| *n != away && *n != leader).unwrap();
    cluster.node(other).kill();
    let mut buyers = Buyers::start(&cluster, &stage, 4);
    buyers.acknowledge(20, PATIENCE).await;
    buyers.stop().await;
    cluster.restart(other).await;
    cluster.settle().await;
}

/// There is no room for the snapshot: the node says so in its log, for nobody else knows, and takes it once there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_keeps_it_away_and_it_says_so() {
    let disk = Arc::new(SmallDisk::new(400));
    let mut cluster = Cluster::start(Setup::nodes(3).on(Switch::new(3)).small_snapshots().disk(2, &disk)).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 2, ..Wanted::default() }).await;
    let others: Vec<_> = [0, 2].map(|n| cluster.nodes[n].http).into();
    let mut buyers = Buyers::at(&others, &cluster.key, &stage, 24);
    buyers.acknowledge(50, PATIENCE).await;
    // It runs all the time: on a full disk it would not even start.
    cluster.switch.as_ref().unwrap().cut(2);
    let leader = until("another leads", PATIENCE, async || cluster.leader_now().await.filter(|n| *n != 2)).await;
    purged_past(&cluster, leader).await;
    disk.fill();
    cluster.switch.as_ref().unwrap().heal(2);
    until("it says that there is no room", PATIENCE, async || {
        let node = cluster.node(2);
        assert!(node.is_running(), "it ended: {}", node.last_lines(20));
        node.log_text().contains("no room on the disk").then_some(())
    })
    .await;
    disk.free();
    cluster.node(2).answers("/readyz", PATIENCE).await;
    buyers.acknowledge(50, PATIENCE).await;
    buyers.stop().await.check(&mut cluster).await;
}

/// Waits until the leader has purged all that it has applied now.
async fn purged_past(cluster: &Cluster, leader: usize) {
    let left_at = cluster.status(leader).await.unwrap()["applied"].as_u64().unwrap();
    until("the leader has purged the log past the node that is away", PATIENCE * 2, async || {
        let status = cluster.status(leader).await?;
        (purged(&status)? > left_at).then_some(())
    })
    .await;
}

/// The greatest index that is no longer in the log of the node that was asked.
fn purged(status: &Value) -> Option<u64> {
    status["this_node"]["purged"].as_u64()
}

/// The value of a metric whose name contains a text.
fn metric(page: &str, name: &str) -> f64 {
    let line = page.lines().find(|l| !l.starts_with('#') && l.contains(name));
    line.and_then(|l| l.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("no metric {name}:\n{page}"))
}

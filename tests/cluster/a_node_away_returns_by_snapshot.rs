//! Promise 8, second half: a node that returns catches up by itself, even when the log it lacks is gone.

use serde_json::Value;

use tests::buyers::Buyers;
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::http::Call;
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
    let left_at = cluster.status(leader).await.unwrap()["applied"].as_u64().unwrap();
    until("the leader has purged the log past the node that is away", PATIENCE * 2, async || {
        let status = cluster.status(leader).await?;
        (purged(&status)? > left_at).then_some(())
    })
    .await;
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

/// The greatest index that is no longer in the log of the node that was asked.
fn purged(status: &Value) -> Option<u64> {
    status["this_node"]["purged"].as_u64()
}

/// The value of a metric whose name contains a text.
fn metric(page: &str, name: &str) -> f64 {
    let line = page.lines().find(|l| !l.starts_with('#') && l.contains(name));
    line.and_then(|l| l.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("no metric {name}:\n{page}"))
}

//! Promise 2: what was acknowledged is durable. kill −9 amid 64 buyers, then everything is read back from every node.

use tests::buyers::Buyers;
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::stage::{Stage, Wanted};
use tests::waiting::stretch;

const BUYERS: usize = 64;

async fn opened() -> (Cluster, Buyers) {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 2, ..Wanted::default() }).await;
    let mut buyers = Buyers::start(&cluster, &stage, BUYERS);
    buyers.acknowledge(200, PATIENCE).await;
    (cluster, buyers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_the_leader() {
    let (mut cluster, mut buyers) = opened().await;
    for _ in 0..2 {
        let leader = cluster.leader().await;
        cluster.node(leader).kill();
        buyers.acknowledge(200, PATIENCE).await;
        cluster.restart(leader).await;
        buyers.go_on_for(stretch(1)).await;
    }
    buyers.stop().await.check(&mut cluster).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_a_follower() {
    let (mut cluster, mut buyers) = opened().await;
    for _ in 0..2 {
        let follower = cluster.leader().await % 3 + 1;
        cluster.node(follower).kill();
        buyers.acknowledge(200, PATIENCE).await;
        cluster.restart(follower).await;
        buyers.go_on_for(stretch(1)).await;
    }
    buyers.stop().await.check(&mut cluster).await;
}

/// The whole cluster at once, and again while it recovers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_all_three_at_once() {
    let (mut cluster, mut buyers) = opened().await;
    let kill_all = |cluster: &mut Cluster| cluster.nodes.iter_mut().for_each(tests::process::Node::kill);
    kill_all(&mut cluster);
    cluster.nodes.iter_mut().for_each(tests::process::Node::start);
    for node in &mut cluster.nodes {
        node.answers("/healthz", PATIENCE).await;
    }
    kill_all(&mut cluster);
    cluster.nodes.iter_mut().for_each(tests::process::Node::start);
    for node in &mut cluster.nodes {
        node.answers("/readyz", PATIENCE).await;
    }
    buyers.acknowledge(200, PATIENCE).await;
    buyers.stop().await.check(&mut cluster).await;
}

//! Promise 2: a node whose disk was lost must not help to elect a leader that lacks what it once acknowledged.

use std::time::Duration;

use tests::buyers::Buyers;
use tests::harness::{Cluster, PATIENCE, Setup, draw_key};
use tests::http::{Call, Client};
use tests::stage::{Stage, Wanted, hold};
use tests::waiting::{never, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_joins_anew_under_another() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted::default()).await;
    let mut buyers = Buyers::start(&cluster, &stage, 8);
    buyers.acknowledge(50, PATIENCE).await;
    let history = buyers.stop().await;
    let leader = cluster.leader().await;
    let (lost, other) = (leader % 3 + 1, (leader + 1) % 3 + 1);
    let old_id = cluster.id(leader, lost).await.unwrap();

    // All down; the folder is gone; the one that comes back with it has never heard of the cluster.
    cluster.nodes.iter_mut().for_each(tests::process::Node::kill);
    let data = cluster.node(lost).data.clone();
    std::fs::remove_dir_all(&data).unwrap();
    cluster.node(lost).start();
    cluster.node(other).start();
    cluster.node(lost).answers("/healthz", PATIENCE).await;
    cluster.node(other).answers("/healthz", PATIENCE).await;
    let call = hold(&stage.showtimes[0], &[&stage.places[0]], &draw_key());
    never(Duration::from_secs(4), async || {
        for number in [lost, other] {
            let mut client = Client::within(cluster.nodes[number - 1].http, Duration::from_secs(6));
            for call in [&call, &Call::get("/readyz")] {
                if let Ok(answer) = client.send(call).await
                    && answer.status < 500
                {
                    return Some(format!("node {number}, without a majority: {} {}", call.path, answer.told()));
                }
            }
        }
        None
    })
    .await;
    // With the one that has everything there is a majority again.
    cluster.restart(leader).await;
    cluster.node(other).answers("/readyz", PATIENCE).await;
    let ready = cluster.call(lost, &Call::get("/readyz")).await.unwrap();
    assert_eq!(ready.status, 503, "still no member: {}", ready.told());

    // As the manual says: remove the old id, let the node join.
    let leads = cluster.leader().await;
    cluster.ok(leads, &["cluster", "remove", &old_id]).await;
    cluster.join(leads, lost).await;
    cluster.node(lost).answers("/readyz", PATIENCE).await;
    let new_id = until("it has an id", PATIENCE, async || cluster.id(leader, lost).await).await;
    assert_ne!(new_id, old_id, "an id is never used again");
    history.check(&mut cluster).await;
}

//! Promise 2: a full disk stops a node cleanly, with a message, and loses nothing; the others go on.

use std::sync::Arc;
use std::time::Duration;

use tests::buyers::Buyers;
use tests::faults::SmallDisk;
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::stage::{Stage, Wanted};
use tests::waiting::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_and_then_it_returns() {
    let disk = Arc::new(SmallDisk::new(400));
    let mut cluster = Cluster::start(Setup::nodes(3).small_snapshots().disk(2, &disk)).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 2, ..Wanted::default() }).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    buyers.acknowledge(100, PATIENCE).await;
    disk.fill();
    // It may live on what was laid out in advance for a while; what it must not do is end without a word, or hurt.
    buyers.acknowledge(300, PATIENCE).await;
    if !cluster.node(2).is_running() {
        let told = cluster.node(2).log_text();
        assert!(told.contains("No space left") || told.contains("disk is full"), "{}", cluster.node(2).last_lines(20));
        println!("the node stopped: {}", cluster.node(2).last_lines(1));
    }
    // It starts on a full disk or says why not.
    cluster.node(2).kill();
    cluster.node(2).start();
    let ended = until("it starts or ends", PATIENCE, async || {
        let running = cluster.node(2).is_running();
        let ready = tests::http::Call::get("/readyz");
        let mut client = tests::http::Client::within(cluster.nodes[1].http, Duration::from_secs(2));
        (!running || client.send(&ready).await.is_ok_and(|a| a.status == 200)).then_some(!running)
    })
    .await;
    if ended {
        let told = cluster.node(2).log_text();
        assert!(told.contains("No space left") || told.contains("disk is full"), "{}", cluster.node(2).last_lines(20));
    }
    cluster.node(2).kill();
    disk.free();
    cluster.restart(2).await;
    buyers.acknowledge(50, PATIENCE).await;
    buyers.stop().await.check(&mut cluster).await;
}

//! Promises 2 and 8 on purpose: SIGTERM drains, hands leadership over, sends viewers elsewhere and ends with success.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

use tests::buyers::Buyers;
use tests::harness::INTERRUPTION_MAX;
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::http::{Call, Failure};
use tests::live::{Form, Viewer};
use tests::stage::{Stage, Wanted};
use tests::waiting::until;

/// The close code that means: connect again, elsewhere.
const SERVICE_RESTART: u16 = 1012;
/// Ending takes no longer than this for a node that was asked twice: far less than a request may take to arrive.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Each node in turn, the leader first, under load.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_in_turn_under_load() {
    let mut cluster = Cluster::start(Setup::nodes(3).alone()).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 2, ..Wanted::default() }).await;
    let showtime = stage.showtimes[0].clone();
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    buyers.acknowledge(50, PATIENCE).await;
    let leader = cluster.leader().await;
    let mut spans: Vec<Duration> = Vec::new();
    for number in [leader, leader % 3 + 1, (leader + 1) % 3 + 1] {
        let mut viewer = Viewer::open(&cluster, number, &showtime, Form::Json).await;
        let asked = Instant::now();
        cluster.node(number).ask_to_stop();
        let closed = loop {
            if let Err(closed) = viewer.take(&cluster, PATIENCE).await {
                break closed;
            }
        };
        assert_eq!(closed.code, Some(SERVICE_RESTART), "{closed:?}");
        assert!(!closed.reason.is_empty(), "the reason says what to do");
        let status = cluster.node(number).ended(PATIENCE).await;
        assert!(status.success(), "{status}: {}", cluster.node(number).last_lines(20));
        let first = until("sales go on", PATIENCE, async || buyers.history.first_after(asked)).await;
        spans.push(first - asked);
        buyers.acknowledge(50, PATIENCE).await;
        cluster.restart(number).await;
        viewer.move_to(&cluster, number).await;
    }
    println!("SIGTERM to each node in turn: first new hold after {spans:?}");
    buyers.stop().await.check(&mut cluster).await;
    assert!(spans.iter().all(|s| *s < INTERRUPTION_MAX), "{spans:?}");
}

/// All are asked at once, and come back with what they had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_cluster_and_back() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted::default()).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    buyers.acknowledge(100, PATIENCE).await;
    let history = buyers.stop().await;
    cluster.nodes.iter_mut().for_each(tests::process::Node::ask_to_stop);
    for number in 1..=3 {
        let status = cluster.node(number).ended(PATIENCE).await;
        assert!(status.success(), "{status}: {}", cluster.node(number).last_lines(20));
    }
    cluster.nodes.iter_mut().for_each(tests::process::Node::start);
    for node in &mut cluster.nodes {
        node.answers("/readyz", PATIENCE).await;
    }
    history.check(&mut cluster).await;
}

/// A request whose body never comes keeps the leader from stopping; asked a second time it ends at once, as if it were
/// killed: what it acknowledged is on the others, and it comes back with what it had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_twice_it_ends_at_once() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 2, ..Wanted::default() }).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    buyers.acknowledge(100, PATIENCE).await;
    let leader = cluster.leader().await;
    let mut unfinished = TcpStream::connect(cluster.node(leader).http).await.unwrap();
    let head = format!(
        "POST /api/v1/showtimes/{}/holds HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{{",
        stage.showtimes[0]
    );
    unfinished.write_all(head.as_bytes()).await.unwrap();
    // The node has taken the request once it answers one that came after it.
    cluster.node(leader).answers("/healthz", PATIENCE).await;
    let first = Instant::now();
    cluster.node(leader).ask_to_stop();
    until("the node takes no connection", PATIENCE, async || {
        matches!(cluster.call(leader, &Call::get("/healthz")).await, Err(Failure::NotSent(_))).then_some(())
    })
    .await;
    assert!(cluster.node(leader).is_running(), "it waits for the request under way");
    let second = Instant::now();
    cluster.node(leader).ask_to_stop();
    let status = cluster.node(leader).ended(PATIENCE).await;
    let (waited, took) = (second - first, second.elapsed());
    println!("asked again after {waited:?}, the node ended within {took:?}");
    assert!(status.success(), "{status}: {}", cluster.node(leader).last_lines(20));
    assert!(took < AT_ONCE, "{took:?}: {}", cluster.node(leader).last_lines(20));
    drop(unfinished);
    buyers.acknowledge(100, PATIENCE).await;
    cluster.restart(leader).await;
    buyers.acknowledge(50, PATIENCE).await;
    buyers.stop().await.check(&mut cluster).await;
}

//! Promise 8: loss of any minority of nodes interrupts sales for less than 2 s.

use std::time::Duration;

use tokio::time::Instant;

use tests::buyers::Buyers;
use tests::harness::INTERRUPTION_MAX;
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::stage::{Stage, Wanted};
use tests::waiting::until;

/// From the kill to the acknowledgement of the first hold that was sent after it.
async fn interruption(buyers: &Buyers, killed: Instant) -> Duration {
    let first = until("a hold is acknowledged again", PATIENCE, async || buyers.history.first_after(killed)).await;
    first - killed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leader_of_three() {
    let mut cluster = Cluster::start(Setup::nodes(3).alone()).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 2, ..Wanted::default() }).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    let mut seen = Vec::new();
    for _ in 0..4 {
        buyers.acknowledge(100, PATIENCE).await;
        let leader = cluster.leader().await;
        let killed = Instant::now();
        cluster.node(leader).kill();
        seen.push(interruption(&buyers, killed).await);
        cluster.restart(leader).await;
    }
    println!("leader killed, sales interrupted for {seen:?}");
    buyers.stop().await.check(&mut cluster).await;
    assert!(seen.iter().all(|span| *span < INTERRUPTION_MAX), "{seen:?}");
}

/// A leader that hangs (SIGSTOP) is as good as lost, and is no leader when it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_hangs() {
    let mut cluster = Cluster::start(Setup::nodes(3).alone()).await;
    let stage = Stage::set(&mut cluster, Wanted::default()).await;
    let leader = cluster.leader().await;
    let others: Vec<_> = cluster.nodes.iter().filter(|n| n.number != leader).map(|n| n.http).collect();
    let mut buyers = Buyers::at(&others, &cluster.key, &stage, 8);
    buyers.acknowledge(50, PATIENCE).await;
    let paused = Instant::now();
    cluster.node(leader).pause();
    let span = interruption(&buyers, paused).await;
    println!("leader paused, sales interrupted for {span:?}");
    buyers.acknowledge(50, PATIENCE).await;
    cluster.node(leader).go_on();
    buyers.acknowledge(50, PATIENCE).await;
    buyers.stop().await.check(&mut cluster).await;
    assert!(span < INTERRUPTION_MAX, "{span:?}");
}

/// Two of five at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_five() {
    let mut cluster = Cluster::start(Setup::nodes(5).alone()).await;
    let stage = Stage::set(&mut cluster, Wanted::default()).await;
    let mut buyers = Buyers::start(&cluster, &stage, 16);
    buyers.acknowledge(100, PATIENCE).await;
    let leader = cluster.leader().await;
    let other = leader % 5 + 1;
    let killed = Instant::now();
    cluster.node(leader).kill();
    cluster.node(other).kill();
    let span = interruption(&buyers, killed).await;
    println!("leader and follower of five killed, sales interrupted for {span:?}");
    cluster.restart(leader).await;
    cluster.restart(other).await;
    buyers.acknowledge(50, PATIENCE).await;
    buyers.stop().await.check(&mut cluster).await;
    assert!(span < INTERRUPTION_MAX, "{span:?}");
}

//! Promise 1: no seat is ever owned by two; not held twice, not sold twice, at no time.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use tests::buyers::{Buyers, insist};
use tests::harness::{Cluster, PATIENCE, Setup, draw_key};
use tests::http::Call;
use tests::live::{Form, Viewer};
use tests::stage::{Stage, Wanted, hold};
use tests::waiting::{stretch, until};

/// Few seats and many buyers: nearly every hold collides with another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_buyers_of_few_seats() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 8, row: 20, showtimes: 2, ..Wanted::default() }).await;
    let mut buyers = Buyers::start(&cluster, &stage, 64);
    buyers.go_on_for(stretch(5)).await;
    buyers.stop().await.check(&mut cluster).await;
}

/// All want the same seat, through all nodes, while the leader is killed: one gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_buyers_of_one_seat() {
    const BUYERS: usize = 300;
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 1, row: 10, ..Wanted::default() }).await;
    let leader = cluster.leader().await;
    let addresses: Vec<_> = cluster.nodes.iter().map(|n| n.http).collect();
    let all_set = Arc::new(Barrier::new(BUYERS + 1));
    let mut tasks = JoinSet::new();
    for buyer in 0..BUYERS {
        let (addresses, all_set) = (addresses.clone(), all_set.clone());
        let call = hold(&stage.showtimes[0], &[&stage.places[4]], &draw_key());
        tasks.spawn(async move {
            all_set.wait().await;
            insist(addresses, buyer, call).await
        });
    }
    all_set.wait().await;
    cluster.node(leader).kill();
    let mut got = 0;
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.unwrap();
        match answer.status {
            201 => got += 1,
            _ => assert_eq!((answer.status, answer.code().as_str()), (409, "seats-taken"), "{}", answer.told()),
        }
    }
    assert_eq!(got, 1, "one of {BUYERS} gets the seat");
    cluster.restart(leader).await;
    cluster.settle().await;
}

/// Standing room: many take some of it at once, until there is no more; what was acknowledged never exceeds it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_area_is_not_oversold() {
    const CAPACITY: u64 = 1_000;
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 1, row: 10, ..Wanted::default() }).await;
    let addresses: Vec<_> = cluster.nodes.iter().map(|n| n.http).collect();
    let mut viewer = Viewer::open(&cluster, 1, &stage.showtimes[0], Form::Packed).await;
    let mut tasks = JoinSet::new();
    for buyer in 0..180_usize {
        let body = json!({ "areas": [{ "area": stage.area, "quantity": 7 }] });
        let path = format!("/api/v1/showtimes/{}/holds", stage.showtimes[0]);
        tasks.spawn(insist(addresses.clone(), buyer, Call::post(&path, &body).once(&draw_key())));
    }
    let mut held = 0;
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.unwrap();
        match answer.status {
            201 => held += 7,
            _ => assert_eq!((answer.status, answer.code().as_str()), (409, "not-enough-places"), "{}", answer.told()),
        }
    }
    assert_eq!(held, CAPACITY / 7 * 7, "all that fits is held, and no more");
    let index = cluster.settle().await;
    for number in 1..=3 {
        let path = format!("/api/v1/showtimes/{}/availability", stage.showtimes[0]);
        let counts =
            cluster.call(number, &Call::get(&path).header("x-min-log-index", index)).await.unwrap().expect(200);
        let area = counts["areas"].as_array().unwrap().iter().find(|a| a["id"] == stage.area.as_str()).unwrap();
        assert_eq!(area["free"], CAPACITY - held, "node {number}: {counts}");
    }
    until("the viewer is told", PATIENCE, async || {
        viewer.take(&cluster, PATIENCE).await.unwrap();
        (viewer.areas.get(&0) == Some(&(CAPACITY - held))).then_some(())
    })
    .await;
}

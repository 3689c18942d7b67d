//! The cluster grows from three to five and loses its leader for good, while it sells (promises 1, 2 and 8).

use serde_json::json;

use tests::buyers::Buyers;
use tests::harness::{Cluster, PATIENCE, Setup};
use tests::http::Call;
use tests::stage::{Stage, Wanted};
use tests::waiting::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_three_to_five_and_without_the_leader() {
    let mut cluster = Cluster::start(Setup::nodes(3).spare(2).small_snapshots()).await;
    let stage = Stage::set(&mut cluster, Wanted { showtimes: 2, ..Wanted::default() }).await;
    let first_three: Vec<_> = cluster.nodes[..3].iter().map(|n| n.http).collect();
    let mut buyers = Buyers::at(&first_three, &cluster.key, &stage, 16);
    buyers.acknowledge(50, PATIENCE).await;

    // One by the command line, one step by step over REST: a learner first, then a voter.
    for number in [4, 5] {
        cluster.node(number).start();
        cluster.node(number).answers("/healthz", PATIENCE).await;
        // It knows no keys yet, and does not say that this is none.
        let asked = cluster.call(number, &Call::get("/api/v1/orders").bearer(&cluster.key)).await.unwrap();
        assert_eq!((asked.status, asked.code().as_str()), (503, "no-leader"), "{}", asked.told());
    }
    cluster.join(1, 4).await;
    let address = cluster.nodes[4].peer.to_string();
    let added = cluster.staff(Call::post("/api/v1/cluster/nodes", &json!({ "address": address }))).await.expect(201);
    let id = added["id"].as_str().unwrap().to_owned();
    until("the fifth is a learner", PATIENCE, async || (role(&cluster, 1, &id).await? == "learner").then_some(()))
        .await;
    until("the fifth votes", PATIENCE, async || {
        let promote = Call::post(&format!("/api/v1/cluster/nodes/{id}/promote"), &json!({}));
        let answer = cluster.staff(promote).await;
        assert!(answer.status / 100 == 2 || answer.code() == "conflict", "{}", answer.told());
        (answer.status / 100 == 2).then_some(())
    })
    .await;
    for number in [4, 5] {
        cluster.node(number).answers("/readyz", PATIENCE).await;
    }
    buyers.acknowledge(50, PATIENCE).await;

    // Five bear the loss of two.
    let leader = cluster.leader().await;
    let lost = [leader % 5 + 1, (leader + 1) % 5 + 1];
    for number in lost {
        cluster.node(number).kill();
    }
    buyers.acknowledge(50, PATIENCE).await;
    for number in lost {
        cluster.restart(number).await;
    }

    // The leader goes for good: it steps down by itself, and what is left goes on without it.
    let leader = cluster.leader().await;
    let removed = cluster.id(leader, leader).await.unwrap();
    let other = leader % 5 + 1;
    cluster.ok(other, &["cluster", "remove", &removed]).await;
    let next = until("another leads", PATIENCE, async || cluster.leader_now().await.filter(|n| *n != leader)).await;
    buyers.acknowledge(20, PATIENCE).await;
    cluster.node(leader).kill();
    buyers.acknowledge(50, PATIENCE).await;
    let status = cluster.status(next).await.unwrap();
    assert_eq!(status["nodes"].as_array().unwrap().len(), 4, "{status}");
    buyers.stop().await.check(&mut cluster).await;
}

/// What a node is, as another one sees it.
async fn role(cluster: &Cluster, at: usize, id: &str) -> Option<String> {
    let status = cluster.status(at).await?;
    let member = status["nodes"].as_array()?.iter().find(|m| m["id"] == id)?;
    Some(member["role"].as_str()?.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leadership_is_handed_over() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted::default()).await;
    let mut buyers = Buyers::start(&cluster, &stage, 8);
    for _ in 0..3 {
        let leader = cluster.leader().await;
        let next = leader % 3 + 1;
        let id = until("it has an id", PATIENCE, async || cluster.id(leader, next).await).await;
        // Through a node that does not lead. On a busy machine an election may come between: then once more.
        until("it leads", PATIENCE, async || {
            let answer = cluster.ok(next, &["cluster", "transfer-leader", "--to", &id]).await;
            (answer["leader"] == id.as_str()).then_some(())
        })
        .await;
        buyers.acknowledge(50, PATIENCE).await;
    }
    buyers.stop().await.check(&mut cluster).await;
}

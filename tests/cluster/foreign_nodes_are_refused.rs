//! A node with another secret, of another cluster, or with another node's address gets no part in this one; the
//! cluster says why and goes on.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::harness::{Cluster, PATIENCE, Setup, draw_key};
use crate::http::{Answer, Call};
use crate::stage::{Stage, Wanted, hold};
use crate::waiting::until;

/// Asks the cluster to add a node; answers what it said.
async fn add(cluster: &mut Cluster, address: &str) -> Answer {
    let call = Call::post("/api/v1/cluster/nodes", &json!({ "address": address })).bearer(&cluster.key);
    let call = call.once(&draw_key());
    until("an answer", PATIENCE, async || cluster.call(1, &call).await.ok()).await
}

async fn still_sells(cluster: &mut Cluster, stage: &Stage, place: usize) {
    let call = hold(&stage.showtimes[0], &[&stage.places[place]], &draw_key());
    cluster.call(1, &call).await.unwrap().expect(201);
    let status = cluster.status(1).await.unwrap();
    assert_eq!(status["nodes"].as_array().unwrap().len(), 1, "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_another_secret_or_of_another_cluster() {
    let mut cluster = Cluster::start(Setup::nodes(1).spare(1)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 2, row: 10, ..Wanted::default() }).await;
    let mut foreign = Cluster::start(Setup::nodes(1)).await;

    // Of another cluster: it has an identity, and keeps to it.
    let answer = add(&mut cluster, &foreign.nodes[0].peer.to_string()).await;
    assert!((400..500).contains(&answer.status), "{}", answer.told());
    println!("another cluster's node: {}", answer.told());
    still_sells(&mut cluster, &stage, 0).await;

    // With another secret.
    let text = std::fs::read_to_string(&cluster.node(2).config).unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    let secret = cluster.node(2).config.with_extension("secret");
    std::fs::write(&secret, "quite-another-secret-than-theirs").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    table["cluster"].as_table_mut().unwrap().insert("secret_file".into(), secret.to_str().unwrap().into());
    std::fs::write(&cluster.node(2).config, table.to_string()).unwrap();
    cluster.node(2).start();
    cluster.node(2).answers("/healthz", PATIENCE).await;
    let address = cluster.node(2).peer.to_string();
    let answer = add(&mut cluster, &address).await;
    assert!((400..500).contains(&answer.status), "{}", answer.told());
    println!("another secret: {}", answer.told());
    assert!(answer.told().contains("secret"), "it does not say why: {}", answer.told());
    still_sells(&mut cluster, &stage, 1).await;

    // Nor does a wrong secret open `cluster init`, or a right one a second time.
    for (node, secret) in
        [(&cluster.nodes[1], "a-secret-that-only-tests-share"), (&cluster.nodes[0], "a-secret-that-only-tests-share")]
    {
        let call =
            Call::post("/api/v1/cluster/init", &json!({ "organization": "Mine" })).header("x-cluster-secret", secret);
        let answer = node.call(&call).await.unwrap();
        assert!(matches!(answer.status, 401 | 403 | 409), "{}", answer.told());
    }

    // The same data folder under two processes.
    let mut twin = crate::process::Node::new(
        9,
        cluster.nodes[0].http,
        cluster.nodes[0].peer,
        cluster.nodes[0].config.parent().unwrap(),
    );
    twin.log = cluster.nodes[0].config.with_extension("twin.log");
    twin.start();
    let status = twin.ended(PATIENCE).await;
    assert!(!status.success());
    still_sells(&mut cluster, &stage, 2).await;
    cluster.node(2).kill();
    foreign.settle().await;
    cluster.settle().await;
}

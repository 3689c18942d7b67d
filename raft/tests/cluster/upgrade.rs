//! A cluster is upgraded node by node: newer rules come into force once every member knows them, and not before.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking::command::{Actor, Command, Request};
use raft::{Cluster, OnFatal};
use tokio::time::Instant;

use crate::harness::{Harness, address, until};

const NOW: u32 = booking::RULES_VERSION;
const NEXT: u32 = NOW + 1;
/// A leader has asked the members more than once within this.
const ASKED_TWICE: Duration = Duration::from_secs(5);

/// Stops a node and starts it again as a program that knows the next rules.
async fn upgrade(h: &mut Harness, i: usize) {
    h.stop(i).await;
    let mut options = h.options(i);
    options.rules_version = NEXT;
    h.nodes[i] = Some(Cluster::start(options, h.parts(i)).await.unwrap());
}

async fn raised(h: &Harness) {
    let all = || h.running().all(|(_, node)| node.status().rules_version == NEXT);
    until("the rules to rise", || all().then_some(())).await;
}

async fn stays(h: &Harness) {
    let end = Instant::now() + ASKED_TWICE;
    until("time to pass", || {
        let any = h.running().any(|(_, node)| node.status().rules_version != NOW);
        assert!(!any, "raised although a member does not know them");
        (Instant::now() >= end).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newer_rules_come_into_force_when_the_last_member_knows_them() {
    let mut h = Harness::cluster(3).await;
    for i in [1, 2] {
        upgrade(&mut h, i).await;
        h.make_organization(i, 1 + i as u128).await.unwrap();
    }
    // Two of three know them, and one of these two is to lead; asked again while the cluster settles.
    let deadline = Instant::now() + Duration::from_secs(20);
    while let Err(error) = h.node(1).transfer_leader(Some(h.id(1))).await {
        assert!(Instant::now() < deadline, "{error}");
    }
    stays(&h).await;
    upgrade(&mut h, 0).await;
    raised(&h).await;
    h.settled().await;
    // Whoever does not know them is kept out: a node that comes back, and one that is new.
    h.stop(0).await;
    let refused = Cluster::start(h.options(0), h.parts(0)).await.err().unwrap().to_string();
    assert!(refused.contains("upgrade this node"), "{refused}");
    h.disks[0] = storage::MemDisk::new();
    h.start(0).await;
    let refused = h.node(1).add_learner(&address(0).to_string()).await.unwrap_err().to_string();
    assert!(refused.contains("upgrade this node"), "{refused}");
    h.make_organization(1, 10).await.unwrap();
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_is_down_may_not_know_them() {
    let mut h = Harness::cluster(3).await;
    upgrade(&mut h, 0).await;
    upgrade(&mut h, 1).await;
    h.stop(2).await;
    stays(&h).await;
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_before_rules_that_it_does_not_know() {
    let mut h = Harness::cluster(3).await;
    for i in [0, 1] {
        upgrade(&mut h, i).await;
    }
    h.stop(2).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut options = h.options(2);
    let hear = Arc::clone(&told);
    let on_fatal: OnFatal = Arc::new(move |why| hear.lock().unwrap().push(why.to_owned()));
    options.on_fatal = on_fatal;
    h.nodes[2] = Some(Cluster::start(options, h.parts(2)).await.unwrap());
    let leader = h.leader(&[0, 1, 2]).await;
    let before = h.settled().await;
    // Nobody would log this while a member does not know them; a node replaced by an older program looks the same.
    let raise = Request { actor: Actor::Node, idempotency: None, command: Command::RaiseRulesVersion(NEXT) };
    h.node(if leader == 2 { 0 } else { leader }).propose(0, raise).await.ok();
    until("it to stop", || told.lock().unwrap().first().cloned()).await;
    assert!(told.lock().unwrap()[0].contains("upgrade this node"), "{told:?}");
    assert_eq!(h.node(2).status().rules_version, NOW, "it did not apply what it does not know");
    assert!(h.node(2).digest(None).await.unwrap().unwrap().0 >= before.0);
    h.nodes[2].take().unwrap().halt().await;
    h.leader(&[0, 1]).await;
    h.make_organization(0, 11).await.unwrap();
    h.shutdown().await;
}

//! Writing and reading while nothing is wrong.

use booking::ids::OrganizationId;
use tokio::task::JoinSet;

use crate::harness::{Harness, make_organization};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_takes_all_nodes_have() {
    let h = Harness::cluster(3).await;
    for n in 1..=30 {
        let answer = h.make_organization(usize::try_from(n % 3).unwrap(), n).await.unwrap();
        assert!(answer.outcome.is_ok() && !answer.replayed);
        // The node that answered has applied it only if it leads; any node has it after a linearizable read.
        for (_, node) in h.running() {
            let index = node.linearizable().await.unwrap();
            assert!(index >= answer.index);
            assert!(node.state().organization(OrganizationId(n)).is_some());
        }
    }
    h.settled().await;
    let again = h.make_organization(1, 7).await.unwrap();
    assert!(again.replayed, "the same mark gets the same answer");
    assert!(h.node(1).metrics().forwarded >= 10);
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_a_time_share_entries() {
    let h = Harness::cluster(3).await;
    let mut tasks = JoinSet::new();
    for n in 1..=2_000_u128 {
        let node = h.node(usize::try_from(n % 3).unwrap()).clone();
        tasks.spawn(async move { node.propose(n % 7, make_organization(n)).await });
    }
    while let Some(done) = tasks.join_next().await {
        assert!(done.unwrap().unwrap().outcome.is_ok());
    }
    h.settled().await;
    assert_eq!(h.node(2).state().organizations().count(), 2_000);
    let m = h.node(0).metrics();
    assert!(m.packed >= 2_000 && m.entries < 1_000, "{} requests in {} entries", m.packed, m.entries);
    h.shutdown().await;
}

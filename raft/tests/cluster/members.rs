//! Joining, leaving, and who is kept out.

use std::sync::Arc;
use std::time::Duration;

use raft::{Cluster, Error, Role, Secret};

use crate::harness::{Harness, address, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_joins_without_a_vote_gets_one_and_leaves() {
    let mut h = Harness::unjoined(3, |_| {}).await;
    assert_eq!(h.node(1).status().role, Role::Unjoined);
    assert_eq!(h.make_organization(1, 1).await.unwrap_err(), Error::NotJoined);
    // Whoever waits for a node's turn to lead may have begun before it belonged to any cluster.
    let node = h.node(0).clone();
    let mut waits = std::pin::pin!(node.leadership_changed());
    assert!(futures_util::poll!(waits.as_mut()).is_pending());
    h.node(0).initialize().await.unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(20), waits).await.unwrap());
    assert_eq!(h.node(0).initialize().await.unwrap_err(), Error::AlreadyJoined);
    h.make_organization(0, 1).await.unwrap();
    let id = h.node(0).add_learner(&address(1).to_string()).await.unwrap();
    until("the learner to catch up", || (h.node(1).applied() == h.node(0).applied()).then_some(())).await;
    assert_eq!(h.node(1).status().role, Role::Learner);
    assert_eq!(h.node(1).initialize().await.unwrap_err(), Error::AlreadyJoined);
    h.promote(id).await;
    until("the vote", || (h.node(1).status().role == Role::Follower).then_some(())).await;
    // A change asked of a follower is made by the leader.
    let third = h.node(1).add_learner(&address(2).to_string()).await.unwrap();
    let members = h.node(1).members().await;
    assert_eq!(members.len(), 3);
    assert!(members.iter().all(|m| m.matched.is_some()), "{members:?}");
    h.node(1).remove(third).await.unwrap();
    assert!(matches!(h.node(0).remove(third).await, Err(Error::Membership(_))), "gone already");
    h.node(1).transfer_leader(Some(id)).await.unwrap();
    h.leader(&[1]).await;
    h.node(1).remove(h.id(0)).await.unwrap();
    h.stop(0).await;
    h.make_organization(1, 2).await.unwrap();
    assert!(matches!(h.node(1).remove(id).await, Err(Error::Membership(_))), "the last voter stays");
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_refused_in_words() {
    let mut h = Harness::unjoined(3, |_| {}).await;
    h.node(0).initialize().await.unwrap();
    h.node(1).initialize().await.unwrap();
    let refused = h.node(0).add_learner(&address(1).to_string()).await.unwrap_err();
    assert!(refused.to_string().contains("another cluster"), "{refused}");
    h.stop(2).await;
    let mut options = h.options(2);
    options.secret = Secret::new(b"quite another secret").unwrap();
    h.nodes[2] = Some(Cluster::start(options, h.parts(2)).await.unwrap());
    let refused = h.node(0).add_learner(&address(2).to_string()).await.unwrap_err();
    assert!(refused.to_string().contains("secret"), "{refused}");
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_did_not_join_cannot_pass_for_the_one_that_did() {
    let mut h = Harness::cluster(3).await;
    h.make_organization(0, 1).await.unwrap();
    h.stop(2).await;
    // The node comes back with its id on another disk.
    let stolen = storage::Identity::load(&h.disks[2]).unwrap().unwrap();
    h.disks[2] = storage::MemDisk::new();
    storage::Identity { disk_id: stolen.disk_id + 1, ..stolen }.store(&h.disks[2]).unwrap();
    h.start(2).await;
    // Its log is gone, which it sees itself; made to look fresh, its peers refuse it.
    assert_eq!(h.node(2).status().role, Role::Damaged);
    assert!(matches!(h.make_organization(2, 2).await, Err(Error::Damaged(_))));
    h.make_organization(1, 2).await.unwrap();
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutual_tls_works_and_is_required() {
    let folder = tempfile::tempdir().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let ca_cert = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let files = raft::TlsFiles {
        ca: write("ca.pem", ca_cert.pem()),
        cert: write("node.pem", cert.pem()),
        key: write("key.pem", key.serialize_pem()),
    };
    let mut h = Harness::unjoined(3, |_| {}).await;
    for i in 0..2 {
        h.stop(i).await;
        let mut options = h.options(i);
        options.tls = Some(files.clone());
        h.nodes[i] = Some(Cluster::start(options, h.parts(i)).await.unwrap());
    }
    h.node(0).initialize().await.unwrap();
    h.join(1).await;
    h.make_organization(1, 1).await.unwrap();
    let refused = tokio::time::timeout(Duration::from_secs(10), h.node(0).add_learner(&address(2).to_string())).await;
    assert!(refused.unwrap().is_err(), "a node without TLS stays outside");
    let _keep = Arc::new(folder);
    h.shutdown().await;
}

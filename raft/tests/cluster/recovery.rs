//! Disks: what a node comes back with.

use std::sync::Arc;
use std::time::Duration;

use raft::{Cluster, Parts, Role};
use storage::{Keep, MemDisk, OsDisk};

use crate::harness::{Harness, address, make_organization, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_of_all_nodes_loses_nothing_acknowledged() {
    let mut h = Harness::cluster(3).await;
    let mut next = 0_u128;
    for round in 0..3 {
        for _ in 0..20 {
            next += 1;
            h.make_organization(usize::try_from(next % 3).unwrap(), next).await.unwrap();
        }
        for i in 0..3 {
            h.crash(i, Keep::Random(round * 3 + i as u64)).await;
        }
        for i in 0..3 {
            h.start(i).await;
        }
        h.node(0).linearizable().await.unwrap();
        assert_eq!(h.node(0).state().organizations().count() as u128, next);
        h.settled().await;
    }
    h.shutdown().await;
}

fn small_snapshots(options: &mut raft::Options) {
    options.snapshot_log_bytes = 20_000;
    options.keep_log_bytes = 5_000;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_fell_behind_the_log_gets_a_snapshot() {
    let mut h = Harness::tuned(3, small_snapshots).await;
    h.make_organization(0, 1).await.unwrap();
    h.settled().await;
    h.stop(2).await;
    let mut feed = h.node(1).subscribe();
    for n in 2..=600 {
        h.make_organization(0, n).await.unwrap();
    }
    let mut last = feed.recv().await.unwrap().index;
    while last < h.node(1).applied() {
        let item = feed.recv().await.unwrap();
        assert_eq!(item.index, last + 1, "the feed has no gap");
        last = item.index;
    }
    until("a snapshot", || (h.node(0).status().snapshot > 300).then_some(())).await;
    until("the log to be purged", || (h.node(0).status().log_bytes < 30_000).then_some(())).await;
    h.start(2).await;
    h.settled().await;
    assert_eq!(h.node(2).metrics().snapshots_received, 1);
    assert_eq!(h.node(2).state().organizations().count(), 600);
    // It starts from it, too.
    h.crash(2, Keep::Nothing).await;
    h.start(2).await;
    h.make_organization(2, 601).await.unwrap();
    h.settled().await;
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn digests_are_remembered_and_equal() {
    let h = Harness::cluster(3).await;
    for n in 1..=1_030 {
        h.make_organization(0, n).await.unwrap();
    }
    let mut digests = Vec::new();
    for (_, node) in h.running() {
        digests.push(node.digest(Some(1_024)).await.unwrap().unwrap());
    }
    assert!(digests.windows(2).all(|w| w[0] == w[1]) && digests[0].0 == 1_024);
    assert_eq!(h.node(0).digest(Some(7)).await.unwrap(), None);
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_log_keeps_a_node_out() {
    let mut h = Harness::cluster(3).await;
    for n in 1..=50 {
        h.make_organization(0, n).await.unwrap();
        if n % 10 == 0 {
            // So that the first are not in the newest batch: a bad record there counts as its torn end.
            h.settled().await;
        }
    }
    h.stop(2).await;
    let log = storage::Disk::list(&h.disks[2], "log").unwrap();
    let file = format!("log/{}", log.iter().find(|name| !name.starts_with("spare")).unwrap());
    let text = h.disks[2].contents(&file).unwrap();
    let needle = b"Organization 3";
    let at = text.windows(needle.len()).position(|w| w == needle).unwrap();
    assert!(h.disks[2].flip_bit(&file, at as u64, 0));
    h.start(2).await;
    assert_eq!(h.node(2).status().role, Role::Damaged);
    h.make_organization(1, 51).await.unwrap();
    h.stop(1).await;
    // With one of three sound, nothing is committed: the damaged node grants no vote and takes no entry.
    let alone = tokio::time::timeout(Duration::from_secs(1), h.make_organization(0, 52)).await;
    assert!(!matches!(alone, Ok(Ok(_))));
    h.shutdown().await;
}

/// Flips a bit of a node's log: of the first place that `find` finds in its first file.
fn spoil(h: &Harness, i: usize, find: impl Fn(&[u8]) -> usize) {
    let log = storage::Disk::list(&h.disks[i], "log").unwrap();
    let file = format!("log/{}", log.iter().find(|name| !name.starts_with("spare")).unwrap());
    let at = find(&h.disks[i].contents(&file).unwrap());
    assert!(h.disks[i].flip_bit(&file, at as u64, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_tails_of_a_majority_elect_whoever_goes_furthest() {
    let mut h = Harness::cluster(3).await;
    for n in 1..=5 {
        h.make_organization(0, n).await.unwrap();
    }
    h.settled().await;
    // The third falls behind; its log stays whole.
    h.stop(2).await;
    for n in 6..=10 {
        h.make_organization(0, n).await.unwrap();
    }
    h.settled().await;
    let last = h.node(1).status().last_log;
    h.crash(0, Keep::Nothing).await;
    h.crash(1, Keep::Nothing).await;
    // The first loses what was acknowledged last; the second only what it had begun to write.
    spoil(&h, 0, |log| log.windows(15).rposition(|w| w == b"Organization 10").unwrap());
    spoil(&h, 1, |log| (log.iter().rposition(|byte| *byte != 0).unwrap() / 8 + 1) * 8 + 4);
    h.start(0).await;
    h.start(2).await;
    let behind = tokio::time::timeout(Duration::from_secs(3), h.node(2).linearizable()).await;
    assert!(!matches!(behind, Ok(Ok(_))), "without the second an acknowledged entry would be lost");
    h.start(1).await;
    until("what the second had synced is there", || (h.node(1).status().last_log >= last).then_some(())).await;
    h.make_organization(1, 11).await.unwrap();
    h.settled().await;
    for n in 1..=11 {
        assert!(h.make_organization(2, n).await.unwrap().replayed, "{n} was acknowledged");
    }
    // Both may lead again.
    h.stop(1).await;
    h.make_organization(0, 12).await.unwrap();
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_voter_lost_for_good_an_operator_lets_a_cut_node_lead() {
    let mut h = Harness::cluster(3).await;
    for n in 1..=5 {
        h.make_organization(0, n).await.unwrap();
    }
    h.settled().await;
    let lost = h.id(2);
    for i in 0..3 {
        h.crash(i, Keep::Nothing).await;
    }
    for i in 0..2 {
        spoil(&h, i, |log| (log.iter().rposition(|byte| *byte != 0).unwrap() / 8 + 1) * 8 + 4);
        h.start(i).await;
    }
    let alone = tokio::time::timeout(Duration::from_secs(3), h.node(0).linearizable()).await;
    assert!(!matches!(alone, Ok(Ok(_))), "the third may have what the other two lost");
    h.stop(0).await;
    let mut options = h.options(0);
    options.trust_cut_tail = true;
    h.nodes[0] = Some(Cluster::start(options, h.parts(0)).await.unwrap());
    h.leader(&[0]).await;
    for n in 1..=5 {
        assert!(h.make_organization(1, n).await.unwrap().replayed, "{n} was acknowledged");
    }
    h.node(0).remove(lost).await.unwrap();
    h.make_organization(1, 6).await.unwrap();
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_starts_from_its_copy_and_from_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let mut h = Harness::unjoined(1, |_| {}).await;
    h.stop(0).await;
    let mut options = h.options(0);
    options.data = folder.path().to_owned();
    // A node's tasks let go of the disk a moment after it has stopped.
    let open = || until("the disk's lock", || OsDisk::open(folder.path()).ok());
    let node = {
        let disk = Arc::new(open().await);
        Cluster::start(options.clone(), Parts { disk, copy: true, ..h.parts(0) }).await.unwrap()
    };
    node.initialize().await.unwrap();
    for n in 1..=40 {
        let made = node.propose(0, make_organization(n)).await;
        assert!(made.is_ok(), "{made:?} {:?} {:?}", node.status(), node.metrics());
    }
    let digest = node.digest(None).await.unwrap().unwrap();
    let backup = folder.path().join("backup");
    assert!(node.backup(&backup).await.unwrap() >= 40);
    until("the copy", || (node.metrics().copied == node.applied()).then_some(())).await;
    node.shutdown().await;
    drop(node);
    let node = {
        let disk = Arc::new(open().await);
        Cluster::start(options.clone(), Parts { disk, copy: true, ..h.parts(0) }).await.unwrap()
    };
    assert_eq!(node.digest(Some(digest.0)).await.unwrap(), Some(digest), "from the copy, before anything is replayed");
    node.linearizable().await.unwrap();
    node.shutdown().await;
    drop(node);

    let epoch = 1;
    let disk = MemDisk::new();
    let shared: Arc<dyn storage::Disk> = Arc::new(disk.clone());
    let here = address(0).to_string();
    let restored = raft::restore(&shared, &backup, &here, "http://new").unwrap();
    assert_eq!(restored.epoch, epoch + 1);
    assert!(raft::restore(&shared, &backup, &here, "http://new").is_err(), "the disk belongs to a cluster now");
    let node = Cluster::start(h.options(0), Parts { disk: shared, ..h.parts(0) }).await.unwrap();
    node.propose(0, make_organization(41)).await.unwrap();
    assert_eq!(node.state().organizations().count(), 41);
    assert_eq!(node.state().meta().epoch, epoch + 1);
    assert_eq!(node.status().cluster_id, restored.cluster_id);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_tail_was_cut_campaigns_only_once_caught_up() {
    let mut h = Harness::cluster(3).await;
    for n in 1..=10 {
        h.make_organization(0, n).await.unwrap();
    }
    h.settled().await;
    h.stop(2).await;
    spoil_last_record(&h.disks[2]);
    // Alone with another it may not campaign; with a leader it is caught up and whole again.
    h.start(2).await;
    h.make_organization(2, 11).await.unwrap();
    h.settled().await;
    h.stop(0).await;
    h.stop(1).await;
    h.start(1).await;
    h.make_organization(2, 12).await.unwrap();
    // All tails cut, as by a power cut of the whole cluster: they go on with what is left.
    h.stop(1).await;
    h.stop(2).await;
    h.start(0).await;
    h.stop(0).await;
    for i in 0..3 {
        spoil_last_record(&h.disks[i]);
        h.start(i).await;
    }
    h.make_organization(0, 13).await.unwrap();
    h.shutdown().await;
}

/// Changes the last written byte of a log.
fn spoil_last_record(disk: &MemDisk) {
    let mut files = storage::Disk::list(disk, "log").unwrap();
    files.retain(|name| !name.starts_with("spare"));
    files.sort();
    let file = format!("log/{}", files.last().unwrap());
    let bytes = disk.contents(&file).unwrap();
    let last = bytes.iter().rposition(|b| *b != 0).unwrap();
    assert!(disk.flip_bit(&file, last as u64, 3));
}

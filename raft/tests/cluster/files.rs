//! Files that the state names are on every node: at once on a majority, soon on the others, again where they are lost.

use std::time::Duration;

use booking::command::{Actor, AddImage, Command, Idempotency, Request};
use booking::ids::{ImageId, OrganizationId};
use booking::images::ImageFile;
use bytes::Bytes;
use raft::{Error, FILE_BYTES_MAX, FileHash, Role};
use storage::{Disk, MemDisk};

use crate::harness::{Harness, until};

const SHOP: u128 = 1;

/// A poster of the n-th event.
fn poster(n: u8) -> Bytes {
    (0..40_000_u32).map(|at| (at % 251) as u8 ^ n).collect::<Vec<u8>>().into()
}

fn path(hash: &FileHash) -> String {
    hash.iter().fold("files/".to_owned(), |path, byte| format!("{path}{byte:02x}"))
}

fn has(disk: &MemDisk, hash: &FileHash) -> bool {
    disk.contents(&path(hash)).is_some_and(|bytes| storage::file_hash(&bytes) == *hash)
}

/// Keeps a file and has a picture name it, through one node.
async fn add(h: &Harness, through: usize, n: u8) -> FileHash {
    let hash = h.node(through).keep_file(poster(n)).await.unwrap();
    let organization = OrganizationId(SHOP);
    let files = vec![ImageFile { hash, width: 320, height: 200, bytes: 40_000 }];
    let image = AddImage { id: ImageId(u128::from(n)), organization, files, color: [0; 3] };
    let request = Request {
        actor: Actor::Node,
        idempotency: Some(Idempotency { key: 100 + u128::from(n), fingerprint: 0, minted: false }),
        command: Command::AddImage(image),
    };
    let answer = h.node(through).propose(SHOP, request).await.unwrap();
    answer.outcome.unwrap();
    for (_, node) in h.running().filter(|(_, node)| node.status().role != Role::Unjoined) {
        node.wait_applied(answer.index, Duration::from_secs(20)).await.unwrap();
    }
    hash
}

/// It is on the disks of all running nodes.
async fn everywhere(h: &Harness, hash: &FileHash) {
    until("the file on every disk", || h.running().all(|(i, _)| has(&h.disks[i], hash)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_majority_has_it_when_it_is_answered_and_who_was_away_fetches_it() {
    let mut h = Harness::cluster(3).await;
    h.make_organization(0, SHOP).await.unwrap();
    h.settled().await;
    everywhere(&h, &add(&h, 1, 1).await).await;
    h.stop(2).await;
    let hash = add(&h, 1, 2).await;
    assert!(has(&h.disks[0], &hash) && has(&h.disks[1], &hash), "two of three is a majority: both");
    h.start(2).await;
    everywhere(&h, &hash).await;
    // It is fetched again where it was lost.
    h.disks[2].remove(&path(&hash)).unwrap();
    h.stop(2).await;
    h.start(2).await;
    everywhere(&h, &hash).await;
    assert_eq!(h.node(2).file(hash).await.unwrap(), Some(poster(2)));
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_joins_fetches_all() {
    let h = Harness::unjoined(2, |_| {}).await;
    h.node(0).initialize().await.unwrap();
    h.make_organization(0, SHOP).await.unwrap();
    let mut hashes = Vec::new();
    for n in 1..=5 {
        hashes.push(add(&h, 0, n).await);
    }
    h.join(1).await;
    for hash in &hashes {
        everywhere(&h, hash).await;
    }
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_majority_nothing_is_kept_for_certain_and_it_is_said() {
    let mut h = Harness::cluster(3).await;
    h.make_organization(0, SHOP).await.unwrap();
    h.settled().await;
    h.stop(1).await;
    h.stop(2).await;
    let error = h.node(0).keep_file(poster(1)).await.unwrap_err();
    assert!(matches!(&error, Error::TooFewKept { kept: 1, voters: 3, .. }), "{error}");
    assert!(error.to_string().contains("only 1 of 3 nodes"), "{error}");
    h.start(1).await;
    h.start(2).await;
    everywhere(&h, &add(&h, 0, 1).await).await;
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_fetched_anew_and_one_that_nothing_names_is_not_served() {
    let h = Harness::cluster(3).await;
    h.make_organization(0, SHOP).await.unwrap();
    h.settled().await;
    let hash = add(&h, 0, 1).await;
    everywhere(&h, &hash).await;
    assert!(h.disks[1].flip_bit(&path(&hash), 5, 1));
    assert_eq!(h.node(1).file(hash).await.unwrap(), Some(poster(1)));
    assert!(has(&h.disks[1], &hash));
    let unnamed = h.node(1).keep_file(poster(9)).await.unwrap();
    assert_eq!(h.node(1).file(unnamed).await.unwrap(), None);
    let large = Bytes::from(vec![0; FILE_BYTES_MAX + 1]);
    assert!(matches!(h.node(1).keep_file(large).await, Err(Error::TooLarge)));
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_a_minority_keeps_nobody_from_uploading() {
    let h = Harness::cluster(3).await;
    h.make_organization(0, SHOP).await.unwrap();
    h.settled().await;
    h.disks[2].set_capacity(Some(storage::FREE_BYTES_MIN));
    let hash = add(&h, 2, 1).await;
    assert!(!has(&h.disks[2], &hash), "what is left belongs to the log");
    assert_eq!(h.node(2).file(hash).await.unwrap(), Some(poster(1)), "served all the same");
    h.disks[2].set_capacity(None);
    everywhere(&h, &hash).await;
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_answered_while_files_travel() {
    let h = Harness::cluster(3).await;
    h.make_organization(0, SHOP).await.unwrap();
    h.settled().await;
    let sending = async {
        for n in 0..20_u32 {
            let large: Vec<u8> = n.to_le_bytes().into_iter().cycle().take(FILE_BYTES_MAX).collect();
            h.node(1).keep_file(large.into()).await.unwrap();
        }
    };
    let asking = async {
        for n in 2..100 {
            h.make_organization(1, n).await.unwrap();
        }
    };
    tokio::join!(sending, asking);
    h.shutdown().await;
}

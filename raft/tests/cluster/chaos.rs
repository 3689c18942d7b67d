//! Faults at random, from a seed, while clients write and read: what was acknowledged is never missing, from no
//! linearizable read, and nothing happens twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking::ids::OrganizationId;
use raft::Cluster;
use storage::Keep;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::harness::{Harness, address, make_organization};

/// The nodes as clients find them: some may be down.
type Directory = Arc<Mutex<Vec<Option<Cluster>>>>;

struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        // splitmix64: enough for choosing faults.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

async fn client(id: u64, nodes: Directory, acknowledged: Arc<Mutex<BTreeSet<u128>>>, until: Instant) -> u64 {
    let (mut draw, mut serial) = (Draw(id), 0_u128);
    while Instant::now() < until {
        let node = {
            let nodes = nodes.lock().unwrap();
            nodes[usize::try_from(draw.below(nodes.len() as u64)).unwrap()].clone()
        };
        let Some(node) = node else {
            tokio::task::yield_now().await;
            continue;
        };
        if draw.below(3) == 0 {
            let before: Vec<u128> = acknowledged.lock().unwrap().iter().copied().collect();
            if node.linearizable().await.is_ok() {
                let state = node.state();
                for n in before {
                    assert!(state.organization(OrganizationId(n)).is_some(), "{n} was acknowledged and is not read");
                }
            }
        } else {
            serial += 1;
            let n = (u128::from(id) << 32) | serial;
            if let Ok(answer) = node.propose(u128::from(id), make_organization(n)).await {
                assert!(answer.outcome.is_ok(), "{answer:?}");
                acknowledged.lock().unwrap().insert(n);
            }
        }
    }
    serial as u64
}

async fn run(seed: u64, nodes: usize, faults: usize) {
    // Another seed, to look for more: CHAOS_SEED.
    let seed = std::env::var("CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(seed);
    eprintln!("seed {seed}");
    let mut h = Harness::tuned(nodes, |o| {
        o.request_deadline = Duration::from_secs(3);
        o.snapshot_log_bytes = 30_000;
        o.keep_log_bytes = 10_000;
    })
    .await;
    let directory: Directory = Arc::new(Mutex::new(h.nodes.clone()));
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let until = Instant::now() + Duration::from_millis(1_200) * u32::try_from(faults).unwrap();
    let mut clients = JoinSet::new();
    for id in 1..=6 {
        clients.spawn(client(id, Arc::clone(&directory), Arc::clone(&acknowledged), until));
    }
    let mut draw = Draw(seed);
    let kept = AtomicU64::new(seed);
    for _ in 0..faults {
        let i = usize::try_from(draw.below(nodes as u64)).unwrap();
        match draw.below(4) {
            0 => h.network.isolate(address(i)),
            1 => h.network.cut(address(i), address((i + 1) % nodes)),
            _ => {
                directory.lock().unwrap()[i] = None;
                h.crash(i, Keep::Random(kept.fetch_add(1, Ordering::Relaxed))).await;
                tokio::time::sleep(Duration::from_millis(draw.below(400))).await;
                h.start(i).await;
                directory.lock().unwrap()[i].clone_from(&h.nodes[i]);
            }
        }
        tokio::time::sleep(Duration::from_millis(400 + draw.below(500))).await;
        h.network.heal();
    }
    let mut tried = 0;
    while let Some(done) = clients.join_next().await {
        tried += done.unwrap();
    }
    h.network.heal();
    directory.lock().unwrap().clear();
    h.node(0).linearizable().await.unwrap();
    h.settled().await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    for (i, node) in h.running() {
        for n in &acknowledged {
            assert!(node.state().organization(OrganizationId(*n)).is_some(), "{n} is missing from node {i}");
        }
    }
    assert!(
        acknowledged.len() as u64 > tried / 4,
        "{} of {tried}: faults must not be all there is",
        acknowledged.len()
    );
    h.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_under_faults() {
    run(11, 3, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_nodes_under_faults() {
    run(12, 5, 8).await;
}

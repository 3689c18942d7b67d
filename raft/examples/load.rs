//! How many requests three nodes in one process carry out, over loopback and on real files. For looking at consensus
//! alone: no HTTP, no other processes.
//!
//! `load FOLDER CLIENTS SECONDS [leader|all|reads]` prints requests/s, latencies, CPU per 1,000 requests and requests an entry.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use booking::command::CreateOrganization;
use booking::ids::OrganizationId;
use booking::{Actor, Command, Idempotency, Request};
use raft::{Cluster, Options, Parts, Secret, SystemClock, TcpNetwork, Threads};
use storage::OsDisk;
use tokio::task::JoinSet;
use tokio::time::Instant;

type Failure = Box<dyn std::error::Error>;

async fn start(folder: &Path, i: u16) -> Result<Cluster, Failure> {
    let data = folder.join(i.to_string());
    std::fs::create_dir_all(&data)?;
    let address = SocketAddr::from(([127, 0, 0, 1], 17_400 + i));
    let secret = Secret::new(b"only for measuring")?;
    let options = Options::new(address, &address.to_string(), "http://localhost", data.clone(), secret);
    let disk = Arc::new(OsDisk::open(&data)?);
    let parts = Parts {
        disk,
        copy: true,
        clock: Arc::new(SystemClock),
        network: Arc::new(TcpNetwork),
        work: Arc::new(Threads),
    };
    Ok(Cluster::start(options, parts).await?)
}

fn count(n: u64) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn cpu() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(t.tv_sec).unwrap_or(0), u32::try_from(t.tv_nsec).unwrap_or(0))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "its result")]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("a folder")?;
    let clients: u128 = args.next().ok_or("clients")?.parse()?;
    let seconds: u64 = args.next().ok_or("seconds")?.parse()?;
    let mode = args.next().unwrap_or_default();
    let (all, reads) = (mode != "leader" && !mode.is_empty(), mode == "reads");
    let mut nodes = Vec::new();
    for i in 0..3 {
        nodes.push(start(Path::new(&folder), i).await?);
    }
    let [first, ..] = nodes.as_slice() else { return Err("nodes".into()) };
    if first.initialize().await.is_ok() {
        for i in 1..3 {
            let id = first.add_learner(&format!("127.0.0.1:{}", 17_400 + i)).await?;
            while first.promote(id).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    first.linearizable().await?;
    let leader = nodes.iter().find(|n| n.leads()).ok_or("no leader")?.clone();
    let next = Arc::new(AtomicU64::new(first.applied() << 20));
    let (cpu_before, before) = (cpu(), leader.metrics());
    let (began, mut tasks) = (Instant::now(), JoinSet::new());
    for client in 0..clients {
        let node = if all { nodes.iter().cycle().nth((client % 3) as usize).cloned() } else { None };
        let (node, next) = (node.unwrap_or_else(|| leader.clone()), Arc::clone(&next));
        tasks.spawn(async move {
            let mut took = Vec::new();
            while began.elapsed() < Duration::from_secs(seconds) {
                let n = u128::from(next.fetch_add(1, Ordering::Relaxed));
                let request = Request {
                    actor: Actor::Node,
                    idempotency: Some(Idempotency { key: n, fingerprint: n, minted: true }),
                    command: Command::CreateOrganization(CreateOrganization {
                        id: OrganizationId(n),
                        name: "x".into(),
                    }),
                };
                let asked = Instant::now();
                let done = if reads {
                    node.linearizable().await.is_ok()
                } else {
                    node.propose(client % 8, request).await.is_ok()
                };
                if done {
                    took.push(asked.elapsed());
                }
            }
            took
        });
    }
    let mut took = Vec::new();
    while let Some(one) = tasks.join_next().await {
        took.extend(one?);
    }
    let (cpu, after) = (cpu().saturating_sub(cpu_before), leader.metrics());
    took.sort_unstable();
    let at = |q: usize| took.get(took.len().saturating_sub(1) * q / 1_000).copied().unwrap_or_default();
    let entries = (after.entries - before.entries).max(1);
    println!(
        "{clients} clients: {} requests/s, p50 {:?} p99 {:?} max {:?}, {:.3} CPU s per 1,000, {:.1} an entry, {} elections",
        took.len() as u64 / seconds,
        at(500),
        at(990),
        at(1_000),
        cpu.as_secs_f64() * 1_000.0 / count(took.len() as u64),
        count(after.packed - before.packed) / count(entries),
        after.leader_changes - before.leader_changes,
    );
    for node in &nodes {
        node.shutdown().await;
    }
    Ok(())
}

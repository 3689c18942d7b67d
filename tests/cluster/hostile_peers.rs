//! Strangers at the port that nodes speak to each other on: noise, threats of gigabytes, crowds that say nothing. Sales
//! go on, also while a leader is lost and every node has to be reached anew; memory stays bounded; the log tells of
//! strangers now and then and of no secret. What somebody who knows the secret may try is tested in `raft`, with its
//! own encoders.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use tests::harness::{Cluster, PATIENCE, Setup, draw_key};
use tests::http::Call;
use tests::stage::{Stage, Wanted, hold};
use tests::waiting::until;

/// Bytes of a hello, the first thing that a caller says.
const HELLO_BYTES: usize = 91;
/// Silent connections before each node: more than a node keeps.
const CROWD: usize = 300;

/// What a caller might say first.
fn noises() -> Vec<Vec<u8>> {
    let hello = |protocol: u16, purpose: u8| {
        let mut hello = b"usherpr\n".to_vec();
        hello.extend_from_slice(&protocol.to_le_bytes());
        hello.push(purpose);
        hello.resize(HELLO_BYTES, 7);
        hello
    };
    vec![
        Vec::new(),
        vec![0; 4 << 10],
        vec![0xff; 64 << 10],
        b"GET / HTTP/1.1\r\nhost: usher\r\n\r\n".repeat(4),
        [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[9; 200]].concat(),
        hello(1, 1),
        hello(1, 5),
        hello(1, 99),
        hello(0, 3),
        hello(u16::MAX, 3),
        hello(1, 4)[..60].to_vec(),
        // No proof of anything, and then as if there had been.
        [hello(1, 3), vec![1; 32], vec![0xff; 1 << 20]].concat(),
    ]
}

/// Says it and waits until the node hangs up; returns how many bytes it said before.
async fn say(to: SocketAddr, noise: &[u8]) -> usize {
    let mut stream = TcpStream::connect(to).await.unwrap();
    // It may hang up in the middle.
    drop(stream.write_all(noise).await);
    let mut heard = Vec::new();
    let closed = timeout(PATIENCE, stream.read_to_end(&mut heard)).await;
    assert!(closed.is_ok(), "the node keeps a stranger's connection");
    heard.len()
}

/// Memory of the node with this configuration, in KiB.
fn memory_kib(config: &Path) -> u64 {
    let config = config.to_str().unwrap();
    let mut processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let node = processes.find(|process| {
        std::fs::read(process.join("cmdline")).is_ok_and(|line| {
            let mut arguments = line.split(|byte| *byte == 0);
            arguments.any(|argument| argument == b"node") && arguments.any(|argument| argument == config.as_bytes())
        })
    });
    let status = std::fs::read_to_string(node.expect("the node runs").join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn sells(cluster: &mut Cluster, stage: &Stage, place: &mut usize) {
    for number in cluster.running() {
        let call = hold(&stage.showtimes[0], &[&stage.places[*place]], &draw_key());
        *place += 1;
        // The same call until it is answered: after the loss of a leader the first may not be.
        let answer =
            until("a hold", PATIENCE, async || cluster.call(number, &call).await.ok().filter(|a| a.status < 500));
        answer.await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_stop_nothing_and_learn_nothing() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 4, row: 20, ..Wanted::default() }).await;
    let mut place = 0;
    sells(&mut cluster, &stage, &mut place).await;
    let before = cluster.status(1).await.unwrap();
    let peers: Vec<SocketAddr> = cluster.nodes.iter().map(|node| node.peer).collect();
    let memory: Vec<u64> = cluster.nodes.iter().map(|node| memory_kib(&node.config)).collect();
    let began = Instant::now();

    for noise in noises() {
        let heard = futures_util::future::join_all(peers.iter().map(|peer| say(*peer, &noise))).await;
        // A refusal in words at most.
        assert!(heard.iter().all(|bytes| *bytes < 600), "{heard:?}");
        sells(&mut cluster, &stage, &mut place).await;
    }
    let after = cluster.status(1).await.unwrap();
    for what in ["leader", "term"] {
        assert_eq!(before[what], after[what], "{what}");
    }
    assert_eq!(before["nodes"].as_array().map(Vec::len), after["nodes"].as_array().map(Vec::len));

    // A crowd before every node, in which some say a byte now and then; and the leader is lost.
    let mut crowd = Vec::new();
    for peer in &peers {
        for _ in 0..CROWD {
            crowd.push(TcpStream::connect(peer).await.unwrap());
        }
    }
    sells(&mut cluster, &stage, &mut place).await;
    let leader = cluster.leader().await;
    let lost = Instant::now();
    cluster.node(leader).kill();
    for (stream, byte) in crowd.iter_mut().zip(b"usherpr\n".iter().cycle()) {
        drop(stream.write_all(&[*byte]).await);
    }
    cluster.leader().await;
    sells(&mut cluster, &stage, &mut place).await;
    println!("sales went on {} ms after the leader was lost, behind a crowd", lost.elapsed().as_millis());
    cluster.restart(leader).await;
    for peer in &peers {
        for _ in 0..CROWD {
            crowd.push(TcpStream::connect(peer).await.unwrap());
        }
    }
    sells(&mut cluster, &stage, &mut place).await;
    for mut stream in crowd {
        let mut heard = Vec::new();
        assert!(timeout(PATIENCE, stream.read_to_end(&mut heard)).await.is_ok(), "a silent connection is kept");
        assert!(heard.is_empty());
    }
    cluster.settle().await;

    let took = began.elapsed();
    for (node, before) in cluster.nodes.iter().zip(memory) {
        let grown = memory_kib(&node.config).saturating_sub(before);
        println!("node {} grew by {grown} KiB", node.number);
        assert!(grown < 96 << 10, "node {} took {grown} KiB more", node.number);
        let page = node.call(&Call::get("/metrics")).await.unwrap();
        let page = String::from_utf8(page.body).unwrap();
        let refused = page.lines().find_map(|line| line.strip_prefix("usher_peer_callers_refused_total "));
        let refused: u64 = refused.expect("a count of strangers").parse().unwrap();
        assert!(refused >= CROWD as u64, "{refused}");
        let log = node.log_text();
        let told = log.lines().filter(|line| line.contains("a caller was refused")).count() as u64;
        assert!((1..=took.as_secs() + 2).contains(&told), "{told} lines in {took:?}");
        let secret = std::fs::read_to_string(node.config.parent().unwrap().with_file_name("cluster.secret")).unwrap();
        assert!(!log.contains(secret.trim()), "the secret is in the log");
    }
    assert!(took < Duration::from_mins(3), "{took:?}");
}

//! Asked for far more than it takes, the cluster refuses the rest at once and with reasons, and whoever holds seats can
//! still pay. How fast it stays is measured by `usher bench --overload`.

use std::time::Duration;

use tests::harness::{Cluster, PATIENCE, Setup, draw_key};
use tests::http::{Answer, Client};
use tests::stage::{Stage, Wanted, hold, sell, text};
use tests::waiting::until;
use tokio::task::JoinSet;
use tokio::time::Instant;

const WRITES_PER_S: u64 = 40;
const BUYERS: usize = 60;

/// One who asks for a seat, once, through some node.
async fn ask(cluster_nodes: Vec<std::net::SocketAddr>, stage: Stage, buyer: usize) -> Answer {
    let call = hold(&stage.showtimes[0], &[&stage.places[buyer]], &draw_key());
    let mut client = Client::within(cluster_nodes[buyer % cluster_nodes.len()], Duration::from_secs(10));
    client.send(&call).await.unwrap_or_else(|_| panic!("buyer {buyer} got no answer"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_whoever_holds_seats_pays() {
    let setup = Setup::nodes(3).with("limits", "writes_per_second", i64::try_from(WRITES_PER_S).unwrap());
    let mut cluster = Cluster::start(setup).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 20, row: 30, ..Wanted::default() }).await;
    let nodes: Vec<_> = cluster.nodes.iter().map(|n| n.http).collect();
    let began = Instant::now();
    let mut held = Vec::new();
    let (mut admitted, mut refused, mut paid, mut next) = (0_u64, 0_u64, 0, 0);
    // Waves of buyers, until enough were refused for the rest to be no accident.
    while refused < 200 || paid < 5 {
        let mut wave = JoinSet::new();
        for _ in 0..BUYERS {
            wave.spawn(ask(nodes.clone(), stage.clone(), next % stage.places.len()));
            next += 1;
        }
        while let Some(answer) = wave.join_next().await {
            let answer = answer.unwrap();
            match answer.status {
                201 => {
                    admitted += 1;
                    let body = answer.json();
                    held.push((text(&body, "id"), text(&body, "token")));
                }
                409 => admitted += 1,
                _ => {
                    assert_eq!((answer.status, answer.code().as_str()), (429, "rate-limited"), "{}", answer.told());
                    assert_eq!(answer.header("retry-after"), Some("1"));
                    let policy = format!("\"cluster\";q={WRITES_PER_S};w=1");
                    assert_eq!(answer.header("ratelimit-policy"), Some(policy.as_str()));
                    assert_eq!(answer.header("ratelimit"), Some("\"cluster\";r=0;t=1"));
                    refused += 1;
                }
            }
        }
        // In the thick of it: whoever has seats comes first.
        if let Some((id, token)) = held.pop() {
            let sold = cluster.call(1, &sell(&[&id], &cluster.key, &token, &draw_key())).await.unwrap();
            assert_eq!(sold.status, 201, "{}", sold.told());
            (admitted, paid) = (admitted + 1, paid + 1);
        }
        assert!(began.elapsed() < PATIENCE, "{refused} refused, {admitted} taken");
    }
    // A tenth of a second's worth at once, the rest as time passes; a leader lost meanwhile may take as much again.
    let most = WRITES_PER_S * (began.elapsed().as_secs() + 1) + 2 * (WRITES_PER_S / 10);
    assert!(admitted <= most, "{admitted} were taken, at most {most} should have been");
    let free = stage.places.len() - 1;
    until("a hold is taken again", PATIENCE, async || {
        let answer = ask(nodes.clone(), stage.clone(), free).await;
        matches!(answer.status, 201 | 409).then_some(())
    })
    .await;
    cluster.settle().await;
}

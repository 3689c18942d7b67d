//! Promise 4: a hold ends at its deadline on cluster time, on all nodes alike, whatever any wall clock does.

use std::time::Duration;

use tokio::time::Instant;

use tests::faults::WallClock;
use tests::harness::{Cluster, PATIENCE, Setup, draw_key};
use tests::http::Call;
use tests::readback::seats;
use tests::stage::{Stage, Wanted, hold, text};
use tests::waiting::{never, until};

/// The shortest the product allows.
const TTL: Duration = Duration::from_secs(30);
/// A healthy leader is within 100 ms; the rest is for two cores that other tests share.
const LATE: Duration = Duration::from_millis(1_500);

/// Every node has a wall clock that a test moves; the leader's jumps forth and back by an hour while the hold lives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_wall_clocks_jump() {
    let clocks: Vec<WallClock> = (0..3).map(|_| WallClock::new()).collect();
    let mut setup = Setup::nodes(3);
    for (i, clock) in clocks.iter().enumerate() {
        for (name, value) in clock.environment() {
            setup = setup.env(i + 1, name, value);
        }
    }
    let mut cluster = Cluster::start(setup).await;
    let wanted = Wanted { rows: 2, row: 10, showtimes: 3, hold_ttl_s: TTL.as_secs(), ..Wanted::default() };
    let stage = Stage::set(&mut cluster, wanted).await;
    let leader = cluster.leader().await;
    // In three showtimes: nothing but the deadline itself may end a hold where nobody comes.
    // A local read may lag: from here on every one reflects the holds.
    let mut placed_at = 0;
    let mut holds = Vec::new();
    for showtime in &stage.showtimes {
        let placed = Instant::now();
        let answer = cluster.call(leader % 3 + 1, &hold(showtime, &[&stage.places[0]], &draw_key())).await.unwrap();
        let body = answer.expect(201);
        placed_at = placed_at.max(answer.index());
        holds.push((showtime.clone(), text(&body, "id"), text(&body, "token"), placed));
    }
    let first = holds[0].3;

    // An hour forth on the leader, an hour back, the followers apart from it.
    let mut jumps = [(leader, 3_600), (leader, -3_600), (leader % 3 + 1, 3_600), (leader, 0)].into_iter();
    let (mut next, every) = (first + Duration::from_secs(3), Duration::from_secs(6));
    let still_live = TTL.saturating_sub(first.elapsed() + Duration::from_millis(500));
    never(still_live, async || {
        if Instant::now() >= next {
            next += every;
            if let Some((node, seconds)) = jumps.next() {
                clocks[node - 1].jump(seconds);
            }
        }
        for number in 1..=3 {
            for (showtime, ..) in &holds {
                let map = seats(&cluster, number, showtime, placed_at).await;
                if !map.starts_with('1') && Instant::now() < first + TTL {
                    return Some(format!("node {number}: the hold ended after {:?}", first.elapsed()));
                }
            }
        }
        None
    })
    .await;
    let last = holds[2].3;
    until("all nodes free the places", TTL + LATE, async || {
        for number in 1..=3 {
            for (showtime, ..) in &holds {
                if seats(&cluster, number, showtime, placed_at).await.starts_with('1') {
                    return None;
                }
            }
        }
        Some(())
    })
    .await;
    let late = last.elapsed().saturating_sub(TTL);
    println!("the last hold's place was free on all nodes {late:?} after its deadline");
    assert!(late < LATE, "{late:?} late");
    for (_, id, token, _) in &holds {
        for number in 1..=3 {
            let read = Call::get(&format!("/api/v1/holds/{id}")).bearer(token);
            let read = cluster.call(number, &read).await.unwrap().expect(200);
            assert_eq!(read["state"], "expired", "node {number}");
        }
        let extend = Call::new("POST", &format!("/api/v1/holds/{id}/extend")).bearer(token).once(&draw_key());
        let refused = cluster.call(leader, &extend).await.unwrap();
        assert_eq!((refused.status, refused.code().as_str()), (410, "hold-expired"), "{}", refused.told());
    }
    cluster.settle().await;
}

/// The leader that placed it is gone, and all nodes were down for a while: the deadline stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn across_leader_loss_and_restarts() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let wanted = Wanted { rows: 2, row: 10, hold_ttl_s: TTL.as_secs(), ..Wanted::default() };
    let stage = Stage::set(&mut cluster, wanted).await;
    let showtime = stage.showtimes[0].clone();
    let placed = Instant::now();
    let answer = cluster.call(1, &hold(&showtime, &[&stage.places[0]], &draw_key())).await.unwrap();
    let (id, placed_at) = (text(&answer.expect(201), "id"), answer.index());
    let leader = cluster.leader().await;
    cluster.node(leader).kill();
    cluster.leader().await;
    cluster.nodes.iter_mut().for_each(tests::process::Node::kill);
    cluster.nodes.iter_mut().for_each(tests::process::Node::start);
    for node in &mut cluster.nodes {
        node.answers("/readyz", PATIENCE).await;
    }
    let left = TTL.saturating_sub(placed.elapsed() + Duration::from_millis(500));
    never(left, async || {
        let map = seats(&cluster, leader, &showtime, placed_at).await;
        (!map.starts_with('1') && placed.elapsed() < TTL).then(|| format!("{id} ended after {:?}", placed.elapsed()))
    })
    .await;
    until("all nodes free the place", TTL, async || {
        for number in 1..=3 {
            if seats(&cluster, number, &showtime, placed_at).await.starts_with('1') {
                return None;
            }
        }
        Some(())
    })
    .await;
    let late = placed.elapsed().saturating_sub(TTL);
    println!("free on all nodes {late:?} after its deadline");
    assert!(late < LATE, "{late:?} late");
    cluster.settle().await;
}

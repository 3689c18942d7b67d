//! Promise 3: a leader that is cut off from its peers, and does not know it yet, answers no linearizable read and
//! acknowledges no hold.

use std::time::Duration;

use tests::buyers::Buyers;
use tests::checker::judge;
use tests::harness::{Cluster, PATIENCE, Setup, draw_key};
use tests::http::{Call, Client};
use tests::network::Switch;
use tests::stage::{Stage, Wanted, hold, text};
use tests::waiting::{never, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_network_of_its_own() {
    let mut cluster = Cluster::start(Setup::nodes(3).on(Switch::new(3))).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 40, ..Wanted::default() }).await;
    let showtime = stage.showtimes[0].clone();
    let leader = cluster.leader().await;
    let held = cluster.call(leader, &hold(&showtime, &[&stage.places[0]], &draw_key())).await.unwrap().expect(201);
    let (id, token) = (text(&held, "id"), text(&held, "token"));
    cluster.switch.as_ref().unwrap().cut(leader);

    // Clients still reach it: a change that the others make must not be hidden by what it answers.
    let others: Vec<usize> = (1..=3).filter(|n| *n != leader).collect();
    let released = until("the others have a leader and release the hold", PATIENCE, async || {
        let release = Call::delete(&format!("/api/v1/holds/{id}")).bearer(&token).once(&draw_key());
        let mut client = Client::within(cluster.nodes[others[0] - 1].http, Duration::from_secs(6));
        client.send(&release).await.ok().filter(|a| a.status / 100 == 2)
    })
    .await;
    println!("released at {}", released.index());
    let read = Call::get(&format!("/api/v1/holds/{id}?consistency=linearizable")).bearer(&token);
    let another = hold(&showtime, &[&stage.places[7]], &draw_key());
    let mut client = Client::within(cluster.nodes[leader - 1].http, Duration::from_secs(7));
    let address = cluster.nodes[leader - 1].http;
    never(Duration::from_secs(6), async || {
        for call in [&read, &another] {
            match client.send(call).await {
                Ok(answer) if answer.status < 500 => {
                    return Some(format!("{address}, cut off: {} {} {}", call.method, call.path, answer.told()));
                }
                Ok(answer) => assert!(matches!(answer.status, 503 | 504), "{}", answer.told()),
                Err(_) => {}
            }
        }
        None
    })
    .await;
    // Nor does a local read pretend: it names the index it reflects, which is older.
    let local = Call::get(&format!("/api/v1/holds/{id}?consistency=local")).bearer(&token);
    let local = cluster.call(leader, &local).await.unwrap();
    assert!(local.index() < released.index(), "{} is not older than {}", local.index(), released.index());

    // The others sell meanwhile; healed, it agrees with them.
    let addresses: Vec<_> = others.iter().map(|n| cluster.nodes[n - 1].http).collect();
    // Not of the row with the places that were asked for above.
    let mut rest = stage.clone();
    rest.places.drain(..stage.row);
    let mut buyers = Buyers::at(&addresses, &cluster.key, &rest, 8);
    buyers.acknowledge(50, PATIENCE).await;
    cluster.switch.as_ref().unwrap().heal(leader);
    cluster.node(leader).answers("/readyz", PATIENCE).await;
    buyers.acknowledge(50, PATIENCE).await;
    let verdict = judge(&buyers.stop().await.recorded());
    assert!(verdict.good(), "{verdict}");
    // The hold it was asked for when cut off was never acknowledged; under the same key it happens now, once.
    let answer = cluster.call(leader, &another).await.unwrap();
    assert!(matches!(answer.status, 201 | 409), "{}", answer.told());
    cluster.settle().await;
}

/// A follower that is cut off does not disturb the others when it returns (pre-vote).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_returns_deposes_nobody() {
    let mut cluster = Cluster::start(Setup::nodes(3).on(Switch::new(3))).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 40, ..Wanted::default() }).await;
    let leader = cluster.leader().await;
    let away = leader % 3 + 1;
    let term = cluster.status(leader).await.unwrap()["term"].clone();
    let mut buyers = Buyers::at(&[cluster.nodes[leader - 1].http], &cluster.key, &stage, 4);
    cluster.switch.as_ref().unwrap().cut(away);
    buyers.go_on_for(Duration::from_secs(4)).await;
    cluster.switch.as_ref().unwrap().heal(away);
    cluster.node(away).answers("/readyz", PATIENCE).await;
    buyers.acknowledge(50, PATIENCE).await;
    buyers.stop().await.check(&mut cluster).await;
    assert_eq!(cluster.leader().await, leader);
    assert_eq!(cluster.status(leader).await.unwrap()["term"], term, "no election was needed");
}

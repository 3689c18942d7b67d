//! Promise 6: a retried request with the same idempotency key happens once, also across leader loss.

use tests::buyers::insist;
use tests::harness::{Cluster, PATIENCE, Setup, draw_key};
use tests::http::{Answer, Call};
use tests::readback::{orders, seats};
use tests::stage::{Stage, Wanted, hold, release, sell, text};
use tests::waiting::until;

/// An answer by a node, waited for while there is no leader.
async fn answered(cluster: &Cluster, node: usize, call: &Call) -> Answer {
    until("an answer", PATIENCE, async || cluster.call(node, call).await.ok().filter(|a| a.status < 500)).await
}

#[track_caller]
fn assert_same(first: &Answer, again: &Answer) {
    assert_eq!(again.status, first.status, "{}", again.told());
    assert_eq!(String::from_utf8_lossy(&again.body), String::from_utf8_lossy(&first.body));
    assert!(again.replayed(), "Idempotency-Replayed: true");
    assert!(!first.replayed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_every_node_and_across_leader_loss() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 4, row: 20, ..Wanted::default() }).await;
    let leader = cluster.leader().await;
    let showtime = &stage.showtimes[0];
    let place = |n: usize| stage.places[n].as_str();

    // A hold, its sale, another hold and its release, and a refusal: each is recorded with its effect.
    let calls_and_answers = async {
        let mut done: Vec<(Call, Answer)> = Vec::new();
        let call = hold(showtime, &[place(0), place(1)], &draw_key());
        let held = answered(&cluster, 1, &call).await;
        let body = held.expect(201);
        done.push((call, held));
        let call = sell(&[&text(&body, "id")], &cluster.key, &text(&body, "token"), &draw_key());
        let sold = answered(&cluster, 2, &call).await;
        let order = text(&sold.expect(201), "id");
        done.push((call, sold));
        let call = hold(showtime, &[place(4)], &draw_key());
        let other = answered(&cluster, 3, &call).await;
        let body = other.expect(201);
        done.push((call, other));
        let call = release(&text(&body, "id"), &text(&body, "token"), &draw_key());
        let released = answered(&cluster, 1, &call).await;
        assert_eq!(released.status / 100, 2, "{}", released.told());
        done.push((call, released));
        let call = hold(showtime, &[place(1), place(2)], &draw_key());
        let refused = answered(&cluster, 2, &call).await;
        assert_eq!(refused.code(), "seats-taken", "{}", refused.told());
        done.push((call, refused));
        (done, order)
    };
    let (done, order) = calls_and_answers.await;
    let same_everywhere = async |cluster: &mut Cluster| {
        for (call, first) in &done {
            for node in cluster.running() {
                let again = answered(cluster, node, call).await;
                // A refusal's page names its own request.
                if first.status < 300 {
                    assert_same(first, &again);
                } else {
                    assert_eq!((again.status, again.code()), (first.status, first.code()));
                    assert!(again.replayed());
                }
            }
        }
    };
    same_everywhere(&mut cluster).await;
    cluster.node(leader).kill();
    cluster.leader().await;
    same_everywhere(&mut cluster).await;
    cluster.restart(leader).await;
    same_everywhere(&mut cluster).await;

    // Another body, or another address, under the same key.
    let key = done[0].0.headers.iter().find(|(n, _)| n == "idempotency-key").unwrap().1.clone();
    let other = answered(&cluster, 1, &hold(showtime, &[place(7)], &key)).await;
    assert_eq!((other.status, other.code().as_str()), (422, "idempotency-key-reused"), "{}", other.told());

    let index = cluster.settle().await;
    let all = orders(&cluster, 1, showtime, index).await;
    assert_eq!(all.keys().collect::<Vec<_>>(), [&order], "one order, however often it was sent");
    let map = seats(&cluster, 1, showtime, index).await;
    assert_eq!(&map[..10], "2200000000");
}

/// The same request many times at once through all nodes, while the leader is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sent_many_times_at_once() {
    let mut cluster = Cluster::start(Setup::nodes(3)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 4, row: 20, ..Wanted::default() }).await;
    let leader = cluster.leader().await;
    let call = hold(&stage.showtimes[0], &[&stage.places[0], &stage.places[1]], &draw_key());
    let mut tasks = tokio::task::JoinSet::new();
    let nodes: Vec<_> = cluster.nodes.iter().map(|n| n.http).collect();
    for sender in 0..60 {
        tasks.spawn(insist(nodes.clone(), sender, call.clone()));
    }
    cluster.node(leader).kill();
    let mut bodies = std::collections::BTreeSet::new();
    let mut first = 0;
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.unwrap();
        answer.expect(201);
        first += usize::from(!answer.replayed());
        bodies.insert(answer.body);
    }
    assert_eq!(bodies.len(), 1, "all get the same answer, token included");
    // None, when the first answer was lost with the leader or its connection.
    assert!(first <= 1, "{first} answers say that they are the first");
    cluster.restart(leader).await;
    cluster.settle().await;
}

//! Promise 5: money and seats agree, through the loss of leader and provider in the middle of everything, and however the
//! provider fails, forgets to tell, or tells twice. Compared by the product's own command.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tests::buyers::insist;
use tests::harness::{Cluster, Setup, draw_key};
use tests::http::{Answer, Call};
use tests::provider::Provider;
use tests::readback::seats;
use tests::stage::{Stage, Wanted, hold, text};
use tests::waiting::until;
use tokio::task::JoinSet;

/// Orders of the run; `USHER_ORDERS` makes them more.
const ORDERS: usize = 60;
/// Buyers at one time.
const BUYERS: usize = 8;
/// Time that an order has to be paid: short, so that it runs out here.
const PAYMENT_TIME_S: u64 = 10;
/// All is final within this after the last fault: the time for paying, pauses between tries, refunds on their way.
const FINAL_WITHIN: Duration = Duration::from_mins(2);

/// What a buyer's card does: most pay; some are declined and lapse, some break their promise when it is called in.
fn card(nth: usize) -> &'static str {
    match nth % 10 {
        3 => "tok_4000000000000002",
        6 => "tok_4000000000000341",
        _ => "tok_4242424242424242",
    }
}

fn place_order(hold: &Value, token: &str, card: &str) -> Call {
    let body = json!({ "holds": [text(hold, "id")], "buyer": { "name": "Ada", "email": "ada@example.org" },
        "payment": { "method": "mock", "token": card } });
    Call::post("/api/v1/orders", &body).bearer(token).once(&draw_key())
}

/// One buyer: holds a place, orders it, and now and then gives it up. Returns the order's id.
async fn buy(nodes: Vec<SocketAddr>, showtime: String, place: String, nth: usize) -> String {
    let ask = async |call: Call| insist(nodes.clone(), nth, call).await;
    let held = ask(hold(&showtime, &[&place], &draw_key())).await.expect(201);
    let token = text(&held, "token");
    let order = ask(place_order(&held, &token, card(nth))).await.expect(201);
    let id = text(&order, "id");
    if nth % 4 == 1 {
        // Before it is paid or after: both are answered, or it is being paid at this very moment.
        let cancel = Call::post(&format!("/api/v1/orders/{id}/cancel"), &json!({})).bearer(&token).once(&draw_key());
        let answer: Answer = ask(cancel).await;
        assert!(matches!(answer.status, 200 | 409), "{}", answer.told());
    }
    id
}

async fn orders(cluster: &mut Cluster, showtime: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/orders?limit=100&showtime={showtime}{cursor}");
        let page = cluster.staff(Call::get(&path)).await.expect(200);
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_loss_of_leader_and_provider_and_whatever_it_does() {
    let wanted = std::env::var("USHER_ORDERS").ok().map_or(ORDERS, |n| n.parse().unwrap());
    let mut provider = Provider::prepare();
    let mut cluster = Cluster::start(provider.told(Setup::nodes(3))).await;
    let nodes: Vec<SocketAddr> = cluster.nodes.iter().map(|node| node.http).collect();
    provider.start(&nodes).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: wanted.div_ceil(20), row: 20, ..Wanted::default() }).await;
    let showtime = stage.showtimes[0].clone();
    let short = json!({ "payment_time_seconds": PAYMENT_TIME_S });
    cluster.staff(Call::patch(&format!("/api/v1/showtimes/{showtime}"), &short)).await.expect(200);
    let rule = json!({ "refunds": { "until_minutes_before_start": 60 } });
    cluster.staff(Call::patch(&format!("/api/v1/events/{}", stage.event), &rule)).await.expect(200);
    let trouble = json!({ "latency_ms": 20, "latency_jitter_ms": 150, "fail_percent": 20, "lose_percent": 10,
        "webhook_delay_ms": 50, "webhook_jitter_ms": 800, "webhook_repeat_percent": 20, "webhook_drop_percent": 25,
        "webhook_shuffle": true, "refund_delay_ms": 1_000 });
    provider.switch(&trouble).await;

    let rounds = wanted.div_ceil(BUYERS);
    let mut placed = Vec::new();
    for round in 0..rounds {
        let mut buyers = JoinSet::new();
        for nth in round * BUYERS..wanted.min((round + 1) * BUYERS) {
            buyers.spawn(buy(nodes.clone(), showtime.clone(), stage.places[nth].clone(), nth));
        }
        // In the middle of it, one after the other: whoever carries tasks out, then whoever they are carried out at.
        if round == rounds / 3 {
            let leader = cluster.leader().await;
            cluster.node(leader).kill();
            cluster.leader().await;
            cluster.restart(leader).await;
        } else if round == 2 * rounds / 3 {
            provider.kill();
            provider.restart().await;
            provider.switch(&trouble).await;
        }
        placed.extend(buyers.join_all().await);
    }
    // Some that are paid go back while the provider is still in trouble.
    let paid = until("some orders are paid", FINAL_WITHIN, async || {
        let page = cluster.staff(Call::get("/api/v1/orders?state=paid&limit=3")).await.expect(200);
        page["items"].as_array().filter(|items| items.len() == 3).cloned()
    })
    .await;
    for order in &paid {
        let refund = Call::post(&format!("/api/v1/orders/{}/refunds", text(order, "id")), &json!({}));
        cluster.staff(refund).await.expect(201);
    }
    provider.switch(&json!({ "fail_percent": 0, "lose_percent": 0, "latency_jitter_ms": 0 })).await;
    until("every order is final and nothing is left to be done", FINAL_WITHIN, async || {
        let pending = cluster.staff(Call::get("/api/v1/orders?state=pending")).await.expect(200);
        let tasks = cluster.staff(Call::get("/api/v1/tasks")).await.expect(200);
        let none = |page: &Value| page["items"].as_array().is_some_and(Vec::is_empty);
        (none(&pending) && none(&tasks)).then_some(())
    })
    .await;

    let (address, key_file) = (format!("http://{}", provider.address), provider.key_file.to_str().unwrap().to_owned());
    let compare = ["payments", "compare", "--provider", &address, "--provider-key-file", &key_file];
    let compared = cluster.ok(1, &compare).await;
    assert_eq!((&compared["orders"], &compared["pending"]), (&json!(wanted), &json!(0)), "{compared}");
    assert!(compared["captured"].as_i64() > Some(0) && compared["refunded"].as_i64() > Some(0), "{compared}");

    let all = orders(&mut cluster, &showtime).await;
    let mut ids: Vec<String> = all.iter().map(|order| text(order, "id")).collect();
    ids.sort_unstable();
    placed.sort_unstable();
    assert_eq!(ids, placed, "every order that was acknowledged is there, and no other");
    let of = |state: &str| all.iter().filter(|order| order["state"] == state).count();
    for state in ["paid", "failed"] {
        assert!(of(state) > 0, "no order ended as {state}");
    }
    let valid = |order: &Value| order["tickets"].as_array().unwrap().iter().filter(|t| t["state"] == "valid").count();
    let tickets: usize = all.iter().map(valid).sum();
    let index = cluster.settle().await;
    let map = seats(&cluster, 1, &showtime, index).await;
    assert_eq!(map.matches('2').count(), tickets, "as many seats are sold as tickets are valid");
    assert_eq!(map.matches('1').count(), 0, "nothing stays held: {map}");
    assert_eq!(tickets, of("paid"), "one ticket an order");
    println!(
        "{} orders: {} paid, {} failed, {} cancelled, {} refunded; {compared}",
        all.len(),
        of("paid"),
        of("failed"),
        of("cancelled"),
        of("refunded")
    );
}

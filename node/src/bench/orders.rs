//! `usher bench --orders`: paid orders on three nodes with the mock payment company. Each buyer loops: hold two places,
//! place an order, pay as the provider's page does, wait until it is paid. Then the showtimes are cancelled and all of it
//! refunded. At the end both sides' books are compared. Looking whether an order is paid is part of the load.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::machine::CpuSample;
use super::stage::{self, Target};
use super::{Latency, histogram, ratio, us};
use crate::cli::{Output, Refused, table};
use crate::client::{Address, Connection, Failure, Rest, items, text};
use crate::local::Provider;

/// Between two looks at an order.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// An order that is not paid by then never will be.
const GIVE_UP: Duration = Duration::from_secs(30);
/// Refunds of all orders end by then.
const REFUNDED_WITHIN: Duration = Duration::from_mins(20);
const CARD: &str = "4242424242424242";
/// Showtimes that the buyers spread over.
const SHOWTIMES: usize = 8;

/// How it is run.
pub(super) struct Plan<'a> {
    pub(super) connections: &'a [usize],
    pub(super) length: Duration,
    /// Each run ends after so many orders, if it does not before.
    pub(super) orders_max: u64,
}

/// One run's figures.
#[derive(Debug, Serialize)]
struct RunResult {
    connections: usize,
    orders: u64,
    orders_per_s: f64,
    /// From `POST /orders` to paid.
    paid: Latency,
    /// Commands in the log for an order, without its hold.
    commands_per_order: f64,
    /// Log entries for an order, with its hold: several commands share one.
    entries_per_order: f64,
    node_cpu_s_per_1000: f64,
}

/// What the log has taken so far, on all nodes.
#[derive(Debug, Clone, Copy, Default)]
struct Logged {
    entries: u64,
    commands: u64,
}

struct Counter {
    showtimes: Vec<String>,
    until: Cell<Instant>,
    left: Cell<u64>,
    paid: RefCell<Histogram<u64>>,
}

/// Runs it and prints a table, or JSON.
pub(super) async fn run(target: &Target, provider: &Provider, plan: Plan<'_>, output: Output) -> anyhow::Result<()> {
    let mut rest = target.rest().await?;
    let house = stage::plan().to_string();
    let showtimes = stage::set(&mut rest, house.as_bytes(), &["All"], SHOWTIMES).await?;
    let mut results = Vec::new();
    for connections in plan.connections {
        let result = measure(target, provider, &showtimes, (*connections, &plan)).await?;
        output.say(format!("{connections} buyers: {:.0} orders/s", result.orders_per_s));
        results.push(result);
    }
    let orders: u64 = results.iter().map(|result| result.orders).sum();
    let began = Instant::now();
    let refunded = refund_all(&mut rest, &showtimes).await?;
    let refunds_per_s = ratio(refunded, 1) / began.elapsed().as_secs_f64();
    output.say(format!("{refunded} refunds: {refunds_per_s:.0}/s"));
    let difference = compare(&mut rest, provider).await?;
    let sound = difference.is_none() && refunded == orders;
    let value = json!({
        "runs": results, "refunds": refunded, "refunds_per_s": refunds_per_s, "difference": difference, "sound": sound,
    });
    output.result(&value, || format!("{}\nall refunded: {refunds_per_s:.0} refunds/s", show(&results)));
    if sound { Ok(()) } else { Err(Refused(format!("the books differ: {value}")).into()) }
}

async fn measure(
    target: &Target,
    provider: &Provider,
    showtimes: &[String],
    (connections, plan): (usize, &Plan<'_>),
) -> anyhow::Result<RunResult> {
    let counter = Rc::new(Counter {
        showtimes: showtimes.to_owned(),
        until: Cell::new(Instant::now() + plan.length),
        left: Cell::new(plan.orders_max),
        paid: RefCell::new(histogram()?),
    });
    let (before, cpu) = (logged(target).await?, CpuSample::take(&target.pids));
    let began = Instant::now();
    let buyers = (0..connections).map(|nth| buy(target, provider, Rc::clone(&counter), nth));
    join_all(buyers).await.into_iter().collect::<anyhow::Result<Vec<()>>>()?;
    let (took, used) = (began.elapsed(), cpu.until(CpuSample::take(&target.pids)));
    let after = logged(target).await?;
    let orders = counter.paid.borrow().len();
    let paid = Latency::of(&counter.paid.borrow());
    Ok(RunResult {
        connections,
        orders,
        orders_per_s: ratio(orders, 1) / took.as_secs_f64(),
        paid,
        commands_per_order: ratio(after.commands - before.commands, orders) - 1.0,
        entries_per_order: ratio(after.entries - before.entries, orders),
        node_cpu_s_per_1000: used.nodes * 1_000.0 / ratio(orders.max(1), 1),
    })
}

/// One buyer, for as long as the run lasts.
async fn buy(target: &Target, provider: &Provider, counter: Rc<Counter>, nth: usize) -> anyhow::Result<()> {
    let node = target.nodes.get(nth % target.nodes.len()).context("a node")?;
    let mut rest = Rest::new(node.clone(), Some(&target.key));
    let (address, key) = provider.interface();
    let mut psp = Rest::new(address, Some(key));
    let showtime = counter.showtimes.get(nth % counter.showtimes.len()).context("a showtime")?;
    while Instant::now() < counter.until.get() && counter.left.get() > 0 {
        counter.left.set(counter.left.get() - 1);
        let hold = json!({"best_available": {"quantity": 2}});
        let hold = rest.post(&format!("/api/v1/showtimes/{showtime}/holds"), &hold).await?;
        let body = json!({
            "holds": [text(&hold, "id")], "buyer": {"name": "Ada Bench", "email": "ada@example.org"},
            "payment": {"method": "mock"},
        });
        let began = Instant::now();
        let order = text(&rest.post("/api/v1/orders", &body).await?, "id");
        let intent = wait(&mut rest, &order, |order| {
            let payment = items(order, "payments").first()?;
            Some(text(payment, "reference")).filter(|name| !name.is_empty())
        });
        let intent = intent.await?;
        let card = json!({"payment_method": {"card": {"number": CARD}}});
        psp.post(&format!("/v1/payment_intents/{intent}/confirm"), &card).await?;
        wait(&mut rest, &order, |order| (text(order, "state") == "paid").then_some(())).await?;
        counter.paid.borrow_mut().saturating_record(us(began.elapsed()));
    }
    Ok(())
}

/// Looks at an order until there is something to see.
async fn wait<T>(rest: &mut Rest, order: &str, look: impl Fn(&Value) -> Option<T>) -> anyhow::Result<T> {
    let until = Instant::now() + GIVE_UP;
    loop {
        let now = rest.get(&format!("/api/v1/orders/{order}?consistency=local")).await?;
        if let Some(seen) = look(&now) {
            return Ok(seen);
        }
        anyhow::ensure!(Instant::now() < until, "{order} does not get on: {now}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Cancels the showtimes, has all of them refunded, and waits for the money; answers how many orders that were.
async fn refund_all(rest: &mut Rest, showtimes: &[String]) -> anyhow::Result<u64> {
    for showtime in showtimes {
        rest.patch(&format!("/api/v1/showtimes/{showtime}"), &json!({"state": "cancelled"})).await?;
        rest.post(&format!("/api/v1/showtimes/{showtime}/refunds"), &json!({"reason": "bench"})).await?;
    }
    let until = Instant::now() + REFUNDED_WITHIN;
    let mut orders = 0;
    for showtime in showtimes {
        loop {
            let now = rest.get(&format!("/api/v1/showtimes/{showtime}/refunds")).await?;
            let under_way = ["/money/pending", "/money/sent"].map(|path| number(&now, path));
            if text(&now, "state") == "done" && under_way == [0, 0] {
                orders += u64::try_from(number(&now, "/orders"))?;
                break;
            }
            anyhow::ensure!(Instant::now() < until, "the refunds do not end: {now}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(orders)
}

/// What of the sums does not agree, if anything: everything that came must have gone back, on both sides.
async fn compare(rest: &mut Rest, provider: &Provider) -> Result<Option<Value>, Failure> {
    let mut ours = (0, 0);
    for order in rest.list("/api/v1/orders").await? {
        ours.0 += items(&order, "payments").iter().map(|payment| number(payment, "/captured/amount")).sum::<i64>();
        let done = items(&order, "refunds").iter().filter(|refund| text(refund, "state") == "done");
        ours.1 += done.map(|refund| number(refund, "/amount/amount")).sum::<i64>();
    }
    let (address, key) = provider.interface();
    let ledger = Rest::new(address, Some(key)).get("/v1/ledger?limit=1").await?;
    let theirs = (number(&ledger, "/totals/EUR/captured"), number(&ledger, "/totals/EUR/refunded"));
    let same = ours == theirs && ours.0 == ours.1;
    Ok((!same).then(|| json!({"ours": ours, "theirs": theirs, "ledger": ledger})))
}

/// A number by its JSON pointer; none is zero.
fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// Reads the counters of all nodes.
async fn logged(target: &Target) -> anyhow::Result<Logged> {
    let mut sum = Logged::default();
    for node in &target.nodes {
        let page = metrics(node).await?;
        let value = |name: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        sum.entries += value("usher_log_entries_total");
        sum.commands += value("usher_log_packed_total");
    }
    Ok(sum)
}

async fn metrics(node: &Address) -> anyhow::Result<String> {
    let mut connection = Connection::new(node.clone());
    let answer = connection.call("GET", "/metrics", "", b"", Duration::from_secs(5)).await?;
    Ok(String::from_utf8_lossy(answer.body).into_owned())
}

fn show(results: &[RunResult]) -> String {
    let head =
        ["buyers", "orders", "orders/s", "paid p50 ms", "p99 ms", "commands/order", "entries/order", "node CPU s/1000"];
    let row = |r: &RunResult| {
        vec![
            r.connections.to_string(),
            r.orders.to_string(),
            format!("{:.0}", r.orders_per_s),
            format!("{:.1}", r.paid.p50_ms),
            format!("{:.1}", r.paid.p99_ms),
            format!("{:.2}", r.commands_per_order),
            format!("{:.2}", r.entries_per_order),
            format!("{:.2}", r.node_cpu_s_per_1000),
        ]
    };
    let rows: Vec<_> = results.iter().map(row).collect();
    table(&head, &rows)
}

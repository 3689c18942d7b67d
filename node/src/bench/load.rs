//! The buyers: each loops on a connection of its own: hold two neighbouring seats, then buy or let go. Every request
//! has an idempotency key and is repeated under it, on another node if need be, until it is answered.
//! Not the check of what came of it (`verify`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::machine::CpuSample;
use super::random::Random;
use super::stage::{self, ROW_SEATS, ROWS, SEATS, Target};
use super::verify::{self, Checked};
use super::{Latency, histogram, ratio, us};
use crate::client::{Connection, Failure, Rest};

/// A showtime is left for the next one when this many of its seats are sold: a quarter.
const SOLD_OF_SHOWTIME: u64 = SEATS as u64 / 4;
/// A request that nobody answered in this time is repeated.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);
const PAUSE: Duration = Duration::from_millis(10);
/// Holds a second that showtimes are made for, half of which become sales of two seats.
const HOLDS_PER_S_MAX: u64 = 25_000;

/// Which nodes the connections go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    Spread,
    Leader,
    Follower,
}

impl Placement {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Spread => "all nodes",
            Self::Leader => "the leader",
            Self::Follower => "a follower",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    pub(super) warmup: Duration,
    pub(super) measured: Duration,
}

/// An acknowledged sale: the order, the showtime's place in the list, the first of its two seats.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) order: String,
    pub(super) showtime: usize,
    pub(super) seat: u32,
}

/// What the buyers share. They run in one thread.
pub(super) struct Floor {
    target: Target,
    pub(super) showtimes: Vec<String>,
    sold: Cell<u64>,
    measuring: Cell<bool>,
    stopping: Cell<bool>,
    /// Counts kills of the leader: a hold sent in one generation and answered in it is news.
    pub(super) generation: Cell<u64>,
    pub(super) news: RefCell<Option<mpsc::UnboundedSender<Instant>>>,
    owners: RefCell<Vec<bool>>,
    tally: RefCell<Tally>,
}

/// What they saw.
pub(super) struct Tally {
    hold: Histogram<u64>,
    order: Histogram<u64>,
    release: Histogram<u64>,
    refused: u64,
    repeats: u64,
    first_error: Option<String>,
    overlaps: u64,
    lost_holds: u64,
    pub(super) sales: Vec<Sale>,
}

/// One run's figures.
#[derive(Debug, Serialize)]
pub(super) struct RunResult {
    pub(super) connections: usize,
    pub(super) placement: &'static str,
    seconds: f64,
    pub(super) holds_per_s: f64,
    pub(super) refused_per_s: f64,
    pub(super) requests_per_s: f64,
    pub(super) hold: Latency,
    pub(super) order: Latency,
    pub(super) release: Latency,
    pub(super) node_cpu_s_per_1000_holds: f64,
    pub(super) client_cpu_s_per_1000_holds: f64,
    pub(super) other_cores: f64,
    pub(super) repeats: u64,
    first_error: Option<String>,
    lost_holds: u64,
    ended_early: bool,
    pub(super) checked: Checked,
}

impl Floor {
    /// Makes showtimes enough for a run of this length.
    pub(super) async fn set(target: &Target, length: Duration) -> anyhow::Result<Rc<Self>> {
        let mut rest: Rest = target.rest().await?;
        let showtimes = (length.as_secs().max(1) * HOLDS_PER_S_MAX / SOLD_OF_SHOWTIME + 2) as usize;
        let plan = stage::plan().to_string();
        let showtimes = stage::set(&mut rest, plan.as_bytes(), &["All"], showtimes).await?;
        Ok(Rc::new(Self {
            target: target.clone(),
            sold: Cell::new(0),
            measuring: Cell::new(false),
            stopping: Cell::new(false),
            generation: Cell::new(0),
            news: RefCell::new(None),
            owners: RefCell::new(vec![false; showtimes.len() * SEATS as usize]),
            tally: RefCell::new(Tally {
                hold: histogram()?,
                order: histogram()?,
                release: histogram()?,
                refused: 0,
                repeats: 0,
                first_error: None,
                overlaps: 0,
                lost_holds: 0,
                sales: Vec::new(),
            }),
            showtimes,
        }))
    }

    /// Lets buyers in; they leave after `stop`.
    pub(super) fn open(self: &Rc<Self>, connections: usize, placement: Placement, leader: usize) -> Buyers {
        let local = tokio::task::LocalSet::new();
        let nodes = self.target.nodes.len();
        for i in 0..connections {
            let at = match placement {
                Placement::Spread => i % nodes,
                Placement::Leader => leader,
                Placement::Follower => (leader + 1) % nodes,
            };
            let buyer = Buyer::new(Rc::clone(self), i, at);
            local.spawn_local(buyer.shop());
        }
        Buyers(local)
    }

    pub(super) fn stop(&self) {
        self.stopping.set(true);
    }

    /// Requests that had to be repeated, and holds that were lost although they were acknowledged.
    pub(super) fn troubles(&self) -> (u64, u64) {
        let tally = self.tally.borrow();
        (tally.repeats, tally.lost_holds)
    }

    /// Compares all that was acknowledged with what the cluster says.
    pub(super) async fn check(&self) -> anyhow::Result<Checked> {
        let (sales, overlaps) = {
            let tally = self.tally.borrow();
            (tally.sales.clone(), tally.overlaps)
        };
        let mut rest = self.target.rest().await?;
        verify::check(&mut rest, &self.showtimes, &sales, overlaps).await
    }
}

/// The buyers of a run.
pub(super) struct Buyers(tokio::task::LocalSet);

impl Buyers {
    /// Does something while they buy.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.run_until(work).await
    }

    /// Waits until all have left.
    pub(super) async fn leave(self) {
        self.0.await;
    }
}

/// Runs the workload once.
pub(super) async fn run(
    target: &Target,
    connections: usize,
    placement: Placement,
    timing: Timing,
) -> anyhow::Result<RunResult> {
    let leader = target.leader().await?;
    let floor = Floor::set(target, timing.warmup + timing.measured).await?;
    let buyers = floor.open(connections, placement, leader);
    let (seconds, used) = buyers
        .during(async {
            tokio::time::sleep(timing.warmup).await;
            let (before, start) = (CpuSample::take(&target.pids), Instant::now());
            floor.measuring.set(true);
            while start.elapsed() < timing.measured && !floor.stopping.get() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            floor.measuring.set(false);
            let seconds = start.elapsed().as_secs_f64();
            (seconds, before.until(CpuSample::take(&target.pids)))
        })
        .await;
    let ended_early = floor.stopping.get();
    floor.stop();
    buyers.leave().await;
    let checked = floor.check().await?;
    let tally = floor.tally.borrow();
    let holds = tally.hold.len();
    let requests = holds + tally.refused + tally.order.len() + tally.release.len();
    let per_s = |n: u64| ratio(n, 1) / seconds;
    let per_1000 = |cpu_s: f64| if holds == 0 { 0.0 } else { cpu_s * 1_000.0 / ratio(holds, 1) };
    Ok(RunResult {
        connections,
        placement: placement.name(),
        seconds,
        holds_per_s: per_s(holds),
        refused_per_s: per_s(tally.refused),
        requests_per_s: per_s(requests),
        hold: Latency::of(&tally.hold),
        order: Latency::of(&tally.order),
        release: Latency::of(&tally.release),
        node_cpu_s_per_1000_holds: per_1000(used.nodes),
        client_cpu_s_per_1000_holds: per_1000(used.client),
        other_cores: used.other / seconds,
        repeats: tally.repeats,
        first_error: tally.first_error.clone(),
        lost_holds: tally.lost_holds,
        ended_early,
        checked,
    })
}

/// One who buys.
pub(super) struct Buyer {
    floor: Rc<Floor>,
    /// One connection for each node; only the one in use is open, as a rule.
    connections: Vec<Connection>,
    at: usize,
    random: Random,
    key: String,
    sequence: u64,
    authorization: String,
}

/// What a request came to.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    took: Duration,
}

/// Two neighbouring seats of the showtime that is on sale.
pub(super) struct Choice {
    showtime: usize,
    id: String,
    seat: u32,
}

impl Choice {
    fn path(&self) -> String {
        format!("/api/v1/showtimes/{}/holds", self.id)
    }

    fn body(&self) -> String {
        format!(r#"{{"places":["{}","{}"]}}"#, stage::place(self.seat), stage::place(self.seat + 1))
    }

    fn places(&self) -> [usize; 2] {
        let first = self.showtime * SEATS as usize + self.seat as usize;
        [first, first + 1]
    }
}

impl Buyer {
    /// A buyer who begins at a node.
    pub(super) fn new(floor: Rc<Floor>, number: usize, at: usize) -> Self {
        let connections = floor.target.nodes.iter().cloned().map(Connection::new).collect();
        let authorization = format!("authorization: Bearer {}\r\n", floor.target.key);
        let random = Random::new(number as u64 + 1);
        Self { floor, connections, at, random, key: crate::client::new_key(), sequence: 0, authorization }
    }

    async fn shop(mut self) {
        while !self.floor.stopping.get() {
            self.round().await;
        }
    }

    /// What to try next; nothing once all showtimes are sold.
    pub(super) fn choose(&mut self) -> Option<Choice> {
        let showtime = (self.floor.sold.get() / SOLD_OF_SHOWTIME) as usize;
        let id = self.floor.showtimes.get(showtime).cloned()?;
        let seat = self.random.below(ROWS) * ROW_SEATS + self.random.below(ROW_SEATS - 1);
        Some(Choice { showtime, id, seat })
    }

    /// Asks for a hold once, however it is answered; `Err` if it is not.
    pub(super) async fn try_hold(&mut self, choice: &Choice) -> Result<Answer, Failure> {
        self.sequence += 1;
        let headers = format!("idempotency-key: {}-{}\r\n", self.key, self.sequence);
        let Some(connection) = self.connections.get_mut(self.at) else { unreachable!("`at` is a node's place") };
        let start = Instant::now();
        let (path, body) = (choice.path(), choice.body());
        match connection.call("POST", &path, &headers, body.as_bytes(), ANSWER_WITHIN).await {
            Ok(r) => Ok(Answer { status: r.status, body: r.body.to_vec(), took: start.elapsed() }),
            Err(error) => Err(Failure::from(error)),
        }
    }

    async fn round(&mut self) {
        let Some(choice) = self.choose() else { return self.floor.stop() };
        let generation = self.floor.generation.get();
        let answer = self.ask("POST", &choice.path(), "", choice.body().as_bytes()).await;
        let measuring = self.floor.measuring.get();
        if answer.status != 201 {
            let mut tally = self.floor.tally.borrow_mut();
            if answer.status != 409 && tally.first_error.is_none() {
                tally.first_error = Some(format!("hold: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
            }
            tally.refused += u64::from(measuring);
            return;
        }
        if generation == self.floor.generation.get()
            && let Some(news) = self.floor.news.borrow().as_ref()
        {
            // Nobody listens between two rounds.
            let _ = news.send(Instant::now());
        }
        self.finish(&choice, &answer).await;
    }

    /// Buys what was held, or lets go of it.
    pub(super) async fn finish(&mut self, choice: &Choice, answer: &Answer) {
        let places = choice.places();
        self.take(places, self.floor.measuring.get(), answer.took);
        let (hold, token) = (quoted(&answer.body, b"\"hld_"), quoted(&answer.body, b"\"uht_"));
        if self.random.below(2) == 0 {
            self.buy(&hold, choice.showtime, choice.seat, places).await;
        } else {
            self.release(&hold, &token, places).await;
        }
    }

    fn take(&self, places: [usize; 2], measuring: bool, took: Duration) {
        let (mut owners, mut tally) = (self.floor.owners.borrow_mut(), self.floor.tally.borrow_mut());
        if measuring {
            tally.hold.saturating_record(us(took));
        }
        for owned in
            places.into_iter().filter_map(|p| owners.get_mut(p).map(|o| std::mem::replace(o, true))).collect::<Vec<_>>()
        {
            tally.overlaps += u64::from(owned);
        }
    }

    fn let_go(&self, places: [usize; 2]) {
        let mut owners = self.floor.owners.borrow_mut();
        for place in places {
            if let Some(owned) = owners.get_mut(place) {
                *owned = false;
            }
        }
    }

    async fn buy(&mut self, hold: &str, showtime: usize, seat: u32, places: [usize; 2]) {
        let body = format!(
            r#"{{"holds":["{hold}"],"buyer":{{"name":"Bench","email":"bench@example.com"}},"payment":{{"method":"box_office","kind":"cash"}}}}"#
        );
        let authorization = self.authorization.clone();
        let answer = self.ask("POST", "/api/v1/orders", &authorization, body.as_bytes()).await;
        let measuring = self.floor.measuring.get();
        if answer.status == 201 {
            self.floor.sold.set(self.floor.sold.get() + 2);
            let mut tally = self.floor.tally.borrow_mut();
            tally.sales.push(Sale { order: quoted(&answer.body, b"\"ord_"), showtime, seat });
            if measuring {
                tally.order.saturating_record(us(answer.took));
            }
        } else {
            self.lost("order", &answer, places);
        }
    }

    async fn release(&mut self, hold: &str, token: &str, places: [usize; 2]) {
        // The seats may be someone else's before the answer is here: let go first.
        self.let_go(places);
        let token = format!("x-hold-token: {token}\r\n");
        let answer = self.ask("DELETE", &format!("/api/v1/holds/{hold}"), &token, b"").await;
        if !(200..300).contains(&answer.status) {
            self.lost("release", &answer, places);
        } else if self.floor.measuring.get() {
            self.floor.tally.borrow_mut().release.saturating_record(us(answer.took));
        }
    }

    fn lost(&self, what: &str, answer: &Answer, places: [usize; 2]) {
        self.let_go(places);
        let mut tally = self.floor.tally.borrow_mut();
        tally.lost_holds += 1;
        let told = format!("{what}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        tally.first_error.get_or_insert(told);
    }

    /// Sends a request until it is answered, under one key; the time is that of all attempts.
    async fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        self.sequence += 1;
        let headers = format!("{headers}idempotency-key: {}-{}\r\n", self.key, self.sequence);
        let start = Instant::now();
        loop {
            let Some(connection) = self.connections.get_mut(self.at) else { unreachable!("`at` is a node's place") };
            let told = match connection.call(method, path, &headers, body, ANSWER_WITHIN).await {
                Ok(r) if !matches!(r.status, 429 | 503 | 504) => {
                    return Answer { status: r.status, body: r.body.to_vec(), took: start.elapsed() };
                }
                Ok(r) => format!("{} {}", r.status, String::from_utf8_lossy(r.body)),
                Err(error) => Failure::from(error).to_string(),
            };
            {
                let mut tally = self.floor.tally.borrow_mut();
                tally.repeats += 1;
                tally.first_error.get_or_insert(told);
            }
            self.at = (self.at + 1) % self.connections.len();
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The text in quotes that begins with these bytes (the quote among them), found without parsing the rest.
fn quoted(body: &[u8], begin: &[u8]) -> String {
    let from = body.windows(begin.len()).position(|w| w == begin).map(|at| at + 1);
    let rest = from.and_then(|at| body.get(at..)).unwrap_or_default();
    let end = rest.iter().position(|c| *c == b'"').unwrap_or(0);
    String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_without_parsing() {
        let body = br#"{"places":[{"id":"r1s1"}],"id":"hld_7","token":"uht_x_y"}"#;
        assert_eq!((quoted(body, b"\"hld_"), quoted(body, b"\"uht_")), ("hld_7".into(), "uht_x_y".into()));
        assert_eq!(quoted(b"{}", b"\"hld_"), "");
    }
}

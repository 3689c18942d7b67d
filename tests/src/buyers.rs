//! Load: buyers who hold places, then sell, extend, give back or keep them, and read; each step under a key of its own,
//! repeated through any node until it is answered, and recorded. Deliberately closed-loop: it looks for wrong answers,
//! not for speed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::dice::Dice;
use crate::harness::{Cluster, draw_key};
use crate::history::{Asked, Fresh, History, House, Life, Op, Outcome, Told, Way};
use crate::http::{Answer, Call, Client};
use crate::stage::{Stage, hold, hold_area, release, sell, text};

/// A step is repeated for so long before it counts as unknown.
const REPEATED_FOR: Duration = Duration::from_secs(25);
/// An attempt that is not answered is given up after this: longer than a node takes to say that it does not know.
const ATTEMPT_MAX: Duration = Duration::from_secs(8);

/// A hold is looked at closely for so long before and after it runs out.
const AROUND_THE_END: Duration = Duration::from_millis(500);

/// So many tickets are scanned at a time, of more the oldest are left alone: with more scans the search would not end.
const TICKETS_SCANNED: usize = 6;

/// What buyers do, in times of a hundred.
#[derive(Debug, Clone)]
pub struct Habits {
    /// Neighbouring seats of a hold.
    pub seats: usize,
    /// Standing places are held instead: 1 to 3.
    pub area: usize,
    /// A hold is extended first.
    pub extend: usize,
    /// What becomes of a hold: sold, or kept until it runs out; else given back.
    pub sell: usize,
    pub keep: usize,
    /// A hold, or what became of it, is read afterwards.
    pub look: usize,
    /// The map and the area are read: only where there are few seats.
    pub map: usize,
    /// A ticket that somebody bought lately is scanned, in or out: by several at a time.
    pub scan: usize,
    /// Longest pause before a visit.
    pub pause: Duration,
    /// An attempt is given up after this, and the step repeated through another node.
    pub attempt_max: Duration,
    /// A step is repeated for so long before it counts as unknown.
    pub repeated_for: Duration,
}

impl Default for Habits {
    /// Two neighbouring seats, as fast as they can.
    fn default() -> Self {
        Self {
            seats: 2,
            area: 0,
            extend: 0,
            sell: 50,
            keep: 0,
            look: 25,
            map: 0,
            scan: 0,
            pause: Duration::ZERO,
            attempt_max: ATTEMPT_MAX,
            repeated_for: REPEATED_FOR,
        }
    }
}

/// Buyers at work.
pub struct Buyers {
    pub history: Arc<History>,
    on_sale: watch::Sender<Arc<Vec<Offer>>>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

/// A showtime that buyers go to.
#[derive(Debug, Clone)]
pub struct Offer {
    pub house: House,
    /// Seats of a row.
    pub row: usize,
    /// Id of its area.
    pub area: String,
}

/// Sends one request to one node after the other until it is answered with 2xx or a refusal.
pub async fn insist(nodes: Vec<SocketAddr>, first: usize, call: Call) -> Answer {
    let mut clients: Vec<Client> = nodes.into_iter().map(Client::new).collect();
    let (mut turn, until) = (first % clients.len(), Instant::now() + REPEATED_FOR);
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    loop {
        if let Ok(answer) = clients[turn].send(&call).await
            && answer.status < 500
            && answer.status != 429
        {
            return answer;
        }
        assert!(Instant::now() < until, "{} {} is never answered", call.method, call.path);
        turn = (turn + 1) % clients.len();
        pause.tick().await;
    }
}

/// The next number of a client.
fn next_client() -> u64 {
    static CLIENTS: AtomicU64 = AtomicU64::new(1);
    CLIENTS.fetch_add(1, Ordering::Relaxed)
}

struct Buyer {
    number: u64,
    clients: Vec<Client>,
    dice: Dice,
    at: usize,
    habits: Habits,
    staff: String,
    history: Arc<History>,
    /// Greatest index it was told.
    seen: u64,
    /// Holds that it keeps, with their tokens, and when they run out by its own clock.
    kept: Vec<(Instant, String, String)>,
    /// Tickets that any of them bought, with their showtimes, the last last.
    tickets: Arc<Mutex<Vec<(String, String)>>>,
}

impl Buyer {
    /// Sends until there is an answer that is one: from the node it is at, from the next after a failure.
    async fn step(&mut self, call: &Call, asked: Asked) -> Option<(Told, Value)> {
        let began = Instant::now();
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        while began.elapsed() < self.habits.repeated_for {
            let sent = Instant::now();
            match self.clients[self.at].send(call).await {
                Ok(answer) if answer.status < 500 && answer.status != 429 => {
                    return Some(self.answered(asked, (began, sent), &answer));
                }
                Ok(answer) => assert_honest(call, &answer),
                Err(_) => {}
            }
            self.at = self.dice.below(self.clients.len());
            pause.tick().await;
        }
        self.record(asked, (began, began), None, Outcome::Unknown);
        // Whoever asked does not know what became of it, and is somebody else from now on.
        self.number = next_client();
        None
    }

    /// Asks once, through any node: no answer is no wrong one.
    async fn read(&mut self, call: &Call, asked: Asked) {
        let node = self.dice.below(self.clients.len());
        let sent = Instant::now();
        match self.clients[node].send(call).await {
            Ok(answer) if answer.status < 500 && answer.status != 429 => {
                self.at = node;
                self.answered(asked, (sent, sent), &answer);
            }
            Ok(answer) => assert_honest(call, &answer),
            Err(_) => {}
        }
    }

    fn answered(&mut self, asked: Asked, times: (Instant, Instant), answer: &Answer) -> (Told, Value) {
        let returned = Instant::now();
        let (body, index) = (answer.json(), answer.index());
        let told = told(&asked, answer, &body);
        self.seen = self.seen.max(index);
        let outcome = Outcome::Answered { index, replayed: answer.replayed(), told: told.clone() };
        self.record(asked, times, Some(returned), outcome);
        (told, body)
    }

    fn record(&self, asked: Asked, (began, sent): (Instant, Instant), returned: Option<Instant>, outcome: Outcome) {
        let us = |moment| self.history.us(moment);
        let (asked_us, sent_us, returned_us) = (us(began), us(sent), returned.map(us));
        let (client, node) = (self.number, self.at + 1);
        self.history.add(Op { client, node, asked_us, sent_us, returned_us, asked, outcome });
    }

    fn fresh(&mut self) -> Fresh {
        if self.dice.percent(70) { Fresh::Linearizable } else { Fresh::AtLeast(self.seen) }
    }

    /// A read of one thing, as fresh as said.
    fn get(&self, path: &str, fresh: Fresh) -> Call {
        let staff = &self.staff;
        match fresh {
            Fresh::Linearizable => Call::get(&format!("{path}?consistency=linearizable")).bearer(staff),
            Fresh::AtLeast(index) => {
                Call::get(&format!("{path}?consistency=local")).bearer(staff).header("x-min-log-index", index)
            }
        }
    }

    async fn look(&mut self, hold: String, order: Option<String>) {
        let fresh = self.fresh();
        match order {
            Some(order) if self.dice.percent(50) => {
                let call = self.get(&format!("/api/v1/orders/{order}"), fresh);
                self.read(&call, Asked::ReadOrder { order, fresh }).await;
            }
            _ => {
                let call = self.get(&format!("/api/v1/holds/{hold}"), fresh);
                self.read(&call, Asked::ReadHold { hold, fresh }).await;
            }
        }
    }

    async fn look_at_map(&mut self, showtime: String) {
        let fresh = self.fresh();
        if self.dice.percent(50) {
            let call = self.get(&format!("/api/v1/showtimes/{showtime}/seats"), fresh);
            self.read(&call, Asked::ReadMap { showtime, fresh }).await;
        } else {
            let call = self.get(&format!("/api/v1/showtimes/{showtime}/availability"), fresh);
            self.read(&call, Asked::ReadArea { showtime, fresh }).await;
        }
    }

    /// Asks for places; answers the hold and its token if there is one.
    async fn hold(&mut self, offer: &Offer) -> Option<(String, String)> {
        let showtime = offer.house.showtime.clone();
        let (call, asked) = if self.dice.percent(self.habits.area) {
            let area = 1 + self.dice.below(3) as u32;
            (hold_area(&showtime, &offer.area, area, &draw_key()), Asked::Hold { showtime, places: Vec::new(), area })
        } else {
            let seats = 1 + self.dice.below(self.habits.seats);
            let seats = if self.habits.map == 0 { self.habits.seats } else { seats };
            let mut first = self.dice.below(offer.house.places.len());
            first -= (first % offer.row + seats).saturating_sub(offer.row);
            let places = offer.house.places[first..first + seats].to_vec();
            let named: Vec<&str> = places.iter().map(String::as_str).collect();
            (hold(&showtime, &named, &draw_key()), Asked::Hold { showtime, places, area: 0 })
        };
        match self.step(&call, asked).await? {
            (Told::Held { hold, .. }, body) => Some((hold, text(&body, "token"))),
            _ => None,
        }
    }

    /// A pause of any length up to this.
    async fn pause(&mut self, longest: Duration) {
        if !longest.is_zero() {
            let ms = self.dice.below(longest.as_millis() as usize) as u64;
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
    }

    /// Reads a hold that it has kept until it is over, and wants to have it at the last moment: what is over must stay so.
    async fn sit_out(&mut self, until: Instant, hold: String, token: String) {
        while Instant::now() < until + AROUND_THE_END {
            self.pause(AROUND_THE_END / 10).await;
            self.look(hold.clone(), None).await;
            if self.dice.percent(4) {
                let call = sell(&[&hold], &self.staff, &token, &draw_key());
                self.step(&call, Asked::Sell { hold: hold.clone() }).await;
                return self.look(hold, None).await;
            }
        }
    }

    /// Tickets that may be scanned from now on.
    fn bought(&self, order: &Value) {
        let mut tickets = self.tickets.lock().unwrap();
        let bought = order["tickets"].as_array().map(Vec::as_slice).unwrap_or_default();
        tickets.extend(bought.iter().map(|ticket| (text(ticket, "id"), text(ticket, "showtime"))));
        let surplus = tickets.len().saturating_sub(TICKETS_SCANNED);
        tickets.drain(..surplus);
    }

    /// Scans a ticket at a gate of its own; others may do the same at this moment.
    async fn scan(&mut self) {
        let (ticket, showtime) = {
            let tickets = self.tickets.lock().unwrap();
            if tickets.is_empty() {
                return;
            }
            self.dice.one(&tickets).clone()
        };
        let (way, gate) = (if self.dice.percent(60) { Way::In } else { Way::Out }, draw_key());
        let body = json!({ "ticket": ticket, "gate": gate, "way": if way == Way::In { "in" } else { "out" } });
        let path = format!("/api/v1/showtimes/{showtime}/scans");
        let call = Call::post(&path, &body).bearer(&self.staff).once(&draw_key());
        self.step(&call, Asked::Scan { ticket, gate, way }).await;
    }

    async fn visit(&mut self, on_sale: &[Offer], stop: &AtomicBool) {
        self.pause(self.habits.pause).await;
        self.at = self.dice.below(self.clients.len());
        if let Some(nth) = self.kept.iter().position(|(until, ..)| Instant::now() + AROUND_THE_END > *until) {
            let (until, hold, token) = self.kept.swap_remove(nth);
            return self.sit_out(until, hold, token).await;
        }
        let offer = self.dice.one(on_sale);
        if self.dice.percent(self.habits.map) {
            return self.look_at_map(offer.house.showtime.clone()).await;
        }
        if self.dice.percent(self.habits.scan) {
            return self.scan().await;
        }
        let Some((hold, token)) = self.hold(offer).await else { return };
        let mut since = Instant::now();
        if stop.load(Ordering::SeqCst) {
            return;
        }
        if self.dice.percent(self.habits.extend) {
            let path = format!("/api/v1/holds/{hold}/extend");
            let call = Call::new("POST", &path).bearer(&token).once(&draw_key());
            self.step(&call, Asked::Extend { hold: hold.clone() }).await;
            since = Instant::now();
        }
        let mut order = None;
        let what_next = self.dice.below(100);
        if what_next < self.habits.sell {
            let call = sell(&[&hold], &self.staff, &token, &draw_key());
            let sold = self.step(&call, Asked::Sell { hold: hold.clone() }).await;
            if let Some((Told::Sold { order: id, .. }, body)) = sold {
                self.bought(&body);
                order = Some(id);
            }
        } else if what_next >= self.habits.sell + self.habits.keep {
            let call = release(&hold, &token, &draw_key());
            self.step(&call, Asked::Release { hold: hold.clone() }).await;
        } else {
            self.kept.push((since + Duration::from_millis(offer.house.hold_ttl_ms), hold.clone(), token));
        }
        if self.dice.percent(self.habits.look) {
            self.look(hold, order).await;
        }
    }
}

/// A node that cannot answer says so.
fn assert_honest(call: &Call, answer: &Answer) {
    assert!(matches!(answer.status, 429 | 503 | 504), "{} {}: {}", call.method, call.path, answer.told());
}

/// What an answer says, in the history's words.
fn told(asked: &Asked, answer: &Answer, body: &Value) -> Told {
    if answer.status / 100 != 2 {
        let named = body["seats"].as_array().map(Vec::as_slice).unwrap_or_default();
        let taken = named.iter().map(|seat| text(seat, "id")).collect();
        let free = body["free"].as_u64().map(|free| free as u32);
        return Told::Refused { status: answer.status, code: answer.code(), taken, free };
    }
    let life = || match text(body, "state").as_str() {
        "active" => Life::Active,
        "expired" => Life::Expired,
        "released" => Life::Released,
        "confirmed" => Life::Confirmed,
        other => panic!("a hold is {other}: {body}"),
    };
    let ms = |name: &str| ms_of(&text(body, name));
    match asked {
        Asked::Hold { .. } => Told::Held { hold: text(body, "id"), now_ms: ms("now"), until_ms: ms("expires_at") },
        Asked::Extend { .. } => Told::Extended { until_ms: ms("expires_at") },
        Asked::Release { .. } => Told::Released { life: life() },
        Asked::Sell { .. } => Told::Sold { order: text(body, "id"), now_ms: ms("placed_at") },
        Asked::Scan { .. } => {
            let gate = body["gate"].as_str().map(str::to_owned);
            Told::Scanned { verdict: text(body, "verdict"), gate }
        }
        Asked::ReadHold { .. } => Told::Hold { life: life(), until_ms: ms("expires_at") },
        Asked::ReadOrder { .. } => Told::Order,
        Asked::ReadMap { .. } => Told::Map { states: text(body, "states") },
        Asked::ReadArea { .. } => Told::Area { free: body["areas"][0]["free"].as_u64().unwrap() as u32 },
    }
}

/// Ms since 1970 of a time as answers write it: `2026-01-31T18:00:00.123Z`.
fn ms_of(text: &str) -> u64 {
    let time: toml::value::Datetime = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    let (Some(date), Some(time)) = (time.date, time.time) else { panic!("{text} is no moment") };
    // Days since 1970 of a Gregorian date, counting years from March.
    let (year, month) = (u64::from(date.year), u64::from(date.month));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + u64::from(date.day) - 719_469;
    let seconds = u64::from(time.hour) * 3_600 + u64::from(time.minute) * 60 + u64::from(time.second.unwrap_or(0));
    (days * 86_400 + seconds) * 1_000 + u64::from(time.nanosecond.unwrap_or(0)) / 1_000_000
}

impl Buyers {
    /// Lets so many go at once, spread over the nodes.
    pub fn start(cluster: &Cluster, stage: &Stage, count: usize) -> Self {
        let nodes: Vec<SocketAddr> = cluster.nodes.iter().map(|n| n.http).collect();
        Self::at(&nodes, &cluster.key, stage, count)
    }

    /// The same, at some nodes only.
    pub fn at(nodes: &[SocketAddr], key: &str, stage: &Stage, count: usize) -> Self {
        Self::with(nodes, key, stage, count, &Habits::default())
    }

    /// The same, with other habits.
    pub fn with(nodes: &[SocketAddr], key: &str, stage: &Stage, count: usize, habits: &Habits) -> Self {
        let (history, stop) = (Arc::new(History::default()), Arc::new(AtomicBool::new(false)));
        let (on_sale, _) = watch::channel(Arc::default());
        let tickets = Arc::default();
        let mut buyers = Self { history, on_sale, stop, tasks: JoinSet::new() };
        for showtime in &stage.showtimes {
            buyers.open(stage.offer(showtime));
        }
        for number in 0..count {
            let clients = nodes.iter().map(|address| Client::within(*address, habits.attempt_max)).collect();
            let mut buyer = Buyer {
                number: next_client(),
                clients,
                dice: Dice::new(number as u64 + 1),
                at: 0,
                habits: habits.clone(),
                staff: key.to_owned(),
                history: buyers.history.clone(),
                seen: 0,
                kept: Vec::new(),
                tickets: Arc::clone(&tickets),
            };
            let (stop, on_sale) = (buyers.stop.clone(), buyers.on_sale.subscribe());
            buyers.tasks.spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let now = on_sale.borrow().clone();
                    buyer.visit(&now, &stop).await;
                }
            });
        }
        buyers
    }

    /// They go to this showtime too from now on.
    pub fn open(&mut self, offer: Offer) {
        self.history.open(offer.house.clone());
        self.on_sale.send_modify(|now| Arc::make_mut(now).push(offer));
    }

    /// They go to the oldest showtime no longer, once there are more than so many.
    pub fn keep_open(&mut self, newest: usize) {
        self.on_sale.send_modify(|now| {
            let surplus = now.len().saturating_sub(newest);
            Arc::make_mut(now).drain(..surplus);
        });
    }

    /// Waits until so many more holds were acknowledged.
    pub async fn acknowledge(&mut self, more: usize, within: Duration) {
        let goal = self.history.holds() + more;
        let what = format!("{more} more holds are acknowledged");
        crate::waiting::until(&what, within, async || {
            self.nobody_failed();
            (self.history.holds() >= goal).then_some(())
        })
        .await;
    }

    /// Lets them go on for a while.
    pub async fn go_on_for(&mut self, span: Duration) {
        let end = Instant::now() + span;
        crate::waiting::until("time passes", span * 2 + span, async || {
            self.nobody_failed();
            (Instant::now() >= end).then_some(())
        })
        .await;
    }

    /// Panics if a buyer met what must not happen.
    pub fn nobody_failed(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            ended.expect("a buyer met what must not happen");
        }
    }

    /// Lets each finish what it is at, and answers what they all did.
    pub async fn stop(mut self) -> Arc<History> {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("a buyer met what must not happen");
        }
        println!("{}", self.history.recorded().summary());
        self.history
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        assert_eq!(ms_of("1970-01-01T00:00:00Z"), 0);
        assert_eq!(ms_of("2000-02-29T23:59:59.999Z"), 951_868_799_999);
        assert_eq!(ms_of("2026-11-22T18:39:57.120Z"), 1_795_372_797_120);
    }
}

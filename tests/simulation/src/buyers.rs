//! The workload: buyers and staff who go on asking until they are answered, always under the same key, through whichever
//! node they reach; and readers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use booking::command::{
    BestAvailable, CancelOrder, CreateShowtime, CreateShowtimes, ExtendHold, Pay, PlaceHold, PlaceOrder, RefundOrder,
    ReleaseHold, SeatType, ShowtimeTimes,
};
use booking::ids::{HoldId, OrderId, PaymentId, RefundId, ShowtimeId};
use booking::orders::Buyer;
use booking::{Actor, Command, Reply, Request};
use raft::Answer;
use tokio::time::Instant;

use crate::draw::Draw;
use crate::house::{PLAN, SEATS, SHOP, SHOWTIMES, VOUCHER, once};
use crate::machines::Machines;

/// A client that was not answered for so long gives up: what it asked for may or may not have happened.
const PATIENCE: Duration = Duration::from_secs(30);
/// A new showtime is opened so often, in ms: the old ones sell out.
const OPENED_EVERY_MS: u64 = 8_000;

/// What all clients of a run share.
pub(crate) struct Market {
    pub(crate) machines: Arc<Machines>,
    pub(crate) closed: AtomicBool,
    /// Showtimes opened so far.
    opened: AtomicU64,
    open: AtomicU64,
}

impl Market {
    pub(crate) fn new(machines: &Arc<Machines>) -> Arc<Self> {
        Arc::new(Self {
            machines: Arc::clone(machines),
            closed: AtomicBool::new(false),
            opened: AtomicU64::new(SHOWTIMES.len() as u64),
            open: AtomicU64::new(0),
        })
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Clients that have not ended yet.
    pub(crate) fn clients(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// Asks until there is an answer.
    pub(crate) async fn ask(&self, draw: &mut Draw, request: &Request) -> Option<Answer> {
        let machines = &self.machines;
        let key = request.idempotency.map_or(0, |mark| mark.key);
        let until = Instant::now() + PATIENCE;
        let before = machines.oracle.before();
        machines.oracle.sent(request);
        while Instant::now() < until {
            let up = machines.up();
            if !up.is_empty()
                && let i = up[draw.index(up.len())]
                && let Some(running) = machines.running(i)
            {
                let answered = tokio::select! {
                    biased;
                    _ = running.life.over() => None,
                    answered = running.node.propose(SHOP.0, request.clone()) => Some(answered),
                };
                match answered {
                    Some(Ok(answer)) => {
                        machines
                            .trace
                            .note(format_args!("n{i} answers {key:x} at {} ({} ms)", answer.index, answer.at_ms));
                        machines.trace.count(if answer.replayed { "answers repeated" } else { "answers" });
                        machines.oracle.answered(&before, request, &answer);
                        machines.answered();
                        return Some(answer);
                    }
                    Some(Err(error)) => machines.trace.note(format_args!("n{i} fails {key:x}: {error}")),
                    None => machines.trace.note(format_args!("n{i} is gone under {key:x}")),
                }
                machines.trace.count("attempts in vain");
            }
            tokio::time::sleep(Duration::from_millis(5 + draw.below(100))).await;
        }
        machines.trace.count("given up");
        None
    }

    /// A linearizable read through some node.
    async fn read(&self, draw: &mut Draw) {
        let machines = &self.machines;
        let joined = machines.joined();
        if joined.is_empty() {
            return;
        }
        let i = joined[draw.index(joined.len())];
        let Some(running) = machines.running(i) else { return };
        let before = machines.oracle.before();
        let read = tokio::select! {
            biased;
            _ = running.life.over() => return,
            read = running.node.linearizable() => read,
        };
        if let Ok(index) = read {
            machines.trace.count("linearizable reads");
            machines.oracle.read(i, &before, index, &running.node.state());
        }
    }
}

/// Opens new showtimes as the old ones sell out.
pub(crate) async fn staff(market: Arc<Market>, mut draw: Draw) {
    market.open.fetch_add(1, Ordering::Relaxed);
    while !market.is_closed() {
        tokio::time::sleep(Duration::from_millis(OPENED_EVERY_MS)).await;
        let n = market.opened.load(Ordering::Relaxed) + 1;
        let details = market.machines.up().into_iter().find_map(|i| {
            let running = market.machines.running(i)?;
            let state = running.node.state();
            state.showtime(SHOWTIMES[0]).map(|showtime| showtime.details.clone())
        });
        let Some(details) = details else { continue };
        let id = ShowtimeId(u128::from(n));
        let event = booking::ids::EventId(1);
        // Alone, or as a run of one.
        let create = if n.is_multiple_of(2) {
            let times = ShowtimeTimes {
                id,
                starts_at_ms: details.starts_at_ms,
                ends_at_ms: None,
                on_sale_from_ms: None,
                on_sale_until_ms: None,
            };
            let times = vec![times];
            Command::CreateShowtimes(Box::new(CreateShowtimes {
                organization: SHOP,
                event,
                details,
                plan: None,
                times,
            }))
        } else {
            Command::CreateShowtime(Box::new(CreateShowtime { id, organization: SHOP, event, details, plan: None }))
        };
        let request = once(Actor::Node, u128::from(n) << 100, create);
        if let Some(answer) = market.ask(&mut draw, &request).await
            && answer.outcome.is_ok()
        {
            market.opened.store(n, Ordering::Relaxed);
        }
    }
    market.open.fetch_sub(1, Ordering::Relaxed);
}

/// A buyer, or a seller at the box office.
pub(crate) struct Client {
    market: Arc<Market>,
    draw: Draw,
    id: u64,
    serial: u64,
    holds: Vec<HoldId>,
    orders: Vec<OrderId>,
    /// A request that was answered, to be sent again.
    late: Option<Request>,
}

impl Client {
    pub(crate) fn new(market: &Arc<Market>, id: u64, draw: Draw) -> Self {
        Self { market: Arc::clone(market), draw, id, serial: 0, holds: Vec::new(), orders: Vec::new(), late: None }
    }

    fn place_hold(&mut self) -> Command {
        let opened = self.market.opened.load(Ordering::Relaxed);
        let showtime = ShowtimeId(u128::from(opened - self.draw.below(2)));
        let quantity = 1 + self.draw.below(4) as u32;
        let first = self.draw.below(u64::from(SEATS - quantity)) as u32;
        let best = self.draw.one_in(3).then(|| BestAvailable {
            quantity,
            tier: None,
            section: None,
            accessible: 0,
            spread: first,
            pick: (first..first + quantity).collect(),
            types: Vec::new(),
        });
        let seats = if best.is_some() { Vec::new() } else { (first..first + quantity).collect() };
        // The market sets up this voucher, with fewer uses than are asked for; and a type for children.
        let voucher = self.draw.one_in(8).then(|| VOUCHER.into());
        let child = seats.first().copied().filter(|_| self.draw.one_in(4));
        let types = child.map(|seat| SeatType { seat, ticket_type: "child".into() }).into_iter().collect();
        let (id, areas) = (HoldId(self.name()), Vec::new());
        Command::PlaceHold(PlaceHold { id, showtime, plan: PLAN, seats, best, areas, types, voucher })
    }

    /// Names what this client asks for now.
    fn name(&self) -> u128 {
        u128::from(self.id) << 64 | u128::from(self.serial)
    }

    fn place_order(&mut self, hold: HoldId) -> Command {
        let name = self.name();
        let online = Pay::Online { id: PaymentId(name), return_url: None, token: None };
        // At the box office, or by its bearer.
        let (organization, pay) = match self.draw.below(8) {
            0 => (Some(SHOP), Pay::Comp),
            1 | 2 => (Some(SHOP), Pay::Cash),
            _ => (None, online),
        };
        Command::PlaceOrder(Box::new(PlaceOrder {
            id: OrderId(name),
            organization,
            holds: vec![hold],
            buyer: Buyer { name: "Ada".into(), email: "ada@example.org".into(), ..Buyer::default() },
            pay,
            voucher: self.draw.one_in(8).then(|| VOUCHER.into()),
        }))
    }

    /// Gives an order up, or back.
    fn undo(&mut self, order: OrderId) -> Command {
        let (refund, reason) = (RefundId(self.name()), "ill".into());
        if self.draw.one_in(2) {
            return Command::CancelOrder(CancelOrder { order, organization: None, refund, reason });
        }
        let (organization, keeps_fees) = (Some(SHOP).filter(|_| self.draw.one_in(2)), self.draw.one_in(2));
        let tickets = Vec::new();
        Command::RefundOrder(Box::new(RefundOrder { id: refund, order, organization, tickets, keeps_fees, reason }))
    }

    fn command(&mut self) -> Command {
        if self.draw.one_in(16)
            && let Some(order) = self.orders.pop()
        {
            return self.undo(order);
        }
        if self.holds.is_empty() || self.draw.one_in(2) {
            return self.place_hold();
        }
        let at = self.draw.index(self.holds.len());
        match self.draw.below(6) {
            0 => Command::ExtendHold(ExtendHold { id: self.holds[at], organization: None }),
            1 | 2 => Command::ReleaseHold(ReleaseHold { id: self.holds.swap_remove(at), organization: None }),
            _ => {
                let hold = self.holds.swap_remove(at);
                self.place_order(hold)
            }
        }
    }

    /// Does one thing; whether it was answered.
    pub(crate) async fn step(&mut self) -> bool {
        self.serial += 1;
        let key = self.name();
        let request = once(Actor::Buyer, key, self.command());
        let answer = if self.draw.one_in(12) {
            // Sent twice at the same time, through whichever nodes: as a gateway does that has lost patience.
            let mut other = Draw::new(self.draw.next(), 0);
            let twice = (self.market.ask(&mut self.draw, &request), self.market.ask(&mut other, &request));
            let (one, two) = futures_util::future::join(twice.0, twice.1).await;
            one.or(two)
        } else {
            self.market.ask(&mut self.draw, &request).await
        };
        let Some(answer) = answer else { return false };
        if let (Command::PlaceHold(_), Ok(Reply::Hold(hold))) = (&request.command, &answer.outcome) {
            self.holds.push(hold.id);
        }
        if let (Command::PlaceOrder(_), Ok(Reply::Order(order))) = (&request.command, &answer.outcome) {
            self.orders.push(order.id);
        }
        if self.draw.one_in(10) {
            // As if the answer had been lost on its way.
            self.market.ask(&mut self.draw, &request).await;
        }
        if self.draw.one_in(10) {
            self.late = Some(request);
        } else if self.draw.one_in(20)
            && let Some(late) = self.late.take()
        {
            // Found again in a queue somewhere, much later.
            self.market.ask(&mut self.draw, &late).await;
        }
        true
    }

    /// Goes on until the market closes.
    pub(crate) async fn run(mut self) {
        let market = Arc::clone(&self.market);
        market.open.fetch_add(1, Ordering::Relaxed);
        while !market.is_closed() {
            if self.draw.one_in(5) {
                market.read(&mut self.draw).await;
            } else {
                self.step().await;
            }
            if self.holds.len() > 6 {
                // Forgotten: they run out.
                self.holds.clear();
            }
            tokio::time::sleep(Duration::from_millis(self.draw.below(100))).await;
        }
        market.open.fetch_sub(1, Ordering::Relaxed);
    }
}

//! What clients were told, and what must follow from it, on any node and at any later time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use booking::command::CancelOrder;
use booking::holds::HoldState;
use booking::ids::{HoldId, OrderId, ShowtimeId};
use booking::inventory::PlaceState;
use booking::limits::{ENDED_HOLD_KEPT_MS, IDEMPOTENCY_HOLD_MS};
use booking::orders::Order;
use booking::{Command, Rejection, Reply, Request, State, invariants};
use raft::Answer;

use crate::time::TimeCheck;
use crate::trace::Trace;

/// Under a leader that is well, what is due ends within this, in ms: promised are 100, and clocks may be off by a tenth.
const OVERDUE_MS: u64 = 500;

/// A hold as clients know it.
struct Claim {
    /// Index of the entry that placed it.
    index: u64,
    places: Vec<(ShowtimeId, u32)>,
    /// The latest end that an answer gave it, in ms.
    expires_at_ms: u64,
    /// An extension was asked for: its end may be later than anybody was told.
    extended: bool,
    /// Index and answer are of the same entry, not of a repeat.
    exact: bool,
    /// It was asked to give it back or to sell it: it may have ended before its end.
    ending: bool,
}

struct Told {
    /// By key: the answer, and the cluster time of its first entry, in ms.
    answers: BTreeMap<u128, (Result<Reply, Rejection>, u64)>,
    holds: BTreeMap<HoldId, Claim>,
    /// With the index at which they were placed at the latest.
    orders: BTreeMap<OrderId, (u64, Arc<Order>)>,
    recent: Vec<OrderId>,
    /// What was sold on the spot, and at which index.
    sold: BTreeMap<(ShowtimeId, u32), Vec<(u64, OrderId)>>,
    /// Orders that somebody asked to give up: their places may be another's.
    undone: BTreeSet<OrderId>,
    /// Greatest index of an answer or of a linearizable read.
    index: u64,
    /// Terms of entries.
    terms: BTreeMap<u64, u64>,
    time: TimeCheck,
    /// Digests of states and of changes at indexes, from whichever node came first.
    digests: BTreeMap<u64, u128>,
    changes: BTreeMap<u64, u32>,
    /// Ids of nodes that were taken out.
    removed: BTreeSet<u64>,
}

/// See the module; clones share it.
#[derive(Clone)]
pub(crate) struct Oracle {
    told: Arc<Mutex<Told>>,
    trace: Trace,
}

/// What was known before something was asked.
pub(crate) struct Before {
    index: u64,
    orders: Vec<OrderId>,
    at_ms: u64,
}

impl Oracle {
    pub(crate) fn new(machines: usize, off_ppm: u64, trace: Trace) -> Self {
        let told = Told {
            answers: BTreeMap::new(),
            holds: BTreeMap::new(),
            orders: BTreeMap::new(),
            recent: Vec::new(),
            sold: BTreeMap::new(),
            undone: BTreeSet::new(),
            index: 0,
            terms: BTreeMap::new(),
            time: TimeCheck::new(machines, off_ppm),
            digests: BTreeMap::new(),
            changes: BTreeMap::new(),
            removed: BTreeSet::new(),
        };
        Self { told: Arc::new(Mutex::new(told)), trace }
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A machine's node has ended.
    pub(crate) fn ended(&self, machine: usize) {
        self.lock().time.ended(self.trace.now_ms(), machine);
    }

    /// Who hears a leader now, in which term; and the machines of the voters if a node leads.
    pub(crate) fn look(&self, hearing: &[(usize, u64)], voters: Option<Vec<usize>>) {
        self.lock().time.look(self.trace.now_ms(), hearing, voters);
    }

    /// A node was taken out of the cluster.
    pub(crate) fn removed(&self, node: u64) {
        self.lock().removed.insert(node);
    }

    /// To be asked before anything else is.
    pub(crate) fn before(&self) -> Before {
        let told = self.lock();
        let orders = told.recent.iter().rev().take(8).copied().collect();
        Before { index: told.index, orders, at_ms: self.trace.now_ms() }
    }

    /// A request is about to be sent: from now on it may happen.
    pub(crate) fn sent(&self, request: &Request) {
        let mut told = self.lock();
        match &request.command {
            Command::ExtendHold(extend) => {
                told.holds.entry(extend.id).and_modify(|claim| claim.extended = true);
            }
            Command::ReleaseHold(release) => {
                told.holds.entry(release.id).and_modify(|claim| claim.ending = true);
            }
            Command::PlaceOrder(order) => {
                for id in &order.holds {
                    told.holds.entry(*id).and_modify(|claim| claim.ending = true);
                }
            }
            Command::CancelOrder(CancelOrder { order, .. }) => {
                told.undone.insert(*order);
            }
            Command::RefundOrder(refund) => {
                told.undone.insert(refund.order);
            }
            _ => {}
        }
    }

    /// A client was answered.
    pub(crate) fn answered(&self, before: &Before, request: &Request, answer: &Answer) {
        let key = request.idempotency.map_or(0, |mark| mark.key);
        let mut told = self.lock();
        self.check_entry(&mut told, before, key, answer);
        told.index = told.index.max(answer.index);
        let never_kept = matches!(answer.outcome, Err(Rejection::PlanChanged | Rejection::IdempotencyKeyReused));
        if !never_kept && let Some((first, at_ms)) = told.answers.get(&key) {
            // Cluster time steps forward where the whole cluster was down and most wall clocks jumped meanwhile: then
            // the answer's time may be over.
            let kept = answer.at_ms < at_ms + IDEMPOTENCY_HOLD_MS;
            if kept && *first != answer.outcome {
                self.trace.wrong(format!("key {key:x} got two answers: {first:?} and {:?}", answer.outcome));
            }
            return;
        }
        if !never_kept {
            told.answers.insert(key, (answer.outcome.clone(), answer.at_ms));
        }
        match &answer.outcome {
            Ok(Reply::Hold(hold)) => {
                let places = hold.places.seats.iter().map(|seat| (hold.showtime, seat.seat)).collect();
                let (index, expires_at_ms) = (answer.index, hold.expires_at_ms);
                let exact = !answer.replayed;
                let first = Claim { index, places, expires_at_ms, extended: false, exact, ending: false };
                let claim = told.holds.entry(hold.id).or_insert(first);
                claim.expires_at_ms = claim.expires_at_ms.max(expires_at_ms);
            }
            Ok(Reply::Order(order)) => {
                self.check_holds_of(&told, request, answer);
                // What is sold may be given back: by whom, the ledger and the rules' own invariants tell.
                let stays = order.owns() == Some(PlaceState::Sold) && order.refunds.is_empty();
                for part in order.parts.iter().filter(|_| stays) {
                    for seat in &part.places.seats {
                        let place = (part.showtime, seat.seat);
                        told.sold.entry(place).or_default().push((answer.index, order.id));
                    }
                }
                told.recent.push(order.id);
                told.orders.insert(order.id, (answer.index, Arc::clone(order)));
            }
            Ok(
                Reply::Done
                | Reply::Ticked { .. }
                | Reply::Organization(_)
                | Reply::ApiKey(_)
                | Reply::Venue(_)
                | Reply::Plan(_)
                | Reply::Event(_)
                | Reply::Showtime(_)
                | Reply::Showtimes(_)
                | Reply::Block(_)
                | Reply::Image(_)
                | Reply::Voucher(_)
                | Reply::Vouchers { .. }
                | Reply::Task(_)
                | Reply::Scanned(_)
                | Reply::User(_)
                | Reply::Session(_)
                | Reply::Link(_),
            )
            | Err(_) => {}
        }
    }

    /// The entry that an answer came from stands where it must in the log, and was stamped as it must be.
    fn check_entry(&self, told: &mut Told, before: &Before, key: u128, answer: &Answer) {
        let Answer { index, term, at_ms, .. } = *answer;
        if index <= before.index {
            let then = before.index;
            self.trace.wrong(format!("key {key:x} was answered at {index}, though asked after an answer at {then}"));
        }
        let earlier = told.terms.range(..index).next_back().is_some_and(|(_, earlier)| *earlier > term);
        let later = told.terms.range(index + 1..).next().is_some_and(|(_, later)| *later < term);
        let other = *told.terms.entry(index).or_insert(term) != term;
        if earlier || later || other {
            self.trace.wrong(format!("key {key:x} was answered at {index} in term {term}, out of the log's order"));
        }
        if let Some(wrong) = told.time.answered(index, before.at_ms, self.trace.now_ms(), at_ms) {
            self.trace.wrong(wrong);
        }
    }

    /// What an order takes over was held in time.
    fn check_holds_of(&self, told: &Told, request: &Request, answer: &Answer) {
        let Command::PlaceOrder(order) = &request.command else { return };
        for (id, claim) in order.holds.iter().filter_map(|id| told.holds.get_key_value(id)) {
            if !claim.extended && !answer.replayed && answer.at_ms >= claim.expires_at_ms {
                let (at_ms, end_ms) = (answer.at_ms, claim.expires_at_ms);
                self.trace.wrong(format!("hold {id} was bought at {at_ms} though it ended at {end_ms}"));
            }
        }
    }

    /// A linearizable read was answered with the state at `read_index`.
    pub(crate) fn read(&self, machine: usize, before: &Before, read_index: u64, state: &State) {
        if read_index < before.index {
            self.trace.wrong(format!("n{machine} read at {read_index} though {} was answered before", before.index));
        }
        for id in before.orders.iter().filter(|id| state.order(**id).is_none()) {
            self.trace.wrong(format!("n{machine} does not read order {id}, which was answered before"));
        }
        let mut told = self.lock();
        told.index = told.index.max(read_index);
    }

    /// A node has this digest at an index.
    pub(crate) fn digest(&self, machine: usize, index: u64, digest: u128) {
        let first = *self.lock().digests.entry(index).or_insert(digest);
        if first != digest {
            self.trace.wrong(format!("n{machine} has another state at {index} than a node before"));
        }
    }

    /// A node's feed said this at an index.
    pub(crate) fn changes(&self, machine: usize, index: u64, changes: u32) {
        let first = *self.lock().changes.entry(index).or_insert(changes);
        if first != changes {
            self.trace.wrong(format!("n{machine}'s feed says something else at {index} than a node's before"));
        }
    }

    /// Rules that hold in any state at any time, and all that it must reflect of what was answered.
    pub(crate) fn check_state(&self, machine: usize, state: &State, index: u64) {
        for broken in invariants::check(state) {
            self.trace.wrong(format!("n{machine}: {broken}"));
        }
        let told = self.lock();
        for (id, (_, order)) in told.orders.iter().filter(|(_, (at, _))| *at <= index) {
            // It goes on, step by step; of what it was at its answer everything is still told.
            let now = state.order(*id);
            let same = now.is_some_and(|now| {
                // Another command of the same entry may have changed it, too: its version is the entry's.
                now.version >= order.version
                    && now.history.starts_with(&order.history)
                    && (&now.buyer, now.total, now.placed_at_ms) == (&order.buyer, order.total, order.placed_at_ms)
            });
            if !same {
                self.trace.wrong(format!("n{machine}: order {id} is not what was answered: {now:?}"));
            }
        }
        for ((showtime, seat), sales) in &told.sold {
            let stays = |(at, order): &&(u64, OrderId)| *at <= index && !told.undone.contains(order);
            let Some((_, order)) = sales.iter().find(stays) else { continue };
            let cell = state.inventory(*showtime).and_then(|inventory| inventory.seat(*seat));
            if cell.map(booking::inventory::Cell::state) != Some(PlaceState::Sold) {
                self.trace.wrong(format!("n{machine}: seat {seat} of {showtime} was sold to {order} and is {cell:?}"));
            }
        }
        for (id, claim) in told.holds.iter().filter(|(_, claim)| claim.index <= index) {
            let forgotten = state.now_ms() > claim.expires_at_ms + ENDED_HOLD_KEPT_MS;
            match state.hold(*id) {
                None if !forgotten && !claim.ending => {
                    self.trace.wrong(format!("n{machine}: hold {id} was answered and is not there"));
                }
                Some(hold) if hold.state == HoldState::Expired && state.now_ms() < hold.expires_at_ms => {
                    self.trace.wrong(format!("n{machine}: hold {id} ran out before its time"));
                }
                Some(hold) if hold.state == HoldState::Released && !claim.ending => {
                    self.trace.wrong(format!("n{machine}: hold {id} was given back and nobody asked for that"));
                }
                _ => {}
            }
        }
    }

    /// All that was promised, in a state that reflects all of it, under a leader that is well.
    pub(crate) fn check_promises(&self, machine: usize, state: &State, index: u64) {
        self.check_state(machine, state, u64::MAX);
        if index < self.lock().index {
            self.trace.wrong(format!("n{machine} ends at {index}, before what was answered"));
        }
        if state.next_due_ms().is_some_and(|due_ms| due_ms + OVERDUE_MS < state.now_ms()) {
            self.trace.wrong(format!("n{machine}: a hold lives on beyond its end"));
        }
    }

    /// No place had two owners at any index of the log, by the answers alone.
    pub(crate) fn check_owners(&self) {
        let told = self.lock();
        self.check_sales(&told);
        let mut claims: BTreeMap<(ShowtimeId, u32), Vec<(u64, HoldId)>> = BTreeMap::new();
        for (id, claim) in told.holds.iter().filter(|(_, claim)| claim.exact) {
            for place in &claim.places {
                claims.entry(*place).or_default().push((claim.index, *id));
            }
        }
        for (place, mut claims) in claims {
            claims.sort_unstable();
            for pair in claims.windows(2) {
                let ((_, first), (index, second)) = (pair[0], pair[1]);
                let claim = &told.holds[&first];
                let at_ms = told.time.stamp_ms(index);
                let over = claim.ending || claim.extended || at_ms.is_none_or(|ms| ms >= claim.expires_at_ms);
                if !over {
                    self.trace.wrong(format!("{place:?} was held by {first} when {second} got it at {index}"));
                }
            }
            let sales = told.sold.get(&place).map_or(&[][..], Vec::as_slice);
            let stays = sales.iter().find(|(_, order)| !told.undone.contains(order));
            if let (Some((last, hold)), Some((sold, order))) = (claims.last(), stays)
                && last > sold
            {
                self.trace.wrong(format!("{place:?} was sold to {order} at {sold} and held by {hold} at {last}"));
            }
        }
    }

    /// No place was sold to two, by the answers alone.
    fn check_sales(&self, told: &Told) {
        for (place, sales) in &told.sold {
            let stay: BTreeSet<OrderId> =
                sales.iter().map(|(_, order)| *order).filter(|order| !told.undone.contains(order)).collect();
            if stay.len() > 1 {
                self.trace.wrong(format!("{place:?} is sold to {stay:?}"));
            }
        }
    }

    /// Nobody whose leaving was acknowledged is a member.
    pub(crate) fn check_members(&self, members: impl Iterator<Item = u64>) {
        let told = self.lock();
        for id in members.filter(|id| told.removed.contains(id)) {
            self.trace.wrong(format!("node {id} was taken out and is a member"));
        }
    }

    /// How many holds and orders were answered.
    pub(crate) fn sales(&self) -> (usize, usize) {
        let told = self.lock();
        (told.holds.len(), told.orders.len())
    }
}

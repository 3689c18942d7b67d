//! What clients were told, and what must follow from it, on any node and at any later time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use booking::holds::HoldState;
use booking::ids::{HoldId, OrderId, ShowtimeId};
use booking::inventory::PlaceState;
use booking::limits::{ENDED_HOLD_KEPT_MS, IDEMPOTENCY_HOLD_MS};
use booking::orders::Order;
use booking::{Rejection, Reply, State, invariants};
use raft::Answer;

use crate::trace::Trace;

#[derive(Default)]
struct Told {
    /// By key: the answer, and the cluster time of its first entry, in ms.
    answers: BTreeMap<u128, (Result<Reply, Rejection>, u64)>,
    holds: BTreeMap<HoldId, u64>,
    orders: BTreeMap<OrderId, Arc<Order>>,
    recent: Vec<OrderId>,
    sold: BTreeMap<(ShowtimeId, u32), OrderId>,
    /// Greatest index of an answer.
    index: u64,
    /// Cluster time of entries, in ms.
    times: BTreeMap<u64, u64>,
    /// Digests of states and of changes at indexes, from whichever node came first.
    digests: BTreeMap<u64, u128>,
    changes: BTreeMap<u64, u32>,
}

/// See the module; clones share it.
#[derive(Clone)]
pub(crate) struct Oracle {
    told: Arc<Mutex<Told>>,
    trace: Trace,
}

/// What a reader knew before it asked.
pub(crate) struct Before {
    index: u64,
    orders: Vec<OrderId>,
}

impl Oracle {
    pub(crate) fn new(trace: Trace) -> Self {
        Self { told: Arc::default(), trace }
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client was answered.
    pub(crate) fn answered(&self, key: u128, answer: &Answer) {
        let mut told = self.lock();
        told.index = told.index.max(answer.index);
        told.times.insert(answer.index, answer.at_ms);
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
                told.holds.insert(hold.id, hold.expires_at_ms);
            }
            Ok(Reply::Order(order)) => {
                for part in &order.parts {
                    for seat in &part.places.seats {
                        let place = (part.showtime, seat.seat);
                        let before = told.sold.insert(place, order.id);
                        if before.is_some_and(|before| before != order.id) {
                            self.trace.wrong(format!("{place:?} is sold to {before:?} and {:?}", order.id));
                        }
                    }
                }
                told.recent.push(order.id);
                told.orders.insert(order.id, Arc::clone(order));
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
                | Reply::Block(_),
            )
            | Err(_) => {}
        }
    }

    /// To be asked before a linearizable read.
    pub(crate) fn before_reading(&self) -> Before {
        let told = self.lock();
        let orders = told.recent.iter().rev().take(8).copied().collect();
        Before { index: told.index, orders }
    }

    /// A linearizable read was answered with the state at `read_index`.
    pub(crate) fn read(&self, machine: usize, before: &Before, read_index: u64, state: &State) {
        if read_index < before.index {
            self.trace.wrong(format!("n{machine} read at {read_index} though {} was answered before", before.index));
        }
        for id in before.orders.iter().filter(|id| state.order(**id).is_none()) {
            self.trace.wrong(format!("n{machine} does not read order {id}, which was answered before"));
        }
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

    /// Rules that hold in any state at any time.
    pub(crate) fn check_state(&self, machine: usize, state: &State) {
        for broken in invariants::check(state) {
            self.trace.wrong(format!("n{machine}: {broken}"));
        }
    }

    /// All that was promised, in a state that reflects all of it.
    pub(crate) fn check_promises(&self, machine: usize, state: &State) {
        self.check_state(machine, state);
        let told = self.lock();
        for (id, order) in &told.orders {
            if state.order(*id) != Some(order) {
                self.trace.wrong(format!("n{machine}: order {id} is not what was answered"));
            }
        }
        for ((showtime, seat), order) in &told.sold {
            let cell = state.inventory(*showtime).and_then(|inventory| inventory.seat(*seat));
            if cell.map(booking::inventory::Cell::state) != Some(PlaceState::Sold) {
                self.trace.wrong(format!("n{machine}: seat {seat} of {showtime} was sold to {order} and is {cell:?}"));
            }
        }
        for (id, expires_at_ms) in &told.holds {
            let forgotten = state.now_ms() > expires_at_ms + ENDED_HOLD_KEPT_MS;
            match state.hold(*id) {
                None if !forgotten => self.trace.wrong(format!("n{machine}: hold {id} was answered and is not there")),
                Some(hold) if hold.state == HoldState::Expired && state.now_ms() < *expires_at_ms => {
                    self.trace.wrong(format!("n{machine}: hold {id} ran out before its time"));
                }
                _ => {}
            }
        }
        let mut latest_ms = 0;
        for (index, at_ms) in &told.times {
            if *at_ms < latest_ms {
                self.trace.wrong(format!("time ran back at {index}"));
            }
            latest_ms = *at_ms;
        }
    }

    /// How many holds and orders were answered.
    pub(crate) fn sales(&self) -> (usize, usize) {
        let told = self.lock();
        (told.holds.len(), told.orders.len())
    }
}

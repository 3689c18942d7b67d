//! Looking the state up: each thing by its id, and lists of them in the order of their ids.
//! Deliberately not here: anything that changes it.

use std::ops::Bound;
use std::sync::Arc;

use super::{Deadline, Meta, State, Timed};
use crate::blocks::Block;
use crate::catalogue::{Event, Showtime, Venue};
use crate::holds::Hold;
use crate::ids::{
    BlockId, EventId, HoldId, OrderId, OrganizationId, PlanId, ShowtimeId, TaskId, TicketId, VenueId, VoucherId,
};
use crate::inventory::Inventory;
use crate::keys::ApiKey;
use crate::orders::Order;
use crate::organizations::Organization;
use crate::plan::Plan;
use crate::prices::{Prices, PricesId};
use crate::record::RecordKey;
use crate::refunds;
use crate::tasks::Task;
use crate::vouchers::{Code, Voucher};

/// Reading.
impl State {
    /// Cluster time of the last proposal, in ms.
    pub fn now_ms(&self) -> u64 {
        self.meta.now_ms
    }
    /// Time, versions and counters.
    pub fn meta(&self) -> Meta {
        self.meta
    }
    /// A hash of everything: equal on all nodes at the same index.
    pub fn digest(&self) -> u128 {
        let mut digest = self.digest;
        digest.add((RecordKey::Meta, self.meta));
        digest.0
    }
    /// When a tick is due, in ms: the earliest deadline of a hold, or of an order that is to be paid, anywhere; at once if
    /// refunds of a cancelled showtime are to go on.
    pub fn next_due_ms(&self) -> Option<u64> {
        if refunds::showtime::is_due(self) {
            return Some(self.meta.now_ms);
        }
        self.due.first().map(|((deadline_ms, ..), ())| *deadline_ms)
    }
    /// An organization.
    pub fn organization(&self, id: OrganizationId) -> Option<&Arc<Organization>> {
        self.organizations.get(&id)
    }
    /// All organizations.
    pub fn organizations(&self) -> impl DoubleEndedIterator<Item = &Arc<Organization>> {
        self.organizations.iter().map(|(_, o)| o)
    }
    /// The API key whose secret has this SHA-256.
    pub fn api_key_by_hash(&self, hash: &[u8; 32]) -> Option<&Arc<ApiKey>> {
        self.keys_by_hash.get(hash).and_then(|id| self.api_keys.get(id))
    }
    /// API keys of an organization.
    pub fn api_keys(&self, organization: OrganizationId) -> impl DoubleEndedIterator<Item = &Arc<ApiKey>> {
        self.api_keys.iter().map(|(_, k)| k).filter(move |k| k.organization == organization)
    }
    /// A venue.
    pub fn venue(&self, id: VenueId) -> Option<&Arc<Venue>> {
        self.venues.get(&id)
    }
    /// All venues, the oldest first.
    pub fn venues(&self) -> impl DoubleEndedIterator<Item = &Arc<Venue>> {
        self.venues.iter().map(|(_, v)| v)
    }
    /// A seating plan.
    pub fn plan(&self, id: PlanId) -> Option<&Arc<Plan>> {
        self.plans.get(&id)
    }
    /// All seating plans, the oldest first.
    pub fn plans(&self) -> impl DoubleEndedIterator<Item = &Arc<Plan>> {
        self.plans.iter().map(|(_, p)| p)
    }
    /// An event.
    pub fn event(&self, id: EventId) -> Option<&Arc<Event>> {
        self.events.get(&id)
    }
    /// All events, the oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.events.iter().map(|(_, e)| e)
    }
    /// A showtime.
    pub fn showtime(&self, id: ShowtimeId) -> Option<&Arc<Showtime>> {
        self.showtimes.get(&id)
    }
    /// All showtimes, the oldest first.
    pub fn showtimes(&self) -> impl DoubleEndedIterator<Item = &Arc<Showtime>> {
        self.showtimes.iter().map(|(_, s)| s)
    }
    /// The showtimes of an event, the oldest first.
    pub fn showtimes_of(&self, event: EventId) -> impl DoubleEndedIterator<Item = &Arc<Showtime>> {
        let range = (event, ShowtimeId(0))..=(event, ShowtimeId(u128::MAX));
        self.showtimes_by_event.range(range).filter_map(|((_, id), ())| self.showtimes.get(id))
    }
    /// The places of a showtime.
    pub fn inventory(&self, id: ShowtimeId) -> Option<&Arc<Inventory>> {
        self.inventories.get(&id)
    }
    /// A block.
    pub fn block(&self, id: BlockId) -> Option<&Arc<Block>> {
        self.blocks.get(&id)
    }
    /// The blocks of a showtime, the oldest first.
    pub fn blocks_of(&self, showtime: ShowtimeId) -> impl DoubleEndedIterator<Item = &Arc<Block>> {
        let range = (showtime, BlockId(0))..=(showtime, BlockId(u128::MAX));
        self.blocks_by_showtime.range(range).filter_map(|((_, id), ())| self.blocks.get(id))
    }
    /// A hold; one that ended is known for [`limits::ENDED_HOLD_KEPT_MS`]. One that is due may still say `Active`:
    /// compare its deadline.
    pub fn hold(&self, id: HoldId) -> Option<&Arc<Hold>> {
        self.holds.get(&id)
    }
    /// How many holds are known, ended ones too.
    pub fn holds_len(&self) -> usize {
        self.holds.len()
    }
    /// An order.
    pub fn order(&self, id: OrderId) -> Option<&Arc<Order>> {
        self.orders.get(&id)
    }
    /// How many orders there are.
    pub fn orders_len(&self) -> usize {
        self.orders.len()
    }
    /// The orders of an organization from an id on, the oldest first.
    pub fn orders_of(
        &self,
        organization: OrganizationId,
        from: OrderId,
    ) -> impl DoubleEndedIterator<Item = &Arc<Order>> {
        let range = (organization, from)..=(organization, OrderId(u128::MAX));
        self.orders_by_organization.range(range).filter_map(|((_, id), ())| self.orders.get(id))
    }
    /// The orders with places of a showtime, the oldest first.
    pub fn orders_of_showtime(&self, showtime: ShowtimeId) -> impl DoubleEndedIterator<Item = &Arc<Order>> {
        self.orders_of_showtime_from(showtime, OrderId(0))
    }
    /// The same, from an id on.
    pub fn orders_of_showtime_from(
        &self,
        showtime: ShowtimeId,
        from: OrderId,
    ) -> impl DoubleEndedIterator<Item = &Arc<Order>> {
        let range = (showtime, from)..=(showtime, OrderId(u128::MAX));
        self.orders_by_showtime.range(range).filter_map(|((_, id), ())| self.orders.get(id))
    }
    /// The order that a ticket is of.
    pub fn order_of_ticket(&self, id: TicketId) -> Option<&Arc<Order>> {
        self.tickets.get(&id).and_then(|order| self.orders.get(order))
    }
    /// Prices of a showtime by their number: those in force, or what was once.
    pub fn prices_of(&self, showtime: ShowtimeId, number: u32) -> Option<Arc<Prices>> {
        let current = self.showtimes.get(&showtime).filter(|s| s.prices == number);
        let current = current.map(|s| s.details.prices.clone());
        current.or_else(|| self.old_prices.get(&PricesId { showtime, number }).cloned())
    }
    /// A voucher; one that ended after use, too.
    pub fn voucher(&self, id: VoucherId) -> Option<&Arc<Voucher>> {
        self.vouchers.get(&id)
    }
    /// The voucher of an organization that has this code and has not ended.
    pub fn voucher_by_code(&self, organization: OrganizationId, code: &Code) -> Option<&Arc<Voucher>> {
        self.vouchers_by_code.get(&(organization, *code)).and_then(|id| self.vouchers.get(id))
    }
    /// The vouchers from an id on, all organizations', the oldest first.
    pub fn vouchers(&self, from: VoucherId) -> impl DoubleEndedIterator<Item = &Arc<Voucher>> {
        self.vouchers.range(from..).map(|(_, v)| v)
    }
    /// The orders that are to be paid, each once for each showtime of it, in the order of their deadlines, with those.
    /// After one deadline, if it is given.
    pub fn orders_to_be_paid(&self, after: Option<Deadline>) -> impl Iterator<Item = (Deadline, &Arc<Order>)> {
        let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.0));
        let orders = self.due.range((from, Bound::Unbounded)).filter_map(|(key, ())| match key.2 {
            Timed::Order(id) => Some((Deadline(*key), id)),
            Timed::Hold(_) => None,
        });
        orders.filter_map(|(deadline, id)| Some((deadline, self.orders.get(&id)?)))
    }
    /// A task of the outbox.
    pub fn task(&self, id: TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(&id)
    }
    /// The tasks from an id on, all organizations', the oldest first.
    pub fn tasks(&self, from: TaskId) -> impl DoubleEndedIterator<Item = &Arc<Task>> {
        self.tasks.range(from..).map(|(_, task)| task)
    }
    /// How many answers are recorded.
    pub fn answers_len(&self) -> usize {
        self.answers.table.len()
    }
}

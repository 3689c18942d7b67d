//! What orders wait for, counted and sorted so that nobody looks through all of them. Derived from the records: rebuilt on
//! loading, and checked by the invariants.

use crate::ids::{OrderId, OrganizationId};
use crate::limits;
use crate::orders::Order;
use crate::payments::OnlineState;
use crate::refunds::RefundState;
use crate::state::{Context, State};

/// What an order waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Awaits {
    organization: OrganizationId,
    /// Refunds that the provider has not taken yet.
    refunds: u32,
    /// To be forgotten at, in ms: nothing was ever paid, and nothing will be.
    oblivion_ms: Option<u64>,
}

impl Awaits {
    pub(crate) fn of(order: &Order) -> Self {
        let pending = order.refunds.iter().filter(|refund| refund.state == RefundState::Pending);
        let online = order.online().filter(|o| o.state == OnlineState::Voided && o.captured == 0);
        Self {
            organization: order.organization,
            refunds: pending.count() as u32,
            oblivion_ms: online.map(|online| online.pays_until_ms.saturating_add(limits::UNPAID_KEPT_MS)),
        }
    }
}

impl State {
    /// Takes note that an order waits for something else than before.
    pub(crate) fn awaits_changed(&mut self, id: OrderId, before: Awaits, after: Awaits) {
        if before.refunds != after.refunds {
            let sum = self.refunds_pending(after.organization) - before.refunds + after.refunds;
            if sum == 0 {
                self.refunds_pending.remove(&after.organization);
            } else {
                self.refunds_pending.insert(after.organization, sum);
            }
        }
        if before.oblivion_ms != after.oblivion_ms {
            if let Some(at_ms) = before.oblivion_ms {
                self.unpaid.remove(&(at_ms, id));
            }
            if let Some(at_ms) = after.oblivion_ms {
                self.unpaid.insert((at_ms, id), ());
            }
        }
    }

    /// Takes note of a record that was loaded or made.
    pub(crate) fn index_awaits(&mut self, order: &Order) {
        let after = Awaits::of(order);
        self.awaits_changed(order.id, Awaits { refunds: 0, oblivion_ms: None, ..after }, after);
    }

    /// Refunds of an organization that the provider has not taken yet.
    pub fn refunds_pending(&self, organization: OrganizationId) -> u32 {
        self.refunds_pending.get(&organization).copied().unwrap_or(0)
    }
}

/// Forgets orders that nobody ever paid, and the oldest of too many: a bounded number.
pub(crate) fn forget_unpaid(state: &mut State, cx: &mut Context) {
    for _ in 0..limits::CLEARED_PER_PROPOSAL_MAX {
        let Some((at_ms, id)) = state.unpaid.first().map(|(key, ())| *key) else { return };
        if at_ms > cx.now_ms && state.unpaid.len() <= limits::UNPAID_KEPT_MAX {
            return;
        }
        state.unpaid.remove(&(at_ms, id));
        if let Some(order) = state.orders.remove(&mut cx.journal, id) {
            for part in &order.parts {
                state.orders_by_showtime.remove(&(part.showtime, id));
            }
            state.orders_by_organization.remove(&(order.organization, id));
        }
    }
}

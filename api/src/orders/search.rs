//! Orders that staff look for: which are wanted, page by page.
//! Deliberately not here: finding events (`crate::search`); orders are looked through in the state itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use booking::ids::{EventId, OrderId, OrganizationId, ShowtimeId};
use booking::orders::Order;

use super::view::state_name;
use crate::app::App;
use crate::lists::ListQuery;
use crate::problem::Problem;

/// Orders looked at for one page: bounds what it costs.
const LOOKED_AT_MAX: usize = 5_000;
/// Orders taken out of the state at once: bounds the time that it is held.
const AT_ONCE_MAX: usize = 250;
/// An order's id is minted when it is asked for, which is not quite when it is placed: never further apart than this.
const MINTED_WITHIN_MS: u64 = 3_600_000;
/// The last moment that an id can tell, in ms.
const ID_MS_MAX: u64 = (1 << 48) - 1;

/// Filters that a list of orders has.
pub(super) const FILTERS: [&str; 8] =
    ["showtime", "event", "state", "buyer", "email", "note", "placed_from", "placed_until"];

/// A page of them.
pub(super) struct Found {
    pub(super) orders: Vec<Arc<Order>>,
    /// After which to look on; none at the end.
    pub(super) next: Option<OrderId>,
    /// All that was applied until then is in it.
    pub(super) index: u64,
}

/// Which orders are wanted.
#[derive(Debug)]
pub(super) struct Wanted {
    showtime: Option<ShowtimeId>,
    /// Showtimes of the event that was asked for.
    of_event: Option<BTreeSet<ShowtimeId>>,
    state: Option<String>,
    /// Parts of texts in lower case.
    buyer: Option<String>,
    note: Option<String>,
    /// The whole address in lower case.
    email: Option<String>,
    /// In ms: from, and before.
    placed: (u64, u64),
}

impl Wanted {
    pub(super) fn of(app: &App, query: &ListQuery) -> Result<Self, Problem> {
        query.only(&FILTERS)?;
        let lower = |text: &Option<String>| text.as_deref().map(|text| text.trim().to_lowercase());
        let event: Option<EventId> = ListQuery::filter("event", query.event.as_ref())?;
        Ok(Self {
            showtime: ListQuery::filter("showtime", query.showtime.as_ref())?,
            of_event: event.map(|id| app.cluster.state().showtimes_of(id).map(|showtime| showtime.id).collect()),
            state: query.state.clone(),
            buyer: lower(&query.buyer),
            note: lower(&query.note),
            email: lower(&query.email),
            placed: (query.placed_from.map_or(0, |at| at.0), query.placed_until.map_or(u64::MAX, |at| at.0)),
        })
    }

    fn wants(&self, order: &Order) -> bool {
        let has = |text: &str, part: &str| text.to_lowercase().contains(part);
        let buyer = &order.buyer;
        (self.placed.0..self.placed.1).contains(&order.placed_at_ms)
            && self.state.as_deref().is_none_or(|state| state == state_name(order.state))
            && self.showtime.is_none_or(|id| order.parts.iter().any(|part| part.showtime == id))
            && self.email.as_deref().is_none_or(|email| buyer.email.trim().to_lowercase() == email)
            && self.buyer.as_deref().is_none_or(|part| has(&buyer.name, part) || has(&buyer.email, part))
            && self.note.as_deref().is_none_or(|part| has(&order.note, part))
            && self.of_event.as_ref().is_none_or(|of| order.parts.iter().any(|part| of.contains(&part.showtime)))
    }

    /// Those wanted of an organization after an order, as many as asked for, the oldest first.
    pub(super) fn find(
        &self,
        app: &App,
        organization: OrganizationId,
        (after, limit): (Option<OrderId>, usize),
    ) -> Found {
        let earliest = OrderId::mint(self.placed.0.saturating_sub(MINTED_WITHIN_MS).min(ID_MS_MAX), 0);
        let mut from = after.map_or(earliest, beyond).max(earliest);
        let mut page = Found { orders: Vec::new(), next: None, index: app.cluster.state().index() };
        for _ in 0..LOOKED_AT_MAX / AT_ONCE_MAX {
            let some = self.some(app, organization, from);
            let all = some.len() < AT_ONCE_MAX;
            for order in some {
                let id = order.id;
                if page.orders.len() >= limit {
                    return page;
                }
                page.next = Some(id);
                if self.wants(&order) {
                    page.orders.push(order);
                }
                from = beyond(id);
            }
            if all {
                page.next = None;
                return page;
            }
        }
        page
    }

    /// The next few that might be wanted. Nothing is applied while they are taken out: so none is looked at here.
    fn some(&self, app: &App, organization: OrganizationId, from: OrderId) -> Vec<Arc<Order>> {
        let latest = OrderId::mint(self.placed.1.saturating_add(MINTED_WITHIN_MS).min(ID_MS_MAX), u128::MAX);
        let until = |order: &&Arc<Order>| order.id <= latest;
        let state = app.cluster.state();
        match self.showtime {
            Some(id) if state.showtime(id).is_none_or(|showtime| showtime.organization != organization) => Vec::new(),
            Some(id) => state.orders_of_showtime_from(id, from).take_while(until).take(AT_ONCE_MAX).cloned().collect(),
            None => state.orders_of(organization, from).take_while(until).take(AT_ONCE_MAX).cloned().collect(),
        }
    }
}

fn beyond(id: OrderId) -> OrderId {
    OrderId(id.0.saturating_add(1))
}

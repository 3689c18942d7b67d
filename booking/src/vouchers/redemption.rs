//! What a hold or an order makes of a voucher: found by its code, counted when used, given back when a hold ends.
//! Invariant: `held` and `ordered` of a voucher are the active holds and the orders that use it.
//!
//! Who guesses codes learns one thing only: a code that is unknown, another organization's, not good now, or good for
//! nothing that was asked for gets the same refusal (`VoucherInvalid`). Only that a good code is used up is told, for its
//! bearer must know whether to come back.

use std::sync::Arc;

use crate::blocks::Block;
use crate::catalogue::Showtime;
use crate::holds::Hold;
use crate::ids::{OrganizationId, VoucherId};
use crate::money::Currency;
use crate::orders::{Buyer, Order, OrderPart};
use crate::prices::Prices;
use crate::prices::places::{Deal, Unit, discount};
use crate::rejection::Rejection;
use crate::state::{Context, State};
use crate::text;
use crate::vouchers::{Code, Voucher, VoucherDetails, VoucherScope};

/// A voucher that a hold or an order is about to use.
#[derive(Debug, Clone)]
pub(crate) struct Redemption {
    pub(crate) voucher: Arc<Voucher>,
    /// The block at the hold's showtime that it opens.
    pub(crate) block: Option<Arc<Block>>,
}

/// The voucher of the code, if it is good now and has a use left.
fn by_code(state: &State, organization: OrganizationId, code: &str, now_ms: u64) -> Result<Arc<Voucher>, Rejection> {
    let code = Code::read(code).ok_or(Rejection::VoucherInvalid)?;
    let id = state.vouchers_by_code.get(&(organization, code));
    let voucher = id.and_then(|id| state.vouchers.get(id)).ok_or(Rejection::VoucherInvalid)?;
    let details = &voucher.details;
    if details.from_ms.is_some_and(|from| now_ms < from) || details.until_ms.is_some_and(|until| now_ms >= until) {
        return Err(Rejection::VoucherInvalid);
    }
    Ok(voucher.clone())
}

/// Whether its discount is in the currency, if it is in any.
fn fits(details: &VoucherDetails, currency: Currency) -> bool {
    details.discount.and_then(|(of, _)| of.currency()).is_none_or(|of| of == currency)
}

fn is_good_for(scope: &VoucherScope, prices: &Prices, unit: &Unit) -> bool {
    let (tier, of) = (prices.tier(unit.tier), prices.ticket_type(unit.tier, unit.ticket_type));
    tier.zip(of).is_some_and(|(tier, of)| scope.is_good_for(&tier.id, &of.id))
}

fn has_a_use(voucher: &Voucher) -> Result<(), Rejection> {
    if voucher.uses_left() == Some(0) { Err(Rejection::VoucherUsedUp { by_buyer: false }) } else { Ok(()) }
}

impl Redemption {
    /// For a hold at a showtime.
    pub(crate) fn for_hold(
        state: &State,
        showtime: &Showtime,
        code: Option<&str>,
        now_ms: u64,
    ) -> Result<Option<Self>, Rejection> {
        let Some(code) = code else { return Ok(None) };
        let voucher = by_code(state, showtime.organization, code, now_ms)?;
        if !voucher.details.scope.is_good_at(showtime.event, showtime.id) {
            return Err(Rejection::VoucherInvalid);
        }
        let block = voucher.details.block.and_then(|id| state.blocks.get(&id));
        let block = block.filter(|b| b.showtime == showtime.id).cloned();
        Ok(Some(Self { voucher, block }))
    }

    /// Whether it lets its bearer have a hidden ticket type.
    pub(crate) fn unlocks(&self, tier: &str, ticket_type: &str) -> bool {
        let details = &self.voucher.details;
        details.unlocks && details.scope.is_good_for(tier, ticket_type)
    }

    /// Whether the seat is blocked for its bearer.
    pub(crate) fn opens(&self, owner: u64) -> bool {
        self.block.as_ref().is_some_and(|block| block.serial == owner)
    }

    /// Places of an area that are blocked for its bearer.
    pub(crate) fn opens_of_area(&self, area: u16) -> u32 {
        let areas = self.block.iter().flat_map(|block| block.areas.iter());
        areas.filter(|a| a.area == area).map(|a| a.quantity).sum()
    }

    /// Takes its discount off the first units that it is good for, those that need it to be had at all (`covered` as they come: hidden types, blocked places)
    /// before all others. Refused if it is good for none of them, if more need it than it covers, or if no use is left.
    pub(crate) fn cover(&self, units: &mut [Unit], prices: &Prices, currency: Currency) -> Result<Deal, Rejection> {
        let details = &self.voucher.details;
        if !fits(details, currency) {
            return Err(Rejection::VoucherInvalid);
        }
        let need = units.iter().filter(|unit| unit.covered).count();
        let most = details.max_tickets.unwrap_or(u32::MAX);
        if need > most as usize {
            return Err(text::violated(format!("the voucher covers at most {most} tickets")));
        }
        let deal = Deal { voucher: self.voucher.id, discount: details.discount, by_order: false };
        let mut covered: Vec<&mut Unit> = Vec::new();
        if deal.discount.is_some() {
            let (first, then): (Vec<&mut Unit>, Vec<&mut Unit>) = units
                .iter_mut()
                .filter(|unit| is_good_for(&details.scope, prices, unit))
                .partition(|unit| unit.covered);
            covered = first.into_iter().chain(then).take(most as usize).collect();
        }
        if covered.is_empty() && need == 0 {
            return Err(Rejection::VoucherInvalid);
        }
        has_a_use(&self.voucher)?;
        discount(&mut covered, &deal);
        Ok(deal)
    }
}

/// Puts the discount of an order's voucher on the parts whose holds brought none. Nothing happens if one of them brought
/// this very voucher: then it is used already.
pub(crate) fn for_order(
    state: &State,
    code: Option<&str>,
    (organization, taken, now_ms): (OrganizationId, &[Arc<Hold>], u64),
    parts: &mut [OrderPart],
) -> Result<Option<VoucherId>, Rejection> {
    let Some(code) = code else { return Ok(None) };
    let voucher = by_code(state, organization, code, now_ms)?;
    if taken.iter().any(|hold| hold.places.voucher() == Some(voucher.id)) {
        return Ok(None);
    }
    let details = &voucher.details;
    let good_at = |part: &OrderPart| {
        let showtime = state.showtimes.get(&part.showtime);
        showtime.is_some_and(|s| details.scope.is_good_at(s.event, s.id)) && part.places.voucher().is_none()
    };
    // All units of all those parts at once: a discount of the whole order is one discount.
    let mut units: Vec<Vec<Unit>> =
        parts.iter().map(|p| if good_at(p) { p.places.units().collect() } else { Vec::new() }).collect();
    let deal = Deal { voucher: voucher.id, discount: details.discount, by_order: true };
    let mut covered = Vec::new();
    for (part, units) in parts.iter().zip(&mut units) {
        let Some(prices) = state.prices_of(part.showtime, part.places.prices) else { continue };
        covered.extend(units.iter_mut().filter(|unit| is_good_for(&details.scope, &prices, unit)));
    }
    covered.truncate(details.max_tickets.unwrap_or(u32::MAX) as usize);
    let in_currency = taken.iter().all(|hold| fits(details, hold.places.currency));
    if covered.is_empty() || deal.discount.is_none() || !in_currency {
        return Err(Rejection::VoucherInvalid);
    }
    has_a_use(&voucher)?;
    for unit in &mut covered {
        unit.covered = true;
    }
    discount(&mut covered, &deal);
    for (part, units) in parts.iter_mut().zip(&units) {
        if units.iter().any(|unit| unit.covered)
            && let Some(prices) = state.prices_of(part.showtime, part.places.prices)
        {
            part.places = part.places.priced_again(units, &prices, &deal);
        }
    }
    Ok(Some(voucher.id))
}

/// The vouchers that an order uses, one for each use.
pub(crate) fn uses(parts: &[OrderPart]) -> Vec<VoucherId> {
    let besides = parts.iter().filter_map(|part| part.places.besides.as_deref());
    let (mut uses, mut brought) = (Vec::new(), None);
    for (voucher, by_order) in besides.filter_map(|b| Some((b.voucher?, b.by_order))) {
        if by_order {
            brought = Some(voucher);
        } else {
            uses.push(voucher);
        }
    }
    uses.extend(brought);
    uses
}

/// No voucher is used by the buyer more often than it may be.
pub(crate) fn check_buyer(state: &State, uses: &[VoucherId], buyer: &Buyer) -> Result<(), Rejection> {
    for id in uses {
        let Some(max) = state.vouchers.get(id).and_then(|v| v.details.max_uses_per_buyer) else { continue };
        let Some(key) = text::address_key(&buyer.email) else {
            let why = "buyer.email is needed: the voucher may be used so many times by one buyer";
            return Err(text::violated(why.to_owned()));
        };
        let before = state.voucher_buyers.get(&(*id, key)).copied().unwrap_or(0);
        let now = uses.iter().filter(|other| *other == id).count();
        if before as usize + now > max as usize {
            return Err(Rejection::VoucherUsedUp { by_buyer: true });
        }
    }
    Ok(())
}

impl State {
    /// Counts an order's uses by its buyer.
    pub(crate) fn index_buyer(&mut self, order: &Order) {
        let uses = uses(&order.parts);
        if uses.is_empty() {
            return;
        }
        let Some(key) = text::address_key(&order.buyer.email) else { return };
        for id in uses {
            let known = self.voucher_buyers.get(&(id, key)).copied().unwrap_or(0);
            self.voucher_buyers.insert((id, key), known + 1);
        }
    }

    /// No longer counts an order's uses by its buyer.
    pub(crate) fn forget_buyer(&mut self, order: &Order) {
        let Some(key) = text::address_key(&order.buyer.email) else { return };
        for id in uses(&order.parts) {
            let left = self.voucher_buyers.get(&(id, key)).copied().unwrap_or(0).saturating_sub(1);
            if left == 0 {
                self.voucher_buyers.remove(&(id, key));
            } else {
                self.voucher_buyers.insert((id, key), left);
            }
        }
    }

    /// Changes what is counted of a voucher's uses, if it still is there.
    pub(crate) fn count_use(&mut self, cx: &mut Context, id: VoucherId, change: impl FnOnce(&mut Voucher)) {
        self.vouchers.update(&mut cx.journal, id, change);
    }
}

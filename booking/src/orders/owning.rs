//! The places of an order that is being paid: kept until a deadline or without one, sold, given back, taken again.
//! Invariant: an order's places are in the state that [`Order::owns`] says, under its parts' serial numbers.

use std::collections::{BTreeMap, BTreeSet};

use crate::blocks;
use crate::catalogue::ShowtimeState;
use crate::holds::{move_places, own};
use crate::ids::ShowtimeId;
use crate::inventory::PlaceState;
use crate::orders::Order;
use crate::state::{Context, State, Timed};
use crate::vouchers::redemption;

fn showtimes(order: &Order) -> BTreeSet<ShowtimeId> {
    order.parts.iter().map(|part| part.showtime).collect()
}

/// Has the order lapse when its time runs out.
pub(crate) fn add_deadlines(state: &mut State, order: &Order) {
    let Some(at_ms) = order.lapses_at_ms() else { return };
    for showtime in showtimes(order) {
        state.add_deadline(showtime, at_ms, Timed::Order(order.id));
    }
}

/// Keeps the order from lapsing.
pub(crate) fn remove_deadlines(state: &mut State, order: &Order) {
    let Some(at_ms) = order.lapses_at_ms() else { return };
    for showtime in showtimes(order) {
        state.remove_deadline(showtime, at_ms, Timed::Order(order.id));
    }
}

/// Frees the places, or puts them back into the block that they came from.
pub(crate) fn give_back(state: &mut State, cx: &mut Context, order: &Order) {
    for part in &order.parts {
        let from_block = part.from_block.as_deref();
        let places = own(&part.places, from_block);
        state.move_places(cx, part.showtime, part.serial, places, (PlaceState::Held, PlaceState::Free));
        if let Some(from) = from_block {
            blocks::give_back(state, cx, part.showtime, from);
        }
    }
    give_uses_back(state, cx, order);
}

/// The order no longer uses its vouchers.
pub(crate) fn give_uses_back(state: &mut State, cx: &mut Context, order: &Order) {
    for voucher in redemption::uses(&order.parts) {
        state.count_use(cx, voucher, |voucher| voucher.ordered = voucher.ordered.saturating_sub(1));
    }
    state.forget_buyer(order);
}

/// Sells the places, under other serial numbers if they were taken again.
pub(crate) fn sell(state: &mut State, cx: &mut Context, order: &Order, serials: Option<&[u64]>) {
    for (nth, part) in order.parts.iter().enumerate() {
        let serial = serials.and_then(|serials| serials.get(nth)).copied().unwrap_or(part.serial);
        move_places(state, cx, part.showtime, &part.places, serial, (PlaceState::Held, PlaceState::Sold));
    }
}

/// Whether all places that the order gave back are free, numbered as they were, at showtimes that take place; and staff
/// have not removed a voucher of it meanwhile.
pub(crate) fn can_be_taken_again(state: &State, order: &Order) -> bool {
    if !redemption::uses(&order.parts).iter().all(|id| state.vouchers.contains(id)) {
        return false;
    }
    let mut areas: BTreeMap<(ShowtimeId, u16), u32> = BTreeMap::new();
    for part in &order.parts {
        let (Some(showtime), Some(inventory)) =
            (state.showtimes.get(&part.showtime), state.inventories.get(&part.showtime))
        else {
            return false;
        };
        let takes_place = matches!(showtime.details.state, ShowtimeState::OnSale | ShowtimeState::Closed);
        let same_plan = inventory.plan().id == part.places.plan;
        if !takes_place || !same_plan || !part.places.seats.iter().all(|s| inventory.is_free(s.seat)) {
            return false;
        }
        for wanted in part.places.areas_wanted() {
            let sum = areas.entry((part.showtime, wanted.area)).or_default();
            *sum += wanted.quantity;
            if inventory.area(wanted.area).is_none_or(|area| area.free < *sum) {
                return false;
            }
        }
    }
    true
}

/// Whether all showtimes of the order were cancelled.
pub(crate) fn is_called_off(state: &State, order: &Order) -> bool {
    let mut of = order.parts.iter().filter_map(|part| state.showtimes.get(&part.showtime));
    of.all(|showtime| showtime.details.state == ShowtimeState::Cancelled)
}

/// Takes the places again, without a deadline; returns the parts' new serial numbers.
pub(crate) fn take_again(state: &mut State, cx: &mut Context, order: &Order) -> Vec<u64> {
    let mut serials = Vec::with_capacity(order.parts.len());
    for part in &order.parts {
        let serial = state.next_serial();
        move_places(state, cx, part.showtime, &part.places, serial, (PlaceState::Free, PlaceState::Held));
        serials.push(serial);
    }
    // What was promised once is kept, even if the vouchers' last use went to another meanwhile.
    for voucher in redemption::uses(&order.parts) {
        state.count_use(cx, voucher, |voucher| voucher.ordered = voucher.ordered.saturating_add(1));
    }
    state.index_buyer(order);
    serials
}

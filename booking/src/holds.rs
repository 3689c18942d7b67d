//! Holds: places kept for a buyer until a deadline. Place, extend, release, expire.
//! What it is that is held, and at what price, is in `choice`.
//! Deliberately not here: which seats are best (see `best_available`), selling (see `orders`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::blocks;
use crate::catalogue::{EventState, Showtime, ShowtimeState};
use crate::change::{Change, Reply};
use crate::command::{Actor, AreaQuantity, ExtendHold, PlaceHold, ReleaseHold};
use crate::holds::choice::{Choice, Chooser};
use crate::ids::{BlockId, HoldId, OrderId, OrganizationId, ShowtimeId};
use crate::inventory::{Inventory, PlaceState};
use crate::keys::Scope;
use crate::limits;
use crate::payments::reports;
use crate::prices::places::PricedPlaces;
use crate::refunds;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State, Timed};
use crate::text;
use crate::vouchers::redemption::Redemption;

mod choice;

/// The life of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HoldState {
    /// Its places are held.
    Active,
    /// It ran out.
    Expired,
    /// It was given back.
    Released,
    /// An order took it over.
    Confirmed(OrderId),
}

/// What of a hold came out of a block, by a voucher: it goes back there when the hold ends without an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FromBlock {
    /// The block.
    pub block: BlockId,
    /// Its serial number.
    pub serial: u64,
    /// Seats by number.
    pub seats: Box<[u32]>,
    /// Area places.
    pub areas: Box<[AreaQuantity]>,
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Where.
    pub showtime: ShowtimeId,
    /// Whose showtime it is.
    pub organization: OrganizationId,
    /// Names it as the owner in the cells.
    pub serial: u64,
    /// Where in its life it is.
    pub state: HoldState,
    /// What it holds, priced.
    pub places: PricedPlaces,
    /// Placed at, in ms.
    pub placed_at_ms: u64,
    /// Deadline, in ms: it is over when cluster time reaches it.
    pub expires_at_ms: u64,
    /// Extensions it may still have.
    pub extensions_left: u8,
    /// No extension goes beyond this, in ms.
    pub extended_until_ms: u64,
    /// Ended at, in ms, if it did.
    pub ended_at_ms: Option<u64>,
    /// Key of the answer that placed it: kept as long as the hold and a while longer.
    pub answer: Option<u128>,
    /// What of it came out of a block; none for most.
    pub from_block: Option<Box<FromBlock>>,
}

/// Places that were free before, seats and areas: all but those that came out of a block.
pub(crate) fn own<'a>(
    places: &'a PricedPlaces,
    from: Option<&'a FromBlock>,
) -> (impl Iterator<Item = u32> + Clone + 'a, impl Iterator<Item = AreaQuantity> + 'a) {
    let seats = places.seats.iter().map(|s| s.seat);
    let seats = seats.filter(move |seat| from.is_none_or(|f| !f.seats.contains(seat)));
    let areas = places.areas_wanted().into_iter().filter_map(move |a| {
        let blocked = from.and_then(|f| f.areas.iter().find(|b| b.area == a.area)).map_or(0, |b| b.quantity);
        let quantity = a.quantity.saturating_sub(blocked);
        (quantity > 0).then_some(AreaQuantity { area: a.area, quantity })
    });
    (seats, areas)
}

pub(crate) fn place(state: &mut State, cx: &mut Context, actor: Actor, c: &PlaceHold) -> Result<Reply, Rejection> {
    expire_due(state, cx, c.showtime);
    let showtime = state.showtimes.get(&c.showtime).cloned().ok_or(Rejection::NotFound(Thing::Showtime))?;
    on_sale(state, &showtime, cx.now_ms)?;
    if showtime.details.plan != c.plan {
        return Err(Rejection::PlanChanged);
    }
    if state.holds.contains(&c.id) {
        return Err(Rejection::Conflict("a hold with this id exists".into()));
    }
    let redemption = Redemption::for_hold(state, &showtime, c.voucher.as_deref(), cx.now_ms)?;
    let chooser = Chooser {
        inventory: state.inventories.get(&c.showtime).ok_or(Rejection::NotFound(Thing::Showtime))?,
        showtime: &showtime,
        now_ms: cx.now_ms,
        // Staff know what they do.
        is_staff: state.works_for(actor, showtime.organization),
        is_seller: state.may(actor, showtime.organization, Scope::Sell),
        redemption: redemption.as_ref(),
    };
    let Choice { places, from_block } = chooser.choose(c)?;

    let details = &showtime.details;
    let serial = state.next_serial();
    let expires_at_ms = cx.now_ms + details.hold_ttl_ms;
    let hold = Hold {
        id: c.id,
        showtime: c.showtime,
        organization: showtime.organization,
        serial,
        state: HoldState::Active,
        places,
        placed_at_ms: cx.now_ms,
        expires_at_ms,
        extensions_left: details.max_extensions,
        extended_until_ms: cx.now_ms + details.hold_ttl_ms.max(limits::EXTENDED_UNTIL_MS),
        ended_at_ms: None,
        answer: cx.answer_key,
        from_block,
    };
    let own = own(&hold.places, hold.from_block.as_deref());
    state.move_places(cx, c.showtime, serial, own, (PlaceState::Free, PlaceState::Held));
    if let Some(from) = &hold.from_block {
        blocks::open(state, cx, c.showtime, from, serial);
    }
    if let Some(voucher) = hold.places.voucher() {
        state.count_use(cx, voucher, |voucher| voucher.held += 1);
    }
    state.add_deadline(c.showtime, expires_at_ms, Timed::Hold(c.id));
    let hold = Arc::new(hold);
    state.holds.insert(&mut cx.journal, c.id, hold.clone());
    cx.changes.push(Change::HoldPlaced(c.id));
    Ok(Reply::Hold(hold))
}

/// Selling needs both: the event published and the showtime on sale. Which of the two is still a draft is told by what
/// is not found. What is held already may be bought also after its event was archived.
fn on_sale(state: &State, showtime: &Showtime, now_ms: u64) -> Result<(), Rejection> {
    let event = state.events.get(&showtime.event).ok_or(Rejection::NotFound(Thing::Event))?;
    match (event.details.state, showtime.details.state) {
        // A draft is nobody's business yet.
        (_, ShowtimeState::Draft) => return Err(Rejection::NotFound(Thing::Showtime)),
        (EventState::Draft, _) => return Err(Rejection::NotFound(Thing::Event)),
        (EventState::Archived, _)
        | (_, ShowtimeState::Closed | ShowtimeState::Cancelled | ShowtimeState::Postponed) => {
            return Err(Rejection::NotOnSale { from_ms: None });
        }
        (EventState::Published, ShowtimeState::OnSale) => {}
    }
    if let Some(from_ms) = showtime.details.on_sale_from_ms.filter(|from| *from > now_ms) {
        return Err(Rejection::NotOnSale { from_ms: Some(from_ms) });
    }
    if now_ms >= showtime.sales_end_ms() {
        return Err(Rejection::NotOnSale { from_ms: None });
    }
    Ok(())
}

/// All seats exist, none is named twice, all are free or blocked by an owner whose seats may be had.
pub(crate) fn check_seats(inventory: &Inventory, seats: &[u32], opens: impl Fn(u64) -> bool) -> Result<(), Rejection> {
    if seats.iter().any(|s| inventory.seat(*s).is_none()) {
        return Err(Rejection::NotFound(Thing::Place));
    }
    let mut sorted = seats.to_vec();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(text::violated("a place is named twice".to_owned()));
    }
    let opened = |seat: u32| inventory.seat(seat).is_some_and(|c| c.state() == PlaceState::Blocked && opens(c.owner()));
    let taken: Vec<u32> = seats.iter().copied().filter(|s| !inventory.is_free(*s) && !opened(*s)).collect();
    if taken.is_empty() { Ok(()) } else { Err(Rejection::SeatsTaken(taken)) }
}

/// All areas exist, none is named twice, each has enough free places.
pub(crate) fn check_areas(inventory: &Inventory, areas: &[AreaQuantity]) -> Result<(), Rejection> {
    for (i, wanted) in areas.iter().enumerate() {
        let counts = inventory.area(wanted.area).ok_or(Rejection::NotFound(Thing::Place))?;
        if areas.iter().skip(i + 1).any(|other| other.area == wanted.area) {
            return Err(text::violated("an area is named twice".to_owned()));
        }
        if wanted.quantity > counts.free {
            return Err(Rejection::NotEnoughPlaces { wanted: wanted.quantity, free: counts.free });
        }
    }
    Ok(())
}

/// Moves the priced places of a hold or order from one state to another and says so.
pub(crate) fn move_places(
    state: &mut State,
    cx: &mut Context,
    showtime: ShowtimeId,
    places: &PricedPlaces,
    owner: u64,
    moved: (PlaceState, PlaceState),
) {
    let seats = places.seats.iter().map(|s| s.seat);
    state.move_places(cx, showtime, owner, (seats, places.areas_wanted().into_iter()), moved);
}

/// The hold, if the caller may act on it.
fn find(state: &State, id: HoldId, organization: Option<OrganizationId>) -> Result<&Arc<Hold>, Rejection> {
    let hold = state.holds.get(&id).ok_or(Rejection::NotFound(Thing::Hold))?;
    if organization.is_some_and(|o| o != hold.organization) {
        return Err(Rejection::NotFound(Thing::Hold));
    }
    Ok(hold)
}

pub(crate) fn extend(state: &mut State, cx: &mut Context, c: &ExtendHold) -> Result<Reply, Rejection> {
    let showtime = find(state, c.id, c.organization)?.showtime;
    expire_due(state, cx, showtime);
    let hold = find(state, c.id, c.organization)?;
    match hold.state {
        HoldState::Active => {}
        HoldState::Expired => return Err(Rejection::HoldExpired(c.id)),
        HoldState::Released => return Err(Rejection::Conflict("the hold was released".into())),
        HoldState::Confirmed(_) => return Err(Rejection::Conflict("an order took the hold over".into())),
    }
    let of = state.showtimes.get(&showtime).ok_or(Rejection::NotFound(Thing::Showtime))?;
    if of.details.state == ShowtimeState::Cancelled {
        return Err(Rejection::NotOnSale { from_ms: None });
    }
    let ttl_ms = of.details.hold_ttl_ms;
    let old = hold.expires_at_ms;
    let new = (cx.now_ms + ttl_ms).min(hold.extended_until_ms);
    if hold.extensions_left == 0 || old >= hold.extended_until_ms {
        return Err(Rejection::Conflict("the hold has no extension left".into()));
    }
    if new <= old {
        // Asked within the same millisecond, or after the showtime's TTL was shortened: nothing is gained, nor used up.
        return reply(state, c.id);
    }
    let answer = hold.answer;
    state.remove_deadline(showtime, old, Timed::Hold(c.id));
    state.add_deadline(showtime, new, Timed::Hold(c.id));
    state.holds.update(&mut cx.journal, c.id, |hold| {
        hold.expires_at_ms = new;
        hold.extensions_left -= 1;
    });
    if let Some(key) = answer {
        state.answers.prolong(&mut cx.journal, key, new + limits::IDEMPOTENCY_HOLD_MS);
    }
    cx.changes.push(Change::HoldExtended(c.id));
    reply(state, c.id)
}

pub(crate) fn release(state: &mut State, cx: &mut Context, c: &ReleaseHold) -> Result<Reply, Rejection> {
    let showtime = find(state, c.id, c.organization)?.showtime;
    expire_due(state, cx, showtime);
    match find(state, c.id, c.organization)?.state {
        HoldState::Active => {}
        // Giving back what is over already is no mistake: the places are free.
        HoldState::Expired | HoldState::Released => return reply(state, c.id),
        HoldState::Confirmed(_) => return Err(Rejection::Conflict("an order took the hold over".into())),
    }
    end(state, cx, c.id, HoldState::Released);
    cx.changes.push(Change::HoldReleased(c.id));
    reply(state, c.id)
}

fn reply(state: &State, id: HoldId) -> Result<Reply, Rejection> {
    state.holds.get(&id).map(|h| Reply::Hold(h.clone())).ok_or(Rejection::NotFound(Thing::Hold))
}

/// Ends an active hold. Unless an order took it over, its places are free again, or back in their block.
pub(crate) fn end(state: &mut State, cx: &mut Context, id: HoldId, how: HoldState) {
    let Some(hold) = state.holds.get(&id).cloned() else { return };
    state.remove_deadline(hold.showtime, hold.expires_at_ms, Timed::Hold(id));
    if !matches!(how, HoldState::Confirmed(_)) {
        let own = own(&hold.places, hold.from_block.as_deref());
        state.move_places(cx, hold.showtime, hold.serial, own, (PlaceState::Held, PlaceState::Free));
        if let Some(from) = &hold.from_block {
            blocks::give_back(state, cx, hold.showtime, from);
        }
    }
    if let Some(voucher) = hold.places.voucher() {
        state.count_use(cx, voucher, |voucher| voucher.held = voucher.held.saturating_sub(1));
    }
    drop(hold);
    state.holds.update(&mut cx.journal, id, |hold| {
        hold.state = how;
        hold.ended_at_ms = Some(cx.now_ms);
    });
    state.ended.insert((cx.now_ms + limits::ENDED_HOLD_KEPT_MS, id), ());
}

/// What was due has come to its end.
fn expire(state: &mut State, cx: &mut Context, what: Timed) {
    match what {
        Timed::Hold(id) => {
            end(state, cx, id, HoldState::Expired);
            cx.changes.push(Change::HoldExpired(id));
        }
        Timed::Order(id) => reports::lapse(state, cx, id),
    }
}

/// Ends every hold of the showtime that is due, and every order that was not paid in time. Invariant: called before a
/// command looks at the showtime, so that a hold is over at its deadline whether or not a tick came by.
pub(crate) fn expire_due(state: &mut State, cx: &mut Context, showtime: ShowtimeId) {
    while let Some(what) = state
        .inventories
        .get(&showtime)
        .and_then(|i| i.deadlines.first())
        .and_then(|(&(deadline, what), ())| (deadline <= cx.now_ms).then_some(what))
    {
        expire(state, cx, what);
    }
}

/// Ends what is due anywhere, the earliest first, at most [`limits::EXPIRED_PER_TICK_MAX`] of it; then some orders of
/// cancelled showtimes are refunded.
pub(crate) fn tick(state: &mut State, cx: &mut Context) -> Reply {
    let reply = expire_earliest(state, cx);
    if matches!(reply, Reply::Ticked { more: false }) {
        refunds::showtime::go_on(state, cx);
    }
    reply
}

fn expire_earliest(state: &mut State, cx: &mut Context) -> Reply {
    for _ in 0..limits::EXPIRED_PER_TICK_MAX {
        let due = state.due.first().and_then(|(&(deadline, _, what), ())| (deadline <= cx.now_ms).then_some(what));
        let Some(what) = due else { return Reply::Ticked { more: false } };
        expire(state, cx, what);
    }
    Reply::Ticked { more: state.due.first().is_some_and(|(&(deadline, ..), ())| deadline <= cx.now_ms) }
}

/// Forgets ended holds whose time is over, and the oldest of too many: a bounded number.
pub(crate) fn forget_ended(state: &mut State, cx: &mut Context) {
    for _ in 0..limits::CLEARED_PER_PROPOSAL_MAX {
        let Some((until_ms, id)) = state.ended.first().map(|(k, ())| *k) else { return };
        if until_ms > cx.now_ms && state.ended.len() <= limits::ENDED_HOLDS_MAX {
            return;
        }
        state.ended.remove(&(until_ms, id));
        state.holds.remove(&mut cx.journal, id);
    }
}

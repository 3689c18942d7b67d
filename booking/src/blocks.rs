//! Blocks: places that staff take off sale, with a reason, and give back. A voucher may open one: what its bearers hold
//! leaves the block, and comes back if nobody buys it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::change::Reply;
use crate::command::{AreaQuantity, BlockPlaces, UnblockPlaces};
use crate::holds::{FromBlock, check_areas, check_seats, expire_due};
use crate::ids::{BlockId, OrganizationId, PlanId, ShowtimeId};
use crate::inventory::PlaceState;
use crate::limits;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

/// Places off sale.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Block {
    /// Its id.
    pub id: BlockId,
    /// Whose showtime it is.
    pub organization: OrganizationId,
    /// Where.
    pub showtime: ShowtimeId,
    /// Names it as the owner in the cells.
    pub serial: u64,
    /// The plan that the numbers are of: the showtime's while the block stands.
    pub plan: PlanId,
    /// Seats by number.
    pub seats: Box<[u32]>,
    /// Area places.
    pub areas: Box<[AreaQuantity]>,
    /// Why.
    pub reason: Box<str>,
    /// Made at, in ms.
    pub created_at_ms: u64,
}

pub(crate) fn block(state: &mut State, cx: &mut Context, c: &BlockPlaces) -> Result<Reply, Rejection> {
    expire_due(state, cx, c.showtime);
    let showtime = state.showtimes.get(&c.showtime).filter(|s| s.organization == c.organization);
    let showtime = showtime.ok_or(Rejection::NotFound(Thing::Showtime))?;
    if showtime.details.plan != c.plan {
        return Err(Rejection::PlanChanged);
    }
    text::at_most("reason", &c.reason, limits::NAME_CHARS_MAX)?;
    if c.seats.is_empty() && c.areas.is_empty() || c.areas.iter().any(|a| a.quantity == 0) {
        return Err(text::violated("a block needs at least one place".to_owned()));
    }
    if c.seats.len().saturating_add(c.areas.len()) > limits::PLACES_PER_BLOCK_MAX {
        return Err(Rejection::TooManyPlaces { max: limits::PLACES_PER_BLOCK_MAX as u32 });
    }
    if state.blocks.contains(&c.id) {
        return Err(Rejection::Conflict("a block with this id exists".into()));
    }
    let of_showtime = (c.showtime, BlockId(0))..=(c.showtime, BlockId(u128::MAX));
    if state.blocks_by_showtime.range(of_showtime).count() >= limits::BLOCKS_PER_SHOWTIME_MAX {
        return Err(text::violated(format!("a showtime can have {} blocks", limits::BLOCKS_PER_SHOWTIME_MAX)));
    }
    let inventory = state.inventories.get(&c.showtime).ok_or(Rejection::NotFound(Thing::Showtime))?;
    check_seats(inventory, &c.seats, |_| false)?;
    check_areas(inventory, &c.areas)?;

    let block = Arc::new(Block {
        id: c.id,
        organization: c.organization,
        showtime: c.showtime,
        serial: state.next_serial(),
        plan: c.plan,
        seats: c.seats.clone().into(),
        areas: c.areas.clone().into(),
        reason: c.reason.clone(),
        created_at_ms: cx.now_ms,
    });
    move_block(state, cx, &block, (PlaceState::Free, PlaceState::Blocked));
    state.blocks_by_showtime.insert((c.showtime, c.id), ());
    state.blocks.insert(&mut cx.journal, c.id, block.clone());
    Ok(Reply::Block(block))
}

pub(crate) fn unblock(state: &mut State, cx: &mut Context, c: &UnblockPlaces) -> Result<Reply, Rejection> {
    let mine = |b: &&Arc<Block>| b.organization == c.organization && b.showtime == c.showtime;
    let block = state.blocks.get(&c.id).filter(mine).cloned().ok_or(Rejection::NotFound(Thing::Block))?;
    move_block(state, cx, &block, (PlaceState::Blocked, PlaceState::Free));
    state.blocks_by_showtime.remove(&(c.showtime, c.id));
    state.blocks.remove(&mut cx.journal, c.id);
    Ok(Reply::Block(block))
}

fn move_block(state: &mut State, cx: &mut Context, block: &Block, moved: (PlaceState, PlaceState)) {
    let places = (block.seats.iter().copied(), block.areas.iter().copied());
    state.move_places(cx, block.showtime, block.serial, places, moved);
}

/// Moves places out of their block into a hold.
pub(crate) fn open(state: &mut State, cx: &mut Context, showtime: ShowtimeId, from: &FromBlock, owner: u64) {
    state.blocks.update(&mut cx.journal, from.block, |block| {
        block.seats = block.seats.iter().copied().filter(|seat| !from.seats.contains(seat)).collect();
        let left = block.areas.iter().filter_map(|of| {
            let held = from.areas.iter().find(|a| a.area == of.area).map_or(0, |a| a.quantity);
            let quantity = of.quantity.saturating_sub(held);
            (quantity > 0).then_some(AreaQuantity { area: of.area, quantity })
        });
        block.areas = left.collect();
    });
    let places = (from.seats.iter().copied(), from.areas.iter().copied());
    state.move_places(cx, showtime, owner, places, (PlaceState::Blocked, PlaceState::Held));
}

/// Moves a hold's places back into the block that they came from; if staff have given that back meanwhile, they are free.
pub(crate) fn give_back(state: &mut State, cx: &mut Context, showtime: ShowtimeId, from: &FromBlock) {
    let known = state.blocks.get(&from.block).is_some_and(|b| b.serial == from.serial);
    let (owner, to) = if known { (from.serial, PlaceState::Blocked) } else { (0, PlaceState::Free) };
    let places = (from.seats.iter().copied(), from.areas.iter().copied());
    state.move_places(cx, showtime, owner, places, (PlaceState::Held, to));
    if !known {
        return;
    }
    state.blocks.update(&mut cx.journal, from.block, |block| {
        block.seats = block.seats.iter().chain(&from.seats).copied().collect();
        let mut areas = block.areas.to_vec();
        for back in &from.areas {
            match areas.iter_mut().find(|of| of.area == back.area) {
                Some(of) => of.quantity += back.quantity,
                None => areas.push(*back),
            }
        }
        block.areas = areas.into();
    });
}

//! Blocks: places that staff take off sale, with a reason, and give back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::change::Reply;
use crate::command::{AreaQuantity, BlockPlaces, UnblockPlaces};
use crate::holds::{check_areas, check_seats, expire_due};
use crate::ids::{BlockId, OrganizationId, ShowtimeId};
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
    check_seats(inventory, &c.seats)?;
    check_areas(inventory, &c.areas)?;

    let block = Arc::new(Block {
        id: c.id,
        organization: c.organization,
        showtime: c.showtime,
        serial: state.next_serial(),
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

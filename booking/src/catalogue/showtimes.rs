//! Rules of showtimes and their price tiers.

use std::sync::Arc;

use crate::catalogue::venues::zone;
use crate::catalogue::{Showtime, ShowtimeDetails, ShowtimeState};
use crate::census::Kind;
use crate::change::{Change, Reply};
use crate::command::{CreateShowtime, UpdateShowtime};
use crate::ids::{OrganizationId, ShowtimeId};
use crate::inventory::{Inventory, PlaceState};
use crate::limits;
use crate::plan::Plan;
use crate::prices::check::{check as check_prices, keeps_tiers};
use crate::prices::{Prices, PricesId};
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

fn find(state: &State, id: ShowtimeId, organization: OrganizationId) -> Result<&Arc<Showtime>, Rejection> {
    state.showtimes.get(&id).filter(|s| s.organization == organization).ok_or(Rejection::NotFound(Thing::Showtime))
}

fn plan_of(state: &State, d: &ShowtimeDetails, organization: OrganizationId) -> Result<Arc<Plan>, Rejection> {
    let plan = state.plans.get(&d.plan).filter(|p| p.organization == organization);
    plan.cloned().ok_or(Rejection::NotFound(Thing::Plan))
}

fn check(d: &ShowtimeDetails) -> Result<(), Rejection> {
    zone(&d.zone)?;
    if d.ends_at_ms.is_some_and(|end| end <= d.starts_at_ms) {
        return Err(text::violated("ends_at must be after starts_at".to_owned()));
    }
    if let (Some(from), Some(until)) = (d.on_sale_from_ms, d.on_sale_until_ms)
        && until <= from
    {
        return Err(text::violated("on_sale_until must be after on_sale_from".to_owned()));
    }
    let (min, max) = (limits::HOLD_TTL_MIN_MS / 1_000, limits::HOLD_TTL_MAX_MS / 1_000);
    text::between("hold_ttl_seconds", d.hold_ttl_ms / 1_000, min, max)?;
    text::between("max_extensions", d.max_extensions, 0, limits::EXTENSIONS_MAX)?;
    text::between("orphan_rule_until_percent", u32::from(d.orphan_rule_until_percent), 0, 100)?;
    text::between("max_places_per_order", d.max_places_per_order, 1, limits::PLACES_PER_ORDER_MAX)
}

/// Puts new prices in force. Those before are kept under their number if something may have been held at them.
fn reprice(state: &mut State, cx: &mut Context, id: ShowtimeId, new: &Arc<Prices>) -> Result<(), Rejection> {
    let Some(showtime) = state.showtimes.get(&id) else { return Ok(()) };
    let (old, number, offered) = (showtime.details.prices.clone(), showtime.prices, showtime.offered);
    if old == *new || !offered {
        return Ok(());
    }
    if number >= limits::PRICES_KEPT_MAX {
        let max = limits::PRICES_KEPT_MAX;
        return Err(Rejection::Conflict(format!("the prices of a showtime can change {max} times at most").into()));
    }
    state.old_prices.insert(&mut cx.journal, PricesId { showtime: id, number }, old);
    state.showtimes.update(&mut cx.journal, id, |showtime| showtime.prices = number + 1);
    Ok(())
}

pub(crate) fn create(state: &mut State, cx: &mut Context, c: &CreateShowtime) -> Result<Reply, Rejection> {
    let event = state.events.get(&c.event).filter(|e| e.organization == c.organization);
    event.ok_or(Rejection::NotFound(Thing::Event))?;
    let plan = plan_of(state, &c.details, c.organization)?;
    check(&c.details)?;
    let tier_of_category = check_prices(&c.details.prices, &plan)?;
    if state.showtimes.contains(&c.id) {
        return Err(Rejection::Conflict("a showtime with this id exists".into()));
    }
    state.census.room_for(c.organization, Kind::Showtime)?;
    let showtime = Arc::new(Showtime {
        id: c.id,
        organization: c.organization,
        event: c.event,
        details: c.details.clone(),
        tier_of_category,
        prices: 0,
        offered: c.details.state != ShowtimeState::Draft,
        version: cx.at.index,
        created_at_ms: cx.now_ms,
    });
    state.census.add(c.organization, Kind::Showtime);
    state.index_showtime(&showtime);
    state.inventories.insert(c.id, Arc::new(Inventory::new(c.id, plan, cx.at.index)));
    state.showtimes.insert(&mut cx.journal, c.id, showtime.clone());
    cx.changes.push(Change::ShowtimeChanged(c.id));
    Ok(Reply::Showtime(showtime))
}

pub(crate) fn update(state: &mut State, cx: &mut Context, c: &UpdateShowtime) -> Result<Reply, Rejection> {
    crate::holds::expire_due(state, cx, c.id);
    let showtime = find(state, c.id, c.organization)?;
    let (version, was, old_plan) = (showtime.version, showtime.details.state, showtime.details.plan);
    if version != c.expected {
        return Err(Rejection::VersionConflict { version });
    }
    let plan = plan_of(state, &c.details, c.organization)?;
    check(&c.details)?;
    let tier_of_category = check_prices(&c.details.prices, &plan)?;
    if was == ShowtimeState::Cancelled && c.details.state != ShowtimeState::Cancelled {
        return Err(Rejection::Conflict("a cancelled showtime cannot be put on sale again".into()));
    }
    let used = state.inventories.get(&c.id).is_some_and(|i| i.total().of(PlaceState::Free) != i.total().total());
    if used && c.details.state == ShowtimeState::Draft && was != ShowtimeState::Draft {
        return Err(Rejection::Conflict("a showtime with places held, sold or blocked cannot be a draft again".into()));
    }
    if used {
        keeps_tiers(&showtime.details.prices, &c.details.prices)?;
        if showtime.details.currency != c.details.currency {
            return Err(Rejection::Conflict(
                "the currency of a showtime with places held or sold cannot change".into(),
            ));
        }
    }
    if old_plan != c.details.plan && used {
        return Err(Rejection::Conflict("places of the showtime's plan are held, sold or blocked".into()));
    }
    reprice(state, cx, c.id, &c.details.prices)?;
    if old_plan != c.details.plan {
        state.inventories.insert(c.id, Arc::new(Inventory::new(c.id, plan, cx.at.index)));
    }
    state.showtimes.update(&mut cx.journal, c.id, |showtime| {
        showtime.details = c.details.clone();
        showtime.tier_of_category = tier_of_category;
        showtime.offered |= c.details.state != ShowtimeState::Draft;
        showtime.version = cx.at.index;
    });
    cx.changes.push(Change::ShowtimeChanged(c.id));
    find(state, c.id, c.organization).map(|s| Reply::Showtime(s.clone()))
}

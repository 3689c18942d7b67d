//! Rules of showtimes and their price tiers.

use std::sync::Arc;

use crate::catalogue::moving::{self, Moving};
use crate::catalogue::venues::{check_plan, take_in, zone};
use crate::catalogue::{Showtime, ShowtimeDetails, ShowtimeState};
use crate::census::Kind;
use crate::change::{Change, Reply};
use crate::command::{CreateShowtime, ShowtimeTimes, UpdateShowtime};
use crate::ids::{EventId, OrganizationId, ShowtimeId};
use crate::inventory::PlaceState;
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

pub(crate) fn plan_of(
    state: &State,
    d: &ShowtimeDetails,
    organization: OrganizationId,
) -> Result<Arc<Plan>, Rejection> {
    let plan = state.plans.get(&d.plan).filter(|p| p.organization == organization);
    plan.cloned().ok_or(Rejection::NotFound(Thing::Plan))
}

fn check(d: &ShowtimeDetails) -> Result<(), Rejection> {
    zone(&d.zone)?;
    check_order((d.starts_at_ms, d.ends_at_ms), (d.on_sale_from_ms, d.on_sale_until_ms))?;
    text::at_most("reason", &d.reason, limits::NAME_CHARS_MAX * 2)?;
    let (min, max) = (limits::HOLD_TTL_MIN_MS / 1_000, limits::HOLD_TTL_MAX_MS / 1_000);
    text::between("hold_ttl_seconds", d.hold_ttl_ms / 1_000, min, max)?;
    let (min, max) = (limits::PAYMENT_TIME_MIN_MS / 1_000, limits::PAYMENT_TIME_MAX_MS / 1_000);
    text::between("payment_time_seconds", d.payment_time_ms / 1_000, min, max)?;
    text::between("max_extensions", d.max_extensions, 0, limits::EXTENSIONS_MAX)?;
    text::between("orphan_rule_until_percent", u32::from(d.orphan_rule_until_percent), 0, 100)?;
    text::between("max_places_per_order", d.max_places_per_order, 1, limits::PLACES_PER_ORDER_MAX)
}

/// What ends, ends after it began; in ms.
fn check_order(show: (u64, Option<u64>), sale: (Option<u64>, Option<u64>)) -> Result<(), Rejection> {
    if show.1.is_some_and(|end| end <= show.0) {
        return Err(text::violated("ends_at must be after starts_at".to_owned()));
    }
    if let (Some(from), Some(until)) = sale
        && until <= from
    {
        return Err(text::violated("on_sale_until must be after on_sale_from".to_owned()));
    }
    Ok(())
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

/// A showtime in the making: details that were checked, on a plan.
pub(crate) struct Making {
    details: ShowtimeDetails,
    plan: Arc<Plan>,
    /// Whether the plan is still to be taken in.
    new_plan: bool,
    tier_of_category: Vec<Option<u16>>,
}

impl Making {
    /// `own` is the plan that the showtime brings with it.
    pub(crate) fn of(
        state: &State,
        details: &ShowtimeDetails,
        owner: OrganizationId,
        own: Option<&Arc<Plan>>,
    ) -> Result<Self, Rejection> {
        let (plan, new_plan) = match own {
            None => (plan_of(state, details, owner)?, false),
            Some(own) => {
                let same = |p: &&Arc<Plan>| p.organization == owner && p.venue == own.venue && p.hash == own.hash;
                match state.plans.iter().map(|(_, p)| p).find(same) {
                    Some(plan) => (plan.clone(), false),
                    None if own.organization != owner => return Err(Rejection::NotFound(Thing::Venue)),
                    None => check_plan(state, own).map(|()| (own.clone(), true))?,
                }
            }
        };
        check(details)?;
        let tier_of_category = check_prices(&details.prices, &plan)?;
        let details = ShowtimeDetails { plan: plan.id, ..details.clone() };
        Ok(Self { details, plan, new_plan, tier_of_category })
    }

    /// Takes its own plan in, once, before showtimes are put in.
    pub(crate) fn take_plan_in(&self, state: &mut State, cx: &mut Context) {
        if self.new_plan {
            take_in(state, cx, &self.plan);
        }
    }

    /// The same at other times.
    pub(crate) fn at(&self, times: &ShowtimeTimes) -> Self {
        let mut details = self.details.clone();
        details.starts_at_ms = times.starts_at_ms;
        details.ends_at_ms = times.ends_at_ms;
        details.on_sale_from_ms = times.on_sale_from_ms;
        details.on_sale_until_ms = times.on_sale_until_ms;
        Self { details, plan: self.plan.clone(), new_plan: false, tier_of_category: self.tier_of_category.clone() }
    }
}

/// Checks the times of one of several showtimes.
pub(crate) fn check_times(times: &ShowtimeTimes) -> Result<(), Rejection> {
    check_order((times.starts_at_ms, times.ends_at_ms), (times.on_sale_from_ms, times.on_sale_until_ms))
}

/// Puts a showtime in, all its places free. The caller has checked everything.
pub(crate) fn insert(
    state: &mut State,
    cx: &mut Context,
    (id, organization, event): (ShowtimeId, OrganizationId, EventId),
    making: Making,
) -> Arc<Showtime> {
    let inventory = state.all_free(&making.plan, id, cx.at.index);
    let offered = making.details.state != ShowtimeState::Draft;
    let showtime = Arc::new(Showtime {
        id,
        organization,
        event,
        details: making.details,
        tier_of_category: making.tier_of_category,
        prices: 0,
        offered,
        moved_from_ms: None,
        refunding: None,
        version: cx.at.index,
        created_at_ms: cx.now_ms,
        changed_at_ms: cx.now_ms,
    });
    state.census.add(organization, Kind::Showtime);
    state.index_showtime(&showtime);
    state.inventories.insert(id, Arc::new(inventory));
    state.showtimes.insert(&mut cx.journal, id, showtime.clone());
    cx.changes.push(Change::ShowtimeChanged(id));
    showtime
}

pub(crate) fn create(state: &mut State, cx: &mut Context, c: &CreateShowtime) -> Result<Reply, Rejection> {
    let event = state.events.get(&c.event).filter(|e| e.organization == c.organization);
    event.ok_or(Rejection::NotFound(Thing::Event))?;
    let making = Making::of(state, &c.details, c.organization, c.plan.as_ref())?;
    if state.showtimes.contains(&c.id) {
        return Err(Rejection::Conflict("a showtime with this id exists".into()));
    }
    state.census.room_for(c.organization, Kind::Showtime, 1)?;
    making.take_plan_in(state, cx);
    Ok(Reply::Showtime(insert(state, cx, (c.id, c.organization, c.event), making)))
}

pub(crate) fn update(state: &mut State, cx: &mut Context, c: &UpdateShowtime) -> Result<Reply, Rejection> {
    crate::holds::expire_due(state, cx, c.id);
    let showtime = find(state, c.id, c.organization)?.clone();
    let was = showtime.details.state;
    if showtime.version != c.expected {
        return Err(Rejection::VersionConflict { version: showtime.version });
    }
    let plan = plan_of(state, &c.details, c.organization)?;
    check(&c.details)?;
    let tier_of_category = check_prices(&c.details.prices, &plan)?;
    if was == ShowtimeState::Cancelled && c.details.state != ShowtimeState::Cancelled {
        return Err(Rejection::Conflict("a cancelled showtime cannot be put on sale again".into()));
    }
    let inventory = state.inventories.get(&c.id).ok_or(Rejection::NotFound(Thing::Showtime))?.clone();
    let used = inventory.total().of(PlaceState::Free) != inventory.total().total();
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
    let moving = (showtime.details.plan != c.details.plan)
        .then(|| Moving::of(&inventory, &plan, (&showtime.tier_of_category, &tier_of_category)));
    drop(inventory);
    if let Some(moving) = &moving
        && !moving.is_whole()
    {
        return Err(moving.refusal());
    }
    reprice(state, cx, c.id, &c.details.prices)?;
    if let Some(moving) = moving {
        let fresh = state.all_free(&plan, c.id, cx.at.index);
        cx.changes.push(Change::PlanChanged(c.id));
        moving::carry_out(state, cx, c.id, &moving, fresh);
    }
    tell(cx, &showtime, &c.details, used);
    let moved_from_ms =
        if showtime.details.starts_at_ms != c.details.starts_at_ms && (used || was == ShowtimeState::Postponed) {
            Some(showtime.details.starts_at_ms)
        } else {
            showtime.moved_from_ms
        };
    state.showtimes.update(&mut cx.journal, c.id, |showtime| {
        showtime.details = c.details.clone();
        showtime.tier_of_category = tier_of_category;
        showtime.offered |= c.details.state != ShowtimeState::Draft;
        showtime.moved_from_ms = moved_from_ms;
        showtime.version = cx.at.index;
        showtime.changed_at_ms = cx.now_ms;
    });
    cx.changes.push(Change::ShowtimeChanged(c.id));
    find(state, c.id, c.organization).map(|s| Reply::Showtime(s.clone()))
}

/// Says what buyers must be told.
fn tell(cx: &mut Context, old: &Showtime, new: &ShowtimeDetails, used: bool) {
    let became = |state| old.details.state != state && new.state == state;
    if became(ShowtimeState::Cancelled) {
        cx.changes.push(Change::ShowtimeCancelled(old.id));
    }
    if became(ShowtimeState::Postponed) {
        cx.changes.push(Change::ShowtimePostponed(old.id));
    }
    let from_ms = old.details.starts_at_ms;
    if from_ms != new.starts_at_ms && (used || old.details.state == ShowtimeState::Postponed) {
        cx.changes.push(Change::ShowtimeMoved { showtime: old.id, from_ms });
    }
}

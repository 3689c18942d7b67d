//! `/api/v1/showtimes/{showtime}/holds` and `/api/v1/holds/{hold}`: the hottest path of all. One look at the state,
//! one proposal, one small answer. Deliberately not here: any decision; the rules decide (see `booking::holds`).

use std::fmt;
use std::sync::Arc;

use axum::extract::State as Shared;
use booking::command::{AreaQuantity, BestAvailable, ExtendHold, PlaceHold, ReleaseHold};
use booking::holds::{Hold, HoldState};
use booking::ids::{HoldId, OrderId, OrganizationId, ShowtimeId};
use booking::inventory::Inventory;
use booking::keys::Scope;
use booking::{Command, Rejection, Reply as Done, best_available, limits};
use raft::Answer;
use serde::de::{MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::money::MoneyJson;
use crate::places::{self, AreaJson, House, SeatJson};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::Time;

/// How often a hold is put into the terms of a new plan when its showtime moves to another meanwhile.
const PLAN_CHANGES_MAX: usize = 3;

/// A wanted place: its id, or the id with a ticket type.
#[derive(Debug, ToSchema)]
#[schema(value_type = serde_json::Value)]
struct Wanted(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedObject {
    id: String,
    #[serde(default)]
    ticket_type: Option<String>,
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Wanted;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a place id, or an object with the member id")
            }
            fn visit_str<E>(self, text: &str) -> Result<Wanted, E> {
                Ok(Wanted(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Wanted, A::Error> {
                let object = WantedObject::deserialize(MapAccessDeserializer::new(map))?;
                if object.ticket_type.is_some() {
                    return Err(serde::de::Error::custom("showtimes have no ticket types yet"));
                }
                Ok(Wanted(object.id))
            }
        }
        d.deserialize_any(Read)
    }
}

/// Seats that the cluster chooses.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BestBody {
    #[schema(minimum = 1, maximum = 100)]
    quantity: u32,
    /// Only of this price tier.
    tier: Option<Box<str>>,
    /// Only in this section.
    section: Option<Box<str>>,
    /// How many of them are to be for wheelchairs.
    #[serde(default)]
    accessible: u32,
}

/// A number of an area's places.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AreaBody {
    /// The area's id.
    #[schema(value_type = String)]
    pub(crate) area: Box<str>,
    #[schema(minimum = 1, maximum = 100_000)]
    pub(crate) quantity: u32,
}

/// What to hold: all or nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldBody {
    /// Place ids, or objects `{"id"}`.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    places: Vec<Wanted>,
    best_available: Option<BestBody>,
    #[serde(default)]
    #[schema(max_items = 100)]
    areas: Vec<AreaBody>,
}

/// The life of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HoldState)]
enum StateJson {
    Active,
    Expired,
    Released,
    Confirmed,
}

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub(crate) struct HoldJson<'a> {
    #[schema(value_type = String)]
    id: HoldId,
    /// Stands for the hold and the order made from it; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[schema(value_type = String)]
    showtime: ShowtimeId,
    state: StateJson,
    /// Whether all its seats are neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    together: Option<bool>,
    /// Over how many rows its seats are spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<usize>,
    places: Vec<SeatJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    areas: Vec<AreaJson<'a>>,
    total: MoneyJson,
    expires_at: Time,
    /// Cluster time: what `expires_at` is to be compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<Time>,
    extensions_left: u8,
    /// The order that took it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    order: Option<OrderId>,
}

/// What is left to say of a hold that was given back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleasedHold)]
pub(crate) struct ReleasedJson {
    #[schema(value_type = String)]
    id: HoldId,
    state: StateJson,
}

fn state_of(hold: &Hold, now_ms: Option<u64>) -> (StateJson, Option<OrderId>) {
    match hold.state {
        // Due, and not yet swept away.
        HoldState::Active if now_ms.is_some_and(|now| hold.expires_at_ms <= now) => (StateJson::Expired, None),
        HoldState::Active => (StateJson::Active, None),
        HoldState::Expired => (StateJson::Expired, None),
        HoldState::Released => (StateJson::Released, None),
        HoldState::Confirmed(order) => (StateJson::Confirmed, Some(order)),
    }
}

fn view<'a>(house: &'a House, hold: &Hold, now_ms: Option<u64>, token: Option<String>) -> HoldJson<'a> {
    let (state, order) = state_of(hold, now_ms);
    let seats: Vec<u32> = hold.places.seats.iter().map(|seat| seat.seat).collect();
    let quality = (!seats.is_empty()).then(|| best_available::quality(&house.plan, &seats));
    HoldJson {
        id: hold.id,
        token,
        showtime: hold.showtime,
        state,
        together: quality.map(|(together, _)| together),
        rows: quality.map(|(_, rows)| rows),
        places: places::seats(house, &hold.places),
        areas: places::areas(house, &hold.places),
        total: places::total(&hold.places),
        expires_at: Time(hold.expires_at_ms),
        now: now_ms.map(Time),
        extensions_left: hold.extensions_left,
        order,
    }
}

/// What a place request names, found in a plan.
pub(crate) struct Places {
    pub(crate) seats: Vec<u32>,
    pub(crate) areas: Vec<AreaQuantity>,
}

/// Finds seats and areas by their ids.
pub(crate) fn resolve<'a>(
    plan: &booking::plan::Plan,
    seats: impl Iterator<Item = &'a str>,
    areas: &[AreaBody],
) -> Result<Places, Problem> {
    let missing = |member: &str, nth: usize, id: &str| {
        Kind::NotFound
            .detail(format!("there is no place {id} in the seating plan"))
            .with("pointer", format!("/{member}/{nth}"))
    };
    let seats = seats
        .enumerate()
        .map(|(nth, id)| plan.seat_number(id).ok_or_else(|| missing("places", nth, id)))
        .collect::<Result<_, _>>()?;
    let areas = areas
        .iter()
        .enumerate()
        .map(|(nth, a)| {
            let area = plan.area_index(&a.area).ok_or_else(|| missing("areas", nth, &a.area))?;
            Ok(AreaQuantity { area, quantity: a.quantity })
        })
        .collect::<Result<_, Problem>>()?;
    Ok(Places { seats, areas })
}

/// Picks the best seats on this node's own state; the rules take the pick if it is still free.
fn pick(inventory: &Inventory, house: &House, body: &BestBody, besides: &[u32]) -> Result<BestAvailable, Problem> {
    let section = match &body.section {
        None => None,
        Some(id) => {
            let at = house.plan.sections.iter().position(|s| s.id == *id);
            let missing =
                || Kind::NotFound.detail("there is no such section").with("pointer", "/best_available/section");
            Some(at.ok_or_else(missing)? as u16)
        }
    };
    let mut criteria = BestAvailable {
        quantity: body.quantity,
        tier: body.tier.clone(),
        section,
        accessible: body.accessible,
        spread: draw() as u32,
        pick: Vec::new(),
    };
    // What the rules refuse anyway is not searched for.
    if body.quantity <= limits::PLACES_PER_ORDER_MAX && body.quantity > 0 {
        criteria.pick = best_available::pick(inventory, &house.showtime, &criteria, besides);
    }
    Ok(criteria)
}

fn command(app: &App, house: &House, body: &HoldBody, inventory: Option<Arc<Inventory>>) -> Result<Command, Problem> {
    let Places { seats, areas } = resolve(&house.plan, body.places.iter().map(|w| w.0.as_str()), &body.areas)?;
    let best = match (&body.best_available, inventory) {
        (Some(best), Some(inventory)) => Some(pick(&inventory, house, best, &seats)?),
        _ => None,
    };
    let id = HoldId::mint(app.now_ms(), draw());
    Ok(Command::PlaceHold(PlaceHold { id, showtime: house.showtime.id, plan: house.plan.id, seats, best, areas }))
}

#[utoipa::path(post, path = "/api/v1/showtimes/{showtime}/holds", tag = "Holds and orders", summary = "Hold places",
    description = "All or nothing. Needs no token; the answer's `token` stands for the hold from then on. Places are \
        sold while the event is published and the showtime is on sale: 404 while either is a draft (`detail` says \
        which), 409 `not-on-sale` when the event is archived, the showtime closed or cancelled, or it is not the time.",
    request_body = HoldBody, responses((status = 201, description = "The hold", body = HoldJson)))]
pub(crate) async fn place(
    Shared(app): Shared<App>,
    Id(showtime): Id<ShowtimeId>,
    action: Action,
) -> Result<Reply, Problem> {
    let body: HoldBody = action.json()?;
    let wants_best = body.best_available.is_some();
    for _ in 0..PLAN_CHANGES_MAX {
        let (house, inventory) = app
            .must_find(|s| {
                let inventory = wants_best.then(|| s.inventory(showtime).cloned()).flatten();
                Some((House::of(s, showtime)?, inventory))
            })
            .await?;
        let command = command(&app, &house, &body, inventory)?;
        let answer = app.propose(&action, house.showtime.organization.0, command).await?;
        match &answer.outcome {
            Ok(Done::Hold(hold)) => {
                let view = view(&house, hold, Some(hold.placed_at_ms), Some(app.tokens.hold(hold.id)));
                return Ok(Reply::created(&view)?.answered(&answer));
            }
            Ok(_) => return Err(Kind::Internal.problem()),
            Err(Rejection::PlanChanged) => app.cluster.wait_applied(answer.index, crate::app::BEHIND).await?,
            Err(rejection) => return Err(Problem::rejected(rejection, Some(&house.plan)).answered(&answer)),
        }
    }
    Err(Problem::rejected(&Rejection::PlanChanged, None))
}

/// Whoever acts on a hold: the bearer of its token (none), or staff of an organization.
fn actor(app: &App, action: &Action, id: HoldId) -> Result<Option<OrganizationId>, Problem> {
    if action.caller.opens(app, id) {
        return Ok(None);
    }
    match action.caller.staff(Scope::Sell) {
        Ok(key) => Ok(Some(key.organization)),
        // The token of another hold: this one is not there for its bearer.
        Err(_) if !action.caller.is_nobody() && action.caller.key().is_none() => Err(Kind::NotFound.problem()),
        Err(problem) => Err(problem),
    }
}

/// The organization whose turn a request about the hold takes.
fn lane(app: &App, id: HoldId) -> u128 {
    app.cluster.state().hold(id).map_or(0, |h| h.organization.0)
}

async fn house(app: &App, hold: &Hold, answer: &Answer) -> Result<House, Problem> {
    app.after(answer.index, |s| House::of(s, hold.showtime)).await
}

#[utoipa::path(post, path = "/api/v1/holds/{hold}/extend", tag = "Holds and orders", summary = "Prolong a hold",
    description = "By its showtime's TTL, counted from now.",
    responses((status = 200, description = "The hold", body = HoldJson)))]
pub(crate) async fn extend(Shared(app): Shared<App>, Id(id): Id<HoldId>, action: Action) -> Result<Reply, Problem> {
    let organization = actor(&app, &action, id)?;
    action.no_body()?;
    let answer = app.propose(&action, lane(&app, id), Command::ExtendHold(ExtendHold { id, organization })).await?;
    match &answer.outcome {
        // No `now`: a repeat must give the same answer.
        Ok(Done::Hold(hold)) => {
            Ok(Reply::ok(&view(&house(&app, hold, &answer).await?, hold, None, None))?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(delete, path = "/api/v1/holds/{hold}", tag = "Holds and orders", summary = "Give a hold back",
    description = "Giving back what is over already is no mistake.",
    responses((status = 200, description = "The hold as it is now", body = ReleasedJson)))]
pub(crate) async fn release(Shared(app): Shared<App>, Id(id): Id<HoldId>, action: Action) -> Result<Reply, Problem> {
    let organization = actor(&app, &action, id)?;
    action.no_body()?;
    let answer = app.propose(&action, lane(&app, id), Command::ReleaseHold(ReleaseHold { id, organization })).await?;
    match &answer.outcome {
        Ok(Done::Hold(hold)) => {
            let (state, _) = state_of(hold, None);
            Ok(Reply::ok(&ReleasedJson { id, state })?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/holds/{hold}", tag = "Holds and orders", summary = "Read a hold",
    responses((status = 200, description = "The hold", body = HoldJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<HoldId>, reading: Reading) -> Result<Reply, Problem> {
    let caller = &reading.caller;
    if caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    let staff_of = caller.organization_with(&[Scope::Read, Scope::Sell]);
    let opens = caller.opens(&app, id);
    reading.fresh(&app, Consistency::Linearizable).await?;
    let (hold, house, now_ms, index) = {
        let state = app.cluster.state();
        let hold = state.hold(id).filter(|h| opens || staff_of == Some(h.organization));
        let hold = hold.ok_or_else(|| Kind::NotFound.problem())?.clone();
        let house = House::of(&state, hold.showtime).ok_or_else(|| Kind::NotFound.problem())?;
        // Over or not is decided by the log's time: this node's reckoning may be ahead of the next entry's stamp, and what
        // was told to be over would still be sold. The reckoning only says how much is left of what is active.
        let logged_ms = state.now_ms();
        let now_ms = if logged_ms < hold.expires_at_ms {
            app.now_ms().clamp(logged_ms, hold.expires_at_ms - 1)
        } else {
            logged_ms.max(app.now_ms())
        };
        (hold, house, now_ms, state.index())
    };
    Ok(Reply::ok(&view(&house, &hold, Some(now_ms), None))?.at(index))
}

//! `/api/v1/showtimes/{showtime}/holds` and `/api/v1/holds/{hold}`: the hottest path of all. One look at the state,
//! one proposal, one small answer. Deliberately not here: any decision; the rules decide (see `booking::holds`).

use std::fmt;
use std::sync::Arc;

use axum::extract::State as Shared;
use booking::command::{
    AreaQuantity, AreaTickets, BestAvailable, ExtendHold, PlaceHold, ReleaseHold, SeatType, TypeQuantity,
};
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
use crate::places::{self, AreaJson, House, ReceiptJson, SeatJson};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::Time;

/// How often a hold is put into the terms of a new plan when its showtime moves to another meanwhile.
const PLAN_CHANGES_MAX: usize = 3;

/// A wanted place: its id, or the id with a ticket type.
#[derive(Debug)]
struct Wanted {
    id: String,
    ticket_type: Option<Box<str>>,
}

/// A place as a ticket type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlaceAsType)]
struct WantedObject {
    /// The place id.
    id: String,
    /// The ticket type's id.
    #[serde(default)]
    #[schema(value_type = Option<String>, examples("child"))]
    ticket_type: Option<Box<str>>,
}

/// How the document tells of [`Wanted`].
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = WantedPlace)]
#[expect(dead_code, reason = "for the document only")]
enum WantedSchema {
    /// A place id.
    Id(String),
    /// With a ticket type.
    Typed(WantedObject),
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
                Ok(Wanted { id: text.to_owned(), ticket_type: None })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Wanted, A::Error> {
                let object = WantedObject::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Wanted { id: object.id, ticket_type: object.ticket_type })
            }
        }
        d.deserialize_any(Read)
    }
}

/// Seats that the cluster chooses.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BestBody {
    /// May be left out if `ticket_types` says it.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100)]
    quantity: Option<u32>,
    /// What they are sold as; together as many as `quantity`.
    #[serde(default)]
    #[schema(max_items = 20)]
    ticket_types: Vec<TypeBody>,
    /// Only of this price tier.
    tier: Option<Box<str>>,
    /// Only in this section.
    section: Option<Box<str>>,
    /// How many of them are to be for wheelchairs.
    #[serde(default)]
    accessible: u32,
}

/// A number of tickets of one type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TypeBody {
    /// The ticket type's id.
    #[schema(value_type = String)]
    id: Box<str>,
    #[schema(minimum = 1, maximum = 100)]
    quantity: u32,
}

/// A number of an area's places as tickets of one type; the same area may be asked for again under another type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AreaTicketsBody {
    /// The area's id.
    #[schema(value_type = String)]
    area: Box<str>,
    #[schema(minimum = 1, maximum = 100)]
    quantity: u32,
    /// The ticket type's id; the tier's first that is not hidden if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ticket_type: Option<Box<str>>,
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
    /// Place ids, or objects `{"id", "ticket_type"}`; without `ticket_type` a place is the first of its tier's types that
    /// is not hidden.
    #[serde(default)]
    #[schema(value_type = Vec<WantedSchema>, max_items = 100,
        examples(json!(["A-1", {"id": "A-2", "ticket_type": "child"}])))]
    places: Vec<Wanted>,
    best_available: Option<BestBody>,
    #[serde(default)]
    #[schema(max_items = 100)]
    areas: Vec<AreaTicketsBody>,
    /// Code of a voucher. It is used when the hold is placed, and given back when the hold ends without an order.
    #[schema(value_type = Option<String>, max_length = 32, examples("SUMMER-26"))]
    voucher: Option<Box<str>>,
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
    /// Code of the voucher that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher: Option<&'a str>,
    receipt: ReceiptJson,
    /// What an order of this hold costs, all fees and taxes in it; it does not change any more.
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
        voucher: house.voucher(),
        receipt: places::receipt(house, &hold.places),
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
    areas: impl Iterator<Item = (&'a str, u32)>,
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
        .enumerate()
        .map(|(nth, (id, quantity))| {
            let area = plan.area_index(id).ok_or_else(|| missing("areas", nth, id))?;
            Ok(AreaQuantity { area, quantity })
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
    let types = body.ticket_types.iter().map(|t| TypeQuantity { ticket_type: t.id.clone(), quantity: t.quantity });
    let sum = body.ticket_types.iter().fold(0_u32, |sum, t| sum.saturating_add(t.quantity));
    let unsaid = || Problem::malformed("body", "/best_available", "missing field `quantity`");
    let said = body.quantity.or((!body.ticket_types.is_empty()).then_some(sum));
    let quantity = said.ok_or_else(unsaid)?;
    let mut criteria = BestAvailable {
        quantity,
        tier: body.tier.clone(),
        section,
        accessible: body.accessible,
        spread: draw() as u32,
        pick: Vec::new(),
        types: types.collect(),
    };
    // What the rules refuse anyway is not searched for.
    if quantity <= limits::PLACES_PER_ORDER_MAX && quantity > 0 {
        criteria.pick = best_available::pick(inventory, &house.showtime, &criteria, besides);
    }
    Ok(criteria)
}

/// A voucher's code that may go into the log: one that is longer than any is refused as one that nobody has.
pub(crate) fn code(code: Option<Box<str>>) -> Result<Option<Box<str>>, Problem> {
    match code {
        Some(code) if code.trim().len() > limits::VOUCHER_CODE_CHARS_MAX => Err(Kind::VoucherInvalid.problem()),
        Some(code) => Ok(Some(code.trim().into())),
        None => Ok(None),
    }
}

fn command(app: &App, house: &House, body: &HoldBody, inventory: Option<Arc<Inventory>>) -> Result<Command, Problem> {
    let named = body.areas.iter().map(|a| (&*a.area, a.quantity));
    let Places { seats, areas } = resolve(&house.plan, body.places.iter().map(|w| w.id.as_str()), named)?;
    let types = seats.iter().zip(&body.places);
    let types = types.filter_map(|(seat, w)| Some(SeatType { seat: *seat, ticket_type: w.ticket_type.clone()? }));
    let types = types.collect();
    let areas = areas.into_iter().zip(&body.areas).map(|(of, a)| AreaTickets {
        area: of.area,
        quantity: of.quantity,
        ticket_type: a.ticket_type.clone(),
    });
    let areas = areas.collect();
    let best = match (&body.best_available, inventory) {
        (Some(best), Some(inventory)) => Some(pick(&inventory, house, best, &seats)?),
        _ => None,
    };
    let id = HoldId::mint(app.now_ms(), draw());
    let (showtime, plan, voucher) = (house.showtime.id, house.plan.id, code(body.voucher.clone())?);
    Ok(Command::PlaceHold(PlaceHold { id, showtime, plan, seats, best, areas, types, voucher }))
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
                // Prices or the plan may have changed since, and a voucher's code is looked up.
                let house = if house.suits(&hold.places) {
                    house
                } else {
                    app.after(answer.index, |s| House::of_places(s, showtime, &hold.places)).await?
                };
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
        Err(_) if !action.caller.is_nobody() && !action.caller.is_staff() => Err(Kind::NotFound.problem()),
        Err(problem) => Err(problem),
    }
}

/// The organization whose turn a request about the hold takes.
fn lane(app: &App, id: HoldId) -> u128 {
    app.cluster.state().hold(id).map_or(0, |h| h.organization.0)
}

async fn house(app: &App, hold: &Hold, answer: &Answer) -> Result<House, Problem> {
    app.after(answer.index, |s| House::of_places(s, hold.showtime, &hold.places)).await
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
        let house = House::of_places(&state, hold.showtime, &hold.places).ok_or_else(|| Kind::NotFound.problem())?;
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

//! `/api/v1/events/{event}/showtimes` and `/api/v1/showtimes/{showtime}`: dated performances with their prices.

use std::sync::Arc;

use axum::extract::State as Shared;
use booking::catalogue::{OrphanRule, Showtime, ShowtimeDetails, ShowtimeState};
use booking::command::{CreateShowtime, UpdateShowtime};
use booking::ids::{EventId, OrganizationId, PlanId, ShowtimeId, VenueId};
use booking::keys::Scope;
use booking::plan::Plan;
use booking::{Command, Reply as Done, limits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::lists::{ListQuery, Page, page};
use crate::plans::generate::{self, AreaBody};
use crate::prices::{FeeJson, TaxJson, TierJson, TierPricesJson};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;
use crate::venues::check_zone;
use crate::{conditional, patch, prices, time, visibility};

pub(crate) mod moving;
pub(crate) mod refunds;
pub(crate) mod series;

/// Whether single seats may be left over between others: always (`off`), only at the end of a run of seats
/// (`aisle_ok`), never (`strict`).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrphanRule)]
pub(crate) enum OrphanRuleJson {
    #[default]
    Off,
    AisleOk,
    Strict,
}

/// The life of a showtime: `draft` (staff only), `on_sale` (once its event is published, too), `closed`, `cancelled`,
/// `postponed` (not sold until it has a new time and is on sale again).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ShowtimeState)]
pub(crate) enum ShowtimeStateJson {
    #[default]
    Draft,
    OnSale,
    Closed,
    Cancelled,
    Postponed,
}

impl ShowtimeStateJson {
    pub(crate) fn of(state: ShowtimeState) -> Self {
        match state {
            ShowtimeState::Draft => Self::Draft,
            ShowtimeState::OnSale => Self::OnSale,
            ShowtimeState::Closed => Self::Closed,
            ShowtimeState::Cancelled => Self::Cancelled,
            ShowtimeState::Postponed => Self::Postponed,
        }
    }
}

/// What staff say of a showtime.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowtimeBody {
    /// The seating plan version. A showtime without seats needs none: it names `venue` and `areas` instead when it is
    /// made, and a plan is made with it, one for all showtimes with the same areas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    plan: Option<PlanId>,
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, write_only)]
    venue: Option<VenueId>,
    /// Unnumbered places; an area is a price category of its own unless it names one.
    #[serde(default, skip_serializing)]
    #[schema(max_items = 1000, write_only)]
    areas: Vec<AreaBody>,
    starts_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<Time>,
    /// IANA time zone; the venue's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<Box<str>>,
    /// Sold from; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_sale_from: Option<Time>,
    /// Sold until; until it begins if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_sale_until: Option<Time>,
    #[serde(default = "hold_ttl")]
    #[schema(minimum = 30, maximum = 7200)]
    hold_ttl_seconds: u32,
    #[serde(default = "extensions")]
    #[schema(maximum = 3)]
    max_extensions: u8,
    /// Time for paying an order, during which its places are kept.
    #[serde(default = "payment_time")]
    #[schema(minimum = 10, maximum = 7200)]
    payment_time_seconds: u32,
    #[serde(default = "places")]
    #[schema(minimum = 1, maximum = 100)]
    max_places_per_order: u32,
    #[serde(default)]
    orphan_rule: OrphanRuleJson,
    /// The rule holds until so many per cent of the places are held or sold; 100: to the end.
    #[serde(default = "orphan_rule_until")]
    #[schema(maximum = 100)]
    orphan_rule_until_percent: u8,
    /// At least one; all in one currency.
    price_tiers: Vec<TierJson>,
    /// Fees besides those of the tiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    fees: Vec<FeeJson>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    taxes: Vec<TaxJson>,
    #[serde(default)]
    state: ShowtimeStateJson,
    /// Why it was cancelled, postponed or moved, for buyers.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    #[schema(value_type = String, max_length = 400)]
    reason: Box<str>,
}

const fn hold_ttl() -> u32 {
    (limits::HOLD_TTL_MS / 1_000) as u32
}
const fn payment_time() -> u32 {
    (limits::PAYMENT_TIME_MS / 1_000) as u32
}
const fn extensions() -> u8 {
    limits::EXTENSIONS
}
const fn orphan_rule_until() -> u8 {
    limits::ORPHAN_RULE_UNTIL_PERCENT
}
const fn places() -> u32 {
    limits::PLACES_PER_ORDER
}

/// A showtime.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Showtime)]
pub(crate) struct ShowtimeJson {
    #[schema(value_type = String)]
    id: ShowtimeId,
    #[schema(value_type = String)]
    event: EventId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// Where it plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    venue: Option<VenueId>,
    #[serde(flatten)]
    body: ShowtimeBody,
    /// What tickets cost now, all fees and taxes in it, tier by tier.
    prices: Vec<TierPricesJson>,
    /// The wall time at which it begins in its zone, with its offset.
    #[schema(examples("2026-12-24T19:30:00+01:00"))]
    local_starts_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_ends_at: Option<String>,
    /// When it was to begin, if it was moved after places had been held or sold, or postponed.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_from: Option<Time>,
    created_at: Time,
}

impl ShowtimeBody {
    fn of(d: &ShowtimeDetails, staff: bool) -> Self {
        Self {
            plan: Some(d.plan),
            venue: None,
            areas: Vec::new(),
            starts_at: Time(d.starts_at_ms),
            ends_at: d.ends_at_ms.map(Time),
            zone: Some(d.zone.clone()),
            on_sale_from: d.on_sale_from_ms.map(Time),
            on_sale_until: d.on_sale_until_ms.map(Time),
            hold_ttl_seconds: (d.hold_ttl_ms / 1_000) as u32,
            max_extensions: d.max_extensions,
            payment_time_seconds: (d.payment_time_ms / 1_000) as u32,
            max_places_per_order: d.max_places_per_order,
            orphan_rule: match d.orphan_rule {
                OrphanRule::Off => OrphanRuleJson::Off,
                OrphanRule::AisleOk => OrphanRuleJson::AisleOk,
                OrphanRule::Strict => OrphanRuleJson::Strict,
            },
            orphan_rule_until_percent: d.orphan_rule_until_percent,
            price_tiers: prices::tiers(d, staff),
            fees: prices::fees(d),
            taxes: prices::taxes(d),
            state: ShowtimeStateJson::of(d.state),
            reason: d.reason.clone(),
        }
    }

    /// The plan that it names; or the one to make of its areas.
    async fn stage(&self, app: &App, organization: OrganizationId) -> Result<Stage, Problem> {
        let of_venue = |id: VenueId| app.find(move |s| s.venue(id).map(|v| v.details.zone.clone()));
        match (self.plan, self.venue, self.areas.is_empty()) {
            (Some(plan), None, true) => {
                let zone = app.find(|s| s.plan(plan).and_then(|p| s.venue(p.venue)).map(|v| v.details.zone.clone()));
                Ok(Stage { plan, made: None, zone: zone.await? })
            }
            (None, Some(venue), false) => {
                let plan = generate::of_areas(&self.areas, organization, venue, PlanId::mint(app.now_ms(), draw()))?;
                Ok(Stage { plan: plan.id, made: Some(Arc::new(plan)), zone: of_venue(venue).await? })
            }
            _ => Err(Problem::malformed("body", "/plan", "expected either a plan, or a venue and areas")),
        }
    }

    /// As the rules take it; `zone` is the venue's.
    fn details(self, plan: PlanId, zone: Option<&str>) -> Result<ShowtimeDetails, Problem> {
        let zone: Box<str> = self.zone.or_else(|| zone.map(Into::into)).unwrap_or_else(|| "UTC".into());
        check_zone(&zone)?;
        let (prices, currency) = prices::prices(self.price_tiers, self.fees, self.taxes)?;
        Ok(ShowtimeDetails {
            plan,
            starts_at_ms: self.starts_at.0,
            ends_at_ms: self.ends_at.map(|t| t.0),
            zone,
            on_sale_from_ms: self.on_sale_from.map(|t| t.0),
            on_sale_until_ms: self.on_sale_until.map(|t| t.0),
            hold_ttl_ms: u64::from(self.hold_ttl_seconds) * 1_000,
            max_extensions: self.max_extensions,
            payment_time_ms: u64::from(self.payment_time_seconds) * 1_000,
            max_places_per_order: self.max_places_per_order,
            orphan_rule: match self.orphan_rule {
                OrphanRuleJson::Off => OrphanRule::Off,
                OrphanRuleJson::AisleOk => OrphanRule::AisleOk,
                OrphanRuleJson::Strict => OrphanRule::Strict,
            },
            orphan_rule_until_percent: self.orphan_rule_until_percent,
            currency,
            prices,
            state: match self.state {
                ShowtimeStateJson::Draft => ShowtimeState::Draft,
                ShowtimeStateJson::OnSale => ShowtimeState::OnSale,
                ShowtimeStateJson::Closed => ShowtimeState::Closed,
                ShowtimeStateJson::Cancelled => ShowtimeState::Cancelled,
                ShowtimeStateJson::Postponed => ShowtimeState::Postponed,
            },
            reason: self.reason,
        })
    }
}

/// Where a showtime plays.
struct Stage {
    plan: PlanId,
    /// The plan, if it is to be made.
    made: Option<Arc<Plan>>,
    /// The time zone of the venue, if that is known.
    zone: Option<Box<str>>,
}

/// Where a showtime plays, by its plan.
fn venue(state: &booking::State, of: &Showtime) -> Option<VenueId> {
    state.plan(of.details.plan).map(|plan| plan.venue)
}

fn view(s: &Showtime, venue: Option<VenueId>, staff: bool, now_ms: u64) -> ShowtimeJson {
    ShowtimeJson {
        id: s.id,
        event: s.event,
        organization: s.organization,
        venue,
        body: ShowtimeBody::of(&s.details, staff),
        prices: prices::now(&s.details, staff, now_ms),
        local_starts_at: time::local(s.details.starts_at_ms, &s.details.zone),
        local_ends_at: s.details.ends_at_ms.map(|end| time::local(end, &s.details.zone)),
        moved_from: s.moved_from_ms.map(Time),
        created_at: Time(s.created_at_ms),
    }
}

#[utoipa::path(post, path = "/api/v1/events/{event}/showtimes", tag = "Catalogue", summary = "Make a showtime",
    request_body = ShowtimeBody, responses((status = 201, description = "The showtime", body = ShowtimeJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, Id(event): Id<EventId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.must_have_room()?;
    let body: ShowtimeBody = action.json()?;
    let stage = body.stage(&app, organization).await?;
    let details = body.details(stage.plan, stage.zone.as_deref())?;
    let id = ShowtimeId::mint(app.now_ms(), draw());
    let create = CreateShowtime { id, organization, event, details, plan: stage.made };
    let command = Command::CreateShowtime(Box::new(create));
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Showtime(showtime)) => {
            let venue = app.after(answer.index, |s| venue(s, showtime)).await?;
            Ok(Reply::created(&view(showtime, Some(venue), true, app.now_ms()))?
                .answered(&answer)
                .version(showtime.version))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/events/{event}/showtimes", tag = "Catalogue", summary = "List an event's showtimes",
    responses((status = 200, description = "A page of showtimes", body = Page<ShowtimeJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, Id(event): Id<EventId>, reading: Reading) -> Result<Reply, Problem> {
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<ShowtimeId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    visibility::event(&state, &reading.caller, event).ok_or_else(|| Kind::NotFound.problem())?;
    let now_ms = app.now_ms();
    let seen = state
        .showtimes_of(event)
        .filter(|s| after.is_none_or(|a| s.id > a) && visibility::showtime(&state, &reading.caller, s.id).is_some());
    Ok(Reply::ok(&page(
        seen,
        limit,
        |s| s.id,
        |s| view(s, venue(&state, s), reading.caller.sees(s.organization), now_ms),
    ))?
    .at(state.index())
    .hashed())
}

#[utoipa::path(get, path = "/api/v1/showtimes/{showtime}", tag = "Catalogue", summary = "Read a showtime",
    responses((status = 200, description = "The showtime", body = ShowtimeJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let showtime = visibility::showtime(&state, &reading.caller, id).ok_or_else(|| Kind::NotFound.problem())?;
    let (staff, now_ms) = (reading.caller.sees(showtime.organization), app.now_ms());
    let reply = Reply::ok(&view(showtime, venue(&state, showtime), staff, now_ms))?.at(state.index());
    Ok(match prices::variant(&showtime.details, staff, now_ms) {
        None => reply.version(showtime.version),
        Some(variant) => reply.variant(showtime.version, &variant),
    })
}

#[utoipa::path(patch, path = "/api/v1/showtimes/{showtime}", tag = "Catalogue", summary = "Change a showtime",
    description = "A JSON merge patch: absent members stay, null clears optional ones. Another `plan` takes over what is \
        held, sold and blocked, or is refused (see `POST /api/v1/showtimes/{showtime}/plan`); that is also how areas change.",
    request_body = ShowtimeBody, responses((status = 200, description = "The showtime", body = ShowtimeJson)))]
pub(crate) async fn update(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.cluster.linearizable().await?;
    let mine = |s: &booking::State| s.showtime(id).filter(|s| s.organization == organization).cloned();
    let showtime = app.must_find(mine).await?;
    let zone = showtime.details.zone.clone();
    let body = patch::merge(&action, &ShowtimeBody::of(&showtime.details, true))?;
    let (Some(plan), None, true) = (body.plan, body.venue, body.areas.is_empty()) else {
        let detail =
            "venue and areas are settled when a showtime is made: give it another plan, of which they can be, too";
        return Err(Kind::RuleViolated.detail(detail).with("pointer", "/plan"));
    };
    let details = body.details(plan, Some(&zone))?;
    let named = conditional::expected(action.headers())?;
    let expected = named.unwrap_or(showtime.version);
    let command = Command::UpdateShowtime(Box::new(UpdateShowtime { organization, id, expected, details }));
    let plan = app.cluster.state().plan(showtime.details.plan).cloned();
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Showtime(showtime)) => {
            let venue = app.after(answer.index, |s| venue(s, showtime)).await?;
            Ok(Reply::ok(&view(showtime, Some(venue), true, app.now_ms()))?.answered(&answer).version(showtime.version))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, plan.as_deref()).answered(&answer).unless_named(named)),
    }
}

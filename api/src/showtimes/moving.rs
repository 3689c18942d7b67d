//! `/api/v1/showtimes/{showtime}/plan`: another version of a showtime's seating plan, and what it would do to places that are
//! held, sold or blocked. Deliberately not here: how places are found again (see `booking::catalogue::moving`).

use std::sync::Arc;

use axum::extract::State as Shared;
use booking::catalogue::moving::Moving;
use booking::catalogue::{Showtime, ShowtimeDetails};
use booking::command::UpdateShowtime;
use booking::ids::{PlanId, ShowtimeId};
use booking::inventory::{Inventory, PlaceState};
use booking::keys::Scope;
use booking::plan::Plan;
use booking::{Command, Reply as Done, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ShowtimeJson, venue, view};
use crate::action::Action;
use crate::app::App;
use crate::conditional;
use crate::problem::{Kind, Problem};
use crate::reading::Id;
use crate::reply::Reply;

/// Places of each kind that a trial names; all are counted.
const NAMED_MAX: usize = 1_000;

/// Which plan takes over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveBody {
    #[schema(value_type = String)]
    plan: PlanId,
    /// Tell what it would do, and do nothing.
    #[serde(default)]
    dry_run: bool,
}

/// A place that is held, sold or blocked, and where it goes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsedPlace)]
pub(crate) struct UsedJson {
    /// Its id in the plan that the showtime has.
    id: String,
    label: String,
    /// `held`, `sold`, `blocked`.
    state: &'static str,
    /// Its id in the other plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Its label in the other plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_label: Option<String>,
}

/// An area with held, sold or blocked places that cannot go over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsedArea)]
pub(crate) struct UsedAreaJson {
    id: String,
    label: String,
    /// Places that are held, sold or blocked.
    used: u32,
}

/// What a move would do. The lists name a thousand places at most; the numbers are exact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanMove)]
pub(crate) struct MoveJson {
    /// Whether it would be done.
    possible: bool,
    /// Held, sold and blocked seats that keep id and label.
    unchanged: usize,
    /// Those that get another id or label.
    moved_count: usize,
    moved: Vec<UsedJson>,
    lost_count: usize,
    /// Those that the other plan does not have.
    lost: Vec<UsedJson>,
    repriced_count: usize,
    /// Those that would be of another price tier.
    repriced: Vec<UsedJson>,
    /// Areas that the other plan does not have, or with too few places, or in another price tier.
    areas: Vec<UsedAreaJson>,
}

/// The showtime as it is now, or with `dry_run` what would become of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = PlanMoved)]
#[expect(dead_code, reason = "it describes the answers, which are written one by one")]
pub(crate) enum MovedJson {
    /// Done.
    Done(Box<ShowtimeJson>),
    /// Told.
    Told(MoveJson),
}

fn used(inventory: &Inventory, seat: u32, to: Option<(&Plan, u32)>) -> UsedJson {
    let name = |plan: &Plan, n: u32| plan.seats.get(n as usize).map_or_else(String::new, |s| s.id.to_string());
    UsedJson {
        id: name(inventory.plan(), seat),
        label: inventory.plan().label(seat),
        state: match inventory.seat(seat).map(booking::inventory::Cell::state) {
            Some(PlaceState::Held) => "held",
            Some(PlaceState::Sold) => "sold",
            Some(PlaceState::Blocked) => "blocked",
            Some(PlaceState::Free) | None => "free",
        },
        to: to.map(|(plan, n)| name(plan, n)),
        to_label: to.map(|(plan, n)| plan.label(n)),
    }
}

fn tell(inventory: &Inventory, plan: &Plan, moving: &Moving) -> MoveJson {
    let same = |(from, to): &(u32, u32)| {
        let ids = (inventory.plan().seats.get(*from as usize), plan.seats.get(*to as usize));
        let same_id = matches!(ids, (Some(a), Some(b)) if a.id == b.id);
        same_id && inventory.plan().label(*from) == plan.label(*to)
    };
    let moved: Vec<_> = moving.seats.iter().filter(|pair| !same(pair)).collect();
    let named = |seats: &[u32]| seats.iter().take(NAMED_MAX).map(|s| used(inventory, *s, None)).collect();
    let area = |index: &u16| {
        let area = inventory.plan().areas.get(usize::from(*index))?;
        let free = inventory.area(*index)?.free;
        Some(UsedAreaJson { id: area.id.to_string(), label: area.name.to_string(), used: area.capacity - free })
    };
    MoveJson {
        possible: moving.is_whole(),
        unchanged: moving.seats.len() - moved.len(),
        moved_count: moved.len(),
        moved: moved.iter().take(NAMED_MAX).map(|(from, to)| used(inventory, *from, Some((plan, *to)))).collect(),
        lost_count: moving.lost.len(),
        lost: named(&moving.lost),
        repriced_count: moving.repriced.len(),
        repriced: named(&moving.repriced),
        areas: moving.lost_areas.iter().filter_map(area).collect(),
    }
}

/// The showtime's details on the other plan: tiers let go of categories that it does not have.
fn details(state: &State, showtime: &Showtime, id: PlanId) -> Result<ShowtimeDetails, Problem> {
    let plan = state.plan(id).filter(|p| p.organization == showtime.organization);
    let plan = plan.ok_or_else(|| Kind::NotFound.detail("there is no such seating plan").with("pointer", "/plan"))?;
    let mut details = showtime.details.clone();
    details.plan = id;
    for tier in &mut Arc::make_mut(&mut details.prices).tiers {
        tier.categories.retain(|name| plan.categories.iter().any(|c| c.name == *name));
    }
    Ok(details)
}

#[utoipa::path(post, path = "/api/v1/showtimes/{showtime}/plan", tag = "Seating",
    summary = "Move a showtime to another version of its seating plan",
    description = "Held, sold and blocked seats are found again by their ids, or by section, row and number where the id is \
        gone; areas by their ids or names. Refused with 409 `conflict` if any of them would be lost, or be of another \
        price tier: `lost`, `repriced` and `areas` name the first hundred. All at once or not at all; live viewers are \
        told to start over, and read the showtime's plan again. With `dry_run` nothing is done and everything is told.",
    request_body = MoveBody,
    responses((status = 200, description = "The showtime; with `dry_run` what it would do", body = MovedJson)))]
pub(crate) async fn change(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    let body: MoveBody = action.json()?;
    app.cluster.linearizable().await?;
    let mine = |s: &State| s.showtime(id).filter(|s| s.organization == organization).cloned();
    let showtime = app.must_find(mine).await?;
    let (details, plan, told, index) = {
        let state = app.cluster.state();
        let details = details(&state, &showtime, body.plan)?;
        let told = if body.dry_run {
            let missing = || Kind::NotFound.problem();
            let inventory = state.inventory(id).cloned().ok_or_else(missing)?;
            let plan = state.plan(body.plan).cloned().ok_or_else(missing)?;
            let moving = Moving::trial(&state, id, &details).map_err(|r| Problem::rejected(&r, None))?;
            Some((inventory, plan, moving))
        } else {
            None
        };
        (details, state.plan(showtime.details.plan).cloned(), told, state.index())
    };
    if let Some((inventory, plan, moving)) = told {
        return Ok(Reply::ok(&tell(&inventory, &plan, &moving))?.at(index));
    }
    let named = conditional::expected(action.headers())?;
    let expected = named.unwrap_or(showtime.version);
    let command = Command::UpdateShowtime(Box::new(UpdateShowtime { organization, id, expected, details }));
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

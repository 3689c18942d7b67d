//! `/api/v1/showtimes/{showtime}/blocks`: places that staff take off sale and give back.

use axum::extract::State as Shared;
use booking::blocks::Block;
use booking::command::{BlockPlaces, UnblockPlaces};
use booking::ids::{BlockId, OrganizationId, ShowtimeId};
use booking::keys::Scope;
use booking::{Command, Reply as Done};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::holds::{AreaBody, Places, resolve};
use crate::lists::{ListQuery, Page, page};
use crate::places::House;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;

/// What to take off sale: all or nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockBody {
    /// Place ids.
    #[serde(default)]
    #[schema(max_items = 5000)]
    places: Vec<String>,
    #[serde(default)]
    areas: Vec<AreaBody>,
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    reason: Box<str>,
}

/// A seat of a block.
#[derive(Debug, Serialize, ToSchema)]
struct BlockedSeat {
    id: String,
    label: String,
}

/// Places off sale.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Block)]
pub(crate) struct BlockJson {
    #[schema(value_type = String)]
    id: BlockId,
    #[schema(value_type = String)]
    showtime: ShowtimeId,
    places: Vec<BlockedSeat>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    areas: Vec<AreaBody>,
    #[schema(value_type = String)]
    reason: Box<str>,
    created_at: Time,
}

fn view(block: &Block, house: &House) -> BlockJson {
    let seat = |n: &u32| BlockedSeat { id: house.seat(*n).to_owned(), label: house.plan.label(*n) };
    BlockJson {
        id: block.id,
        showtime: block.showtime,
        places: block.seats.iter().map(seat).collect(),
        areas: block
            .areas
            .iter()
            .map(|a| AreaBody { area: house.area(a.area).0.into(), quantity: a.quantity })
            .collect(),
        reason: block.reason.clone(),
        created_at: Time(block.created_at_ms),
    }
}

/// The showtime, if it is the organization's.
async fn find(app: &App, id: ShowtimeId, organization: OrganizationId) -> Result<House, Problem> {
    app.must_find(|s| House::of(s, id).filter(|h| h.showtime.organization == organization)).await
}

#[utoipa::path(post, path = "/api/v1/showtimes/{showtime}/blocks", tag = "Seating", summary = "Take places off sale",
    request_body = BlockBody, responses((status = 201, description = "The block", body = BlockJson)))]
pub(crate) async fn create(
    Shared(app): Shared<App>,
    Id(showtime): Id<ShowtimeId>,
    action: Action,
) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    let body: BlockBody = action.json()?;
    let house = find(&app, showtime, organization).await?;
    let named = body.areas.iter().map(|a| (&*a.area, a.quantity));
    let Places { seats, areas } = resolve(&house.plan, body.places.iter().map(String::as_str), named)?;
    let command = Command::BlockPlaces(BlockPlaces {
        id: BlockId::mint(app.now_ms(), draw()),
        organization,
        showtime,
        plan: house.plan.id,
        seats,
        areas,
        reason: body.reason,
    });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Block(block)) => {
            // A repeated answer may be of the plan before.
            let house = app.after(answer.index, |s| House::on_plan(s, showtime, block.plan)).await?;
            Ok(Reply::created(&view(block, &house))?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, Some(&house.plan)).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/showtimes/{showtime}/blocks", tag = "Seating", summary = "List blocks",
    responses((status = 200, description = "A page of blocks", body = Page<BlockJson>)))]
pub(crate) async fn list(
    Shared(app): Shared<App>,
    Id(showtime): Id<ShowtimeId>,
    reading: Reading,
) -> Result<Reply, Problem> {
    let organization = match reading.caller.staff(Scope::Read) {
        Ok(key) => key.organization,
        Err(problem) => reading.caller.staff(Scope::Catalogue).map_err(|_| problem)?.organization,
    };
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<BlockId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    let house = House::of(&state, showtime).filter(|h| h.showtime.organization == organization);
    let house = house.ok_or_else(|| Kind::NotFound.problem())?;
    let blocks = state.blocks_of(showtime).filter(|b| after.is_none_or(|a| b.id > a));
    Ok(Reply::ok(&page(blocks, limit, |b| b.id, |b| view(b, &house)))?.at(state.index()).hashed())
}

#[utoipa::path(delete, path = "/api/v1/showtimes/{showtime}/blocks/{block}", tag = "Seating",
    summary = "Give a block's places back", responses((status = 204, description = "Given back")))]
pub(crate) async fn delete(
    Shared(app): Shared<App>,
    Id((showtime, id)): Id<(ShowtimeId, BlockId)>,
    action: Action,
) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    action.no_body()?;
    let command = Command::UnblockPlaces(UnblockPlaces { organization, showtime, id });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(_) => Ok(Reply::none().answered(&answer)),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

//! `/api/v1/venues/{venue}/plans` and `/api/v1/plans/{plan}`: seating plans.
//! The open plan form is read in `import`, a few at a time (`readers`); what a map needs is written in `geometry`.

pub(crate) mod geometry;
mod import;
mod runs;

#[cfg(feature = "fuzz")]
pub(crate) use import::read as read_form;

use std::sync::Arc;

use axum::extract::State as Shared;
use booking::ids::{OrganizationId, PlanId, VenueId};
use booking::keys::Scope;
use booking::plan::Plan;
use booking::{Command, Reply as Done};
use serde::Serialize;
use utoipa::ToSchema;

use crate::action::LargeAction;
use crate::app::{App, draw};
use crate::hex::hex;
use crate::lists::{ListQuery, Page, page};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;
use crate::visibility;

/// A section of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SectionSummary {
    #[schema(value_type = String)]
    id: Box<str>,
    #[schema(value_type = String)]
    name: Box<str>,
    /// Its places: seats and the capacity of its areas.
    places: u32,
}

/// A seating plan, in short; its seats are in its geometry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan)]
pub(crate) struct PlanJson {
    #[schema(value_type = String)]
    id: PlanId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    #[schema(value_type = String)]
    venue: VenueId,
    #[schema(value_type = String)]
    name: Box<str>,
    /// Names the plan's content for ever.
    hash: String,
    /// Seats plus the capacity of all areas.
    places: u32,
    seats: usize,
    areas: usize,
    /// Names of the price categories.
    #[schema(value_type = Vec<String>)]
    categories: Vec<Box<str>>,
    sections: Vec<SectionSummary>,
    /// What the import found odd and how it took it; only in the import's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
}

fn view(plan: &Plan, id: PlanId, warnings: Option<Vec<String>>) -> PlanJson {
    let mut places = vec![0_u32; plan.sections.len()];
    let of_rows = plan.rows.iter().map(|r| (r.section, r.len));
    for (section, n) in of_rows.chain(plan.areas.iter().map(|a| (a.section, a.capacity))) {
        if let Some(count) = places.get_mut(usize::from(section)) {
            *count += n;
        }
    }
    PlanJson {
        id,
        organization: plan.organization,
        venue: plan.venue,
        name: plan.name.clone(),
        hash: hex(&plan.hash),
        places: plan.places(),
        seats: plan.seats.len(),
        areas: plan.areas.len(),
        categories: plan.categories.iter().map(|c| c.name.clone()).collect(),
        sections: plan
            .sections
            .iter()
            .zip(places)
            .map(|(s, places)| SectionSummary { id: s.id.clone(), name: s.name.clone(), places })
            .collect(),
        // The import's answer is made before the plan's time is known, and is the same on every repeat.
        created_at: warnings.is_none().then_some(Time(plan.created_at_ms)),
        warnings,
    }
}

#[utoipa::path(post, path = "/api/v1/venues/{venue}/plans", tag = "Seating", summary = "Import a seating plan",
    description = "Takes the open plan form used in the field, with additions: `attributes` on seats (`wheelchair`, \
        `companion`, `restricted_view`, `aisle`), `capacity`, `area_id` and `category` on areas, `focal_point` on the \
        plan. Unknown members are kept. At most 16 MiB and 100,000 places. A refused plan names the place that is \
        wrong in `pointer`. A node reads two plans at a time; 429 when further ones wait already.",
    request_body(content = Object, description = "A seating plan"),
    responses((status = 201, description = "The plan", body = PlanJson)))]
pub(crate) async fn create(
    Shared(app): Shared<App>,
    Id(venue): Id<VenueId>,
    LargeAction(action): LargeAction,
) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.must_have_room()?;
    action.must_be_json()?;
    let body = action.body.clone();
    let id = PlanId::mint(app.now_ms(), draw());
    let read = move || {
        let (mut plan, warnings) = import::read(&body)?;
        plan.id = id;
        plan.index();
        match plan.defect() {
            Some(defect) => Err(Kind::InvalidPlan.detail(defect).with("pointer", "")),
            None => Ok((plan, warnings)),
        }
    };
    let (mut plan, warnings) = app.readers.read(read).await??;
    (plan.organization, plan.venue) = (organization, venue);
    let plan = Arc::new(plan);
    let answer = app.propose(&action, organization.0, Command::ImportPlan(plan.clone())).await?;
    match &answer.outcome {
        Ok(Done::Plan(id)) => Ok(Reply::created(&view(&plan, *id, Some(warnings)))?.answered(&answer)),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/venues/{venue}/plans", tag = "Seating", summary = "List a venue's seating plans",
    responses((status = 200, description = "A page of plans", body = Page<PlanJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, Id(venue): Id<VenueId>, reading: Reading) -> Result<Reply, Problem> {
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<PlanId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    visibility::venue(&state, &reading.caller, venue).ok_or_else(|| Kind::NotFound.problem())?;
    let seen = state.plans().filter(|p| {
        p.venue == venue
            && after.is_none_or(|a| p.id > a)
            && (reading.caller.sees(p.organization) || visibility::plan_is_public(&state, p.id))
    });
    Ok(Reply::ok(&page(seen, limit, |p| p.id, |p| view(p, p.id, None)))?.at(state.index()).hashed())
}

#[utoipa::path(get, path = "/api/v1/plans/{plan}", tag = "Seating", summary = "Read a seating plan",
    responses((status = 200, description = "The plan", body = PlanJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<PlanId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let plan = visibility::plan(&state, &reading.caller, id).ok_or_else(|| Kind::NotFound.problem())?;
    Ok(Reply::ok(&view(plan, plan.id, None))?.at(state.index()).hashed())
}

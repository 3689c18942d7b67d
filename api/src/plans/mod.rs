//! `/api/v1/venues/{venue}/plans` and `/api/v1/plans/{plan}`: seating plans.
//! The open plan form (`form`) is read in `import`, CSV in `csv`, simple halls are made in `generate`, a few at a time by
//! `readers`; what a map needs is written in `geometry`, the form again in `export`.

mod csv;
pub(crate) mod export;
mod form;
pub(crate) mod generate;
pub(crate) mod geometry;
mod import;
mod runs;

#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State as Shared;
use booking::ids::{OrganizationId, PlanId, VenueId};
use booking::keys::Scope;
use booking::plan::{Plan, attribute};
use booking::{Command, Reply as Done};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::{Action, LargeAction};
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
    /// Absent in a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    id: Option<PlanId>,
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
    preview: Option<PreviewJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
}

/// Places of a category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategorySummary {
    #[schema(value_type = String)]
    name: Box<str>,
    places: u32,
}

/// What a preview tells besides.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanPreview)]
pub(crate) struct PreviewJson {
    /// Places of each category.
    categories: Vec<CategorySummary>,
    /// Seats with each attribute that any has.
    attributes: BTreeMap<&'static str, u32>,
    /// Neighbouring seats: `[first, length]`, ascending, by number in plan order.
    #[schema(value_type = Vec<Vec<u32>>)]
    runs: Vec<(u32, u32)>,
}

impl PreviewJson {
    fn of(plan: &Plan) -> Self {
        let mut places = vec![0_u32; plan.categories.len()];
        let of_seats = plan.seats.iter().map(|s| (Some(s.category), 1));
        for (category, n) in of_seats.chain(plan.areas.iter().map(|a| (a.category, a.capacity))) {
            if let Some(count) = category.and_then(|c| places.get_mut(usize::from(c))) {
                *count += n;
            }
        }
        let with = |bit: u8| plan.seats.iter().filter(|s| s.attributes & bit != 0).count() as u32;
        let attributes = attribute::NAMES.iter().map(|(bit, name)| (*name, with(*bit))).filter(|(_, n)| *n > 0);
        let categories = plan.categories.iter().zip(places);
        Self {
            categories: categories.map(|(c, places)| CategorySummary { name: c.name.clone(), places }).collect(),
            attributes: attributes.collect(),
            runs: plan.runs.iter().map(|r| (r.first, r.len)).collect(),
        }
    }
}

/// The query of an import.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    #[serde(default)]
    preview: bool,
    /// What a plan from CSV is called.
    name: Option<String>,
}

fn view(plan: &Plan, id: Option<PlanId>, warnings: Option<Vec<String>>) -> PlanJson {
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
        preview: None,
    }
}

#[utoipa::path(post, path = "/api/v1/venues/{venue}/plans", tag = "Seating", summary = "Import a seating plan",
    description = "Takes the open plan form used in the field, with additions: `attributes` on seats (`wheelchair`, \
        `companion`, `restricted_view`, `aisle`), `capacity`, `area_id` and `category` on areas, `focal_point` on the \
        plan. Unknown members are kept. Or CSV (`Content-Type: text/csv`): the first line names the columns, of \
        `section`, `row`, `seat`, `x`, `y`, `category`, `attributes`, `area`, `capacity`, `id`; a line is a seat or an \
        area; commas, semicolons or tabs part fields. At most 16 MiB and 100,000 places. A refused plan names what is \
        wrong in `pointer`, in CSV in `line` and `column`. With `preview=true` all is checked and told, and nothing \
        stored. A node reads two plans at a time; 429 when further ones wait already.",
    params(("preview" = Option<bool>, Query, description = "Check and tell, store nothing"),
        ("name" = Option<String>, Query, description = "What a plan from CSV is called")),
    request_body(content((Object = "application/json"), (String = "text/csv")), description = "A seating plan"),
    responses((status = 201, description = "The plan", body = PlanJson),
        (status = 200, description = "With `preview=true`: the plan that it would be", body = PlanJson)))]
pub(crate) async fn create(
    Shared(app): Shared<App>,
    Id(venue): Id<VenueId>,
    LargeAction(action): LargeAction,
) -> Result<Reply, Problem> {
    action.caller.staff(Scope::Catalogue)?;
    let query: ImportQuery = action.query()?;
    let csv = action.media_type().eq_ignore_ascii_case("text/csv");
    if !csv {
        action.must_be_json()?;
    }
    let body = action.body.clone();
    let name = query.name.unwrap_or_else(|| "Seating plan".to_owned());
    take(&app, &action, venue, query.preview, move || if csv { csv::read(&body, &name) } else { import::read(&body) })
        .await
}

#[utoipa::path(post, path = "/api/v1/venues/{venue}/plans/generate", tag = "Seating",
    summary = "Make the seating plan of a simple hall",
    description = "Blocks of rows and seats, straight or curved, with aisles, numbering schemes and categories by row; \
        areas of unnumbered places, also alone. With `preview=true` nothing is stored.",
    params(("preview" = Option<bool>, Query, description = "Check and tell, store nothing")),
    request_body = generate::HallBody,
    responses((status = 201, description = "The plan", body = PlanJson),
        (status = 200, description = "With `preview=true`: the plan that it would be", body = PlanJson)))]
pub(crate) async fn generate(
    Shared(app): Shared<App>,
    Id(venue): Id<VenueId>,
    action: Action,
) -> Result<Reply, Problem> {
    action.caller.staff(Scope::Catalogue)?;
    let query: ImportQuery = action.query()?;
    let hall: generate::HallBody = action.json()?;
    take(&app, &action, venue, query.preview, move || generate::read(&hall)).await
}

/// Has a plan read, then proposes it, or only tells of it.
async fn take(
    app: &App,
    action: &Action,
    venue: VenueId,
    preview: bool,
    read: impl FnOnce() -> Result<(Plan, Vec<String>), Problem> + Send + 'static,
) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.must_have_room()?;
    let id = PlanId::mint(app.now_ms(), draw());
    let read = move || {
        let (mut plan, warnings) = read()?;
        (plan.id, plan.organization, plan.venue) = (id, organization, venue);
        plan.index();
        match plan.defect() {
            Some(defect) => Err(Kind::InvalidPlan.detail(defect).with("pointer", "")),
            None => Ok((plan, warnings)),
        }
    };
    if preview {
        app.must_find(|s| s.venue(venue).filter(|v| v.organization == organization).map(|_| ())).await?;
        let (plan, warnings) = app.readers.read(read).await??;
        let told = PlanJson { preview: Some(PreviewJson::of(&plan)), ..view(&plan, None, Some(warnings)) };
        return Reply::ok(&told);
    }
    let (plan, warnings) = app.readers.read(read).await??;
    let plan = Arc::new(plan);
    let answer = app.propose(action, organization.0, Command::ImportPlan(plan.clone())).await?;
    match &answer.outcome {
        Ok(Done::Plan(id)) => Ok(Reply::created(&view(&plan, Some(*id), Some(warnings)))?.answered(&answer)),
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
    Ok(Reply::ok(&page(seen, limit, |p| p.id, |p| view(p, Some(p.id), None)))?.at(state.index()).hashed())
}

#[utoipa::path(get, path = "/api/v1/plans/{plan}", tag = "Seating", summary = "Read a seating plan",
    responses((status = 200, description = "The plan", body = PlanJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<PlanId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let plan = visibility::plan(&state, &reading.caller, id).ok_or_else(|| Kind::NotFound.problem())?;
    Ok(Reply::ok(&view(plan, Some(plan.id), None))?.at(state.index()).hashed())
}

//! `/api/v1/venues`: houses.

use axum::extract::State as Shared;
use booking::catalogue::{Venue, VenueDetails};
use booking::command::{CreateVenue, DeleteVenue, UpdateVenue};
use booking::ids::{OrganizationId, VenueId};
use booking::keys::Scope;
use booking::{Command, Reply as Done};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::lists::{ListQuery, Page, page};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::{Time, zone_exists};
use crate::{conditional, patch, visibility};

/// A point on Earth, in degrees.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Geo {
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
}

/// What staff say of a venue.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VenueBody {
    #[schema(min_length = 1, max_length = 200)]
    name: Box<str>,
    /// Street and number.
    #[serde(default)]
    address: Box<str>,
    #[serde(default)]
    city: Box<str>,
    /// ISO 3166 code of two capital letters, or empty.
    #[serde(default)]
    country: Box<str>,
    /// IANA time zone.
    #[schema(examples("Europe/Berlin"))]
    zone: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    geo: Option<Geo>,
}

/// A venue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Venue)]
pub(crate) struct VenueJson {
    #[schema(value_type = String)]
    id: VenueId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    #[serde(flatten)]
    body: VenueBody,
    created_at: Time,
}

const MILLION: f64 = 1_000_000.0;

impl VenueBody {
    fn of(d: &VenueDetails) -> Self {
        Self {
            name: d.name.clone(),
            address: d.address.clone(),
            city: d.city.clone(),
            country: d.country.clone(),
            zone: d.zone.clone(),
            geo: d.geo.map(|(latitude, longitude)| Geo {
                latitude: f64::from(latitude) / MILLION,
                longitude: f64::from(longitude) / MILLION,
            }),
        }
    }

    fn details(self) -> Result<VenueDetails, Problem> {
        check_zone(&self.zone)?;
        // Out of range saturates; the rules refuse it.
        let millionths = |degrees: f64| (degrees * MILLION).round() as i32;
        Ok(VenueDetails {
            name: self.name,
            address: self.address,
            city: self.city,
            country: self.country,
            zone: self.zone,
            geo: self.geo.map(|g| (millionths(g.latitude), millionths(g.longitude))),
        })
    }
}

/// Refuses a time zone that does not exist.
pub(crate) fn check_zone(zone: &str) -> Result<(), Problem> {
    if zone_exists(zone) {
        return Ok(());
    }
    Err(Kind::RuleViolated.detail("zone must be an IANA time zone, such as Europe/Berlin").with("pointer", "/zone"))
}

fn view(v: &Venue) -> VenueJson {
    VenueJson {
        id: v.id,
        organization: v.organization,
        body: VenueBody::of(&v.details),
        created_at: Time(v.created_at_ms),
    }
}

#[utoipa::path(post, path = "/api/v1/venues", tag = "Catalogue", summary = "Make a venue", request_body = VenueBody,
    responses((status = 201, description = "The venue", body = VenueJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    let details = action.json::<VenueBody>()?.details()?;
    let id = VenueId::mint(app.now_ms(), draw());
    let command = Command::CreateVenue(CreateVenue { id, organization, details });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Venue(venue)) => Ok(Reply::created(&view(venue))?.answered(&answer).version(venue.version)),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/venues", tag = "Catalogue", summary = "List venues",
    params(("organization" = Option<String>, Query)),
    responses((status = 200, description = "A page of venues", body = Page<VenueJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<VenueId>()?);
    let of: Option<OrganizationId> = ListQuery::filter("organization", query.organization.as_ref())?;
    query.only(&["organization"])?;
    let state = app.cluster.state();
    let public = visibility::public_venues(&state);
    let seen = state.venues().filter(|v| {
        after.is_none_or(|a| v.id > a)
            && of.is_none_or(|o| v.organization == o)
            && (public.contains(&v.id) || reading.caller.sees(v.organization))
    });
    Ok(Reply::ok(&page(seen, limit, |v| v.id, |v| view(v)))?.at(state.index()).hashed())
}

#[utoipa::path(get, path = "/api/v1/venues/{venue}", tag = "Catalogue", summary = "Read a venue",
    responses((status = 200, description = "The venue", body = VenueJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<VenueId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let venue = visibility::venue(&state, &reading.caller, id).ok_or_else(|| Kind::NotFound.problem())?;
    Ok(Reply::ok(&view(venue))?.at(state.index()).version(venue.version))
}

#[utoipa::path(patch, path = "/api/v1/venues/{venue}", tag = "Catalogue", summary = "Change a venue",
    description = "A JSON merge patch: absent members stay, null clears optional ones.",
    request_body = VenueBody, responses((status = 200, description = "The venue", body = VenueJson)))]
pub(crate) async fn update(Shared(app): Shared<App>, Id(id): Id<VenueId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.cluster.linearizable().await?;
    let mine = |s: &booking::State| s.venue(id).filter(|v| v.organization == organization).cloned();
    let venue = app.must_find(mine).await?;
    let details = patch::merge(&action, &VenueBody::of(&venue.details))?.details()?;
    let named = conditional::expected(action.headers())?;
    let expected = named.unwrap_or(venue.version);
    let command = Command::UpdateVenue(UpdateVenue { organization, id, expected, details });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Venue(venue)) => Ok(Reply::ok(&view(venue))?.answered(&answer).version(venue.version)),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer).unless_named(named)),
    }
}

#[utoipa::path(delete, path = "/api/v1/venues/{venue}", tag = "Catalogue", summary = "Remove a venue without plans",
    responses((status = 204, description = "Removed")))]
pub(crate) async fn delete(Shared(app): Shared<App>, Id(id): Id<VenueId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    action.no_body()?;
    let command = Command::DeleteVenue(DeleteVenue { organization, id });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(_) => Ok(Reply::none().answered(&answer)),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

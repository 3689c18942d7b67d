//! Rules of venues and of taking seating plans in.

use std::sync::Arc;

use crate::catalogue::{Venue, VenueDetails};
use crate::census::Kind;
use crate::change::{Change, Reply};
use crate::command::{CreateVenue, DeleteVenue, UpdateVenue};
use crate::ids::{OrganizationId, VenueId};
use crate::limits;
use crate::plan::Plan;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

fn check(details: &VenueDetails) -> Result<(), Rejection> {
    text::name("name", &details.name)?;
    for (member, value) in [("address", &details.address), ("city", &details.city)] {
        text::at_most(member, value, limits::NAME_CHARS_MAX)?;
    }
    let country = details.country.as_bytes();
    if !country.is_empty() && (country.len() != 2 || !country.iter().all(u8::is_ascii_uppercase)) {
        return Err(text::violated("country must be a code of two capital letters, such as DE".to_owned()));
    }
    zone(&details.zone)?;
    if let Some((latitude, longitude)) = details.geo {
        text::between("geo.latitude (in millionths)", latitude, -90_000_000, 90_000_000)?;
        text::between("geo.longitude (in millionths)", longitude, -180_000_000, 180_000_000)?;
    }
    Ok(())
}

/// An IANA zone by its form; whether it exists is for `api` to say, which has the data.
pub(crate) fn zone(zone: &str) -> Result<(), Rejection> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
    if zone.is_empty() || zone.len() > limits::LABEL_CHARS_MAX || !zone.chars().all(allowed) {
        return Err(text::violated("zone must be an IANA time zone, such as Europe/Berlin".to_owned()));
    }
    Ok(())
}

fn find(state: &State, id: VenueId, organization: OrganizationId) -> Result<&Arc<Venue>, Rejection> {
    state.venues.get(&id).filter(|v| v.organization == organization).ok_or(Rejection::NotFound(Thing::Venue))
}

pub(crate) fn create(state: &mut State, cx: &mut Context, c: &CreateVenue) -> Result<Reply, Rejection> {
    if !state.organizations.contains(&c.organization) {
        return Err(Rejection::NotFound(Thing::Organization));
    }
    check(&c.details)?;
    if state.venues.contains(&c.id) {
        return Err(Rejection::Conflict("a venue with this id exists".into()));
    }
    state.census.room_for(c.organization, Kind::Venue, 1)?;
    let venue = Arc::new(Venue {
        id: c.id,
        organization: c.organization,
        details: c.details.clone(),
        version: cx.at.index,
        created_at_ms: cx.now_ms,
    });
    state.census.add(c.organization, Kind::Venue);
    state.venues.insert(&mut cx.journal, c.id, venue.clone());
    cx.changes.push(Change::VenueChanged(c.id));
    Ok(Reply::Venue(venue))
}

pub(crate) fn update(state: &mut State, cx: &mut Context, c: &UpdateVenue) -> Result<Reply, Rejection> {
    let version = find(state, c.id, c.organization)?.version;
    if version != c.expected {
        return Err(Rejection::VersionConflict { version });
    }
    check(&c.details)?;
    state.venues.update(&mut cx.journal, c.id, |venue| {
        venue.details = c.details.clone();
        venue.version = cx.at.index;
    });
    cx.changes.push(Change::VenueChanged(c.id));
    find(state, c.id, c.organization).map(|v| Reply::Venue(v.clone()))
}

pub(crate) fn delete(state: &mut State, cx: &mut Context, c: &DeleteVenue) -> Result<Reply, Rejection> {
    find(state, c.id, c.organization)?;
    if state.plans.iter().any(|(_, p)| p.venue == c.id) {
        return Err(Rejection::Conflict("the venue has seating plans".into()));
    }
    state.census.remove(c.organization, Kind::Venue);
    state.venues.remove(&mut cx.journal, c.id);
    cx.changes.push(Change::VenueChanged(c.id));
    Ok(Reply::Done)
}

pub(crate) fn import_plan(state: &mut State, cx: &mut Context, plan: &Arc<Plan>) -> Result<Reply, Rejection> {
    check_plan(state, plan)?;
    take_in(state, cx, plan);
    Ok(Reply::Plan(plan.id))
}

/// Whether a plan may be taken in.
pub(crate) fn check_plan(state: &State, plan: &Plan) -> Result<(), Rejection> {
    find(state, plan.venue, plan.organization)?;
    text::name("name", &plan.name)?;
    if let Some(defect) = plan.defect() {
        return Err(Rejection::InvalidPlan(defect.into()));
    }
    if state.plans.contains(&plan.id) {
        return Err(Rejection::Conflict("a plan with this id exists".into()));
    }
    state.census.room_for(plan.organization, Kind::Plan, 1)
}

/// Takes a plan in that was checked.
pub(crate) fn take_in(state: &mut State, cx: &mut Context, plan: &Arc<Plan>) {
    let mut plan = Arc::unwrap_or_clone(plan.clone());
    plan.created_at_ms = cx.now_ms;
    state.census.add(plan.organization, Kind::Plan);
    let id = plan.id;
    state.plans.insert(&mut cx.journal, id, Arc::new(plan));
    cx.changes.push(Change::PlanImported(id));
}

//! Rules of events.

use std::sync::Arc;

use crate::catalogue::completeness::{self, Gap};
use crate::catalogue::{Event, EventDetails, EventState};
use crate::census::Kind;
use crate::change::{Change, Reply};
use crate::command::{CreateEvent, DeleteEvent, UpdateEvent};
use crate::ids::{EventId, OrganizationId};
use crate::images;
use crate::limits;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

fn check(details: &EventDetails) -> Result<(), Rejection> {
    text::name("title", &details.title)?;
    text::at_most("summary", &details.summary, limits::NAME_CHARS_MAX * 2)?;
    text::at_most("description", &details.description, limits::TEXT_CHARS_MAX)?;
    text::at_most("category", &details.category, limits::LABEL_CHARS_MAX)?;
    for (member, values) in [("tags", &details.tags), ("languages", &details.languages)] {
        text::between(&format!("the number of {member}"), values.len(), 0, 50)?;
        for value in values {
            text::name(member, value)?;
            text::at_most(member, value, limits::LABEL_CHARS_MAX)?;
        }
    }
    text::at_most("accessibility", &details.accessibility, limits::NAME_CHARS_MAX * 10)?;
    text::between("age_limit", details.age_limit.unwrap_or(0), 0, 99)
}

fn find(state: &State, id: EventId, organization: OrganizationId) -> Result<&Arc<Event>, Rejection> {
    state.events.get(&id).filter(|e| e.organization == organization).ok_or(Rejection::NotFound(Thing::Event))
}

pub(crate) fn create(state: &mut State, cx: &mut Context, c: &CreateEvent) -> Result<Reply, Rejection> {
    if !state.organizations.contains(&c.organization) {
        return Err(Rejection::NotFound(Thing::Organization));
    }
    check(&c.details)?;
    images::check(state, c.organization, &c.details)?;
    if state.events.contains(&c.id) {
        return Err(Rejection::Conflict("an event with this id exists".into()));
    }
    state.census.room_for(c.organization, Kind::Event, 1)?;
    let event = Arc::new(Event {
        id: c.id,
        organization: c.organization,
        details: c.details.clone(),
        version: cx.at.index,
        created_at_ms: cx.now_ms,
        changed_at_ms: cx.now_ms,
    });
    state.census.add(c.organization, Kind::Event);
    images::shown(state, cx, &[], &c.details.images);
    state.events.insert(&mut cx.journal, c.id, event.clone());
    cx.changes.push(Change::EventChanged(c.id));
    Ok(Reply::Event(event))
}

pub(crate) fn update(state: &mut State, cx: &mut Context, c: &UpdateEvent) -> Result<Reply, Rejection> {
    let event = find(state, c.id, c.organization)?;
    let (version, was, shown) = (event.version, event.details.state, event.details.images.clone());
    if version != c.expected {
        return Err(Rejection::VersionConflict { version });
    }
    check(&c.details)?;
    images::check(state, c.organization, &c.details)?;
    if was != EventState::Draft && c.details.state == EventState::Draft {
        return Err(Rejection::Conflict("an event that was published cannot be a draft again".into()));
    }
    if was != EventState::Published && c.details.state == EventState::Published {
        let mut gaps = completeness::gaps(state, c.id, &c.details, cx.now_ms);
        gaps.retain(Gap::blocks);
        if !gaps.is_empty() {
            return Err(Rejection::EventIncomplete(gaps));
        }
    }
    images::shown(state, cx, &shown, &c.details.images);
    state.events.update(&mut cx.journal, c.id, |event| {
        event.details = c.details.clone();
        event.version = cx.at.index;
        event.changed_at_ms = cx.now_ms;
    });
    cx.changes.push(Change::EventChanged(c.id));
    find(state, c.id, c.organization).map(|e| Reply::Event(e.clone()))
}

pub(crate) fn delete(state: &mut State, cx: &mut Context, c: &DeleteEvent) -> Result<Reply, Rejection> {
    let shown = find(state, c.id, c.organization)?.details.images.clone();
    if state.showtimes_of(c.id).next().is_some() {
        return Err(Rejection::Conflict("the event has showtimes".into()));
    }
    state.census.remove(c.organization, Kind::Event);
    images::shown(state, cx, &shown, &[]);
    state.events.remove(&mut cx.journal, c.id);
    cx.changes.push(Change::EventChanged(c.id));
    Ok(Reply::Done)
}

//! Who may see what of the catalogue: staff see all of their organization, everybody else what is public.
//! Invariant: what is not visible is answered as if it were not there.

use std::collections::BTreeSet;
use std::sync::Arc;

use booking::State;
use booking::catalogue::{Event, EventState, Showtime, ShowtimeState, Venue, Visibility};
use booking::ids::{EventId, PlanId, ShowtimeId, VenueId};
use booking::plan::Plan;

use crate::caller::Caller;

/// Whether everybody may see the event, listed or not.
pub(crate) fn event_is_public(event: &Event) -> bool {
    event.details.state == EventState::Published
}

/// Whether everybody may see the showtime.
pub(crate) fn showtime_is_public(state: &State, showtime: &Showtime) -> bool {
    showtime.details.state != ShowtimeState::Draft
        && state.event(showtime.event).is_some_and(|event| event_is_public(event))
}

/// Whether everybody may see the plan: something public takes place on it.
pub(crate) fn plan_is_public(state: &State, plan: PlanId) -> bool {
    state.showtimes().any(|s| s.details.plan == plan && showtime_is_public(state, s))
}

/// The event, if the caller may see it.
pub(crate) fn event<'a>(state: &'a State, caller: &Caller, id: EventId) -> Option<&'a Arc<Event>> {
    state.event(id).filter(|e| sees_event(caller, e))
}

/// Whether the caller may see the event.
pub(crate) fn sees_event(caller: &Caller, event: &Event) -> bool {
    event_is_public(event) || caller.sees(event.organization)
}

/// Whether the event is in lists that the caller reads.
pub(crate) fn lists_event(caller: &Caller, event: &Event) -> bool {
    event_is_listed(event) || caller.sees(event.organization)
}

/// Whether the event is in everybody's lists and feeds.
pub(crate) fn event_is_listed(event: &Event) -> bool {
    event_is_public(event) && event.details.visibility == Visibility::Public
}

/// The showtime, if the caller may see it.
pub(crate) fn showtime<'a>(state: &'a State, caller: &Caller, id: ShowtimeId) -> Option<&'a Arc<Showtime>> {
    state.showtime(id).filter(|s| caller.sees(s.organization) || showtime_is_public(state, s))
}

/// The plan, if the caller may see it.
pub(crate) fn plan<'a>(state: &'a State, caller: &Caller, id: PlanId) -> Option<&'a Arc<Plan>> {
    state.plan(id).filter(|p| caller.sees(p.organization) || plan_is_public(state, p.id))
}

/// The venue, if the caller may see it.
pub(crate) fn venue<'a>(state: &'a State, caller: &Caller, id: VenueId) -> Option<&'a Arc<Venue>> {
    let on_its_plans = || {
        state
            .showtimes()
            .any(|s| state.plan(s.details.plan).is_some_and(|p| p.venue == id) && showtime_is_public(state, s))
    };
    state.venue(id).filter(|v| caller.sees(v.organization) || on_its_plans())
}

/// The venues that everybody may see.
pub(crate) fn public_venues(state: &State) -> BTreeSet<VenueId> {
    let listed = |s: &Showtime| state.event(s.event).is_some_and(|event| event_is_listed(event));
    let public = state.showtimes().filter(|s| showtime_is_public(state, s) && listed(s));
    public.filter_map(|s| state.plan(s.details.plan)).map(|p| p.venue).collect()
}

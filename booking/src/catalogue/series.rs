//! Many showtimes of an event in one command, all or none. Deliberately not here: from which rule their times come; that
//! needs time zones, and is done in `api`.

use std::collections::BTreeSet;

use crate::catalogue::showtimes::{Making, check_times, insert};
use crate::census::Kind;
use crate::change::Reply;
use crate::command::CreateShowtimes;
use crate::limits;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

pub(crate) fn create(state: &mut State, cx: &mut Context, c: &CreateShowtimes) -> Result<Reply, Rejection> {
    let event = state.events.get(&c.event).filter(|e| e.organization == c.organization);
    event.ok_or(Rejection::NotFound(Thing::Event))?;
    text::between("the number of showtimes", c.times.len(), 1, limits::SERIES_MAX)?;
    let making = Making::of(state, &c.details, c.organization, c.plan.as_ref())?;
    let mut ids = BTreeSet::new();
    for times in &c.times {
        if state.showtimes.contains(&times.id) || !ids.insert(times.id) {
            return Err(Rejection::Conflict("a showtime with this id exists".into()));
        }
        check_times(times)?;
    }
    state.census.room_for(c.organization, Kind::Showtime, c.times.len())?;
    making.take_plan_in(state, cx);
    for times in &c.times {
        insert(state, cx, (times.id, c.organization, c.event), making.at(times));
    }
    Ok(Reply::Showtimes(ids.into_iter().collect()))
}

//! `/api/v1/organizations/{organization}/events.ics`: an organization's showtimes as a calendar (RFC 5545) to subscribe to.

use axum::extract::State as Shared;
use booking::catalogue::ShowtimeState;
use booking::ids::OrganizationId;

use super::escape::{calendar, fold};
use super::{OnStage, Showing, base, of_organization};
use crate::app::App;
use crate::problem::Problem;
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::Time;

/// Events of a calendar: the newest; and its showtimes.
const EVENTS_MAX: usize = 500;
const SHOWTIMES_MAX: usize = 2_000;
/// How long a showtime takes that does not say: so that it is seen.
pub(crate) const LENGTH_MS: u64 = 7_200_000;

/// A moment in UTC, such as `20261224T183000Z`.
pub(crate) fn moment(ms: u64) -> String {
    let text = Time(ms).to_string();
    let digits: String = text.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    digits + "Z"
}

fn write(on: &OnStage, showing: &Showing, base: &str, out: &mut String) {
    let (showtime, event, venue) = (&showing.showtime, &on.event.details, &showing.venue.details);
    let details = &showtime.details;
    let status = match details.state {
        ShowtimeState::Cancelled => "CANCELLED",
        ShowtimeState::Postponed => "TENTATIVE",
        ShowtimeState::Draft | ShowtimeState::OnSale | ShowtimeState::Closed => "CONFIRMED",
    };
    let said = [&*event.summary, &*details.reason];
    let description = said.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
    let place = [&*venue.name, &*venue.address, &*venue.city];
    let location = place.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    let ends_at_ms = details.ends_at_ms.unwrap_or_else(|| details.starts_at_ms.saturating_add(LENGTH_MS));
    let mut line = |text: String| fold(&text, out);
    line("BEGIN:VEVENT".to_owned());
    // The same for ever, whatever the cluster's address: a calendar knows the entry again by it.
    line(format!("UID:{}@usher", showtime.id));
    line(format!("DTSTAMP:{}", moment(showtime.changed_at_ms.max(on.event.changed_at_ms))));
    line(format!("SEQUENCE:{}", showtime.version.max(on.event.version) % (1 << 31)));
    line(format!("DTSTART:{}", moment(details.starts_at_ms)));
    line(format!("DTEND:{}", moment(ends_at_ms)));
    line(format!("SUMMARY:{}", calendar(&event.title)));
    if !description.is_empty() {
        line(format!("DESCRIPTION:{}", calendar(&description)));
    }
    line(format!("LOCATION:{}", calendar(&location)));
    if let Some((latitude, longitude)) = venue.geo {
        let degrees = |millionths: i32| f64::from(millionths) / 1_000_000.0;
        line(format!("GEO:{:.6};{:.6}", degrees(latitude), degrees(longitude)));
    }
    if !event.category.is_empty() {
        line(format!("CATEGORIES:{}", calendar(&event.category)));
    }
    line(format!("STATUS:{status}"));
    line(format!("URL:{base}/events/{}", on.event.id));
    line("END:VEVENT".to_owned());
}

/// A whole calendar.
fn calendar_of(name: &str, events: &[OnStage], base: &str) -> String {
    let mut out = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Usher//Programme//EN", "CALSCALE:GREGORIAN"] {
        fold(line, &mut out);
    }
    fold(&format!("X-WR-CALNAME:{}", calendar(name)), &mut out);
    let mut showings: Vec<_> = events.iter().flat_map(|on| on.showings.iter().map(move |s| (on, s))).collect();
    showings.sort_by_key(|(_, s)| std::cmp::Reverse(s.showtime.details.starts_at_ms));
    showings.truncate(SHOWTIMES_MAX);
    for (on, showing) in showings.iter().rev() {
        write(on, showing, base, &mut out);
    }
    fold("END:VCALENDAR", &mut out);
    out
}

#[utoipa::path(get, path = "/api/v1/organizations/{organization}/events.ics", tag = "Programme",
    summary = "An organization's showtimes as a calendar",
    description = "Public showtimes of its listed events, times in UTC. An entry keeps its UID when the showtime moves.",
    responses((status = 200, description = "iCalendar", body = String, content_type = "text/calendar")))]
pub(crate) async fn read(
    Shared(app): Shared<App>,
    Id(id): Id<OrganizationId>,
    reading: Reading,
) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let (name, events, index) = {
        let state = app.cluster.state();
        let (name, events) = of_organization(&state, id, EVENTS_MAX)?;
        (name, events, state.index())
    };
    let text = calendar_of(&name, &events, base(&app));
    Ok(Reply::bytes("text/calendar; charset=utf-8", text.into()).at(index).shared())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_without_marks() {
        assert_eq!(moment(1_798_135_199_999), "20261224T175959Z");
    }
}

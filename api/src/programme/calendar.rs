//! `/api/v1/organizations/{organization}/events.ics`: an organization's showtimes as a calendar (RFC 5545) to subscribe to.

use axum::extract::State as Shared;
use booking::catalogue::{ShowtimeDetails, ShowtimeState, VenueDetails};
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
const LENGTH_MS: u64 = 7_200_000;

/// A moment in UTC, such as `20261224T183000Z`.
fn moment(ms: u64) -> String {
    let text = Time(ms).to_string();
    let digits: String = text.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    digits + "Z"
}

/// What a calendar says of a showtime, whoever it is told to.
pub(crate) struct Entry<'a> {
    /// The same for ever, whatever the cluster's address: a calendar knows the entry again by it.
    pub(crate) uid: String,
    pub(crate) changed_at_ms: u64,
    /// Counted up with each change.
    pub(crate) sequence: u64,
    pub(crate) showtime: &'a ShowtimeDetails,
    pub(crate) venue: &'a VenueDetails,
    pub(crate) title: &'a str,
    /// Its lines; empty ones are left out.
    pub(crate) description: Vec<&'a str>,
    pub(crate) category: &'a str,
    pub(crate) is_cancelled: bool,
    pub(crate) url: String,
}

impl Entry<'_> {
    pub(crate) fn write(&self, out: &mut String) {
        let status = match self.showtime.state {
            _ if self.is_cancelled => "CANCELLED",
            ShowtimeState::Cancelled => "CANCELLED",
            ShowtimeState::Postponed => "TENTATIVE",
            ShowtimeState::Draft | ShowtimeState::OnSale | ShowtimeState::Closed => "CONFIRMED",
        };
        let joined = |texts: &[&str], between: &str| {
            texts.iter().copied().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
        };
        let description = joined(&self.description, "\n");
        let location = joined(&[&self.venue.name, &self.venue.address, &self.venue.city], ", ");
        let starts_at_ms = self.showtime.starts_at_ms;
        let ends_at_ms = self.showtime.ends_at_ms.unwrap_or_else(|| starts_at_ms.saturating_add(LENGTH_MS));
        let mut line = |text: String| fold(&text, out);
        line("BEGIN:VEVENT".to_owned());
        line(format!("UID:{}", self.uid));
        line(format!("DTSTAMP:{}", moment(self.changed_at_ms)));
        line(format!("SEQUENCE:{}", self.sequence % (1 << 31)));
        line(format!("DTSTART:{}", moment(starts_at_ms)));
        line(format!("DTEND:{}", moment(ends_at_ms)));
        line(format!("SUMMARY:{}", calendar(self.title)));
        if !description.is_empty() {
            line(format!("DESCRIPTION:{}", calendar(&description)));
        }
        line(format!("LOCATION:{}", calendar(&location)));
        if let Some((latitude, longitude)) = self.venue.geo {
            let degrees = |millionths: i32| f64::from(millionths) / 1_000_000.0;
            line(format!("GEO:{:.6};{:.6}", degrees(latitude), degrees(longitude)));
        }
        if !self.category.is_empty() {
            line(format!("CATEGORIES:{}", calendar(self.category)));
        }
        line(format!("STATUS:{status}"));
        line(format!("URL:{}", self.url));
        line("END:VEVENT".to_owned());
    }
}

/// A calendar with entries in it. `product` says which of our calendars it is.
pub(crate) fn whole(product: &str, name: Option<&str>, entries: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    fold("BEGIN:VCALENDAR", &mut out);
    fold("VERSION:2.0", &mut out);
    fold(&format!("PRODID:-//Usher//{product}//EN"), &mut out);
    fold("CALSCALE:GREGORIAN", &mut out);
    if let Some(name) = name {
        fold(&format!("X-WR-CALNAME:{}", calendar(name)), &mut out);
    }
    entries(&mut out);
    fold("END:VCALENDAR", &mut out);
    out
}

fn entry<'a>(on: &'a OnStage, showing: &'a Showing, base: &str) -> Entry<'a> {
    let (showtime, event) = (&showing.showtime, &on.event.details);
    Entry {
        uid: format!("{}@usher", showtime.id),
        changed_at_ms: showtime.changed_at_ms.max(on.event.changed_at_ms),
        sequence: showtime.version.max(on.event.version),
        showtime: &showtime.details,
        venue: &showing.venue.details,
        title: &event.title,
        description: vec![&event.summary, &showtime.details.reason],
        category: &event.category,
        is_cancelled: false,
        url: format!("{base}/events/{}", on.event.id),
    }
}

/// An organization's calendar.
fn calendar_of(name: &str, events: &[OnStage], base: &str) -> String {
    let mut showings: Vec<_> = events.iter().flat_map(|on| on.showings.iter().map(move |s| (on, s))).collect();
    showings.sort_by_key(|(_, s)| std::cmp::Reverse(s.showtime.details.starts_at_ms));
    showings.truncate(SHOWTIMES_MAX);
    whole("Programme", Some(name), |out| {
        for (on, showing) in showings.iter().rev() {
            entry(on, showing, base).write(out);
        }
    })
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

//! `/api/v1/orders/{order}/calendar.ics`: the dates of an order (RFC 5545), to put into a calendar. An entry keeps its UID
//! when its date moves.

use axum::extract::State as Shared;
use booking::State;
use booking::catalogue::ShowtimeState;
use booking::ids::OrderId;
use booking::orders::{Order, TicketPlace};

use crate::app::App;
use crate::orders;
use crate::places::House;
use crate::problem::{Kind, Problem};
use crate::programme::base;
use crate::programme::calendar::{LENGTH_MS, moment};
use crate::programme::escape::{calendar, fold};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;

/// One of the order's dates; none if nothing of it is there.
fn entry(state: &State, order: &Order, part: u16, house: &House, base: &str, out: &mut String) -> Option<()> {
    let (showtime, details) = (&house.showtime, &house.showtime.details);
    let (event, venue) = (state.event(showtime.event)?, &state.venue(house.plan.venue)?.details);
    let mine = order.tickets.iter().filter(|ticket| ticket.part == part && ticket.is_valid());
    let places: Vec<String> = mine
        .map(|ticket| match ticket.place {
            TicketPlace::Seat(seat) => house.plan.label(seat),
            TicketPlace::Area(index) => house.area(index).1.to_owned(),
        })
        .collect();
    let status = match details.state {
        ShowtimeState::Cancelled => "CANCELLED",
        ShowtimeState::Postponed => "TENTATIVE",
        _ if places.is_empty() => "CANCELLED",
        ShowtimeState::Draft | ShowtimeState::OnSale | ShowtimeState::Closed => "CONFIRMED",
    };
    let location = [&*venue.name, &*venue.address, &*venue.city];
    let location = location.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    let description = std::iter::once(&*details.reason).filter(|text| !text.is_empty()).map(str::to_owned);
    let description = places.into_iter().chain(description).collect::<Vec<_>>().join("\n");
    let changed_at_ms = order.history.iter().map(|(at_ms, ..)| *at_ms).fold(showtime.changed_at_ms, u64::max);
    let ends_at_ms = details.ends_at_ms.unwrap_or_else(|| details.starts_at_ms.saturating_add(LENGTH_MS));
    let mut line = |text: String| fold(&text, out);
    line("BEGIN:VEVENT".to_owned());
    line(format!("UID:{}.{}@usher", order.id, showtime.id));
    line(format!("DTSTAMP:{}", moment(changed_at_ms)));
    line(format!("SEQUENCE:{}", showtime.version.max(order.version) % (1 << 31)));
    line(format!("DTSTART:{}", moment(details.starts_at_ms)));
    line(format!("DTEND:{}", moment(ends_at_ms)));
    line(format!("SUMMARY:{}", calendar(&event.details.title)));
    if !description.is_empty() {
        line(format!("DESCRIPTION:{}", calendar(&description)));
    }
    line(format!("LOCATION:{}", calendar(&location)));
    if let Some((latitude, longitude)) = venue.geo {
        let degrees = |millionths: i32| f64::from(millionths) / 1_000_000.0;
        line(format!("GEO:{:.6};{:.6}", degrees(latitude), degrees(longitude)));
    }
    line(format!("STATUS:{status}"));
    line(format!("URL:{base}/o/{}", order.id));
    line("END:VEVENT".to_owned());
    Some(())
}

#[utoipa::path(get, path = "/api/v1/orders/{order}/calendar.ics", tag = "Holds and orders",
    summary = "An order's dates for a calendar",
    responses((status = 200, description = "iCalendar", body = String, content_type = "text/calendar")))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<OrderId>, reading: Reading) -> Result<Reply, Problem> {
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    reading.fresh(&app, Consistency::Linearizable).await?;
    let (order, houses, index) = orders::find(&app, &reading.caller, |state| state.order(id).cloned())?;
    let mut out = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Usher//Tickets//EN", "CALSCALE:GREGORIAN"] {
        fold(line, &mut out);
    }
    {
        let state = app.cluster.state();
        for (part, house) in (0_u16..).zip(&houses) {
            entry(&state, &order, part, house, base(&app), &mut out).ok_or_else(|| Kind::Internal.problem())?;
        }
    }
    fold("END:VCALENDAR", &mut out);
    Ok(Reply::bytes("text/calendar; charset=utf-8", out.into()).at(index).version(order.version))
}

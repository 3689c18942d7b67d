//! `/api/v1/orders/{order}/calendar.ics`: the dates of an order (RFC 5545), to put into a calendar. An entry keeps its UID
//! when its date moves.

use axum::extract::State as Shared;
use booking::State;
use booking::ids::OrderId;
use booking::orders::{Order, TicketPlace};

use crate::app::App;
use crate::orders;
use crate::places::House;
use crate::problem::{Kind, Problem};
use crate::programme::base;
use crate::programme::calendar::{Entry, whole};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;

/// One of the order's dates; none if nothing of it is there.
fn entry(state: &State, order: &Order, part: u16, house: &House, base: &str, out: &mut String) -> Option<()> {
    let showtime = &house.showtime;
    let event = state.event(showtime.event)?;
    let mine = order.tickets.iter().filter(|ticket| ticket.part == part && ticket.is_valid());
    let places: Vec<String> = mine
        .map(|ticket| match ticket.place {
            TicketPlace::Seat(seat) => house.plan.label(seat),
            TicketPlace::Area(index) => house.area(index).1.to_owned(),
        })
        .collect();
    let changed_at_ms = order.history.iter().map(|(at_ms, ..)| *at_ms).fold(showtime.changed_at_ms, u64::max);
    let entry = Entry {
        uid: format!("{}.{}@usher", order.id, showtime.id),
        changed_at_ms,
        sequence: showtime.version.max(order.version),
        showtime: &showtime.details,
        venue: &state.venue(house.plan.venue)?.details,
        title: &event.details.title,
        description: places.iter().map(String::as_str).chain([&*showtime.details.reason]).collect(),
        category: "",
        // Postponed or not: nothing of it is the buyer's any more.
        is_cancelled: places.is_empty(),
        url: format!("{base}/o/{}", order.id),
    };
    entry.write(out);
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
    let base = base(&app);
    let state = app.cluster.state();
    let mut complete = true;
    let text = whole("Tickets", None, |out| {
        for (part, house) in (0_u16..).zip(&houses) {
            complete &= entry(&state, &order, part, house, base, out).is_some();
        }
    });
    if !complete {
        return Err(Kind::Internal.problem());
    }
    Ok(Reply::bytes("text/calendar; charset=utf-8", text.into()).at(index).version(order.version))
}

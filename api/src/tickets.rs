//! `/api/v1/orders/{order}/tickets` and `/api/v1/tickets/{ticket}`. So far as JSON only.

use axum::extract::State as Shared;
use booking::ids::{EventId, OrderId, ShowtimeId, TicketId};
use booking::orders::{Order, Ticket, TicketPlace, TicketState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::lists::Page;
use crate::orders;
use crate::places::House;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::Time;

/// A ticket: one place of one showtime.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(crate) struct TicketJson<'a> {
    #[schema(value_type = String)]
    id: TicketId,
    #[schema(value_type = String)]
    order: OrderId,
    #[schema(value_type = String)]
    event: EventId,
    #[schema(value_type = String)]
    showtime: ShowtimeId,
    starts_at: Time,
    /// The seat's place id; absent for an area's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    /// The area's id; absent for a seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    area: Option<&'a str>,
    /// Section, row and number, or the area's name.
    label: String,
    /// The price tier's id.
    tier: &'a str,
    /// The ticket type's id; absent in a tier with one kind of ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_type: Option<&'a str>,
    /// `valid`, or `void` once it was given back.
    state: &'static str,
    /// How often it was passed on: only the newest code lets anybody in.
    generation: u16,
    /// Whom it was passed on to.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<HolderJson<'a>>,
}

/// Whom a ticket was passed on to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Holder)]
struct HolderJson<'a> {
    name: &'a str,
    email: &'a str,
}

/// A ticket of an order in the words of its showtime.
pub(crate) fn view<'a>(order: &Order, houses: &'a [House], ticket: &'a Ticket) -> Option<TicketJson<'a>> {
    let (house, line) = (houses.get(usize::from(ticket.part))?, ticket.line(order)?);
    let (place, area, label) = match ticket.place {
        TicketPlace::Seat(seat) => (Some(house.seat(seat)), None, house.plan.label(seat)),
        TicketPlace::Area(index) => {
            let (id, name) = house.area(index);
            (None, Some(id), name.to_owned())
        }
    };
    Some(TicketJson {
        id: ticket.id,
        order: order.id,
        event: house.showtime.event,
        showtime: house.showtime.id,
        starts_at: Time(house.showtime.details.starts_at_ms),
        place,
        area,
        label,
        tier: house.tier(line.tier),
        ticket_type: house.ticket_type(line.tier, line.ticket_type),
        state: match ticket.state {
            TicketState::Valid => "valid",
            TicketState::Void => "void",
        },
        generation: ticket.generation,
        holder: ticket.holder.as_ref().map(|holder| HolderJson { name: &holder.name, email: &holder.email }),
    })
}

#[utoipa::path(get, path = "/api/v1/orders/{order}/tickets", tag = "Holds and orders", summary = "An order's tickets",
    responses((status = 200, description = "All of them", body = Page<TicketJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, Id(id): Id<OrderId>, reading: Reading) -> Result<Reply, Problem> {
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    reading.fresh(&app, Consistency::Linearizable).await?;
    let (order, houses, index) = orders::find(&app, &reading.caller, |s| s.order(id).cloned())?;
    let items = order.tickets.iter().filter_map(|t| view(&order, &houses, t)).collect();
    Ok(Reply::ok(&Page { items, next_cursor: None })?.at(index).version(order.version))
}

#[utoipa::path(get, path = "/api/v1/tickets/{ticket}", tag = "Holds and orders", summary = "Read a ticket",
    responses((status = 200, description = "The ticket", body = TicketJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<TicketId>, reading: Reading) -> Result<Reply, Problem> {
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    reading.fresh(&app, Consistency::Linearizable).await?;
    let (order, houses, index) = orders::find(&app, &reading.caller, |s| s.order_of_ticket(id).cloned())?;
    let ticket = order.tickets.iter().find(|t| t.id == id).and_then(|t| view(&order, &houses, t));
    Ok(Reply::ok(&ticket.ok_or_else(|| Kind::NotFound.problem())?)?.at(index).version(order.version))
}

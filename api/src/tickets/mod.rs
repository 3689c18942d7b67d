//! `/api/v1/orders/{order}/tickets`, `/api/v1/tickets/{ticket}`: tickets as JSON, as a code to show, and on paper.
//! `code`: what a code says; `keys`: those that sign them; `qr` `paper` `pdf` `words`: how it looks; `calendar`: the order's
//! dates. Deliberately not here: scans (see `door`).

pub(crate) mod calendar;
pub(crate) mod code;
pub(crate) mod keys;
mod paper;
mod pdf;
mod qr;
mod words;

use std::sync::Arc;

use axum::extract::State as Shared;
use booking::State;
use booking::ids::{EventId, OrderId, OrganizationId, ShowtimeId, TicketId};
use booking::keys::Scope;
use booking::orders::{Order, Ticket, TicketPlace, TicketState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::lists::Page;
use crate::orders;
use crate::orders::view::houses;
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
    /// What its QR code says; only where a single ticket is read, by whoever may go in with it, and by staff who sell.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
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
        code: None,
    })
}

/// What a ticket is written as.
pub(crate) const SVG: &str = "image/svg+xml";
pub(crate) const PDF: &str = "application/pdf";

/// A ticket that is read, with its order.
struct Found {
    order: Arc<Order>,
    houses: Vec<House>,
    id: TicketId,
    index: u64,
}

impl Found {
    fn ticket(&self) -> Option<&Ticket> {
        self.order.ticket(self.id)
    }
}

/// A ticket, if the caller may see its order, or it was passed on to the caller.
fn find(app: &App, caller: &Caller, id: TicketId) -> Result<Found, Problem> {
    let state = app.cluster.state();
    let order = state.order_of_ticket(id).cloned().ok_or_else(|| Kind::NotFound.problem())?;
    let theirs = order.ticket(id).is_some_and(|ticket| caller.has_ticket(app, ticket));
    if !theirs && !orders::may_see(app, caller, &order) {
        return Err(Kind::NotFound.problem());
    }
    let houses = houses(&state, &order).ok_or_else(|| Kind::Internal.problem())?;
    Ok(Found { order, houses, id, index: state.index() })
}

/// Whether the caller may have a ticket's code: whoever goes in with it, or staff who sell.
fn may_enter(app: &App, caller: &Caller, order: &Order, ticket: &Ticket) -> Result<(), Problem> {
    if !ticket.is_valid() {
        return Err(Kind::Conflict.detail("the ticket was given back: it has no code any more"));
    }
    if caller.organization_with(&[Scope::Sell]) == Some(order.organization) || caller.has_ticket(app, ticket) {
        return Ok(());
    }
    if ticket.holder.is_some() {
        return Err(Kind::Conflict.detail("the ticket was passed on: only its new holder has its code"));
    }
    if orders::bears(app, caller, order) {
        return Ok(());
    }
    Err(Kind::RoleRequired.detail("a ticket's code needs the scope sell").with("scope", "sell"))
}

/// A ticket's code, signed with the organization's newest key.
fn code_of(app: &App, state: &State, order: &Order, ticket: &Ticket) -> Option<String> {
    let key = state.organization(order.organization)?.ticket_key;
    let showtime = order.parts.get(usize::from(ticket.part))?.showtime;
    let claim = code::Claim { key, ticket: ticket.id, showtime, generation: ticket.generation };
    code::write(&app.tokens, order.organization, &claim)
}

/// What a scanned code turned out to be.
pub(crate) enum Shown {
    /// A ticket, as often as it had been passed on.
    Ticket(TicketId, u16),
    /// No code of a ticket.
    Unreadable,
    /// Not signed by the organization, or with a key that is too old.
    Forged,
}

/// Reads a code that was shown at an organization's door.
pub(crate) async fn shown(app: &App, organization: OrganizationId, text: &str) -> Result<Shown, Problem> {
    let Some(signed) = code::read(text) else { return Ok(Shown::Unreadable) };
    let newest = |state: &State| state.organization(organization).map(|of| of.ticket_key);
    // The key may have been made a moment ago through another node.
    let known = app.find(|state| newest(state).filter(|newest| *newest >= signed.claim.key)).await?;
    let newest = known.or_else(|| newest(&app.cluster.state()));
    if newest.is_some_and(|newest| signed.is_of(&app.tokens, organization, newest)) {
        Ok(Shown::Ticket(signed.claim.ticket, signed.claim.generation))
    } else {
        Ok(Shown::Forged)
    }
}

/// Tickets of an order on paper, off the threads that serve.
async fn printed(app: &App, order: &Arc<Order>, houses: &[House], ids: &[TicketId]) -> Result<Reply, Problem> {
    let papers: Option<Vec<paper::Paper>> = {
        let state = app.cluster.state();
        let tickets = ids.iter().map(|id| order.ticket(*id));
        tickets
            .map(|ticket| {
                let ticket = ticket?;
                let house = houses.get(usize::from(ticket.part))?;
                paper::Paper::of(&state, (order, house, ticket), &code_of(app, &state, order, ticket)?)
            })
            .collect()
    };
    let papers = papers.ok_or_else(|| Kind::Internal.problem())?;
    let file = app.printers.read(move || pdf::write(&papers)).await?;
    Ok(Reply::bytes(PDF, file.ok_or_else(|| Kind::Internal.problem())?.into()))
}

#[utoipa::path(get, path = "/api/v1/orders/{order}/tickets", tag = "Holds and orders", summary = "An order's tickets",
    description = "As JSON, or with `Accept: application/pdf` those that the caller may go in with, a page each.",
    responses((status = 200, description = "All of them", content((Page<TicketJson> = "application/json"),
        (String = "application/pdf"))), (status = 409, description = "`conflict`: none of them can be printed")))]
pub(crate) async fn list(Shared(app): Shared<App>, Id(id): Id<OrderId>, reading: Reading) -> Result<Reply, Problem> {
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    reading.fresh(&app, Consistency::Linearizable).await?;
    let (order, houses, index) = orders::find(&app, &reading.caller, |s| s.order(id).cloned())?;
    if reading.prefers(PDF) {
        let (mut mine, mut refused) = (Vec::new(), Kind::Conflict.detail("the order has no tickets: it is not paid"));
        for ticket in &order.tickets {
            match may_enter(&app, &reading.caller, &order, ticket) {
                Ok(()) => mine.push(ticket.id),
                Err(problem) => refused = problem,
            }
        }
        if mine.is_empty() {
            return Err(refused);
        }
        return Ok(printed(&app, &order, &houses, &mine).await?.at(index).hashed());
    }
    let items = order.tickets.iter().filter_map(|t| view(&order, &houses, t)).collect();
    Ok(Reply::ok(&Page { items, next_cursor: None })?.at(index).version(order.version))
}

#[utoipa::path(get, path = "/api/v1/tickets/{ticket}", tag = "Holds and orders", summary = "Read a ticket",
    description = "As JSON; with `Accept: image/svg+xml` its code as a QR code; with `Accept: application/pdf` on paper. By \
        whoever bears its order's token, by whoever it was passed on to, and by staff. The code is for whoever goes in \
        with it and for staff with the scope `sell`.",
    responses((status = 200, description = "The ticket", content((TicketJson = "application/json"),
        (String = "image/svg+xml"), (String = "application/pdf"))),
        (status = 409, description = "`conflict`: it was given back, or passed on to somebody else")))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<TicketId>, reading: Reading) -> Result<Reply, Problem> {
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    reading.fresh(&app, Consistency::Linearizable).await?;
    let found = find(&app, &reading.caller, id)?;
    let ticket = found.ticket().ok_or_else(|| Kind::NotFound.problem())?;
    let allowed = may_enter(&app, &reading.caller, &found.order, ticket);
    if reading.prefers(PDF) {
        allowed?;
        return Ok(printed(&app, &found.order, &found.houses, &[id]).await?.at(found.index).hashed());
    }
    let code = allowed.map(|()| code_of(&app, &app.cluster.state(), &found.order, ticket));
    if reading.prefers(SVG) {
        let svg = code?.as_deref().and_then(qr::Squares::of).ok_or_else(|| Kind::Internal.problem())?.svg();
        return Ok(Reply::bytes(SVG, svg.into()).at(found.index).hashed());
    }
    let mut json = view(&found.order, &found.houses, ticket).ok_or_else(|| Kind::Internal.problem())?;
    json.code = code.unwrap_or_default();
    // Who may have the code is no part of the order's version.
    Ok(Reply::ok(&json)?.at(found.index).hashed())
}

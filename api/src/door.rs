//! At the door: `/api/v1/showtimes/{showtime}/scans` and `/attendance`, the list for doors that are offline, and tickets
//! passed on. Two doors at two nodes cannot let one ticket in twice: each scan is a command like any other.
//! `history`: the scans of a ticket; `uploads`: those of a door that was offline.

use axum::extract::State as Shared;
use booking::admission::{Holder, Scanned, Verdict, Way};
use booking::command::{ScanTicket, TransferTicket};
use booking::ids::{OrderId, OrganizationId, ShowtimeId, TicketId};
use booking::keys::Scope;
use booking::{Command, Reply as Done};
use raft::Answer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::App;
use crate::caller::Caller;
use crate::orders;
use crate::orders::view::{For, OrderJson, houses, view as order_view};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::tickets::{self, Shown, TicketJson};
use crate::time::Time;

pub(crate) mod history;
pub(crate) mod uploads;

/// Tickets of one page of the list for doors that are offline: all of most houses.
const LIST_MAX: usize = 20_000;

/// Which way somebody goes.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Way)]
pub(crate) enum WayJson {
    #[default]
    In,
    /// Out: the ticket lets somebody in again.
    Out,
}

/// A scan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScanBody {
    /// What the QR code says; in place of `ticket`.
    #[schema(value_type = Option<String>, max_length = 300)]
    code: Option<Box<str>>,
    /// The ticket's id, if its number was typed in.
    #[schema(value_type = Option<String>)]
    ticket: Option<TicketId>,
    /// How often it was passed on; only with `ticket`.
    #[serde(default)]
    generation: u16,
    #[serde(default)]
    way: WayJson,
    /// Which door, in the words of the house.
    #[serde(default)]
    #[schema(value_type = String, max_length = 64)]
    gate: Box<str>,
}

/// What a scan found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scanned)]
struct ScannedJson<'a> {
    /// `admitted`, `left`, `already_inside`, `not_inside`, `wrong_showtime`, `void`, `replaced` (it was passed on: only the
    /// newest code is good), `unknown`; of a code also `unreadable` (no code of a ticket) or `forged` (not signed by the
    /// organization, or long ago).
    verdict: &'static str,
    /// Whether to let them through.
    ok: bool,
    /// Since when somebody is in with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    /// Where they went in.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'a str>,
    /// The showtime that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    showtime: Option<ShowtimeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<TicketJson<'a>>,
}

/// How many came to a showtime.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attendance)]
struct AttendanceJson {
    /// Valid tickets.
    tickets: u32,
    /// Of them, those that let somebody in at least once.
    came: u32,
    /// Of them, those that somebody is in with now.
    inside: u32,
}

/// A valid ticket, for doors that are offline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DoorTicket)]
struct DoorTicketJson {
    #[schema(value_type = String)]
    ticket: TicketId,
    generation: u16,
    inside: bool,
}

/// The valid tickets of a showtime.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DoorList)]
struct DoorListJson {
    tickets: Vec<DoorTicketJson>,
    /// Ask again with `?cursor=`; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorListQuery {
    cursor: Option<String>,
}

/// To whom a ticket is passed on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferBody {
    #[schema(value_type = String, max_length = 200)]
    name: Box<str>,
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    email: Box<str>,
}

/// An order of which a ticket was passed on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PassedOn)]
struct PassedJson<'a> {
    #[serde(flatten)]
    order: OrderJson<'a>,
    /// The new holder's.
    token: String,
}

const fn way(way: WayJson) -> Way {
    match way {
        WayJson::In => Way::In,
        WayJson::Out => Way::Out,
    }
}

fn verdict(of: &Verdict) -> (&'static str, bool, Option<(u64, &str)>) {
    match of {
        Verdict::Admitted => ("admitted", true, None),
        Verdict::Left => ("left", true, None),
        Verdict::AlreadyInside { at_ms, gate } => ("already_inside", false, Some((*at_ms, gate))),
        Verdict::NotInside => ("not_inside", false, None),
        Verdict::WrongShowtime(_) => ("wrong_showtime", false, None),
        Verdict::Void => ("void", false, None),
        Verdict::Replaced => ("replaced", false, None),
        Verdict::Unknown => ("unknown", false, None),
        Verdict::LetInSince { at_ms, gate } => ("let_in_since", false, Some((*at_ms, gate))),
    }
}

/// The scan of a ticket; `at`: when it was, if the door was offline. What else was shown is its verdict already.
async fn command(
    app: &App,
    (organization, showtime): (OrganizationId, ShowtimeId),
    body: ScanBody,
    at: Option<Time>,
) -> Result<Result<ScanTicket, &'static str>, Problem> {
    let (ticket, generation) = match (body.code, body.ticket) {
        (Some(code), None) => match tickets::shown(app, organization, &code).await? {
            Shown::Ticket(ticket, generation) => (ticket, generation),
            Shown::Unreadable => return Ok(Err("unreadable")),
            Shown::Forged => return Ok(Err("forged")),
        },
        (None, Some(ticket)) => (ticket, body.generation),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Problem::malformed("body", "/code", "expected a code, or a ticket by its id"));
        }
    };
    let at_ms = at.map(|at| at.0);
    Ok(Ok(ScanTicket { organization, showtime, ticket, generation, way: way(body.way), gate: body.gate, at_ms }))
}

fn found(app: &App, scanned: &Scanned, answer: &Answer) -> Result<Reply, Problem> {
    let order = scanned.order.and_then(|id| app.cluster.state().order(id).cloned());
    let houses = order.as_ref().and_then(|order| houses(&app.cluster.state(), order)).unwrap_or_default();
    let ticket = order.as_ref().and_then(|order| tickets::view(order, &houses, order.ticket(scanned.ticket)?));
    let (name, ok, inside) = verdict(&scanned.verdict);
    let showtime = if let Verdict::WrongShowtime(id) = scanned.verdict { Some(id) } else { None };
    let json = ScannedJson {
        verdict: name,
        ok,
        since: inside.map(|(at_ms, _)| Time(at_ms)),
        gate: inside.map(|(_, gate)| gate),
        showtime,
        ticket,
    };
    Ok(Reply::ok(&json)?.answered(answer))
}

#[utoipa::path(post, path = "/api/v1/showtimes/{showtime}/scans", tag = "At the door", summary = "Scan a ticket",
    description = "Needs the scope `scan`. What is wrong with a ticket is the answer, not an error. Repeat it under its key \
        if no answer came: a ticket is let in once all the same.",
    request_body = ScanBody, responses((status = 200, description = "What was found", body = ScannedJson)))]
pub(crate) async fn scan(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, action: Action) -> Result<Reply, Problem> {
    let organization = of_door(&app, &action.caller, id).await?;
    let body: ScanBody = action.json()?;
    let command = match command(&app, (organization, id), body, None).await? {
        Ok(command) => command,
        Err(verdict) => {
            let json = ScannedJson { verdict, ok: false, since: None, gate: None, showtime: None, ticket: None };
            return Ok(Reply::ok(&json)?.at(app.cluster.applied()));
        }
    };
    let answer = app.propose(&action, organization.0, Command::ScanTicket(command)).await?;
    match &answer.outcome {
        Ok(Done::Scanned(scanned)) => found(&app, scanned, &answer),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

/// The organization, if it is the showtime's and the caller may scan for it.
async fn of_door(app: &App, caller: &Caller, id: ShowtimeId) -> Result<OrganizationId, Problem> {
    let organization = caller.staff(Scope::Scan)?.organization;
    app.must_find(|s| s.showtime(id).filter(|showtime| showtime.organization == organization).map(|_| ())).await?;
    Ok(organization)
}

#[utoipa::path(get, path = "/api/v1/showtimes/{showtime}/attendance", tag = "At the door", summary = "How many came",
    responses((status = 200, description = "Counts, exact at the index", body = AttendanceJson)))]
pub(crate) async fn attendance(
    Shared(app): Shared<App>,
    Id(id): Id<ShowtimeId>,
    reading: Reading,
) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    of_door(&app, &reading.caller, id).await?;
    let state = app.cluster.state();
    let counts = state.attendance(id);
    let json = AttendanceJson { tickets: counts.tickets, came: counts.came, inside: counts.inside };
    Ok(Reply::ok(&json)?.at(state.index()).hashed())
}

#[utoipa::path(get, path = "/api/v1/showtimes/{showtime}/door-list", tag = "At the door",
    summary = "Valid tickets, for doors that may be offline",
    description = "Who scans by this list while offline uploads the scans later.",
    params(("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page of tickets", body = DoorListJson)))]
pub(crate) async fn list(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, reading: Reading) -> Result<Reply, Problem> {
    of_door(&app, &reading.caller, id).await?;
    let query: DoorListQuery = reading.query()?;
    crate::reading::fresh(&app, Consistency::Linearizable).await?;
    let after = query.cursor.as_deref().map(str::parse::<OrderId>).transpose();
    let after = after.map_err(|_| Problem::malformed("query", "cursor", "not a cursor of this list"))?;
    let state = app.cluster.state();
    let (mut found, mut last) = (Vec::new(), None);
    for order in state.orders_of_showtime(id).filter(|order| after.is_none_or(|after| order.id > after)) {
        if found.len() >= LIST_MAX {
            break;
        }
        last = Some(order.id);
        let here = |part: u16| order.parts.get(usize::from(part)).is_some_and(|part| part.showtime == id);
        found.extend(order.tickets.iter().filter(|t| t.is_valid() && here(t.part)).map(|ticket| DoorTicketJson {
            ticket: ticket.id,
            generation: ticket.generation,
            inside: ticket.admission.as_ref().is_some_and(|admission| admission.way == Way::In),
        }));
    }
    let next_cursor = last.filter(|_| found.len() >= LIST_MAX).map(|id| id.to_string());
    Ok(Reply::ok(&DoorListJson { tickets: found, next_cursor })?.at(state.index()).hashed())
}

#[utoipa::path(post, path = "/api/v1/tickets/{ticket}/transfer", tag = "Holds and orders", summary = "Pass a ticket on",
    description = "Its code is a new one from then on; the old one lets nobody in. By whoever bears its order's token, or \
        staff with the scope `sell`. Hand `token` over to the new holder, as a link to `/t/TICKET#TOKEN` for example: shown \
        as `Authorization: Bearer`, it reads the ticket and its code, until it is passed on again.",
    request_body = TransferBody, responses((status = 200, description = "Its order", body = PassedJson)))]
pub(crate) async fn transfer(Shared(app): Shared<App>, Id(id): Id<TicketId>, action: Action) -> Result<Reply, Problem> {
    if action.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    let body: TransferBody = action.json()?;
    let order = app.must_find(|s| s.order_of_ticket(id).map(|order| order.id)).await?;
    let (organization, lane) = orders::acting(&app, &action, order).await?;
    let holder = Holder { name: body.name, email: body.email };
    let command = Command::TransferTicket(Box::new(TransferTicket { organization, ticket: id, holder }));
    let answer = app.propose(&action, lane.0, command).await?;
    match &answer.outcome {
        Ok(Done::Order(order)) => {
            let houses = houses(&app.cluster.state(), order).ok_or_else(|| Kind::Internal.problem())?;
            let generation = order.ticket(id).map_or(0, |ticket| ticket.generation);
            let order = order_view(order, &houses, app.payment_method(), For::acting(organization));
            Ok(Reply::ok(&PassedJson { order, token: app.tokens.ticket(id, generation) })?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

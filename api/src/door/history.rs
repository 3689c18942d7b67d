//! `/api/v1/tickets/{ticket}/scans`: what the doors made of a ticket, for staff.

use axum::extract::State as Shared;
use booking::admission::{Scan, Way};
use booking::command::Actor;
use booking::ids::{ShowtimeId, TicketId};
use booking::keys::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use super::{WayJson, verdict};
use crate::app::App;
use crate::lists::Page;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::Time;

/// A scan that was recorded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordedScan)]
struct RecordedJson<'a> {
    /// When it was made.
    at: Time,
    /// When it was recorded: later, if the door was offline.
    recorded_at: Time,
    /// Where the door is.
    #[schema(value_type = String)]
    showtime: ShowtimeId,
    /// Which door, in the words of the house.
    gate: &'a str,
    way: WayJson,
    /// As the door, or whoever uploaded it, was told.
    verdict: &'static str,
    ok: bool,
    /// The API key that scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

fn view(scan: &Scan) -> RecordedJson<'_> {
    let (name, ok, _) = verdict(&scan.verdict);
    RecordedJson {
        at: Time(scan.at_ms),
        recorded_at: Time(scan.recorded_at_ms),
        showtime: scan.showtime,
        gate: &scan.gate,
        way: match scan.way {
            Way::In => WayJson::In,
            Way::Out => WayJson::Out,
        },
        verdict: name,
        ok,
        by: by(scan.by),
    }
}

/// The key, or the member of staff, by whom a ticket was scanned.
fn by(actor: Actor) -> Option<String> {
    match actor {
        Actor::Key(id) => Some(id.to_string()),
        Actor::User(id) => Some(id.to_string()),
        Actor::Node | Actor::Buyer => None,
    }
}

#[utoipa::path(get, path = "/api/v1/tickets/{ticket}/scans", tag = "At the door", summary = "A ticket's scans",
    description = "In the order in which they were made; 32 at most: of more, the oldest by which nobody went through are \
        forgotten first. By staff with the scope `scan`, `sell` or `read`.",
    responses((status = 200, description = "All that are kept", body = Page<RecordedJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, Id(id): Id<TicketId>, reading: Reading) -> Result<Reply, Problem> {
    let organization = match reading.caller.organization_with(&[Scope::Scan, Scope::Sell, Scope::Read]) {
        Some(organization) => organization,
        None => reading.caller.staff(Scope::Scan)?.organization,
    };
    reading.fresh(&app, Consistency::Linearizable).await?;
    let state = app.cluster.state();
    let order = state.order_of_ticket(id).filter(|order| order.organization == organization);
    let order = order.ok_or_else(|| Kind::NotFound.problem())?;
    let ticket = order.ticket(id).ok_or_else(|| Kind::NotFound.problem())?;
    let items = ticket.scans.iter().map(view).collect();
    Ok(Reply::ok(&Page { items, next_cursor: None })?.at(state.index()).hashed())
}

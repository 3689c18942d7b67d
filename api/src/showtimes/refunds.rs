//! `/api/v1/showtimes/{showtime}/refunds`: all tickets of a cancelled showtime are given back, and how far that is.

use axum::extract::State as Shared;
use booking::command::RefundShowtime;
use booking::ids::ShowtimeId;
use booking::keys::Scope;
use booking::refunds::RefundState;
use booking::{Command, Reply as Done, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::time::Time;

/// Orders looked at for the money's progress: bounds the time that the state is held.
const LOOKED_AT_MAX: usize = 20_000;

/// How to refund it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RefundsBody {
    /// Whether fees stay with the organization.
    keep_fees: bool,
    /// For receipts.
    #[schema(value_type = String, max_length = 500)]
    reason: Box<str>,
}

/// How far the refunds of a showtime have come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShowtimeRefunds)]
struct RefundsJson {
    /// `running`, or `done` once every order had its turn; some of the money may be on its way still.
    state: &'static str,
    since: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Time>,
    keep_fees: bool,
    /// Orders that were refunded so far, and tickets of them.
    orders: u32,
    tickets: u32,
    /// Orders whose turn is still to come, as far as they were counted (20,000).
    orders_left: usize,
    /// Refunds of its orders by how far the money is.
    money: MoneyJson,
}

/// Refunds by how far the money is.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = RefundsByState)]
struct MoneyJson {
    pending: usize,
    sent: usize,
    done: usize,
    failed: usize,
}

fn view(state: &State, id: ShowtimeId) -> Option<RefundsJson> {
    let refunding = state.showtime(id)?.refunding.as_deref()?;
    let (mut money, mut orders_left) = (MoneyJson::default(), 0);
    for order in state.orders_of_showtime(id).take(LOOKED_AT_MAX) {
        orders_left += usize::from(order.id > refunding.upto && refunding.done_at_ms.is_none());
        for refund in order.refunds.iter().filter(|refund| refund.asked_at_ms >= refunding.since_ms) {
            *match refund.state {
                RefundState::Pending => &mut money.pending,
                RefundState::Sent => &mut money.sent,
                RefundState::Done => &mut money.done,
                RefundState::Failed => &mut money.failed,
            } += 1;
        }
    }
    Some(RefundsJson {
        state: if refunding.done_at_ms.is_some() { "done" } else { "running" },
        since: Time(refunding.since_ms),
        done_at: refunding.done_at_ms.map(Time),
        keep_fees: refunding.keeps_fees,
        orders: refunding.orders,
        tickets: refunding.tickets,
        orders_left,
        money,
    })
}

#[utoipa::path(post, path = "/api/v1/showtimes/{showtime}/refunds", tag = "Holds and orders",
    summary = "Refund a cancelled showtime", description = "All its tickets, in the order of their orders, no faster than \
        the payment provider makes refunds. It goes on by itself, also when nodes are lost; asked for again once it is done, it \
        looks for what was paid in the last moment.",
    request_body = RefundsBody, responses((status = 201, description = "How far it is", body = RefundsJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Sell)?.organization;
    let body: RefundsBody = action.json()?;
    let (showtime, keeps_fees, reason) = (id, body.keep_fees, body.reason);
    let command = Command::RefundShowtime(RefundShowtime { organization, showtime, keeps_fees, reason });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Showtime(_)) => {
            let view = app.after(answer.index, |s| view(s, id)).await?;
            Ok(Reply::created(&view)?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/showtimes/{showtime}/refunds", tag = "Holds and orders",
    summary = "How far the refunds of a showtime are",
    responses((status = 200, description = "How far it is", body = RefundsJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, reading: Reading) -> Result<Reply, Problem> {
    let organization = reading.caller.staff(Scope::Sell)?.organization;
    reading.fresh(&app, Consistency::Linearizable).await?;
    let state = app.cluster.state();
    let mine = state.showtime(id).is_some_and(|showtime| showtime.organization == organization);
    let view = view(&state, id).filter(|_| mine).ok_or_else(|| Kind::NotFound.problem())?;
    Ok(Reply::ok(&view)?.at(state.index()).hashed())
}

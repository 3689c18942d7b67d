//! `/api/v1/orders`: holds become sold places, at the box office or by a payment; and back again.
//! `csv`: orders as a table. `desk`: orders changed by staff and buyers. `search`: orders that staff look for. `view`: what they look like.
//! Deliberately not here: what the provider calls (see `payments`), what staff see to (see `tasks`).

pub(crate) mod csv;
pub(crate) mod desk;
mod search;
pub(crate) mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Shared;
use booking::command::{CancelOrder, Pay, PlaceOrder, RefundOrder};
use booking::ids::{HoldId, OrderId, OrganizationId, PaymentId, RefundId, TicketId};
use booking::keys::Scope;
use booking::orders::{Buyer, Order};
use booking::payments::OnlineState;
use booking::{Command, Reply as Done, State};
use raft::Answer;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::caller::Caller;
use crate::holds::code;
use crate::lists::{ListQuery, Page};
use crate::places::House;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;
use search::{Found, Wanted};
use view::{BoxOfficeKind, BuyerJson, For, OrderJson, houses, view};

/// An order to be paid is answered once the provider has said where, or after this.
const PAGE_WITHIN: Duration = Duration::from_secs(2);
/// How often that is looked at: at first, and at last.
const PAGE_LOOKED_AT_FIRST: Duration = Duration::from_millis(4);
const PAGE_LOOKED_AT_LAST: Duration = Duration::from_millis(64);

/// How an order is paid: `box_office` (staff only), or by the payment provider under its name, such as `mock`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentBody {
    #[schema(value_type = String, examples("mock", "box_office"))]
    method: Box<str>,
    /// At the box office: what is paid.
    kind: Option<BoxOfficeKind>,
    /// By the provider: where it sends the buyer afterwards; an address of this cluster's pages.
    #[schema(value_type = Option<String>, max_length = 2000)]
    return_url: Option<Box<str>>,
    /// By the provider: what it gave the buyer's browser to pay with, if it did; else the buyer pays on its page.
    #[schema(value_type = Option<String>, max_length = 200)]
    token: Option<Box<str>>,
}

/// What to buy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderBody {
    /// Holds of one or more showtimes of an organization, taken over together.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 20)]
    holds: Vec<HoldId>,
    #[serde(default)]
    buyer: BuyerJson,
    payment: PaymentBody,
    /// Code of a voucher, for those of the holds that brought none. The order costs the sum of what its holds showed, or
    /// less.
    #[schema(value_type = Option<String>, max_length = 32)]
    voucher: Option<Box<str>>,
}

/// What to give back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RefundBody {
    /// Tickets of the order; all that are valid if absent.
    #[schema(value_type = Vec<String>)]
    tickets: Vec<TicketId>,
    /// Whether fees stay with the organization; for buyers the event's rule says so.
    keep_fees: bool,
    #[schema(value_type = String, max_length = 500)]
    reason: Box<str>,
}

/// Why an order is given up.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CancelBody {
    #[schema(value_type = String, max_length = 500)]
    reason: Box<str>,
}

impl App {
    /// What the payment provider is called; empty if there is none.
    pub(crate) fn payment_method(&self) -> &str {
        self.config.payments.as_ref().map_or("", |payments| &payments.method)
    }

    /// Whether an address is of the cluster's own pages: buyers are sent nowhere else.
    fn is_ours(&self, url: &str) -> bool {
        self.config.public_urls.iter().any(|ours| {
            url.strip_prefix(ours.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        })
    }
}

/// How it is paid, and the organization if it is staff who sell.
fn pay(app: &App, action: &Action, body: PaymentBody) -> Result<(Pay, Option<OrganizationId>), Problem> {
    let wrong = |pointer: &str, detail: String| Kind::RuleViolated.detail(detail).with("pointer", pointer);
    if &*body.method == "box_office" {
        let organization = action.caller.staff(Scope::Sell)?.organization;
        if body.return_url.is_some() || body.token.is_some() {
            return Err(wrong("/payment", "a sale at the box office has no return_url and no token".to_owned()));
        }
        return match body.kind {
            Some(BoxOfficeKind::Cash) => Ok((Pay::Cash, Some(organization))),
            Some(BoxOfficeKind::Comp) => Ok((Pay::Comp, Some(organization))),
            None => Err(Problem::malformed("body", "/payment/kind", "expected cash or comp")),
        };
    }
    let ours = app.payment_method();
    if ours.is_empty() || *body.method != *ours {
        let takes = if ours.is_empty() { "box_office only".to_owned() } else { format!("{ours} and box_office") };
        return Err(wrong("/payment/method", format!("this cluster takes the payment methods {takes}")));
    }
    if body.kind.is_some() {
        return Err(wrong("/payment/kind", "only a sale at the box office has a kind".to_owned()));
    }
    if let Some(url) = body.return_url.as_deref().filter(|url| !app.is_ours(url)) {
        let ours = app.config.public_urls.join(", ");
        return Err(wrong("/payment/return_url", format!("{url} is not an address of this cluster: {ours}")));
    }
    let id = PaymentId::mint(app.now_ms(), draw());
    let organization = action.caller.organization_with(&[Scope::Sell]);
    Ok((Pay::Online { id, return_url: body.return_url, token: body.token }, organization))
}

#[utoipa::path(post, path = "/api/v1/orders", tag = "Holds and orders", summary = "Make an order from holds",
    description = "Takes all holds over or none; the tokens of all of them must be shown. A box-office sale (`sell` scope) \
        is `paid` at once. Any other order is `pending`: its places are kept until `payments[0].pays_until`, and the buyer \
        pays at `payments[0].page`. If that is not there yet, read the order again.",
    request_body = OrderBody, responses((status = 201, description = "The order", body = OrderJson)))]
pub(crate) async fn place(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    if action.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    let body: OrderBody = action.json()?;
    let (pay, organization) = pay(&app, &action, body.payment)?;
    if organization.is_none() && !body.holds.iter().all(|hold| action.caller.opens(&app, *hold)) {
        return Err(Kind::NotFound.detail("there is no such hold, or its token was not shown"));
    }
    // Whose turn it is to be carried out: the organization's, as far as this node knows the holds.
    let lane = body.holds.first().and_then(|hold| app.cluster.state().hold(*hold).map(|h| h.organization));
    let lane = organization.or(lane).unwrap_or_default();
    let order = PlaceOrder {
        id: OrderId::mint(app.now_ms(), draw()),
        organization,
        holds: body.holds,
        buyer: Buyer {
            name: body.buyer.name,
            email: body.buyer.email,
            phone: body.buyer.phone,
            language: body.buyer.language,
        },
        pay,
        voucher: code(body.voucher)?,
    };
    let answer = app.propose(&action, lane.0, Command::PlaceOrder(Box::new(order))).await?;
    match &answer.outcome {
        Ok(Done::Order(order)) => {
            let (order, houses) = once_payable(&app, answer.index, order.clone()).await?;
            let json = view(&order, &houses, app.payment_method(), For::acting(organization));
            Ok(Reply::created(&json)?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

/// The order once the provider has said where it is paid, as it then is; or as it is after [`PAGE_WITHIN`].
async fn once_payable(app: &App, index: u64, placed: Arc<Order>) -> Result<(Arc<Order>, Vec<House>), Problem> {
    let began = tokio::time::Instant::now();
    let mut pause = PAGE_LOOKED_AT_FIRST;
    loop {
        let now = app.after(index, |s| s.order(placed.id).cloned()).await?;
        let waits = now.online().is_some_and(|online| online.state == OnlineState::Creating);
        if !waits || began.elapsed() >= PAGE_WITHIN {
            let houses = app.after(index, |s| houses(s, &now)).await?;
            return Ok((now, houses));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAGE_LOOKED_AT_LAST);
    }
}

/// The organization of staff who act on an order; none for whoever bears the token of one of its holds.
pub(crate) async fn acting(
    app: &App,
    action: &Action,
    id: OrderId,
) -> Result<(Option<OrganizationId>, OrganizationId), Problem> {
    let caller = &action.caller;
    if caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    let order = app.must_find(|s| s.order(id).cloned()).await?;
    let staff = caller.organization_with(&[Scope::Sell]).filter(|mine| *mine == order.organization);
    if staff.is_some() || bears(app, caller, &order) {
        return Ok((staff, order.organization));
    }
    Err(Kind::NotFound.problem())
}

fn changed(
    app: &App,
    answer: &Answer,
    reader: For,
    write: impl Fn(&OrderJson) -> Result<Reply, Problem>,
) -> Result<Reply, Problem> {
    match &answer.outcome {
        Ok(Done::Order(order)) => {
            let houses = houses(&app.cluster.state(), order).ok_or_else(|| Kind::Internal.problem())?;
            Ok(write(&view(order, &houses, app.payment_method(), reader))?.answered(answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(answer)),
    }
}

#[utoipa::path(post, path = "/api/v1/orders/{order}/cancel", tag = "Holds and orders", summary = "Give an order up",
    description = "Before it is paid: its places are free again, nothing is paid. After that all its tickets are given \
        back and refunded, by staff with the scope `sell` at any time, by its buyer within the event's rule. While a \
        payment is being captured it is refused for the moment. Idempotent.",
    request_body = Option<CancelBody>, responses((status = 200, description = "The order", body = OrderJson)))]
pub(crate) async fn cancel(Shared(app): Shared<App>, Id(id): Id<OrderId>, action: Action) -> Result<Reply, Problem> {
    let (organization, lane) = acting(&app, &action, id).await?;
    let body: CancelBody = if action.body.is_empty() { CancelBody::default() } else { action.json()? };
    let refund = RefundId::mint(app.now_ms(), draw());
    let cancel = CancelOrder { order: id, organization, refund, reason: body.reason };
    let answer = app.propose(&action, lane.0, Command::CancelOrder(cancel)).await?;
    changed(&app, &answer, For::acting(organization), |order| Reply::ok(order))
}

#[utoipa::path(post, path = "/api/v1/orders/{order}/refunds", tag = "Holds and orders", summary = "Give tickets back",
    description = "Their places are free at once; the money follows, see `refunds`. By staff with the scope `sell`, or by \
        the order's buyer within the event's rule.",
    request_body = RefundBody, responses((status = 201, description = "The order", body = OrderJson)))]
pub(crate) async fn refund(Shared(app): Shared<App>, Id(id): Id<OrderId>, action: Action) -> Result<Reply, Problem> {
    let (organization, lane) = acting(&app, &action, id).await?;
    let body: RefundBody = action.json()?;
    let refund = RefundOrder {
        id: RefundId::mint(app.now_ms(), draw()),
        order: id,
        organization,
        tickets: body.tickets,
        keeps_fees: body.keep_fees,
        reason: body.reason,
    };
    let answer = app.propose(&action, lane.0, Command::RefundOrder(Box::new(refund))).await?;
    changed(&app, &answer, For::acting(organization), |order| Reply::created(order))
}

/// As whom the caller reads the order, if it may see it.
fn reader(caller: &Caller, order: &Order) -> For {
    let staff = caller.organization_with(&[Scope::Read, Scope::Sell]) == Some(order.organization);
    if staff { For::Staff } else { For::Buyer }
}

/// Whether the caller may see the order: staff of its organization, or whoever bears the token of one of its holds.
pub(crate) fn may_see(app: &App, caller: &Caller, order: &Order) -> bool {
    reader(caller, order) == For::Staff || bears(app, caller, order)
}

/// Whether the caller bears the token of one of the order's holds, which is the order's too.
pub(crate) fn bears(app: &App, caller: &Caller, order: &Order) -> bool {
    order.parts.iter().any(|part| caller.opens(app, part.hold))
}

#[utoipa::path(get, path = "/api/v1/orders/{order}", tag = "Holds and orders", summary = "Read an order",
    responses((status = 200, description = "The order", body = OrderJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<OrderId>, reading: Reading) -> Result<Reply, Problem> {
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    reading.fresh(&app, Consistency::Linearizable).await?;
    let (order, houses, index) = find(&app, &reading.caller, |s| s.order(id).cloned())?;
    let reader = reader(&reading.caller, &order);
    let json = Reply::ok(&view(&order, &houses, app.payment_method(), reader))?.at(index);
    Ok(match reader {
        For::Staff => json.variant(order.version, "staff"),
        For::Buyer => json.version(order.version),
    })
}

/// An order with the showtimes of its parts, if the caller may see it.
pub(crate) fn find(
    app: &App,
    caller: &Caller,
    look: impl Fn(&State) -> Option<Arc<Order>>,
) -> Result<(Arc<Order>, Vec<House>, u64), Problem> {
    let state = app.cluster.state();
    let order = look(&state).filter(|o| may_see(app, caller, o)).ok_or_else(|| Kind::NotFound.problem())?;
    let houses = houses(&state, &order).ok_or_else(|| Kind::Internal.problem())?;
    Ok((order, houses, state.index()))
}

/// The organization whose orders staff may list.
fn listing(caller: &Caller) -> Result<OrganizationId, Problem> {
    match caller.staff(Scope::Read) {
        Ok(key) => Ok(key.organization),
        Err(problem) => Ok(caller.staff(Scope::Sell).map_err(|_| problem)?.organization),
    }
}

#[utoipa::path(get, path = "/api/v1/orders", tag = "Holds and orders", summary = "List orders",
    description = "The caller's organization's, the oldest first. A page may have fewer items than asked for; the list \
        ends where `next_cursor` is null. `state` is one of an order's states; `email` is a whole address, `buyer` a part of \
        a name or an address, `note` a part of what staff noted, all in whatever case; `placed_from` and `placed_until` are \
        times, the latter is not within.",
    params(("showtime" = Option<String>, Query), ("event" = Option<String>, Query), ("state" = Option<String>, Query),
        ("buyer" = Option<String>, Query), ("email" = Option<String>, Query), ("note" = Option<String>, Query),
        ("placed_from" = Option<Time>, Query), ("placed_until" = Option<Time>, Query)),
    responses((status = 200, description = "A page of orders", body = Page<OrderJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let organization = listing(&reading.caller)?;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Linearizable)).await?;
    let (limit, after) = (query.limit()?, query.after::<OrderId>()?);
    let Found { orders, next, index } = Wanted::of(&app, &query)?.find(&app, organization, (after, limit));
    let found = {
        let state = app.cluster.state();
        let with_houses = orders.into_iter().map(|order| Some((houses(&state, &order)?, order)));
        with_houses.collect::<Option<Vec<_>>>().ok_or_else(|| Kind::Internal.problem())?
    };
    let next_cursor = next.map(|id| id.to_string());
    let items = found.iter().map(|(houses, order)| view(order, houses, app.payment_method(), For::Staff)).collect();
    Ok(Reply::ok(&Page { items, next_cursor })?.at(index).hashed())
}

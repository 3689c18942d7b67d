//! `/api/v1/orders`: holds become sold places. So far at the box office.
//! Deliberately not here: payment by a provider, refunds, cancelling.

use axum::extract::State as Shared;
use booking::command::{Actor, PlaceOrder};
use booking::ids::{HoldId, OrderId, OrganizationId, ShowtimeId};
use booking::keys::Scope;
use booking::orders::{Buyer, Order, OrderState, OrderStep, Payment};
use booking::{Command, Reply as Done, State, limits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::caller::Caller;
use crate::holds::code;
use crate::lists::{ListQuery, Page};
use crate::money::MoneyJson;
use crate::places::{self, AreaJson, House, ReceiptJson, SeatJson};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::tickets::{self, TicketJson};
use crate::time::Time;

/// Orders looked at for one page of a list: bounds the time that the state is held.
const LOOKED_AT_MAX: usize = 5_000;

/// Who buys.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Buyer)]
pub(crate) struct BuyerJson {
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    name: Box<str>,
    /// May be empty at the box office.
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    email: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 64)]
    phone: Option<Box<str>>,
    /// BCP 47 language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 64)]
    language: Option<Box<str>>,
}

/// What is paid at the box office.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BoxOfficeKind {
    Cash,
    Comp,
}

/// How an order is paid. This cluster takes `box_office` so far.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case")]
enum PaymentBody {
    BoxOffice {
        kind: BoxOfficeKind,
    },
    #[serde(other)]
    Other,
}

/// What to buy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderBody {
    /// Holds of one or more showtimes, taken over together.
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

/// How an order is paid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentJson {
    method: &'static str,
    kind: BoxOfficeKind,
}

/// What one hold brought into an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderItem)]
struct ItemJson<'a> {
    #[schema(value_type = String)]
    hold: HoldId,
    #[schema(value_type = String)]
    showtime: ShowtimeId,
    places: Vec<SeatJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    areas: Vec<AreaJson<'a>>,
    /// Code of the voucher that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher: Option<&'a str>,
    receipt: ReceiptJson,
    total: MoneyJson,
}

/// A step in an order's life.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderStep)]
struct StepJson {
    at: Time,
    /// `placed` or `paid`.
    step: &'static str,
    /// Who took it: an API key's id, `buyer` or `node`.
    by: String,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderJson<'a> {
    #[schema(value_type = String)]
    id: OrderId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// `paid`.
    state: &'static str,
    buyer: BuyerJson,
    items: Vec<ItemJson<'a>>,
    /// Of all items together.
    receipt: ReceiptJson,
    total: MoneyJson,
    payments: [PaymentPartJson; 1],
    /// None so far.
    #[schema(value_type = Vec<Object>)]
    refunds: [(); 0],
    tickets: Vec<TicketJson<'a>>,
    placed_at: Time,
    history: Vec<StepJson>,
}

/// A payment of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderPayment)]
struct PaymentPartJson {
    #[serde(flatten)]
    payment: PaymentJson,
    amount: MoneyJson,
    at: Time,
}

/// The showtimes of an order's parts, as far as this node knows them.
pub(crate) fn houses(state: &State, order: &Order) -> Option<Vec<House>> {
    order.parts.iter().map(|part| House::of_places(state, part.showtime, &part.places)).collect()
}

fn step(at_ms: u64, by: Actor, step: OrderStep) -> StepJson {
    let by = match by {
        Actor::Node => "node".to_owned(),
        Actor::Buyer => "buyer".to_owned(),
        Actor::Key(id) => id.to_string(),
    };
    let step = match step {
        OrderStep::Placed => "placed",
        OrderStep::Paid(_) => "paid",
    };
    StepJson { at: Time(at_ms), step, by }
}

fn view<'a>(order: &Order, houses: &'a [House]) -> OrderJson<'a> {
    let kind = match order.payment {
        Payment::Cash => BoxOfficeKind::Cash,
        Payment::Comp => BoxOfficeKind::Comp,
    };
    let buyer = &order.buyer;
    let total = order.total.into();
    let mut receipt = ReceiptJson::none(order.total.currency);
    order.parts.iter().zip(houses).for_each(|(part, house)| receipt.add(house, &part.places));
    OrderJson {
        id: order.id,
        organization: order.organization,
        state: match order.state {
            OrderState::Paid => "paid",
        },
        buyer: BuyerJson {
            name: buyer.name.clone(),
            email: buyer.email.clone(),
            phone: buyer.phone.clone(),
            language: buyer.language.clone(),
        },
        items: order
            .parts
            .iter()
            .zip(houses)
            .map(|(part, house)| ItemJson {
                hold: part.hold,
                showtime: part.showtime,
                places: places::seats(house, &part.places),
                areas: places::areas(house, &part.places),
                voucher: house.voucher(),
                receipt: places::receipt(house, &part.places),
                total: places::total(&part.places),
            })
            .collect(),
        receipt,
        total,
        payments: [PaymentPartJson {
            payment: PaymentJson { method: "box_office", kind },
            amount: total,
            at: Time(order.placed_at_ms),
        }],
        refunds: [],
        tickets: order.tickets.iter().filter_map(|t| tickets::view(order, houses, t)).collect(),
        placed_at: Time(order.placed_at_ms),
        history: order.history.iter().map(|(at, by, what)| step(*at, *by, *what)).collect(),
    }
}

#[utoipa::path(post, path = "/api/v1/orders", tag = "Holds and orders", summary = "Make an order from holds",
    description = "Takes all holds over or none. A box-office sale (`sell` scope) is `paid` at once. Other ways to pay \
        are refused with `rule-violated` so far.",
    request_body = OrderBody, responses((status = 201, description = "The order", body = OrderJson)))]
pub(crate) async fn place(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    if action.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    let body: OrderBody = action.json()?;
    let PaymentBody::BoxOffice { kind } = body.payment else {
        let detail = "this cluster takes the payment method box_office only";
        return Err(Kind::RuleViolated.detail(detail).with("pointer", "/payment/method"));
    };
    let organization = action.caller.staff(Scope::Sell)?.organization;
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
        payment: match kind {
            BoxOfficeKind::Cash => Payment::Cash,
            BoxOfficeKind::Comp => Payment::Comp,
        },
        voucher: code(body.voucher)?,
    };
    let answer = app.propose(&action, organization.0, Command::PlaceOrder(Box::new(order))).await?;
    match &answer.outcome {
        Ok(Done::Order(order)) => {
            let houses = app.after(answer.index, |s| houses(s, order)).await?;
            Ok(Reply::created(&view(order, &houses))?.answered(&answer))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

/// Whether the caller may see the order: staff of its organization, or whoever bears the token of one of its holds.
pub(crate) fn may_see(app: &App, caller: &Caller, order: &Order) -> bool {
    caller.organization_with(&[Scope::Read, Scope::Sell]) == Some(order.organization)
        || order.parts.iter().take(limits::HOLDS_PER_ORDER_MAX).any(|part| caller.opens(app, part.hold))
}

#[utoipa::path(get, path = "/api/v1/orders/{order}", tag = "Holds and orders", summary = "Read an order",
    responses((status = 200, description = "The order", body = OrderJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<OrderId>, reading: Reading) -> Result<Reply, Problem> {
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    reading.fresh(&app, Consistency::Linearizable).await?;
    let (order, houses, index) = find(&app, &reading.caller, |s| s.order(id).cloned())?;
    Ok(Reply::ok(&view(&order, &houses))?.at(index).version(order.version))
}

/// An order with the showtimes of its parts, if the caller may see it.
pub(crate) fn find(
    app: &App,
    caller: &Caller,
    look: impl Fn(&State) -> Option<std::sync::Arc<Order>>,
) -> Result<(std::sync::Arc<Order>, Vec<House>, u64), Problem> {
    let state = app.cluster.state();
    let order = look(&state).filter(|o| may_see(app, caller, o)).ok_or_else(|| Kind::NotFound.problem())?;
    let houses = houses(&state, &order).ok_or_else(|| Kind::Internal.problem())?;
    Ok((order, houses, state.index()))
}

#[utoipa::path(get, path = "/api/v1/orders", tag = "Holds and orders", summary = "List orders",
    description = "The caller's organization's, the oldest first. A page may have fewer items than asked for; the list \
        ends where `next_cursor` is null.",
    params(("showtime" = Option<String>, Query)),
    responses((status = 200, description = "A page of orders", body = Page<OrderJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let caller = &reading.caller;
    let organization = match caller.staff(Scope::Read) {
        Ok(key) => key.organization,
        Err(problem) => caller.staff(Scope::Sell).map_err(|_| problem)?.organization,
    };
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Linearizable)).await?;
    let (limit, after) = (query.limit()?, query.after::<OrderId>()?);
    let of: Option<ShowtimeId> = ListQuery::filter("showtime", query.showtime.as_ref())?;
    query.only(&["showtime"])?;
    let (found, next_cursor, index) = {
        let state = app.cluster.state();
        let from = after.map_or(OrderId(0), |a| OrderId(a.0.saturating_add(1)));
        let mut orders = state.orders_of(organization, from);
        let (mut found, mut last) = (Vec::new(), None);
        for order in orders.by_ref().take(LOOKED_AT_MAX) {
            last = Some(order.id);
            if of.is_none_or(|s| order.parts.iter().any(|p| p.showtime == s)) {
                let houses = houses(&state, order).ok_or_else(|| Kind::Internal.problem())?;
                found.push((order.clone(), houses));
            }
            if found.len() >= limit {
                break;
            }
        }
        let next_cursor = last.filter(|_| orders.next().is_some()).map(|id| id.to_string());
        (found, next_cursor, state.index())
    };
    let items = found.iter().map(|(order, houses)| view(order, houses)).collect();
    Ok(Reply::ok(&Page { items, next_cursor })?.at(index).hashed())
}

//! An order as JSON: items, payments, refunds, tickets, history.

use booking::State;
use booking::command::Actor;
use booking::ids::{HoldId, OrderId, OrganizationId, PaymentId, RefundId, ShowtimeId, TicketId};
use booking::orders::{Order, OrderState, OrderStep, Payment};
use booking::payments::OnlineState;
use booking::refunds::{Refund, RefundState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::money::MoneyJson;
use crate::places::{self, AreaJson, House, ReceiptJson, SeatJson};
use crate::tickets::{self, TicketJson};
use crate::time::Time;

/// Who reads an order: some of it is for staff only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Staff of its organization.
    Staff,
    /// Whoever bears its token.
    Buyer,
}

impl For {
    /// Of whoever acts on an order: as staff of an organization, or not.
    pub(crate) fn acting(organization: Option<OrganizationId>) -> Self {
        if organization.is_some() { Self::Staff } else { Self::Buyer }
    }
}

/// Who buys.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Buyer)]
pub(crate) struct BuyerJson {
    /// Needed unless it is sold at the box office.
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    pub(crate) name: Box<str>,
    /// Needed unless it is sold at the box office.
    #[serde(default)]
    #[schema(value_type = String, max_length = 200)]
    pub(crate) email: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 64)]
    pub(crate) phone: Option<Box<str>>,
    /// BCP 47 language tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 64)]
    pub(crate) language: Option<Box<str>>,
}

/// What is paid at the box office.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BoxOfficeKind {
    Cash,
    Comp,
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
struct StepJson<'a> {
    at: Time,
    /// `placed`, `paid`, `declined`, `authorised`, `lapsed`, `places_taken_again`, `places_gone`, `failed`, `cancelled`,
    /// `refunding`, `refunded`, `refund_failed`, `refunded_twice`, `transferred`, `buyer_changed`; for staff also `resolved`
    /// (what became of a task that could not be done) and `note_changed`.
    step: &'static str,
    /// Who took it: an API key's id, `buyer` or `node`.
    by: String,
    /// Why, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    /// The refund that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    refund: Option<RefundId>,
    /// The ticket that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ticket: Option<TicketId>,
}

/// How an order is paid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderPayment)]
struct PaymentJson<'a> {
    /// Of a payment by the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    id: Option<PaymentId>,
    /// `box_office`, `free` (there was nothing to pay), or the payment provider's name.
    method: &'a str,
    /// Of a sale at the box office.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<BoxOfficeKind>,
    /// `creating` (the provider is asked), `awaiting_buyer`, `capturing` (authorised; the places are kept),
    /// `captured`; `lapsing`, `voiding` and `voided` once it will not be paid.
    state: &'static str,
    /// What is to be paid.
    amount: MoneyJson,
    /// What came in.
    captured: MoneyJson,
    /// Where the buyer pays, while there is something to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
    /// The places are kept until then; an authorised payment keeps them beyond it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pays_until: Option<Time>,
    /// Why the last attempt was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    declined: Option<&'a str>,
    /// The provider's name for it, for staff who look it up there.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

/// Money that goes back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
struct RefundJson<'a> {
    #[schema(value_type = String)]
    id: RefundId,
    /// `pending`, `sent` (the provider has it), `done`, or `failed` (staff must see to it).
    state: &'static str,
    amount: MoneyJson,
    /// Tickets that are void by it; none if money came that no tickets were issued for.
    #[schema(value_type = Vec<String>)]
    tickets: &'a [TicketId],
    /// Whether fees stay with the organization.
    keeps_fees: bool,
    reason: &'a str,
    asked_at: Time,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderJson<'a> {
    #[schema(value_type = String)]
    id: OrderId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// `pending`, `paid`, `partly_refunded`, `refunded`, `cancelled` or `failed`.
    state: &'static str,
    buyer: BuyerJson,
    items: Vec<ItemJson<'a>>,
    /// Of all items together.
    receipt: ReceiptJson,
    total: MoneyJson,
    payments: [PaymentJson<'a>; 1],
    refunds: Vec<RefundJson<'a>>,
    tickets: Vec<TicketJson<'a>>,
    placed_at: Time,
    history: Vec<StepJson<'a>>,
    /// What staff note of it; for staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

/// The showtimes of an order's parts, as far as this node knows them.
pub(crate) fn houses(state: &State, order: &Order) -> Option<Vec<House>> {
    order.parts.iter().map(|part| House::of_places(state, part.showtime, &part.places)).collect()
}

fn step((at_ms, by, of): &(u64, Actor, OrderStep)) -> StepJson<'_> {
    let by = match by {
        Actor::Node => "node".to_owned(),
        Actor::Buyer => "buyer".to_owned(),
        Actor::Key(id) => id.to_string(),
        Actor::User(id) => id.to_string(),
    };
    let (step, why, refund) = match of {
        OrderStep::Placed => ("placed", None, None),
        OrderStep::Paid => ("paid", None, None),
        OrderStep::Declined(why) => ("declined", Some(&**why), None),
        OrderStep::Authorised => ("authorised", None, None),
        OrderStep::Lapsed => ("lapsed", None, None),
        OrderStep::PlacesTakenAgain => ("places_taken_again", None, None),
        OrderStep::PlacesGone => ("places_gone", None, None),
        OrderStep::Failed(why) => ("failed", Some(&**why), None),
        OrderStep::Cancelled => ("cancelled", None, None),
        OrderStep::Refunding(refund) => ("refunding", None, Some(*refund)),
        OrderStep::Refunded(refund) => ("refunded", None, Some(*refund)),
        OrderStep::RefundFailed(refund, why) => ("refund_failed", Some(&**why), Some(*refund)),
        OrderStep::Transferred(_) => ("transferred", None, None),
        OrderStep::RefundedTwice(refund, _) => ("refunded_twice", None, Some(*refund)),
        OrderStep::Resolved(_, note) => ("resolved", Some(&**note), None),
        OrderStep::BuyerChanged => ("buyer_changed", None, None),
        OrderStep::NoteChanged => ("note_changed", None, None),
    };
    let ticket = if let OrderStep::Transferred(ticket) = of { Some(*ticket) } else { None };
    StepJson { at: Time(*at_ms), step, by, why, refund, ticket }
}

/// Whether a step is told to buyers too.
fn is_for_buyers(step: &OrderStep) -> bool {
    !matches!(step, OrderStep::Resolved(..) | OrderStep::NoteChanged)
}

/// The name of an order's state.
pub(super) fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::Pending => "pending",
        OrderState::Paid => "paid",
        OrderState::PartlyRefunded => "partly_refunded",
        OrderState::Refunded => "refunded",
        OrderState::Cancelled => "cancelled",
        OrderState::Failed => "failed",
    }
}

fn payment<'a>(order: &'a Order, method: &'a str) -> PaymentJson<'a> {
    let amount: MoneyJson = order.total.into();
    let captured = booking::money::Money { amount: order.received(), ..order.total }.into();
    let on_the_spot = |method, kind| PaymentJson {
        id: None,
        method,
        kind,
        state: "captured",
        amount,
        captured,
        page: None,
        pays_until: None,
        declined: None,
        reference: None,
    };
    let online = match &order.payment {
        Payment::Cash => return on_the_spot("box_office", Some(BoxOfficeKind::Cash)),
        Payment::Comp => return on_the_spot("box_office", Some(BoxOfficeKind::Comp)),
        Payment::Free => return on_the_spot("free", None),
        Payment::Online(online) => online,
    };
    let pays = online.state.may_lapse();
    PaymentJson {
        id: Some(online.id),
        method,
        kind: None,
        state: match online.state {
            OnlineState::Creating => "creating",
            OnlineState::Awaiting => "awaiting_buyer",
            OnlineState::Capturing => "capturing",
            OnlineState::Captured => "captured",
            OnlineState::Lapsing => "lapsing",
            OnlineState::Voiding => "voiding",
            OnlineState::Voided => "voided",
        },
        amount,
        captured,
        page: online.page.as_deref().filter(|_| pays),
        pays_until: Some(Time(online.pays_until_ms)),
        declined: online.declined.as_deref(),
        reference: online.intent.as_deref(),
    }
}

fn refund<'a>(order: &Order, refund: &'a Refund) -> RefundJson<'a> {
    RefundJson {
        id: refund.id,
        state: match refund.state {
            RefundState::Pending => "pending",
            RefundState::Sent => "sent",
            RefundState::Done => "done",
            RefundState::Failed => "failed",
        },
        amount: booking::money::Money { amount: refund.amount, ..order.total }.into(),
        tickets: &refund.tickets,
        keeps_fees: refund.keeps_fees,
        reason: &refund.reason,
        asked_at: Time(refund.asked_at_ms),
    }
}

/// An order in the words of its showtimes; `method` is what the payment provider is called.
pub(crate) fn view<'a>(order: &'a Order, houses: &'a [House], method: &'a str, reader: For) -> OrderJson<'a> {
    let staff = reader == For::Staff;
    let buyer = &order.buyer;
    let mut receipt = ReceiptJson::none(order.total.currency);
    order.parts.iter().zip(houses).for_each(|(part, house)| receipt.add(house, &part.places));
    OrderJson {
        id: order.id,
        organization: order.organization,
        state: state_name(order.state),
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
        total: order.total.into(),
        payments: [payment(order, method)],
        refunds: order.refunds.iter().map(|r| refund(order, r)).collect(),
        tickets: order.tickets.iter().filter_map(|t| tickets::view(order, houses, t)).collect(),
        placed_at: Time(order.placed_at_ms),
        history: order.history.iter().filter(|(.., of)| staff || is_for_buyers(of)).map(step).collect(),
        note: staff.then_some(&*order.note).filter(|note| !note.is_empty()),
    }
}

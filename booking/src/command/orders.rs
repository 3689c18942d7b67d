//! Commands about orders and their money, and what the outside world says of it.

use serde::{Deserialize, Serialize};

use crate::admission::{Holder, Way};
use crate::ids::{HoldId, OrderId, OrganizationId, PaymentId, RefundId, ShowtimeId, TaskId, TicketId};
use crate::money::Money;
use crate::orders::Buyer;

/// How an order is to be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pay {
    /// Cash at the box office, in full.
    Cash,
    /// A complimentary ticket: nothing is paid.
    Comp,
    /// By the payment provider; nothing to do with it if the total is 0.
    Online {
        /// Id to give the payment.
        id: PaymentId,
        /// Where the provider sends the buyer afterwards.
        return_url: Option<Box<str>>,
        /// What the provider gave the buyer to pay with.
        token: Option<Box<str>>,
    },
}

/// See [`super::Command::PlaceOrder`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceOrder {
    /// Id to give it.
    pub id: OrderId,
    /// The staff caller's organization; none for the bearer of all the holds' tokens.
    pub organization: Option<OrganizationId>,
    /// Holds to take over, all or none.
    pub holds: Vec<HoldId>,
    /// Who buys.
    pub buyer: Buyer,
    /// How it is paid.
    pub pay: Pay,
    /// Code of a voucher to use for holds that brought none.
    pub voucher: Option<Box<str>>,
}

/// See [`super::Command::CancelOrder`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelOrder {
    /// Which.
    pub order: OrderId,
    /// The staff caller's organization; none for the bearer of its token.
    pub organization: Option<OrganizationId>,
    /// Id to give the refund, if it was paid.
    pub refund: RefundId,
    /// Why.
    pub reason: Box<str>,
}

/// See [`super::Command::UpdateOrder`]. What is none stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateOrder {
    /// Which.
    pub order: OrderId,
    /// The staff caller's organization; none for the bearer of its token, who changes no e-mail address and no note.
    pub organization: Option<OrganizationId>,
    /// The version that the caller changed, if it named one.
    pub expected: Option<u64>,
    /// The buyer's name.
    pub name: Option<Box<str>>,
    /// The buyer's e-mail address.
    pub email: Option<Box<str>>,
    /// The buyer's telephone; empty: none.
    pub phone: Option<Box<str>>,
    /// The buyer's language; empty: none.
    pub language: Option<Box<str>>,
    /// What staff note of it.
    pub note: Option<Box<str>>,
}

/// See [`super::Command::RefundOrder`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundOrder {
    /// Id to give it.
    pub id: RefundId,
    /// Which order.
    pub order: OrderId,
    /// The staff caller's organization; none for the bearer of its token.
    pub organization: Option<OrganizationId>,
    /// Tickets to give back; all that are valid if empty.
    pub tickets: Vec<TicketId>,
    /// Whether fees stay with the organization; for the bearer of its token the event's rule says so.
    pub keeps_fees: bool,
    /// Why.
    pub reason: Box<str>,
}

/// See [`super::Command::RefundShowtime`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundShowtime {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub showtime: ShowtimeId,
    /// Whether fees stay with the organization.
    pub keeps_fees: bool,
    /// Why, for receipts.
    pub reason: Box<str>,
}

/// What the provider says of a payment. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// There is an intent.
    Created {
        /// Where the buyer pays.
        page: Option<Box<str>>,
    },
    /// The provider will not make an intent.
    Refused {
        /// Why.
        why: Box<str>,
    },
    /// An attempt to pay was declined.
    Declined {
        /// Why.
        why: Box<str>,
        /// Where the buyer may try again.
        page: Option<Box<str>>,
    },
    /// So much is promised.
    Authorised {
        /// How much.
        amount: Money,
    },
    /// So much came.
    Captured {
        /// How much.
        amount: Money,
    },
    /// The intent is over: no money will come of it.
    Cancelled {
        /// Why.
        why: Box<str>,
    },
}

/// See [`super::Command::ReportPayment`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPayment {
    /// Whose order it is.
    pub organization: OrganizationId,
    /// The order that the provider was told.
    pub order: OrderId,
    /// The provider's name for the intent; none if it made none.
    pub intent: Option<Box<str>>,
    /// What it says.
    pub fact: Fact,
}

/// What the provider says of a refund. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundFact {
    /// It is on its way.
    Sent,
    /// It arrived.
    Done,
    /// It cannot be made.
    Failed {
        /// Why.
        why: Box<str>,
    },
}

/// See [`super::Command::ReportRefund`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRefund {
    /// Whose order it is.
    pub organization: OrganizationId,
    /// The order.
    pub order: OrderId,
    /// Which refund of it.
    pub refund: RefundId,
    /// Which attempt at it.
    pub attempt: u16,
    /// The provider's name for it.
    pub reference: Option<Box<str>>,
    /// What it says.
    pub fact: RefundFact,
}

/// See [`super::Command::ReportTrouble`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportTrouble {
    /// Which.
    pub id: TaskId,
    /// Why.
    pub why: Box<str>,
    /// Whether trying again is of no use.
    pub for_good: bool,
}

/// See [`super::Command::RetryTask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryTask {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: TaskId,
}

/// See [`super::Command::ResolveTask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveTask {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: TaskId,
    /// Whether what was to be done has been done.
    pub done: bool,
    /// What staff found out.
    pub note: Box<str>,
}

/// See [`super::Command::ScanTicket`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanTicket {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Where the door is.
    pub showtime: ShowtimeId,
    /// The ticket.
    pub ticket: TicketId,
    /// Of its code.
    pub generation: u16,
    /// Which way.
    pub way: Way,
    /// Which door.
    pub gate: Box<str>,
    /// When, in ms, if it was while the door was offline.
    pub at_ms: Option<u64>,
}

/// See [`super::Command::TransferTicket`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferTicket {
    /// The staff caller's organization; none for the bearer of its order's token.
    pub organization: Option<OrganizationId>,
    /// Which.
    pub ticket: TicketId,
    /// To whom.
    pub holder: Holder,
}

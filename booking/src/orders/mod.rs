//! Orders: holds become sold places and tickets, at the box office at once, else once a payment is captured.
//!
//! | file | what |
//! |---|---|
//! | `mod` | what an order is |
//! | `placing` | how it is made of holds |
//! | `owning` | its places: held while it is paid, sold, given back, taken again |
//! | `tickets` | what is issued for them |
//! | `desk` | what is changed about it afterwards |
//! | `awaits` | what orders wait for, and when those that nobody paid are forgotten |
//!
//! Deliberately not here: how money comes and goes (see `payments`, `refunds`).

use serde::{Deserialize, Serialize};

use crate::command::Actor;
use crate::holds::FromBlock;
use crate::ids::{HoldId, OrderId, OrganizationId, RefundId, ShowtimeId, TicketId};
use crate::inventory::PlaceState;
use crate::money::Money;
use crate::payments::Online;
use crate::prices::places::PricedPlaces;
use crate::refunds::Refund;

pub(crate) mod awaits;
pub(crate) mod desk;
pub(crate) mod owning;
pub(crate) mod placing;
pub mod tickets;

pub use tickets::{Ticket, TicketPlace, TicketState};

/// Who buys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Buyer {
    /// Name.
    pub name: Box<str>,
    /// E-mail address; may be empty at the box office.
    pub email: Box<str>,
    /// Telephone.
    pub phone: Option<Box<str>>,
    /// BCP 47 language tag.
    pub language: Option<Box<str>>,
}

/// How an order is paid. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Payment {
    /// Cash at the box office, in full.
    Cash,
    /// A complimentary ticket: nothing is paid.
    Comp,
    /// There was nothing to pay.
    Free,
    /// By the payment provider.
    Online(Box<Online>),
}

/// The life of an order. Append-only.
///
/// ```text
///            ┌──────────► Failed ◄──┐ (time ran out, no money came; a late payment may bring it back)
/// Pending ───┼──────────► Cancelled │
///            └──► Paid ──► PartlyRefunded ──► Refunded
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OrderState {
    /// Its places are held while it is paid.
    Pending,
    /// Paid; tickets are issued.
    Paid,
    /// Some of its tickets were given back.
    PartlyRefunded,
    /// All of its tickets were given back.
    Refunded,
    /// Its buyer, or staff, gave it up before it was paid.
    Cancelled,
    /// It was not paid in time, or the payment failed.
    Failed,
}

/// What one hold brought into an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderPart {
    /// The hold it came from.
    pub hold: HoldId,
    /// Where.
    pub showtime: ShowtimeId,
    /// Names it as the owner in the cells: the hold's serial number, or a new one if its places were taken again.
    pub serial: u64,
    /// What is bought, at the prices of the hold.
    pub places: PricedPlaces,
    /// What of it came out of a block, until it is sold: it goes back there if it is not.
    pub from_block: Option<Box<FromBlock>>,
}

/// A step in an order's life. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderStep {
    /// It was placed.
    Placed,
    /// It was paid and tickets were issued.
    Paid,
    /// An attempt to pay was declined: why.
    Declined(Box<str>),
    /// The payment was authorised: its places are kept until it is captured.
    Authorised,
    /// The time for paying ran out: its places were given back.
    Lapsed,
    /// The payment came after its time; its places were still free and were taken again.
    PlacesTakenAgain,
    /// The payment came after its time, and its places were gone: the money goes back.
    PlacesGone,
    /// The payment failed for good: why.
    Failed(Box<str>),
    /// It was given up before it was paid.
    Cancelled,
    /// Tickets were given back, or all the money goes back.
    Refunding(RefundId),
    /// The money of a refund arrived.
    Refunded(RefundId),
    /// The provider could not give the money of a refund back: why.
    RefundFailed(RefundId, Box<str>),
    /// A ticket was passed on to somebody else.
    Transferred(TicketId),
    /// The money of a refund went twice, the second time under this name of the provider's: staff see to it.
    RefundedTwice(RefundId, Box<str>),
    /// Staff said what became of a task that could not be done: whether it was, and their note.
    Resolved(bool, Box<str>),
    /// Who buys was changed.
    BuyerChanged,
    /// What staff note of it was changed.
    NoteChanged,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whose showtimes it is for.
    pub organization: OrganizationId,
    /// Where in its life it is.
    pub state: OrderState,
    /// Who buys.
    pub buyer: Buyer,
    /// What is bought, hold by hold.
    pub parts: Box<[OrderPart]>,
    /// What is to be paid.
    pub total: Money,
    /// How it is paid.
    pub payment: Payment,
    /// Tickets, in the order of the places; none before it is paid.
    pub tickets: Box<[Ticket]>,
    /// What was given back, the first first.
    pub refunds: Vec<Refund>,
    /// Placed at, in ms.
    pub placed_at_ms: u64,
    /// Every step with its time (ms) and who took it; [`crate::limits::ORDER_STEPS_MAX`] at most.
    pub history: Vec<(u64, Actor, OrderStep)>,
    /// Log index of the last change.
    pub version: u64,
    /// What staff note of it; never for the buyer.
    pub note: Box<str>,
}

impl Order {
    /// What its places are while it owns them; none if it owns none any more. Of a paid order, those whose ticket is
    /// void are no longer its own.
    pub fn owns(&self) -> Option<PlaceState> {
        match self.state {
            OrderState::Pending => Some(PlaceState::Held),
            OrderState::Paid | OrderState::PartlyRefunded => Some(PlaceState::Sold),
            OrderState::Refunded | OrderState::Cancelled | OrderState::Failed => None,
        }
    }

    /// The payment by the provider, if it is paid so.
    pub fn online(&self) -> Option<&Online> {
        match &self.payment {
            Payment::Online(online) => Some(online),
            Payment::Cash | Payment::Comp | Payment::Free => None,
        }
    }

    pub(crate) fn online_mut(&mut self) -> Option<&mut Online> {
        match &mut self.payment {
            Payment::Online(online) => Some(online),
            Payment::Cash | Payment::Comp | Payment::Free => None,
        }
    }

    /// What came in, in minor units.
    pub fn received(&self) -> i64 {
        match (&self.payment, self.tickets.is_empty()) {
            (Payment::Online(online), _) => online.captured,
            (Payment::Cash | Payment::Comp | Payment::Free, false) => self.total.amount,
            (Payment::Cash | Payment::Comp | Payment::Free, true) => 0,
        }
    }

    /// What went back or is about to, in minor units.
    pub fn given_back(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    /// A ticket of it.
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.iter().find(|ticket| ticket.id == id)
    }

    /// When it ceases to keep its places unless it is paid, in ms; none if nothing ends by itself.
    pub fn lapses_at_ms(&self) -> Option<u64> {
        self.online().filter(|online| online.state.may_lapse()).map(|online| online.pays_until_ms)
    }
}

//! What a payment provider can do, and say. Shaped as payment intents are in the field: an intent is made, the buyer
//! promises the money on the provider's page, the money is captured, or the intent is cancelled; refunds come after.
//!
//! What any provider must keep, for promise 5 rests on it: a call repeated under the same key happens once; a cancelled
//! intent is never captured, a captured one never cancelled.

use std::fmt;

use booking::command::Fact;
use booking::ids::{OrderId, OrganizationId, PaymentId, RefundId};
use booking::money::Money;

/// A payment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// Whose order it is.
    pub organization: OrganizationId,
    /// The order.
    pub order: OrderId,
    /// Its payment: names it at the provider and is the key of the call.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Where the buyer is sent afterwards.
    pub return_url: Option<Box<str>>,
    /// What the provider gave the buyer to pay with.
    pub token: Option<Box<str>>,
    /// What the buyer reads there.
    pub description: Box<str>,
}

/// Money to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// Whose order it is.
    pub organization: OrganizationId,
    /// The order.
    pub order: OrderId,
    /// The refund; with the attempt the key of the call.
    pub refund: RefundId,
    /// Which attempt at it.
    pub attempt: u16,
    /// The provider's name for the intent that the money came by.
    pub intent: Box<str>,
    /// How much.
    pub amount: Money,
}

/// Where an intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    /// The buyer is to pay.
    Awaiting,
    /// The money is promised.
    Authorised,
    /// The money came.
    Captured,
    /// No money will come.
    Cancelled,
}

/// What the provider says of an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its name there.
    pub id: Box<str>,
    /// The order that it was made for, if it names one of ours.
    pub of: Option<(OrganizationId, OrderId)>,
    /// Where it stands.
    pub status: IntentStatus,
    /// What is promised, or came; what is asked for before that.
    pub amount: Money,
    /// Where the buyer pays.
    pub page: Option<Box<str>>,
    /// Why the last attempt failed, or why it is over.
    pub why: Option<Box<str>>,
    /// Made at, in ms.
    pub made_at_ms: u64,
}

impl Intent {
    /// The same as a fact for the rules.
    pub fn fact(&self) -> Fact {
        match self.status {
            IntentStatus::Awaiting => match &self.why {
                Some(why) => Fact::Declined { why: why.clone(), page: self.page.clone() },
                None => Fact::Created { page: self.page.clone() },
            },
            IntentStatus::Authorised => Fact::Authorised { amount: self.amount },
            IntentStatus::Captured => Fact::Captured { amount: self.amount },
            IntentStatus::Cancelled => {
                let why = self.why.clone().unwrap_or_else(|| "the payment was cancelled".into());
                Fact::Cancelled { why }
            }
        }
    }
}

/// Where a refund stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// It is on its way.
    Sent,
    /// It arrived.
    Done,
    /// It cannot be made.
    Failed(Box<str>),
}

/// What the provider says of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunded {
    /// Its name there.
    pub id: Box<str>,
    /// Where it stands.
    pub status: RefundStatus,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may go well another time, or did though no answer came.
    Passing(String),
    /// The provider understood, and will not, whenever it is asked. Never for a call that is under way elsewhere, or a key
    /// that was used for another: those are `Passing`, for what the first call did is not known here.
    Refused(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passing(why) => write!(f, "no answer of use: {why}"),
            Self::Refused(why) => write!(f, "refused: {why}"),
        }
    }
}

/// A payment provider. Every method ends within a time of its own.
pub trait Provider: Send + Sync + 'static {
    /// Makes an intent, or returns the one that was made under the same payment, as it was then or as it is now. Refused
    /// only if none was made and the same request will make none.
    fn make(&self, new: &NewIntent) -> impl Future<Output = Result<Intent, Failure>> + Send;
    /// An intent as it is now.
    fn read(&self, intent: &str) -> impl Future<Output = Result<Intent, Failure>> + Send;
    /// Takes the money that was promised. Refused unless it is promised.
    fn capture(&self, intent: &str, payment: PaymentId) -> impl Future<Output = Result<Intent, Failure>> + Send;
    /// Ends an intent. Refused if its money was captured.
    fn cancel(&self, intent: &str) -> impl Future<Output = Result<Intent, Failure>> + Send;
    /// Gives money back, or returns the refund that was made under the same id and attempt.
    fn refund(&self, new: &NewRefund) -> impl Future<Output = Result<Refunded, Failure>> + Send;
    /// A refund as it is now.
    fn read_refund(&self, refund: &str) -> impl Future<Output = Result<Refunded, Failure>> + Send;
    /// The refunds of an intent that were asked for by us, whatever became of them, at most 100: the newest are among them.
    fn refunds_of(&self, intent: &str) -> impl Future<Output = Result<Vec<(RefundId, Refunded)>, Failure>> + Send;
    /// Intents that still wait for the buyer or to be captured, at most 100 after the one named, the oldest first.
    fn open_intents(&self, after: Option<&str>) -> impl Future<Output = Result<Vec<Intent>, Failure>> + Send;
}

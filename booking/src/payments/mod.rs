//! Payment of an order by the provider: the saga, as one table of transitions.
//!
//! ```text
//!             made           authorised            captured
//!  Creating ───────► Awaiting ───────► Capturing ───────────► Captured: places sold, tickets issued, in that command
//!     │ no / time out │    │ cancelled     │ failed for good
//!     │               │    └────────┐      └───────────┐
//!     ▼  time ran out ▼             ▼                  ▼
//!  Lapsing ◄──────────┘          Voiding ──────────► Voided: no money came, none will
//!     │  late: places free ► Capturing   ▲ late: places gone
//!     └──────────────────────────────────┘
//! ```
//! Captured without places (it came too late, or against our wish): all of it is refunded in the same command.
//!
//! *Who may be first*: what the provider says comes by its webhook, by the answer to a task, or by its record of events,
//! in any order, late, twice or never. So each is a fact that is good in some states and changes nothing in all others;
//! at the provider a cancelled intent is never captured and a captured one never cancelled, which orders the rest.
//!
//! | file | what |
//! |---|---|
//! | `mod` | what a payment is, and the table |
//! | `reports` | what the provider says, carried out |
//!
//! Deliberately not here: calls to the provider (`effects`), what is given back after the sale (see `refunds`).

use serde::{Deserialize, Serialize};

use crate::ids::{PaymentId, TaskId};
use crate::orders::OrderState;
use crate::tasks::Duty;

pub(crate) mod reports;

/// Where a payment by the provider is. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OnlineState {
    /// The provider is asked to make an intent.
    Creating,
    /// The buyer is to pay.
    Awaiting,
    /// The money is promised, the places are kept: the provider is asked for it.
    Capturing,
    /// The money came.
    Captured,
    /// The time ran out and the places were given back: the provider is asked whether money was promised meanwhile, and
    /// to cancel if not.
    Lapsing,
    /// The provider is asked to cancel.
    Voiding,
    /// No money came and none will.
    Voided,
}

impl OnlineState {
    /// Whether it ends by itself when its time runs out.
    pub fn may_lapse(self) -> bool {
        matches!(self, Self::Creating | Self::Awaiting)
    }
}

/// A payment by the provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Online {
    /// Its id: the provider knows it by it, too.
    pub id: PaymentId,
    /// Where it is.
    pub state: OnlineState,
    /// The order keeps its places until then, in ms, and on while it is captured.
    pub pays_until_ms: u64,
    /// Where the provider sends the buyer afterwards. This and the next two are forgotten once the intent is known.
    pub return_url: Option<Box<str>>,
    /// What the provider gave the buyer to pay with, if it did.
    pub token: Option<Box<str>>,
    /// What the buyer reads at the provider. Frozen, as all of the request for an intent is: repeated under its key it must
    /// be the same, or the provider refuses it.
    pub description: Option<Box<str>>,
    /// The provider's name for it.
    pub intent: Option<Box<str>>,
    /// Where the buyer pays.
    pub page: Option<Box<str>>,
    /// Why the last attempt was declined.
    pub declined: Option<Box<str>>,
    /// What came in, in minor units.
    pub captured: i64,
    /// What is being done about it.
    pub task: Option<TaskId>,
}

impl Online {
    /// The intent is known, or no longer wanted: it will not be asked for again.
    pub(crate) fn forget_request(&mut self) {
        self.return_url = None;
        self.token = None;
        self.description = None;
    }
}

/// What happens to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Input {
    /// The provider has made an intent.
    Created,
    /// The provider will not make one.
    Refused,
    /// An attempt to pay was declined; the buyer may try again.
    Declined,
    /// The money is promised.
    Authorised,
    /// So much is promised or came as was not asked for.
    WrongAmount {
        /// Whether it came already.
        captured: bool,
    },
    /// The money came.
    Captured,
    /// The intent is over: no money will come of it.
    Cancelled,
    /// The time for paying ran out.
    Lapsed,
    /// The order was given up.
    GivenUp,
}

/// What is done with an order's places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// Nothing.
    Stay,
    /// They are kept without a deadline.
    Pin,
    /// They are given back.
    GiveBack,
    /// They were given back and are taken again, without a deadline.
    TakeAgain,
    /// They are sold.
    Sell,
    /// They were given back, are taken again, and sold.
    TakeAndSell,
}

/// A transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) to: OnlineState,
    pub(crate) order: OrderState,
    pub(crate) places: Places,
    /// What is to be done in the outside world; whatever was to be done before no longer is.
    pub(crate) duty: Option<Duty>,
    /// Whether all that came goes back.
    pub(crate) refund: bool,
}

/// What becomes of a payment; none if the input changes nothing. `free`: whether places that were given back can be
/// taken again.
pub(crate) fn next(state: OnlineState, input: Input, free: bool) -> Option<Step> {
    use OnlineState::{Awaiting, Captured, Capturing, Creating, Lapsing, Voided, Voiding};
    use OrderState::{Cancelled, Failed, Paid, Pending};
    use Places::{GiveBack, Pin, Sell, Stay, TakeAgain, TakeAndSell};
    let step = |to, order, places, duty| Some(Step { to, order, places, duty, refund: false });
    let refund = |order, places| Some(Step { to: Captured, order, places, duty: None, refund: true });
    match (state, input) {
        // The way to the ticket.
        (Creating, Input::Created | Input::Declined) => step(Awaiting, Pending, Stay, None),
        (Creating | Awaiting, Input::Authorised) => step(Capturing, Pending, Pin, Some(Duty::Capture)),
        (Creating | Awaiting | Capturing, Input::Captured) => step(Captured, Paid, Sell, None),
        // It fails, or is given up, while the order owns its places.
        (Creating, Input::Refused) | (Creating | Awaiting | Capturing, Input::Cancelled) => {
            step(Voided, Failed, GiveBack, None)
        }
        (Creating | Awaiting, Input::Lapsed) => step(Lapsing, Failed, GiveBack, Some(Duty::Settle)),
        (Creating | Awaiting, Input::GivenUp) => step(Voiding, Cancelled, GiveBack, Some(Duty::Void)),
        (Creating | Awaiting | Capturing, Input::WrongAmount { captured: false }) => {
            step(Voiding, Failed, GiveBack, Some(Duty::Void))
        }
        (Creating | Awaiting | Capturing, Input::WrongAmount { captured: true }) => refund(Failed, GiveBack),
        // Too late.
        (Lapsing, Input::Authorised) if free => step(Capturing, Pending, TakeAgain, Some(Duty::Capture)),
        (Lapsing, Input::Captured) if free => step(Captured, Paid, TakeAndSell, None),
        (Lapsing, Input::Authorised | Input::WrongAmount { captured: false }) => {
            step(Voiding, Failed, Stay, Some(Duty::Void))
        }
        (Lapsing | Voiding, Input::Cancelled | Input::Refused) => step(Voided, Failed, Stay, None),
        // Not of a provider that keeps its word after `Voided`; but money that came is not ours to keep.
        (Lapsing | Voiding | Voided, Input::Captured | Input::WrongAmount { captured: true }) => refund(Failed, Stay),
        // Late, repeated or out of order: true, and of no consequence.
        (Awaiting | Capturing | Captured | Lapsing | Voiding | Voided, Input::Created | Input::Declined)
        | (Awaiting | Capturing | Captured | Voided, Input::Refused)
        | (Capturing | Captured | Voiding | Voided, Input::Authorised)
        | (Captured, Input::Captured | Input::WrongAmount { .. })
        | (Voiding | Voided, Input::WrongAmount { captured: false })
        | (Captured | Voided, Input::Cancelled)
        | (Capturing | Captured | Lapsing | Voiding | Voided, Input::Lapsed | Input::GivenUp) => None,
    }
}

impl Step {
    /// The state of an order after the step: one that was given up stays so, whatever is found out about its payment.
    pub(crate) fn order_after(&self, before: OrderState) -> OrderState {
        if before == OrderState::Cancelled && self.order == OrderState::Failed { before } else { self.order }
    }
}

//! What happened: replies to the caller, and changes for whoever follows the state (live feed, search, caches).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::admission::Scanned;
use crate::blocks::Block;
use crate::catalogue::{Event, Showtime, Venue};
use crate::holds::Hold;
use crate::ids::{
    EventId, HoldId, ImageId, KeyId, LinkId, MailId, OrderId, OrganizationId, PlanId, SessionId, ShowtimeId, TaskId,
    UserId, VenueId, VoucherId,
};
use crate::images::Image;
use crate::inventory::PlaceState;
use crate::orders::Order;
use crate::record::RecordKey;
use crate::rejection::Rejection;
use crate::tasks::Task;
use crate::vouchers::Voucher;

/// The answer to a command that was carried out. Part of idempotency records: append-only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reply {
    /// Done; nothing more to say.
    Done,
    /// Time moved on.
    Ticked {
        /// Whether more holds are due: tick again at once.
        more: bool,
    },
    /// The organization was made.
    Organization(OrganizationId),
    /// The key was made or ended.
    ApiKey(KeyId),
    /// The venue as it is now.
    Venue(Arc<Venue>),
    /// The plan was taken in.
    Plan(PlanId),
    /// The event as it is now.
    Event(Arc<Event>),
    /// The showtime as it is now.
    Showtime(Arc<Showtime>),
    /// The block as it is now.
    Block(Arc<Block>),
    /// The hold as it is now.
    Hold(Arc<Hold>),
    /// The order as it is now.
    Order(Arc<Order>),
    /// The picture was taken in.
    Image(Arc<Image>),
    /// The voucher as it is now.
    Voucher(Arc<Voucher>),
    /// Vouchers were made under consecutive ids.
    Vouchers {
        /// The first id.
        first: VoucherId,
        /// How many.
        count: u32,
    },
    /// Showtimes that were made, in the order of their ids.
    Showtimes(Box<[ShowtimeId]>),
    /// The task as it is now.
    Task(Arc<Task>),
    /// What a scan found.
    Scanned(Box<Scanned>),
    /// The user was made or changed.
    User(UserId),
    /// The session began.
    Session(SessionId),
    /// The link was sent.
    Link(LinkId),
}

/// What happened, past tense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Seats of a showtime have these states now.
    SeatsChanged {
        /// Where.
        showtime: ShowtimeId,
        /// Seat numbers and states.
        seats: Vec<(u32, PlaceState)>,
    },
    /// An area of a showtime has so many free places now.
    AreaChanged {
        /// Where.
        showtime: ShowtimeId,
        /// Index of the area in the plan.
        area: u16,
        /// Free places.
        free: u32,
    },
    /// A hold was placed.
    HoldPlaced(HoldId),
    /// A hold was prolonged.
    HoldExtended(HoldId),
    /// A hold was released.
    HoldReleased(HoldId),
    /// A hold ran out.
    HoldExpired(HoldId),
    /// An order was paid: its places are sold, its tickets issued.
    OrderPaid(OrderId),
    /// An order was placed or is different now.
    OrderChanged(OrderId),
    /// Somebody went in or out of a showtime, or a ticket of it was passed on.
    AttendanceChanged(ShowtimeId),
    /// Something is to be done in the outside world.
    TaskAdded(TaskId),
    /// What is known of a task is different, or it is to be tried again.
    TaskChanged(TaskId),
    /// A task is done, or no longer to be done.
    TaskEnded(TaskId),
    /// A venue was made, changed or removed.
    VenueChanged(VenueId),
    /// A plan was taken in.
    PlanImported(PlanId),
    /// An event was made, changed or removed.
    EventChanged(EventId),
    /// A showtime was made or changed.
    ShowtimeChanged(ShowtimeId),
    /// An API key was made or ended.
    ApiKeyChanged(KeyId),
    /// An organization was made.
    OrganizationCreated(OrganizationId),
    /// A picture was taken in.
    ImageAdded(ImageId),
    /// A picture that no event shows is gone.
    ImageForgotten(ImageId),
    /// A voucher was made, changed or removed by staff.
    VoucherChanged(VoucherId),
    /// A showtime has another seating plan: seat numbers mean other seats now.
    PlanChanged(ShowtimeId),
    /// A showtime will not take place: its buyers must be told.
    ShowtimeCancelled(ShowtimeId),
    /// A showtime will take place at a time that is not known yet: its buyers must be told.
    ShowtimePostponed(ShowtimeId),
    /// A showtime with places held or sold, or one that was postponed, begins at another time: its buyers must be told.
    ShowtimeMoved {
        /// Which.
        showtime: ShowtimeId,
        /// When it was to begin, in ms.
        from_ms: u64,
    },
    /// A user was made, changed or removed.
    UserChanged(UserId),
    /// A session began or ended.
    SessionChanged(SessionId),
    /// A letter was written.
    MailWritten(MailId),
}

/// What one proposal did.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The answer to its caller.
    pub reply: Result<Reply, Rejection>,
    /// Whether the answer is a repeat of an earlier one: nothing was changed.
    pub replayed: bool,
    /// What happened, in order.
    pub changes: Vec<Change>,
    /// Records that are different now; may repeat a key.
    pub touched: Vec<RecordKey>,
}

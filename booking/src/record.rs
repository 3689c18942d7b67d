//! Records: the pieces that the state is stored in (snapshots, the copy in sled, backups).
//! Deliberately not here: their bytes (see `raft/codec`). Append-only.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::accounts::{Link, Mail, Session, User};
use crate::blocks::Block;
use crate::catalogue::{Event, Showtime, Venue};
use crate::holds::Hold;
use crate::idempotency::Answer;
use crate::ids::{
    BlockId, EventId, HoldId, ImageId, KeyId, LinkId, MailId, OrderId, OrganizationId, PlanId, SessionId, ShowtimeId,
    TaskId, UserId, VenueId, VoucherId,
};
use crate::images::Image;
use crate::inventory::AreaCounts;
use crate::keys::ApiKey;
use crate::orders::Order;
use crate::organizations::Organization;
use crate::plan::Plan;
use crate::prices::{Prices, PricesId};
use crate::state::Meta;
use crate::tasks::Task;
use crate::vouchers::Voucher;

/// The name of a record. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordKey {
    /// Time, versions, counters: one record.
    Meta,
    /// An organization.
    Organization(OrganizationId),
    /// An API key.
    ApiKey(KeyId),
    /// A venue.
    Venue(VenueId),
    /// A plan.
    Plan(PlanId),
    /// An event.
    Event(EventId),
    /// A showtime, without its places.
    Showtime(ShowtimeId),
    /// A stretch of a showtime's seats: `CELLS_PER_RECORD` from the so many-th on.
    Cells(ShowtimeId, u32),
    /// The counts of a showtime's areas.
    Areas(ShowtimeId),
    /// A block.
    Block(BlockId),
    /// A hold.
    Hold(HoldId),
    /// An order with its tickets.
    Order(OrderId),
    /// A recorded answer.
    Answer(u128),
    /// A picture, without its bytes.
    Image(ImageId),
    /// Prices that were in force once.
    Prices(PricesId),
    /// A voucher.
    Voucher(VoucherId),
    /// A task.
    Task(TaskId),
    /// A user.
    User(UserId),
    /// A session.
    Session(SessionId),
    /// A link.
    Link(LinkId),
    /// A letter.
    Mail(MailId),
}

/// A record. Append-only; in the order of [`RecordKey`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// See [`RecordKey::Meta`].
    Meta(Meta),
    /// See [`RecordKey::Organization`].
    Organization(Arc<Organization>),
    /// See [`RecordKey::ApiKey`].
    ApiKey(Arc<ApiKey>),
    /// See [`RecordKey::Venue`].
    Venue(Arc<Venue>),
    /// See [`RecordKey::Plan`].
    Plan(Arc<Plan>),
    /// See [`RecordKey::Event`].
    Event(Arc<Event>),
    /// See [`RecordKey::Showtime`].
    Showtime(Arc<Showtime>),
    /// See [`RecordKey::Cells`].
    Cells(Arc<Vec<u64>>),
    /// See [`RecordKey::Areas`].
    Areas(Arc<Vec<AreaCounts>>),
    /// See [`RecordKey::Block`].
    Block(Arc<Block>),
    /// See [`RecordKey::Hold`].
    Hold(Arc<Hold>),
    /// See [`RecordKey::Order`].
    Order(Arc<Order>),
    /// See [`RecordKey::Answer`].
    Answer(Arc<Answer>),
    /// See [`RecordKey::Image`].
    Image(Arc<Image>),
    /// See [`RecordKey::Prices`].
    Prices(Arc<Prices>),
    /// See [`RecordKey::Voucher`].
    Voucher(Arc<Voucher>),
    /// See [`RecordKey::Task`].
    Task(Arc<Task>),
    /// See [`RecordKey::User`].
    User(Arc<User>),
    /// See [`RecordKey::Session`].
    Session(Arc<Session>),
    /// See [`RecordKey::Link`].
    Link(Arc<Link>),
    /// See [`RecordKey::Mail`].
    Mail(Arc<Mail>),
}

//! What is asked of the state: requests, and the commands in them. Everything here reaches the log.
//! Invariant: enums and structs are append-only; their bytes are pinned by tests/rules/golden.rs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::{EventDetails, ShowtimeDetails, VenueDetails};
use crate::ids::{
    BlockId, EventId, HoldId, ImageId, KeyId, OrganizationId, PlanId, ShowtimeId, UserId, VenueId, VoucherId,
};
use crate::images::ImageFile;
use crate::keys::Scope;
use crate::plan::Plan;
use crate::vouchers::VoucherDetails;

mod accounts;
mod orders;

pub use accounts::{
    AskLink, BeginSession, DeleteUser, EndSessions, FollowLink, Invite, RevokeInvitation, SetOperator, SetPassword,
    SetRole, UpdateUser,
};
pub use orders::{
    CancelOrder, Fact, Pay, PlaceOrder, RefundFact, RefundOrder, RefundShowtime, ReportPayment, ReportRefund,
    ReportTrouble, ResolveTask, RetryTask, ScanTicket, TransferTicket, UpdateOrder,
};

/// Who asks, for the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Actor {
    /// A node of the cluster, for its own duties.
    Node,
    /// A buyer without an account.
    Buyer,
    /// The bearer of an API key.
    Key(KeyId),
    /// Somebody who is signed in.
    User(UserId),
}

/// Marks a request so that it happens once, however often it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Idempotency {
    /// 128 bits of SHA-256 over the key's scope (caller, method, path) and the key.
    pub key: u128,
    /// 128 bits of SHA-256 over method, path and body: a repeat has the same.
    pub fingerprint: u128,
    /// Whether the node minted the key for its own retries: kept for a minute only.
    pub minted: bool,
}

/// One request as it is forwarded to the leader and stands in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub actor: Actor,
    /// Once-only mark.
    pub idempotency: Option<Idempotency>,
    /// What is asked.
    pub command: Command,
}

/// A request with the leader's time: what `State::apply` takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Cluster time, in ms since 1970.
    pub at_ms: u64,
    /// The request.
    pub request: Request,
}

/// What is asked. Append-only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Moves time on: expires what is due in showtimes that nobody touches.
    Tick,
    /// Raises the rules version, once every node supports it.
    RaiseRulesVersion(u32),
    /// Makes an organization.
    CreateOrganization(CreateOrganization),
    /// Makes an API key.
    CreateApiKey(CreateApiKey),
    /// Ends an API key.
    RevokeApiKey(RevokeApiKey),
    /// Makes a venue.
    CreateVenue(CreateVenue),
    /// Changes a venue.
    UpdateVenue(UpdateVenue),
    /// Removes a venue without plans.
    DeleteVenue(DeleteVenue),
    /// Takes a seating plan in.
    ImportPlan(Arc<Plan>),
    /// Makes an event.
    CreateEvent(CreateEvent),
    /// Changes an event.
    UpdateEvent(UpdateEvent),
    /// Removes an event without showtimes.
    DeleteEvent(DeleteEvent),
    /// Makes a showtime.
    CreateShowtime(Box<CreateShowtime>),
    /// Changes a showtime.
    UpdateShowtime(Box<UpdateShowtime>),
    /// Takes places off sale.
    BlockPlaces(BlockPlaces),
    /// Gives places of a block back.
    UnblockPlaces(UnblockPlaces),
    /// Holds places.
    PlaceHold(PlaceHold),
    /// Prolongs a hold.
    ExtendHold(ExtendHold),
    /// Gives a hold's places back.
    ReleaseHold(ReleaseHold),
    /// Makes an order from holds.
    PlaceOrder(Box<PlaceOrder>),
    /// Takes a picture in, whose files a majority of the nodes has.
    AddImage(AddImage),
    /// Makes vouchers that differ in their codes only, all or none.
    CreateVouchers(Box<CreateVouchers>),
    /// Changes a voucher.
    UpdateVoucher(Box<UpdateVoucher>),
    /// Ends a voucher.
    DeleteVoucher(DeleteVoucher),
    /// Makes several showtimes, all or none.
    CreateShowtimes(Box<CreateShowtimes>),
    /// Gives an order up.
    CancelOrder(CancelOrder),
    /// Gives tickets of an order back.
    RefundOrder(Box<RefundOrder>),
    /// Tells what the provider says of a payment.
    ReportPayment(Box<ReportPayment>),
    /// Tells what the provider says of a refund.
    ReportRefund(Box<ReportRefund>),
    /// Tells why a task is not done yet.
    ReportTrouble(ReportTrouble),
    /// Has a task tried again at once.
    RetryTask(RetryTask),
    /// Ends a task that is in trouble, by what staff found out.
    ResolveTask(ResolveTask),
    /// Gives all tickets of a cancelled showtime back, bit by bit.
    RefundShowtime(RefundShowtime),
    /// Scans a ticket at a door.
    ScanTicket(ScanTicket),
    /// Passes a ticket on to somebody else.
    TransferTicket(Box<TransferTicket>),
    /// Has new ticket codes signed with another key.
    RotateTicketKey(RotateTicketKey),
    /// Changes who buys, or what staff note of an order.
    UpdateOrder(Box<UpdateOrder>),
    /// Sends a link to an account to whoever has an address.
    AskLink(AskLink),
    /// Sends somebody a link that makes a member.
    Invite(Invite),
    /// Takes an invitation back.
    RevokeInvitation(RevokeInvitation),
    /// Does what a link is for.
    FollowLink(Box<FollowLink>),
    /// Signs a user in.
    BeginSession(BeginSession),
    /// Signs a user out.
    EndSessions(EndSessions),
    /// Sets a user's password.
    SetPassword(SetPassword),
    /// Changes what a user is called.
    UpdateUser(UpdateUser),
    /// Removes a user.
    DeleteUser(DeleteUser),
    /// Changes what a user is in an organization.
    SetRole(SetRole),
    /// Makes a user one who runs the cluster, or no longer.
    SetOperator(SetOperator),
}

/// See [`Command::AddImage`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddImage {
    /// Id to give it.
    pub id: ImageId,
    /// The caller's organization.
    pub organization: OrganizationId,
    /// The same picture, the narrowest first.
    pub files: Vec<ImageFile>,
    /// Its mean colour, red, green and blue.
    pub color: [u8; 3],
}

/// See [`Command::RotateTicketKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotateTicketKey {
    /// The caller's organization.
    pub organization: OrganizationId,
}

/// See [`Command::CreateOrganization`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateOrganization {
    /// Id to give it.
    pub id: OrganizationId,
    /// Its name.
    pub name: Box<str>,
}

/// See [`Command::CreateApiKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateApiKey {
    /// Id to give it.
    pub id: KeyId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What people call it.
    pub name: Box<str>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of its secret text.
    pub hash: [u8; 32],
    /// Ends at, in ms.
    pub expires_at_ms: Option<u64>,
}

/// See [`Command::RevokeApiKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeApiKey {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: KeyId,
}

/// See [`Command::CreateVenue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateVenue {
    /// Id to give it.
    pub id: VenueId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What staff say of it.
    pub details: VenueDetails,
}

/// See [`Command::UpdateVenue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateVenue {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: VenueId,
    /// The version that the caller changed.
    pub expected: u64,
    /// All of what staff say of it.
    pub details: VenueDetails,
}

/// See [`Command::DeleteVenue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteVenue {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: VenueId,
}

/// See [`Command::CreateEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateEvent {
    /// Id to give it.
    pub id: EventId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What staff say of it.
    pub details: EventDetails,
}

/// See [`Command::UpdateEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateEvent {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: EventId,
    /// The version that the caller changed.
    pub expected: u64,
    /// All of what staff say of it.
    pub details: EventDetails,
}

/// See [`Command::DeleteEvent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteEvent {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: EventId,
}

/// See [`Command::CreateShowtime`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateShowtime {
    /// Id to give it.
    pub id: ShowtimeId,
    /// The caller's organization.
    pub organization: OrganizationId,
    /// The event.
    pub event: EventId,
    /// What staff say of it.
    pub details: ShowtimeDetails,
    /// The plan to make for it, unless its venue has one of the same content; `details.plan` is not looked at then.
    pub plan: Option<Arc<Plan>>,
}

/// The times of one of several showtimes, in ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowtimeTimes {
    /// Id to give it.
    pub id: ShowtimeId,
    /// Begins.
    pub starts_at_ms: u64,
    /// Ends.
    pub ends_at_ms: Option<u64>,
    /// Sold from.
    pub on_sale_from_ms: Option<u64>,
    /// Sold until.
    pub on_sale_until_ms: Option<u64>,
}

/// See [`Command::CreateShowtimes`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateShowtimes {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// The event.
    pub event: EventId,
    /// What they have in common; its times are not looked at.
    pub details: ShowtimeDetails,
    /// See [`CreateShowtime::plan`].
    pub plan: Option<Arc<Plan>>,
    /// When each of them is; [`crate::limits::SERIES_MAX`] at most.
    pub times: Vec<ShowtimeTimes>,
}

/// See [`Command::UpdateShowtime`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateShowtime {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: ShowtimeId,
    /// The version that the caller changed.
    pub expected: u64,
    /// All of what staff say of it.
    pub details: ShowtimeDetails,
}

/// A number of an area's places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AreaQuantity {
    /// Index of the area in the plan.
    pub area: u16,
    /// How many, at least 1.
    pub quantity: u32,
}

/// See [`Command::BlockPlaces`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockPlaces {
    /// Id to give the block.
    pub id: BlockId,
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Where.
    pub showtime: ShowtimeId,
    /// The plan that the seat numbers are of.
    pub plan: PlanId,
    /// Seats by number; all must be free.
    pub seats: Vec<u32>,
    /// Area places; enough must be free.
    pub areas: Vec<AreaQuantity>,
    /// Why.
    pub reason: Box<str>,
}

/// See [`Command::UnblockPlaces`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnblockPlaces {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Where.
    pub showtime: ShowtimeId,
    /// Which.
    pub id: BlockId,
}

/// What best available looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BestAvailable {
    /// How many seats, at least 1.
    pub quantity: u32,
    /// Only this tier (by its id).
    pub tier: Option<Box<str>>,
    /// Only this section (by its index in the plan).
    pub section: Option<u16>,
    /// How many of the seats must be for wheelchairs; all others are not.
    pub accessible: u32,
    /// Tells buyers apart who ask at the same moment: choices as good as equal are given out by it. 0: the very best.
    pub spread: u32,
    /// What the receiving node picked; apply takes it if all is still free, else searches itself.
    pub pick: Vec<u32>,
    /// What its seats are sold as, one after the other in the order of their numbers; the tier's usual type if empty.
    pub types: Vec<TypeQuantity>,
}

/// A number of tickets of one type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeQuantity {
    /// Id of the ticket type.
    pub ticket_type: Box<str>,
    /// How many, at least 1.
    pub quantity: u32,
}

/// What a seat that a hold names is sold as, if not as the tier's usual type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeatType {
    /// The seat by number.
    pub seat: u32,
    /// Id of the ticket type.
    pub ticket_type: Box<str>,
}

/// A number of an area's places as tickets of one type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AreaTickets {
    /// Index of the area in the plan.
    pub area: u16,
    /// How many, at least 1.
    pub quantity: u32,
    /// Id of the ticket type; the tier's usual type if none.
    pub ticket_type: Option<Box<str>>,
}

/// See [`Command::PlaceHold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceHold {
    /// Id to give it.
    pub id: HoldId,
    /// Where.
    pub showtime: ShowtimeId,
    /// The plan that the numbers below are of.
    pub plan: PlanId,
    /// Seats by number.
    pub seats: Vec<u32>,
    /// Seats that the rules choose.
    pub best: Option<BestAvailable>,
    /// Area places; an area once for each type.
    pub areas: Vec<AreaTickets>,
    /// Ticket types of `seats`, where they are not the usual ones.
    pub types: Vec<SeatType>,
    /// Code of a voucher to use.
    pub voucher: Option<Box<str>>,
}

/// See [`Command::ExtendHold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendHold {
    /// Which.
    pub id: HoldId,
    /// The staff caller's organization; none for the bearer of its token.
    pub organization: Option<OrganizationId>,
}

/// See [`Command::ReleaseHold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseHold {
    /// Which.
    pub id: HoldId,
    /// The staff caller's organization; none for the bearer of its token.
    pub organization: Option<OrganizationId>,
}

/// See [`Command::CreateVouchers`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateVouchers {
    /// Id of the first; the others follow it.
    pub first: VoucherId,
    /// The caller's organization.
    pub organization: OrganizationId,
    /// A code for each.
    pub codes: Vec<Box<str>>,
    /// What staff say of all of them.
    pub details: Box<VoucherDetails>,
}

/// See [`Command::UpdateVoucher`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateVoucher {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: VoucherId,
    /// The version that the caller changed.
    pub expected: u64,
    /// All of what staff say of it.
    pub details: Box<VoucherDetails>,
}

/// See [`Command::DeleteVoucher`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteVoucher {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: VoucherId,
}

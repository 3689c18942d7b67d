//! The state of the box office and the only way it changes: `apply`.
//! Deliberately not here: rules (one file each), reading (`state/reading`), I/O, clocks, threads. Apply cannot fail.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::accounts::{Link, Mail, Session, User, letters, links, members, sessions, users};
use crate::admission::{self, Attendance};
use crate::blocks::{self, Block};
use crate::catalogue::{Event, Showtime, Venue, events, series, showtimes, venues};
use crate::census::Census;
use crate::change::{Applied, Change, Reply};
use crate::chunks::ChunkMap;
use crate::command::{AreaQuantity, Command, Proposal};
use crate::digest::Digest;
use crate::holds::{self, Hold, HoldState};
use crate::idempotency::{Answer, Answers};
use crate::ids::{
    BlockId, EventId, HoldId, ImageId, KeyId, LinkId, MailId, OrderId, OrganizationId, PlanId, SessionId, ShowtimeId,
    TaskId, TicketId, UserId, VenueId, VoucherId,
};
use crate::images::{self, Image};
use crate::inventory::{Cell, Inventory, PlaceState};
use crate::keys::ApiKey;
use crate::limits;
use crate::orders::{Order, awaits, desk, placing};
use crate::organizations::{self, Organization};
use crate::payments::reports;
use crate::plan::Plan;
use crate::prices::{Prices, PricesId};
use crate::record::RecordKey;
use crate::refunds;
use crate::rejection::Rejection;
use crate::table::{Journal, Table, TableKey};
use crate::tasks::{self, Task};
use crate::vouchers::{self, Code, Voucher};

mod reading;

/// The newest rules version that this program knows.
pub const RULES_VERSION: u32 = 1;
/// The rules that every log begins under, whatever program reads it: newer ones come into force by a logged command.
const FIRST_RULES_VERSION: u32 = 1;

/// Where a proposal stands in the log: the entry and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Log index of the entry.
    pub index: u64,
    /// Number of the proposal in the entry, below 4,096.
    pub offset: u32,
}

/// Time, versions and counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Meta {
    /// Cluster time of the last proposal, in ms.
    pub now_ms: u64,
    /// Rules version in force.
    pub rules_version: u32,
    /// Distinguishes a restored backup from the cluster it was taken of.
    pub epoch: u64,
    /// Serial number of the newest owner of places.
    pub serial: u64,
}

/// What a rule works with besides the state.
pub(crate) struct Context {
    pub(crate) now_ms: u64,
    pub(crate) at: Position,
    pub(crate) answer_key: Option<u128>,
    pub(crate) changes: Vec<Change>,
    pub(crate) journal: Journal,
    /// Tasks that this proposal put into the outbox so far.
    pub(crate) tasks_made: usize,
    /// Refunds that it made by itself so far.
    pub(crate) refunds_made: usize,
    /// Letters that it wrote so far.
    pub(crate) mails_made: usize,
}

/// What comes to an end at a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timed {
    /// A hold.
    Hold(HoldId),
    /// The time for paying an order.
    Order(OrderId),
}

macro_rules! table_keys {
    ($($id:ident => $key:ident,)*) => {$(
        impl TableKey for $id {
            fn record_key(self) -> RecordKey {
                RecordKey::$key(self)
            }
        }
    )*};
}
table_keys! {
    OrganizationId => Organization, KeyId => ApiKey, VenueId => Venue, PlanId => Plan, EventId => Event,
    ShowtimeId => Showtime, BlockId => Block, HoldId => Hold, OrderId => Order, ImageId => Image,
    VoucherId => Voucher, TaskId => Task, UserId => User, SessionId => Session, LinkId => Link, MailId => Mail,
}

/// All that must be true. A clone is cheap (copy on write in chunks): it is how snapshots are taken.
#[derive(Debug, Clone)]
pub struct State {
    pub(crate) meta: Meta,
    /// Digest of all records but `meta`.
    pub(crate) digest: Digest,
    pub(crate) organizations: Table<OrganizationId, Organization>,
    pub(crate) api_keys: Table<KeyId, ApiKey>,
    pub(crate) venues: Table<VenueId, Venue>,
    pub(crate) plans: Table<PlanId, Plan>,
    pub(crate) events: Table<EventId, Event>,
    pub(crate) showtimes: Table<ShowtimeId, Showtime>,
    pub(crate) inventories: ChunkMap<ShowtimeId, Arc<Inventory>>,
    pub(crate) blocks: Table<BlockId, Block>,
    pub(crate) holds: Table<HoldId, Hold>,
    pub(crate) orders: Table<OrderId, Order>,
    pub(crate) answers: Answers,
    pub(crate) images: Table<ImageId, Image>,
    pub(crate) old_prices: Table<PricesId, Prices>,
    pub(crate) vouchers: Table<VoucherId, Voucher>,
    pub(crate) tasks: Table<TaskId, Task>,
    pub(crate) users: Table<UserId, User>,
    pub(crate) sessions: Table<SessionId, Session>,
    pub(crate) links: Table<LinkId, Link>,
    pub(crate) mails: Table<MailId, Mail>,
    // Derived: not records, rebuilt on loading.
    pub(crate) census: Census,
    pub(crate) keys_by_hash: ChunkMap<[u8; 32], KeyId>,
    pub(crate) showtimes_by_event: ChunkMap<(EventId, ShowtimeId), ()>,
    pub(crate) blocks_by_showtime: ChunkMap<(ShowtimeId, BlockId), ()>,
    pub(crate) due: ChunkMap<(u64, ShowtimeId, Timed), ()>,
    pub(crate) ended: ChunkMap<(u64, HoldId), ()>,
    pub(crate) orders_by_organization: ChunkMap<(OrganizationId, OrderId), ()>,
    pub(crate) orders_by_showtime: ChunkMap<(ShowtimeId, OrderId), ()>,
    pub(crate) tickets: ChunkMap<TicketId, OrderId>,
    pub(crate) attendance: ChunkMap<ShowtimeId, Attendance>,
    /// By when they are forgotten, in ms.
    pub(crate) unused_images: ChunkMap<(u64, ImageId), ()>,
    /// How many pictures have a file, by its SHA-256.
    pub(crate) files: ChunkMap<[u8; 32], u32>,
    pub(crate) files_digest: u128,
    /// Showtimes whose tickets are being given back.
    pub(crate) refunding: ChunkMap<ShowtimeId, ()>,
    /// Refunds that the provider has not taken yet; none is no entry.
    pub(crate) refunds_pending: ChunkMap<OrganizationId, u32>,
    /// Orders that nobody ever paid, by when they are forgotten, in ms.
    pub(crate) unpaid: ChunkMap<(u64, OrderId), ()>,
    pub(crate) vouchers_by_code: ChunkMap<(OrganizationId, Code), VoucherId>,
    /// Uses of a voucher in orders by a hash of who bought.
    pub(crate) voucher_buyers: ChunkMap<(VoucherId, u128), u32>,
    /// The places of each plan that something takes place on, all free: what showtimes begin with, and share.
    pub(crate) all_free: ChunkMap<PlanId, Arc<Inventory>>,
    /// By [`crate::text::address_key`].
    pub(crate) users_by_address: ChunkMap<u128, UserId>,
    /// Users who are anything in an organization.
    pub(crate) members: ChunkMap<(OrganizationId, UserId), ()>,
    pub(crate) operators: ChunkMap<UserId, ()>,
    pub(crate) sessions_by_user: ChunkMap<(UserId, SessionId), ()>,
    /// By when they end, in ms.
    pub(crate) sessions_end: ChunkMap<(u64, SessionId), ()>,
    /// By [`crate::text::address_key`].
    pub(crate) links_by_address: ChunkMap<(u128, LinkId), ()>,
    pub(crate) invitations: ChunkMap<(OrganizationId, LinkId), ()>,
    /// By when they end, in ms.
    pub(crate) links_end: ChunkMap<(u64, LinkId), ()>,
}

/// Where a deadline stands among all: to go on from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline((u64, ShowtimeId, Timed));

impl Default for State {
    fn default() -> Self {
        Self {
            meta: Meta { now_ms: 0, rules_version: FIRST_RULES_VERSION, epoch: 1, serial: 0 },
            digest: Digest::default(),
            organizations: Table::default(),
            api_keys: Table::default(),
            venues: Table::default(),
            plans: Table::default(),
            events: Table::default(),
            showtimes: Table::default(),
            inventories: ChunkMap::default(),
            blocks: Table::default(),
            holds: Table::default(),
            orders: Table::default(),
            answers: Answers::default(),
            old_prices: Table::default(),
            vouchers: Table::default(),
            tasks: Table::default(),
            census: Census::default(),
            keys_by_hash: ChunkMap::default(),
            showtimes_by_event: ChunkMap::default(),
            blocks_by_showtime: ChunkMap::default(),
            due: ChunkMap::default(),
            ended: ChunkMap::default(),
            orders_by_organization: ChunkMap::default(),
            orders_by_showtime: ChunkMap::default(),
            tickets: ChunkMap::default(),
            attendance: ChunkMap::default(),
            images: Table::default(),
            unused_images: ChunkMap::default(),
            files: ChunkMap::default(),
            files_digest: 0,
            refunding: ChunkMap::default(),
            refunds_pending: ChunkMap::default(),
            unpaid: ChunkMap::default(),
            vouchers_by_code: ChunkMap::default(),
            voucher_buyers: ChunkMap::default(),
            all_free: ChunkMap::default(),
            users: Table::default(),
            sessions: Table::default(),
            links: Table::default(),
            mails: Table::default(),
            users_by_address: ChunkMap::default(),
            members: ChunkMap::default(),
            operators: ChunkMap::default(),
            sessions_by_user: ChunkMap::default(),
            sessions_end: ChunkMap::default(),
            links_by_address: ChunkMap::default(),
            invitations: ChunkMap::default(),
            links_end: ChunkMap::default(),
        }
    }
}

impl State {
    /// Carries out one proposal: the only way the state changes. A rejection changes nothing but its recorded answer
    /// (and what time alone had already decided: holds that are due expire first).
    pub fn apply(&mut self, at: Position, proposal: &Proposal) -> Applied {
        let request = &proposal.request;
        // Invariant: cluster time never decreases along the log, whatever a leader stamped.
        self.meta.now_ms = self.meta.now_ms.max(proposal.at_ms);
        let mut cx = Context {
            now_ms: self.meta.now_ms,
            at,
            answer_key: request.idempotency.map(|mark| mark.key),
            changes: Vec::new(),
            journal: Journal { digest: self.digest, touched: vec![RecordKey::Meta] },
            tasks_made: 0,
            refunds_made: 0,
            mails_made: 0,
        };
        self.answers.clear(&mut cx.journal, cx.now_ms);
        holds::forget_ended(self, &mut cx);
        awaits::forget_unpaid(self, &mut cx);
        images::forget_unused(self, &mut cx);
        sessions::forget_ended(self, &mut cx);
        links::forget_ended(self, &mut cx);
        letters::forget_old(self, &mut cx);
        if let Some(found) = request.idempotency.and_then(|mark| self.answers.find(mark, cx.now_ms)) {
            let (reply, replayed) = found.map_or_else(|r| (Err(r), false), |answer| (answer.reply.clone(), true));
            return self.applied(cx, reply, replayed);
        }
        let reply = self.dispatch(&mut cx, request.actor, &request.command);
        if let Some(mark) = request.idempotency
            && !matches!(reply, Err(Rejection::PlanChanged))
        {
            let (until_ms, lasting) = if mark.minted {
                (cx.now_ms + limits::IDEMPOTENCY_MINTED_MS, false)
            } else {
                answer_kept(&request.command, &reply, cx.now_ms)
            };
            let fingerprint = mark.fingerprint;
            let answer = Answer { fingerprint, until_ms, lasting, index: at.index, reply: reply.clone() };
            self.answers.record(&mut cx.journal, mark.key, answer);
        }
        self.applied(cx, reply, false)
    }

    fn applied(&mut self, cx: Context, reply: Result<Reply, Rejection>, replayed: bool) -> Applied {
        self.digest = cx.journal.digest;
        Applied { reply, replayed, changes: cx.changes, touched: cx.journal.touched }
    }

    fn dispatch(
        &mut self,
        cx: &mut Context,
        actor: crate::command::Actor,
        command: &Command,
    ) -> Result<Reply, Rejection> {
        match command {
            Command::Tick => Ok(holds::tick(self, cx)),
            Command::RaiseRulesVersion(version) => Ok(self.raise_rules_version(*version)),
            Command::CreateOrganization(c) => organizations::create(self, cx, c),
            Command::CreateApiKey(c) => organizations::create_key(self, cx, c),
            Command::RevokeApiKey(c) => organizations::revoke_key(self, cx, c),
            Command::CreateVenue(c) => venues::create(self, cx, c),
            Command::UpdateVenue(c) => venues::update(self, cx, c),
            Command::DeleteVenue(c) => venues::delete(self, cx, c),
            Command::ImportPlan(plan) => venues::import_plan(self, cx, plan),
            Command::CreateEvent(c) => events::create(self, cx, c),
            Command::UpdateEvent(c) => events::update(self, cx, c),
            Command::DeleteEvent(c) => events::delete(self, cx, c),
            Command::CreateShowtime(c) => showtimes::create(self, cx, c),
            Command::UpdateShowtime(c) => showtimes::update(self, cx, c),
            Command::BlockPlaces(c) => blocks::block(self, cx, c),
            Command::UnblockPlaces(c) => blocks::unblock(self, cx, c),
            Command::PlaceHold(c) => holds::place(self, cx, actor, c),
            Command::ExtendHold(c) => holds::extend(self, cx, c),
            Command::ReleaseHold(c) => holds::release(self, cx, c),
            Command::PlaceOrder(c) => placing::place(self, cx, actor, c),
            Command::AddImage(c) => images::add(self, cx, c),
            Command::CreateVouchers(c) => vouchers::create(self, cx, c),
            Command::UpdateVoucher(c) => vouchers::update(self, cx, c),
            Command::DeleteVoucher(c) => vouchers::delete(self, cx, c),
            Command::CreateShowtimes(c) => series::create(self, cx, c),
            Command::CancelOrder(c) => reports::cancel(self, cx, actor, c),
            Command::RefundOrder(c) => refunds::refund(self, cx, actor, c),
            Command::ReportPayment(c) => reports::report(self, cx, actor, c),
            Command::ReportRefund(c) => refunds::reports::report(self, cx, actor, c),
            Command::ReportTrouble(c) => tasks::report_trouble(self, cx, c),
            Command::RetryTask(c) => tasks::retry(self, cx, c),
            Command::ResolveTask(c) => tasks::resolve(self, cx, actor, c),
            Command::ScanTicket(c) => admission::scan(self, cx, actor, c),
            Command::TransferTicket(c) => admission::transfer(self, cx, actor, c),
            Command::RotateTicketKey(c) => organizations::rotate_ticket_key(self, cx, c),
            Command::UpdateOrder(c) => desk::update(self, cx, actor, c),
            Command::RefundShowtime(c) => refunds::showtime::begin(self, cx, actor, c),
            Command::AskLink(c) => links::ask(self, cx, c),
            Command::Invite(c) => links::invite(self, cx, c),
            Command::RevokeInvitation(c) => links::revoke(self, cx, c),
            Command::FollowLink(c) => links::follow(self, cx, c),
            Command::BeginSession(c) => sessions::begin(self, cx, c),
            Command::EndSessions(c) => sessions::end(self, cx, c),
            Command::SetPassword(c) => users::set_password(self, cx, c),
            Command::UpdateUser(c) => users::update(self, cx, c),
            Command::DeleteUser(c) => users::delete(self, cx, c),
            Command::SetRole(c) => members::set_role(self, cx, c),
            Command::SetOperator(c) => members::set_operator(self, cx, c),
        }
    }

    fn raise_rules_version(&mut self, version: u32) -> Reply {
        // A node that does not know the version stops before it gets here (`raft::machine`).
        self.meta.rules_version = self.meta.rules_version.max(version);
        Reply::Done
    }

    pub(crate) fn next_serial(&mut self) -> u64 {
        self.meta.serial += 1;
        self.meta.serial
    }

    /// Moves places of one owner from one state to another and says so. The caller has checked that they are in it.
    pub(crate) fn move_places(
        &mut self,
        cx: &mut Context,
        showtime: ShowtimeId,
        owner: u64,
        (seats, areas): (impl Iterator<Item = u32> + Clone, impl Iterator<Item = AreaQuantity>),
        (from, to): (PlaceState, PlaceState),
    ) {
        let Some(inventory) = self.inventories.get_mut(&showtime).map(Arc::make_mut) else { return };
        for seat in seats.clone() {
            inventory.set_seat(&mut cx.journal, cx.at.index, seat, Cell::new(to, owner));
        }
        for AreaQuantity { area, quantity } in areas {
            inventory.move_area(&mut cx.journal, cx.at.index, (area, quantity), from, to);
            let free = inventory.area(area).map_or(0, |a| a.free);
            cx.changes.push(Change::AreaChanged { showtime, area, free });
        }
        let seats: Vec<_> = seats.map(|seat| (seat, to)).collect();
        if !seats.is_empty() {
            cx.changes.push(Change::SeatsChanged { showtime, seats });
        }
    }

    pub(crate) fn add_deadline(&mut self, showtime: ShowtimeId, deadline_ms: u64, what: Timed) {
        if let Some(inventory) = self.inventories.get_mut(&showtime) {
            Arc::make_mut(inventory).deadlines.insert((deadline_ms, what), ());
        }
        self.due.insert((deadline_ms, showtime, what), ());
    }

    pub(crate) fn remove_deadline(&mut self, showtime: ShowtimeId, deadline_ms: u64, what: Timed) {
        if let Some(inventory) = self.inventories.get_mut(&showtime) {
            Arc::make_mut(inventory).deadlines.remove(&(deadline_ms, what));
        }
        self.due.remove(&(deadline_ms, showtime, what));
    }

    pub(crate) fn index_showtime(&mut self, showtime: &Showtime) {
        self.showtimes_by_event.insert((showtime.event, showtime.id), ());
        if showtime.refunding.as_ref().is_some_and(|refunding| refunding.done_at_ms.is_none()) {
            self.refunding.insert(showtime.id, ());
        }
    }

    /// The places of a showtime on a plan, all free, as of a log index.
    pub(crate) fn all_free(&mut self, plan: &Arc<Plan>, showtime: ShowtimeId, index: u64) -> Inventory {
        if let Some(kept) = self.all_free.get(&plan.id) {
            return kept.all_free_for(showtime, index);
        }
        let made = Inventory::new(showtime, plan.clone(), index);
        self.all_free.insert(plan.id, Arc::new(made.clone()));
        made
    }

    pub(crate) fn index_order(&mut self, order: &Order) {
        for part in &order.parts {
            self.orders_by_showtime.insert((part.showtime, order.id), ());
        }
        self.orders_by_organization.insert((order.organization, order.id), ());
        self.index_tickets(order);
        self.index_awaits(order);
        if order.owns().is_some() {
            self.index_buyer(order);
        }
    }

    pub(crate) fn index_voucher(&mut self, voucher: &Voucher) {
        if let Some(code) = Code::read(&voucher.code).filter(|_| !voucher.ended) {
            self.vouchers_by_code.insert((voucher.organization, code), voucher.id);
        }
    }
}

/// Until when (ms) the answer to a command is kept, for a key that the caller chose, and whether that is for a day.
fn answer_kept(command: &Command, reply: &Result<Reply, Rejection>, now_ms: u64) -> (u64, bool) {
    let is_hold = matches!(command, Command::PlaceHold(_) | Command::ExtendHold(_) | Command::ReleaseHold(_));
    if !is_hold {
        return (now_ms + limits::IDEMPOTENCY_MS, true);
    }
    let ends_at_ms = match reply {
        Ok(Reply::Hold(hold)) if hold.state == HoldState::Active => hold.expires_at_ms,
        Ok(_) | Err(_) => now_ms,
    };
    (ends_at_ms + limits::IDEMPOTENCY_HOLD_MS, false)
}

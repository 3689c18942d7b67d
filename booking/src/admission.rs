//! At the door: tickets are scanned in and out, once each way at a time, whichever door and node; and passed on to others.
//! Deliberately not here: what a code looks like and whether it is ours (`api`).

use serde::{Deserialize, Serialize};

use crate::change::{Change, Reply};
use crate::command::{Actor, ScanTicket, TransferTicket};
use crate::ids::{OrderId, ShowtimeId, TicketId};
use crate::limits;
use crate::orders::{Order, OrderStep, Ticket};
use crate::payments::reports::{change, tell};
use crate::refunds::find;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

/// Which way somebody goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Way {
    /// In.
    In,
    /// Out: the ticket lets somebody in again.
    Out,
}

/// The last time that a ticket let somebody in or out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Admission {
    /// Which way.
    pub way: Way,
    /// At, in ms: when it was scanned, which offline is before it was recorded.
    pub at_ms: u64,
    /// Where, in the words of the house.
    pub gate: Box<str>,
    /// How often it let somebody in.
    pub entries: u16,
}

/// Whom a ticket was passed on to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// Name.
    pub name: Box<str>,
    /// E-mail address.
    pub email: Box<str>,
}

/// What a scan found. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Let them in.
    Admitted,
    /// They have left.
    Left,
    /// Somebody is in with it already: since when, and where.
    AlreadyInside {
        /// In ms.
        at_ms: u64,
        /// Where.
        gate: Box<str>,
    },
    /// Nobody is in with it.
    NotInside,
    /// It is for another showtime.
    WrongShowtime(ShowtimeId),
    /// It was given back.
    Void,
    /// It was passed on to somebody else, who has a newer code.
    Replaced,
    /// There is no such ticket here.
    Unknown,
    /// Of a door that was offline: it was right to let them in, but another door has let somebody in with it since.
    LetInSince {
        /// When, in ms.
        at_ms: u64,
        /// Where.
        gate: Box<str>,
    },
}

impl Verdict {
    /// Whether somebody went through.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Admitted | Self::Left | Self::LetInSince { .. })
    }
}

/// A scan of a ticket, kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scan {
    /// When it was made, in ms: offline before it was recorded.
    pub at_ms: u64,
    /// When it was recorded, in ms.
    pub recorded_at_ms: u64,
    /// Where the door is.
    pub showtime: ShowtimeId,
    /// Which door, in the words of the house.
    pub gate: Box<str>,
    /// Which way.
    pub way: Way,
    /// What it found.
    pub verdict: Verdict,
    /// Who scanned.
    pub by: Actor,
}

impl Scan {
    /// Whether somebody went through by it.
    pub fn passed(&self) -> bool {
        self.verdict.passes()
    }
}

/// What a scan found, with the ticket. Part of idempotency records: append-only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scanned {
    /// What was found.
    pub verdict: Verdict,
    /// The ticket.
    pub ticket: TicketId,
    /// Its order, if there is one.
    pub order: Option<OrderId>,
}

/// How many came to a showtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attendance {
    /// Valid tickets.
    pub tickets: u32,
    /// Of them, those that let somebody in at least once.
    pub came: u32,
    /// Of them, those that somebody is in with now.
    pub inside: u32,
}

impl Attendance {
    fn add(&mut self, ticket: &Ticket) {
        self.tickets += u32::from(ticket.is_valid());
        let admission = ticket.admission.as_ref().filter(|_| ticket.is_valid());
        self.came += u32::from(admission.is_some_and(|a| a.entries > 0));
        self.inside += u32::from(admission.is_some_and(|a| a.way == Way::In));
    }

    fn take(&mut self, ticket: &Ticket) {
        let mut one = Self::default();
        one.add(ticket);
        self.tickets -= one.tickets;
        self.came -= one.came;
        self.inside -= one.inside;
    }
}

impl State {
    /// Counts the tickets of an order, and finds it by them.
    pub(crate) fn index_tickets(&mut self, order: &Order) {
        for ticket in &order.tickets {
            self.tickets.insert(ticket.id, order.id);
            if let Some(part) = order.parts.get(usize::from(ticket.part)) {
                self.recount(part.showtime, |attendance| attendance.add(ticket));
            }
        }
    }

    /// A ticket of a showtime is another now.
    pub(crate) fn ticket_changed(&mut self, showtime: ShowtimeId, before: &Ticket, after: &Ticket) {
        self.recount(showtime, |attendance| {
            attendance.take(before);
            attendance.add(after);
        });
    }

    fn recount(&mut self, showtime: ShowtimeId, count: impl FnOnce(&mut Attendance)) {
        let mut attendance = self.attendance.get(&showtime).copied().unwrap_or_default();
        count(&mut attendance);
        self.attendance.insert(showtime, attendance);
    }

    /// How many came to a showtime.
    pub fn attendance(&self, showtime: ShowtimeId) -> Attendance {
        self.attendance.get(&showtime).copied().unwrap_or_default()
    }
}

/// Scans a ticket. What is wrong with it is the answer, not a refusal: it is what the door wants to know.
pub(crate) fn scan(state: &mut State, cx: &mut Context, actor: Actor, c: &ScanTicket) -> Result<Reply, Rejection> {
    text::at_most("gate", &c.gate, limits::LABEL_CHARS_MAX)?;
    let mine = state.showtimes.get(&c.showtime).is_some_and(|s| s.organization == c.organization);
    if !mine {
        return Err(Rejection::NotFound(Thing::Showtime));
    }
    let order = state.order_of_ticket(c.ticket).filter(|o| o.organization == c.organization).cloned();
    let ticket = order.as_ref().and_then(|order| order.ticket(c.ticket));
    let answer = |verdict, order| Ok(Reply::Scanned(Box::new(Scanned { verdict, ticket: c.ticket, order })));
    let (Some(order), Some(ticket)) = (&order, ticket) else { return answer(Verdict::Unknown, None) };
    let showtime = order.parts.get(usize::from(ticket.part)).map(|part| part.showtime).unwrap_or_default();
    // A door that was offline tells when it was; nobody was let in in the future.
    let at_ms = c.at_ms.unwrap_or(cx.now_ms).min(cx.now_ms);
    let verdict = judge(ticket, showtime, c, at_ms);
    let scan = Scan {
        at_ms,
        recorded_at_ms: cx.now_ms,
        showtime: c.showtime,
        gate: c.gate.clone(),
        way: c.way,
        verdict: verdict.clone(),
        by: actor,
    };
    alter(state, cx, order, c.ticket, |ticket| record(ticket, scan));
    if verdict.passes() {
        cx.changes.push(Change::AttendanceChanged(showtime));
    }
    answer(verdict, Some(order.id))
}

/// Where a scan made at this time belongs among those of a ticket: after all that were made before it or then.
fn position(scans: &[Scan], at_ms: u64) -> usize {
    scans.partition_point(|scan| scan.at_ms <= at_ms)
}

/// What a scan finds. Scans are judged in the order in which they were made, not in which they were recorded: what went
/// through the doors after this one was made did not stand in its way, but is told.
fn judge(ticket: &Ticket, showtime: ShowtimeId, c: &ScanTicket, at_ms: u64) -> Verdict {
    if showtime != c.showtime {
        return Verdict::WrongShowtime(showtime);
    }
    if !ticket.is_valid() {
        return Verdict::Void;
    }
    if ticket.generation != c.generation {
        return Verdict::Replaced;
    }
    let (before, since) = ticket.scans.split_at_checked(position(&ticket.scans, at_ms)).unwrap_or_default();
    let inside = before.iter().rfind(|scan| scan.passed()).filter(|scan| scan.way == Way::In);
    let entered = since.iter().find(|scan| scan.passed()).filter(|scan| scan.way == Way::In);
    match (c.way, inside, entered) {
        (Way::In, Some(by), _) => Verdict::AlreadyInside { at_ms: by.at_ms, gate: by.gate.clone() },
        (Way::In, None, Some(by)) => Verdict::LetInSince { at_ms: by.at_ms, gate: by.gate.clone() },
        (Way::In, None, None) => Verdict::Admitted,
        (Way::Out, Some(_), _) => Verdict::Left,
        (Way::Out, None, _) => Verdict::NotInside,
    }
}

/// Keeps a scan with its ticket, and what is known of the ticket by it. Of too many the oldest go, those by which nobody
/// went through first.
fn record(ticket: &mut Ticket, scan: Scan) {
    let entered = scan.passed() && scan.way == Way::In;
    let entries = ticket.admission.as_ref().map_or(0, |a| a.entries).saturating_add(u16::from(entered));
    ticket.scans.insert(position(&ticket.scans, scan.at_ms), scan);
    if let Some(last) = ticket.scans.iter().rfind(|scan| scan.passed()) {
        let admission = Admission { way: last.way, at_ms: last.at_ms, gate: last.gate.clone(), entries };
        ticket.admission = Some(Box::new(admission));
    }
    if ticket.scans.len() > limits::SCANS_PER_TICKET_MAX {
        let oldest = ticket.scans.iter().position(|scan| !scan.passed()).unwrap_or(0);
        ticket.scans.remove(oldest);
    }
}

/// Whether what is kept of a ticket's scans says one thing: `invariants` asks.
pub(crate) fn scans_agree(ticket: &Ticket) -> bool {
    let scans = &ticket.scans;
    let sorted = scans.is_sorted_by_key(|scan| scan.at_ms);
    let last = scans.iter().rfind(|scan| scan.passed()).map(|scan| (scan.way, scan.at_ms, &scan.gate));
    let entries = scans.iter().filter(|scan| scan.passed() && scan.way == Way::In).count();
    let admission = ticket.admission.as_ref();
    let counted = admission.map_or(0, |admission| usize::from(admission.entries));
    let complete = scans.len() < limits::SCANS_PER_TICKET_MAX;
    sorted
        && scans.len() <= limits::SCANS_PER_TICKET_MAX
        && last == admission.map(|admission| (admission.way, admission.at_ms, &admission.gate))
        && (entries == counted || (!complete && entries < counted))
}

/// Changes a ticket of an order, and what is counted by it.
fn alter(state: &mut State, cx: &mut Context, order: &Order, id: TicketId, with: impl FnOnce(&mut Ticket)) {
    let Some(before) = order.ticket(id) else { return };
    let Some(showtime) = order.parts.get(usize::from(before.part)).map(|part| part.showtime) else { return };
    let mut after = before.clone();
    with(&mut after);
    state.ticket_changed(showtime, before, &after);
    change(state, cx, order.id, |order, _| {
        if let Some(ticket) = order.tickets.iter_mut().find(|ticket| ticket.id == id) {
            *ticket = after;
        }
    });
}

/// Passes a ticket on: its code is a new one from now on, the old one lets nobody in.
pub(crate) fn transfer(
    state: &mut State,
    cx: &mut Context,
    actor: Actor,
    c: &TransferTicket,
) -> Result<Reply, Rejection> {
    text::name("name", &c.holder.name)?;
    text::at_most("email", &c.holder.email, limits::NAME_CHARS_MAX)?;
    let order = state.tickets.get(&c.ticket).copied().ok_or(Rejection::NotFound(Thing::Ticket))?;
    let order = find(state, order, c.organization).map_err(|_| Rejection::NotFound(Thing::Ticket))?;
    let ticket = order.ticket(c.ticket).ok_or(Rejection::NotFound(Thing::Ticket))?;
    if !ticket.is_valid() {
        return Err(Rejection::Conflict("the ticket was given back".into()));
    }
    if ticket.admission.is_some() {
        return Err(Rejection::Conflict("the ticket was used already".into()));
    }
    if ticket.generation >= limits::TRANSFERS_PER_TICKET_MAX {
        return Err(Rejection::Conflict("the ticket was passed on as often as it may be".into()));
    }
    alter(state, cx, &order, c.ticket, |ticket| {
        ticket.generation += 1;
        ticket.holder = Some(Box::new(c.holder.clone()));
    });
    let part = order.parts.get(usize::from(ticket.part));
    cx.changes.extend(part.map(|part| Change::AttendanceChanged(part.showtime)));
    change(state, cx, order.id, |order, now_ms| tell(order, now_ms, actor, OrderStep::Transferred(c.ticket)));
    find(state, order.id, c.organization).map(Reply::Order)
}

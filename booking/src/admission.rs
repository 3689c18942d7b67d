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
pub(crate) fn scan(state: &mut State, cx: &mut Context, c: &ScanTicket) -> Result<Reply, Rejection> {
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
    let verdict = judge(ticket, showtime, c);
    if matches!(verdict, Verdict::Admitted | Verdict::Left) {
        let entries = ticket.admission.as_ref().map_or(0, |a| a.entries) + u16::from(c.way == Way::In);
        // A door that was offline tells when it was; nobody was let in in the future.
        let at_ms = c.at_ms.unwrap_or(cx.now_ms).min(cx.now_ms);
        let admission = Admission { way: c.way, at_ms, gate: c.gate.clone(), entries };
        alter(state, cx, order, c.ticket, |ticket| ticket.admission = Some(Box::new(admission)));
    }
    answer(verdict, Some(order.id))
}

fn judge(ticket: &Ticket, showtime: ShowtimeId, c: &ScanTicket) -> Verdict {
    if showtime != c.showtime {
        return Verdict::WrongShowtime(showtime);
    }
    if !ticket.is_valid() {
        return Verdict::Void;
    }
    if ticket.generation != c.generation {
        return Verdict::Replaced;
    }
    let inside = ticket.admission.as_ref().filter(|admission| admission.way == Way::In);
    match (c.way, inside) {
        (Way::In, Some(since)) => Verdict::AlreadyInside { at_ms: since.at_ms, gate: since.gate.clone() },
        (Way::In, None) => Verdict::Admitted,
        (Way::Out, Some(_)) => Verdict::Left,
        (Way::Out, None) => Verdict::NotInside,
    }
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
    cx.changes.push(Change::AttendanceChanged(showtime));
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
    change(state, cx, order.id, |order, now_ms| tell(order, now_ms, actor, OrderStep::Transferred(c.ticket)));
    find(state, order.id, c.organization).map(Reply::Order)
}

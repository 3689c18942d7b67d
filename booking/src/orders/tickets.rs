//! Tickets: one for each place of a paid order.
//! Deliberately not here: what a ticket looks like, and its code (`api`).

use serde::{Deserialize, Serialize};

use crate::admission::{Admission, Holder, Scan};
use crate::ids::{TicketId, compose};
use crate::orders::{Order, OrderPart};
use crate::prices::places::{Line, Unit};
use crate::state::Position;

/// The place of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TicketPlace {
    /// A seat by number.
    Seat(u32),
    /// One of an area's places, by the area's index.
    Area(u16),
}

/// The life of a ticket. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TicketState {
    /// It admits one person.
    Valid,
    /// It was given back: its place is somebody else's or free.
    Void,
}

/// A ticket: one place of one showtime.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// Index of the order's part it belongs to.
    pub part: u16,
    /// Index of its line in the part's prices: tier, ticket type and what it cost.
    pub line: u16,
    /// Its place.
    pub place: TicketPlace,
    /// Where in its life it is.
    pub state: TicketState,
    /// How often it was passed on: only the newest code lets anybody in.
    pub generation: u16,
    /// Whom it was passed on to, if it was.
    pub holder: Option<Box<Holder>>,
    /// The last time that it let somebody in or out.
    pub admission: Option<Box<Admission>>,
    /// Its scans in the order in which they were made; [`crate::limits::SCANS_PER_TICKET_MAX`] at most.
    pub scans: Vec<Scan>,
}

impl Ticket {
    /// Whether it admits anybody.
    pub fn is_valid(&self) -> bool {
        self.state == TicketState::Valid
    }

    /// What it cost, in its order.
    pub fn line<'a>(&self, order: &'a Order) -> Option<&'a Line> {
        order.parts.get(usize::from(self.part))?.places.line(self.line)
    }
}

/// Bits of a ticket's number in its order, and of a command's offset in its entry, within a ticket id.
const TICKET_BITS: u32 = 16;
const OFFSET_BITS: u32 = 12;

/// An id below (time, index, offset): the so many-th that a command makes.
pub(crate) fn nth(now_ms: u64, at: Position, nth: usize) -> u128 {
    let within = (u128::from(at.index) << OFFSET_BITS | u128::from(at.offset)) << TICKET_BITS;
    compose(now_ms, within | nth as u128)
}

pub(crate) fn issue(parts: &[OrderPart], now_ms: u64, at: Position) -> Box<[Ticket]> {
    let mut tickets = Vec::new();
    for (part, of) in (0_u16..).zip(parts) {
        for Unit { place, line, .. } in of.places.units() {
            let id = TicketId(nth(now_ms, at, tickets.len()));
            tickets.push(Ticket {
                id,
                part,
                line,
                place,
                state: TicketState::Valid,
                generation: 0,
                holder: None,
                admission: None,
                scans: Vec::new(),
            });
        }
    }
    tickets.into()
}

//! Why a rule said no. Deliberately not here: statuses and texts of HTTP (see `api/problem`).
//! Rejections are part of idempotency records: append-only.

use serde::{Deserialize, Serialize};

use crate::catalogue::completeness::Gap;
use crate::ids::HoldId;

/// A kind of thing that was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Thing {
    /// An organization.
    Organization,
    /// An API key.
    ApiKey,
    /// A venue.
    Venue,
    /// A seating plan.
    Plan,
    /// An event.
    Event,
    /// A showtime.
    Showtime,
    /// A block.
    Block,
    /// A hold.
    Hold,
    /// An order.
    Order,
    /// A ticket.
    Ticket,
    /// A place of a plan.
    Place,
    /// A price tier.
    Tier,
    /// A section.
    Section,
    /// A picture.
    Image,
    /// A ticket type.
    TicketType,
    /// A voucher.
    Voucher,
    /// A payment, or the provider's intent for it.
    Payment,
    /// A refund.
    Refund,
    /// A task.
    Task,
    /// A user, or a member.
    User,
    /// A session.
    Session,
    /// A link that can be followed.
    Link,
}

/// Why a rule said no. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rejection {
    /// It is not there, or another organization's.
    NotFound(Thing),
    /// Seats that were not free, by number.
    SeatsTaken(Vec<u32>),
    /// Fewer places are free than were asked for.
    NotEnoughPlaces {
        /// Asked for.
        wanted: u32,
        /// Free, in the area or among what was searched.
        free: u32,
    },
    /// A single seat would be left over; instead take these.
    OrphanSeat {
        /// Seats by number, as many as asked for; empty if there is no such choice near by.
        suggestion: Vec<u32>,
    },
    /// Not for sale now.
    NotOnSale {
        /// Sales begin, in ms, if they have not.
        from_ms: Option<u64>,
    },
    /// The hold's time is over.
    HoldExpired(HoldId),
    /// It is not in a state for that.
    Conflict(Box<str>),
    /// The thing changed since the version the caller named.
    VersionConflict {
        /// Its version now.
        version: u64,
    },
    /// More places than allowed.
    TooManyPlaces {
        /// Allowed.
        max: u32,
    },
    /// The plan breaks a rule.
    InvalidPlan(Box<str>),
    /// A value breaks a rule.
    RuleViolated(Box<str>),
    /// The idempotency key stands for another request. Never recorded.
    IdempotencyKeyReused,
    /// The showtime moved to another plan version while the request was on its way: resolve again. Never recorded.
    PlanChanged,
    /// The voucher is unknown, another organization's, not good now, or good for nothing that was asked for: which of
    /// these is not told to whoever guesses codes.
    VoucherInvalid,
    /// The voucher has no use left.
    VoucherUsedUp {
        /// Only for this buyer.
        by_buyer: bool,
    },
    /// Places that are held, sold or blocked would be lost or change their price in another seating plan: the first of
    /// them, by number in the plan that the showtime has.
    PlacesInUse {
        /// Seats that the other plan does not have.
        lost: Vec<u32>,
        /// Seats that would be of another price tier.
        repriced: Vec<u32>,
        /// Areas, by index, that it does not have, or with too few places, or in another price tier.
        areas: Vec<u16>,
    },
    /// The event lacks what nobody could do without.
    EventIncomplete(Vec<Gap>),
}

//! How many things of each kind every organization has: kept, so that a bound costs a look, not a count of everybody's.
//! Deliberately no record: derived, and made anew on loading.

use crate::chunks::ChunkMap;
use crate::ids::OrganizationId;
use crate::limits;
use crate::rejection::Rejection;
use crate::text;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    ApiKey,
    Venue,
    Plan,
    Event,
    Showtime,
    Image,
    Voucher,
}

impl Kind {
    fn bound(self) -> (&'static str, usize) {
        match self {
            Self::ApiKey => ("API keys", limits::CATALOGUE_MAX),
            Self::Venue => ("venues", limits::CATALOGUE_MAX),
            Self::Plan => ("plans", limits::CATALOGUE_MAX),
            Self::Event => ("events", limits::CATALOGUE_MAX),
            Self::Showtime => ("showtimes", limits::SHOWTIMES_MAX),
            Self::Image => ("images", limits::IMAGES_MAX),
            Self::Voucher => ("vouchers", limits::VOUCHERS_MAX),
        }
    }
}

/// The counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Census(ChunkMap<(OrganizationId, Kind), usize>);

impl Census {
    /// How many it has.
    pub(crate) fn of(&self, organization: OrganizationId, kind: Kind) -> usize {
        self.0.get(&(organization, kind)).copied().unwrap_or(0)
    }

    /// Refuses so many more than there may be.
    pub(crate) fn room_for(&self, organization: OrganizationId, kind: Kind, more: usize) -> Result<(), Rejection> {
        let (name, max) = kind.bound();
        let room = max.saturating_sub(self.of(organization, kind));
        if more > room { Err(text::too_many(name, max)) } else { Ok(()) }
    }

    /// One more.
    pub(crate) fn add(&mut self, organization: OrganizationId, kind: Kind) {
        self.0.insert((organization, kind), self.of(organization, kind) + 1);
    }

    /// One fewer.
    pub(crate) fn remove(&mut self, organization: OrganizationId, kind: Kind) {
        self.0.insert((organization, kind), self.of(organization, kind).saturating_sub(1));
    }
}

//! What happened, in the words of scenarios.

use booking::Change;
use booking::inventory::PlaceState;

use super::{Stage, clock};

impl Stage {
    pub(super) fn show_changes(&mut self) -> String {
        let changes = std::mem::take(&mut self.changes);
        let mut texts = Vec::new();
        for change in changes {
            texts.push(match change {
                Change::SeatsChanged { seats, .. } => {
                    let numbers: Vec<u32> = seats.iter().map(|(n, _)| *n).collect();
                    let state = seats.first().map_or(PlaceState::Free, |(_, s)| *s);
                    format!("{} {}", self.ids(&numbers), format!("{state:?}").to_lowercase())
                }
                Change::AreaChanged { showtime, area, free } => format!("{} {free} free", self.area(showtime, area)),
                Change::HoldPlaced(id) => format!("placed {}", self.holds.name('H', id.0)),
                Change::HoldExtended(id) => format!("extended {}", self.holds.name('H', id.0)),
                Change::HoldReleased(id) => format!("released {}", self.holds.name('H', id.0)),
                Change::HoldExpired(id) => format!("expired {}", self.holds.name('H', id.0)),
                // Told by what happened to its places, and by its payment.
                Change::OrderChanged(_) => continue,
                Change::AttendanceChanged(_) => "attendance".to_owned(),
                Change::TaskAdded(_) => "task".to_owned(),
                Change::TaskChanged(_) => "task changed".to_owned(),
                Change::TaskEnded(_) => "task ended".to_owned(),
                Change::OrderPaid(id) => format!("paid {}", self.orders.name('O', id.0)),
                Change::VenueChanged(_) => "venue".to_owned(),
                Change::PlanImported(_) => "plan".to_owned(),
                Change::EventChanged(_) => "event".to_owned(),
                Change::ShowtimeChanged(_) => "showtime".to_owned(),
                Change::ApiKeyChanged(_) => "key".to_owned(),
                Change::OrganizationCreated(_) => "organization".to_owned(),
                Change::ImageAdded(_) | Change::ImageForgotten(_) => "image".to_owned(),
                Change::VoucherChanged(_) => "voucher".to_owned(),
                Change::UserChanged(_) => "user".to_owned(),
                Change::SessionChanged(_) => "session".to_owned(),
                Change::MailWritten(_) => "letter".to_owned(),
                Change::PlanChanged(_) => "plan changed".to_owned(),
                Change::ShowtimeCancelled(_) => "cancelled".to_owned(),
                Change::ShowtimePostponed(_) => "postponed".to_owned(),
                Change::ShowtimeMoved { from_ms, .. } => format!("moved from {}", clock(from_ms)),
            });
        }
        if texts.is_empty() { "none".to_owned() } else { texts.join(" · ") }
    }
}

//! The nearest free seats, wherever they are: what is left when nothing is together. Companions sit as near to the
//! wheelchair places as they can.

use super::{Search, is_wheelchair};
use crate::plan::{Point, Run, attribute};

/// A free seat: what keeps it from being taken, how far it is, its number.
type Ranked = (u8, u64, u32);

impl Search<'_> {
    /// As many wheelchair places as asked for, the rest not.
    pub(super) fn scattered(&self) -> Option<Vec<u32>> {
        let accessible = self.criteria.accessible as usize;
        let quantity = self.criteria.quantity as usize;
        let mut seats = self.nearest(self.focal_point(), accessible, true);
        let around = seats.first().and_then(|n| self.seat(*n)).map_or_else(|| self.focal_point(), |seat| seat.at);
        seats.extend(self.nearest(around, quantity - accessible, false));
        seats.sort_unstable();
        (seats.len() == quantity).then_some(seats)
    }

    /// The seats nearest to a point, all of them wheelchair places or none.
    fn nearest(&self, around: Point, n: usize, wheelchairs: bool) -> Vec<u32> {
        if n == 0 {
            return Vec::new();
        }
        let all = Run { first: 0, len: self.plan().seats.len() as u32 };
        let ranked = |number: u32| -> Option<Ranked> {
            let seat =
                self.seat(number).filter(|seat| self.fits(number, seat) && is_wheelchair(seat) == wheelchairs)?;
            let companion = seat.attributes & attribute::COMPANION != 0;
            // Companions' seats come first for companions and last for all others.
            let kept = u8::from(companion != (self.criteria.accessible > 0));
            Some((kept, seat.at.distance_squared(around), number))
        };
        let mut fitting: Vec<Ranked> = self.inventory.free_stretches(all).flatten().filter_map(ranked).collect();
        if fitting.len() > n {
            fitting.select_nth_unstable(n - 1);
            fitting.truncate(n);
        }
        fitting.sort_unstable();
        fitting.into_iter().map(|(.., number)| number).collect()
    }
}

//! In parts, one row behind the other: for a party that nowhere fits side by side. As few parts as there must be, as
//! equal as they can be, so that nobody sits alone while it can be helped.

use super::{Search, Window};
use crate::plan::{Point, Run};

/// Rows that a party is spread over at most; beyond that its seats are scattered anyway.
const PARTS_MAX: u32 = 4;

impl Search<'_> {
    /// The parts nearest the focal point, each in a row that neighbours another part's.
    pub(super) fn over_rows(&self) -> Option<Vec<u32>> {
        let quantity = self.criteria.quantity;
        // Wheelchair places stand where they stand: see `scattered`.
        if self.criteria.accessible > 0 {
            return None;
        }
        (2..=PARTS_MAX.min(quantity)).find_map(|parts| self.in_parts(parts))
    }

    fn in_parts(&self, parts: u32) -> Option<Vec<u32>> {
        let quantity = self.criteria.quantity;
        let mut best: Option<(u64, Vec<u32>)> = None;
        for (nearest, run) in self.inventory.runs_by_distance() {
            if best.as_ref().is_some_and(|(far, _)| *far < nearest) {
                break;
            }
            let mut sizes = (0..parts).map(|part| quantity / parts + u32::from(part < quantity % parts));
            let Some(size) = sizes.next() else { break };
            let Some(first) = self.best_window(run, size, self.focal_point()) else { continue };
            let Some(seats) = self.grow(run, first.seats(size).collect(), sizes) else { continue };
            let far = seats.iter().filter_map(|n| self.seat(*n)).map(|seat| self.distance(seat) / u64::from(quantity));
            let far = far.sum();
            if best.as_ref().is_none_or(|(least, _)| far < *least) {
                best = Some((far, seats));
            }
        }
        best.map(|(_, mut seats)| {
            seats.sort_unstable();
            seats
        })
    }

    /// Adds parts of these sizes, each in a row before or behind those that are taken, as near the first part as can be.
    fn grow(&self, run: Run, mut seats: Vec<u32>, sizes: impl Iterator<Item = u32>) -> Option<Vec<u32>> {
        let around = self.middle(&seats);
        let rank = self.inventory.rank_of(run)?;
        let (mut front, mut back) = (rank, rank);
        for size in sizes {
            let before =
                front.checked_sub(1).and_then(|rank| Some((rank, self.best_of_rank(rank, run, size, around)?)));
            let behind = back.checked_add(1).and_then(|rank| Some((rank, self.best_of_rank(rank, run, size, around)?)));
            let (rank, part) = match (before, behind) {
                (Some(before), Some(behind)) => {
                    if before.1.far <= behind.1.far {
                        before
                    } else {
                        behind
                    }
                }
                (one, other) => one.or(other)?,
            };
            (front, back) = (front.min(rank), back.max(rank));
            seats.extend(part.seats(size));
        }
        Some(seats)
    }

    /// The nearest window to a point in a rank of the same section as `like`.
    fn best_of_rank(&self, rank: u32, like: Run, size: u32, around: Point) -> Option<Window> {
        let section = |run: Run| self.seat(run.first).map(|seat| self.plan().section_of(seat));
        let runs = self.inventory.runs_of_rank(rank).filter(|run| section(*run) == section(like));
        runs.filter_map(|run| self.best_window(run, size, around)).min()
    }

    /// The window of a run whose seats are nearest to a point.
    fn best_window(&self, run: Run, size: u32, around: Point) -> Option<Window> {
        let mut best: Option<Window> = None;
        self.stretches(run, |stretch| {
            for first in stretch.start..(stretch.end + 1).saturating_sub(size) {
                let seats = (first..first + size).filter_map(|n| self.seat(n));
                let far = seats.map(|seat| seat.at.distance_squared(around) / u64::from(size)).sum();
                let window = Window { far, first };
                if best.is_none_or(|best| window < best) {
                    best = Some(window);
                }
            }
        });
        best
    }

    /// The middle of some seats.
    fn middle(&self, seats: &[u32]) -> Point {
        let count = i64::try_from(seats.len().max(1)).unwrap_or(1);
        let at = |number: &u32| self.seat(*number).map(|seat| seat.at);
        let sum = seats
            .iter()
            .filter_map(at)
            .fold((0_i64, 0_i64), |(x, y), at| (x + i64::from(at.x_milli), y + i64::from(at.y_milli)));
        // A mean lies between its parts: it fits.
        let mean = |sum: i64| i32::try_from(sum / count).unwrap_or(0);
        Point { x_milli: mean(sum.0), y_milli: mean(sum.1) }
    }
}

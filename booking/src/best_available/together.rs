//! All seats side by side. Buyers who ask at the same moment are spread over choices that are as good as equal: a value
//! that their request carries tells them apart.

use std::ops::Range;

use super::{Search, Window};
use crate::catalogue::OrphanRule;
use crate::orphans;

/// Choices that buyers are spread over.
const CHOICES_MAX: usize = 16;
/// As good as equal: farther from the focal point by at most so many per cent of the plan's diagonal. In a hall of 50 m this
/// is 2 m, some two rows.
const EQUAL_PERCENT: u64 = 4;

impl Search<'_> {
    /// Slides over each run of neighbouring seats, the nearest runs first, until no run can have a choice.
    pub(super) fn together(&self, rule: OrphanRule) -> Option<Vec<u32>> {
        let quantity = self.criteria.quantity;
        let spread = self.criteria.spread as usize;
        let size = self.plan().size;
        let slack = if spread == 0 {
            0
        } else {
            size.distance_squared(crate::plan::Point::default()).isqrt() * EQUAL_PERCENT / 100
        };
        let mut choices = Choices { found: Vec::new(), max: if spread == 0 { 1 } else { CHOICES_MAX }, slack };
        for (nearest, run) in self.inventory.runs_by_distance() {
            // The mean if all seats were as near as the run's nearest: it cannot be less.
            if choices.farthest().is_some_and(|far| far < nearest / u64::from(quantity) * u64::from(quantity)) {
                break;
            }
            if run.len >= quantity {
                self.stretches(run, |stretch| self.choose_in(stretch, rule, &mut choices));
            }
        }
        choices.pick(spread).map(|window| window.seats(quantity).collect())
    }

    /// The best of a stretch, and those beside it that do not overlap.
    fn choose_in(&self, stretch: Range<u32>, rule: OrphanRule, choices: &mut Choices) {
        let quantity = self.criteria.quantity;
        let mut best: Option<Window> = None;
        self.windows(stretch.clone(), quantity, |window| {
            if best.is_none_or(|best| window < best) && self.leaves_none(window, rule) {
                best = Some(window);
            }
        });
        let Some(best) = best else { return };
        if choices.max == 1 {
            return choices.add(best);
        }
        self.windows(stretch, quantity, |window| {
            let beside = window.first.abs_diff(best.first).is_multiple_of(quantity);
            if beside && choices.may_add(window) && self.leaves_none(window, rule) {
                choices.add(window);
            }
        });
    }

    fn leaves_none(&self, window: Window, rule: OrphanRule) -> bool {
        let seats = window.seats(self.criteria.quantity);
        rule == OrphanRule::Off || orphans::leaves_none(self.inventory, rule, &seats.collect::<Vec<_>>())
    }
}

/// The best so far, the best first.
struct Choices {
    found: Vec<Window>,
    max: usize,
    /// How much farther than the best a choice may be.
    slack: u64,
}

impl Choices {
    /// The mean of squared distances that a window may have to be a choice; none while anything is.
    fn farthest(&self) -> Option<u64> {
        let best = self.found.first()?;
        let equal = best.far.isqrt() + self.slack;
        let equal = equal.saturating_mul(equal).max(best.far);
        Some(if self.found.len() < self.max { equal } else { self.found.last().map_or(equal, |w| w.far.min(equal)) })
    }

    fn may_add(&self, window: Window) -> bool {
        self.farthest().is_none_or(|farthest| window.far <= farthest)
    }

    fn add(&mut self, window: Window) {
        let at = self.found.partition_point(|found| *found < window);
        self.found.insert(at, window);
        self.found.truncate(self.max);
    }

    fn pick(&self, spread: usize) -> Option<Window> {
        let farthest = self.farthest()?;
        let equal = self.found.partition_point(|window| window.far <= farthest).max(1);
        self.found.get(spread % equal).copied()
    }
}

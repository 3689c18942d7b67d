//! What a plan means for whoever looks for seats: which runs are nearest the focal point, which rows lie before and behind
//! one another. Derived from the plan, never stored.

use crate::plan::{Plan, Run};

/// See the module.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The plan's runs (by index) with the squared distance of their nearest seat from the focal point, the nearest first.
    by_distance: Vec<(u64, u32)>,
    /// The rank of each run, ascending. Row objects that follow one another in a section under the same label are one
    /// physical row and one rank; the next row has the next rank.
    ranks: Vec<u32>,
}

impl Layout {
    pub(crate) fn of(plan: &Plan) -> Self {
        let nearest = |run: &Run| {
            let seats = run.seats().filter_map(|n| plan.seats.get(n as usize));
            seats.map(|seat| seat.at.distance_squared(plan.focal_point)).min().unwrap_or(u64::MAX)
        };
        let mut by_distance: Vec<(u64, u32)> =
            (0..).zip(&plan.runs).map(|(index, run)| (nearest(run), index)).collect();
        by_distance.sort_unstable();
        let (mut rank, mut before) = (0, None);
        let ranks = plan.runs.iter().map(|run| {
            let row = plan.seats.get(run.first as usize).and_then(|seat| plan.row_of(seat));
            let row = row.map(|row| (row.section, &*row.label));
            if before.is_some_and(|before| before != row) {
                rank += 1;
            }
            before = Some(row);
            rank
        });
        let ranks = ranks.collect();
        Self { by_distance, ranks }
    }

    /// Runs of neighbouring seats with the squared distance of their nearest seat, the nearest run first.
    pub(crate) fn runs_by_distance<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (u64, Run)> + 'a {
        self.by_distance.iter().filter_map(|(distance, run)| Some((*distance, *plan.runs.get(*run as usize)?)))
    }

    /// The rank of a run of the plan.
    pub(crate) fn rank_of(&self, plan: &Plan, run: Run) -> Option<u32> {
        let index = plan.runs.binary_search_by_key(&run.first, |run| run.first).ok()?;
        self.ranks.get(index).copied()
    }

    /// The runs of a rank.
    pub(crate) fn runs_of_rank<'a>(&self, plan: &'a Plan, rank: u32) -> impl Iterator<Item = Run> + 'a + use<'a> {
        let from = self.ranks.partition_point(|of| *of < rank);
        let upto = self.ranks.partition_point(|of| *of <= rank);
        plan.runs.get(from..upto).unwrap_or_default().iter().copied()
    }
}

//! What follows from the indexes and times that answers carry, for the history as a whole: in linear time, no search.

use crate::history::{Fresh, Op, Outcome, Recorded, Told};

/// Indexes and cluster times by the clock and by the log.
pub(crate) struct Known {
    /// When an answer came, and the greatest index answered until then.
    answered: Vec<(u64, u64)>,
    /// Cluster time (ms) at an index.
    times: Vec<(u64, u64)>,
}

impl Known {
    /// Puts together what all answers say; and what does not fit together.
    pub(crate) fn of(recorded: &Recorded) -> (Self, Vec<String>) {
        let mut answered: Vec<(u64, u64)> =
            recorded.ops.iter().filter_map(|op| Some((op.returned_us?, op.told()?.0))).collect();
        answered.sort_unstable();
        let mut greatest = 0;
        for (_, index) in &mut answered {
            greatest = greatest.max(*index);
            *index = greatest;
        }
        let mut wrong = Vec::new();
        let mut times: Vec<(u64, u64)> =
            recorded.ops.iter().filter_map(|op| Some((op.told()?.0, time_of(op)?))).collect();
        times.sort_unstable();
        times.dedup();
        for pair in times.windows(2) {
            let ((first, before_ms), (second, after_ms)) = (pair[0], pair[1]);
            if first == second {
                wrong.push(format!("entry {first} has two times: {before_ms} and {after_ms}"));
            } else if before_ms > after_ms {
                wrong.push(format!("time runs back: {before_ms} at {first}, {after_ms} at {second}"));
            }
        }
        let known = Self { answered, times };
        wrong.extend(recorded.ops.iter().filter_map(|op| known.out_of_order(op)));
        (known, wrong)
    }

    /// The greatest index that anybody had been told before a moment.
    pub(crate) fn floor(&self, us: u64) -> u64 {
        let before = self.answered.partition_point(|(at, _)| *at < us);
        before.checked_sub(1).map_or(0, |i| self.answered[i].1)
    }

    /// Cluster time at an index is not before this.
    pub(crate) fn earliest_ms(&self, index: u64) -> u64 {
        let upto = self.times.partition_point(|(at, _)| *at <= index);
        upto.checked_sub(1).map_or(0, |i| self.times[i].1)
    }

    /// Cluster time at an index is not after this.
    pub(crate) fn latest_ms(&self, index: u64) -> u64 {
        let from = self.times.partition_point(|(at, _)| *at < index);
        self.times.get(from).map_or(u64::MAX, |(_, ms)| *ms)
    }

    /// What was answered before this was asked must stand before it in the log.
    fn out_of_order(&self, op: &Op) -> Option<String> {
        let (index, _) = op.told()?;
        let floor = self.floor(op.asked_us);
        let wrong = match op.asked.fresh() {
            Some(Fresh::AtLeast(least)) => (index < least).then(|| format!("shows {index} when {least} was asked for")),
            Some(Fresh::Linearizable) => (index < floor).then(|| format!("shows {index} when {floor} was answered")),
            // Its entry was not made before it was asked for.
            None => (index <= floor).then(|| format!("stands at {index} when {floor} was answered before")),
        };
        wrong.map(|why| format!("{why}: {op:?}"))
    }
}

/// Cluster time (ms) of the entry that answered, if the answer tells.
fn time_of(op: &Op) -> Option<u64> {
    match &op.outcome {
        Outcome::Answered { replayed: false, told: Told::Held { now_ms, .. } | Told::Sold { now_ms, .. }, .. } => {
            Some(*now_ms)
        }
        Outcome::Answered { .. } | Outcome::Unknown => None,
    }
}

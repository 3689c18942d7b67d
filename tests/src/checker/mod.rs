//! Whether a history is one that the promises allow. Each seat and each area, and each ticket at the door, is judged by itself (linearizability is
//! local), twice: by the clock, in a search over all orders that real time allows; and by the log, where the index of
//! each answer leaves almost nothing to search. What neither can decide in time is counted, and is no pass.
//!
//! `known`: what indexes and times say as a whole. `keys`: a history taken apart. `pool`: what may happen to places;
//! `door`: to tickets.
//! Deliberately nothing here asks a node: a history that was kept in a file is judged the same.

mod door;
mod keys;
mod known;
mod pool;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use porcupine_rs::{CheckResult, Model, Operation, check_operations_timeout};

use crate::history::Recorded;
use door::Door;
use keys::{Key, Keys, Part};
use known::Known;
use pool::Pool;

/// The search for one key may take so long.
pub const SEARCH_MAX: Duration = Duration::from_secs(10);
/// Operations of a key that are shown where it goes wrong.
const SHOWN: usize = 14;

/// What came of judging.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Operations.
    pub operations: usize,
    /// Keys that are right by the clock and by the log.
    pub legal: usize,
    /// Keys that only the log's order decided, and found right.
    pub by_log_alone: usize,
    /// Keys that only the search decided, and found right.
    pub by_clock_alone: usize,
    /// Keys of which neither is known.
    pub undecided: Vec<String>,
    /// Keys that are wrong, with the operations where it shows; and what is wrong as a whole.
    pub illegal: Vec<String>,
}

impl Verdict {
    /// Whether everything was decided, and right.
    pub fn good(&self) -> bool {
        self.undecided.is_empty() && self.illegal.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} operations; keys: {} legal (and {} by the log alone, {} by the clock alone), {} undecided; {} illegal",
            self.operations,
            self.legal,
            self.by_log_alone,
            self.by_clock_alone,
            self.undecided.len(),
            self.illegal.len()
        )?;
        for key in &self.undecided {
            write!(f, "\nUNDECIDED: {key}")?;
        }
        for wrong in &self.illegal {
            write!(f, "\nILLEGAL: {wrong}")?;
        }
        Ok(())
    }
}

/// Judges a history; each search may take [`SEARCH_MAX`].
pub fn judge(recorded: &Recorded) -> Verdict {
    judge_within(recorded, SEARCH_MAX)
}

/// Judges a history with another limit for each search.
pub fn judge_within(recorded: &Recorded, limit: Duration) -> Verdict {
    let (known, mut illegal) = Known::of(recorded);
    let keys = Keys::of(recorded, &known);
    illegal.extend(keys.wrong);
    let mut verdict = Verdict { operations: recorded.ops.len(), illegal, ..Verdict::default() };
    for (key, parts) in &keys.parts {
        judge_key::<Pool>(&mut verdict, recorded, &|| name(recorded, *key), parts, limit);
    }
    let (tickets, wrong) = door::of(recorded, &known);
    verdict.illegal.extend(wrong);
    for (ticket, parts) in &tickets {
        judge_key::<Door>(&mut verdict, recorded, &|| (*ticket).to_owned(), parts, limit);
    }
    verdict
}

/// Judges what happened to one thing.
fn judge_key<M: Searched>(
    verdict: &mut Verdict,
    recorded: &Recorded,
    name: &dyn Fn() -> String,
    parts: &[Part<M::Op>],
    limit: Duration,
) {
    let by_clock = by_clock::<M>(parts, limit);
    // Searched even if the other has decided: they must agree.
    let by_log = by_log::<M>(parts, limit);
    match (&by_clock, &by_log) {
        (CheckResult::Ok, CheckResult::Ok) => verdict.legal += 1,
        (CheckResult::Unknown, CheckResult::Ok) => verdict.by_log_alone += 1,
        (CheckResult::Ok, CheckResult::Unknown) => verdict.by_clock_alone += 1,
        (CheckResult::Unknown, CheckResult::Unknown) => verdict.undecided.push(name()),
        (CheckResult::Illegal, _) => {
            let agreed = if by_log == CheckResult::Illegal { "" } else { ", and not by the log" };
            let how = format!("by the clock{agreed}");
            verdict.illegal.push(told::<M>(recorded, &name(), parts, &how, limit));
        }
        (_, CheckResult::Illegal) => {
            verdict.illegal.push(told::<M>(recorded, &name(), parts, "by the log", limit));
        }
    }
}

/// A model whose steps can be shown.
trait Searched: Model<Metadata = usize, Op: Clone + fmt::Debug> {}
impl Searched for Pool {}
impl Searched for Door {}

fn operation<M: Searched>(part: &Part<M::Op>, (call_time, return_time): (i64, i64)) -> Operation<M> {
    Operation { client_id: None, call_time, return_time, op: part.step.clone(), metadata: Some(part.op) }
}

fn by_clock<M: Searched>(parts: &[Part<M::Op>], limit: Duration) -> CheckResult {
    let spans = parts.iter().filter_map(|part| Some(operation::<M>(part, part.by_clock?)));
    check_operations_timeout(&spans.collect::<Vec<_>>(), limit)
}

fn by_log<M: Searched>(parts: &[Part<M::Op>], limit: Duration) -> CheckResult {
    let spans: Vec<_> = parts.iter().map(|part| operation::<M>(part, part.by_log)).collect();
    check_operations_timeout(&spans, limit)
}

fn name(recorded: &Recorded, (house, seat): Key) -> String {
    let house = &recorded.houses[house];
    let place = house.places.get(seat).map_or("the area", String::as_str);
    format!("{place} of {}", house.showtime)
}

/// The last operations of the shortest beginning that is wrong.
fn told<M: Searched>(recorded: &Recorded, name: &str, parts: &[Part<M::Op>], how: &str, limit: Duration) -> String {
    let in_log = how == "by the log";
    let mut sorted = parts.to_vec();
    sorted.sort_by_key(|part| if in_log { part.by_log } else { part.by_clock.unwrap_or_default() });
    let wrong = |count: usize| {
        let beginning = &sorted[..count];
        let result = if in_log { by_log::<M>(beginning, limit) } else { by_clock::<M>(beginning, limit) };
        result == CheckResult::Illegal
    };
    let (mut right, mut count) = (0, sorted.len());
    while right + 1 < count {
        let middle = right.midpoint(count);
        if wrong(middle) {
            count = middle;
        } else {
            right = middle;
        }
    }
    let shown = sorted[..count].iter().skip(count.saturating_sub(SHOWN));
    let lines: Vec<String> = shown.map(|p| format!("    {:?}\n      of {:?}", p.step, recorded.ops[p.op])).collect();
    format!("{name}, {how}, after {count} of {} operations:\n{}", parts.len(), lines.join("\n"))
}

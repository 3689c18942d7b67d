//! Whether cluster time passes as true time does, whatever wall clocks say. Where the whole cluster was down it may
//! step, so what is compared lies between two such moments.

use std::collections::BTreeMap;

/// Cluster time may be ahead of what has passed by this, in ms: clocks are read in whole ms, one after the other.
const FAST_MS: u64 = 1_000;
/// And behind by this, in ms, whenever another node leads: what a follower knows of time may have been long on its way.
const SLOW_MS: u64 = 12_000;
const PPM: u64 = 1_000_000;

/// When an entry was proposed, by true time, and what it was stamped.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "their unit")]
struct Stamped {
    asked_ms: u64,
    answered_ms: u64,
    stamp_ms: u64,
}

/// See the module.
pub(crate) struct TimeCheck {
    /// How far any clock's rate is off, in parts per million.
    off_ppm: u64,
    /// By index.
    entries: BTreeMap<u64, Stamped>,
    /// Whether a machine's node knows the time: it has led or heard a leader since it started and since it was dark.
    knows: Vec<bool>,
    /// The newest term when it was dark last: whoever knows the time from then knows nothing of what was lost.
    dark_term: u64,
    term: u64,
    /// Machines of the voters, as a leader last said.
    voters: Vec<usize>,
    /// Moments at which too few of them knew it, in ms of true time; each the beginning and the end.
    dark: Vec<(u64, u64)>,
}

impl TimeCheck {
    pub(crate) fn new(machines: usize, off_ppm: u64) -> Self {
        let (entries, knows) = (BTreeMap::new(), vec![false; machines]);
        Self { off_ppm, entries, knows, dark_term: 0, term: 0, voters: Vec::new(), dark: Vec::new() }
    }

    /// A look at who hears a leader, in which term.
    pub(crate) fn look(&mut self, now_ms: u64, hearing: &[(usize, u64)], voters: Option<Vec<usize>>) {
        self.note(now_ms);
        for (i, term) in hearing {
            self.term = self.term.max(*term);
            self.knows[*i] |= *term > self.dark_term;
        }
        if let Some(voters) = voters {
            self.voters = voters;
        }
        self.note(now_ms);
    }

    /// A machine's node has ended.
    pub(crate) fn ended(&mut self, now_ms: u64, machine: usize) {
        self.knows[machine] = false;
        self.note(now_ms);
    }

    /// It is dark while a majority of the voters may be found that all do not know the time.
    fn note(&mut self, now_ms: u64) {
        let knowing = self.voters.iter().filter(|i| self.knows[**i]).count();
        if knowing * 2 > self.voters.len() {
            return;
        }
        self.dark_term = self.term;
        self.knows.fill(false);
        match self.dark.last_mut() {
            // Looks are some ms apart.
            Some((_, until_ms)) if now_ms - *until_ms < 200 => *until_ms = now_ms,
            _ => self.dark.push((now_ms, now_ms)),
        }
    }

    fn is_dark(&self, from_ms: u64, to_ms: u64) -> bool {
        let after = self.dark.partition_point(|(_, until_ms)| *until_ms < from_ms);
        self.dark.get(after).is_some_and(|(began_ms, _)| *began_ms <= to_ms)
    }

    /// An answer came; what is wrong with the time between it and those next to it in the log.
    pub(crate) fn answered(&mut self, index: u64, asked_ms: u64, answered_ms: u64, stamp_ms: u64) -> Option<String> {
        let this = Stamped { asked_ms, answered_ms, stamp_ms };
        // Several requests share an entry: the narrowest says most of when it was made.
        let kept = self.entries.entry(index).or_insert(this);
        kept.asked_ms = kept.asked_ms.max(asked_ms);
        kept.answered_ms = kept.answered_ms.min(answered_ms);
        let kept = *kept;
        let before = self.entries.range(..index).next_back().map(|(at, stamped)| (*at, *stamped));
        let after = self.entries.range(index + 1..).next().map(|(at, stamped)| (*at, *stamped));
        let pairs = [before.map(|(at, b)| (at, b, index, kept)), after.map(|(at, a)| (index, kept, at, a))];
        pairs.into_iter().flatten().find_map(|(i, first, j, second)| {
            let wrong = self.compare(first, second)?;
            Some(format!("between entries {i} and {j} {wrong}"))
        })
    }

    /// What the entry at an index was stamped, if that is known.
    pub(crate) fn stamp_ms(&self, index: u64) -> Option<u64> {
        self.entries.get(&index).map(|stamped| stamped.stamp_ms)
    }

    fn compare(&self, first: Stamped, second: Stamped) -> Option<String> {
        if second.stamp_ms < first.stamp_ms {
            return Some("cluster time ran back".to_owned());
        }
        let from_ms = first.asked_ms.min(second.asked_ms);
        if self.is_dark(from_ms, first.answered_ms.max(second.answered_ms)) {
            return None;
        }
        let passed_ms = second.stamp_ms - first.stamp_ms;
        let most_ms = second.answered_ms.saturating_sub(first.asked_ms) * (PPM + self.off_ppm + 1_000) / PPM + FAST_MS;
        let least_ms = second.asked_ms.saturating_sub(first.answered_ms) * (PPM - self.off_ppm - 1_000) / PPM;
        (passed_ms > most_ms || passed_ms + SLOW_MS < least_ms)
            .then(|| format!("cluster time passed by {passed_ms} ms while true time did by {least_ms} to {most_ms} ms"))
    }
}

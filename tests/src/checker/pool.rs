//! What may happen to places that are counted together: an area, or a single seat (an area of one). Holds with
//! deadlines come and go, what is sold stays; time only moves on.
//! Deliberately not here: which operations there were, and in which order they may stand (see `keys`).
//!
//! Nobody is told when a hold runs out. So it runs out here when an answer shows that it has: then its deadline is past,
//! and with it every deadline before; an operation whose time is known to be earlier can no longer follow.

use porcupine_rs::Model;

/// A hold, by a number that only this history gives it.
pub(crate) type HoldNumber = u32;

/// An operation on the places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Places that there are.
    pub(crate) capacity: u32,
    /// The hold it is about.
    pub(crate) hold: HoldNumber,
    /// Its cluster time lies between these, in ms.
    pub(crate) when: (u64, u64),
    pub(crate) what: What,
}

/// What it did or saw. `perhaps`: nobody was told; if it cannot have happened at its place it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Ends between these, in ms: the same twice where it was told, else counted from its time.
    Hold {
        quantity: u32,
        ends: Ends,
        perhaps: bool,
    },
    Extend {
        ends: Ends,
        perhaps: bool,
    },
    Release {
        perhaps: bool,
    },
    Sell {
        perhaps: bool,
    },
    /// A change of the hold was refused because it is over, or told so.
    Over,
    /// A hold was refused when so many places were free.
    Refused {
        free: u32,
    },
    /// Reads of the hold.
    ReadActive {
        until_ms: u64,
    },
    ReadOver,
    ReadReleased,
    ReadSold,
    ReadNotSold,
    /// A read of the places.
    Shows {
        free: u32,
        sold: Option<u32>,
    },
}

/// When a hold ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    At(u64),
    /// So long after its time, which nobody was told, in ms.
    After(u64),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Held {
    /// Ends between these, in ms.
    ends: (u64, u64),
    hold: HoldNumber,
    quantity: u32,
}

/// The places at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Places {
    /// By deadline.
    held: Vec<Held>,
    sold: Vec<(HoldNumber, u32)>,
    /// Cluster time is not before this, in ms.
    now_ms: u64,
}

impl Places {
    fn free(&self, capacity: u32) -> u32 {
        let held: u32 = self.held.iter().map(|h| h.quantity).sum();
        capacity.saturating_sub(held + self.sold())
    }

    fn sold(&self) -> u32 {
        self.sold.iter().map(|(_, quantity)| quantity).sum()
    }

    fn is_sold(&self, hold: HoldNumber) -> bool {
        self.sold.iter().any(|(sold, _)| *sold == hold)
    }

    fn position(&self, hold: HoldNumber) -> Option<usize> {
        self.held.iter().position(|h| h.hold == hold)
    }

    /// A command that looks at the places ends what is due first.
    fn sweep(&mut self) {
        let now_ms = self.now_ms;
        self.held.retain(|h| h.ends.1 > now_ms);
    }

    /// Lets holds run out, the earliest first, until enough places are free.
    fn run_out(&mut self, capacity: u32, free: u32) -> bool {
        while self.free(capacity) < free && !self.held.is_empty() {
            let over = self.held.remove(0);
            self.now_ms = self.now_ms.max(over.ends.0);
            self.sweep();
        }
        self.free(capacity) >= free
    }

    fn put(&mut self, held: Held) {
        self.held.push(held);
        self.held.sort_unstable();
    }

    fn ends(&self, ends: Ends) -> (u64, u64) {
        match ends {
            Ends::At(ms) => (ms, ms),
            Ends::After(ms) => (self.now_ms.saturating_add(ms), u64::MAX),
        }
    }

    /// The hold is over: if it is still counted, its deadline has come. `None` if it was sold.
    fn over(&mut self, hold: HoldNumber, swept: bool) -> Option<()> {
        if let Some(at) = self.position(hold) {
            self.now_ms = self.now_ms.max(self.held[at].ends.0);
            if swept {
                self.held.remove(at);
                self.sweep();
            }
        }
        (!self.is_sold(hold)).then_some(())
    }

    /// The places after the step, or `None` if it cannot stand here.
    fn after(mut self, step: &Step) -> Option<Self> {
        let Step { capacity, hold, .. } = *step;
        self.now_ms = self.now_ms.max(step.when.0);
        match step.what {
            What::Hold { .. }
            | What::Extend { .. }
            | What::Release { .. }
            | What::Sell { .. }
            | What::Over
            | What::Refused { .. } => self.sweep(),
            What::ReadActive { .. }
            | What::ReadOver
            | What::ReadReleased
            | What::ReadSold
            | What::ReadNotSold
            | What::Shows { .. } => {}
        }
        let found = self.position(hold);
        match step.what {
            What::Hold { quantity, ends, perhaps } => {
                let before = self.clone();
                if self.run_out(capacity, quantity) && found.is_none() && !self.is_sold(hold) {
                    let ends = self.ends(ends);
                    self.put(Held { ends, hold, quantity });
                } else if perhaps {
                    self = before;
                } else {
                    return None;
                }
            }
            What::Extend { perhaps, .. } | What::Release { perhaps } | What::Sell { perhaps } if found.is_none() => {
                return perhaps.then_some(self);
            }
            What::Extend { ends, .. } => {
                let ends = self.ends(ends);
                let held = self.held.remove(found?);
                self.put(Held { ends, ..held });
            }
            What::Release { .. } => {
                self.held.remove(found?);
            }
            What::Sell { .. } => {
                let held = self.held.remove(found?);
                self.sold.push((hold, held.quantity));
                self.sold.sort_unstable();
            }
            What::Over => self.over(hold, true)?,
            What::ReadOver => self.over(hold, false)?,
            What::Refused { free } => {
                self.run_out(capacity, free);
                (self.free(capacity) == free).then_some(())?;
            }
            What::Shows { free, sold } => {
                self.run_out(capacity, free);
                (self.free(capacity) == free && sold.is_none_or(|sold| sold == self.sold())).then_some(())?;
            }
            What::ReadActive { until_ms } => {
                let at = found?;
                let (earliest, latest) = self.held[at].ends;
                ((earliest..=latest).contains(&until_ms) && until_ms > self.now_ms).then_some(())?;
                let held = self.held.remove(at);
                self.put(Held { ends: (until_ms, until_ms), ..held });
            }
            What::ReadReleased => (found.is_none() && !self.is_sold(hold)).then_some(())?,
            What::ReadSold => self.is_sold(hold).then_some(())?,
            What::ReadNotSold => (!self.is_sold(hold)).then_some(())?,
        }
        (self.now_ms <= step.when.1).then_some(self)
    }
}

/// The model for the search.
#[derive(Debug, Clone)]
pub(crate) struct Pool;

impl Model for Pool {
    type State = Places;
    type Op = Step;
    type Metadata = usize;

    fn init() -> Places {
        Places::default()
    }

    fn step(state: &Places, step: &Step) -> (bool, Places) {
        state.clone().after(step).map_or_else(|| (false, Places::default()), |after| (true, after))
    }
}

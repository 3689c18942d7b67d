//! A history taken apart: what each operation was to each seat and area that it touched, with the span in which it took
//! place, by the clock and by the log. Deliberately no judgement but of answers that nothing explains.

use std::collections::{BTreeMap, HashMap};

use super::known::Known;
use super::pool::{Ends, HoldNumber, Step, What};
use crate::history::{Asked, Fresh, Life, Op, Outcome, Recorded, Told};

/// House and seat by their numbers; the number after the last seat is the area.
pub(crate) type Key = (usize, usize);

/// What an operation was to one key.
#[derive(Debug, Clone)]
pub(crate) struct Part<S = Step> {
    /// Which operation of the history.
    pub(crate) op: usize,
    pub(crate) step: S,
    /// Called and returned by the clock, in µs. None for a read that may be of the past.
    pub(crate) by_clock: Option<(i64, i64)>,
    /// The same by the log: four ticks an index, changes in the first half and reads in the second.
    pub(crate) by_log: (i64, i64),
}

/// What an acknowledged hold has of each key.
struct Holding {
    number: HoldNumber,
    keys: Vec<(Key, u32)>,
    ttl_ms: u64,
}

/// See the module.
pub(crate) struct Keys<'a> {
    recorded: &'a Recorded,
    known: &'a Known,
    houses: HashMap<&'a str, usize>,
    seats: Vec<HashMap<&'a str, usize>>,
    holds: HashMap<&'a str, Holding>,
    orders: HashMap<&'a str, &'a str>,
    holds_seen: HoldNumber,
    pub(crate) parts: BTreeMap<Key, Vec<Part>>,
    /// Answers that nothing explains.
    pub(crate) wrong: Vec<String>,
}

impl<'a> Keys<'a> {
    /// Takes a history apart.
    pub(crate) fn of(recorded: &'a Recorded, known: &'a Known) -> Self {
        let seats_of = |h: &'a crate::history::House| h.places.iter().enumerate().map(|(i, p)| (p.as_str(), i));
        let mut keys = Self {
            recorded,
            known,
            houses: recorded.houses.iter().enumerate().map(|(i, h)| (h.showtime.as_str(), i)).collect(),
            seats: recorded.houses.iter().map(|h| seats_of(h).collect()).collect(),
            holds: HashMap::new(),
            orders: HashMap::new(),
            holds_seen: 0,
            parts: BTreeMap::new(),
            wrong: Vec::new(),
        };
        for op in &recorded.ops {
            keys.learn(op);
        }
        for (nth, op) in recorded.ops.iter().enumerate() {
            if keys.part(nth, op).is_none() {
                keys.wrong.push(format!("nothing explains {op:?}"));
            }
        }
        keys
    }

    /// Takes note of the hold or the order that an operation made.
    fn learn(&mut self, op: &'a Op) {
        let double = match (&op.asked, op.told()) {
            (Asked::Hold { showtime, places, area }, Some((_, Told::Held { hold, .. }))) => {
                let (keys, ttl_ms) = self.keys_of(showtime, places, *area);
                self.holds_seen += 1;
                let holding = Holding { number: self.holds_seen, keys, ttl_ms };
                self.holds.insert(hold, holding).is_some()
            }
            (Asked::Sell { hold }, Some((_, Told::Sold { order, .. }))) => self.orders.insert(order, hold).is_some(),
            _ => false,
        };
        if double {
            self.wrong.push(format!("what was made by another operation too: {op:?}"));
        }
    }

    /// The keys that a hold takes from, and its showtime's TTL in ms.
    fn keys_of(&self, showtime: &str, places: &[String], area: u32) -> (Vec<(Key, u32)>, u64) {
        let house = self.houses[showtime];
        let seats = places.iter().map(|p| ((house, self.seats[house][p.as_str()]), 1));
        let area = (area > 0).then_some(((house, self.seats[house].len()), area));
        (seats.chain(area).collect(), self.recorded.houses[house].hold_ttl_ms)
    }

    /// Adds what an operation was to each of its keys. `None` if nothing explains its answer.
    fn part(&mut self, nth: usize, op: &Op) -> Option<()> {
        match (&op.asked, op.told().map(|(_, told)| told)) {
            (Asked::Hold { showtime, places, area }, told) => {
                self.part_of_hold(nth, op, (showtime, places, *area), told)?;
            }
            (Asked::Extend { hold }, None) => {
                let ttl_ms = self.holds.get(hold.as_str())?.ttl_ms;
                self.add(nth, op, hold, What::Extend { ends: Ends::After(ttl_ms), perhaps: true }, None)?;
            }
            (Asked::Extend { hold }, Some(Told::Extended { until_ms })) => {
                // Counted from its time; the bound on all extensions together is far beyond what buyers ask for.
                let at_ms = until_ms - self.holds.get(hold.as_str())?.ttl_ms;
                let what = What::Extend { ends: Ends::At(*until_ms), perhaps: false };
                self.add(nth, op, hold, what, Some((at_ms, at_ms)))?;
            }
            (Asked::Release { hold }, None) => self.add(nth, op, hold, What::Release { perhaps: true }, None)?,
            (Asked::Release { hold }, Some(Told::Released { life: Life::Released })) => {
                self.add(nth, op, hold, What::Release { perhaps: false }, None)?;
            }
            (Asked::Sell { hold }, None) => self.add(nth, op, hold, What::Sell { perhaps: true }, None)?,
            (Asked::Sell { hold }, Some(Told::Sold { now_ms, .. })) => {
                self.add(nth, op, hold, What::Sell { perhaps: false }, Some((*now_ms, *now_ms)))?;
            }
            (Asked::Release { hold }, Some(Told::Released { life: Life::Expired }))
            | (Asked::Extend { hold } | Asked::Sell { hold }, Some(Told::Refused { status: 410, .. })) => {
                self.add(nth, op, hold, What::Over, None)?;
            }
            (Asked::ReadHold { hold, .. }, Some(Told::Hold { life, until_ms })) => match life {
                Life::Active => self.add(nth, op, hold, What::ReadActive { until_ms: *until_ms }, None)?,
                Life::Expired => {
                    // By the reckoning of the node, which may be ahead of the last entry, but of no later one.
                    let (index, _) = op.told()?;
                    let when = (0, self.known.latest_ms(index + 1));
                    self.add(nth, op, hold, What::ReadOver, Some(when))?;
                }
                Life::Released => self.add(nth, op, hold, What::ReadReleased, None)?,
                Life::Confirmed => self.add(nth, op, hold, What::ReadSold, None)?,
            },
            (Asked::ReadOrder { order, .. }, Some(told)) => {
                let hold = *self.orders.get(order.as_str())?;
                let there = matches!(told, Told::Order);
                (there || matches!(told, Told::Refused { status: 404, .. })).then_some(())?;
                let what = if there { What::ReadSold } else { What::ReadNotSold };
                self.add(nth, op, hold, what, None)?;
            }
            (Asked::ReadMap { showtime, .. }, Some(Told::Map { states })) => {
                let house = self.houses[showtime.as_str()];
                (states.len() == self.seats[house].len()).then_some(())?;
                for (seat, state) in states.bytes().enumerate() {
                    let (free, sold) = match state {
                        b'0' => (1, 0),
                        b'1' => (0, 0),
                        b'2' => (0, 1),
                        _ => return None,
                    };
                    self.put(nth, op, (house, seat), 0, What::Shows { free, sold: Some(sold) }, None);
                }
            }
            (Asked::ReadArea { showtime, .. }, Some(Told::Area { free })) => {
                let house = self.houses[showtime.as_str()];
                let area = (house, self.seats[house].len());
                self.put(nth, op, area, 0, What::Shows { free: *free, sold: None }, None);
            }
            // See `door`.
            (Asked::Scan { .. }, _) => {}
            _ => return None,
        }
        Some(())
    }

    fn part_of_hold(
        &mut self,
        nth: usize,
        op: &Op,
        (showtime, places, area): (&str, &[String], u32),
        told: Option<&Told>,
    ) -> Option<()> {
        let (keys, ttl_ms) = self.keys_of(showtime, places, area);
        match told {
            None => {
                self.holds_seen += 1;
                let number = self.holds_seen;
                for (key, quantity) in keys {
                    let what = What::Hold { quantity, ends: Ends::After(ttl_ms), perhaps: true };
                    self.put(nth, op, key, number, what, None);
                }
            }
            Some(Told::Held { hold, now_ms, until_ms }) => {
                let number = self.holds.get(hold.as_str())?.number;
                (*until_ms == now_ms + ttl_ms).then_some(())?;
                for (key, quantity) in keys {
                    let what = What::Hold { quantity, ends: Ends::At(*until_ms), perhaps: false };
                    self.put(nth, op, key, number, what, Some((*now_ms, *now_ms)));
                }
            }
            Some(Told::Refused { status: 409, code, taken, .. }) if code == "seats-taken" => {
                (!taken.is_empty() && taken.iter().all(|place| places.contains(place))).then_some(())?;
                for (place, (key, _)) in places.iter().zip(keys) {
                    let free = u32::from(!taken.contains(place));
                    self.put(nth, op, key, 0, What::Refused { free }, None);
                }
            }
            Some(Told::Refused { status: 409, code, free: Some(free), .. }) if code == "not-enough-places" => {
                let (key, quantity) = *keys.last().filter(|_| area > 0)?;
                (*free < quantity).then_some(())?;
                self.put(nth, op, key, 0, What::Refused { free: *free }, None);
            }
            Some(_) => return None,
        }
        Some(())
    }

    /// Adds what an operation was to all that a hold has.
    fn add(&mut self, nth: usize, op: &Op, hold: &str, what: What, when: Option<(u64, u64)>) -> Option<()> {
        let holding = self.holds.get(hold)?;
        let (number, keys) = (holding.number, holding.keys.clone());
        for (key, _) in keys {
            self.put(nth, op, key, number, what, when);
        }
        Some(())
    }

    fn put(&mut self, nth: usize, op: &Op, key: Key, hold: HoldNumber, what: What, when: Option<(u64, u64)>) {
        let (house, seat) = key;
        let capacity = if seat < self.seats[house].len() { 1 } else { self.recorded.houses[house].capacity };
        let by_log = span_in_log(self.known, op);
        let when = when.unwrap_or_else(|| self.span_of_time(op));
        let returned = op.returned_us.map_or(i64::MAX, signed);
        let by_clock = match op.asked.fresh() {
            Some(Fresh::AtLeast(_)) => None,
            Some(Fresh::Linearizable) | None => Some((signed(op.asked_us), returned)),
        };
        let step = Step { capacity, hold, when, what };
        self.parts.entry(key).or_default().push(Part { op: nth, step, by_clock, by_log });
    }

    /// Cluster time between these, by what others were told at indexes around its own.
    fn span_of_time(&self, op: &Op) -> (u64, u64) {
        let earliest = || self.known.earliest_ms(self.known.floor(op.asked_us));
        match &op.outcome {
            Outcome::Unknown => (earliest(), u64::MAX),
            Outcome::Answered { index, replayed: true, .. } => (earliest(), self.known.latest_ms(*index)),
            Outcome::Answered { index, .. } => (self.known.earliest_ms(*index), self.known.latest_ms(*index)),
        }
    }
}

/// Where an operation may stand in the log.
pub(crate) fn span_in_log(known: &Known, op: &Op) -> (i64, i64) {
    let after_floor = || signed(known.floor(op.asked_us) + 1) * 4;
    match &op.outcome {
        Outcome::Unknown => (after_floor(), i64::MAX),
        Outcome::Answered { index, .. } if op.asked.fresh().is_some() => {
            (signed(*index) * 4 + 2, signed(*index) * 4 + 3)
        }
        // It happened under an earlier attempt.
        Outcome::Answered { index, replayed: true, .. } => (after_floor(), signed(*index) * 4 + 1),
        Outcome::Answered { index, .. } => (signed(*index) * 4, signed(*index) * 4 + 1),
    }
}

pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX / 8)
}

//! The viewer's side of the live feed: which frames to apply, which to drop, when to start over. No I/O.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::client::{items, text};

/// A showtime's map at an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    /// Everything up to here is in it.
    pub(super) index: u64,
    /// A new one means a restored backup.
    pub(super) epoch: u64,
    /// Digits of the seats' states, in plan order.
    pub(super) seats: Vec<u8>,
    /// Free places of areas, by id.
    pub(super) areas: BTreeMap<String, u64>,
    /// Ids of all areas in plan order: frames name areas by their position in it.
    area_ids: Vec<String>,
}

/// What a message did to the map.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It looks different now.
    Changed,
    /// It does not.
    Same,
    /// There is a gap: subscribe and fetch again.
    Resync,
}

impl Map {
    /// From `seats` and `availability`; the older of their indexes counts, so that no change is missed.
    pub(super) fn of(seats: &Value, availability: &Value, area_ids: &[String]) -> Self {
        let index = |v: &Value| v.get("index").and_then(Value::as_u64).unwrap_or(0);
        let areas = items(availability, "areas").iter();
        Self {
            index: index(seats).min(index(availability)),
            epoch: seats.get("epoch").and_then(Value::as_u64).unwrap_or(0),
            seats: text(seats, "states").into_bytes(),
            areas: areas.map(|a| (text(a, "id"), a.get("free").and_then(Value::as_u64).unwrap_or(0))).collect(),
            area_ids: area_ids.to_vec(),
        }
    }

    /// Free, held, sold and blocked seats.
    pub(super) fn counts(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for digit in &self.seats {
            if let Some(count) = counts.get_mut(usize::from(digit.wrapping_sub(b'0'))) {
                *count += 1;
            }
        }
        counts
    }

    /// Takes a message of the feed in.
    pub(super) fn take(&mut self, message: &Value) -> Step {
        if message.get("resync").is_some() {
            return Step::Resync;
        }
        if let Some(index) = message.get("heartbeat").and_then(Value::as_u64) {
            self.index = self.index.max(index);
            return Step::Same;
        }
        let number = |name: &str| message.get(name).and_then(Value::as_u64);
        let (Some(from), Some(to)) = (number("from"), number("to")) else { return Step::Same };
        if number("epoch").is_some_and(|epoch| epoch != self.epoch) || from > self.index {
            return Step::Resync;
        }
        if to <= self.index {
            return Step::Same;
        }
        for change in items(message, "changes") {
            let part = |i: usize| change.get(i).and_then(Value::as_u64);
            if let (Some(seat), Some(state @ 0..=3)) = (part(0), part(1))
                && let Some(digit) = self.seats.get_mut(seat as usize)
            {
                *digit = b'0' + state as u8;
            }
        }
        for change in items(message, "areas") {
            let part = |i: usize| change.get(i).and_then(Value::as_u64);
            let area = part(0).and_then(|at| self.area_ids.get(at as usize));
            if let (Some(area), Some(free)) = (area, part(1)) {
                self.areas.insert(area.clone(), free);
            }
        }
        self.index = to;
        Step::Changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map() -> Map {
        Map::of(
            &json!({"index": 10, "epoch": 1, "states": "0000"}),
            &json!({"index": 12, "areas": [{"id": "GA", "free": 5}]}),
            &["Stage".to_owned(), "GA".to_owned()],
        )
    }

    fn frame(from: u64, to: u64) -> Value {
        json!({"epoch": 1, "from": from, "to": to, "changes": [[1, 2], [3, 1]], "areas": [[1, 4]]})
    }

    #[test]
    fn frames_are_applied_dropped_or_show_a_gap() {
        let mut map = map();
        assert_eq!(map.index, 10);
        assert_eq!(map.take(&frame(3, 10)), Step::Same, "known already");
        assert_eq!(map.take(&frame(9, 11)), Step::Changed);
        assert_eq!((map.seats.as_slice(), map.areas["GA"], map.index), (&b"0201"[..], 4, 11));
        assert_eq!(map.counts(), [2, 1, 1, 0]);
        assert_eq!(map.take(&frame(12, 13)), Step::Resync, "index 12 is missing");
        assert_eq!(map.take(&json!({"heartbeat": 12})), Step::Same);
        assert_eq!(map.take(&frame(12, 13)), Step::Changed, "the heartbeat said that nothing happened at 12");
        assert_eq!(map.take(&json!({"resync": {"showtime": "sht_1"}})), Step::Resync);
    }

    #[test]
    fn a_restored_backup_means_to_start_over() {
        let mut other = frame(9, 11);
        other["epoch"] = 2.into();
        assert_eq!(map().take(&other), Step::Resync);
    }
}

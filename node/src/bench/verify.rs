//! The check after a run: everything that was acknowledged is there, and no seat has two owners. Reads back through
//! REST; deliberately knows nothing of how the run went but the list of acknowledged sales.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::Value;

use super::load::Sale;
use super::stage;
use crate::client::{Rest, items, text};

/// What the check found.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Checked {
    acknowledged_sales: usize,
    /// Acknowledged, but not there or with other seats.
    missing_sales: usize,
    /// Seats that two orders name.
    seats_with_two_owners: usize,
    /// Seats held for two buyers at once, as the buyers saw it.
    overlapping_holds: u64,
    /// Seats that the map calls sold but no order names, or the other way round.
    seats_that_disagree: usize,
    /// Orders that nobody was told of (their answers were lost).
    unacknowledged_sales: usize,
}

impl Checked {
    /// Whether nothing is wrong; a sale that nobody was told of is no wrong while it is one sale.
    pub(super) fn is_sound(&self) -> bool {
        let wrong = self.missing_sales + self.seats_with_two_owners + self.seats_that_disagree;
        wrong == 0 && self.overlapping_holds == 0
    }
}

/// Reads orders and seats back.
pub(super) async fn check(
    rest: &mut Rest,
    showtimes: &[String],
    sales: &[Sale],
    overlaps: u64,
) -> anyhow::Result<Checked> {
    let mut checked = Checked { acknowledged_sales: sales.len(), overlapping_holds: overlaps, ..Checked::default() };
    let mut by_showtime: BTreeMap<usize, Vec<&Sale>> = BTreeMap::new();
    for sale in sales {
        by_showtime.entry(sale.showtime).or_default().push(sale);
    }
    // One more than those with sales: the last may hold sales that nobody was told of.
    let last = by_showtime.keys().next_back().map_or(1, |last| last + 2);
    for (i, showtime) in showtimes.iter().enumerate().take(last) {
        let orders = rest.list(&format!("/api/v1/orders?showtime={showtime}&consistency=linearizable")).await?;
        let seats = rest.get(&format!("/api/v1/showtimes/{showtime}/seats?consistency=linearizable")).await?;
        let told = by_showtime.get(&i).map(Vec::as_slice).unwrap_or_default();
        compare(&mut checked, told, &orders, &text(&seats, "states"));
    }
    Ok(checked)
}

fn compare(checked: &mut Checked, told: &[&Sale], orders: &[Value], states: &str) {
    let mut owners: HashMap<String, usize> = HashMap::new();
    let mut found: HashMap<String, BTreeSet<String>> = HashMap::new();
    for order in orders {
        let places: BTreeSet<String> = places_of(order).collect();
        for place in &places {
            *owners.entry(place.clone()).or_default() += 1;
        }
        found.insert(text(order, "id"), places);
    }
    checked.seats_with_two_owners += owners.values().filter(|n| **n > 1).count();
    for sale in told {
        let places = BTreeSet::from([stage::place(sale.seat), stage::place(sale.seat + 1)]);
        checked.missing_sales += usize::from(found.remove(&sale.order) != Some(places));
    }
    checked.unacknowledged_sales += found.len();
    let sold = states.bytes().enumerate().filter(|(_, state)| *state == b'2');
    let sold: BTreeSet<String> = sold.map(|(seat, _)| stage::place(seat as u32)).collect();
    let owned: BTreeSet<String> = owners.into_keys().collect();
    checked.seats_that_disagree += sold.symmetric_difference(&owned).count();
}

/// The place ids that an order names.
fn places_of(order: &Value) -> impl Iterator<Item = String> {
    items(order, "items").iter().flat_map(|item| items(item, "places")).map(|place| text(place, "id"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sale(order: &str, seat: u32) -> Sale {
        Sale { order: order.to_owned(), showtime: 0, seat }
    }

    fn order(id: &str, seats: [u32; 2]) -> Value {
        json!({"id": id, "items": [{"places": seats.map(|s| json!({"id": stage::place(s)}))}]})
    }

    #[test]
    fn what_is_wrong_is_found() {
        let mut sound = Checked::default();
        compare(&mut sound, &[&sale("a", 0)], &[order("a", [0, 1])], "2200");
        assert!(sound.is_sound());

        let mut missing = Checked::default();
        compare(&mut missing, &[&sale("a", 0)], &[], "0000");
        assert_eq!((missing.missing_sales, missing.is_sound()), (1, false));

        let mut twice = Checked::default();
        let (a, b) = (sale("a", 0), sale("b", 1));
        compare(&mut twice, &[&a, &b], &[order("a", [0, 1]), order("b", [1, 2])], "2220");
        assert_eq!((twice.seats_with_two_owners, twice.is_sound()), (1, false));

        let mut unpaid = Checked::default();
        compare(&mut unpaid, &[&sale("a", 0)], &[order("a", [0, 1])], "2220");
        assert_eq!((unpaid.seats_that_disagree, unpaid.is_sound()), (1, false));
    }
}

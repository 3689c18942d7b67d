//! Best available against a search that looks everywhere.

use booking::best_available;
use booking::command::BestAvailable;
use booking::ids::{PlanId, VenueId};
use booking::inventory::Inventory;

use super::house::{House, RowOf, SHOP, place_hold, plan};

const PLAN: PlanId = PlanId(1);

/// The run of free seats with the smallest sum of squared distances; of equals the first.
fn everywhere(inventory: &Inventory, quantity: u32) -> Option<Vec<u32>> {
    let plan = inventory.plan();
    let windows = plan.runs.iter().flat_map(|run| run.first..(run.first + run.len + 1).saturating_sub(quantity));
    let free = windows.filter(|first| {
        let last = first + quantity - 1;
        let one_run = plan.run_of(*first) == plan.run_of(last);
        one_run && (*first..=last).all(|seat| inventory.is_free(seat))
    });
    let distance = |seat: u32| plan.seats[seat as usize].at.distance_squared(plan.focal_point) / u64::from(quantity);
    let best = free.min_by_key(|first| ((*first..first + quantity).map(distance).sum::<u64>(), *first));
    best.map(|first| (first..first + quantity).collect())
}

#[test]
fn best_available_is_the_best_there_is() {
    let labels: Vec<String> = (0..14).map(|n| format!("R{n}")).collect();
    let row = |(n, label)| {
        let (seats, gap) = (6 + n as u32 * 7 % 9, (n % 3 == 0).then_some(4));
        RowOf { section: "hall", label, seats, category: "seat", gap, special: (0, &[]) }
    };
    let rows: Vec<RowOf> = labels.iter().map(String::as_str).enumerate().map(row).collect();
    let plan = plan(PLAN, (SHOP, VenueId(1)), &rows, &[]);
    let mut house = House::new();
    let id = house.open(10, &plan);
    let seats = plan.seats.len() as u64;
    let (mut dice, mut compared) = (7_u64, 0);
    for n in 0..120 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let seat = ((dice >> 33) % seats) as u32;
        let _ = house.apply(place_hold(n, id, PLAN, &[seat]), None);
        let (inventory, showtime) = (house.state.inventory(id).unwrap(), house.state.showtime(id).unwrap());
        for quantity in 1..=5 {
            let criteria = BestAvailable { quantity, tier: None, section: None, accessible: 0, pick: Vec::new() };
            let picked = best_available::pick(inventory, showtime, &criteria, &[]);
            if let Some(expected) = everywhere(inventory, quantity) {
                assert_eq!(picked, expected, "{quantity} after {n}");
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

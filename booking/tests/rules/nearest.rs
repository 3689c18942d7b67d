//! Best available against a search that looks everywhere.

use std::collections::BTreeSet;

use booking::best_available;
use booking::catalogue::OrphanRule;
use booking::command::{BestAvailable, UpdateShowtime};
use booking::ids::{KeyId, PlanId, ShowtimeId, VenueId};
use booking::inventory::Inventory;
use booking::{Actor, Command, limits};

use super::house::{House, RowOf, SHOP, place_hold, plan};

const PLAN: PlanId = PlanId(1);

fn criteria(quantity: u32, spread: u32) -> BestAvailable {
    BestAvailable { quantity, tier: None, section: None, accessible: 0, spread, pick: Vec::new(), types: Vec::new() }
}

/// Free seats of a run without a free neighbour in it, once some seats are taken.
fn singles(inventory: &Inventory, taken: &[u32]) -> BTreeSet<u32> {
    let free = |seat: &u32| inventory.is_free(*seat) && !taken.contains(seat);
    let of_run = |run: &booking::plan::Run| -> Vec<u32> {
        let beside =
            |seat: u32| [seat.wrapping_sub(1), seat + 1].into_iter().any(|n| run.seats().contains(&n) && free(&n));
        run.seats().filter(|seat| free(seat) && !beside(*seat)).collect()
    };
    inventory.plan().runs.iter().flat_map(of_run).collect()
}

/// The run of free seats with the smallest sum of squared distances; of equals the first. Unless `any`, of those that
/// leave no single seat over that was not single before.
fn everywhere(inventory: &Inventory, quantity: u32, any: bool) -> Option<Vec<u32>> {
    let plan = inventory.plan();
    let windows = plan.runs.iter().flat_map(|run| run.first..(run.first + run.len + 1).saturating_sub(quantity));
    let before = singles(inventory, &[]);
    let fits = windows.filter(|first| {
        let seats: Vec<u32> = (*first..first + quantity).collect();
        let one_run = plan.run_of(*first) == plan.run_of(first + quantity - 1);
        let free = one_run && seats.iter().all(|seat| inventory.is_free(*seat));
        free && (any || singles(inventory, &seats).is_subset(&before))
    });
    let distance = |seat: u32| plan.seats[seat as usize].at.distance_squared(plan.focal_point) / u64::from(quantity);
    let best = fits.min_by_key(|first| ((*first..first + quantity).map(distance).sum::<u64>(), *first));
    best.map(|first| (first..first + quantity).collect())
}

/// Rows of different lengths, some with a gap.
fn house(rows: usize) -> (House, ShowtimeId) {
    let labels: Vec<String> = (0..rows).map(|n| format!("R{n}")).collect();
    let row = |(n, label)| {
        let (seats, gap) = (6 + n as u32 * 7 % 9, (n % 3 == 0).then_some(4));
        RowOf { section: "hall", label, seats, category: "seat", gap, special: &[] }
    };
    let rows: Vec<RowOf> = labels.iter().map(String::as_str).enumerate().map(row).collect();
    let plan = plan(PLAN, (SHOP, VenueId(1)), &rows, &[]);
    let mut house = House::new();
    let id = house.open(10, &plan);
    (house, id)
}

#[test]
fn best_available_is_the_best_there_is() {
    for rule in [OrphanRule::Off, OrphanRule::Strict] {
        let (mut house, id) = house(14);
        let showtime = house.state.showtime(id).unwrap();
        let (expected, mut details) = (showtime.version, showtime.details.clone());
        (details.orphan_rule, details.orphan_rule_until_percent) = (rule, 100);
        house.must(Command::UpdateShowtime(UpdateShowtime { organization: SHOP, id, expected, details }.into()));
        let seats = house.state.inventory(id).unwrap().plan().seats.len() as u64;
        let (mut dice, mut together, mut apart) = (7_u64, 0, 0);
        for n in 0..400 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let seat = ((dice >> 33) % seats) as u32;
            if house.state.inventory(id).unwrap().is_free(seat) {
                let held = house.apply_of(Actor::Key(KeyId(1)), place_hold(n, id, PLAN, &[seat]), None);
                assert!(held.reply.is_ok(), "staff may leave single seats over");
            }
            let (inventory, showtime) = (house.state.inventory(id).unwrap(), house.state.showtime(id).unwrap());
            for quantity in 1..=5 {
                let picked = best_available::pick(inventory, showtime, &criteria(quantity, 0), &[]);
                let (side_by_side, rows) = best_available::quality(inventory.plan(), &picked);
                let without_singles =
                    (rule != OrphanRule::Off).then(|| everywhere(inventory, quantity, false)).flatten();
                if let Some(expected) = without_singles.or_else(|| everywhere(inventory, quantity, true)) {
                    assert_eq!(picked, expected, "{rule:?}: {quantity} after {n}");
                    assert!(side_by_side && rows == 1);
                    together += 1;
                } else if !picked.is_empty() {
                    assert_eq!(picked.len(), quantity as usize);
                    assert!(picked.iter().all(|seat| inventory.is_free(*seat)));
                    assert!(!side_by_side, "{quantity} after {n}: {picked:?}");
                    apart += 1;
                }
            }
        }
        assert!(together > 300 && apart > 10, "{together} {apart}");
    }
}

#[test]
fn buyers_at_the_same_moment_do_not_clash() {
    let (house, id) = house(60);
    let (inventory, showtime) = (house.state.inventory(id).unwrap(), house.state.showtime(id).unwrap());
    for quantity in 1..=4 {
        let pick = |spread| best_available::pick(inventory, showtime, &criteria(quantity, spread), &[]);
        let picks: BTreeSet<Vec<u32>> = (1..=16).map(pick).collect();
        let seats: BTreeSet<u32> = picks.iter().flatten().copied().collect();
        assert_eq!(seats.len(), picks.len() * quantity as usize, "two choices share a seat: {picks:?}");
        assert!(picks.len() >= 5, "{quantity}: {picks:?}");
        assert!(picks.contains(&pick(0)), "the very best is one of them");
    }
    assert!(best_available::pick(inventory, showtime, &criteria(limits::PLACES_PER_ORDER_MAX + 1, 0), &[]).is_empty());
}

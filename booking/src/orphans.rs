//! The orphan rule: a hold may not leave a single free seat between others, where the showtime says so and the party could
//! sit elsewhere. Staff are exempt, and so is everybody once most seats are gone.
//! Deliberately not here: how the map offers a repair (it shows the suggestion).

use crate::best_available;
use crate::catalogue::{OrphanRule, Showtime};
use crate::inventory::Inventory;
use crate::plan::Run;
use crate::rejection::Rejection;

/// Refuses the seats if taking them makes a single free seat that was not single before, although as many could sit
/// together without that: in the same run, or else anywhere at the same price.
pub(crate) fn check(inventory: &Inventory, showtime: &Showtime, seats: &[u32]) -> Result<(), Rejection> {
    let rule = showtime.details.orphan_rule;
    if !inventory.minds_singles(showtime) || leaves_none(inventory, rule, seats) {
        return Ok(());
    }
    let mut sorted = seats.to_vec();
    sorted.sort_unstable();
    let shifted = suggest(inventory, rule, &sorted);
    let suggestion = if shifted.is_empty() { elsewhere(inventory, showtime, &sorted) } else { shifted };
    if suggestion.is_empty() { Ok(()) } else { Err(Rejection::OrphanSeat { suggestion }) }
}

/// As many seats at the same price, side by side, that leave no single one over; none if there are none.
fn elsewhere(inventory: &Inventory, showtime: &Showtime, sorted: &[u32]) -> Vec<u32> {
    let seat = sorted.first().and_then(|first| inventory.plan().seats.get(*first as usize));
    let Some((_, tier)) = seat.and_then(|seat| showtime.tier_of(seat.category)) else { return Vec::new() };
    best_available::side_by_side(inventory, showtime, sorted.len() as u32, &tier.id)
}

/// Whether taking the seats makes no single free seat that was not single before.
pub(crate) fn leaves_none(inventory: &Inventory, rule: OrphanRule, seats: &[u32]) -> bool {
    if rule == OrphanRule::Off {
        return true;
    }
    let mut sorted = seats.to_vec();
    sorted.sort_unstable();
    sorted.iter().all(|seat| !makes_orphan_beside(inventory, rule, &sorted, *seat))
}

/// How far from the seats asked for a suggestion is looked for: bounds the work of a refusal.
const SUGGESTED_WITHIN: u32 = 64;

fn makes_orphan_beside(inventory: &Inventory, rule: OrphanRule, taken: &[u32], seat: u32) -> bool {
    let Some(run) = inventory.plan().run_of(seat) else { return false };
    let beside = [seat.checked_sub(1), seat.checked_add(1)];
    beside.into_iter().flatten().any(|neighbour| {
        free_after(inventory, run, taken, neighbour)
            && is_single(inventory, run, rule, taken, neighbour)
            && !is_single(inventory, run, rule, &[], neighbour)
    })
}

fn free_after(inventory: &Inventory, run: Run, taken: &[u32], seat: u32) -> bool {
    run.seats().contains(&seat) && inventory.is_free(seat) && taken.binary_search(&seat).is_err()
}

/// Whether the free seat has no free neighbour. With `AisleOk` the last seat of a run is nobody's neighbour to miss.
fn is_single(inventory: &Inventory, run: Run, rule: OrphanRule, taken: &[u32], seat: u32) -> bool {
    let at_end = seat == run.first || seat + 1 == run.first + run.len;
    if at_end && rule == OrphanRule::AisleOk {
        return false;
    }
    let beside = [seat.checked_sub(1), seat.checked_add(1)];
    !beside.into_iter().flatten().any(|n| free_after(inventory, run, taken, n))
}

/// The nearest shift of the same number of seats within the run that leaves no orphan, if the seats are together.
fn suggest(inventory: &Inventory, rule: OrphanRule, sorted: &[u32]) -> Vec<u32> {
    let (Some(&first), n) = (sorted.first(), sorted.len() as u32) else { return Vec::new() };
    let together = sorted.iter().zip(first..).all(|(a, b)| *a == b);
    let Some(run) = inventory.plan().run_of(first).filter(|r| together && r.len >= n) else { return Vec::new() };
    let from = run.first.max(first.saturating_sub(SUGGESTED_WITHIN));
    let upto = (run.first + run.len - n).min(first.saturating_add(SUGGESTED_WITHIN));
    let mut starts: Vec<u32> = (from..=upto).collect();
    starts.sort_by_key(|start| start.abs_diff(first));
    let fits = |start: &u32| {
        let seats: Vec<u32> = (*start..*start + n).collect();
        seats.iter().all(|s| inventory.is_free(*s))
            && seats.iter().all(|s| !makes_orphan_beside(inventory, rule, &seats, *s))
    };
    starts.into_iter().find(fits).map_or_else(Vec::new, |start| (start..start + n).collect())
}

//! Seating plans as staff could send them, in each form, for `tests/fuzz`: what is taken is sound, or named as unsound by
//! the rules, and survives its export.

use booking::plan::Plan;

use super::{csv, export, generate, import};
use crate::problem::Problem;

/// A plan ready for the rules, read twice; nothing if it is refused.
fn twice(read: impl Fn() -> Result<(Plan, Vec<String>), Problem>) -> Option<Plan> {
    let (mut plan, warnings) = read().ok()?;
    let (mut again, said) = read().ok()?;
    plan.index();
    again.index();
    assert_eq!((&plan, &warnings), (&again, &said), "the same input makes the same plan");
    for (number, seat) in (0_u32..).zip(&plan.seats) {
        assert_eq!(plan.seat_number(&seat.id), Some(number), "a seat is found by its id");
    }
    comes_back(&plan);
    Some(plan)
}

/// A plan that the rules take is the same after its export and import.
fn comes_back(plan: &Plan) {
    if plan.defect().is_some() {
        return;
    }
    let bytes = serde_json::to_vec(&export::form(plan)).unwrap_or_default();
    match import::read(&bytes) {
        Ok((mut back, warnings)) => {
            back.index();
            assert_eq!((&back, warnings.len()), (plan, 0), "the import of an export");
        }
        Err(problem) => panic!("an export is refused: {problem:?}"),
    }
}

/// The open form.
pub(crate) fn form(bytes: &[u8]) -> Option<Plan> {
    twice(|| import::read(bytes))
}

/// CSV.
pub(crate) fn table(bytes: &[u8]) -> Option<Plan> {
    twice(|| csv::read(bytes, "Hall"))
}

/// A simple hall.
pub(crate) fn hall(bytes: &[u8]) -> Option<Plan> {
    let hall: generate::HallBody = serde_json::from_slice(bytes).ok()?;
    twice(|| generate::read(&hall))
}

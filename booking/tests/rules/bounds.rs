//! Bounds of time and memory: what many holds due at once do, and what a restart makes of recorded answers.

use std::sync::Arc;

use booking::ids::{OrderId, PlanId};
use booking::inventory::PlaceState;
use booking::limits::EXPIRED_PER_TICK_MAX;
use booking::{Change, Command, Idempotency, Loader, Reply, invariants};

use super::house::{House, arena, place_hold, sell};

const PLAN: PlanId = PlanId(1);

#[test]
fn a_tick_expires_a_bounded_number_and_says_that_more_is_due() {
    let mut house = House::new();
    let showtime = house.open(10, &arena(PLAN));
    let holds = EXPIRED_PER_TICK_MAX as u32 * 2 + 500;
    for n in 0..holds {
        house.must(place_hold(u128::from(n), showtime, PLAN, &[2 * n, 2 * n + 1]));
    }
    house.now_ms += 300_000;
    let mut expired = Vec::new();
    loop {
        let applied = house.must(Command::Tick);
        expired.push(applied.changes.iter().filter(|c| matches!(c, Change::HoldExpired(_))).count());
        if applied.reply == Ok(Reply::Ticked { more: false }) {
            break;
        }
    }
    assert_eq!(expired, [1_000, 1_000, 500]);
    assert_eq!(house.state.inventory(showtime).unwrap().total().of(PlaceState::Held), 0);
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
}

#[test]
fn a_command_never_sees_a_hold_that_is_due() {
    let mut house = House::new();
    let showtime = house.open(10, &arena(PLAN));
    for n in 0..3_000_u32 {
        house.must(place_hold(u128::from(n), showtime, PLAN, &[2 * n, 2 * n + 1]));
    }
    house.must(sell(1, 7));
    house.now_ms += 300_000;
    let applied = house.must(place_hold(9_999, showtime, PLAN, &[0, 1]));
    assert_eq!(applied.changes.iter().filter(|c| matches!(c, Change::HoldExpired(_))).count(), 2_999);
    let total = house.state.inventory(showtime).unwrap().total();
    assert_eq!((total.of(PlaceState::Held), total.of(PlaceState::Sold)), (2, 2));
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
}

#[test]
fn an_order_and_its_recorded_answer_are_one_after_a_restart_too() {
    let mut house = House::new();
    let showtime = house.open(10, &arena(PLAN));
    let mark = Some(Idempotency { key: 5, fingerprint: 6, minted: false });
    house.must(place_hold(1, showtime, PLAN, &[1, 2]));
    assert!(house.apply(sell(3, 1), mark).reply.is_ok());
    let mut loader = Loader::new();
    house.state.records(&mut |key, record| {
        // As from disk: nothing is shared any more.
        let bytes = bincode::serialize(&record).unwrap();
        loader.put(key, bincode::deserialize(&bytes).unwrap()).unwrap();
    });
    let digest = house.state.digest();
    house.state = loader.finish().unwrap();
    assert_eq!(house.state.digest(), digest);
    let again = house.apply(sell(3, 1), mark);
    let kept = house.state.order(OrderId(3)).unwrap();
    assert!(again.replayed && matches!(&again.reply, Ok(Reply::Order(order)) if Arc::ptr_eq(order, kept)));
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
}

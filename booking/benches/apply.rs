//! What a command costs in apply, and what the state costs in memory. `cargo bench -p booking`.
//! Figures that the design rests on are asserted: a bench that misses one fails.

#![expect(clippy::unwrap_used, reason = "a bench may stop where it stands")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use booking::command::{BestAvailable, PlaceHold, ReleaseHold};
use booking::ids::{HoldId, PlanId, ShowtimeId};
use booking::{Command, Idempotency, best_available};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

use house::{House, arena, hold_of, place_hold, sell};

#[path = "../tests/rules/house.rs"]
mod house;

const PLAN: PlanId = PlanId(1);
const ORDERS: u128 = 1_000_000;

fn mark(key: u128) -> Idempotency {
    // Keys are hashes: spread them as hashes are.
    Idempotency { key: key.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835), fingerprint: key, minted: false }
}

/// Seats of the `n`-th group of four.
fn four(n: u128) -> [u32; 4] {
    let first = (n as u32 % 5_000) * 4;
    [first, first + 1, first + 2, first + 3]
}

/// Resident memory of this process, in bytes.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    pages * 4_096
}

/// A house with an arena and so many orders of one seat each, over as many showtimes as that takes.
fn with_orders(orders: u128) -> (House, ShowtimeId) {
    let mut house = House::new();
    let plan = arena(PLAN);
    for n in 0..orders {
        let showtime = ShowtimeId(10 + n / 20_000);
        if n % 20_000 == 0 {
            house.open(showtime.0, &plan);
        }
        house.now_ms += 1;
        house.must(place_hold(1 + n, showtime, PLAN, &[(n % 20_000) as u32]));
        house.must(sell(1 + n, 1 + n));
    }
    let showtime = house.open(5, &plan);
    (house, showtime)
}

fn commands(c: &mut Criterion) {
    let mut house = House::new();
    let showtime = house.open(10, &arena(PLAN));
    let mut n = 0_u128;
    c.bench_function("hold 4 seats, release", |b| {
        b.iter(|| {
            n += 1;
            house.now_ms += 1;
            house.must(place_hold(n, showtime, PLAN, &four(n)));
            house.must(Command::ReleaseHold(ReleaseHold { id: HoldId(n), organization: None }));
        });
    });
    c.bench_function("hold 4 seats under a key, sell", |b| {
        b.iter_batched_ref(
            || {
                let mut house = House::new();
                let showtime = house.open(10, &arena(PLAN));
                (house, showtime)
            },
            |(house, showtime)| {
                for n in 0..1_000 {
                    let held = house.apply(place_hold(n, *showtime, PLAN, &four(n)), Some(mark(2 * n)));
                    let sold = house.apply(sell(n, n), Some(mark(2 * n + 1)));
                    assert!(held.reply.is_ok() && sold.reply.is_ok());
                }
            },
            BatchSize::LargeInput,
        );
    });
    best(c);
    catalogue(c);
    expiry(c);
}

fn best(c: &mut Criterion) {
    let mut house = House::new();
    let id = house.open(10, &arena(PLAN));
    let criteria = BestAvailable {
        quantity: 4,
        tier: None,
        section: None,
        accessible: 0,
        spread: 0,
        pick: Vec::new(),
        types: Vec::new(),
    };
    let of = house.state.showtime(id).cloned().unwrap();
    let inventory = house.state.inventory(id).cloned().unwrap();
    c.bench_function("best available, 4 of 20,000 seats: pick", |b| {
        b.iter(|| black_box(best_available::pick(&inventory, &of, &criteria, &[])));
    });
    let pick = best_available::pick(&inventory, &of, &criteria, &[]);
    let mut n = 0;
    c.bench_function("best available, 4 of 20,000 seats: hold the pick, release", |b| {
        b.iter(|| {
            n += 1;
            let best = Some(BestAvailable { pick: pick.clone(), ..criteria.clone() });
            house.must(Command::PlaceHold(PlaceHold { best, ..hold_of(n, id, PLAN) }));
            house.must(Command::ReleaseHold(ReleaseHold { id: HoldId(n), organization: None }));
        });
    });
}

/// What staff do now and then, each alone in its log entry.
fn catalogue(c: &mut Criterion) {
    let plan = Arc::new(arena(PLAN));
    c.bench_function("import a plan of 20,000 seats", |b| {
        b.iter_batched_ref(House::new, |house| house.must(Command::ImportPlan(plan.clone())), BatchSize::LargeInput);
    });
    let mut house = House::new();
    house.must(Command::ImportPlan(plan.clone()));
    c.bench_function("create a showtime of 20,000 seats", |b| {
        b.iter_batched_ref(|| house.clone(), |house| house.open(10, &plan), BatchSize::LargeInput);
    });
}

/// All seats of an arena held two by two, and all of it due at once: what a long outage leaves behind.
fn expiry(c: &mut Criterion) {
    let mut house = House::new();
    let showtime = house.open(10, &arena(PLAN));
    for n in 0..10_000_u32 {
        house.must(place_hold(u128::from(n), showtime, PLAN, &[2 * n, 2 * n + 1]));
    }
    house.now_ms += 400_000;
    c.bench_function("tick that expires 1,000 holds", |b| {
        b.iter_batched_ref(|| house.clone(), |house| house.must(Command::Tick), BatchSize::LargeInput);
    });
    c.bench_function("hold in a showtime with 10,000 holds due", |b| {
        b.iter_batched_ref(
            || house.clone(),
            |house| house.must(place_hold(99_999, showtime, PLAN, &[7])),
            BatchSize::LargeInput,
        );
    });
}

/// Apply while a snapshot (a clone) of a million orders is alive: each stays under a millisecond.
#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
#[expect(clippy::print_stdout, reason = "a bench says its figures")]
fn under_a_snapshot(c: &mut Criterion) {
    let (mut house, showtime) = with_orders(ORDERS);
    let _ = house.must(Command::Tick);
    c.bench_function("clone of a state with 1,000,000 orders", |b| {
        b.iter_with_large_drop(|| house.state.clone());
    });
    let mut n = ORDERS + 1;
    let mut times = Vec::new();
    for _ in 0..20 {
        let snapshot = house.state.clone();
        for _ in 0..250 {
            n += 1;
            house.now_ms += 1;
            let (hold, order) = (place_hold(n, showtime, PLAN, &four(n)), sell(n, n));
            for (command, key) in [(hold, 2 * n), (order, 2 * n + 1)] {
                let began = Instant::now();
                let applied = house.apply(command, Some(mark(key)));
                times.push(began.elapsed());
                assert!(applied.reply.is_ok(), "{:?}", applied.reply);
            }
        }
        drop(snapshot);
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 1_000).copied().unwrap_or_default();
    let worst = times.last().copied().unwrap_or_default();
    println!(
        "apply under a snapshot of 1,000,000 orders: p50 {:?}, p99 {:?}, p99.9 {:?}, worst {worst:?}",
        at(500),
        at(990),
        at(999)
    );
    assert!(at(999) < Duration::from_millis(1), "apply is held up by a snapshot");
}

#[expect(clippy::print_stdout, reason = "a bench says its figures")]
fn memory(_: &mut Criterion) {
    let mut house = House::new();
    let plan = arena(PLAN);
    house.must(Command::ImportPlan(Arc::new(plan.clone())));
    let empty = resident_bytes();
    for n in 0..100 {
        house.open(10 + n, &plan);
    }
    let opened = resident_bytes() - empty;
    println!("memory: 100 showtimes of 20,000 seats and 6,000 standing places: {} KiB each", opened / 102_400);
    let before = resident_bytes();
    let orders = 200_000_u64;
    for n in 0..orders {
        let (id, showtime) = (u128::from(n) + 1, ShowtimeId(10 + u128::from(n / 10_000)));
        house.now_ms += 10;
        let seat = (n % 10_000) as u32 * 2;
        house.must(place_hold(id, showtime, PLAN, &[seat, seat + 1]));
        house.must(sell(id, id));
    }
    // Ended holds are remembered for a while: let them go, so that orders alone are counted.
    house.now_ms += 400_000;
    for _ in 0..orders / 32 {
        house.must(Command::Tick);
    }
    println!("memory: an order of 2 seats {} bytes", (resident_bytes() - before) / orders);
    let before = resident_bytes();
    for n in 0..orders {
        let (id, showtime) = (u128::from(n) + 10_000_000, ShowtimeId(50 + u128::from(n / 10_000)));
        let seat = (n % 10_000) as u32 * 2;
        let applied = house.apply(place_hold(id, showtime, PLAN, &[seat, seat + 1]), Some(mark(id)));
        assert!(applied.reply.is_ok());
    }
    println!("memory: a hold of 2 seats with its recorded answer {} bytes", (resident_bytes() - before) / orders);
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2)).without_plots();
    targets = memory, commands, under_a_snapshot
}
criterion_main!(benches);

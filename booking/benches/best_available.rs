//! What best available costs while an arena of 20,000 seats sells out, for parties of 1 to 10: bought by best available
//! itself, and with every seat chosen at random (much worse than people do). Asserts its bounds.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a bench reads the clock and says its figures")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may stop where it stands")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use booking::best_available;
use booking::catalogue::OrphanRule;
use booking::command::{BestAvailable, UpdateShowtime};
use booking::ids::{KeyId, PlanId, ShowtimeId};
use booking::{Actor, Command, invariants};

use house::{House, SHOP, arena, place_hold, sell};

#[path = "../tests/rules/house.rs"]
mod house;

const PLAN: PlanId = PlanId(1);
const SEATS: u32 = 20_000;
/// Looked for with every so many-th party.
const MEASURED_EVERY: u128 = 8;
const MEDIAN_MAX: Duration = Duration::from_micros(20);
const P99_MAX: Duration = Duration::from_micros(200);

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(n)) as u32
    }
}

/// A house with one showtime where no single seat may be left over.
fn opened() -> (House, ShowtimeId) {
    let mut house = House::new();
    let id = house.open(10, &arena(PLAN));
    let showtime = house.state.showtime(id).unwrap();
    let (expected, mut details) = (showtime.version, showtime.details.clone());
    details.orphan_rule = OrphanRule::Strict;
    house.must(Command::UpdateShowtime(UpdateShowtime { organization: SHOP, id, expected, details }.into()));
    (house, id)
}

/// Sells the house out; the times of all picks by the tenth of seats that were gone.
fn sell_out(at_random: bool) -> Vec<Vec<Duration>> {
    let (mut house, id) = opened();
    let mut dice = Dice(7);
    let mut times = vec![Vec::new(); 10];
    let mut gone = 0;
    for n in 1.. {
        let quantity = 1 + dice.below(10);
        let spread = dice.below(1_000);
        let criteria = BestAvailable {
            quantity,
            tier: None,
            section: None,
            accessible: 0,
            spread,
            pick: Vec::new(),
            types: Vec::new(),
        };
        let seats = {
            let (inventory, showtime) = (house.state.inventory(id).unwrap(), house.state.showtime(id).unwrap());
            if !at_random || n % MEASURED_EVERY == 0 {
                let began = Instant::now();
                let picked = black_box(best_available::pick(inventory, showtime, black_box(&criteria), &[]));
                times[(gone * 10 / SEATS).min(9) as usize].push(began.elapsed());
                if at_random { Vec::new() } else { picked }
            } else {
                (0..quantity).map(|_| dice.below(SEATS)).filter(|seat| inventory.is_free(*seat)).collect()
            }
        };
        let mut seats = seats;
        seats.sort_unstable();
        seats.dedup();
        if !seats.is_empty() {
            gone += seats.len() as u32;
            // Staff may leave single seats over.
            let held = house.apply_of(Actor::Key(KeyId(1)), place_hold(n, id, PLAN, &seats), None);
            assert!(held.reply.is_ok());
            house.must(sell(n, n));
        } else if !at_random && quantity == 1 || gone > SEATS - 20 {
            break;
        }
        house.now_ms += 1;
    }
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
    times
}

fn main() {
    for (name, at_random) in [("best available", false), ("seats at random", true)] {
        let mut all = Vec::new();
        for (tenth, mut times) in sell_out(at_random).into_iter().enumerate() {
            times.sort_unstable();
            let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
            println!(
                "{name}, {:>3} % gone: {:>5} picks, median {:?}, p99 {:?}, worst {:?}",
                tenth * 10,
                times.len(),
                at(50),
                at(99),
                times.last().copied().unwrap_or_default()
            );
            all.append(&mut times);
        }
        all.sort_unstable();
        let at = |share: usize| all.get(all.len() * share / 100).copied().unwrap_or_default();
        println!("{name}, all: {} picks, median {:?}, p99 {:?}", all.len(), at(50), at(99));
        assert!(at(50) <= MEDIAN_MAX && at(99) <= P99_MAX, "slower than promised");
    }
}

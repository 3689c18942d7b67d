//! Plan versions: random sales on a plan, random edits of it, and the showtime moved over. Nothing that anybody has is
//! lost, doubled or given another price; what would be is refused, and then nothing changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use booking::catalogue::moving::Moving;
use booking::command::{
    AreaQuantity, AreaTickets, BlockPlaces, CreateShowtimes, CreateVouchers, PlaceHold, ReleaseHold, ShowtimeTimes,
    UpdateShowtime,
};
use booking::holds::HoldState;
use booking::ids::{BlockId, EventId, HoldId, PlanId, ShowtimeId, VenueId, VoucherId};
use booking::inventory::PlaceState;
use booking::orders::TicketPlace;
use booking::plan::{Area, Plan};
use booking::prices::places::PricedPlaces;
use booking::vouchers::{VoucherDetails, VoucherScope};
use booking::{Change, Command, Rejection, Reply, State, invariants};

use super::house::{AreaOf, CURTAIN_MS, House, RowOf, SHOP, arena, place_hold, plan, sell, showtime_details};

const OLD: PlanId = PlanId(1);
const NEW: PlanId = PlanId(2);
const SHOW: ShowtimeId = ShowtimeId(10);

/// `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(n.max(1))) as u32
    }
}

fn hall() -> Plan {
    let row = |label, category| RowOf { section: "hall", label, seats: 12, category, gap: Some(6), special: &[] };
    let rows = [row("A", "front"), row("B", "front"), row("C", "back")];
    let areas =
        [AreaOf { id: "floor", category: "back", capacity: 20 }, AreaOf { id: "bar", category: "front", capacity: 5 }];
    plan(OLD, (SHOP, VenueId(1)), &rows, &areas)
}

/// Another version: seats gone, renamed, moved to other rows, of another category; areas of another size.
fn edited(dice: &mut Dice, old: &Plan) -> Plan {
    let mut plan = old.clone();
    plan.id = NEW;
    // Rows keep their lengths but for the last seats; order within a row may turn around.
    let mut seats = Vec::new();
    for row in &mut plan.rows {
        let mut of_row = old.seats[row.first as usize..(row.first + row.len) as usize].to_vec();
        if dice.below(3) == 0 {
            of_row.reverse();
        }
        let kept = of_row.len() - dice.below(3) as usize * usize::from(dice.below(2) == 0);
        of_row.truncate(kept);
        for seat in &mut of_row {
            match dice.below(30) {
                // The id is new: found by its label.
                0 => seat.id = format!("new-{}", seat.id).into(),
                // The label is new: found by its id.
                1 => seat.number = format!("{}b", seat.number).into(),
                2 if dice.below(3) == 0 => (seat.id, seat.number) = (format!("x{}", seat.id).into(), "x".into()),
                3 if dice.below(4) == 0 => seat.category = 1 - seat.category,
                _ => {}
            }
        }
        row.first = seats.len() as u32;
        row.len = of_row.len() as u32;
        seats.extend(of_row);
    }
    // Two seats may have come to the same id.
    let mut seen = std::collections::BTreeSet::new();
    for seat in &mut seats {
        while !seen.insert(seat.id.clone()) {
            seat.id = format!("{}~2", seat.id).into();
        }
    }
    plan.seats = seats;
    plan.runs = plan.rows.iter().map(|r| booking::plan::Run { first: r.first, len: r.len }).collect();
    for area in &mut plan.areas {
        match dice.below(6) {
            0 => area.capacity = area.capacity / 2 + dice.below(6),
            1 => area.id = format!("new-{}", area.id).into(),
            2 => area.capacity += 7,
            _ => {}
        }
    }
    if dice.below(3) == 0 {
        plan.areas.reverse();
    }
    if dice.below(4) == 0 {
        let extra = Area { id: "extra".into(), name: "extra".into(), ..plan.areas[0].clone() };
        plan.areas.insert(0, extra);
    }
    plan.index();
    assert_eq!(plan.defect(), None);
    plan
}

fn hold(n: u128, seats: Vec<u32>, areas: &[AreaQuantity], voucher: Option<&str>) -> Command {
    let tickets = |a: &AreaQuantity| AreaTickets { area: a.area, quantity: a.quantity, ticket_type: None };
    Command::PlaceHold(PlaceHold {
        id: HoldId(n),
        showtime: SHOW,
        plan: OLD,
        seats,
        best: None,
        areas: areas.iter().map(tickets).collect(),
        types: Vec::new(),
        voucher: voucher.map(Into::into),
    })
}

/// Lets whoever has the code hold what is blocked, and somebody do so: in part, so that block and hold both have some.
fn opened(house: &mut House, n: u128, seats: &[u32], areas: &[AreaQuantity]) {
    let details = VoucherDetails {
        note: "".into(),
        discount: None,
        scope: VoucherScope::default(),
        unlocks: false,
        block: Some(BlockId(n)),
        max_uses: None,
        max_uses_per_buyer: None,
        max_tickets: None,
        from_ms: None,
        until_ms: None,
    };
    let code = format!("PRESS{n}");
    let (codes, details) = (vec![code.as_str().into()], Box::new(details));
    let create = CreateVouchers { first: VoucherId(n), organization: SHOP, codes, details };
    house.must(Command::CreateVouchers(Box::new(create)));
    let one = areas.iter().map(|a| AreaQuantity { quantity: 1, ..*a }).collect::<Vec<_>>();
    house.must(hold(100 + n, seats[..1].to_vec(), &one, Some(&code)));
}

fn sales(house: &mut House, dice: &mut Dice) {
    for n in 1..=u128::from(3 + dice.below(12)) {
        let first = dice.below(36);
        let seats: Vec<u32> = (first..36.min(first + 1 + dice.below(3))).collect();
        let areas = if dice.below(3) == 0 {
            vec![AreaQuantity { area: dice.below(2) as u16, quantity: 1 + dice.below(3) }]
        } else {
            Vec::new()
        };
        match dice.below(4) {
            0 => {
                let block = BlockPlaces {
                    id: BlockId(n),
                    organization: SHOP,
                    showtime: SHOW,
                    plan: OLD,
                    seats: seats.clone(),
                    areas: areas.clone(),
                    reason: "".into(),
                };
                let blocked = house.apply(Command::BlockPlaces(block), None).reply.is_ok();
                if blocked && dice.below(2) == 0 {
                    opened(house, n, &seats, &areas);
                }
            }
            what => {
                let placed = house.apply(hold(n, seats, &areas, None), None).reply.is_ok();
                if placed && what > 1 {
                    house.must(sell(n, n));
                }
            }
        }
    }
}

/// Who has what, in words that outlive a plan: seat ids and area names, with the price.
fn owned(state: &State) -> BTreeMap<String, Vec<(String, i64)>> {
    let plan = state.plan(state.showtime(SHOW).unwrap().details.plan).unwrap();
    let mut all = BTreeMap::new();
    let mut put = |who: String, places: Vec<(String, i64)>| assert!(all.insert(who, places).is_none());
    let priced = |p: &PricedPlaces| {
        assert_eq!(p.plan, plan.id);
        let line = |n: u16| p.lines().nth(usize::from(n)).map(|of| of.price + i64::from(of.tier)).unwrap();
        let seats = p.seats.iter().map(|s| (format!("{}", s.seat), line(s.line)));
        let areas = p
            .areas
            .iter()
            .map(|a| (format!("{} of {}", a.quantity, plan.areas[usize::from(a.area)].name), line(a.line)));
        seats.chain(areas).collect::<Vec<_>>()
    };
    for n in (1..20).chain(101..120) {
        if let Some(hold) = state.hold(HoldId(n)).filter(|h| h.state == HoldState::Active) {
            put(hold.id.to_string(), priced(&hold.places));
            if let Some(from) = &hold.from_block {
                let seats: Vec<u32> = hold.places.seats.iter().map(|s| s.seat).collect();
                assert!(from.seats.iter().all(|seat| seats.contains(seat)), "what goes back is what is held");
                assert!(from.areas.iter().all(|a| hold.places.areas.iter().any(|held| held.area == a.area)));
            }
        }
    }
    for order in state.orders_of_showtime(SHOW) {
        put(order.id.to_string(), priced(&order.parts[0].places));
        let seats: Vec<u32> = order.parts[0].places.seats.iter().map(|s| s.seat).collect();
        let of_tickets: Vec<u32> = order
            .tickets
            .iter()
            .filter_map(|t| if let TicketPlace::Seat(seat) = t.place { Some(seat) } else { None })
            .collect();
        assert_eq!(of_tickets, seats, "tickets name the seats of their order");
    }
    for block in state.blocks_of(SHOW) {
        assert_eq!(block.plan, plan.id);
        let seats = block.seats.iter().map(|s| (format!("{s}"), 0));
        let areas =
            block.areas.iter().map(|a| (format!("{} of {}", a.quantity, plan.areas[usize::from(a.area)].name), 0));
        put(block.id.to_string(), seats.chain(areas).collect());
    }
    all
}

fn move_to(house: &mut House, plan: PlanId) -> booking::Applied {
    let showtime = house.state.showtime(SHOW).unwrap();
    let mut details = showtime.details.clone();
    details.plan = plan;
    let update = UpdateShowtime { organization: SHOP, id: SHOW, expected: showtime.version, details };
    house.apply(Command::UpdateShowtime(Box::new(update)), None)
}

#[test]
fn nothing_owned_is_lost_or_doubled_when_a_showtime_moves_to_another_plan() {
    let (mut moved, mut refused) = (0, 0);
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let mut house = House::new();
        let old = hall();
        house.open(SHOW.0, &old);
        sales(&mut house, &mut dice);
        let new = edited(&mut dice, &old);
        house.must(Command::ImportPlan(Arc::new(new.clone())));
        let (before, digest) = (house.state.clone(), house.state.digest());
        let expected = owned(&before);
        let counts = |state: &State| {
            let total = state.inventory(SHOW).unwrap().total();
            [PlaceState::Held, PlaceState::Sold, PlaceState::Blocked].map(|kind| total.of(kind))
        };
        let applied = move_to(&mut house, NEW);
        assert_eq!(invariants::check(&house.state), Vec::<String>::new(), "seed {seed}");
        match applied.reply {
            Ok(_) => {
                moved += 1;
                assert!(applied.changes.contains(&Change::PlanChanged(SHOW)));
                assert_eq!(counts(&house.state), counts(&before), "seed {seed}");
                // Seats go where the id, or else the label, says; each to a seat of its own.
                let to = |text: &str| match text.parse::<usize>() {
                    Err(_) => text.to_owned(),
                    Ok(n) => {
                        let (seat, label) = (&old.seats[n], old.label(n as u32));
                        let by_label = || (0..new.seats.len() as u32).find(|m| new.label(*m) == label).unwrap();
                        new.seat_number(&seat.id).unwrap_or_else(by_label).to_string()
                    }
                };
                let expected: BTreeMap<_, Vec<_>> = expected
                    .into_iter()
                    .map(|(who, has)| (who, has.into_iter().map(|(place, price)| (to(&place), price)).collect()))
                    .collect();
                assert_eq!(owned(&house.state), expected, "seed {seed}");
                // A hold made against the old plan is told so; one against the new plan is placed.
                let late = house.apply(place_hold(90, SHOW, OLD, &[0]), None);
                assert_eq!(late.reply, Err(Rejection::PlanChanged));
                let free = (0..new.seats.len() as u32).find(|s| house.state.inventory(SHOW).unwrap().is_free(*s));
                if let Some(seat) = free {
                    house.must(place_hold(91, SHOW, NEW, &[seat]));
                }
                // What came out of a block goes back into it, under its new numbers.
                for n in 101..120 {
                    let release = ReleaseHold { id: HoldId(n), organization: None };
                    drop(house.apply(Command::ReleaseHold(release), None));
                }
                assert_eq!(invariants::check(&house.state), Vec::<String>::new(), "seed {seed}");
            }
            Err(Rejection::PlacesInUse { lost, repriced, areas }) => {
                refused += 1;
                assert!(!(lost.is_empty() && repriced.is_empty() && areas.is_empty()));
                let cell = |seat: &u32| before.inventory(SHOW).unwrap().is_free(*seat);
                assert!(!lost.iter().chain(&repriced).any(cell), "seed {seed}: a free seat stops nobody");
                assert_eq!(owned(&house.state), expected);
                assert_eq!(house.state.digest(), digest, "seed {seed}: a refusal changed something");
            }
            Err(other) => panic!("seed {seed}: {other:?}"),
        }
    }
    assert!(moved > 60 && refused > 60, "{moved} moved, {refused} refused");
}

#[test]
fn a_repeated_id_is_not_trusted_and_an_ambiguous_label_is_not_guessed() {
    let mut house = House::new();
    let mut old = hall();
    old.seats[0].id = "A-2~2".into();
    old.index();
    house.open(SHOW.0, &old);
    house.must(place_hold(1, SHOW, OLD, &[0]));
    // The id that was minted for the first seat now names the last of the row; the label still says which it is.
    let mut new = old.clone();
    new.id = NEW;
    (new.seats[0].id, new.seats[11].id) = ("A-1".into(), "A-2~2".into());
    new.index();
    house.must(Command::ImportPlan(Arc::new(new.clone())));
    let inventory = house.state.inventory(SHOW).unwrap();
    assert_eq!(Moving::of(inventory, &new, (&[Some(0)], &[Some(0)])).seats, [(0, 0)]);
    new.seats[1].number = new.seats[0].number.clone();
    new.seats[1].id = "other".into();
    new.index();
    assert_eq!(Moving::of(inventory, &new, (&[Some(0)], &[Some(0)])).lost, [0]);
}

/// Figures that the bounds of apply rest on: loose by far, so that a slow machine passes, and a mistake in kind does not.
#[test]
#[expect(clippy::disallowed_methods, reason = "the time that it takes is what is asserted")]
fn five_hundred_showtimes_of_an_arena_and_a_full_arena_moved_are_bounded() {
    let mut house = House::new();
    let plan = arena(OLD);
    house.must(Command::ImportPlan(Arc::new(plan.clone())));
    let times = (0..500).map(|n| ShowtimeTimes {
        id: ShowtimeId(1_000 + n),
        starts_at_ms: CURTAIN_MS + n as u64,
        ends_at_ms: None,
        on_sale_from_ms: None,
        on_sale_until_ms: None,
    });
    let series = CreateShowtimes {
        organization: SHOP,
        event: EventId(1),
        details: showtime_details(&plan),
        plan: None,
        times: times.collect(),
    };
    let begun = std::time::Instant::now();
    let applied = house.must(Command::CreateShowtimes(Box::new(series)));
    let series_took = begun.elapsed();
    let Ok(Reply::Showtimes(ids)) = applied.reply else { panic!("{:?}", applied.reply) };
    assert_eq!((ids.len(), applied.changes.len()), (500, 500));
    assert!(series_took < Duration::from_secs(1), "500 showtimes of an arena took {series_took:?}");

    house.open(SHOW.0, &plan);
    for n in 0..2_000_u32 {
        let seats: Vec<u32> = (n * 10..n * 10 + 10).collect();
        house.must(place_hold(u128::from(n) + 1, SHOW, OLD, &seats));
        house.must(sell(u128::from(n) + 1, u128::from(n) + 1));
    }
    let mut new = plan.clone();
    new.id = NEW;
    new.seats.iter_mut().step_by(7).for_each(|seat| seat.id = format!("n{}", seat.id).into());
    new.index();
    house.must(Command::ImportPlan(Arc::new(new)));
    let begun = std::time::Instant::now();
    let applied = move_to(&mut house, NEW);
    let move_took = begun.elapsed();
    assert!(applied.reply.is_ok(), "{:?}", applied.reply);
    assert!(move_took < Duration::from_secs(3), "20,000 sold seats took {move_took:?}");
    assert_eq!(invariants::check(&house.state), Vec::<String>::new());
}

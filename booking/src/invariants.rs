//! Every rule that must always hold, checked from scratch. Tests and simulation call it; it costs a full scan.

use std::collections::BTreeMap;

use crate::census::Kind;
use crate::digest::Digest;
use crate::holds::HoldState;
use crate::ids::{ImageId, OrganizationId, ShowtimeId};
use crate::inventory::{Inventory, PlaceState};
use crate::orders::{Order, OrderPart, Payment, TicketPlace};
use crate::prices::places::PricedPlaces;
use crate::record::{Record, RecordKey};
use crate::state::{State, Timed};
use crate::vouchers::Code;
use crate::vouchers::redemption;

mod accounts;
mod money;

/// Names each rule that is broken, with what breaks it; empty if all is well.
pub fn check(state: &State) -> Vec<String> {
    let mut broken = Vec::new();
    let owners = owners(state, &mut broken);
    for (id, inventory) in state.inventories.iter() {
        check_inventory(*id, inventory, owners.get(id), &mut broken);
    }
    check_indexes(state, &mut broken);
    check_prices(state, &mut broken);
    check_vouchers(state, &mut broken);
    broken.extend(money::check(state));
    broken.extend(accounts::check(state));
    check_digest(state, &mut broken);
    broken
}

/// What each owner says that it has: seats by number with the cell they should show, and area places by state.
#[derive(Default)]
struct Owned {
    seats: BTreeMap<u32, (PlaceState, u64)>,
    areas: BTreeMap<(u16, PlaceState), u32>,
}

fn owners(state: &State, broken: &mut Vec<String>) -> BTreeMap<ShowtimeId, Owned> {
    let mut all: BTreeMap<ShowtimeId, Owned> = BTreeMap::new();
    let mut own = |showtime,
                   seats: &mut dyn Iterator<Item = u32>,
                   areas: &mut dyn Iterator<Item = (u16, u32)>,
                   kind: PlaceState,
                   serial| {
        let owned = all.entry(showtime).or_default();
        for seat in seats {
            if owned.seats.insert(seat, (kind, serial)).is_some() {
                broken.push(format!("seat {seat} of {showtime} has two owners"));
            }
        }
        for (area, n) in areas {
            *owned.areas.entry((area, kind)).or_default() += n;
        }
    };
    let priced = |p: &PricedPlaces| {
        let seats: Vec<u32> = p.seats.iter().map(|s| s.seat).collect();
        let areas: Vec<(u16, u32)> = p.areas.iter().map(|a| (a.area, a.quantity)).collect();
        (seats.into_iter(), areas.into_iter())
    };
    let mut plans = Vec::new();
    for (_, hold) in state.holds.iter().filter(|(_, h)| h.state == HoldState::Active) {
        plans.push((hold.showtime, hold.places.plan));
        let (mut seats, mut areas) = priced(&hold.places);
        own(hold.showtime, &mut seats, &mut areas, PlaceState::Held, hold.serial);
    }
    for (order, part, index) in state
        .orders
        .iter()
        .filter(|(_, o)| o.owns().is_some())
        .flat_map(|(_, o)| o.parts.iter().zip(0_u16..).map(move |(part, index)| (o, part, index)))
    {
        plans.push((part.showtime, part.places.plan));
        if order.owns() == Some(PlaceState::Held) {
            let (mut seats, mut areas) = priced(&part.places);
            own(part.showtime, &mut seats, &mut areas, PlaceState::Held, part.serial);
            continue;
        }
        for ticket in order.tickets.iter().filter(|t| t.part == index && t.is_valid()) {
            let (seat, area) = match ticket.place {
                TicketPlace::Seat(seat) => (Some(seat), None),
                TicketPlace::Area(area) => (None, Some((area, 1))),
            };
            own(part.showtime, &mut seat.into_iter(), &mut area.into_iter(), PlaceState::Sold, part.serial);
        }
    }
    for (_, block) in state.blocks.iter() {
        plans.push((block.showtime, block.plan));
        let mut seats = block.seats.iter().copied();
        let mut areas = block.areas.iter().map(|a| (a.area, a.quantity));
        own(block.showtime, &mut seats, &mut areas, PlaceState::Blocked, block.serial);
    }
    for (showtime, plan) in plans {
        let of_showtime = state.showtimes.get(&showtime).map(|s| s.details.plan);
        let of_places = state.inventories.get(&showtime).map(|i| i.plan().id);
        if of_showtime != Some(plan) || of_places != Some(plan) {
            broken.push(format!("places of {showtime} are numbered by {plan}, its plan is {of_showtime:?}"));
        }
    }
    all
}

fn check_inventory(id: ShowtimeId, inventory: &Inventory, owned: Option<&Owned>, broken: &mut Vec<String>) {
    let none = Owned::default();
    let owned = owned.unwrap_or(&none);
    for (seat, cell) in inventory.seats().enumerate() {
        let expected = owned.seats.get(&(seat as u32)).copied().unwrap_or((PlaceState::Free, 0));
        if (cell.state(), cell.owner()) != expected {
            let shown = (cell.state(), cell.owner());
            broken.push(format!("seat {seat} of {id} shows {shown:?}, its owner says {expected:?}"));
        }
    }
    for (index, (area, counts)) in inventory.plan().areas.iter().zip(inventory.areas()).enumerate() {
        let of = |kind| owned.areas.get(&(index as u16, kind)).copied().unwrap_or(0);
        let expected = (of(PlaceState::Held), of(PlaceState::Sold), of(PlaceState::Blocked));
        let sum = counts.free + counts.held + counts.sold + counts.blocked;
        if (counts.held, counts.sold, counts.blocked) != expected || sum != area.capacity {
            broken.push(format!("area {index} of {id} shows {counts:?}, its owners say {expected:?}"));
        }
    }
    let mut fresh = Inventory::load(
        Inventory::new(id, inventory.plan().clone(), 0),
        (0..inventory.chunks()).filter_map(|c| Some((c, inventory.cells_record(c)?.clone()))),
        inventory.areas_record().cloned(),
        &mut crate::table::Journal::default(),
    );
    match &mut fresh {
        Err(why) => broken.push(why.clone()),
        Ok(fresh) => {
            let same = fresh.total() == inventory.total()
                && fresh.by_category() == inventory.by_category()
                && fresh.by_section() == inventory.by_section()
                && fresh.same_free(inventory);
            if !same {
                broken.push(format!("the kept counts of {id} differ from a fresh count"));
            }
        }
    }
    if inventory.total().total() != inventory.plan().places() {
        broken.push(format!("free, held, sold and blocked of {id} do not add up to its places"));
    }
}

fn check_indexes(state: &State, broken: &mut Vec<String>) {
    let active: Vec<_> = state.holds.iter().filter(|(_, h)| h.state == HoldState::Active).collect();
    let mut deadlines: Vec<_> = active.iter().map(|(_, h)| (h.expires_at_ms, h.showtime, Timed::Hold(h.id))).collect();
    for (_, order) in state.orders.iter() {
        if let Some(at_ms) = order.lapses_at_ms() {
            deadlines.extend(showtimes_of(order).into_iter().map(|s| (at_ms, s, Timed::Order(order.id))));
        }
    }
    let known = |(at_ms, showtime, what): &(u64, ShowtimeId, Timed)| {
        state.due.contains(&(*at_ms, *showtime, *what))
            && state.inventories.get(showtime).is_some_and(|i| i.deadlines.contains(&(*at_ms, *what)))
    };
    let of_showtimes: usize = state.inventories.iter().map(|(_, i)| i.deadlines.len()).sum();
    if deadlines.len() != state.due.len() || deadlines.len() != of_showtimes || !deadlines.iter().all(known) {
        broken.push("what has a deadline is not known by it, or the reverse".to_owned());
    }
    if state.holds.len() - active.len() != state.ended.len() {
        broken.push("an ended hold that will not be forgotten, or the reverse".to_owned());
    }
    check_derived(state, broken);
    check_images(state, broken);
    if !state.answers.agree() {
        broken.push("recorded answers and their index do not agree".to_owned());
    }
}

/// Pictures are counted by what events show, and what nothing shows will be forgotten, with its files.
fn check_images(state: &State, broken: &mut Vec<String>) {
    let mut uses: BTreeMap<ImageId, u32> = BTreeMap::new();
    for shown in state.events.iter().flat_map(|(_, e)| &e.details.images) {
        *uses.entry(shown.image).or_default() += 1;
    }
    for (id, image) in state.images.iter() {
        let counted = uses.remove(id).unwrap_or(0);
        if image.uses != counted || image.unused_since_ms.is_some() != (counted == 0) {
            broken.push(format!("{id} is shown {counted} times, and says {}", image.uses));
        }
    }
    if let Some((id, _)) = uses.first_key_value() {
        broken.push(format!("an event shows {id}, which is not there"));
    }
    let mut fresh = State::default();
    state.images.iter().for_each(|(_, image)| fresh.index_image(image));
    let same = fresh.unused_images.iter().eq(state.unused_images.iter())
        && fresh.files.iter().eq(state.files.iter())
        && fresh.files_digest == state.files_digest;
    if !same {
        broken.push("what is derived from pictures and the pictures do not agree".to_owned());
    }
}

/// Every line comes from prices that are known, and says what they say.
fn check_prices(state: &State, broken: &mut Vec<String>) {
    let agrees = |showtime, places: &PricedPlaces| {
        state.prices_of(showtime, places.prices).is_some_and(|prices| places.agrees(&prices))
    };
    for (id, hold) in state.holds.iter().filter(|(_, hold)| !agrees(hold.showtime, &hold.places)) {
        broken.push(format!("the lines of {id} are not what its prices say: {:?}", hold.places));
    }
    for (id, order) in state.orders.iter() {
        let comp = order.payment == Payment::Comp;
        let right = |part: &OrderPart| agrees(part.showtime, &part.places) && part.places.complimentary == comp;
        if !order.parts.iter().all(right) {
            broken.push(format!("the lines of {id} are not what its prices say: {:?}", order.parts));
        }
    }
}

/// A voucher's uses are the active holds and the orders that use it, its code finds it, and its buyers are counted.
fn check_vouchers(state: &State, broken: &mut Vec<String>) {
    let (mut held, mut ordered) = (BTreeMap::<_, u32>::new(), BTreeMap::<_, u32>::new());
    for (_, hold) in state.holds.iter().filter(|(_, h)| h.state == HoldState::Active) {
        if let Some(voucher) = hold.places.voucher() {
            *held.entry(voucher).or_default() += 1;
        }
    }
    let owning = state.orders.iter().filter(|(_, order)| order.owns().is_some());
    for voucher in owning.flat_map(|(_, order)| redemption::uses(&order.parts)) {
        *ordered.entry(voucher).or_default() += 1;
    }
    for (id, voucher) in state.vouchers.iter() {
        let used = (held.remove(id).unwrap_or(0), ordered.remove(id).unwrap_or(0));
        if used != (voucher.held, voucher.ordered) {
            broken.push(format!("{id} says {} held, {} ordered; it is {used:?}", voucher.held, voucher.ordered));
        }
        let code = Code::read(&voucher.code);
        let found = code.and_then(|code| state.vouchers_by_code.get(&(voucher.organization, code)));
        if (found == Some(id)) == voucher.ended {
            broken.push(format!("the code of {id} does not find it, or finds it though it has ended"));
        }
    }
    if !held.is_empty() || !ordered.is_empty() {
        broken.push(format!("holds or orders use vouchers that are not there: {held:?} {ordered:?}"));
    }
    let live = state.vouchers.iter().filter(|(_, v)| !v.ended).count();
    let mut fresh = State::default();
    let owning = state.orders.iter().filter(|(_, order)| order.owns().is_some());
    owning.for_each(|(_, order)| fresh.index_buyer(order));
    if live != state.vouchers_by_code.len() || !fresh.voucher_buyers.iter().eq(state.voucher_buyers.iter()) {
        broken.push("the index of vouchers by code, or of their buyers, and the records do not agree".to_owned());
    }
}

fn showtimes_of(order: &Order) -> std::collections::BTreeSet<ShowtimeId> {
    order.parts.iter().map(|part| part.showtime).collect()
}

/// What is derived from records says what they say: no more, no less.
fn check_derived(state: &State, broken: &mut Vec<String>) {
    let tickets: usize = state.orders.iter().map(|(_, o)| o.tickets.len()).sum();
    let by_organization = |o: &Order| state.orders_by_organization.contains(&(o.organization, o.id));
    let derived = [
        (
            "showtimes by event",
            state.showtimes_by_event.len() == state.showtimes.len()
                && state.showtimes.iter().all(|(id, s)| state.showtimes_by_event.contains(&(s.event, *id))),
        ),
        (
            "blocks by showtime",
            state.blocks_by_showtime.len() == state.blocks.len()
                && state.blocks.iter().all(|(id, b)| state.blocks_by_showtime.contains(&(b.showtime, *id))),
        ),
        (
            "orders by organization",
            state.orders_by_organization.len() == state.orders.len()
                && state.orders.iter().all(|(_, o)| by_organization(o)),
        ),
        (
            "orders by showtime",
            state.orders_by_showtime.len() == state.orders.iter().map(|(_, o)| showtimes_of(o).len()).sum::<usize>()
                && state
                    .orders
                    .iter()
                    .all(|(_, o)| showtimes_of(o).iter().all(|s| state.orders_by_showtime.contains(&(*s, o.id)))),
        ),
        ("what orders wait for", {
            let mut fresh = State::default();
            state.orders.iter().for_each(|(_, order)| fresh.index_awaits(order));
            fresh.unpaid.iter().eq(state.unpaid.iter()) && fresh.refunds_pending.iter().eq(state.refunds_pending.iter())
        }),
        ("tickets", state.tickets.len() == tickets),
        ("tickets at the door", {
            let mut fresh = State::default();
            state.orders.iter().for_each(|(_, order)| fresh.index_tickets(order));
            fresh.attendance.iter().eq(state.attendance.iter())
        }),
        (
            "API keys by hash",
            state.keys_by_hash.len() == state.api_keys.len()
                && state.api_keys.iter().all(|(id, k)| state.keys_by_hash.get(&k.hash) == Some(id)),
        ),
        (
            "showtimes that are refunded",
            state.showtimes.iter().all(|(id, s)| {
                let open = s.refunding.as_ref().is_some_and(|refunding| refunding.done_at_ms.is_none());
                open == state.refunding.contains(id)
            }),
        ),
        ("places of showtimes", state.inventories.len() == state.showtimes.len()),
    ];
    for (name, _) in derived.iter().filter(|(_, agrees)| !agrees) {
        broken.push(format!("the index of {name} and the records do not agree"));
    }
    for organization in state.organizations() {
        let of = |kind| state.census.of(organization.id, kind);
        let mine = |owner: &OrganizationId| *owner == organization.id;
        let counts = [
            (Kind::ApiKey, state.api_keys.iter().filter(|(_, k)| mine(&k.organization)).count()),
            (Kind::Venue, state.venues.iter().filter(|(_, v)| mine(&v.organization)).count()),
            (Kind::Plan, state.plans.iter().filter(|(_, p)| mine(&p.organization)).count()),
            (Kind::Event, state.events.iter().filter(|(_, e)| mine(&e.organization)).count()),
            (Kind::Showtime, state.showtimes.iter().filter(|(_, s)| mine(&s.organization)).count()),
            (Kind::Image, state.images.iter().filter(|(_, i)| mine(&i.organization)).count()),
            (Kind::Voucher, state.vouchers.iter().filter(|(_, v)| mine(&v.organization)).count()),
        ];
        if let Some((kind, count)) = counts.into_iter().find(|(kind, count)| of(*kind) != *count) {
            broken.push(format!("{} has {count} of {kind:?}, {} were counted", organization.id, of(kind)));
        }
    }
}

/// The digest that was kept up equals one made from scratch.
fn check_digest(state: &State, broken: &mut Vec<String>) {
    let mut digest = Digest::default();
    state.records(&mut |key, record| match &record {
        Record::Meta(_) => {}
        Record::Organization(v) => digest.add((key, &**v)),
        Record::ApiKey(v) => digest.add((key, &**v)),
        Record::Venue(v) => digest.add((key, &**v)),
        Record::Plan(v) => digest.add((key, &**v)),
        Record::Event(v) => digest.add((key, &**v)),
        Record::Showtime(v) => digest.add((key, &**v)),
        Record::Cells(v) => {
            if let RecordKey::Cells(id, chunk) = key {
                let first = chunk * crate::inventory::CELLS_PER_RECORD as u32;
                for (seat, cell) in (first..).zip(v.iter()).filter(|(_, c)| **c != 0) {
                    digest.add((id, seat, *cell));
                }
            }
        }
        Record::Areas(_) => {
            if let RecordKey::Areas(id) = key
                && let Some(inventory) = state.inventories.get(&id)
            {
                inventory.digest_areas(&mut digest);
            }
        }
        Record::Block(v) => digest.add((key, &**v)),
        Record::Hold(v) => digest.add((key, &**v)),
        Record::Order(v) => digest.add((key, &**v)),
        Record::Answer(v) => digest.add((key, &**v)),
        Record::Image(v) => digest.add((key, &**v)),
        Record::Prices(v) => digest.add((key, &**v)),
        Record::Voucher(v) => digest.add((key, &**v)),
        Record::Task(v) => digest.add((key, &**v)),
        Record::User(v) => digest.add((key, &**v)),
        Record::Session(v) => digest.add((key, &**v)),
        Record::Link(v) => digest.add((key, &**v)),
        Record::Mail(v) => digest.add((key, &**v)),
    });
    if digest != state.digest {
        broken.push("the kept digest differs from one made from scratch".to_owned());
    }
}

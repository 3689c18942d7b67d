//! What reaches the rules from a log, a snapshot, a backup or the copy: entries, commands in any sequence, records.

use std::sync::OnceLock;

use booking::catalogue::OrphanRule;
use booking::command::{
    AreaQuantity, AreaTickets, BestAvailable, BlockPlaces, CreateApiKey, CreateVouchers, DeleteEvent, DeleteVenue,
    DeleteVoucher, ExtendHold, PlaceHold, ReleaseHold, RevokeApiKey, SeatType, UnblockPlaces, UpdateEvent,
    UpdateShowtime, UpdateVenue, UpdateVoucher,
};
use booking::holds::{Hold, HoldState};
use booking::ids::{BlockId, EventId, HoldId, KeyId, PlanId, ShowtimeId, VenueId, VoucherId};
use booking::keys::Scope;
use booking::prices::Per;
use booking::prices::reckoning::Discount;
use booking::vouchers::{VoucherDetails, VoucherScope};
use booking::{Actor, Command, Idempotency, Position, Proposal, Record, RecordKey, Request, State, invariants};

use crate::allocation::within;
use crate::house::{
    AreaOf, House, MIDNIGHT_MS, RowOf, SHOP, event_details, place_hold, plan, sell, showtime_details, venue_details,
};
use crate::{Input, put_counted, scratch};

const PLAN: PlanId = PlanId(1);
const SHOWTIME: ShowtimeId = ShowtimeId(1);

fn small_plan() -> booking::plan::Plan {
    let wheelchair = [(booking::plan::attribute::WHEELCHAIR, vec![6])];
    let row = |label, special| RowOf { section: "stalls", label, seats: 6, category: "seat", gap: None, special };
    let rows = [row("A", &wheelchair[..]), row("B", &[][..])];
    plan(PLAN, (SHOP, VenueId(1)), &rows, &[AreaOf { id: "GA", category: "standing", capacity: 20 }])
}

/// A house on sale with a hold, an order and a block, cloned for each input.
fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let mut house = House::new();
        house.open(1, &small_plan());
        house.must(create_key());
        house.must(place_hold(1, SHOWTIME, PLAN, &[0, 1]));
        house.must(place_hold(2, SHOWTIME, PLAN, &[6]));
        house.must(sell(1, 1));
        house.must(block());
        house.must(voucher(1, "friend"));
        house
    })
}

fn create_key() -> Command {
    let (id, name, scopes) = (KeyId(1), "till".into(), vec![Scope::Read, Scope::Catalogue]);
    Command::CreateApiKey(CreateApiKey { id, organization: SHOP, name, scopes, hash: [3; 32], expires_at_ms: None })
}

fn block() -> Command {
    let (seats, areas) = (vec![11], vec![AreaQuantity { area: 0, quantity: 2 }]);
    let (id, reason) = (BlockId(1), "camera".into());
    Command::BlockPlaces(BlockPlaces { id, organization: SHOP, showtime: SHOWTIME, plan: PLAN, seats, areas, reason })
}

/// Half the price for places of the block, five times.
fn voucher_details() -> VoucherDetails {
    VoucherDetails {
        note: "".into(),
        discount: Some((Discount::Share(5_000), Per::Order)),
        scope: VoucherScope::default(),
        unlocks: true,
        block: Some(BlockId(1)),
        max_uses: Some(5),
        max_uses_per_buyer: None,
        max_tickets: None,
        from_ms: None,
        until_ms: None,
    }
}

fn voucher(id: u128, code: &str) -> Command {
    let (codes, details) = (vec![code.into()], Box::new(voucher_details()));
    Command::CreateVouchers(Box::new(CreateVouchers { first: VoucherId(id), organization: SHOP, codes, details }))
}

pub(crate) fn entry(bytes: &[u8]) {
    within((8 << 20) + 64 * bytes.len(), || raft::fuzz::entry(bytes));
}

pub(crate) fn entry_seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> =
        raft::fuzz::seeds().into_iter().filter(|(of, _)| *of == "entries").map(|(_, bytes)| bytes).collect();
    let requests: Vec<Request> =
        commands_to_try().into_iter().chain(of_prices()).map(|command| marked(command, 1)).collect();
    seeds.extend(requests.iter().map(|request| raft::fuzz::entry_bytes(MIDNIGHT_MS, std::slice::from_ref(request))));
    seeds.push(raft::fuzz::entry_bytes(MIDNIGHT_MS, requests.get(12..16).unwrap()));
    seeds
}

/// A sequence of requests, each with the time that passed before it.
fn steps(bytes: &[u8]) -> Vec<(u64, Request)> {
    let mut input = Input(bytes);
    let mut steps = Vec::new();
    while !input.is_empty() && steps.len() < 64 {
        // From 0 s to 45 days, in uneven steps.
        let passed = input.u8();
        let passed_ms = (u64::from(passed) * 250) << (passed / 16);
        if let Some(request) = raft::fuzz::request(input.counted()) {
            steps.push((passed_ms, request));
        }
    }
    steps
}

/// Any decoded commands in sequence: the rules never panic, two nodes come to the same, all that must always hold does,
/// and what is stored of it loads as what it was.
pub(crate) fn commands(bytes: &[u8]) {
    let Some((flags, bytes)) = bytes.split_first() else { return };
    let mut house = if flags & 1 == 0 { house().clone() } else { House::new() };
    let mut other = house.state.clone();
    for (passed_ms, request) in steps(bytes) {
        house.now_ms += passed_ms;
        house.index += 1;
        let at = Position { index: house.index, offset: 0 };
        let unmarked = request.idempotency.is_none();
        let proposal = Proposal { at_ms: house.now_ms, request };
        let (before, before_ms) = (house.state.digest(), house.state.now_ms());
        let applied = house.state.apply(at, &proposal);
        let again = other.apply(at, &proposal);
        assert_eq!((&applied.reply, applied.replayed), (&again.reply, again.replayed));
        assert_eq!((&applied.changes, &applied.touched), (&again.changes, &again.touched));
        assert_eq!(house.state.digest(), other.digest());
        let nothing_else =
            applied.changes.is_empty() && applied.touched.len() <= 1 && house.state.now_ms() == before_ms;
        if applied.reply.is_err() && unmarked && nothing_else {
            assert_eq!(house.state.digest(), before, "a rejection changes nothing");
        }
        let broken = invariants::check(&house.state);
        assert!(broken.is_empty(), "{broken:?} after {:?}", proposal.request);
    }
    reloads(&house.state);
}

fn reloads(state: &State) {
    let stored = raft::fuzz::record_bytes(state);
    let loaded = raft::fuzz::records(stored.iter().map(Vec::as_slice)).expect("a state's own records load");
    assert_eq!(loaded.digest(), state.digest());
    let broken = invariants::check(&loaded);
    assert!(broken.is_empty(), "{broken:?} after loading");
}

fn marked(command: Command, key: u128) -> Request {
    let mark = (key > 0).then_some(Idempotency { key, fingerprint: key, minted: false });
    Request { actor: Actor::Key(KeyId(1)), idempotency: mark, command }
}

/// One of each kind, made for [`house`].
fn commands_to_try() -> Vec<Command> {
    let details = || showtime_details(&small_plan());
    let best = |quantity, accessible| {
        let best = BestAvailable {
            quantity,
            tier: None,
            section: None,
            accessible,
            spread: 5,
            pick: vec![2, 3],
            types: Vec::new(),
        };
        PlaceHold { best: Some(best), ..hold_of(9) }
    };
    let tickets = AreaTickets { area: 0, quantity: 3, ticket_type: None };
    let hold_areas = PlaceHold { areas: vec![tickets], voucher: Some("friend".into()), ..hold_of(10) };
    let organization = Some(SHOP);
    let mut strict = details();
    strict.orphan_rule = OrphanRule::Strict;
    let mut second = small_plan();
    second.id = PlanId(2);
    second.index();
    vec![
        Command::Tick,
        Command::RaiseRulesVersion(2),
        Command::CreateOrganization(booking::command::CreateOrganization {
            id: booking::ids::OrganizationId(2),
            name: "Rival".into(),
        }),
        create_key(),
        Command::RevokeApiKey(RevokeApiKey { organization: SHOP, id: KeyId(1) }),
        Command::CreateVenue(booking::command::CreateVenue {
            id: VenueId(2),
            organization: SHOP,
            details: venue_details(),
        }),
        Command::UpdateVenue(UpdateVenue { organization: SHOP, id: VenueId(1), expected: 1, details: venue_details() }),
        Command::DeleteVenue(DeleteVenue { organization: SHOP, id: VenueId(2) }),
        Command::ImportPlan(std::sync::Arc::new(second)),
        Command::CreateEvent(booking::command::CreateEvent {
            id: EventId(2),
            organization: SHOP,
            details: event_details(),
        }),
        Command::UpdateEvent(UpdateEvent { organization: SHOP, id: EventId(1), expected: 1, details: event_details() }),
        Command::DeleteEvent(DeleteEvent { organization: SHOP, id: EventId(2) }),
        place_hold(3, SHOWTIME, PLAN, &[2, 3]),
        Command::PlaceHold(best(2, 0)),
        Command::PlaceHold(best(1, 1)),
        Command::PlaceHold(hold_areas),
        Command::ExtendHold(ExtendHold { id: HoldId(2), organization }),
        Command::ReleaseHold(ReleaseHold { id: HoldId(2), organization: None }),
        sell(2, 2),
        block(),
        Command::UnblockPlaces(UnblockPlaces { organization: SHOP, showtime: SHOWTIME, id: BlockId(1) }),
        Command::CreateShowtime(Box::new(booking::command::CreateShowtime {
            id: ShowtimeId(2),
            organization: SHOP,
            event: EventId(1),
            details: strict,
            plan: None,
        })),
        Command::UpdateShowtime(Box::new(UpdateShowtime {
            organization: SHOP,
            id: SHOWTIME,
            expected: 1,
            details: details(),
        })),
    ]
}

/// What concerns prices: a place of the block by its voucher, a type that is not there, staff's changes.
fn of_prices() -> Vec<Command> {
    vec![
        Command::PlaceHold(PlaceHold { seats: vec![11], voucher: Some("FRIEND".into()), ..hold_of(11) }),
        Command::PlaceHold(PlaceHold {
            seats: vec![5],
            types: vec![SeatType { seat: 5, ticket_type: "child".into() }],
            ..hold_of(12)
        }),
        voucher(2, "press"),
        Command::UpdateVoucher(Box::new(UpdateVoucher {
            organization: SHOP,
            id: VoucherId(1),
            expected: 1,
            details: Box::new(voucher_details()),
        })),
        Command::DeleteVoucher(DeleteVoucher { organization: SHOP, id: VoucherId(1) }),
    ]
}

fn hold_of(id: u128) -> PlaceHold {
    crate::house::hold_of(id, SHOWTIME, PLAN)
}

pub(crate) fn command_seeds() -> Vec<Vec<u8>> {
    let sequence = |flags: u8, commands: &[Command], passed: u8, key: u128| {
        let mut seed = vec![flags];
        for command in commands {
            seed.push(passed);
            put_counted(&mut seed, &raft::fuzz::request_bytes(&marked(command.clone(), key)));
        }
        seed
    };
    let mut all = commands_to_try();
    all.extend(of_prices());
    let mut seeds: Vec<Vec<u8>> = all.iter().map(|command| sequence(0, std::slice::from_ref(command), 1, 0)).collect();
    // Twice under one key; expiry between; from an empty house; all of it.
    seeds.push(sequence(0, &[all[12].clone(), all[12].clone(), all[16].clone(), all[17].clone()], 2, 7));
    seeds.push(sequence(0, &[all[12].clone(), Command::Tick, sell(4, 3), all[13].clone()], 60, 0));
    let plan = Command::ImportPlan(std::sync::Arc::new(small_plan()));
    let mut show = all[21].clone();
    if let Command::CreateShowtime(create) = &mut show {
        create.id = SHOWTIME;
    }
    seeds.push(sequence(1, &[plan, show, all[12].clone(), sell(2, 3), all[19].clone(), all[20].clone()], 0, 0));
    seeds.push(sequence(0, &all, 0, 0));
    seeds
}

/// Records in any number and order: refused, or a state that stores and loads as what it is, and a backup of it too.
pub(crate) fn records(bytes: &[u8]) {
    let mut input = Input(bytes);
    let mut all = Vec::new();
    while !input.is_empty() {
        all.push(input.counted());
    }
    let loaded = within((16 << 20) + 64 * bytes.len(), || raft::fuzz::records(all.iter().copied()));
    let Some(state) = loaded else { return };
    let file = scratch().join("backup");
    let header = storage::SnapshotHeader {
        last: storage::LogId { term: 1, node: 1, index: 9 },
        digest: state.digest(),
        extra: raft::fuzz::no_membership(),
        received: false,
    };
    let mut writer = storage::snapshots::create_file(&file, header).unwrap();
    for record in &all {
        writer.write_record(record).unwrap();
    }
    assert!(writer.finish(|_| true).unwrap());
    assert!(raft::fuzz::backup(&file), "a backup of what loads is restored");
}

pub(crate) fn record_seeds() -> Vec<Vec<u8>> {
    let mut marked_house = house().clone();
    let mark = Idempotency { key: 5, fingerprint: 5, minted: false };
    marked_house.apply(place_hold(3, SHOWTIME, PLAN, &[4]), Some(mark));
    let all = raft::fuzz::record_bytes(&marked_house.state);
    let join = |records: &[Vec<u8>]| {
        let mut seed = Vec::new();
        for record in records {
            put_counted(&mut seed, record);
        }
        seed
    };
    let mut seeds: Vec<Vec<u8>> = all.iter().map(|record| join(std::slice::from_ref(record))).collect();
    seeds.push(join(&all));
    // Times that no clock shows.
    let placed = marked_house.state.hold(HoldId(2)).unwrap();
    for (state, at_ms) in [(HoldState::Released, Some(u64::MAX)), (HoldState::Expired, None)] {
        let hold = Hold { state, ended_at_ms: at_ms, expires_at_ms: u64::MAX, ..(**placed).clone() };
        let record = Record::Hold(std::sync::Arc::new(hold));
        seeds.push(join(&[raft::fuzz::record(&RecordKey::Hold(HoldId(2)), &record)]));
    }
    seeds.push(join(&raft::fuzz::record_bytes(&House::new().state)));
    seeds
}

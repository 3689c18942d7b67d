//! Random commands from a seed through `State::apply`, against promises that hold whatever is asked.
//! A failure prints its seed; `BOOKING_SEED=<n>` replays it, `BOOKING_SEEDS=<n>` runs so many.

use std::collections::BTreeMap;
use std::sync::Arc;

use booking::catalogue::{EventState, OrphanRule, ShowtimeState};
use booking::command::{
    AddImage, AreaQuantity, AreaTickets, BestAvailable, BlockPlaces, CreateApiKey, CreateEvent, CreateOrganization,
    CreateShowtime, CreateShowtimes, CreateVenue, DeleteEvent, DeleteVenue, ExtendHold, PlaceHold, ReleaseHold,
    RevokeApiKey, ShowtimeTimes, UnblockPlaces, UpdateEvent, UpdateShowtime, UpdateVenue,
};
use booking::ids::{BlockId, EventId, HoldId, ImageId, KeyId, OrderId, OrganizationId, PlanId, ShowtimeId, VenueId};
use booking::images::{EventImage, ImageFile};
use booking::inventory::PlaceState;
use booking::keys::Scope;
use booking::orders::{OrderState, TicketPlace};
use booking::payments::OnlineState;
use booking::plan::{Plan, attribute};
use booking::{
    Actor, Applied, Change, Command, Idempotency, Loader, Position, Proposal, Record, RecordKey, Rejection, Reply,
    Request, State, best_available, invariants,
};

mod accounts;
mod money;
mod paying;
mod showtimes;

use super::house::{
    AreaOf, CURTAIN_MS, MIDNIGHT_MS, RowOf, SHOP, event_details, plan, showtime_details, venue_details,
};

const RIVAL: OrganizationId = OrganizationId(2);
const STEPS: u32 = 3_000;
/// Full scans are dear: one in so many steps.
const SCANNED_EACH: u32 = 60;

/// `SplitMix64`: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// Names the numbered ids of a run: small, so that a random one often hits.
fn some_id(dice: &mut Dice, made: u128) -> u128 {
    let recent = 1 + u128::from(dice.below(40));
    made.saturating_sub(recent) + 1
}

/// What was asked so far, to ask for things that exist, and to ask again.
struct Asker {
    dice: Dice,
    made: u128,
    sent: Vec<Request>,
}

impl Asker {
    /// Most often one of the last few holds that was asked for, whatever became of it.
    fn some_hold(&mut self) -> HoldId {
        let asked = |r: &Request| if let Command::PlaceHold(c) = &r.command { Some(c.id) } else { None };
        let back = self.dice.below(6) as usize;
        let recent = self.sent.iter().rev().filter_map(asked).nth(back).filter(|_| !self.dice.one_in(5));
        recent.unwrap_or_else(|| HoldId(some_id(&mut self.dice, self.made)))
    }

    fn organization(&mut self) -> OrganizationId {
        if self.dice.one_in(8) { RIVAL } else { SHOP }
    }

    fn caller(&mut self) -> Option<OrganizationId> {
        if self.dice.one_in(3) { Some(self.organization()) } else { None }
    }

    fn showtime(&mut self) -> ShowtimeId {
        ShowtimeId(u128::from(1 + self.dice.below(4)))
    }

    fn seats(&mut self, state: &State, showtime: ShowtimeId) -> Vec<u32> {
        let seats = state.inventory(showtime).map_or(1, |i| i.plan().seats.len() as u64);
        let first = self.dice.below(seats + 1) as u32;
        let n = self.dice.below(5) as u32;
        let mut chosen: Vec<u32> = (first..first + n).collect();
        if self.dice.one_in(6) {
            chosen.push(self.dice.below(seats) as u32);
        }
        chosen
    }

    fn areas(&mut self) -> Vec<AreaQuantity> {
        if !self.dice.one_in(4) {
            return Vec::new();
        }
        let n = self.dice.below(3);
        (0..n).map(|_| AreaQuantity { area: self.dice.below(3) as u16, quantity: self.dice.below(9) as u32 }).collect()
    }

    fn plan_of(&mut self, state: &State, showtime: ShowtimeId) -> PlanId {
        let known = state.showtime(showtime).map_or(PlanId(1), |s| s.details.plan);
        if self.dice.one_in(40) { PlanId(99) } else { known }
    }

    fn hold(&mut self, state: &State) -> Command {
        let showtime = self.showtime();
        let mut c = PlaceHold {
            id: HoldId(self.made),
            showtime,
            plan: self.plan_of(state, showtime),
            seats: Vec::new(),
            best: None,
            areas: Vec::new(),
            types: Vec::new(),
            voucher: self.dice.code(),
        };
        for AreaQuantity { area, quantity } in self.areas() {
            c.areas.push(AreaTickets { area, quantity, ticket_type: self.dice.ticket_type() });
        }
        if self.dice.one_in(3) {
            let quantity = self.dice.below(6) as u32;
            let mut best = BestAvailable {
                quantity,
                tier: self.dice.one_in(5).then(|| self.dice.of(&["front", "back", "no such tier"]).into()),
                section: self.dice.one_in(5).then(|| self.dice.below(4) as u16),
                accessible: u32::from(self.dice.one_in(5)),
                spread: self.dice.below(40) as u32,
                pick: Vec::new(),
                types: self.dice.best_types(quantity),
            };
            // Sometimes the pick is stale or nonsense: another node's view of a moment ago.
            if let (Some(inventory), Some(of)) = (state.inventory(showtime), state.showtime(showtime)) {
                best.pick = if self.dice.one_in(4) {
                    self.seats(state, showtime)
                } else {
                    best_available::pick(inventory, of, &best, &c.seats)
                };
            }
            c.best = Some(best);
        } else {
            c.seats = self.seats(state, showtime);
            c.types = self.dice.seat_types(&c.seats);
        }
        if self.dice.one_in(6) {
            self.open_block(state, &mut c);
        }
        Command::PlaceHold(c)
    }

    fn blocks(&mut self, state: &State) -> Command {
        let showtime = self.showtime();
        if self.dice.one_in(2) {
            let id = BlockId(some_id(&mut self.dice, self.made));
            let id = state.blocks_of(showtime).next().filter(|_| self.dice.one_in(2)).map_or(id, |b| b.id);
            return Command::UnblockPlaces(UnblockPlaces { organization: self.organization(), showtime, id });
        }
        Command::BlockPlaces(BlockPlaces {
            id: BlockId(self.made),
            organization: self.organization(),
            showtime,
            plan: self.plan_of(state, showtime),
            seats: self.seats(state, showtime),
            areas: self.areas(),
            reason: "camera".into(),
        })
    }

    fn some_image(&mut self) -> ImageId {
        ImageId(u128::from(self.dice.below(6)))
    }

    fn catalogue(&mut self, state: &State) -> Command {
        let organization = self.organization();
        // Event 1 stays: all showtimes are of it.
        let (venue, event) = (VenueId(u128::from(self.dice.below(5))), EventId(u128::from(2 + self.dice.below(5))));
        let mut title = event_details();
        let shown = self.dice.below(4);
        title.images = (0..shown).map(|_| EventImage { image: self.some_image(), alt: "a stage".into() }).collect();
        title.state = self.dice.of(&[EventState::Draft, EventState::Published, EventState::Archived]);
        match self.dice.below(10) {
            0 => Command::CreateVenue(CreateVenue { id: venue, organization, details: venue_details() }),
            1 => {
                let expected = state.venue(venue).map_or(0, |v| v.version);
                Command::UpdateVenue(UpdateVenue { organization, id: venue, expected, details: venue_details() })
            }
            2 => Command::DeleteVenue(DeleteVenue { organization, id: venue }),
            3 => Command::CreateEvent(CreateEvent { id: event, organization, details: title }),
            4 => {
                let expected = state.event(event).map_or(0, |e| e.version);
                Command::UpdateEvent(UpdateEvent { organization, id: event, expected, details: title })
            }
            5 => Command::DeleteEvent(DeleteEvent { organization, id: event }),
            6 => Command::CreateApiKey(CreateApiKey {
                id: KeyId(self.made),
                organization,
                name: "key".into(),
                scopes: vec![Scope::Sell, Scope::Read, Scope::Sell],
                hash: [self.dice.below(250) as u8; 32],
                expires_at_ms: None,
            }),
            7 | 8 => {
                let file = |width| ImageFile { hash: [self.dice.below(5) as u8; 32], width, height: 9, bytes: 9 };
                let files = [320, 640].map(file).to_vec();
                Command::AddImage(AddImage { id: self.some_image(), organization, files, color: [1, 2, 3] })
            }
            _ => Command::RevokeApiKey(RevokeApiKey { organization, id: KeyId(some_id(&mut self.dice, self.made)) }),
        }
    }

    /// The next request: often a new one, sometimes one of before, sometimes another under an old mark.
    fn next(&mut self, state: &State) -> Request {
        if !self.sent.is_empty() && self.dice.one_in(12) {
            let back = self.dice.below(60.min(self.sent.len() as u64)) as usize;
            let mut again = self.sent[self.sent.len() - 1 - back].clone();
            if self.dice.one_in(6)
                && let Some(mark) = &mut again.idempotency
            {
                mark.fingerprint ^= 1;
            }
            return again;
        }
        self.made += 1;
        let command = match self.dice.below(28) {
            0..=7 => self.hold(state),
            8 | 9 => Command::ExtendHold(ExtendHold { id: self.some_hold(), organization: self.caller() }),
            10..=12 => Command::ReleaseHold(ReleaseHold { id: self.some_hold(), organization: self.caller() }),
            13..=15 => self.order(),
            20..=25 => self.paying(state),
            26 | 27 => self.accounts(state),
            16 => self.blocks(state),
            17 => self.showtimes(state),
            18 if self.dice.one_in(2) => self.vouchers(state),
            18 => self.catalogue(state),
            _ => Command::Tick,
        };
        let idempotency = (!self.dice.one_in(4)).then(|| Idempotency {
            key: u128::from(self.dice.next()) << 64 | self.made,
            fingerprint: 7,
            minted: self.dice.one_in(4),
        });
        let request = Request { actor: Actor::Buyer, idempotency, command };
        self.sent.push(request.clone());
        request
    }
}

/// Whose a place is, as an observer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Hold(HoldId),
    Order(OrderId),
}

/// What an observer outside knows from replies and changes, and from reading the orders that changed.
#[derive(Default)]
struct Observer {
    owners: BTreeMap<(ShowtimeId, u32), Owner>,
    map: BTreeMap<(ShowtimeId, u32), PlaceState>,
    answers: BTreeMap<u128, Result<Reply, Rejection>>,
    copy: BTreeMap<RecordKey, Record>,
    /// The plan of each showtime, as it was last.
    plans: BTreeMap<ShowtimeId, PlanId>,
}

impl Observer {
    fn see(&mut self, state: &State, request: &Request, applied: &Applied) {
        for change in &applied.changes {
            match change {
                Change::SeatsChanged { showtime, seats } => {
                    for (seat, now) in seats {
                        self.map.insert((*showtime, *seat), *now);
                    }
                }
                Change::HoldReleased(id) | Change::HoldExpired(id) => {
                    self.owners.retain(|_, owner| *owner != Owner::Hold(*id));
                }
                Change::OrderChanged(id) => self.order_changed(state, *id),
                Change::AreaChanged { .. }
                | Change::HoldPlaced(_)
                | Change::HoldExtended(_)
                | Change::OrderPaid(_)
                | Change::AttendanceChanged(_)
                | Change::TaskAdded(_)
                | Change::TaskChanged(_)
                | Change::TaskEnded(_)
                | Change::VenueChanged(_)
                | Change::PlanImported(_)
                | Change::EventChanged(_)
                | Change::ShowtimeChanged(_)
                | Change::ApiKeyChanged(_)
                | Change::OrganizationCreated(_)
                | Change::ImageAdded(_)
                | Change::ImageForgotten(_)
                | Change::VoucherChanged(_)
                | Change::ShowtimeCancelled(_)
                | Change::ShowtimePostponed(_)
                | Change::ShowtimeMoved { .. }
                | Change::UserChanged(_)
                | Change::SessionChanged(_)
                | Change::MailWritten(_) => {}
                Change::PlanChanged(id) => self.plan_changed(state, *id),
            }
        }
        self.plans.extend(state.showtimes().map(|s| (s.id, s.details.plan)));
        if applied.replayed {
            assert!(applied.changes.is_empty(), "a repeat changed something: {applied:?}");
            let mark = request.idempotency.unwrap();
            assert_eq!(self.answers.get(&mark.key), Some(&applied.reply), "a repeat got another answer");
            return self.copy_touched(state, applied);
        }
        if let Some(mark) = request.idempotency
            && !matches!(applied.reply, Err(Rejection::PlanChanged | Rejection::IdempotencyKeyReused))
        {
            self.answers.insert(mark.key, applied.reply.clone());
        }
        match (&request.command, &applied.reply) {
            (Command::PlaceHold(_), Ok(Reply::Hold(hold))) => {
                for seat in &hold.places.seats {
                    let place = (hold.showtime, seat.seat);
                    assert_eq!(self.owners.insert(place, Owner::Hold(hold.id)), None, "{place:?} was held twice");
                }
            }
            (_, Err(_)) => Self::assert_only_time_passed(applied),
            (_, Ok(_)) => {}
        }
        self.copy_touched(state, applied);
    }

    /// Whoever had a seat has the seat with the same id, and the states are as they were.
    fn plan_changed(&mut self, state: &State, showtime: ShowtimeId) {
        let old = state.plan(self.plans[&showtime]).unwrap();
        let new = state.plan(state.showtime(showtime).unwrap().details.plan).unwrap();
        let to = |(of, seat): (ShowtimeId, u32)| {
            (of, if of == showtime { new.seat_number(&old.seats[seat as usize].id).unwrap() } else { seat })
        };
        self.map.retain(|(of, _), now| *of != showtime || *now != PlaceState::Free);
        self.map = std::mem::take(&mut self.map).into_iter().map(|(place, now)| (to(place), now)).collect();
        self.owners = std::mem::take(&mut self.owners).into_iter().map(|(place, hold)| (to(place), hold)).collect();
    }

    /// A seat goes from its hold to its order, from nobody to an order that takes it again, and never to a second owner.
    fn order_changed(&mut self, state: &State, id: OrderId) {
        let order = state.order(id).unwrap();
        self.owners.retain(|_, owner| *owner != Owner::Order(id));
        for (part, index) in order.parts.iter().zip(0_u16..) {
            let sold = order.tickets.iter().filter(|t| t.part == index && t.is_valid());
            let sold: Vec<TicketPlace> = sold.map(|t| t.place).collect();
            let owns = |seat| match order.owns() {
                Some(PlaceState::Held) => true,
                Some(_) => sold.contains(&TicketPlace::Seat(seat)),
                None => false,
            };
            for seat in part.places.seats.iter().filter(|s| owns(s.seat)) {
                let place = (part.showtime, seat.seat);
                let before = self.owners.insert(place, Owner::Order(id));
                let right = before.is_none() || before == Some(Owner::Hold(part.hold));
                assert!(right, "{place:?} of {id} was {before:?}'s");
            }
        }
    }

    /// A refusal changes nothing but what time alone had decided.
    fn assert_only_time_passed(applied: &Applied) {
        let over = |c: &&Change| matches!(c, Change::HoldExpired(_) | Change::OrderChanged(_));
        let expired = applied.changes.iter().filter(over).count();
        for change in &applied.changes {
            let of_order = matches!(change, Change::OrderChanged(_) | Change::TaskAdded(_) | Change::TaskEnded(_));
            let freed = of_order
                || matches!(change, Change::AreaChanged { .. } | Change::HoldExpired(_))
                || matches!(change, Change::SeatsChanged { seats, .. }
                    if seats.iter().all(|(_, now)| matches!(now, PlaceState::Free | PlaceState::Blocked)));
            assert!(freed && expired > 0, "a refusal changed {change:?}");
        }
    }

    /// Keeps a copy of the records as the write-behind does: by the touched keys alone.
    fn copy_touched(&mut self, state: &State, applied: &Applied) {
        for key in &applied.touched {
            match state.record(key) {
                Some(record) => self.copy.insert(*key, record),
                None => self.copy.remove(key),
            };
        }
    }

    fn assert_equals(&self, state: &State) {
        let mut records = BTreeMap::new();
        state.records(&mut |key, record| assert!(records.insert(key, record).is_none(), "{key:?} twice"));
        assert_eq!(records.len(), self.copy.len());
        for (key, record) in &records {
            assert_eq!(self.copy.get(key), Some(record), "{key:?} was not touched");
        }
        for showtime in state.showtimes() {
            for (seat, cell) in state.inventory(showtime.id).unwrap().seats().enumerate() {
                let shown = self.map.get(&(showtime.id, seat as u32)).copied().unwrap_or(PlaceState::Free);
                assert_eq!(shown, cell.state(), "the changes left seat {seat} of {} behind", showtime.id);
            }
        }
    }

    /// A state made of the copied records, put in in a shuffled order.
    fn load(&self, dice: &mut Dice) -> State {
        let mut records: Vec<_> = self.copy.iter().collect();
        for i in (1..records.len()).rev() {
            records.swap(i, dice.below(i as u64 + 1) as usize);
        }
        let mut loader = Loader::new();
        for (key, record) in records {
            loader.put(*key, record.clone()).unwrap();
        }
        loader.finish().unwrap()
    }
}

fn furnish(state: &mut State, observer: &mut Observer) -> u64 {
    let special = [(attribute::WHEELCHAIR, vec![1, 9]), (attribute::COMPANION, vec![2, 8])];
    let rows = |front| {
        [
            RowOf { section: "stalls", label: "A", seats: front, category: "front", gap: Some(5), special: &[] },
            RowOf { section: "stalls", label: "B", seats: 12, category: "front", gap: None, special: &[] },
            RowOf { section: "circle", label: "C", seats: 9, category: "back", gap: None, special: &special },
        ]
    };
    let areas =
        [AreaOf { id: "floor", category: "back", capacity: 30 }, AreaOf { id: "bar", category: "front", capacity: 6 }];
    let owner = (SHOP, VenueId(100));
    let organization = |id, name: &str| Command::CreateOrganization(CreateOrganization { id, name: name.into() });
    let commands = [
        organization(SHOP, "Shop"),
        organization(RIVAL, "Rival"),
        Command::CreateVenue(CreateVenue { id: VenueId(100), organization: SHOP, details: venue_details() }),
        Command::CreateEvent(CreateEvent { id: EventId(1), organization: SHOP, details: event_details() }),
        Command::ImportPlan(Arc::new(plan(PlanId(1), owner, &rows(10), &areas))),
        Command::ImportPlan(Arc::new(plan(PlanId(2), owner, &rows(7), &areas))),
    ];
    let mut index = 0;
    for command in commands {
        index += 1;
        let request = Request { actor: Actor::Node, idempotency: None, command };
        let proposal = Proposal { at_ms: MIDNIGHT_MS, request };
        let applied = state.apply(Position { index, offset: 0 }, &proposal);
        assert!(applied.reply.is_ok(), "{applied:?}");
        observer.see(state, &proposal.request, &applied);
    }
    index
}

/// What became of the requests, so that the test can say that it tested something.
#[derive(Default, Debug)]
struct Tally {
    holds: u32,
    orders: u32,
    expired: u32,
    refused: u32,
    replayed: u32,
    blocks: u32,
    vouchers: u32,
    from_blocks: u32,
    paid: BTreeMap<(OrderState, Option<OnlineState>), u32>,
    why: BTreeMap<String, u32>,
}

impl Tally {
    fn add(&mut self, applied: &Applied) {
        self.replayed += u32::from(applied.replayed);
        self.expired += applied.changes.iter().filter(|c| matches!(c, Change::HoldExpired(_))).count() as u32;
        match &applied.reply {
            Ok(Reply::Hold(hold)) => {
                self.holds += 1;
                self.vouchers += u32::from(hold.places.voucher().is_some());
                self.from_blocks += u32::from(hold.from_block.is_some());
            }
            Ok(Reply::Order(order)) => {
                self.orders += 1;
                *self.paid.entry((order.state, order.online().map(|o| o.state))).or_default() += 1;
            }
            Ok(Reply::Block(_)) => self.blocks += 1,
            Ok(_) => {}
            Err(why) => {
                self.refused += 1;
                *self.why.entry(format!("{why:?}").chars().take(60).collect()).or_default() += 1;
            }
        }
    }
}

fn run(seed: u64) -> Tally {
    let mut observer = Observer::default();
    let mut first = State::default();
    let mut index = furnish(&mut first, &mut observer);
    let mut second = first.clone();
    let mut asker = Asker { dice: Dice(seed), made: 1_000, sent: Vec::new() };
    let mut kept: Option<(State, u128)> = None;
    let mut now_ms = MIDNIGHT_MS;
    let mut tally = Tally::default();
    for step in 0..STEPS {
        now_ms += if asker.dice.one_in(30) { asker.dice.below(120_000) } else { asker.dice.below(2_000) };
        // A leader with a clock behind: the state's time may not go back with it.
        let at_ms = if asker.dice.one_in(20) { now_ms.saturating_sub(50_000) } else { now_ms.min(CURTAIN_MS - 1) };
        let request = asker.next(&first);
        index += u64::from(!asker.dice.one_in(3));
        let at = Position { index, offset: step % 4_096 };
        let before_ms = first.now_ms();
        let proposal = Proposal { at_ms, request };
        let applied = first.apply(at, &proposal);
        assert_eq!(applied, second.apply(at, &proposal), "seed {seed}, step {step}: replicas answer differently");
        assert_eq!(first.digest(), second.digest(), "seed {seed}, step {step}: replicas differ");
        assert!(first.now_ms() >= before_ms);
        tally.add(&applied);
        observer.see(&first, &proposal.request, &applied);
        if step % SCANNED_EACH == 0 {
            assert_eq!(invariants::check(&first), Vec::<String>::new(), "seed {seed}, step {step}");
            observer.assert_equals(&first);
            if let Some((snapshot, digest)) = kept.take() {
                assert_eq!(snapshot.digest(), digest, "a snapshot changed");
                assert_eq!(invariants::check(&snapshot), Vec::<String>::new(), "a snapshot changed");
            }
            kept = Some((first.clone(), first.digest()));
            // From here on the second replica is one that was restarted from its stored records.
            second = observer.load(&mut asker.dice);
            assert_eq!(second.digest(), first.digest(), "seed {seed}, step {step}: loading lost something");
            assert_eq!(invariants::check(&second), Vec::<String>::new(), "seed {seed}, step {step}: loaded");
        }
    }
    tally
}

#[expect(clippy::disallowed_methods, reason = "a test's own settings, not the rules'")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Prints the seed of a run that panics.
struct Seed(u64);

impl Drop for Seed {
    #[expect(clippy::print_stderr, reason = "says how to replay a failure")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay with BOOKING_SEED={}", self.0);
        }
    }
}

#[test]
fn no_seat_has_two_owners_and_replicas_agree() {
    let seeds = match setting("BOOKING_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..1 + setting("BOOKING_SEEDS").unwrap_or(8),
    };
    let (mut all, many) = (Tally::default(), seeds.clone().count() >= 8);
    for seed in seeds {
        let _seed = Seed(seed);
        let tally = run(seed);
        all.vouchers += tally.vouchers;
        all.from_blocks += tally.from_blocks;
        for (state, n) in &tally.paid {
            *all.paid.entry(*state).or_default() += n;
        }
        let enough = tally.holds > 50 && tally.orders > 2 && tally.expired > 5 && tally.replayed > 5;
        assert!(enough && tally.refused > 50 && tally.blocks > 5, "seed {seed} tested too little: {tally:?}");
    }
    assert!(!many || all.paid.len() >= 14, "too few ways of a payment were gone: {:?}", all.paid);
    assert!(!many || (all.vouchers > 100 && all.from_blocks > 20), "too few vouchers were used: {all:?}");
}

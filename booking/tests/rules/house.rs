//! A house to test in: plans made of a few words, and the details that staff would enter. Not a test itself.

use std::sync::Arc;

use booking::catalogue::{
    EventDetails, EventState, OrphanRule, ShowtimeDetails, ShowtimeState, VenueDetails, Visibility,
};
use booking::command::{CreateEvent, CreateOrganization, CreateShowtime, CreateVenue, Pay, PlaceHold, PlaceOrder};
use booking::ids::{EventId, HoldId, OrderId, OrganizationId, PlanId, ShowtimeId, VenueId};
use booking::orders::Buyer;
use booking::plan::{Area, Category, Plan, Point, Row, Run, Seat, Section};
use booking::prices::{PriceTier, Prices, TicketType};
use booking::refunds::RefundRule;
use booking::{Actor, Applied, Command, Idempotency, Position, Proposal, Request, State};

/// The organization that owns the first things.
pub(crate) const SHOP: OrganizationId = OrganizationId(1);
/// Midnight of the tests, in ms.
pub(crate) const MIDNIGHT_MS: u64 = 1_800_000_000_000;
/// Begins long after everything else here.
pub(crate) const CURTAIN_MS: u64 = MIDNIGHT_MS + 100 * 86_400_000;

/// A row of a plan in a few words.
#[derive(Clone, Copy)]
pub(crate) struct RowOf<'a> {
    pub(crate) section: &'a str,
    pub(crate) label: &'a str,
    pub(crate) seats: u32,
    pub(crate) category: &'a str,
    /// A gap after the so many-th seat: no neighbours across it.
    pub(crate) gap: Option<u32>,
    /// Attribute bits and the numbers of the seats that have them, for each.
    pub(crate) special: &'a [(u8, Vec<u32>)],
}

/// An area of a plan in a few words.
#[derive(Clone, Copy)]
pub(crate) struct AreaOf<'a> {
    pub(crate) id: &'a str,
    pub(crate) category: &'a str,
    pub(crate) capacity: u32,
}

fn position<T>(all: &mut Vec<T>, is: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> u16 {
    let at = all.iter().position(is).unwrap_or_else(|| {
        all.push(make());
        all.len() - 1
    });
    at as u16
}

/// A plan of these rows (seat ids are `<row>-<number>`) and areas, seen from the middle of its first row.
pub(crate) fn plan(id: PlanId, owner: (OrganizationId, VenueId), rows: &[RowOf], areas: &[AreaOf]) -> Plan {
    let (mut categories, mut sections) = (Vec::<Category>::new(), Vec::<Section>::new());
    let mut category = |name: &str| {
        let make = || Category { name: name.into(), color: "#888888".into(), extra: "".into() };
        position(&mut categories, |c| &*c.name == name, make)
    };
    let mut section = |name: &str| {
        let make = || Section { id: name.into(), name: name.into(), extra: "".into() };
        position(&mut sections, |s| &*s.id == name, make)
    };
    let (mut seats, mut plan_rows, mut runs) = (Vec::new(), Vec::new(), Vec::new());
    for (r, row) in rows.iter().enumerate() {
        let first = seats.len() as u32;
        plan_rows.push(Row {
            section: section(row.section),
            label: row.label.into(),
            first,
            len: row.seats,
            extra: "".into(),
        });
        for n in 1..=row.seats {
            seats.push(Seat {
                id: format!("{}-{n}", row.label).into(),
                number: n.to_string().into(),
                row: r as u32,
                category: category(row.category),
                attributes: row.special.iter().filter(|(_, all)| all.contains(&n)).fold(0, |bits, (bit, _)| bits | bit),
                at: Point { x_milli: n.cast_signed() * 500, y_milli: (r as u32).cast_signed() * 900 },
                extra: "".into(),
            });
        }
        let split = row.gap.unwrap_or(row.seats);
        runs.push(Run { first, len: split });
        if split < row.seats {
            runs.push(Run { first: first + split, len: row.seats - split });
        }
    }
    let areas = areas.iter().map(|area| Area {
        id: area.id.into(),
        name: area.id.into(),
        section: section("floor"),
        category: Some(category(area.category)),
        capacity: area.capacity,
        shape: "".into(),
    });
    let areas = areas.collect();
    let middle = rows.first().map_or(0, |row| row.seats.cast_signed() * 250);
    let mut plan = Plan {
        id,
        organization: owner.0,
        venue: owner.1,
        name: "plan".into(),
        hash: [7; 32],
        size: Point { x_milli: 50_000, y_milli: 50_000 },
        focal_point: Point { x_milli: middle, y_milli: -900 },
        categories,
        sections,
        rows: plan_rows,
        seats,
        areas,
        runs,
        by_id: Vec::new(),
        extra: "".into(),
        created_at_ms: 0,
    };
    plan.index();
    plan
}

/// 20,000 seats in 20 sections of 40 rows, and 6,000 standing places: an arena.
pub(crate) fn arena(id: PlanId) -> Plan {
    let names: Vec<(String, String)> =
        (0..800).map(|r| (format!("S{}", r / 40), format!("S{}R{}", r / 40, r % 40))).collect();
    let rows: Vec<RowOf> = names
        .iter()
        .map(|(section, label)| RowOf { section, label, seats: 25, category: "seat", gap: None, special: &[] })
        .collect();
    plan(id, (SHOP, VenueId(1)), &rows, &[AreaOf { id: "floor", category: "standing", capacity: 6_000 }])
}

pub(crate) fn venue_details() -> VenueDetails {
    VenueDetails {
        name: "House".into(),
        address: "Hill 1".into(),
        city: "Town".into(),
        country: "DE".into(),
        zone: "Europe/Berlin".into(),
        geo: Some((52_500_000, 13_400_000)),
    }
}

pub(crate) fn event_details() -> EventDetails {
    EventDetails {
        title: "Play".into(),
        summary: "".into(),
        description: "".into(),
        category: "theatre".into(),
        tags: vec!["new".into()],
        languages: vec!["de".into()],
        age_limit: Some(12),
        images: Vec::new(),
        accessibility: "lift".into(),
        visibility: Visibility::Public,
        refunds: Some(RefundRule { until_before_start_ms: 3_600_000, keeps_fees: false }),
        state: EventState::Published,
    }
}

/// A showtime on sale, one tier of 45.00 plus 2.50 fees for each category of the plan.
pub(crate) fn showtime_details(plan: &Plan) -> ShowtimeDetails {
    let tiers = plan.categories.iter().map(|category| PriceTier {
        id: category.name.clone(),
        name: category.name.clone(),
        fees: 250,
        categories: vec![category.name.clone()],
        types: vec![TicketType::unnamed(4_500)],
    });
    ShowtimeDetails {
        plan: plan.id,
        starts_at_ms: CURTAIN_MS,
        ends_at_ms: None,
        zone: "Europe/Berlin".into(),
        on_sale_from_ms: None,
        on_sale_until_ms: None,
        hold_ttl_ms: 300_000,
        max_extensions: 1,
        payment_time_ms: 600_000,
        max_places_per_order: 10,
        orphan_rule: OrphanRule::Off,
        orphan_rule_until_percent: 90,
        currency: "EUR".parse().unwrap(),
        prices: Arc::new(Prices { tiers: tiers.collect(), fees: Vec::new(), taxes: Vec::new() }),
        state: ShowtimeState::OnSale,
        reason: "".into(),
    }
}

/// A hold of nothing yet.
pub(crate) fn hold_of(id: u128, showtime: ShowtimeId, plan: PlanId) -> PlaceHold {
    let (seats, areas, types) = (Vec::new(), Vec::new(), Vec::new());
    PlaceHold { id: HoldId(id), showtime, plan, seats, best: None, areas, types, voucher: None }
}

pub(crate) fn place_hold(id: u128, showtime: ShowtimeId, plan: PlanId, seats: &[u32]) -> Command {
    let seats = seats.to_vec();
    Command::PlaceHold(PlaceHold { seats, ..hold_of(id, showtime, plan) })
}

pub(crate) fn sell(id: u128, hold: u128) -> Command {
    Command::PlaceOrder(Box::new(PlaceOrder {
        id: OrderId(id),
        organization: Some(SHOP),
        holds: vec![HoldId(hold)],
        buyer: Buyer::default(),
        pay: Pay::Cash,
        voucher: None,
    }))
}

/// A state with its log position: what raft would be.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) state: State,
    pub(crate) index: u64,
    pub(crate) now_ms: u64,
}

impl House {
    /// An organization with a venue and a published event.
    pub(crate) fn new() -> Self {
        let mut house = Self { state: State::default(), index: 0, now_ms: MIDNIGHT_MS };
        house.must(Command::CreateOrganization(CreateOrganization { id: SHOP, name: "Shop".into() }));
        let venue = CreateVenue { id: VenueId(1), organization: SHOP, details: venue_details() };
        house.must(Command::CreateVenue(venue));
        let event = CreateEvent { id: EventId(1), organization: SHOP, details: event_details() };
        house.must(Command::CreateEvent(event));
        house
    }

    /// Applies a command as the next log entry.
    pub(crate) fn apply(&mut self, command: Command, idempotency: Option<Idempotency>) -> Applied {
        self.apply_of(Actor::Buyer, command, idempotency)
    }

    /// Applies somebody's command as the next log entry.
    pub(crate) fn apply_of(&mut self, actor: Actor, command: Command, idempotency: Option<Idempotency>) -> Applied {
        self.index += 1;
        let request = Request { actor, idempotency, command };
        let proposal = Proposal { at_ms: self.now_ms, request };
        self.state.apply(Position { index: self.index, offset: 0 }, &proposal)
    }

    /// Applies a command that no rule may refuse.
    pub(crate) fn must(&mut self, command: Command) -> Applied {
        let applied = self.apply(command, None);
        assert!(applied.reply.is_ok(), "{:?}", applied.reply);
        applied
    }

    /// Takes a plan in and opens a showtime on it.
    pub(crate) fn open(&mut self, showtime: u128, plan: &Plan) -> ShowtimeId {
        if self.state.plan(plan.id).is_none() {
            self.must(Command::ImportPlan(Arc::new(plan.clone())));
        }
        let id = ShowtimeId(showtime);
        let details = showtime_details(plan);
        let create = CreateShowtime { id, organization: SHOP, event: EventId(1), details, plan: None };
        self.must(Command::CreateShowtime(Box::new(create)));
        id
    }
}

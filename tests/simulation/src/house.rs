//! A small house to sell: one hall of a few rows, two showtimes with short holds.

use std::sync::Arc;

use booking::catalogue::{
    EventDetails, EventState, OrphanRule, ShowtimeDetails, ShowtimeState, VenueDetails, Visibility,
};
use booking::command::{CreateEvent, CreateOrganization, CreateShowtime, CreateVenue, CreateVouchers};
use booking::ids::{EventId, OrganizationId, PlanId, ShowtimeId, VenueId, VoucherId};
use booking::plan::{Category, Plan, Point, Row, Run, Seat, Section};
use booking::prices::reckoning::Discount;
use booking::prices::{Fee, FeeAmount, Per, PriceTier, Prices, TicketType};
use booking::refunds::RefundRule;
use booking::vouchers::{VoucherDetails, VoucherScope};
use booking::{Actor, Command, Idempotency, Request};

pub(crate) const SHOP: OrganizationId = OrganizationId(1);
pub(crate) const SHOWTIMES: [ShowtimeId; 2] = [ShowtimeId(1), ShowtimeId(2)];
pub(crate) const PLAN: PlanId = PlanId(1);
/// Rows, and seats of each.
const ROWS: u32 = 10;
const ROW_SEATS: u32 = 30;
pub(crate) const SEATS: u32 = ROWS * ROW_SEATS;
/// Long after every run, in ms since 1970.
const CURTAIN_MS: u64 = 1_900_000_000_000;
/// The shortest there is.
const HOLD_TTL_MS: u64 = 30_000;
/// Short, so that it runs out now and then.
const PAYMENT_TIME_MS: u64 = 10_000;

/// A request that happens once, whatever it takes.
pub(crate) fn once(actor: Actor, key: u128, command: Command) -> Request {
    Request { actor, idempotency: Some(Idempotency { key, fingerprint: key, minted: false }), command }
}

fn plan() -> Plan {
    let row = |r: u32| Row {
        section: 0,
        label: format!("R{r}").into(),
        first: r * ROW_SEATS,
        len: ROW_SEATS,
        extra: "".into(),
    };
    let seat = |n: u32| Seat {
        id: format!("{}-{}", n / ROW_SEATS, n % ROW_SEATS).into(),
        number: (n % ROW_SEATS).to_string().into(),
        row: n / ROW_SEATS,
        category: 0,
        attributes: 0,
        at: Point { x_milli: (n % ROW_SEATS).cast_signed() * 500, y_milli: (n / ROW_SEATS).cast_signed() * 900 },
        extra: "".into(),
    };
    let mut plan = Plan {
        id: PLAN,
        organization: SHOP,
        venue: VenueId(1),
        name: "hall".into(),
        hash: [7; 32],
        size: Point { x_milli: 50_000, y_milli: 50_000 },
        focal_point: Point { x_milli: 7_500, y_milli: -900 },
        categories: vec![Category { name: "seat".into(), color: "#888888".into(), extra: "".into() }],
        sections: vec![Section { id: "hall".into(), name: "hall".into(), extra: "".into() }],
        rows: (0..ROWS).map(row).collect(),
        seats: (0..SEATS).map(seat).collect(),
        areas: Vec::new(),
        runs: (0..ROWS).map(|r| Run { first: r * ROW_SEATS, len: ROW_SEATS }).collect(),
        by_id: Vec::new(),
        extra: "".into(),
        created_at_ms: 0,
    };
    plan.index();
    plan
}

fn showtime() -> ShowtimeDetails {
    ShowtimeDetails {
        plan: PLAN,
        starts_at_ms: CURTAIN_MS,
        ends_at_ms: None,
        zone: "Europe/Berlin".into(),
        on_sale_from_ms: None,
        on_sale_until_ms: None,
        hold_ttl_ms: HOLD_TTL_MS,
        max_extensions: 2,
        payment_time_ms: PAYMENT_TIME_MS,
        max_places_per_order: 10,
        orphan_rule: OrphanRule::Off,
        orphan_rule_until_percent: 90,
        currency: "EUR".parse().unwrap(),
        prices: Arc::new(Prices {
            tiers: vec![PriceTier {
                id: "seat".into(),
                name: "seat".into(),
                fees: 250,
                categories: vec!["seat".into()],
                types: vec![
                    TicketType { id: "adult".into(), name: "adult".into(), ..TicketType::unnamed(4_500) },
                    TicketType { id: "child".into(), name: "child".into(), ..TicketType::unnamed(2_000) },
                ],
            }],
            fees: vec![Fee { name: "order".into(), amount: FeeAmount::Absolute(100), per: Per::Order }],
            taxes: Vec::new(),
        }),
        state: ShowtimeState::OnSale,
        reason: "".into(),
    }
}

/// A voucher that many ask for and few get.
pub(crate) const VOUCHER: &str = "FEW";

fn voucher() -> Command {
    let details = VoucherDetails {
        note: "".into(),
        discount: Some((Discount::Share(3_333), Per::Order)),
        scope: VoucherScope::default(),
        unlocks: false,
        block: None,
        max_uses: Some(12),
        max_uses_per_buyer: None,
        max_tickets: Some(3),
        from_ms: None,
        until_ms: None,
    };
    let (codes, details) = (vec![VOUCHER.into()], Box::new(details));
    Command::CreateVouchers(Box::new(CreateVouchers { first: VoucherId(1), organization: SHOP, codes, details }))
}

/// What staff enter before sales begin, in order.
pub(crate) fn setting_up() -> Vec<Command> {
    let venue = VenueDetails {
        name: "House".into(),
        address: "Hill 1".into(),
        city: "Town".into(),
        country: "DE".into(),
        zone: "Europe/Berlin".into(),
        geo: None,
    };
    let event = EventDetails {
        title: "Play".into(),
        summary: "".into(),
        description: "".into(),
        category: "theatre".into(),
        tags: Vec::new(),
        languages: vec!["de".into()],
        age_limit: None,
        images: Vec::new(),
        accessibility: "".into(),
        visibility: Visibility::Public,
        refunds: Some(RefundRule { until_before_start_ms: 60_000, keeps_fees: true }),
        state: EventState::Published,
    };
    let mut commands = vec![
        Command::CreateOrganization(CreateOrganization { id: SHOP, name: "Shop".into() }),
        Command::CreateVenue(CreateVenue { id: VenueId(1), organization: SHOP, details: venue }),
        Command::CreateEvent(CreateEvent { id: EventId(1), organization: SHOP, details: event }),
        Command::ImportPlan(Arc::new(plan())),
    ];
    commands.extend(SHOWTIMES.map(|id| {
        let create = CreateShowtime { id, organization: SHOP, event: EventId(1), details: showtime(), plan: None };
        Command::CreateShowtime(Box::new(create))
    }));
    commands.push(voucher());
    commands
}

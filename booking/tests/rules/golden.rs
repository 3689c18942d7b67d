//! The bytes of everything that reaches the log, snapshots or the copy in sled, pinned: a changed line means that nodes
//! of two versions do not understand one another. New lines may be added; old ones never change.
//! `BOOKING_BLESS=1` writes the file anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use booking::blocks::Block;
use booking::catalogue::completeness::Gap;
use booking::catalogue::{Event, EventDetails, Showtime, Venue};
use booking::command::{
    AddImage, AreaQuantity, AreaTickets, BestAvailable, BlockPlaces, CreateApiKey, CreateEvent, CreateOrganization,
    CreateShowtime, CreateShowtimes, CreateVenue, CreateVouchers, DeleteEvent, DeleteVenue, DeleteVoucher, ExtendHold,
    PlaceHold, ReleaseHold, RevokeApiKey, SeatType, ShowtimeTimes, TypeQuantity, UnblockPlaces, UpdateEvent,
    UpdateShowtime, UpdateVenue, UpdateVoucher,
};
use booking::holds::{FromBlock, Hold, HoldState};
use booking::idempotency::Answer;
use booking::ids::{
    BlockId, EventId, HoldId, ImageId, KeyId, OrderId, OrganizationId, PlanId, ShowtimeId, VenueId, VoucherId,
};
use booking::images::{EventImage, Image, ImageFile};
use booking::inventory::AreaCounts;
use booking::keys::{ApiKey, Scope};
use booking::orders::Buyer;
use booking::organizations::Organization;
use booking::plan::{Plan, attribute};
use booking::prices::places::{Besides, Line, PricedArea, PricedPlaces, PricedSeat};
use booking::prices::reckoning::Discount;
use booking::prices::{EarlyPrice, Fee, FeeAmount, Per, PriceTier, Prices, PricesId, Tax, TicketType};
use booking::state::Meta;
use booking::vouchers::{Voucher, VoucherDetails, VoucherScope};
use booking::{Actor, Command, Idempotency, Record, RecordKey, Rejection, Reply, Request, Thing};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::house::{AreaOf, RowOf, event_details, plan, showtime_details, venue_details};

mod accounts;
mod orders;

use accounts::{LINK, SESSION, USER, account_commands, account_records};
use orders::{TASK, order, order_commands, task};

const ORG: OrganizationId = OrganizationId(0x11);
const VENUE: VenueId = VenueId(0x12);
const PLAN: PlanId = PlanId(0x13);
const EVENT: EventId = EventId(0x14);
const SHOW: ShowtimeId = ShowtimeId(0x15);
const HOLD: HoldId = HoldId(0x16);
const ORDER: OrderId = OrderId(0x17);
const BLOCK: BlockId = BlockId(0x18);
const KEY: KeyId = KeyId(0x19);
const IMAGE: ImageId = ImageId(0x1b);
const VOUCHER: VoucherId = VoucherId(0x1c);
const FLOOR: AreaQuantity = AreaQuantity { area: 1, quantity: 2 };

fn small_plan() -> Plan {
    let wheelchair = [(attribute::WHEELCHAIR, vec![2])];
    let row = RowOf { section: "s", label: "A", seats: 2, category: "c", gap: Some(1), special: &wheelchair };
    plan(PLAN, (ORG, VENUE), &[row], &[AreaOf { id: "f", category: "c", capacity: 9 }])
}

fn hold() -> Hold {
    Hold {
        id: HOLD,
        showtime: SHOW,
        organization: ORG,
        serial: 5,
        state: HoldState::Confirmed(ORDER),
        places: PricedPlaces {
            first: Line { tier: 2, ticket_type: 1, quantity: 1, price: 4_500, discount: 500, fees: 250, tax: 19 },
            more: [Line { tier: 3, ticket_type: 0, quantity: 2, price: 2_000, discount: 0, fees: 0, tax: 0 }].into(),
            seats: [PricedSeat { seat: 1, line: 0 }].into(),
            areas: [PricedArea { area: 1, line: 1, quantity: 2 }].into(),
            prices: 4,
            currency: "EUR".parse().unwrap(),
            complimentary: false,
            besides: Some(Box::new(Besides {
                fees: 100,
                tax: 7,
                waived: true,
                voucher: Some(VOUCHER),
                by_order: false,
            })),
            plan: PLAN,
        },
        placed_at_ms: 1,
        expires_at_ms: 2,
        extensions_left: 3,
        extended_until_ms: 4,
        ended_at_ms: Some(5),
        answer: Some(6),
        from_block: Some(Box::new(FromBlock { block: BLOCK, serial: 9, seats: [1].into(), areas: [FLOOR].into() })),
    }
}

fn prices() -> Prices {
    let early = EarlyPrice { until_ms: 6, price: 3_000 };
    let child = TicketType {
        id: "c".into(),
        name: "C".into(),
        description: "d".into(),
        early: vec![early],
        hidden: true,
        ..TicketType::unnamed(4_500)
    };
    let tier =
        PriceTier { id: "t".into(), name: "T".into(), fees: 250, categories: vec!["c".into()], types: vec![child] };
    let fee = |name: &str, amount, per| Fee { name: name.into(), amount, per };
    let fees = vec![fee("f", FeeAmount::Absolute(100), Per::Order), fee("g", FeeAmount::Share(250), Per::Ticket)];
    let tax = Tax { name: "x".into(), rate: 1_900, included: true, on_tickets: true, on_fees: false };
    Prices { tiers: vec![tier], fees, taxes: vec![tax] }
}

fn voucher_details() -> VoucherDetails {
    VoucherDetails {
        note: "n".into(),
        discount: Some((Discount::Share(1_000), Per::Order)),
        scope: VoucherScope {
            events: vec![EVENT],
            showtimes: vec![SHOW],
            tiers: vec!["t".into()],
            ticket_types: vec!["c".into()],
        },
        unlocks: true,
        block: Some(BLOCK),
        max_uses: Some(5),
        max_uses_per_buyer: Some(1),
        max_tickets: Some(2),
        from_ms: Some(1),
        until_ms: Some(2),
    }
}

fn voucher() -> Voucher {
    Voucher {
        id: VOUCHER,
        organization: ORG,
        code: "CODE-1".into(),
        details: Arc::new(voucher_details()),
        held: 1,
        ordered: 2,
        ended: true,
        version: 7,
        created_at_ms: 1,
    }
}

fn buyer() -> Buyer {
    Buyer { name: "N".into(), email: "e@f".into(), phone: Some("1".into()), language: None }
}

fn venue() -> Venue {
    Venue { id: VENUE, organization: ORG, details: venue_details(), version: 7, created_at_ms: 1 }
}

fn event() -> Event {
    Event { id: EVENT, organization: ORG, details: shown(), version: 7, created_at_ms: 1, changed_at_ms: 2 }
}

fn shown() -> EventDetails {
    EventDetails { images: vec![EventImage { image: IMAGE, alt: "a".into() }], ..event_details() }
}

fn image_file() -> ImageFile {
    ImageFile { hash: [7; 32], width: 320, height: 200, bytes: 9_000 }
}

fn image() -> Image {
    Image {
        id: IMAGE,
        organization: ORG,
        files: vec![image_file()],
        color: [1, 2, 3],
        uses: 0,
        unused_since_ms: Some(4),
        created_at_ms: 1,
    }
}

fn showtime() -> Showtime {
    Showtime {
        id: SHOW,
        organization: ORG,
        event: EVENT,
        details: showtime_details(&small_plan()),
        tier_of_category: vec![Some(0), None],
        prices: 2,
        offered: true,
        moved_from_ms: Some(3),
        refunding: Some(Box::new(orders::refunding())),
        version: 7,
        created_at_ms: 1,
        changed_at_ms: 2,
    }
}

fn block() -> Block {
    Block {
        id: BLOCK,
        organization: ORG,
        showtime: SHOW,
        serial: 6,
        plan: PLAN,
        seats: [1].into(),
        areas: [FLOOR].into(),
        reason: "r".into(),
        created_at_ms: 1,
    }
}

fn commands() -> Vec<Command> {
    let (organization, expected) = (ORG, 7);
    let best = BestAvailable {
        quantity: 2,
        tier: Some("t".into()),
        section: Some(1),
        accessible: 1,
        spread: 4,
        pick: vec![3],
        types: vec![TypeQuantity { ticket_type: "c".into(), quantity: 2 }],
    };
    let scopes = Scope::NAMES.map(|(scope, _)| scope).to_vec();
    vec![
        Command::Tick,
        Command::RaiseRulesVersion(2),
        Command::CreateOrganization(CreateOrganization { id: ORG, name: "O".into() }),
        Command::CreateApiKey(CreateApiKey {
            id: KEY,
            organization,
            name: "K".into(),
            scopes,
            hash: [9; 32],
            expires_at_ms: Some(8),
        }),
        Command::RevokeApiKey(RevokeApiKey { organization, id: KEY }),
        Command::CreateVenue(CreateVenue { id: VENUE, organization, details: venue_details() }),
        Command::UpdateVenue(UpdateVenue { organization, id: VENUE, expected, details: venue_details() }),
        Command::DeleteVenue(DeleteVenue { organization, id: VENUE }),
        Command::ImportPlan(Arc::new(small_plan())),
        Command::CreateEvent(CreateEvent { id: EVENT, organization, details: shown() }),
        Command::UpdateEvent(UpdateEvent { organization, id: EVENT, expected, details: event_details() }),
        Command::DeleteEvent(DeleteEvent { organization, id: EVENT }),
        Command::CreateShowtime(Box::new(CreateShowtime {
            id: SHOW,
            organization,
            event: EVENT,
            details: showtime().details,
            plan: None,
        })),
        Command::UpdateShowtime(Box::new(UpdateShowtime {
            organization,
            id: SHOW,
            expected,
            details: showtime().details,
        })),
        Command::BlockPlaces(BlockPlaces {
            id: BLOCK,
            organization,
            showtime: SHOW,
            plan: PLAN,
            seats: vec![1],
            areas: vec![FLOOR],
            reason: "r".into(),
        }),
        Command::UnblockPlaces(UnblockPlaces { organization, showtime: SHOW, id: BLOCK }),
        Command::PlaceHold(PlaceHold {
            id: HOLD,
            showtime: SHOW,
            plan: PLAN,
            seats: vec![1, 2],
            best: Some(best),
            areas: vec![AreaTickets { area: 1, quantity: 2, ticket_type: Some("c".into()) }],
            types: vec![SeatType { seat: 2, ticket_type: "c".into() }],
            voucher: Some("V".into()),
        }),
        Command::ExtendHold(ExtendHold { id: HOLD, organization: None }),
        Command::ReleaseHold(ReleaseHold { id: HOLD, organization: Some(ORG) }),
        Command::AddImage(AddImage { id: IMAGE, organization, files: vec![image_file()], color: [1, 2, 3] }),
        series(),
    ]
}

fn voucher_commands() -> Vec<Command> {
    let (organization, expected) = (ORG, 7);
    vec![
        Command::CreateVouchers(Box::new(CreateVouchers {
            first: VOUCHER,
            organization,
            codes: vec!["CODE-1".into()],
            details: Box::new(voucher_details()),
        })),
        Command::UpdateVoucher(Box::new(UpdateVoucher {
            organization,
            id: VOUCHER,
            expected,
            details: Box::new(voucher_details()),
        })),
        Command::DeleteVoucher(DeleteVoucher { organization, id: VOUCHER }),
    ]
}

fn series() -> Command {
    Command::CreateShowtimes(Box::new(CreateShowtimes {
        organization: ORG,
        event: EVENT,
        details: showtime().details,
        plan: Some(Arc::new(small_plan())),
        times: vec![ShowtimeTimes {
            id: SHOW,
            starts_at_ms: 1,
            ends_at_ms: Some(2),
            on_sale_from_ms: Some(3),
            on_sale_until_ms: None,
        }],
    }))
}

/// Breaks the build when a variant is added: give it a sample above, and a line in the file.
fn is_known(command: &Command) {
    match command {
        Command::Tick
        | Command::RaiseRulesVersion(_)
        | Command::CreateOrganization(_)
        | Command::CreateApiKey(_)
        | Command::RevokeApiKey(_)
        | Command::CreateVenue(_)
        | Command::UpdateVenue(_)
        | Command::DeleteVenue(_)
        | Command::ImportPlan(_)
        | Command::CreateEvent(_)
        | Command::UpdateEvent(_)
        | Command::DeleteEvent(_)
        | Command::CreateShowtime(_)
        | Command::UpdateShowtime(_)
        | Command::BlockPlaces(_)
        | Command::UnblockPlaces(_)
        | Command::PlaceHold(_)
        | Command::ExtendHold(_)
        | Command::ReleaseHold(_)
        | Command::PlaceOrder(_)
        | Command::AddImage(_)
        | Command::CreateVouchers(_)
        | Command::UpdateVoucher(_)
        | Command::DeleteVoucher(_)
        | Command::CreateShowtimes(_)
        | Command::CancelOrder(_)
        | Command::RefundOrder(_)
        | Command::ReportPayment(_)
        | Command::ReportRefund(_)
        | Command::ReportTrouble(_)
        | Command::RetryTask(_)
        | Command::ResolveTask(_)
        | Command::RefundShowtime(_)
        | Command::ScanTicket(_)
        | Command::TransferTicket(_)
        | Command::RotateTicketKey(_)
        | Command::UpdateOrder(_)
        | Command::AskLink(_)
        | Command::Invite(_)
        | Command::RevokeInvitation(_)
        | Command::FollowLink(_)
        | Command::BeginSession(_)
        | Command::EndSessions(_)
        | Command::SetPassword(_)
        | Command::UpdateUser(_)
        | Command::DeleteUser(_)
        | Command::SetRole(_)
        | Command::SetOperator(_) => {}
    }
}

fn rejections() -> Vec<Rejection> {
    vec![
        Rejection::NotFound(Thing::Organization),
        Rejection::SeatsTaken(vec![1, 2]),
        Rejection::NotEnoughPlaces { wanted: 3, free: 2 },
        Rejection::OrphanSeat { suggestion: vec![4] },
        Rejection::NotOnSale { from_ms: Some(5) },
        Rejection::HoldExpired(HOLD),
        Rejection::Conflict("c".into()),
        Rejection::VersionConflict { version: 6 },
        Rejection::TooManyPlaces { max: 7 },
        Rejection::InvalidPlan("p".into()),
        Rejection::RuleViolated("r".into()),
        Rejection::IdempotencyKeyReused,
        Rejection::PlanChanged,
        Rejection::VoucherInvalid,
        Rejection::VoucherUsedUp { by_buyer: true },
        Rejection::PlacesInUse { lost: vec![1], repriced: vec![2], areas: vec![3] },
        Rejection::EventIncomplete(vec![Gap::Title, Gap::Prices(SHOW), Gap::Unpriced(SHOW, "c".into())]),
    ]
}

fn things() -> Vec<Thing> {
    vec![
        Thing::Organization,
        Thing::ApiKey,
        Thing::Venue,
        Thing::Plan,
        Thing::Event,
        Thing::Showtime,
        Thing::Block,
        Thing::Hold,
        Thing::Order,
        Thing::Ticket,
        Thing::Place,
        Thing::Tier,
        Thing::Section,
        Thing::Image,
        Thing::TicketType,
        Thing::Voucher,
        Thing::Payment,
        Thing::Refund,
        Thing::Task,
        Thing::User,
        Thing::Session,
        Thing::Link,
    ]
}

fn replies() -> Vec<Reply> {
    vec![
        Reply::Done,
        Reply::Ticked { more: true },
        Reply::Organization(ORG),
        Reply::ApiKey(KEY),
        Reply::Venue(Arc::new(venue())),
        Reply::Plan(PLAN),
        Reply::Event(Arc::new(event())),
        Reply::Showtime(Arc::new(showtime())),
        Reply::Block(Arc::new(block())),
        Reply::Hold(Arc::new(hold())),
        Reply::Order(Arc::new(order())),
        Reply::Image(Arc::new(image())),
        Reply::Voucher(Arc::new(voucher())),
        Reply::Vouchers { first: VOUCHER, count: 3 },
        Reply::Showtimes([SHOW].into()),
        Reply::Task(Arc::new(task())),
        Reply::Scanned(Box::new(orders::scanned())),
        Reply::User(USER),
        Reply::Session(SESSION),
        Reply::Link(LINK),
    ]
}

fn records() -> Vec<(RecordKey, Record)> {
    let organization = Organization { id: ORG, name: "O".into(), created_at_ms: 1, ticket_key: 2 };
    let key = ApiKey {
        id: KEY,
        organization: ORG,
        name: "K".into(),
        scopes: vec![Scope::Sell],
        hash: [9; 32],
        expires_at_ms: None,
        created_at_ms: 1,
    };
    let answer = Answer { fingerprint: 3, until_ms: 4, lasting: true, index: 5, reply: Ok(Reply::Done) };
    let counts = AreaCounts { free: 1, held: 2, sold: 3, blocked: 4 };
    vec![
        (RecordKey::Meta, Record::Meta(Meta { now_ms: 1, rules_version: 1, epoch: 2, serial: 3 })),
        (RecordKey::Organization(ORG), Record::Organization(Arc::new(organization))),
        (RecordKey::ApiKey(KEY), Record::ApiKey(Arc::new(key))),
        (RecordKey::Venue(VENUE), Record::Venue(Arc::new(venue()))),
        (RecordKey::Plan(PLAN), Record::Plan(Arc::new(small_plan()))),
        (RecordKey::Event(EVENT), Record::Event(Arc::new(event()))),
        (RecordKey::Showtime(SHOW), Record::Showtime(Arc::new(showtime()))),
        (RecordKey::Cells(SHOW, 2), Record::Cells(Arc::new(vec![0, 6]))),
        (RecordKey::Areas(SHOW), Record::Areas(Arc::new(vec![counts]))),
        (RecordKey::Block(BLOCK), Record::Block(Arc::new(block()))),
        (RecordKey::Hold(HOLD), Record::Hold(Arc::new(hold()))),
        (RecordKey::Order(ORDER), Record::Order(Arc::new(order()))),
        (RecordKey::Answer(8), Record::Answer(Arc::new(answer))),
        (RecordKey::Image(IMAGE), Record::Image(Arc::new(image()))),
        (RecordKey::Prices(PricesId { showtime: SHOW, number: 3 }), Record::Prices(Arc::new(prices()))),
        (RecordKey::Voucher(VOUCHER), Record::Voucher(Arc::new(voucher()))),
        (RecordKey::Task(TASK), Record::Task(Arc::new(task()))),
    ]
}

/// Names of a sample's variant: what comes before its members.
fn variant(sample: &impl std::fmt::Debug) -> String {
    let text = format!("{sample:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

struct Pinned {
    text: String,
    seen: BTreeSet<String>,
}

impl Pinned {
    fn pin<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(&mut self, kind: &str, sample: &T) {
        let bytes = bincode::serialize(sample).unwrap();
        let back: T = bincode::deserialize(&bytes).unwrap();
        assert_eq!(&back, sample, "it does not come back as it went in");
        let name = format!("{kind}::{}", variant(sample));
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let _ = writeln!(self.text, "{name} {hex}");
        self.seen.insert(name);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "writing the file anew is the developer's tool, not the rules'")]
fn bytes_that_reach_the_disk_never_change() {
    let mut pinned = Pinned { text: String::new(), seen: BTreeSet::new() };
    for command in commands().into_iter().chain(voucher_commands()).chain(order_commands()).chain(account_commands()) {
        is_known(&command);
        pinned.pin("Command", &command);
    }
    for rejection in rejections() {
        pinned.pin("Rejection", &rejection);
    }
    for thing in things() {
        pinned.pin("Thing", &thing);
    }
    for reply in replies() {
        pinned.pin("Reply", &reply);
    }
    for (key, record) in records().into_iter().chain(account_records()) {
        pinned.pin("RecordKey", &key);
        pinned.pin("Record", &record);
    }
    for actor in [Actor::Node, Actor::Buyer, Actor::Key(KEY), Actor::User(USER)] {
        let mark = Idempotency { key: 1, fingerprint: 2, minted: true };
        let request = Request { actor, idempotency: Some(mark), command: Command::Tick };
        pinned.pin("Request", &request);
    }
    if std::env::var_os("BOOKING_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/golden.txt");
        return std::fs::write(path, pinned.text).unwrap();
    }
    let mut written = include_str!("golden.txt").lines();
    for line in pinned.text.lines() {
        assert_eq!(Some(line), written.next(), "the bytes of something that is stored have changed");
    }
    assert_eq!(written.next(), None, "something that was pinned has no sample any more");
    // Commands, rejections, things, replies and records by number of variants: none is forgotten.
    assert_eq!(pinned.seen.len(), 48 + 17 + 22 + 20 + 21 + 21 + 1);
}

//! Scenarios: text in, expectation inline; a test is read without knowing the interface. `scenarios/README.md` has the
//! language. `BOOKING_BLESS=1` writes what happened into the files instead of comparing: read the difference.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use booking::catalogue::{EventState, OrphanRule, ShowtimeState};
use booking::command::{
    AreaQuantity, AreaTickets, BestAvailable, BlockPlaces, CreateEvent, CreateOrganization, CreateShowtime,
    CreateVenue, DeleteEvent, DeleteVenue, ExtendHold, Pay, PlaceHold, PlaceOrder, ReleaseHold, SeatType, TypeQuantity,
    UnblockPlaces, UpdateEvent, UpdateShowtime,
};
use booking::holds::{Hold, HoldState};
use booking::ids::{BlockId, EventId, HoldId, KeyId, OrderId, OrganizationId, PlanId, ShowtimeId, VenueId};
use booking::inventory::PlaceState;
use booking::orders::{Buyer, Order, OrderState, TicketPlace};
use booking::plan::attribute;
use booking::prices::{PriceTier, TicketType};
use booking::{Actor, Applied, Change, Command, Idempotency, Rejection, Reply, best_available, invariants};

mod changes;
mod money;

use super::house::{AreaOf, House, MIDNIGHT_MS, RowOf, SHOP, event_details, plan, showtime_details, venue_details};

/// Ids of a kind by the names that a scenario gives them, in the order they were made.
#[derive(Default)]
struct Names(Vec<u128>);

impl Names {
    fn id(&self, name: &str) -> u128 {
        let number: usize = name[1..].parse().unwrap_or_else(|_| panic!("{name} is no name"));
        self.0.get(number - 1).copied().unwrap_or(0xdead_0000 + number as u128)
    }
    fn name(&mut self, kind: char, id: u128) -> String {
        let at = self.0.iter().position(|known| *known == id).unwrap_or_else(|| {
            self.0.push(id);
            self.0.len() - 1
        });
        format!("{kind}{}", at + 1)
    }
}

struct Stage {
    house: House,
    made: u128,
    holds: Names,
    orders: Names,
    blocks: Names,
    vouchers: Names,
    changes: Vec<Change>,
    rows: Vec<String>,
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn minutes_ms(text: &str) -> u64 {
    text.strip_suffix('m')
        .map_or_else(|| number::<u64>(text.trim_end_matches('s')) * 1_000, |m| number::<u64>(m) * 60_000)
}

fn clock_ms(text: &str) -> u64 {
    let parts: Vec<u64> = text.split(':').map(number).collect();
    MIDNIGHT_MS + parts[0] * 3_600_000 + parts[1] * 60_000 + parts.get(2).map_or(0, |s| s * 1_000)
}

fn clock(ms: u64) -> String {
    let s = (ms - MIDNIGHT_MS) / 1_000;
    let text = format!("{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60);
    text.strip_suffix(":00").map_or(text.clone(), str::to_owned)
}

fn money(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

fn organization(who: &str) -> OrganizationId {
    if who == "rival" { OrganizationId(2) } else { SHOP }
}

/// Staff act for their organization, buyers by their token.
fn caller(who: &str) -> Option<OrganizationId> {
    matches!(who, "shop" | "rival").then(|| organization(who))
}

/// Words of a line: plain ones, and those of the form `name=value`.
struct Words<'a> {
    plain: Vec<&'a str>,
    named: BTreeMap<&'a str, &'a str>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        let (named, plain): (Vec<&str>, Vec<&str>) = text.split_whitespace().partition(|word| word.contains('='));
        Self { plain, named: named.into_iter().filter_map(|word| word.split_once('=')).collect() }
    }
}

impl Stage {
    fn new() -> Self {
        let mut house = House::new();
        house.must(Command::CreateOrganization(CreateOrganization { id: OrganizationId(2), name: "Rival".into() }));
        Self {
            house,
            made: 1_000,
            holds: Names::default(),
            orders: Names::default(),
            blocks: Names::default(),
            vouchers: Names::default(),
            changes: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn mint(&mut self) -> u128 {
        self.made += 1;
        self.made
    }

    fn showtime(&self, name: &str) -> (ShowtimeId, PlanId) {
        let id = ShowtimeId(number::<u128>(&name[1..]));
        (id, self.house.state.showtime(id).map_or(PlanId(1), |s| s.details.plan))
    }

    /// Seat numbers by their ids; one that the plan does not have becomes a number it does not have.
    fn seats<'a>(&self, plan: PlanId, ids: impl Iterator<Item = &'a str>) -> Vec<u32> {
        let plan = self.house.state.plan(plan).cloned();
        ids.map(|id| plan.as_ref().and_then(|p| p.seat_number(id)).unwrap_or(90_000)).collect()
    }

    fn areas(&self, plan: PlanId, words: &Words) -> Vec<AreaQuantity> {
        let plan = self.house.state.plan(plan).unwrap();
        let area = |(name, value): (&&str, &&str)| {
            plan.area_index(name).map(|area| AreaQuantity { area, quantity: number(value) })
        };
        words.named.iter().filter_map(area).collect()
    }

    fn import(&mut self, name: &str) -> String {
        let id = PlanId(number(&name[1..]));
        let lines = std::mem::take(&mut self.rows);
        let words: Vec<Words> = lines.iter().map(|line| Words::of(line)).collect();
        let numbers = |text: &str| -> Vec<u32> { text.split(',').map(number).collect() };
        let special = |w: &Words| -> Vec<(u8, Vec<u32>)> {
            let of = |(bit, name): (u8, &str)| w.named.get(name).map(|all| (bit, numbers(all)));
            attribute::NAMES.into_iter().filter_map(of).collect()
        };
        let specials: Vec<_> = words.iter().map(special).collect();
        let (mut rows, mut areas) = (Vec::new(), Vec::new());
        for (w, special) in words.iter().zip(&specials) {
            let category = w.named.get("category").unwrap_or(&"standard");
            match w.plain[..] {
                ["row", label, seats] => rows.push(RowOf {
                    section: w.named.get("section").unwrap_or(&"hall"),
                    label,
                    seats: number(seats),
                    category,
                    gap: w.named.get("gap").map(|n| number(n)),
                    special,
                }),
                ["area", id, capacity] => areas.push(AreaOf { id, category, capacity: number(capacity) }),
                _ => panic!("a plan is made of rows and areas"),
            }
        }
        let plan = plan(id, (SHOP, VenueId(1)), &rows, &areas);
        let places = plan.places();
        let applied = self.apply(Actor::Buyer, Command::ImportPlan(Arc::new(plan)), None);
        self.outcome(&applied, |_, _| format!("{places} places"))
    }

    fn details(&self, plan: PlanId, words: &Words) -> booking::catalogue::ShowtimeDetails {
        let of_plan = self.house.state.plan(plan).unwrap_or_else(|| panic!("no plan {plan}"));
        let mut d = showtime_details(of_plan);
        let prices = Arc::make_mut(&mut d.prices);
        prices.tiers.iter_mut().for_each(|tier| tier.fees = 0);
        if let Some(tiers) = words.named.get("tiers") {
            prices.tiers = tiers.split(',').map(tier).collect();
        }
        for (name, value) in &words.named {
            match *name {
                "plan" | "event" | "tiers" => {}
                "ttl" => d.hold_ttl_ms = minutes_ms(value),
                "extensions" => d.max_extensions = number(value),
                "max" => d.max_places_per_order = number(value),
                "from" => d.on_sale_from_ms = Some(clock_ms(value)),
                "until" => d.on_sale_until_ms = Some(clock_ms(value)),
                "starts" => d.starts_at_ms = clock_ms(value),
                "currency" => d.currency = value.parse().unwrap(),
                "orphans-until" => d.orphan_rule_until_percent = number(value),
                "orphans" => {
                    d.orphan_rule = match *value {
                        "strict" => OrphanRule::Strict,
                        "aisle" => OrphanRule::AisleOk,
                        _ => OrphanRule::Off,
                    }
                }
                "state" => {
                    d.state = match *value {
                        "draft" => ShowtimeState::Draft,
                        "closed" => ShowtimeState::Closed,
                        "cancelled" => ShowtimeState::Cancelled,
                        "postponed" => ShowtimeState::Postponed,
                        _ => ShowtimeState::OnSale,
                    }
                }
                "types" => money::add_types(Arc::make_mut(&mut d.prices), value),
                "fees" => Arc::make_mut(&mut d.prices).fees = money::fees(value),
                "taxes" => Arc::make_mut(&mut d.prices).taxes = money::taxes(value),
                other => panic!("a showtime has no {other}"),
            }
        }
        d
    }

    fn apply(&mut self, actor: Actor, command: Command, mark: Option<Idempotency>) -> Applied {
        let applied = self.house.apply_of(actor, command, mark);
        self.changes.extend(applied.changes.iter().cloned());
        assert_eq!(invariants::check(&self.house.state), Vec::<String>::new());
        applied
    }

    fn outcome(&mut self, applied: &Applied, done: impl FnOnce(&mut Self, &Reply) -> String) -> String {
        let text = match &applied.reply {
            Ok(reply) => done(self, reply),
            Err(rejection) => format!("rejected {}", self.rejection(rejection)),
        };
        if applied.replayed { format!("again: {text}") } else { text }
    }

    fn rejection(&mut self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::NotFound(thing) => format!("not-found {}", format!("{thing:?}").to_lowercase()),
            Rejection::SeatsTaken(seats) => format!("seats-taken {}", self.ids(seats)),
            Rejection::NotEnoughPlaces { wanted, free } => format!("not-enough-places {free} of {wanted}"),
            Rejection::OrphanSeat { suggestion } => format!("orphan-seat, instead {}", self.ids(suggestion)),
            Rejection::NotOnSale { from_ms: None } => "not-on-sale".to_owned(),
            Rejection::NotOnSale { from_ms: Some(at) } => format!("not-on-sale before {}", clock(*at)),
            Rejection::HoldExpired(id) => format!("hold-expired {}", self.holds.name('H', id.0)),
            Rejection::Conflict(what) => format!("conflict: {what}"),
            Rejection::VersionConflict { .. } => "version-conflict".to_owned(),
            Rejection::TooManyPlaces { max } => format!("too-many-places, {max} at most"),
            Rejection::InvalidPlan(what) => format!("invalid-plan: {what}"),
            Rejection::RuleViolated(what) => format!("rule-violated: {what}"),
            Rejection::IdempotencyKeyReused => "idempotency-key-reused".to_owned(),
            Rejection::PlanChanged => "plan-changed".to_owned(),
            Rejection::VoucherInvalid => "voucher-invalid".to_owned(),
            Rejection::VoucherUsedUp { by_buyer: false } => "voucher-used-up".to_owned(),
            Rejection::VoucherUsedUp { by_buyer: true } => "voucher-used-up by the buyer".to_owned(),
            Rejection::PlacesInUse { lost, repriced, areas } => {
                format!("places-in-use, lost {}, repriced {}, areas {areas:?}", self.ids(lost), self.ids(repriced))
            }
            Rejection::EventIncomplete(gaps) => format!("event-incomplete {gaps:?}"),
        }
    }

    /// Seat ids by number, of the first plan: scenarios with several plans number them alike.
    fn ids(&self, seats: &[u32]) -> String {
        let plan = self.house.state.plans().next().unwrap();
        let id = |n: &u32| plan.seats.get(*n as usize).map_or("?", |s| &s.id).to_owned();
        if seats.is_empty() { "none".to_owned() } else { seats.iter().map(id).collect::<Vec<_>>().join(" ") }
    }

    fn show_hold(&mut self, hold: &Hold) -> String {
        let name = self.holds.name('H', hold.id.0);
        let state = match hold.state {
            HoldState::Active => format!("until {}", clock(hold.expires_at_ms)),
            HoldState::Expired => "expired".to_owned(),
            HoldState::Released => "released".to_owned(),
            HoldState::Confirmed(order) => format!("confirmed by {}", self.orders.name('O', order.0)),
        };
        let seats: Vec<u32> = hold.places.seats.iter().map(|s| s.seat).collect();
        let mut places = if seats.is_empty() { String::new() } else { format!(" {}", self.ids(&seats)) };
        for area in &hold.places.areas {
            let _ = write!(places, " {}*{}", self.area(hold.showtime, area.area), area.quantity);
        }
        format!("{name} {state}:{places}, {}", money(hold.places.total()))
    }

    fn area(&self, showtime: ShowtimeId, area: u16) -> String {
        self.house.state.inventory(showtime).unwrap().plan().areas[usize::from(area)].id.to_string()
    }

    fn show_order(&mut self, order: &Order) -> String {
        let name = self.orders.name('O', order.id.0);
        let places: Vec<String> = order
            .tickets
            .iter()
            .map(|ticket| match ticket.place {
                TicketPlace::Seat(seat) => self.ids(&[seat]),
                TicketPlace::Area(area) => self.area(order.parts[usize::from(ticket.part)].showtime, area),
            })
            .collect();
        let state =
            if order.state == OrderState::Paid { "paid".into() } else { format!("{:?}", order.state).to_lowercase() };
        format!("{name} {state} {}, tickets {}", money(order.total.amount), places.join(" "))
    }

    fn show_seats(&self, showtime: &str) -> String {
        let inventory = self.house.state.inventory(self.showtime(showtime).0).unwrap();
        let digits: Vec<String> = inventory.seats().map(|c| (c.state() as u8).to_string()).collect();
        let rows = inventory.plan().rows.iter();
        let row = |r: &booking::plan::Row| digits[r.first as usize..(r.first + r.len) as usize].concat();
        rows.map(row).collect::<Vec<_>>().join(" ")
    }

    fn show_counts(&self, showtime: &str) -> String {
        let inventory = self.house.state.inventory(self.showtime(showtime).0).unwrap();
        let states = [PlaceState::Free, PlaceState::Held, PlaceState::Sold, PlaceState::Blocked];
        let total = inventory.total();
        let text = |s: PlaceState| format!("{} {}", total.of(s), format!("{s:?}").to_lowercase());
        states.map(text).join(" ")
    }

    fn hold_command(&mut self, words: &Words) -> Command {
        let (showtime, plan) = self.showtime(words.plain[1]);
        let id = HoldId(self.mint());
        let parted = |word: &&str| word.split_once(':').map(|(id, of)| (id.to_owned(), of.to_owned()));
        let asked: Vec<String> =
            words.plain[2..].iter().map(|w| parted(w).map_or((*w).to_owned(), |(id, _)| id)).collect();
        let seats = self.seats(plan, asked.iter().map(String::as_str));
        let types = seats.iter().zip(&words.plain[2..]).filter_map(|(seat, word)| {
            parted(word).map(|(_, of)| SeatType { seat: *seat, ticket_type: of.as_str().into() })
        });
        let types = types.collect();
        let best = words.named.get("best").map(|quantity| {
            let sections = &self.house.state.plan(plan).unwrap().sections;
            BestAvailable {
                quantity: number(quantity),
                tier: words.named.get("tier").map(|t| (*t).into()),
                section: words
                    .named
                    .get("section")
                    .map(|name| sections.iter().position(|s| &*s.id == *name).map_or(999, |i| i as u16)),
                accessible: words.named.get("accessible").map_or(0, |n| number(n)),
                spread: words.named.get("spread").map_or(0, |n| number(n)),
                pick: words.named.get("pick").map_or_else(Vec::new, |ids| self.seats(plan, ids.split(','))),
                types: words
                    .named
                    .get("types")
                    .map_or_else(Vec::new, |all| all.split(',').map(type_quantity).collect()),
            }
        });
        let plan_named = words.named.get("plan").map_or(plan, |name| PlanId(number(&name[1..])));
        let of_plan = self.house.state.plan(plan).unwrap();
        let area = |(name, value): (&&str, &&str)| {
            let (id, of) = name.split_once(':').map_or((*name, None), |(id, of)| (id, Some(of.into())));
            let area = of_plan.area_index(id)?;
            Some(AreaTickets { area, quantity: number(value), ticket_type: of })
        };
        let areas = words.named.iter().filter_map(area).collect();
        let voucher = words.named.get("voucher").map(|code| (*code).into());
        Command::PlaceHold(PlaceHold { id, showtime, plan: plan_named, seats, best, areas, types, voucher })
    }

    fn command(&mut self, who: &str, words: &Words) -> Option<Command> {
        let by_token = caller(who);
        let staff = organization(who);
        let given = &words.plain;
        Some(match given[0] {
            "hold" => self.hold_command(words),
            "extend" => Command::ExtendHold(ExtendHold { id: HoldId(self.holds.id(given[1])), organization: by_token }),
            "release" => {
                Command::ReleaseHold(ReleaseHold { id: HoldId(self.holds.id(given[1])), organization: by_token })
            }
            "tick" => Command::Tick,
            "order" => Command::PlaceOrder(Box::new(PlaceOrder {
                id: OrderId(self.mint()),
                organization: Some(staff),
                holds: given[1..].iter().filter(|w| w.starts_with('H')).map(|w| HoldId(self.holds.id(w))).collect(),
                buyer: Buyer { email: words.named.get("email").map_or("", |e| e).into(), ..Buyer::default() },
                pay: if given.contains(&"comp") { Pay::Comp } else { Pay::Cash },
                voucher: words.named.get("voucher").map(|code| (*code).into()),
            })),
            "block" => {
                let (showtime, plan) = self.showtime(given[1]);
                let seats = self.seats(plan, given[2..].iter().copied());
                let (id, areas) = (BlockId(self.mint()), self.areas(plan, words));
                let reason = "camera".into();
                Command::BlockPlaces(BlockPlaces { id, organization: staff, showtime, plan, seats, areas, reason })
            }
            "unblock" => {
                let (id, showtime) = (BlockId(self.blocks.id(given[2])), self.showtime(given[1]).0);
                Command::UnblockPlaces(UnblockPlaces { organization: staff, showtime, id })
            }
            "voucher" | "set-voucher" | "end-voucher" => return self.voucher_command(staff, words),
            _ => return self.catalogue_command(staff, words),
        })
    }

    fn catalogue_command(&mut self, organization: OrganizationId, words: &Words) -> Option<Command> {
        let given = &words.plain;
        let id = given.get(1).and_then(|name| name.get(1..)?.parse::<u128>().ok());
        let stale = given.contains(&"stale");
        let event = EventId(id.unwrap_or(0));
        let version = |known: Option<u64>| if stale { 1 } else { known.unwrap_or(0) };
        let mut details = event_details();
        if let Some(title) = words.named.get("title") {
            details.title = (*title).into();
        }
        details.state = match words.named.get("state") {
            Some(&"draft") => EventState::Draft,
            Some(&"archived") => EventState::Archived,
            _ => EventState::Published,
        };
        Some(match given[0] {
            "showtime" => {
                let plan = words.named.get("plan").map_or(PlanId(1), |name| PlanId(number(&name[1..])));
                let details = self.details(plan, words);
                let event = EventId(words.named.get("event").map_or(1, |name| number(&name[1..])));
                let id = ShowtimeId(id?);
                Command::CreateShowtime(Box::new(CreateShowtime { id, organization, event, details, plan: None }))
            }
            "set" => {
                let (id, plan) = self.showtime(given[1]);
                let plan = words.named.get("plan").map_or(plan, |name| PlanId(number(&name[1..])));
                let details = self.details(plan, words);
                let expected = version(self.house.state.showtime(id).map(|s| s.version));
                Command::UpdateShowtime(Box::new(UpdateShowtime { organization, id, expected, details }))
            }
            "venue" => {
                let mut details = venue_details();
                if let Some(country) = words.named.get("country") {
                    details.country = (*country).into();
                }
                Command::CreateVenue(CreateVenue { id: VenueId(id?), organization, details })
            }
            "delete-venue" => Command::DeleteVenue(DeleteVenue { organization, id: VenueId(id?) }),
            "event" => Command::CreateEvent(CreateEvent { id: event, organization, details }),
            "set-event" => {
                let expected = version(self.house.state.event(event).map(|e| e.version));
                Command::UpdateEvent(UpdateEvent { organization, id: event, expected, details })
            }
            "delete-event" => Command::DeleteEvent(DeleteEvent { organization, id: event }),
            _ => return None,
        })
    }

    /// What a look at the stage shows; nothing is asked of the rules.
    fn look(&mut self, words: &Words) -> Option<String> {
        Some(match words.plain[..] {
            ["changes"] => self.show_changes(),
            ["seats", showtime] => self.show_seats(showtime),
            ["counts", showtime] => self.show_counts(showtime),
            ["show", hold] => {
                let hold = self.house.state.hold(HoldId(self.holds.id(hold))).cloned();
                hold.map_or_else(|| "forgotten".to_owned(), |h| self.show_hold(&h))
            }
            ["answers"] => self.house.state.answers_len().to_string(),
            ["pick", showtime] => {
                let id = self.showtime(showtime).0;
                let Command::PlaceHold(hold) = self.hold_command(words) else { return None };
                let state = &self.house.state;
                let (inventory, of) = (state.inventory(id).unwrap(), state.showtime(id).unwrap());
                self.ids(&best_available::pick(inventory, of, &hold.best.unwrap(), &hold.seats))
            }
            _ => return self.look_at_money(words),
        })
    }

    /// Plays one line; says what happened.
    fn play(&mut self, line: &str) -> String {
        let mut rest = line.trim();
        if let Some((first, more)) = rest.split_once(' ')
            && first.contains(':')
            && first.starts_with(|c: char| c.is_ascii_digit())
        {
            self.house.now_ms = clock_ms(first);
            rest = more.trim();
        }
        if rest.starts_with("row ") || rest.starts_with("area ") {
            self.rows.push(rest.to_owned());
            return String::new();
        }
        if let Some(name) = rest.strip_prefix("plan ") {
            return self.import(name);
        }
        if let Some(seen) = self.look(&Words::of(rest)) {
            return seen;
        }
        let (who, asked) = rest.split_once(' ').unwrap_or((rest, "tick"));
        let mut words = Words::of(asked);
        let key = words.named.remove("key");
        let fingerprint = format!("{who} {:?} {:?}", words.plain, words.named);
        let command = self.command(who, &words).unwrap_or_else(|| panic!("{line}: nobody can do that"));
        let mark = key.map(|key| Idempotency { key: hash(key), fingerprint: hash(&fingerprint), minted: false });
        let actor = if caller(who).is_some() { Actor::Key(KeyId(1)) } else { Actor::Buyer };
        let applied = self.apply(actor, command, mark);
        self.outcome(&applied, |stage, reply| match reply {
            Reply::Done
            | Reply::Organization(_)
            | Reply::ApiKey(_)
            | Reply::Plan(_)
            | Reply::Venue(_)
            | Reply::Event(_)
            | Reply::Image(_)
            | Reply::User(_)
            | Reply::Session(_)
            | Reply::Link(_)
            | Reply::Showtime(_)
            | Reply::Showtimes(_) => "done".to_owned(),
            Reply::Scanned(scanned) => format!("{:?}", scanned.verdict),
            Reply::Task(task) => format!("task {:?}", task.duty),
            Reply::Ticked { more } => if *more { "more is due" } else { "done" }.to_owned(),
            Reply::Block(block) => stage.blocks.name('B', block.id.0),
            Reply::Hold(hold) => stage.show_hold(hold),
            Reply::Order(order) => stage.show_order(order),
            Reply::Voucher(voucher) => stage.show_voucher(voucher),
            Reply::Vouchers { first, count } => {
                let names = (0..u128::from(*count)).map(|n| stage.vouchers.name('V', first.0 + n));
                names.collect::<Vec<_>>().join(" ")
            }
        })
    }
}

/// `id:price` or `id:price:category+category`.
fn tier(text: &str) -> PriceTier {
    let mut parts = text.split(':');
    let id = parts.next().unwrap();
    let price = parts.next().map_or(4_500, |p| (number::<f64>(p) * 100.0) as i64);
    let categories = parts.next().unwrap_or(id).split('+').filter(|c| !c.is_empty()).map(Into::into).collect();
    PriceTier { id: id.into(), name: id.into(), fees: 0, categories, types: vec![TicketType::unnamed(price)] }
}

/// `type*quantity`.
fn type_quantity(text: &str) -> TypeQuantity {
    let (id, quantity) = text.split_once('*').unwrap();
    TypeQuantity { ticket_type: id.into(), quantity: number(quantity) }
}

fn hash(text: &str) -> u128 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u128, b| (h ^ u128::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[expect(clippy::disallowed_methods, reason = "writing expectations is the developer's tool, not the rules'")]
fn play(name: &str, text: &str) {
    let mut stage = Stage::new();
    let (mut played, mut wrong) = (String::new(), Vec::new());
    for (n, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            let _ = writeln!(played, "{line}");
            continue;
        }
        let (asked, expected) = line.split_once("->").map_or((line, ""), |(a, e)| (a, e.trim()));
        let actual = stage.play(asked);
        if actual != expected {
            wrong.push(format!("{name}:{}: {}\n  expected {expected}\n  happened {actual}", n + 1, asked.trim()));
        }
        let asked = asked.trim_end();
        let _ =
            if actual.is_empty() { writeln!(played, "{asked}") } else { writeln!(played, "{asked:<44} -> {actual}") };
    }
    if std::env::var_os("BOOKING_BLESS").is_some() {
        let path = format!("{}/tests/rules/scenarios/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        return std::fs::write(path, played).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! scenarios {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            play(stringify!($name), include_str!(concat!("scenarios/", stringify!($name), ".txt")));
        }
    )*};
}

scenarios! { prices fees vouchers unlocked holds expiry best_available rows spread companions areas orphans orphans_elsewhere orders blocks idempotency catalogue precedence }

//! A state to search in, changed by commands as a node's is, and a search over it. Also for the examples.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use booking::catalogue::{
    EventDetails, EventState, OrphanRule, ShowtimeDetails, ShowtimeState, VenueDetails, Visibility,
};
use booking::command::{
    Actor, AreaQuantity, BlockPlaces, CreateEvent, CreateOrganization, CreateShowtime, CreateVenue, DeleteEvent,
    UpdateEvent, UpdateShowtime, UpdateVenue,
};
use booking::ids::{BlockId, EventId, OrganizationId, PlanId, ShowtimeId, VenueId};
use booking::money::Currency;
use booking::plan::{Area, Category, Plan, Point, Row, Run, Seat, Section, attribute};
use booking::prices::{PriceTier, Prices, TicketType};
use booking::{Change, Command, Position, Proposal, Request, State};
use search::{Found, Query, Read, Search};

/// Cluster time of all commands: in November 2026.
pub(crate) const NOW_MS: u64 = 1_795_000_000_000;
pub(crate) const DAY_MS: u64 = 86_400_000;
pub(crate) const A: OrganizationId = OrganizationId(1);
pub(crate) const B: OrganizationId = OrganizationId(2);

/// The state and the log index it reflects, behind a lock as on a node.
#[derive(Clone, Default)]
pub(crate) struct World {
    held: Arc<RwLock<(u64, State)>>,
    ids: Arc<std::sync::atomic::AtomicU64>,
}

impl World {
    /// With two organizations.
    pub(crate) fn new() -> Self {
        let world = Self::default();
        for (id, name) in [(A, "A"), (B, "B")] {
            world.apply(Command::CreateOrganization(CreateOrganization { id, name: name.into() }));
        }
        world
    }

    pub(crate) fn read(&self) -> Read {
        let held = self.held.clone();
        Arc::new(move |look| {
            let held = held.read().unwrap();
            look(held.0, &held.1);
        })
    }

    /// Applies a command, which must be right; returns its index and what it changed.
    pub(crate) fn apply(&self, command: Command) -> (u64, Vec<Change>) {
        let mut held = self.held.write().unwrap();
        held.0 += 1;
        let request = Request { actor: Actor::Node, idempotency: None, command };
        let at = Position { index: held.0, offset: 0 };
        let applied = held.1.apply(at, &Proposal { at_ms: NOW_MS, request });
        assert!(applied.reply.is_ok(), "{:?}", applied.reply);
        (held.0, applied.changes)
    }

    pub(crate) fn state(&self) -> State {
        self.held.read().unwrap().1.clone()
    }

    pub(crate) fn index(&self) -> u64 {
        self.held.read().unwrap().0
    }

    pub(crate) fn id(&self) -> u128 {
        u128::from(self.ids.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) + 1_000
    }

    pub(crate) fn venue(&self, organization: OrganizationId, name: &str, city: &str, geo: (i32, i32)) -> VenueId {
        let id = VenueId(self.id());
        let details = VenueDetails {
            name: name.into(),
            address: "".into(),
            city: city.into(),
            country: "DE".into(),
            zone: "Europe/Berlin".into(),
            geo: Some(geo),
        };
        self.apply(Command::CreateVenue(CreateVenue { id, organization, details }));
        id
    }

    /// Rows of ten seats, the last seat of the first row for a wheelchair, and an area.
    pub(crate) fn plan(&self, organization: OrganizationId, venue: VenueId, rows: u32, area: u32) -> PlanId {
        let id = PlanId(self.id());
        self.apply(Command::ImportPlan(Arc::new(plan(id, (organization, venue), (rows, 10), area))));
        id
    }

    pub(crate) fn event(&self, organization: OrganizationId, details: EventDetails) -> EventId {
        let id = EventId(self.id());
        self.apply(Command::CreateEvent(CreateEvent { id, organization, details }));
        id
    }

    pub(crate) fn showtime(&self, event: EventId, details: ShowtimeDetails) -> ShowtimeId {
        let id = ShowtimeId(self.id());
        let organization = self.state().event(event).unwrap().organization;
        self.apply(Command::CreateShowtime(Box::new(CreateShowtime { id, organization, event, details, plan: None })));
        id
    }

    pub(crate) fn change_event(&self, id: EventId, change: impl FnOnce(&mut EventDetails)) -> (u64, Vec<Change>) {
        let event = self.state().event(id).unwrap().clone();
        let mut details = event.details.clone();
        change(&mut details);
        let (organization, expected) = (event.organization, event.version);
        self.apply(Command::UpdateEvent(UpdateEvent { organization, id, expected, details }))
    }

    pub(crate) fn change_showtime(
        &self,
        id: ShowtimeId,
        change: impl FnOnce(&mut ShowtimeDetails),
    ) -> (u64, Vec<Change>) {
        let showtime = self.state().showtime(id).unwrap().clone();
        let mut details = showtime.details.clone();
        change(&mut details);
        let (organization, expected) = (showtime.organization, showtime.version);
        self.apply(Command::UpdateShowtime(Box::new(UpdateShowtime { organization, id, expected, details })))
    }

    pub(crate) fn rename_venue(&self, id: VenueId, name: &str) -> (u64, Vec<Change>) {
        let venue = self.state().venue(id).unwrap().clone();
        let mut details = venue.details.clone();
        details.name = name.into();
        let (organization, expected) = (venue.organization, venue.version);
        self.apply(Command::UpdateVenue(UpdateVenue { id, organization, expected, details }))
    }

    pub(crate) fn delete_event(&self, id: EventId) -> (u64, Vec<Change>) {
        let organization = self.state().event(id).unwrap().organization;
        self.apply(Command::DeleteEvent(DeleteEvent { organization, id }))
    }

    /// Takes seats, or places of the only area, off sale.
    pub(crate) fn block(&self, showtime: ShowtimeId, seats: Vec<u32>, quantity: u32) -> (u64, Vec<Change>) {
        let record = self.state().showtime(showtime).unwrap().clone();
        let areas = if quantity > 0 { vec![AreaQuantity { area: 0, quantity }] } else { Vec::new() };
        self.apply(Command::BlockPlaces(BlockPlaces {
            id: BlockId(self.id()),
            organization: record.organization,
            showtime,
            plan: record.details.plan,
            seats,
            areas,
            reason: "".into(),
        }))
    }

    /// A search over it, caught up.
    pub(crate) fn search(&self, folder: Option<&std::path::Path>) -> Search {
        let search = Search::start(folder.map(Into::into), self.read()).unwrap();
        wait(|| search.metrics().ready && search.index() >= self.index());
        search
    }
}

/// Waits for a condition, 5 min at most: an index of 100,000 events is made meanwhile.
pub(crate) fn wait(mut until: impl FnMut() -> bool) {
    let (_never, look) = std::sync::mpsc::channel::<()>();
    for _ in 0..30_000 {
        if until() {
            return;
        }
        // As long as the sender lives this is a pause.
        let _ = look.recv_timeout(Duration::from_millis(10));
    }
    panic!("it did not come to pass within 5 min");
}

/// So many rows of so many seats.
pub(crate) fn plan(id: PlanId, owner: (OrganizationId, VenueId), (rows, row): (u32, u32), area: u32) -> Plan {
    let category = Category { name: "all".into(), color: "#000000".into(), extra: "".into() };
    let seats = (0..rows * row).map(|n| Seat {
        id: format!("{}-{}", n / row, n % row).into(),
        number: (n % row).to_string().into(),
        row: n / row,
        category: 0,
        attributes: if n == row - 1 { attribute::WHEELCHAIR } else { 0 },
        at: Point { x_milli: (n % row).cast_signed() * 500, y_milli: (n / row).cast_signed() * 900 },
        extra: "".into(),
    });
    let of = |n: u32| Row { section: 0, label: n.to_string().into(), first: n * row, len: row, extra: "".into() };
    let areas = (area > 0).then(|| Area {
        id: "floor".into(),
        name: "Floor".into(),
        section: 0,
        category: Some(0),
        capacity: area,
        shape: "".into(),
    });
    let mut plan = Plan {
        id,
        organization: owner.0,
        venue: owner.1,
        name: "plan".into(),
        hash: [7; 32],
        size: Point { x_milli: 50_000, y_milli: 50_000 },
        focal_point: Point::default(),
        categories: vec![category],
        sections: vec![Section { id: "hall".into(), name: "Hall".into(), extra: "".into() }],
        rows: (0..rows).map(of).collect(),
        seats: seats.collect(),
        areas: areas.into_iter().collect(),
        runs: (0..rows).map(|n| Run { first: n * row, len: row }).collect(),
        by_id: Vec::new(),
        extra: "".into(),
        created_at_ms: 0,
    };
    plan.index();
    plan
}

pub(crate) fn event(title: &str) -> EventDetails {
    EventDetails {
        title: title.into(),
        summary: "".into(),
        description: "".into(),
        category: "".into(),
        tags: Vec::new(),
        languages: Vec::new(),
        age_limit: None,
        images: Vec::new(),
        accessibility: "".into(),
        visibility: Visibility::Public,
        refunds: None,
        state: EventState::Published,
    }
}

/// On sale, so many days from now, at 20.00 plus 1.00.
pub(crate) fn showtime(plan: PlanId, days: u64) -> ShowtimeDetails {
    ShowtimeDetails {
        plan,
        starts_at_ms: NOW_MS + days * DAY_MS,
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
        currency: "EUR".parse::<Currency>().unwrap(),
        prices: prices(2_000),
        state: ShowtimeState::OnSale,
        reason: "".into(),
    }
}

pub(crate) fn prices(price: i64) -> Arc<Prices> {
    let types = vec![TicketType::unnamed(price)];
    let tier = PriceTier { id: "t".into(), name: "all".into(), fees: 100, categories: vec!["all".into()], types };
    Arc::new(Prices { tiers: vec![tier], ..Prices::default() })
}

/// Searches as somebody without credentials.
pub(crate) fn find(search: &Search, parameters: &[(&str, &str)]) -> Arc<Found> {
    find_as(search, None, parameters)
}

pub(crate) fn find_as(search: &Search, staff_of: Option<OrganizationId>, parameters: &[(&str, &str)]) -> Arc<Found> {
    let query = Query::read(parameters.iter().copied()).unwrap();
    search.find(&query, staff_of, NOW_MS).unwrap().0
}

/// Titles of what was found, in order.
pub(crate) fn titles(found: &Found) -> Vec<String> {
    found.hits.iter().map(|hit| hit.entry.event.details.title.to_string()).collect()
}

/// A facet as a map.
pub(crate) fn counts(values: &[search::Value]) -> BTreeMap<String, u32> {
    values.iter().map(|value| (value.text.clone(), value.events)).collect()
}

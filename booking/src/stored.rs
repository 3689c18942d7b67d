//! The state as records and back: what snapshots, the copy in sled and backups are made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::census::Kind;
use crate::change::Reply;
use crate::holds::HoldState;
use crate::ids::ShowtimeId;
use crate::inventory::{AreaCounts, Inventory};
use crate::limits;
use crate::orders::owning;
use crate::record::{Record, RecordKey};
use crate::state::{Meta, State, Timed};
use crate::table::Journal;

impl State {
    /// The record under a key as it is now; none if there is none (any more).
    pub fn record(&self, key: &RecordKey) -> Option<Record> {
        Some(match key {
            RecordKey::Meta => Record::Meta(self.meta),
            RecordKey::Organization(id) => Record::Organization(self.organizations.get(id)?.clone()),
            RecordKey::ApiKey(id) => Record::ApiKey(self.api_keys.get(id)?.clone()),
            RecordKey::Venue(id) => Record::Venue(self.venues.get(id)?.clone()),
            RecordKey::Plan(id) => Record::Plan(self.plans.get(id)?.clone()),
            RecordKey::Event(id) => Record::Event(self.events.get(id)?.clone()),
            RecordKey::Showtime(id) => Record::Showtime(self.showtimes.get(id)?.clone()),
            RecordKey::Cells(id, chunk) => Record::Cells(self.inventories.get(id)?.cells_record(*chunk)?.clone()),
            RecordKey::Areas(id) => Record::Areas(self.inventories.get(id)?.areas_record()?.clone()),
            RecordKey::Block(id) => Record::Block(self.blocks.get(id)?.clone()),
            RecordKey::Hold(id) => Record::Hold(self.holds.get(id)?.clone()),
            RecordKey::Order(id) => Record::Order(self.orders.get(id)?.clone()),
            RecordKey::Answer(key) => Record::Answer(self.answers.table.get(key)?.clone()),
            RecordKey::Image(id) => Record::Image(self.images.get(id)?.clone()),
            RecordKey::Prices(id) => Record::Prices(self.old_prices.get(id)?.clone()),
            RecordKey::Voucher(id) => Record::Voucher(self.vouchers.get(id)?.clone()),
            RecordKey::Task(id) => Record::Task(self.tasks.get(id)?.clone()),
            RecordKey::User(id) => Record::User(self.users.get(id)?.clone()),
            RecordKey::Session(id) => Record::Session(self.sessions.get(id)?.clone()),
            RecordKey::Link(id) => Record::Link(self.links.get(id)?.clone()),
            RecordKey::Mail(id) => Record::Mail(self.mails.get(id)?.clone()),
        })
    }

    /// Hands out every record, in an order that does not matter.
    pub fn records(&self, each: &mut dyn FnMut(RecordKey, Record)) {
        each(RecordKey::Meta, Record::Meta(self.meta));
        self.organizations.iter().for_each(|(k, v)| each(RecordKey::Organization(*k), Record::Organization(v.clone())));
        self.api_keys.iter().for_each(|(k, v)| each(RecordKey::ApiKey(*k), Record::ApiKey(v.clone())));
        self.venues.iter().for_each(|(k, v)| each(RecordKey::Venue(*k), Record::Venue(v.clone())));
        self.plans.iter().for_each(|(k, v)| each(RecordKey::Plan(*k), Record::Plan(v.clone())));
        self.events.iter().for_each(|(k, v)| each(RecordKey::Event(*k), Record::Event(v.clone())));
        self.showtimes.iter().for_each(|(k, v)| each(RecordKey::Showtime(*k), Record::Showtime(v.clone())));
        for (id, inventory) in self.inventories.iter() {
            for chunk in 0..inventory.chunks() {
                if let Some(cells) = inventory.cells_record(chunk) {
                    each(RecordKey::Cells(*id, chunk), Record::Cells(cells.clone()));
                }
            }
            if let Some(areas) = inventory.areas_record() {
                each(RecordKey::Areas(*id), Record::Areas(areas.clone()));
            }
        }
        self.blocks.iter().for_each(|(k, v)| each(RecordKey::Block(*k), Record::Block(v.clone())));
        self.holds.iter().for_each(|(k, v)| each(RecordKey::Hold(*k), Record::Hold(v.clone())));
        self.orders.iter().for_each(|(k, v)| each(RecordKey::Order(*k), Record::Order(v.clone())));
        self.answers.table.iter().for_each(|(k, v)| each(RecordKey::Answer(*k), Record::Answer(v.clone())));
        self.images.iter().for_each(|(k, v)| each(RecordKey::Image(*k), Record::Image(v.clone())));
        self.old_prices.iter().for_each(|(k, v)| each(RecordKey::Prices(*k), Record::Prices(v.clone())));
        self.vouchers.iter().for_each(|(k, v)| each(RecordKey::Voucher(*k), Record::Voucher(v.clone())));
        self.tasks.iter().for_each(|(k, v)| each(RecordKey::Task(*k), Record::Task(v.clone())));
        self.users.iter().for_each(|(k, v)| each(RecordKey::User(*k), Record::User(v.clone())));
        self.sessions.iter().for_each(|(k, v)| each(RecordKey::Session(*k), Record::Session(v.clone())));
        self.links.iter().for_each(|(k, v)| each(RecordKey::Link(*k), Record::Link(v.clone())));
        self.mails.iter().for_each(|(k, v)| each(RecordKey::Mail(*k), Record::Mail(v.clone())));
    }
}

/// A chunk of cells with its number.
type CellsRecord = (u32, Arc<Vec<u64>>);

/// Makes a state from records, given in any order.
#[derive(Default)]
pub struct Loader {
    state: State,
    journal: Journal,
    cells: BTreeMap<ShowtimeId, Vec<CellsRecord>>,
    areas: BTreeMap<ShowtimeId, Arc<Vec<AreaCounts>>>,
}

impl Loader {
    /// Nothing loaded.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a record in. Refuses one that is not of its key's kind.
    pub fn put(&mut self, key: RecordKey, record: Record) -> Result<(), String> {
        let (state, journal) = (&mut self.state, &mut self.journal);
        // What was touched is of no interest here; keep it from growing.
        journal.touched.clear();
        match (key, record) {
            (RecordKey::Meta, Record::Meta(meta)) => state.meta = meta,
            (RecordKey::Organization(id), Record::Organization(v)) => state.organizations.insert(journal, id, v),
            (RecordKey::ApiKey(id), Record::ApiKey(v)) => {
                state.census.add(v.organization, Kind::ApiKey);
                state.keys_by_hash.insert(v.hash, id);
                state.api_keys.insert(journal, id, v);
            }
            (RecordKey::Venue(id), Record::Venue(v)) => {
                state.census.add(v.organization, Kind::Venue);
                state.venues.insert(journal, id, v);
            }
            (RecordKey::Plan(id), Record::Plan(v)) => {
                state.census.add(v.organization, Kind::Plan);
                state.plans.insert(journal, id, v);
            }
            (RecordKey::Event(id), Record::Event(v)) => {
                state.census.add(v.organization, Kind::Event);
                state.events.insert(journal, id, v);
            }
            (RecordKey::Showtime(id), Record::Showtime(v)) => {
                state.census.add(v.organization, Kind::Showtime);
                state.index_showtime(&v);
                state.showtimes.insert(journal, id, v);
            }
            (RecordKey::Cells(id, chunk), Record::Cells(v)) => self.cells.entry(id).or_default().push((chunk, v)),
            (RecordKey::Areas(id), Record::Areas(v)) => {
                self.areas.insert(id, v);
            }
            (RecordKey::Block(id), Record::Block(v)) => {
                state.blocks_by_showtime.insert((v.showtime, id), ());
                state.blocks.insert(journal, id, v);
            }
            (RecordKey::Hold(id), Record::Hold(v)) => state.holds.insert(journal, id, v),
            (RecordKey::Order(id), Record::Order(v)) => {
                state.index_order(&v);
                state.orders.insert(journal, id, v);
            }
            (RecordKey::Answer(key), Record::Answer(v)) => state.answers.load(journal, key, v),
            (RecordKey::Image(id), Record::Image(v)) => {
                state.census.add(v.organization, Kind::Image);
                state.index_image(&v);
                state.images.insert(journal, id, v);
            }
            (RecordKey::Prices(id), Record::Prices(v)) => state.old_prices.insert(journal, id, v),
            (RecordKey::Voucher(id), Record::Voucher(v)) => {
                state.census.add(v.organization, Kind::Voucher);
                state.index_voucher(&v);
                state.vouchers.insert(journal, id, v);
            }
            (RecordKey::Task(id), Record::Task(v)) => state.tasks.insert(journal, id, v),
            (RecordKey::User(id), Record::User(v)) => {
                state.index_user(&v);
                state.users.insert(journal, id, v);
            }
            (RecordKey::Session(id), Record::Session(v)) => {
                state.index_session(&v);
                state.sessions.insert(journal, id, v);
            }
            (RecordKey::Link(id), Record::Link(v)) => {
                state.index_link(&v);
                state.links.insert(journal, id, v);
            }
            (RecordKey::Mail(id), Record::Mail(v)) => state.mails.insert(journal, id, v),
            (key, _) => return Err(format!("the record under {key:?} is of another kind")),
        }
        Ok(())
    }

    /// The state. Fails if records contradict one another.
    pub fn finish(mut self) -> Result<State, String> {
        let mut state = self.state;
        let showtimes: Vec<_> = state.showtimes.iter().map(|(id, s)| (*id, s.details.plan)).collect();
        for (id, plan) in showtimes {
            let plan = state.plans.get(&plan).cloned().ok_or_else(|| format!("the plan of {id} is missing"))?;
            let cells = self.cells.remove(&id).unwrap_or_default();
            let fresh = state.all_free(&plan, id, 0);
            let inventory = Inventory::load(fresh, cells, self.areas.remove(&id), &mut self.journal)?;
            state.inventories.insert(id, Arc::new(inventory));
        }
        if let Some(id) = self.cells.keys().chain(self.areas.keys()).next() {
            return Err(format!("there are places of {id}, which is missing"));
        }
        let holds: Vec<_> = state.holds.iter().map(|(_, h)| h.clone()).collect();
        for hold in holds {
            if hold.state == HoldState::Active {
                state.add_deadline(hold.showtime, hold.expires_at_ms, Timed::Hold(hold.id));
            } else {
                state.ended.insert((hold.ended_kept_until_ms(), hold.id), ());
            }
        }
        let pending: Vec<_> =
            state.orders.iter().map(|(_, o)| o).filter(|o| o.lapses_at_ms().is_some()).cloned().collect();
        for order in pending {
            owning::add_deadlines(&mut state, &order);
        }
        share_answers(&mut state);
        state.digest = self.journal.digest;
        Ok(state)
    }

    /// Marks the state as a restored backup: a new epoch tells viewers to forget what they saw.
    pub fn new_epoch(&mut self) {
        let Meta { epoch, .. } = &mut self.state.meta;
        *epoch += 1;
    }
}

/// Recorded answers that say what an order or hold still is lie in memory once, as they did before they were stored:
/// else a restart would nearly double what an order costs.
fn share_answers(state: &mut State) {
    let same = |reply: &Reply| {
        if let Reply::Order(order) = reply {
            return state.orders.get(&order.id).filter(|kept| *kept == order).map(|kept| Reply::Order(kept.clone()));
        }
        if let Reply::Hold(hold) = reply {
            return state.holds.get(&hold.id).filter(|kept| *kept == hold).map(|kept| Reply::Hold(kept.clone()));
        }
        None
    };
    let answers = state.answers.table.iter();
    let shared: Vec<(u128, Reply)> =
        answers.filter_map(|(key, answer)| Some((*key, same(answer.reply.as_ref().ok()?)?))).collect();
    for (key, reply) in shared {
        state.answers.table.share(&key, |answer| answer.reply = Ok(reply));
    }
}

impl crate::holds::Hold {
    /// Until when an ended hold is remembered, in ms.
    pub(crate) fn ended_kept_until_ms(&self) -> u64 {
        self.ended_at_ms.unwrap_or(self.expires_at_ms).saturating_add(limits::ENDED_HOLD_KEPT_MS)
    }
}

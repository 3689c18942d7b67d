//! Who has which place of a showtime: dense cells indexed by seat number, counts of areas, counts per category and
//! section that are kept, never computed. Deliberately not here: why a place changes hands (holds, orders, blocks).

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::{OrphanRule, Showtime};
use crate::chunks::ChunkMap;
use crate::digest::Digest;
use crate::ids::ShowtimeId;
use crate::layout::Layout;
use crate::plan::{Plan, Run};
use crate::record::RecordKey;
use crate::state::Timed;
use crate::table::Journal;

/// Seats of one chunk: 32 KiB, what the first write after a snapshot copies, and one stored record.
pub const CELLS_PER_RECORD: usize = 4_096;

/// The four states of a place; the numbers are those of the packed forms in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum PlaceState {
    /// For sale.
    Free = 0,
    /// In a hold.
    Held = 1,
    /// In an order.
    Sold = 2,
    /// Taken off sale by staff.
    Blocked = 3,
}

impl PlaceState {
    const fn from_bits(bits: u64) -> Self {
        match bits & 3 {
            0 => Self::Free,
            1 => Self::Held,
            2 => Self::Sold,
            _ => Self::Blocked,
        }
    }
}

/// A seat's cell: two bits of state and the serial number of its owner (hold, order or block). A free cell is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell(pub u64);

impl Cell {
    /// A cell of an owner.
    pub const fn new(state: PlaceState, owner: u64) -> Self {
        match state {
            PlaceState::Free => Self(0),
            PlaceState::Held | PlaceState::Sold | PlaceState::Blocked => Self(owner << 2 | state as u64),
        }
    }
    /// Its state.
    pub const fn state(self) -> PlaceState {
        PlaceState::from_bits(self.0)
    }
    /// Its owner's serial number; 0 if free.
    pub const fn owner(self) -> u64 {
        self.0 >> 2
    }
}

/// How many places are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([u32; 4]);

impl Counts {
    /// Places in that state.
    pub fn of(&self, state: PlaceState) -> u32 {
        let [free, held, sold, blocked] = self.0;
        match state {
            PlaceState::Free => free,
            PlaceState::Held => held,
            PlaceState::Sold => sold,
            PlaceState::Blocked => blocked,
        }
    }
    /// Places in all.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }
    fn slot(&mut self, state: PlaceState) -> &mut u32 {
        let [free, held, sold, blocked] = &mut self.0;
        match state {
            PlaceState::Free => free,
            PlaceState::Held => held,
            PlaceState::Sold => sold,
            PlaceState::Blocked => blocked,
        }
    }
    fn shift(&mut self, from: PlaceState, to: PlaceState, n: u32) {
        *self.slot(from) -= n;
        *self.slot(to) += n;
    }
    /// Adds the places of another count.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

/// The places of an area by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AreaCounts {
    /// For sale.
    pub free: u32,
    /// In holds.
    pub held: u32,
    /// In orders.
    pub sold: u32,
    /// In blocks.
    pub blocked: u32,
}

impl AreaCounts {
    fn slot(&mut self, state: PlaceState) -> &mut u32 {
        match state {
            PlaceState::Free => &mut self.free,
            PlaceState::Held => &mut self.held,
            PlaceState::Sold => &mut self.sold,
            PlaceState::Blocked => &mut self.blocked,
        }
    }
    fn counts(self) -> Counts {
        Counts([self.free, self.held, self.sold, self.blocked])
    }
}

/// The places of one showtime.
#[derive(Debug, Clone)]
pub struct Inventory {
    showtime: ShowtimeId,
    plan: Arc<Plan>,
    cells: Vec<Arc<Vec<u64>>>,
    areas: Arc<Vec<AreaCounts>>,
    total: Counts,
    by_category: Vec<Counts>,
    by_section: Vec<Counts>,
    /// One bit a seat, 64 to a word: set while it is free. Derived from the cells.
    free: Vec<u64>,
    layout: Arc<Layout>,
    /// Deadlines of its active holds, and of orders that are to be paid: derived, not a record.
    pub(crate) deadlines: ChunkMap<(u64, Timed), ()>,
    /// Log index of the last change of a place.
    changed_at: u64,
}

impl Inventory {
    /// All places of the plan, free, as of a log index.
    pub(crate) fn new(showtime: ShowtimeId, plan: Arc<Plan>, index: u64) -> Self {
        let seats = plan.seats.len();
        let cells = (0..seats.div_ceil(CELLS_PER_RECORD))
            .map(|i| Arc::new(vec![0; CELLS_PER_RECORD.min(seats - i * CELLS_PER_RECORD)]))
            .collect();
        let areas = plan.areas.iter().map(|a| AreaCounts { free: a.capacity, held: 0, sold: 0, blocked: 0 }).collect();
        let layout = Arc::new(Layout::of(&plan));
        let mut inventory = Self {
            showtime,
            free: Vec::new(),
            layout,
            plan,
            cells,
            areas: Arc::new(areas),
            total: Counts::default(),
            by_category: Vec::new(),
            by_section: Vec::new(),
            deadlines: ChunkMap::default(),
            changed_at: index,
        };
        inventory.count();
        inventory
    }

    /// The same for another showtime on the plan, while all places are free: the two share their cells until one of them
    /// changes.
    pub(crate) fn all_free_for(&self, showtime: ShowtimeId, index: u64) -> Self {
        Self { showtime, changed_at: index, ..self.clone() }
    }

    /// Moves to another plan: `fresh` is this showtime's on it, all free; seats and areas go from number to number.
    pub(crate) fn move_to(
        &mut self,
        journal: &mut Journal,
        index: u64,
        fresh: Self,
        seats: &[(u32, u32)],
        areas: &[(u16, u16)],
    ) {
        let old = std::mem::replace(self, fresh);
        self.deadlines = old.deadlines;
        self.changed_at = index;
        for (seat, cell) in (0_u32..).zip(old.cells.iter().flat_map(|chunk| chunk.iter())).filter(|(_, c)| **c != 0) {
            journal.digest.remove((self.showtime, seat, *cell));
        }
        for (number, (counts, area)) in (0_u16..).zip(old.areas.iter().zip(&old.plan.areas)) {
            if counts.free != area.capacity {
                journal.digest.remove((self.showtime, number, *counts));
            }
        }
        // Whatever was stored of the old plan is stored anew, or not at all.
        let chunks = old.cells.len().max(self.cells.len()) as u32;
        journal.touched.extend((0..chunks).map(|chunk| RecordKey::Cells(self.showtime, chunk)));
        journal.touched.push(RecordKey::Areas(self.showtime));
        for (from, to) in seats {
            let chunk = old.cells.get(*from as usize / CELLS_PER_RECORD);
            let cell = chunk.and_then(|c| c.get(*from as usize % CELLS_PER_RECORD)).copied().unwrap_or(0);
            self.set_seat(journal, index, *to, Cell(cell));
        }
        for (from, to) in areas {
            let Some(counts) = old.areas.get(usize::from(*from)) else { continue };
            let used = [
                (PlaceState::Held, counts.held),
                (PlaceState::Sold, counts.sold),
                (PlaceState::Blocked, counts.blocked),
            ];
            for (state, n) in used.into_iter().filter(|(_, n)| *n > 0) {
                self.move_area(journal, index, (*to, n), PlaceState::Free, state);
            }
        }
    }

    /// From stored records over a plan whose places are all free; a missing record means that nothing of it ever changed.
    pub(crate) fn load(
        mut inventory: Self,
        cells: impl IntoIterator<Item = (u32, Arc<Vec<u64>>)>,
        areas: Option<Arc<Vec<AreaCounts>>>,
        journal: &mut Journal,
    ) -> Result<Self, String> {
        let showtime = inventory.showtime;
        let mut any = areas.is_some();
        for (chunk, stored) in cells {
            any = true;
            let slot = inventory.cells.get_mut(chunk as usize).filter(|c| c.len() == stored.len());
            *slot.ok_or_else(|| format!("the stored seats of {showtime} do not fit its plan"))? = stored;
        }
        if let Some(stored) = areas {
            let fits = stored.len() == inventory.areas.len()
                && stored.iter().zip(&inventory.plan.areas).all(|(s, a)| s.counts().total() == a.capacity);
            if !fits {
                return Err(format!("the stored areas of {showtime} do not fit its plan"));
            }
            inventory.areas = stored;
            inventory.digest_areas(&mut journal.digest);
        }
        if any {
            for (seat, cell) in inventory.seats().enumerate() {
                if cell.0 != 0 {
                    journal.digest.add((showtime, seat as u32, cell.0));
                }
            }
            inventory.count();
        }
        Ok(inventory)
    }

    /// Counts everything anew: at the beginning and after loading.
    fn count(&mut self) {
        let mut total = Counts::default();
        let mut by_category = vec![Counts::default(); self.plan.categories.len()];
        let mut by_section = vec![Counts::default(); self.plan.sections.len()];
        let mut put = |category: Option<u16>, section: u16, counts: Counts| {
            total.add(&counts);
            if let Some(c) = category.and_then(|c| by_category.get_mut(usize::from(c))) {
                c.add(&counts);
            }
            if let Some(s) = by_section.get_mut(usize::from(section)) {
                s.add(&counts);
            }
        };
        let mut free = vec![0_u64; self.plan.seats.len().div_ceil(64)];
        for (number, cell) in self.seats().enumerate() {
            if let (PlaceState::Free, Some(word)) = (cell.state(), free.get_mut(number / 64)) {
                *word |= 1 << (number % 64);
            }
        }
        for (seat, cell) in self.plan.seats.iter().zip(self.seats()) {
            let mut one = Counts::default();
            *one.slot(cell.state()) = 1;
            put(Some(seat.category), self.plan.section_of(seat), one);
        }
        for (area, counts) in self.plan.areas.iter().zip(self.areas.iter()) {
            put(area.category, area.section, counts.counts());
        }
        self.free = free;
        self.total = total;
        self.by_category = by_category;
        self.by_section = by_section;
    }

    /// The plan that the seat numbers are of.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The cell of a seat; none if the plan has no such seat.
    pub fn seat(&self, seat: u32) -> Option<Cell> {
        let chunk = self.cells.get(seat as usize / CELLS_PER_RECORD)?;
        chunk.get(seat as usize % CELLS_PER_RECORD).map(|c| Cell(*c))
    }

    /// Whether the plan has the seat and it is free.
    pub fn is_free(&self, seat: u32) -> bool {
        self.seat(seat).is_some_and(|c| c.state() == PlaceState::Free)
    }

    /// One bit a seat, 64 to a word, set while it is free: for whoever looks through all of them.
    pub fn free_words(&self) -> &[u64] {
        &self.free
    }

    /// The cells of all seats in plan order.
    pub fn seats(&self) -> impl Iterator<Item = Cell> {
        self.cells.iter().flat_map(|chunk| chunk.iter().map(|c| Cell(*c)))
    }

    /// The places of an area by state.
    pub fn area(&self, area: u16) -> Option<AreaCounts> {
        self.areas.get(usize::from(area)).copied()
    }

    /// The places of all areas by state, in plan order.
    pub fn areas(&self) -> &[AreaCounts] {
        &self.areas
    }

    /// All places by state.
    pub fn total(&self) -> Counts {
        self.total
    }

    /// Places by category of the plan.
    pub fn by_category(&self) -> &[Counts] {
        &self.by_category
    }

    /// Places by section of the plan.
    pub fn by_section(&self) -> &[Counts] {
        &self.by_section
    }

    /// Runs of neighbouring seats with the squared distance of their nearest seat, the nearest run first.
    pub(crate) fn runs_by_distance(&self) -> impl Iterator<Item = (u64, Run)> {
        self.layout.runs_by_distance(&self.plan)
    }

    /// Where a run of neighbours stands among the rows; see [`Layout`].
    pub(crate) fn rank_of(&self, run: Run) -> Option<u32> {
        self.layout.rank_of(&self.plan, run)
    }

    /// The runs of a rank.
    pub(crate) fn runs_of_rank(&self, rank: u32) -> impl Iterator<Item = Run> {
        self.layout.runs_of_rank(&self.plan, rank)
    }

    /// The longest stretches of free seats within a run, ascending.
    pub(crate) fn free_stretches(&self, run: Run) -> impl Iterator<Item = Range<u32>> {
        let mut at = run.first;
        std::iter::from_fn(move || {
            let start = self.next(at, run.first + run.len, true);
            let end = self.next(start, run.first + run.len, false);
            at = end;
            (start < end).then_some(start..end)
        })
    }

    /// The first seat from `at` on that is free, or is not; `end` if none is before it.
    fn next(&self, at: u32, end: u32, free: bool) -> u32 {
        let mut at = at;
        while at < end {
            let word = self.free.get(at as usize / 64).copied().unwrap_or(0);
            let found = if free { word } else { !word } >> (at % 64);
            if found != 0 {
                return end.min(at + found.trailing_zeros());
            }
            at = (at / 64 + 1) * 64;
        }
        end
    }

    /// Whether the bits of free seats are those of another count.
    pub(crate) fn same_free(&self, other: &Self) -> bool {
        self.free == other.free
    }

    /// Whether single seats left over matter: where the showtime says so, until most seats are gone.
    pub(crate) fn minds_singles(&self, showtime: &Showtime) -> bool {
        let details = &showtime.details;
        let of = |state| u64::from(self.total.of(state));
        let gone = of(PlaceState::Held) + of(PlaceState::Sold);
        let for_sale = gone + of(PlaceState::Free);
        details.orphan_rule != OrphanRule::Off && gone * 100 < for_sale * u64::from(details.orphan_rule_until_percent)
    }

    /// Log index of the last change of a place since this node started; 0 if there was none.
    pub fn changed_at(&self) -> u64 {
        self.changed_at
    }

    /// Gives a seat to an owner, or frees it.
    pub(crate) fn set_seat(&mut self, journal: &mut Journal, index: u64, seat: u32, new: Cell) {
        let chunk_index = seat as usize / CELLS_PER_RECORD;
        let slot = self
            .cells
            .get_mut(chunk_index)
            .and_then(|chunk| Arc::make_mut(chunk).get_mut(seat as usize % CELLS_PER_RECORD));
        let (Some(slot), Some(of_plan)) = (slot, self.plan.seats.get(seat as usize)) else { return };
        let old = Cell(std::mem::replace(slot, new.0));
        if let Some(word) = self.free.get_mut(seat as usize / 64) {
            let bit = 1 << (seat % 64);
            if new.state() == PlaceState::Free { *word |= bit } else { *word &= !bit }
        }
        if old.0 != 0 {
            journal.digest.remove((self.showtime, seat, old.0));
        }
        if new.0 != 0 {
            journal.digest.add((self.showtime, seat, new.0));
        }
        let key = RecordKey::Cells(self.showtime, chunk_index as u32);
        if journal.touched.last() != Some(&key) {
            journal.touched.push(key);
        }
        let section = self.plan.section_of(of_plan);
        self.shift(Some(of_plan.category), section, old.state(), new.state(), 1);
        self.changed_at = index;
    }

    /// Moves places of an area from one state to another; the caller has checked that there are as many.
    pub(crate) fn move_area(
        &mut self,
        journal: &mut Journal,
        index: u64,
        (area, n): (u16, u32),
        from: PlaceState,
        to: PlaceState,
    ) {
        let Some(of_plan) = self.plan.areas.get(usize::from(area)) else { return };
        let (category, section, capacity) = (of_plan.category, of_plan.section, of_plan.capacity);
        let Some(counts) = Arc::make_mut(&mut self.areas).get_mut(usize::from(area)) else { return };
        // An area whose places are all free is not in the digest, as a seat that is free is not.
        if counts.free != capacity {
            journal.digest.remove((self.showtime, area, *counts));
        }
        *counts.slot(from) -= n;
        *counts.slot(to) += n;
        if counts.free != capacity {
            journal.digest.add((self.showtime, area, *counts));
        }
        let key = RecordKey::Areas(self.showtime);
        if journal.touched.last() != Some(&key) {
            journal.touched.push(key);
        }
        self.shift(category, section, from, to, n);
        self.changed_at = index;
    }

    /// Takes every area that is not all free into a digest, one by one: a change then costs one area, not all.
    pub(crate) fn digest_areas(&self, digest: &mut Digest) {
        for (number, (counts, area)) in (0_u16..).zip(self.areas.iter().zip(&self.plan.areas)) {
            if counts.free != area.capacity {
                digest.add((self.showtime, number, *counts));
            }
        }
    }

    fn shift(&mut self, category: Option<u16>, section: u16, from: PlaceState, to: PlaceState, n: u32) {
        self.total.shift(from, to, n);
        if let Some(counts) = category.and_then(|c| self.by_category.get_mut(usize::from(c))) {
            counts.shift(from, to, n);
        }
        if let Some(counts) = self.by_section.get_mut(usize::from(section)) {
            counts.shift(from, to, n);
        }
    }

    /// The stored cells of one chunk; none if all are free.
    pub(crate) fn cells_record(&self, chunk: u32) -> Option<&Arc<Vec<u64>>> {
        self.cells.get(chunk as usize).filter(|c| c.iter().any(|cell| *cell != 0))
    }

    /// How many chunks of cells there are.
    pub(crate) fn chunks(&self) -> u32 {
        self.cells.len() as u32
    }

    /// The stored counts of areas; none if all places are free.
    pub(crate) fn areas_record(&self) -> Option<&Arc<Vec<AreaCounts>>> {
        let fresh = self.plan.areas.iter().zip(self.areas.iter()).all(|(a, c)| a.capacity == c.free);
        (!fresh).then_some(&self.areas)
    }
}

//! A seating plan version: sections, rows, seats in index order, areas. Immutable.
//! Deliberately not here: reading the open plan form (JSON and floating point belong to `api`).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::digest;
use crate::ids::{OrganizationId, PlanId, VenueId};
use crate::limits;

/// What makes a seat special. Bits of [`Seat::attributes`].
pub mod attribute {
    /// A place for a wheelchair.
    pub const WHEELCHAIR: u8 = 1;
    /// The seat beside a wheelchair place.
    pub const COMPANION: u8 = 2;
    /// Something is in the way of the eye.
    pub const RESTRICTED_VIEW: u8 = 4;
    /// At an aisle.
    pub const AISLE: u8 = 8;
    /// The bits with their names in plans and geometry.
    pub const NAMES: [(u8, &str); 4] =
        [(WHEELCHAIR, "wheelchair"), (COMPANION, "companion"), (RESTRICTED_VIEW, "restricted_view"), (AISLE, "aisle")];
}

/// A point of the plan, in thousandths of the plan's own unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Point {
    /// To the right.
    pub x_milli: i32,
    /// Downwards.
    pub y_milli: i32,
}

impl Point {
    /// The square of the distance, in square thousandths.
    pub fn distance_squared(self, other: Self) -> u64 {
        let dx = i64::from(self.x_milli) - i64::from(other.x_milli);
        let dy = i64::from(self.y_milli) - i64::from(other.y_milli);
        (dx * dx + dy * dy).cast_unsigned()
    }
}

/// A price category: what price tiers refer to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Category {
    /// Unique in the plan.
    pub name: Box<str>,
    /// `#rrggbb`.
    pub color: Box<str>,
    /// Unknown members of the imported form, as a JSON object; empty if none.
    pub extra: Box<str>,
}

/// A part of the house (a zone of the imported form).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Section {
    /// Unique in the plan.
    pub id: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// Unknown members of the imported form, as a JSON object; empty if none.
    pub extra: Box<str>,
}

/// A row object: seats `first..first + len` in the order they stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    /// Index of its section.
    pub section: u16,
    /// What people call it.
    pub label: Box<str>,
    /// Number of its first seat.
    pub first: u32,
    /// How many seats.
    pub len: u32,
    /// Unknown members of the imported form, as a JSON object; empty if none.
    pub extra: Box<str>,
}

/// A numbered seat; its place number is its position in [`Plan::seats`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seat {
    /// The place id that clients use: unique in the plan, stable in it.
    pub id: Box<str>,
    /// The seat's own number or letter in its row.
    pub number: Box<str>,
    /// Index of its row.
    pub row: u32,
    /// Index of its category.
    pub category: u16,
    /// Bits of [`attribute`].
    pub attributes: u8,
    /// Where it stands.
    pub at: Point,
    /// Unknown members of the imported form, as a JSON object; empty if none.
    pub extra: Box<str>,
}

/// Unnumbered places sold by quantity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Area {
    /// The id that clients use: unique in the plan.
    pub id: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// Index of its section.
    pub section: u16,
    /// Index of its category; an area without one is drawn, not sold.
    pub category: Option<u16>,
    /// How many places; 0 if it is only drawn.
    pub capacity: u32,
    /// Its outline and looks as in the imported form, a JSON object.
    pub shape: Box<str>,
}

/// Seats that stand next to one another: `first..first + len`, within one row object, not across a wide gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Run {
    /// Number of its first seat.
    pub first: u32,
    /// How many seats.
    pub len: u32,
}

impl Run {
    /// Its seat numbers.
    pub fn seats(self) -> Range<u32> {
        self.first..self.first + self.len
    }
}

/// One version of a seating plan. Place numbers are seat positions; areas are counted apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// The house.
    pub venue: VenueId,
    /// Its name.
    pub name: Box<str>,
    /// SHA-256 of the plan's content, made by the importer: names its geometry for ever.
    pub hash: [u8; 32],
    /// Width and height, in thousandths of the plan's own unit.
    pub size: Point,
    /// What people look at: best available is measured from here.
    pub focal_point: Point,
    /// Price categories.
    pub categories: Vec<Category>,
    /// Sections in the order of the plan.
    pub sections: Vec<Section>,
    /// Rows, section by section.
    pub rows: Vec<Row>,
    /// Seats, row by row.
    pub seats: Vec<Seat>,
    /// Areas.
    pub areas: Vec<Area>,
    /// Runs of neighbouring seats, ascending.
    pub runs: Vec<Run>,
    /// Seats by the hash of plan and seat id, to look an id up: number + 1, or 0 where none is. The plan's id, drawn after
    /// the seats are known, keeps anyone from choosing ids that all fall together.
    pub by_id: Vec<u32>,
    /// Unknown members of the imported form, as a JSON object; empty if none.
    pub extra: Box<str>,
    /// Imported at, in ms.
    pub created_at_ms: u64,
}

impl Plan {
    /// Seats plus the capacity of all areas.
    pub fn places(&self) -> u32 {
        self.seats.len() as u32 + self.areas.iter().map(|a| a.capacity).sum::<u32>()
    }

    /// The number of the seat with this place id.
    pub fn seat_number(&self, id: &str) -> Option<u32> {
        self.slots(id).find_map(|slot| match self.by_id.get(slot) {
            None | Some(0) => Some(None),
            Some(found) => (self.seat_id(found - 1) == id).then_some(Some(found - 1)),
        })?
    }

    /// Where in `by_id` a seat may be, in the order to look.
    fn slots(&self, id: &str) -> impl Iterator<Item = usize> + use<> {
        let len = self.by_id.len();
        let first = digest::hash((self.id, id)) as usize;
        (0..len).map(move |step| first.wrapping_add(step) & (len - 1))
    }

    /// Slots of `by_id`: at least half of them stay empty.
    const fn slots_for(seats: usize) -> usize {
        (seats * 2).next_power_of_two()
    }

    fn seat_id(&self, number: u32) -> &str {
        self.seats.get(number as usize).map_or("", |s| &s.id)
    }

    /// The index of the area with this id.
    pub fn area_index(&self, id: &str) -> Option<u16> {
        self.areas.iter().position(|a| &*a.id == id).map(|i| i as u16)
    }

    /// The seat's row.
    pub fn row_of(&self, seat: &Seat) -> Option<&Row> {
        self.rows.get(seat.row as usize)
    }

    /// The index of the section a seat stands in.
    pub fn section_of(&self, seat: &Seat) -> u16 {
        self.row_of(seat).map_or(0, |r| r.section)
    }

    /// What people call a seat: section, row and number.
    pub fn label(&self, number: u32) -> String {
        let Some(seat) = self.seats.get(number as usize) else { return String::new() };
        let row = self.row_of(seat);
        let section = row.and_then(|r| self.sections.get(r.section as usize)).map_or("", |s| &s.name);
        format!("{section} {}-{}", row.map_or("", |r| &r.label), seat.number)
    }

    /// The run a seat belongs to.
    pub fn run_of(&self, number: u32) -> Option<Run> {
        let at = self.runs.partition_point(|r| r.first <= number).checked_sub(1)?;
        self.runs.get(at).copied().filter(|r| r.seats().contains(&number))
    }

    /// Fills `by_id`; call it last when a plan is made, with the id it will keep.
    pub fn index(&mut self) {
        self.by_id = vec![0; Self::slots_for(self.seats.len())];
        for number in 0..self.seats.len() as u32 {
            let free = self.slots(self.seat_id(number)).find(|slot| self.by_id.get(*slot) == Some(&0));
            if let Some(slot) = free.and_then(|slot| self.by_id.get_mut(slot)) {
                *slot = number + 1;
            }
        }
    }

    /// Names the first thing about the plan that breaks a rule, if any: what `ImportPlan` refuses.
    pub fn defect(&self) -> Option<String> {
        let over = |what: &str, n: usize, max: usize| {
            (n > max).then(|| format!("the plan has {n} {what}, at most {max} are allowed"))
        };
        let places: u64 = self.seats.len() as u64 + self.areas.iter().map(|a| u64::from(a.capacity)).sum::<u64>();
        over("places", places as usize, limits::PLAN_PLACES_MAX as usize)
            .or_else(|| over("sections", self.sections.len(), limits::PLAN_SECTIONS_MAX))
            .or_else(|| over("rows", self.rows.len(), limits::PLAN_ROWS_MAX))
            .or_else(|| over("areas", self.areas.len(), limits::PLAN_AREAS_MAX))
            .or_else(|| over("categories", self.categories.len(), limits::PLAN_CATEGORIES_MAX))
            .or_else(|| (places == 0).then(|| "the plan has no place to sell".to_owned()))
            .or_else(|| self.defect_of_seats())
            .or_else(|| self.defect_of_runs())
            .or_else(|| self.defect_of_areas())
    }

    fn defect_of_seats(&self) -> Option<String> {
        let mut next = 0_u32;
        for (i, row) in self.rows.iter().enumerate() {
            if row.first != next || usize::from(row.section) >= self.sections.len() {
                return Some(format!("row {i} ({}) does not follow the row before it", row.label));
            }
            let Some(end) = next.checked_add(row.len) else {
                return Some(format!("row {i} ({}) is too long", row.label));
            };
            next = end;
        }
        if next as usize != self.seats.len() || self.by_id.len() != Self::slots_for(self.seats.len()) {
            return Some("rows and seats do not agree".to_owned());
        }
        for (number, seat) in self.seats.iter().enumerate() {
            let of_row = |row: &Row| (row.first..row.first + row.len).contains(&(number as u32));
            if !self.row_of(seat).is_some_and(of_row) || usize::from(seat.category) >= self.categories.len() {
                return Some(format!("seat {} names a row or category that is not there", seat.id));
            }
            if seat.id.is_empty() || seat.id.chars().count() > limits::LABEL_CHARS_MAX {
                return Some(format!("seat {number} needs an id of 1 to {} characters", limits::LABEL_CHARS_MAX));
            }
        }
        if self.by_id.iter().any(|n| *n as usize > self.seats.len()) {
            return Some("the index of seat ids names a seat that is not there".to_owned());
        }
        let mut numbered = (0_u32..).zip(&self.seats);
        let twice = numbered.find(|(number, seat)| self.seat_number(&seat.id) != Some(*number));
        twice.map(|(_, seat)| format!("two seats have the id {}", seat.id))
    }

    /// Runs ascend, do not overlap, and each lies within one row.
    fn defect_of_runs(&self) -> Option<String> {
        let mut next = 0_u32;
        for run in &self.runs {
            let row = self.seats.get(run.first as usize).and_then(|seat| self.row_of(seat));
            let end = run.first.checked_add(run.len);
            let within = row.zip(end).is_some_and(|(row, end)| end <= row.first + row.len);
            if run.len == 0 || run.first < next || !within {
                return Some(format!("the seats from {} on are no run of neighbours in a row", run.first));
            }
            next = run.first + run.len;
        }
        None
    }

    fn defect_of_areas(&self) -> Option<String> {
        self.areas.iter().enumerate().find_map(|(i, area)| {
            if self.areas.iter().skip(i + 1).any(|other| other.id == area.id) {
                return Some(format!("two areas have the id {}", area.id));
            }
            if area.id.is_empty() || area.id.chars().count() > limits::LABEL_CHARS_MAX {
                return Some(format!("area {i} needs an id of 1 to {} characters", limits::LABEL_CHARS_MAX));
            }
            let known = area.category.is_none_or(|c| usize::from(c) < self.categories.len());
            let sold = area.capacity == 0 || area.category.is_some();
            (!known || !sold || usize::from(area.section) >= self.sections.len())
                .then(|| format!("area {} names a category or section that is not there", area.id))
        })
    }
}

//! `/api/v1/plans/{plan}/geometry`: what a map needs, immutable and named by the plan's hash.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State as Shared;
use booking::ids::PlanId;
use booking::plan::{Plan, Seat, attribute};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::hex::hex;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;
use crate::{compression, visibility};

/// Plans whose geometry is kept written; an arena's takes some 2 MB.
const KEPT_MAX: usize = 32;
/// The address names content that never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The same, for what only staff may see.
const FOR_EVER_PRIVATE: &str = "private, max-age=31536000, immutable";

/// A point, in the plan's own unit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Point)]
pub(crate) struct PointJson {
    x: f64,
    y: f64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanCategory)]
pub(crate) struct CategoryJson<'a> {
    name: &'a str,
    /// `#rrggbb`.
    color: &'a str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanSection)]
pub(crate) struct SectionJson<'a> {
    id: &'a str,
    name: &'a str,
}

/// A row object: its places are `first` to `first + len - 1`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanRow)]
pub(crate) struct RowJson<'a> {
    /// Index of its section.
    section: u16,
    label: &'a str,
    first: u32,
    len: u32,
}

/// A numbered seat; its number in holds' changes and packed forms is its position in `places`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanPlace)]
pub(crate) struct PlaceJson<'a> {
    /// What holds name.
    id: &'a str,
    /// Section, row and number.
    label: String,
    /// The seat's own number or letter.
    number: &'a str,
    /// Index of its row.
    row: u32,
    x: f64,
    y: f64,
    /// Index of its category.
    category: u16,
    /// Of `wheelchair`, `companion`, `restricted_view`, `aisle`; absent if none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<&'static str>,
}

/// Unnumbered places sold by quantity, or a shape that is only drawn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanArea)]
pub(crate) struct AreaJson<'a> {
    id: &'a str,
    name: &'a str,
    /// Index of its section.
    section: u16,
    /// Index of its category; null if it is only drawn.
    category: Option<u16>,
    /// How many places; 0 if it is only drawn.
    capacity: u32,
    /// Its outline and looks as in the imported plan, its position made absolute.
    #[schema(value_type = Object)]
    shape: Option<Value>,
}

/// What a map needs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Geometry)]
pub(crate) struct GeometryJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    name: &'a str,
    size: PointJson,
    focal_point: PointJson,
    categories: Vec<CategoryJson<'a>>,
    sections: Vec<SectionJson<'a>>,
    rows: Vec<RowJson<'a>>,
    places: Vec<PlaceJson<'a>>,
    areas: Vec<AreaJson<'a>>,
    /// Neighbouring seats: `[first, length]`, ascending.
    #[schema(value_type = Vec<Vec<u32>>)]
    runs: Vec<(u32, u32)>,
}

fn milli(value: i32) -> f64 {
    f64::from(value) / 1_000.0
}

fn point(p: booking::plan::Point) -> PointJson {
    PointJson { x: milli(p.x_milli), y: milli(p.y_milli) }
}

fn place<'a>(plan: &Plan, number: usize, seat: &'a Seat) -> PlaceJson<'a> {
    PlaceJson {
        id: &seat.id,
        label: plan.label(number as u32),
        number: &seat.number,
        row: seat.row,
        x: milli(seat.at.x_milli),
        y: milli(seat.at.y_milli),
        category: seat.category,
        attributes: attribute::NAMES.iter().filter(|(bit, _)| seat.attributes & bit != 0).map(|(_, n)| *n).collect(),
    }
}

/// Writes a plan's geometry, with its hash if it is known already.
pub(super) fn write(plan: &Plan, hash: Option<&[u8; 32]>) -> Result<Vec<u8>, Problem> {
    let geometry = GeometryJson {
        hash: hash.map(|h| hex(h)),
        name: &plan.name,
        size: point(plan.size),
        focal_point: point(plan.focal_point),
        categories: plan.categories.iter().map(|c| CategoryJson { name: &c.name, color: &c.color }).collect(),
        sections: plan.sections.iter().map(|s| SectionJson { id: &s.id, name: &s.name }).collect(),
        rows: plan
            .rows
            .iter()
            .map(|r| RowJson { section: r.section, label: &r.label, first: r.first, len: r.len })
            .collect(),
        places: plan.seats.iter().enumerate().map(|(n, s)| place(plan, n, s)).collect(),
        areas: plan
            .areas
            .iter()
            .map(|a| AreaJson {
                id: &a.id,
                name: &a.name,
                section: a.section,
                category: a.category,
                capacity: a.capacity,
                shape: serde_json::from_str(&a.shape).ok(),
            })
            .collect(),
        runs: plan.runs.iter().map(|r| (r.first, r.len)).collect(),
    };
    serde_json::to_vec(&geometry).map_err(|_| Kind::Internal.problem())
}

/// A geometry as it is sent: plain, and packed.
type Written = (Bytes, Bytes);

/// Geometries as they were written, some of them.
#[derive(Default)]
pub(crate) struct Geometries(Mutex<BTreeMap<PlanId, Written>>);

impl Geometries {
    fn of(&self, plan: &Arc<Plan>) -> Result<Written, Problem> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(written) = kept().get(&plan.id) {
            return Ok(written.clone());
        }
        let bytes = Bytes::from(write(plan, Some(&plan.hash))?);
        let written = (bytes.clone(), compression::once(&bytes));
        let mut all = kept();
        if all.len() >= KEPT_MAX {
            all.pop_first();
        }
        all.insert(plan.id, written.clone());
        Ok(written)
    }
}

#[utoipa::path(get, path = "/api/v1/plans/{plan}/geometry", tag = "Seating", summary = "What a map needs",
    description = "Sections, rows, places in index order, areas. Immutable: it may be kept for ever.",
    responses((status = 200, description = "The geometry", body = GeometryJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<PlanId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let (plan, public, index) = {
        let state = app.cluster.state();
        let plan = visibility::plan(&state, &reading.caller, id).ok_or_else(|| Kind::NotFound.problem())?.clone();
        (plan, visibility::plan_is_public(&state, id), state.index())
    };
    let cache = if public { FOR_EVER } else { FOR_EVER_PRIVATE };
    let etag = format!("\"{}\"", hex(&plan.hash));
    let (written, packed) = app.geometries.of(&plan)?;
    Ok(Reply::bytes("application/json", written).packed(packed).at(index).tagged(etag, cache))
}

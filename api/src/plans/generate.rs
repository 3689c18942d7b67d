//! Makes the plan of a simple hall from a few words: blocks of rows and seats, straight or curved, with aisles, numbering
//! schemes and categories by row. Deliberately not here: whatever is not regular (draw it, or send CSV).

use serde::Deserialize;
use utoipa::ToSchema;

use booking::ids::{OrganizationId, PlanId, VenueId};
use booking::limits;
use booking::plan::Plan;

use super::csv::{COLORS, rectangle};
use super::form::{CategoryForm, PlanForm, Position, RowForm, SeatForm, ZoneForm};
use super::import::{self, refused};
use crate::problem::{Kind, Problem};

/// Blocks of one plan.
const BLOCKS_MAX: usize = 200;
/// Rows of a block, and seats of a row.
const ROWS_MAX: u32 = 500;
const SEATS_MAX: u32 = 500;
/// Around everything, and between blocks that are not placed, in units of the plan.
const MARGIN: f64 = 60.0;
/// Letters that name rows: I and O are taken for figures.
const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";

/// What rows are called: `letters` (A to Z without I and O, then AA, AB …) or `numbers`.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowLabels {
    #[default]
    Letters,
    Numbers,
}

/// How seats are numbered, as one sees them facing the stage. `plain`: 1 2 3 4 5 6. `right_to_left`: 6 5 4 3 2 1.
/// `odd_even`: from both ends inwards, 1 3 5 6 4 2. `centre_out`: from the middle to both ends, 5 3 1 2 4 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Numbering {
    #[default]
    Plain,
    RightToLeft,
    OddEven,
    CentreOut,
}

/// The seats of a row: one number for all rows, or one a row from the front.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SeatsOfRows {
    /// In every row.
    All(u32),
    /// Row by row.
    Each(Vec<u32>),
}

/// The category of some rows.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowsBody {
    category: String,
    /// `#rrggbb`; chosen if absent.
    #[serde(default)]
    color: Option<String>,
    /// Label of the first such row; the block's first if absent.
    #[serde(default)]
    from: Option<String>,
    /// Label of the last such row; the block's last if absent.
    #[serde(default)]
    to: Option<String>,
}

/// What is special about some seats.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpecialBody {
    /// Label of the row.
    row: String,
    /// Numbers of the seats.
    seats: Vec<String>,
    /// Of `wheelchair`, `companion`, `restricted_view`, `aisle`.
    attributes: Vec<String>,
}

/// A point of the plan.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointBody {
    x: f64,
    y: f64,
}

/// A block of rows: a section.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GeneratedRows)]
pub(crate) struct BlockBody {
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    #[schema(minimum = 1, maximum = 500)]
    rows: u32,
    seats: SeatsOfRows,
    #[serde(default)]
    row_labels: RowLabels,
    /// The front row has the so many-th label.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    first_row: u32,
    #[serde(default)]
    numbering: Numbering,
    /// The lowest number of a seat.
    #[serde(default = "one")]
    first_number: u32,
    /// An aisle after each so many-th seat, counted from the left.
    #[serde(default)]
    aisles: Vec<u32>,
    /// How far the front row bends around the stage, in degrees; 0: straight.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 180)]
    curve_degrees: f64,
    /// Between neighbouring seats, in units of the plan.
    #[serde(default = "seat_gap")]
    #[schema(minimum = 1, maximum = 1000)]
    seat_gap: f64,
    /// Between rows.
    #[serde(default = "row_gap")]
    #[schema(minimum = 1, maximum = 1000)]
    row_gap: f64,
    /// Width of an aisle.
    #[serde(default = "aisle_width")]
    #[schema(minimum = 0, maximum = 1000)]
    aisle_width: f64,
    /// The middle of the front row; below the block before if absent.
    #[serde(default)]
    position: Option<PointBody>,
    /// Every row needs a category: the first range that has it.
    categories: Vec<RowsBody>,
    #[serde(default)]
    special: Vec<SpecialBody>,
}

/// Unnumbered places.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GeneratedArea)]
pub(crate) struct AreaBody {
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) name: String,
    #[schema(minimum = 1, maximum = 100_000)]
    pub(crate) capacity: u32,
    /// Its name if absent.
    #[serde(default)]
    pub(crate) category: Option<String>,
    /// `#rrggbb`; chosen if absent.
    #[serde(default)]
    pub(crate) color: Option<String>,
}

/// A simple hall. The front row is at the top, the stage above it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GeneratedPlan)]
pub(crate) struct HallBody {
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) sections: Vec<BlockBody>,
    #[serde(default)]
    pub(crate) areas: Vec<AreaBody>,
}

const fn one() -> u32 {
    1
}
const fn seat_gap() -> f64 {
    20.0
}
const fn row_gap() -> f64 {
    30.0
}
const fn aisle_width() -> f64 {
    30.0
}

/// The n-th label of rows, from 1.
fn row_label(labels: RowLabels, n: u32) -> String {
    match labels {
        RowLabels::Numbers => n.to_string(),
        RowLabels::Letters => {
            let (mut n, mut letters) = (n, Vec::new());
            while n > 0 {
                let digit = (n - 1) % LETTERS.len() as u32;
                letters.push(LETTERS.get(digit as usize).copied().unwrap_or(b'A'));
                n = (n - 1) / LETTERS.len() as u32;
            }
            letters.reverse();
            String::from_utf8(letters).unwrap_or_default()
        }
    }
}

/// The number of the seat at a place from the left (from 0) in a row of so many, from 1.
fn seat_number(numbering: Numbering, at: u32, of: u32) -> u32 {
    // The left half has the odd numbers, and one more of them if their number is odd.
    let left = of.div_ceil(2);
    match numbering {
        Numbering::Plain => at + 1,
        Numbering::RightToLeft => of - at,
        Numbering::OddEven if at < left => 2 * at + 1,
        Numbering::OddEven => 2 * (of - at),
        Numbering::CentreOut if at < left => 2 * (left - at) - 1,
        Numbering::CentreOut => 2 * (at - left + 1),
    }
}

/// A form in the making.
struct Making {
    form: PlanForm,
    places: u64,
}

impl Making {
    fn category(&mut self, name: &str, color: Option<&str>) {
        if self.form.categories.iter().any(|c| c.name.0 == name) {
            return;
        }
        let chosen = COLORS.get(self.form.categories.len() % COLORS.len()).copied().unwrap_or_default();
        let color = color.unwrap_or(chosen).into();
        self.form.categories.push(CategoryForm { name: name.into(), color, ..CategoryForm::default() });
    }

    fn count(&mut self, pointer: &str, places: u64) -> Result<(), Problem> {
        self.places += places;
        if self.places > u64::from(limits::PLAN_PLACES_MAX) {
            return Err(refused(pointer, &format!("the plan has more than {} places", limits::PLAN_PLACES_MAX)));
        }
        Ok(())
    }

    /// A block with the middle of its front row at `at`; answers how far it reaches down.
    fn block(&mut self, block: &BlockBody, at: Position, pointer: &str) -> Result<f64, Problem> {
        let seats = check(block, pointer)?;
        self.count(pointer, seats.iter().map(|n| u64::from(*n)).sum())?;
        let labels: Vec<String> =
            (0..block.rows).map(|r| row_label(block.row_labels, block.first_row.saturating_add(r))).collect();
        let categories = self.categories(block, &labels, pointer)?;
        let width = |n: u32| {
            let aisles = block.aisles.iter().filter(|a| **a < n).count();
            f64::from(n.saturating_sub(1)) * block.seat_gap + f64::from(aisles as u32) * block.aisle_width
        };
        let widest = seats.iter().map(|n| width(*n)).fold(0.0, f64::max);
        let bend = block.curve_degrees.to_radians();
        let radius = (bend > 0.0).then(|| (widest / bend).max(block.seat_gap));
        let mut zone =
            ZoneForm { name: block.name.as_str().into(), zone_id: block.name.as_str().into(), ..ZoneForm::default() };
        let mut lowest = at.y;
        for (((r, n), label), category) in (0_u32..).zip(&seats).zip(&labels).zip(&categories) {
            let mut row = RowForm { row_number: label.as_str().into(), ..RowForm::default() };
            let mut along = -width(*n) / 2.0;
            for s in 0..*n {
                let down = f64::from(r) * block.row_gap;
                let (x, y) = match radius {
                    None => (along, down),
                    Some(front) => {
                        let radius = front + down;
                        let angle = along / radius;
                        (radius * angle.sin(), radius * angle.cos() - front)
                    }
                };
                let number = seat_number(block.numbering, s, *n) + block.first_number - 1;
                let aisle = block.aisles.iter().any(|a| (*a == s + 1 && s + 1 < *n) || (*a == s && s > 0));
                row.seats.push(SeatForm {
                    seat_number: number.to_string().as_str().into(),
                    position: Position { x: at.x + x, y: at.y + y },
                    category: category.as_str().into(),
                    attributes: if aisle { vec!["aisle".to_owned()] } else { Vec::new() },
                    ..SeatForm::default()
                });
                lowest = lowest.max(at.y + y);
                along += block.seat_gap;
                // A row object ends at an aisle: nobody beyond it is a neighbour.
                if s + 1 < *n && block.aisles.contains(&(s + 1)) {
                    along += block.aisle_width;
                    let rest = RowForm { row_number: label.as_str().into(), ..RowForm::default() };
                    zone.rows.push(std::mem::replace(&mut row, rest));
                }
            }
            zone.rows.push(row);
        }
        specials(block, &mut zone, pointer)?;
        self.form.zones.push(zone);
        Ok(lowest)
    }

    /// The category of each row.
    fn categories(&mut self, block: &BlockBody, labels: &[String], pointer: &str) -> Result<Vec<String>, Problem> {
        let mut of_rows = vec![None; labels.len()];
        for (c, range) in block.categories.iter().enumerate() {
            let at = |label: &Option<String>, member: &str, default: usize| match label {
                None => Ok(default),
                Some(label) => labels.iter().position(|l| l == label).ok_or_else(|| {
                    let detail = format!(
                        "the block has no row {label}: its rows are {} to {}",
                        labels.first().map_or("", |l| l),
                        labels.last().map_or("", |l| l)
                    );
                    refused(&format!("{pointer}/categories/{c}/{member}"), &detail)
                }),
            };
            let (from, to) = (at(&range.from, "from", 0)?, at(&range.to, "to", labels.len().saturating_sub(1))?);
            if from > to {
                return Err(refused(&format!("{pointer}/categories/{c}"), "the last row comes before the first"));
            }
            self.category(&range.category, range.color.as_deref());
            for slot in of_rows.iter_mut().take(to + 1).skip(from).filter(|slot| slot.is_none()) {
                *slot = Some(range.category.clone());
            }
        }
        let missing = of_rows.iter().position(Option::is_none).and_then(|r| labels.get(r));
        if let Some(label) = missing {
            return Err(refused(&format!("{pointer}/categories"), &format!("the row {label} has no category")));
        }
        Ok(of_rows.into_iter().flatten().collect())
    }

    /// Moves everything into view, and says how large it is and where the stage is.
    fn frame(&mut self) {
        let seats = || self.form.zones.iter().flat_map(|z| &z.rows).flat_map(|r| &r.seats).map(|s| s.position);
        let areas = || self.form.zones.iter().flat_map(|z| &z.areas).map(|a| a.position);
        let least = |of: fn(&Position) -> f64| seats().chain(areas()).map(|p| of(&p)).fold(f64::INFINITY, f64::min);
        let (dx, dy) = (MARGIN - least(|p| p.x), MARGIN - least(|p| p.y));
        let shift = |p: &mut Position| {
            // Two decimals: what a plan shows, and what reads well.
            p.x = ((p.x + dx) * 100.0).round() / 100.0;
            p.y = ((p.y + dy) * 100.0).round() / 100.0;
        };
        for zone in &mut self.form.zones {
            zone.rows.iter_mut().flat_map(|r| &mut r.seats).for_each(|s| shift(&mut s.position));
            zone.areas.iter_mut().for_each(|a| shift(&mut a.position));
        }
        let seats =
            self.form.zones.iter().flat_map(|z| &z.rows).flat_map(|r| &r.seats).map(|s| (s.position.x, s.position.y));
        let areas = self.form.zones.iter().flat_map(|z| &z.areas).map(|a| (a.position.x + 160.0, a.position.y + 60.0));
        let (width, height) =
            seats.chain(areas).fold((0.0_f64, 0.0_f64), |(w, h), (x, y)| (w.max(x + MARGIN), h.max(y + MARGIN)));
        (self.form.size.width, self.form.size.height) = (width.ceil(), height.ceil());
        self.form.focal_point = Some(Position { x: (width / 2.0).round(), y: 0.0 });
    }
}

/// Checks the numbers of a block; answers the seats of each row.
fn check(block: &BlockBody, pointer: &str) -> Result<Vec<u32>, Problem> {
    let wrong = |member: &str, detail: &str| Err(refused(&format!("{pointer}/{member}"), detail));
    if !(1..=ROWS_MAX).contains(&block.rows) {
        return wrong("rows", "expected 1 to 500");
    }
    let seats = match &block.seats {
        SeatsOfRows::All(n) => vec![*n; block.rows as usize],
        SeatsOfRows::Each(each) if each.len() == block.rows as usize => each.clone(),
        SeatsOfRows::Each(_) => return wrong("seats", "expected as many numbers as there are rows"),
    };
    if seats.iter().any(|n| !(1..=SEATS_MAX).contains(n)) {
        return wrong("seats", "expected 1 to 500 in each row");
    }
    if !(1..=10_000).contains(&block.first_row) {
        return wrong("first_row", "expected 1 to 10000");
    }
    if !(1..=100_000).contains(&block.first_number) {
        return wrong("first_number", "expected 1 to 100000");
    }
    if block.aisles.len() > 50 || block.aisles.contains(&0) {
        return wrong("aisles", "expected at most 50 numbers of seats, from 1");
    }
    if block.aisles.is_sorted_by(|a, b| a < b) {
        let numbers = [
            ("curve_degrees", block.curve_degrees, 0.0, 180.0),
            ("seat_gap", block.seat_gap, 1.0, 1_000.0),
            ("row_gap", block.row_gap, 1.0, 1_000.0),
            ("aisle_width", block.aisle_width, 0.0, 1_000.0),
        ];
        for (member, value, min, max) in numbers {
            if !(min..=max).contains(&value) {
                return wrong(member, &format!("expected {min} to {max}"));
            }
        }
        return Ok(seats);
    }
    wrong("aisles", "expected ascending numbers, each once")
}

fn specials(block: &BlockBody, zone: &mut ZoneForm, pointer: &str) -> Result<(), Problem> {
    for (i, special) in block.special.iter().enumerate() {
        if !zone.rows.iter().any(|r| r.row_number.0 == special.row) {
            let detail = format!("the block has no row {}", special.row);
            return Err(refused(&format!("{pointer}/special/{i}/row"), &detail));
        }
        for (s, number) in special.seats.iter().enumerate() {
            let of_row = zone.rows.iter_mut().filter(|r| r.row_number.0 == special.row);
            let seat = of_row.flat_map(|r| &mut r.seats).find(|seat| seat.seat_number.0 == *number);
            let seat = seat.ok_or_else(|| {
                let detail = format!("the row {} has no seat {number}", special.row);
                refused(&format!("{pointer}/special/{i}/seats/{s}"), &detail)
            })?;
            for (a, attribute) in special.attributes.iter().enumerate() {
                if !booking::plan::attribute::NAMES.iter().any(|(_, name)| name == attribute) {
                    return Err(refused(
                        &format!("{pointer}/special/{i}/attributes/{a}"),
                        "no such attribute is known",
                    ));
                }
                seat.attributes.push(attribute.clone());
            }
        }
    }
    Ok(())
}

/// Makes the plan; id, organization, venue and index are for the caller to set.
pub(super) fn read(hall: &HallBody) -> Result<(Plan, Vec<String>), Problem> {
    if hall.sections.len() > BLOCKS_MAX || hall.areas.len() > limits::PLAN_AREAS_MAX {
        return Err(refused("", &format!("at most {BLOCKS_MAX} sections and {} areas", limits::PLAN_AREAS_MAX)));
    }
    if hall.sections.is_empty() && hall.areas.is_empty() {
        return Err(refused("/sections", "the plan has no place to sell: name sections or areas"));
    }
    let mut making = Making { form: PlanForm { name: hall.name.as_str().into(), ..PlanForm::default() }, places: 0 };
    let mut below = 0.0;
    for (i, block) in hall.sections.iter().enumerate() {
        let at = block.position.map_or(Position { x: 0.0, y: below }, |p| Position { x: p.x, y: p.y });
        let lowest = making.block(block, at, &format!("/sections/{i}"))?;
        below = f64::max(below, lowest + MARGIN);
    }
    for (i, area) in hall.areas.iter().enumerate() {
        making.count(&format!("/areas/{i}/capacity"), u64::from(area.capacity))?;
        if area.capacity == 0 {
            return Err(refused(&format!("/areas/{i}/capacity"), "expected at least 1"));
        }
        let category = area.category.as_deref().unwrap_or(&area.name);
        making.category(category, area.color.as_deref());
        let mut form = rectangle(&area.name, area.capacity, category);
        form.area_id = area.name.as_str().into();
        form.position = Position { x: -80.0, y: below };
        below += 60.0 + MARGIN;
        let name = area.name.as_str();
        making.form.zones.push(ZoneForm {
            name: name.into(),
            zone_id: name.into(),
            areas: vec![form],
            ..ZoneForm::default()
        });
    }
    making.frame();
    import::build(making.form)
}

/// The plan of a showtime without seats: the same for the same areas.
pub(crate) fn of_areas(
    areas: &[AreaBody],
    organization: OrganizationId,
    venue: VenueId,
    id: PlanId,
) -> Result<Plan, Problem> {
    if areas.len() > limits::PLAN_AREAS_MAX {
        return Err(refused("/areas", &format!("at most {} areas", limits::PLAN_AREAS_MAX)));
    }
    let told: Vec<String> = areas.iter().map(|a| format!("{} {}", a.name, a.capacity)).collect();
    let name: String = told.join(", ").chars().take(limits::NAME_CHARS_MAX).collect();
    let (mut plan, _) = read(&HallBody { name, sections: Vec::new(), areas: areas.to_vec() })?;
    (plan.id, plan.organization, plan.venue) = (id, organization, venue);
    plan.index();
    match plan.defect() {
        Some(defect) => Err(Kind::InvalidPlan.detail(defect).with("pointer", "/areas")),
        None => Ok(plan),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn made(body: Value) -> Result<Plan, Problem> {
        let hall: HallBody = serde_json::from_value(body).unwrap();
        let (mut plan, warnings) = read(&hall)?;
        assert_eq!(warnings, Vec::<String>::new());
        plan.index();
        assert_eq!(plan.defect(), None);
        Ok(plan)
    }

    fn plan(body: Value) -> Plan {
        made(body).map_err(|p| p.write("")).unwrap()
    }

    #[test]
    fn numbers_run_as_the_scheme_says() {
        let row = |scheme, of| (0..of).map(|at| seat_number(scheme, at, of)).collect::<Vec<_>>();
        assert_eq!(row(Numbering::Plain, 5), [1, 2, 3, 4, 5]);
        assert_eq!(row(Numbering::RightToLeft, 5), [5, 4, 3, 2, 1]);
        assert_eq!(row(Numbering::OddEven, 6), [1, 3, 5, 6, 4, 2]);
        assert_eq!(row(Numbering::OddEven, 5), [1, 3, 5, 4, 2]);
        assert_eq!(row(Numbering::CentreOut, 6), [5, 3, 1, 2, 4, 6]);
        assert_eq!(row(Numbering::CentreOut, 5), [5, 3, 1, 2, 4]);
        for scheme in [Numbering::Plain, Numbering::RightToLeft, Numbering::OddEven, Numbering::CentreOut] {
            for of in 1..40 {
                let mut numbers = row(scheme, of);
                numbers.sort_unstable();
                assert_eq!(numbers, (1..=of).collect::<Vec<_>>(), "{scheme:?} of {of}");
            }
        }
    }

    #[test]
    fn rows_are_called_by_letters_without_i_and_o_and_go_on_after_z() {
        let label = |n| row_label(RowLabels::Letters, n);
        assert_eq!([1, 8, 9, 14, 24, 25, 26, 48, 49].map(label), ["A", "H", "J", "P", "Z", "AA", "AB", "AZ", "BA"]);
        assert_eq!(row_label(RowLabels::Numbers, 30), "30");
    }

    #[test]
    fn a_hall_of_blocks_aisles_and_areas() {
        let plan = plan(json!({"name": "Hall",
            "sections": [
                {"name": "Stalls", "rows": 3, "seats": [6, 8, 8], "aisles": [2, 6], "curve_degrees": 60,
                    "categories": [{"category": "Best", "to": "A"}, {"category": "Good", "color": "#123456"}],
                    "special": [{"row": "C", "seats": ["1"], "attributes": ["wheelchair"]},
                        {"row": "C", "seats": ["2"], "attributes": ["companion"]}]},
                {"name": "Circle", "rows": 2, "seats": 4, "first_row": 4, "row_labels": "numbers", "first_number": 101,
                    "categories": [{"category": "Good"}]}],
            "areas": [{"name": "Floor", "capacity": 300}]}));
        assert_eq!((plan.seats.len(), plan.places()), (30, 330));
        assert_eq!(plan.runs.iter().map(|r| r.len).collect::<Vec<_>>(), [2, 4, 2, 4, 2, 2, 4, 2, 4, 4]);
        assert_eq!(plan.categories.iter().map(|c| &*c.name).collect::<Vec<_>>(), ["Best", "Good", "Floor"]);
        assert_eq!(&*plan.categories[1].color, "#123456");
        assert_eq!((plan.label(0), plan.label(22)), ("Stalls A-1".to_owned(), "Circle 4-101".to_owned()));
        assert_eq!(&*plan.seats[29].id, "Circle-5-104");
        let special: Vec<u8> = plan.seats[14..22].iter().map(|s| s.attributes).collect();
        assert_eq!(special, [1, 2 | 8, 8, 0, 0, 8, 8, 0]);
        // It bends around the stage: the ends of a row are nearer to it, and mirror one another.
        let front = &plan.seats[..6];
        assert!(front[0].at.y_milli < front[2].at.y_milli);
        assert!((front[0].at.y_milli - front[5].at.y_milli).abs() <= 20);
        assert!(plan.seats.iter().all(|s| s.at.x_milli >= 0 && s.at.x_milli <= plan.size.x_milli));
    }

    #[test]
    fn what_cannot_be_built_is_named_by_its_place() {
        let with = |member: &str, value: Value| {
            let mut body = json!({"name": "H", "sections": [{"name": "S", "rows": 2, "seats": 3, "categories": [{"category": "A"}]}]});
            body["sections"][0][member] = value;
            made(body).err().unwrap().member("pointer").unwrap().as_str().unwrap().to_owned()
        };
        assert_eq!(with("rows", json!(0)), "/sections/0/rows");
        assert_eq!(with("seats", json!([3])), "/sections/0/seats");
        assert_eq!(with("aisles", json!([2, 1])), "/sections/0/aisles");
        assert_eq!(with("seat_gap", json!(-1)), "/sections/0/seat_gap");
        assert_eq!(with("categories", json!([{"category": "A", "to": "A"}])), "/sections/0/categories");
        assert_eq!(with("categories", json!([{"category": "A", "to": "X"}])), "/sections/0/categories/0/to");
        assert_eq!(
            with("special", json!([{"row": "A", "seats": ["9"], "attributes": []}])),
            "/sections/0/special/0/seats/0"
        );
        let huge = json!({"name": "S", "rows": 500, "seats": 500, "categories": [{"category": "A"}]});
        assert!(made(json!({"name": "H", "sections": [huge]})).is_err());
        assert!(made(json!({"name": "H"})).is_err());
    }
}

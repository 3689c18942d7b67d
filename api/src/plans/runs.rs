//! Which seats stand next to one another: consecutive seats of a row object without a wide gap between them.
//! By listed order and distance, never by x alone: rows may be vertical or curved.

use booking::plan::{Row, Run, Seat};

/// A gap is wide when it is more than this times the usual distance of neighbours in the row.
const WIDE: f64 = 1.6;

fn distance(a: &Seat, b: &Seat) -> f64 {
    // Squares of thousandths fit a float's 53 bits well enough to compare distances.
    #[expect(clippy::cast_precision_loss, reason = "a millionth of a distance does not matter")]
    let squared = a.at.distance_squared(b.at) as f64;
    squared.sqrt()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The runs of all rows, ascending.
pub(super) fn find(rows: &[Row], seats: &[Seat]) -> Vec<Run> {
    let of_row = |row: &Row| seats.get(row.first as usize..(row.first + row.len) as usize).unwrap_or_default();
    let gaps = |row: &Row| -> Vec<f64> {
        of_row(row).windows(2).filter_map(|pair| if let [a, b] = pair { Some(distance(a, b)) } else { None }).collect()
    };
    let usual = median(rows.iter().flat_map(gaps).collect()).unwrap_or_default();
    let mut runs = Vec::new();
    for row in rows.iter().filter(|r| r.len > 0) {
        let gaps = gaps(row);
        // Two or three seats do not tell what is usual in their row.
        let usual = if gaps.len() < 3 { usual } else { median(gaps.clone()).unwrap_or(usual) };
        let mut run = Run { first: row.first, len: 1 };
        for gap in gaps {
            if gap <= usual * WIDE {
                run.len += 1;
            } else {
                let first = run.first + run.len;
                runs.push(std::mem::replace(&mut run, Run { first, len: 1 }));
            }
        }
        runs.push(run);
    }
    runs
}

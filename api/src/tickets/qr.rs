//! A code as a QR code: its squares, and as SVG. Medium error correction (15 %): of 45 squares a side, which a phone
//! reads from a creased sheet. Deliberately not here: PDF (see `pdf`).

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Empty squares around it, as the standard wants.
pub(crate) const QUIET: usize = 4;

/// The squares of a code.
pub(crate) struct Squares {
    /// Squares of a side, without the empty ones around.
    pub(crate) side: usize,
    dark: Vec<Color>,
}

impl Squares {
    /// Of a text; none if it is too long for any.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        Some(Self { side: code.width(), dark: code.into_colors() })
    }

    /// The dark squares as rectangles of one square's height: column, row, width.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.dark.chunks(self.side.max(1)).enumerate().flat_map(|(row, squares)| {
            let mut column = 0;
            let runs = squares.chunk_by(|a, b| a == b).map(move |run| {
                let at = column;
                column += run.len();
                (at, row, run)
            });
            runs.filter(|(.., run)| run.first() == Some(&Color::Dark)).map(|(at, row, run)| (at, row, run.len()))
        })
    }

    /// As a picture of its own, a unit for a square.
    pub(crate) fn svg(&self) -> String {
        let side = self.side + 2 * QUIET;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\""
        );
        for (column, row, width) in self.runs() {
            // Writing to a text cannot fail.
            let _ = write!(out, "M{} {}h{width}v1h-{width}z", column + QUIET, row + QUIET);
        }
        out.push_str("\"/></svg>\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_square_is_in_one_run() {
        let squares = Squares::of(&format!("USHER1:{}", "A".repeat(152))).unwrap();
        assert_eq!(squares.side, 45, "as documented");
        let dark = squares.dark.iter().filter(|color| **color == Color::Dark).count();
        assert_eq!(squares.runs().map(|(.., width)| width).sum::<usize>(), dark);
        let svg = squares.svg();
        assert!(
            svg.starts_with("<svg ") && svg.contains("viewBox=\"0 0 53 53\"") && svg.len() < 16_000,
            "{}",
            svg.len()
        );
    }
}

//! Tickets on paper: one to a page of A4, with fonts in the file, so that it looks the same everywhere and its text can be
//! searched and read aloud. Laid out in points from the upper left.
//! Deliberately not here: what is said (see `paper`), and on which thread this runs (see `readers`).

use std::sync::LazyLock;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use ttf_parser::Face;

use super::paper::Paper;
use super::qr::QUIET;

/// A4.
const PAGE: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 56.0;
const RIGHT: f32 = PAGE.0 - LEFT;
/// The part of the ticket that the code stands on.
const STUB: f32 = 210.0;
const INK: (u8, u8, u8) = (28, 20, 36);
const DIM: (u8, u8, u8) = (96, 88, 104);
const CURTAIN: (u8, u8, u8) = (178, 30, 45);
const LINE: (u8, u8, u8) = (208, 202, 196);

/// A font and what its letters measure.
struct Letters {
    font: Font,
    face: Face<'static>,
}

impl Letters {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        Some(Self { font: Font::new(bytes.into(), 0)?, face: Face::parse(bytes, 0).ok()? })
    }

    /// How wide a text is, without kerning: never less than it will be by more than a hair.
    fn width(&self, text: &str, size: f32) -> f32 {
        let units: u32 = text
            .chars()
            .map(|c| self.face.glyph_index(c).and_then(|glyph| self.face.glyph_hor_advance(glyph)).unwrap_or(600))
            .map(u32::from)
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "texts of some hundred letters")]
        let units = units as f32;
        units * size / f32::from(self.face.units_per_em())
    }

    /// A text in lines of a width; words that are wider are cut.
    fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, size) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                line.push(c);
                if self.width(&line, size) > width {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, c.to_string()));
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }
}

struct Fonts {
    plain: Letters,
    bold: Letters,
}

static FONTS: LazyLock<Option<Fonts>> = LazyLock::new(|| {
    Some(Fonts {
        plain: Letters::read(include_bytes!("fonts/NotoSans-Regular.ttf"))?,
        bold: Letters::read(include_bytes!("fonts/NotoSans-Bold.ttf"))?,
    })
});

fn fill((red, green, blue): (u8, u8, u8)) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), rule: FillRule::NonZero, ..Fill::default() }
}

/// A page that is being written.
struct Sheet<'a, 'b> {
    surface: &'a mut Surface<'b>,
}

/// How a text is set: letters, size, colour.
type Style<'a> = (&'a Letters, f32, (u8, u8, u8));

impl Sheet<'_, '_> {
    fn rectangles(&mut self, of: impl IntoIterator<Item = (f32, f32, f32, f32)>, color: (u8, u8, u8)) {
        let mut path = PathBuilder::new();
        for (x, y, width, height) in of {
            if let Some(rect) = Rect::from_xywh(x, y, width, height) {
                path.push_rect(rect);
            }
        }
        if let Some(path) = path.finish() {
            self.surface.set_fill(Some(fill(color)));
            self.surface.draw_path(&path);
        }
    }

    /// Sets a line on its base.
    fn text(&mut self, (x, base): (f32, f32), (letters, size, color): Style<'_>, text: &str) {
        self.surface.set_fill(Some(fill(color)));
        let font = letters.font.clone();
        self.surface.draw_text(Point::from_xy(x, base), font, size, text, false, TextDirection::Auto);
    }

    /// Sets a text in lines below a height, at most so many; the height below it.
    fn block(&mut self, (x, top, width): (f32, f32, f32), style: Style<'_>, text: &str, lines_max: usize) -> f32 {
        let (letters, size, _) = style;
        let mut y = top;
        let lines = letters.lines(text, size, width);
        for (n, line) in lines.iter().take(lines_max).enumerate() {
            y += size * 1.3;
            let cut = n + 1 == lines_max && lines.len() > lines_max;
            let shown = if cut { format!("{line} …") } else { line.clone() };
            self.text((x, y - size * 0.3), style, &shown);
        }
        y
    }

    fn ticket(&mut self, fonts: &Fonts, paper: &Paper) {
        let (plain, bold) = (&fonts.plain, &fonts.bold);
        self.text((LEFT, 64.0), (bold, 12.0, INK), &paper.organizer);
        let width = plain.width(paper.kind, 12.0);
        self.text((RIGHT - width, 64.0), (plain, 12.0, DIM), paper.kind);
        self.rectangles([(LEFT, 74.0, RIGHT - LEFT, 3.0)], CURTAIN);

        let wide = RIGHT - LEFT;
        let size = if bold.width(&paper.title, 30.0) <= wide * 2.0 { 30.0 } else { 22.0 };
        let mut y = self.block((LEFT, 88.0, wide), (bold, size, INK), &paper.title, 3);
        y = self.block((LEFT, y + 8.0, wide), (bold, 15.0, INK), &paper.moment, 2);
        y = self.block((LEFT, y + 4.0, wide), (plain, 12.0, INK), &paper.venue, 2);
        y = self.block((LEFT, y, wide), (plain, 11.0, DIM), &paper.address, 2);
        if !paper.notice.is_empty() {
            y = self.block((LEFT, y + 6.0, wide), (bold, 13.0, CURTAIN), &paper.notice, 2);
        }

        let top = y + 22.0;
        let (inside, stub) = (LEFT + 18.0, RIGHT - STUB);
        let room = stub - inside - 16.0;
        let mut y = self.block((inside, top + 14.0, room), (plain, 10.0, DIM), paper.place.0, 1);
        let size = if bold.width(&paper.place.1, 26.0) <= room { 26.0 } else { 18.0 };
        y = self.block((inside, y, room), (bold, size, INK), &paper.place.1, 3) + 8.0;
        for (name, value) in &paper.facts {
            y = self.block((inside, y + 4.0, room), (plain, 8.5, DIM), name, 1);
            y = self.block((inside, y - 1.0, room), (plain, 11.0, INK), value, 2);
        }
        let bottom = (y + 16.0).max(top + STUB);
        self.code(paper, (stub, top, bottom));
        let edges = [
            (LEFT, top, wide, 1.0),
            (LEFT, bottom, wide, 1.0),
            (LEFT, top, 1.0, bottom - top),
            (RIGHT - 1.0, top, 1.0, bottom - top + 1.0),
        ];
        self.rectangles(edges, LINE);

        let mut y = bottom + 18.0;
        for term in &paper.terms {
            y = self.block((LEFT, y + 3.0, wide), (plain, 10.0, INK), term, 4);
        }
    }

    /// The perforation and the code right of it.
    fn code(&mut self, paper: &Paper, (stub, top, bottom): (f32, f32, f32)) {
        let mut dashes = Vec::new();
        let mut y = top + 6.0;
        while y + 4.0 < bottom {
            dashes.push((stub, y, 1.0, 4.0));
            y += 8.0;
        }
        self.rectangles(dashes, LINE);
        #[expect(clippy::cast_precision_loss, reason = "squares of a QR code: 177 at most")]
        let at = |squares: usize| squares as f32;
        let (side, middle) = (STUB - 20.0, f32::midpoint(top, bottom));
        let unit = side / at(paper.squares.side + 2 * QUIET);
        let (x, y) = (stub + 10.0 + unit * at(QUIET), middle - side / 2.0 + unit * at(QUIET));
        let runs = paper.squares.runs();
        let dark = runs.map(|(column, row, width)| (x + unit * at(column), y + unit * at(row), unit * at(width), unit));
        self.rectangles(dark, (0, 0, 0));
    }
}

/// Tickets as a file, a page each; none if that cannot be.
pub(crate) fn write(papers: &[Paper]) -> Option<Vec<u8>> {
    let fonts = FONTS.as_ref()?;
    let mut document = Document::new();
    let first = papers.first()?;
    let title = format!("{} · {}", first.title, first.moment);
    document.set_metadata(
        Metadata::new().title(title).authors(vec![first.organizer.clone()]).language(first.language.clone()),
    );
    for paper in papers {
        let mut page = document.start_page_with(PageSettings::from_wh(PAGE.0, PAGE.1)?);
        let mut surface = page.surface();
        Sheet { surface: &mut surface }.ticket(fonts, paper);
        surface.finish();
        page.finish();
    }
    match document.finish() {
        Ok(file) => Some(file),
        Err(error) => {
            tracing::error!(?error, "tickets could not be written as PDF");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::qr::Squares;

    fn paper(title: &str) -> Paper {
        Paper {
            organizer: "Théâtre Θέατρο Театр".to_owned(),
            kind: "Ticket",
            title: title.to_owned(),
            moment: "Monday, 1 March 2027, 19:05".to_owned(),
            venue: "Haus".to_owned(),
            address: "Straße 1, Wien".to_owned(),
            notice: String::new(),
            place: ("Seat", "Stalls A-1".to_owned()),
            facts: vec![("Order".to_owned(), "ord_0".to_owned())],
            terms: vec!["One person.".to_owned()],
            squares: Squares::of("USHER1:0").unwrap(),
            language: "en".to_owned(),
        }
    }

    #[test]
    fn fonts_know_latin_greek_and_cyrillic() {
        let fonts = FONTS.as_ref().unwrap();
        for letters in [&fonts.plain, &fonts.bold] {
            for c in "AzßçğİıŁőŞțΑωάἘΠриветЖЇѢ–—„“”’€₺₽… ".chars() {
                assert!(letters.face.glyph_index(c).is_some(), "{c}");
            }
        }
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let fonts = FONTS.as_ref().unwrap();
        let text = "A very long title of a play, with Donaudampfschifffahrtsgesellschaftskapitänsmützen in it";
        let lines = fonts.bold.lines(text, 20.0, 120.0);
        assert!(lines.iter().all(|line| fonts.bold.width(line, 20.0) <= 120.0), "{lines:?}");
        let without = |text: &str| text.replace(' ', "");
        assert_eq!(without(&lines.concat()), without(text));
        assert!(fonts.plain.lines("  ", 10.0, 100.0).is_empty());
    }

    #[test]
    fn a_page_for_each_whatever_it_says() {
        let hard = ["", "中文 العربية 🎭", &"W".repeat(500), "a\u{0}b\u{202e}c\n\td"];
        let papers: Vec<Paper> = hard.into_iter().map(paper).collect();
        let file = write(&papers).unwrap();
        assert!(file.starts_with(b"%PDF-") && file.len() < 200_000, "{}", file.len());
        assert!(write(&[]).is_none());
    }
}

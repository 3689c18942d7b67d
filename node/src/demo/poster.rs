//! Posters of the demo's events: drawn from the title, in the manner of the category. The same title, the same poster.
//! Deliberately without words: those are beside it, in the reader's type.

use std::f32::consts::TAU;
use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// Pixels.
const WIDTH: u16 = 960;
const HEIGHT: u16 = 540;

/// What a poster is drawn with.
struct Palette {
    ground: [f32; 3],
    first: [f32; 3],
    second: [f32; 3],
}

/// A small generator of numbers, from the title.
struct Draw(u64);

impl Draw {
    /// FNV-1a, to begin with.
    fn of(title: &str) -> Self {
        Self(title.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)))
    }

    /// From 0 to 1 (`SplitMix64`).
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f32::from(((mixed ^ (mixed >> 31)) >> 48) as u16) / 65_536.0
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }
}

/// A colour by hue (0 to 1), saturation and lightness.
fn colour(hue: f32, saturation: f32, lightness: f32) -> [f32; 3] {
    let swing = saturation * lightness.min(1.0 - lightness);
    [0.0_f32, 8.0, 4.0].map(|n| {
        let k = (n + hue * 12.0).rem_euclid(12.0);
        lightness - swing * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

fn mix(a: [f32; 3], b: [f32; 3], share: f32) -> [f32; 3] {
    let share = share.clamp(0.0, 1.0);
    [0, 1, 2].map(|i| a.get(i).zip(b.get(i)).map_or(0.0, |(a, b)| a + (b - a) * share))
}

/// 1 inside of an edge at 0, 0 outside, soft over so many units.
fn inside(distance: f32, soft: f32) -> f32 {
    (0.5 - distance / soft).clamp(0.0, 1.0)
}

/// How far the motif's two inks cover a point; x from 0 to 16, y from 0 to 9.
type Motif = Box<dyn Fn(f32, f32) -> (f32, f32)>;

fn motif(category: &str, draw: &mut Draw) -> Motif {
    let (x0, y0) = (draw.between(4.0, 12.0), draw.between(2.5, 6.5));
    let (pace, turn) = (draw.between(0.8, 1.6), draw.between(0.0, TAU));
    match category {
        // Sound: rings around a point.
        "concert" | "musical" => Box::new(move |x, y| {
            let r = (x - x0).hypot(y - y0);
            let ring = inside((r * pace * 2.0 + turn).sin() - 0.35, 0.25);
            (ring * (1.0 - r / 14.0), inside(r - 1.1, 0.06))
        }),
        // A curtain in folds, and a spot of light.
        "theatre" | "gala" => Box::new(move |x, y| {
            let sway = (y * 0.6 + turn).sin() * 0.25;
            let fold = ((x + sway) * pace * 3.0).sin() * 0.5 + 0.5;
            (fold * 0.75, 0.85 * inside(((x - x0) / 1.9).hypot((y - 8.2) / 0.7) - 1.0, 0.5))
        }),
        // Ribbons.
        "dance" => Box::new(move |x, y| {
            let ribbon = |phase: f32, at: f32| {
                let centre = at + (x * 0.55 * pace + phase).sin() * 1.7;
                inside((y - centre).abs() - 0.35 - 0.25 * (x * 0.4 + phase).cos(), 0.07)
            };
            (ribbon(turn, 3.2).max(ribbon(turn + 2.1, 6.0)), ribbon(turn + 4.0, 4.6))
        }),
        // Dots that grow.
        "comedy" | "party" => Box::new(move |x, y| {
            let (cell, size) = (0.9, 0.12 + 0.5 * (x / 16.0));
            let dot = ((x / cell).fract() - 0.5).hypot((y / cell).fract() - 0.5) - size;
            (inside(dot, 0.08), inside((x - x0).hypot(y - y0) - 1.6, 0.06))
        }),
        // Lanes and a ball.
        "sport" => Box::new(move |x, y| {
            let lane = ((x + y * 1.4) * 0.55 * pace + turn).sin();
            (inside(0.2 - lane, 0.12), inside((x - x0).hypot(y - y0) - 1.5, 0.06))
        }),
        // Balloons.
        "family" => {
            let balloons: Vec<(f32, f32, f32)> =
                (0..14).map(|_| (draw.between(0.5, 15.5), draw.between(0.5, 8.5), draw.between(0.35, 1.1))).collect();
            Box::new(move |x, y| {
                let cover = |nth: usize| {
                    let of = balloons.iter().skip(nth).step_by(2);
                    of.map(|(cx, cy, r)| inside((x - cx).hypot((y - cy) * 0.85) - r, 0.06)).fold(0.0, f32::max)
                };
                (cover(0), cover(1))
            })
        }
        // A beam of light, and the holes of a film.
        "film" => Box::new(move |x, y| {
            let beam = inside((y - y0).abs() - 0.12 - x * 0.2, 0.25) * (0.35 + x / 25.0);
            let hole = (x * 1.25).fract() > 0.45 && !(0.75..=8.25).contains(&y) && (0.25..=8.75).contains(&y);
            (beam, if hole { 0.9 } else { 0.0 })
        }),
        // Columns.
        _ => Box::new(move |x, y| {
            let step = (x * pace).floor();
            let height = 2.5 + 2.2 * (step * 1.7 + turn).sin();
            let gap = (x * pace).fract();
            let column = if (0.12..0.88).contains(&gap) { inside(9.0 - y - height - 1.5, 0.08) } else { 0.0 };
            (1.0 - column, inside((x - x0).hypot(y - 2.2) - 0.9, 0.06))
        }),
    }
}

/// A share of full brightness as a byte.
#[expect(clippy::cast_sign_loss, reason = "it is between 0 and 255")]
fn byte(share: f32) -> u8 {
    (share * 255.0).clamp(0.0, 255.0) as u8
}

/// Draws a poster, as PNG.
///
/// # Errors
/// Memory that cannot be had.
pub(super) fn draw(title: &str, category: &str) -> anyhow::Result<Vec<u8>> {
    let mut draw = Draw::of(title);
    let hue = draw.unit();
    let palette = Palette {
        ground: colour(hue, draw.between(0.35, 0.6), draw.between(0.14, 0.24)),
        first: colour(hue + draw.between(0.04, 0.16), 0.6, draw.between(0.42, 0.55)),
        second: colour(hue + draw.between(0.42, 0.58), 0.75, draw.between(0.62, 0.72)),
    };
    let motif = motif(category, &mut draw);
    let scale = 16.0 / f32::from(WIDTH);
    let poster = RgbImage::from_fn(WIDTH.into(), HEIGHT.into(), |px, py| {
        let (x, y) = (f32::from(px as u16) * scale, f32::from(py as u16) * scale);
        let (first, second) = motif(x, y);
        let shade = 1.15 - 0.45 * (y / 9.0);
        let ink = mix(mix(palette.ground, palette.first, first), palette.second, second);
        Rgb(ink.map(|c| byte(c * shade)))
    });
    let mut png = Vec::new();
    poster.write_to(&mut Cursor::new(&mut png), ImageFormat::Png)?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_title_is_the_same_poster_and_no_two_are_alike() {
        for category in ["concert", "theatre", "dance", "comedy", "sport", "family", "film", "talk"] {
            let one = draw("Midnight Brass", category).unwrap();
            assert_eq!(one, draw("Midnight Brass", category).unwrap());
            assert_ne!(one, draw("Midnight Bras", category).unwrap());
            let read = image::load_from_memory(&one).unwrap().to_rgb8();
            assert_eq!(read.dimensions(), (WIDTH.into(), HEIGHT.into()));
            let colours: std::collections::BTreeSet<_> = read.pixels().map(|p| p.0).collect();
            assert!(colours.len() > 100, "{category} is empty");
        }
    }
}

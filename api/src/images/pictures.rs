//! Reading a picture that somebody sent, and making of it what is shown: upright, opaque, in a few widths, without what
//! cameras write into it. Deliberately not here: HTTP, and where the results are kept.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

/// Widths made, in pixels: for a telephone's list, its whole width, a tablet and a large screen.
const WIDTHS: [u32; 4] = [320, 640, 1_280, 1_920];
/// Pixels taken: what the better telephones make.
const PIXELS_MAX: u64 = 40_000_000;
/// Narrower or lower ones are of no use.
const SIDE_MIN: u32 = 64;
/// A side is at most so many times as long as the other.
const RATIO_MAX: u32 = 4;
/// Memory that reading one may take, in bytes: 40 million pixels of up to six bytes.
const BYTES_MAX: u64 = 256 << 20;
/// Qualities tried, the best first: a picture of noise does not fit at the first.
const QUALITIES: [u8; 3] = [82, 65, 40];

/// One width.
pub(crate) struct Picture {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) jpeg: Vec<u8>,
}

/// What was made of a picture.
pub(crate) struct Made {
    /// The narrowest first.
    pub(crate) files: Vec<Picture>,
    /// Mean red, green and blue.
    pub(crate) color: [u8; 3],
}

/// Makes it; refuses in words what is no picture, or none of a usable size.
pub(crate) fn make(bytes: &[u8]) -> Result<Made, String> {
    let upright = read(bytes)?;
    let (width, height) = upright.dimensions();
    if width.min(height) < SIDE_MIN || width.max(height) > width.min(height) * RATIO_MAX {
        return Err(format!(
            "the picture has {width} × {height} pixels; each side needs at least {SIDE_MIN}, and neither may be more \
             than {RATIO_MAX} times the other"
        ));
    }
    let mut widths: Vec<u32> = WIDTHS.into_iter().filter(|w| *w < width).collect();
    if widths.len() < WIDTHS.len() {
        widths.push(width);
    }
    let mut files = Vec::with_capacity(widths.len());
    // Each from the next wider one: as good, and the large one is gone through once.
    let mut wider = upright;
    for to in widths.into_iter().rev() {
        let (width, height) = wider.dimensions();
        if to < width {
            let height = (u64::from(height) * u64::from(to)).div_ceil(u64::from(width)) as u32;
            wider = imageops::resize(&wider, to, height, FilterType::Triangle);
        }
        files.push(picture(&wider)?);
    }
    files.reverse();
    Ok(Made { files, color: mean(&wider) })
}

/// Reads it, within bounds, upright and without transparency.
fn read(bytes: &[u8]) -> Result<RgbImage, String> {
    let unreadable = |error: image::ImageError| format!("the picture cannot be read: {error}");
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| format!("the picture cannot be read: {error}"))?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        return Err("the body is no JPEG, PNG or WebP".to_owned());
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX {
        return Err(format!("the picture has {width} × {height} pixels; at most {PIXELS_MAX} in all are taken"));
    }
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    image.apply_orientation(orientation);
    if !image.color().has_alpha() {
        return Ok(image.into_rgb8());
    }
    let blended = image.into_rgba8();
    let (width, height) = blended.dimensions();
    let on_white = |channel: u8, alpha: u8| {
        let (channel, alpha) = (u32::from(channel), u32::from(alpha));
        ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let opaque = |x, y| {
        let [r, g, b, a] = blended.get_pixel(x, y).0;
        Rgb([on_white(r, a), on_white(g, a), on_white(b, a)])
    };
    Ok(RgbImage::from_fn(width, height, opaque))
}

fn picture(image: &RgbImage) -> Result<Picture, String> {
    let (width, height) = image.dimensions();
    for quality in QUALITIES {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
        let written = image.write_with_encoder(encoder);
        written.map_err(|error| format!("the picture cannot be written: {error}"))?;
        if jpeg.len() <= raft::FILE_BYTES_MAX {
            return Ok(Picture { width: width as u16, height: height as u16, jpeg });
        }
    }
    Err("the picture is too large however it is compressed".to_owned())
}

fn mean(image: &RgbImage) -> [u8; 3] {
    let mut sums = [0_u64; 3];
    for pixel in image.pixels() {
        for (sum, channel) in sums.iter_mut().zip(pixel.0) {
            *sum += u64::from(channel);
        }
    }
    let count = (u64::from(image.width()) * u64::from(image.height())).max(1);
    sums.map(|sum| (sum / count) as u8)
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Rgba};

    use super::*;

    fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn gradient(width: u32, height: u32) -> RgbImage {
        ImageBuffer::from_fn(width, height, |x, y| Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 90]))
    }

    fn sizes(made: &Made) -> Vec<(u16, u16)> {
        made.files.iter().map(|f| (f.width, f.height)).collect()
    }

    #[test]
    fn every_form_comes_out_in_widths_no_wider_than_it_was() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let made = make(&encoded(gradient(800, 600), format)).unwrap();
            assert_eq!(sizes(&made), [(320, 240), (640, 480), (800, 600)], "{format:?}");
            for file in &made.files {
                let back = image::load_from_memory_with_format(&file.jpeg, ImageFormat::Jpeg).unwrap().into_rgb8();
                assert_eq!(back.dimensions(), (u32::from(file.width), u32::from(file.height)));
                let [red, green, blue] = back.get_pixel(back.width() / 2, back.height() / 2).0.map(i32::from);
                assert!(
                    (red - 127).abs() < 12 && (green - 127).abs() < 12 && (blue - 90).abs() < 12,
                    "{red} {green} {blue}"
                );
            }
            let [red, green, blue] = made.color.map(i32::from);
            assert!((red - 127).abs() < 4 && (green - 127).abs() < 4 && (blue - 90).abs() < 4);
        }
        assert_eq!(sizes(&make(&encoded(gradient(100, 70), ImageFormat::Png)).unwrap()), [(100, 70)]);
        let wide = make(&encoded(gradient(2_400, 1_000), ImageFormat::Jpeg)).unwrap();
        assert_eq!(sizes(&wide), [(320, 134), (640, 267), (1_280, 534), (1_920, 800)]);
    }

    #[test]
    fn what_is_transparent_is_white() {
        let clear: ImageBuffer<Rgba<u8>, _> = ImageBuffer::from_pixel(100, 100, Rgba([200, 0, 0, 0]));
        assert_eq!(make(&encoded(clear, ImageFormat::Png)).unwrap().color, [255, 255, 255]);
        let half: ImageBuffer<Rgba<u8>, _> = ImageBuffer::from_pixel(100, 100, Rgba([0, 0, 0, 128]));
        assert_eq!(make(&encoded(half, ImageFormat::WebP)).unwrap().color, [127, 127, 127]);
    }

    /// A JPEG with an Exif block that says how the camera was held.
    fn held(orientation: u8, width: u32, height: u32) -> Vec<u8> {
        let jpeg = encoded(gradient(width, height), ImageFormat::Jpeg);
        let exif = [&b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0, 0, 0, 0, 0]]
            .concat();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn it_is_turned_upright_and_tells_nothing_of_the_camera() {
        let made = make(&held(6, 300, 200)).unwrap();
        assert_eq!(sizes(&made), [(200, 300)]);
        let exif = |jpeg: &[u8]| jpeg.windows(4).any(|four| four == b"Exif");
        assert!(exif(&held(6, 300, 200)) && !exif(&made.files[0].jpeg));
        assert_eq!(sizes(&make(&held(1, 300, 200)).unwrap()), [(300, 200)]);
    }

    #[test]
    fn what_is_no_picture_or_none_of_a_usable_size_is_refused_in_words() {
        let refused = |bytes: &[u8]| make(bytes).err().unwrap();
        assert!(refused(b"").contains("no JPEG, PNG or WebP"));
        assert!(refused(b"GIF89a and so on").contains("no JPEG, PNG or WebP"));
        assert!(refused(b"<svg xmlns='http://www.w3.org/2000/svg'/>").contains("no JPEG, PNG or WebP"));
        let whole = encoded(gradient(100, 100), ImageFormat::Png);
        assert!(refused(&whole[..whole.len() / 2]).contains("cannot be read"));
        assert!(refused(&encoded(gradient(63, 100), ImageFormat::Png)).contains("63 × 100"));
        assert!(refused(&encoded(gradient(401, 100), ImageFormat::Png)).contains("more than 4 times"));
        // A small file that unfolds into a huge picture: refused by what its head says.
        let mut bomb = encoded(gradient(100, 100), ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        let crc = crc32(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert!(refused(&bomb).contains("30000 × 30000"), "{}", refused(&bomb));
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }

    #[test]
    fn noise_fits_too() {
        let mut seed = 1_u32;
        let mut noise = |_, _| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Rgb([(seed >> 24) as u8, (seed >> 16) as u8, (seed >> 8) as u8])
        };
        let made = make(&encoded(RgbImage::from_fn(1_000, 4_000, &mut noise), ImageFormat::Png)).unwrap();
        assert_eq!(sizes(&made), [(320, 1_280), (640, 2_560), (1_000, 4_000)]);
        assert!(made.files.iter().all(|f| f.jpeg.len() <= raft::FILE_BYTES_MAX));
    }
}

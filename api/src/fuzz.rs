//! The door through which `tests/fuzz` reaches the edge: requests without a connection, sockets over a pipe, plans,
//! pictures and tokens. Each function takes what a stranger could send and panics if a promise is broken. Only with the feature `fuzz`.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use booking::ids::HoldId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Api;
use crate::caller::Caller;
use crate::tokens::Tokens;
use crate::{images, plans};

/// A request as it came in: method, target, headers, body.
pub struct Asked<'a> {
    /// Any text.
    pub method: &'a [u8],
    /// Path and query.
    pub target: &'a [u8],
    /// Names and values.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// The body.
    pub body: Vec<u8>,
}

/// An answer, read whole.
pub struct Answered {
    /// The status.
    pub status: u16,
    /// Media type, if any.
    pub content_type: Option<String>,
    /// Whether it says which request it answers, and at which index.
    pub marked: bool,
    /// The body.
    pub body: Vec<u8>,
}

/// Asks; nothing if it is no HTTP, which hyper refuses before us.
pub async fn ask(api: &Api, asked: Asked<'_>) -> Option<Answered> {
    let mut request = Request::builder().method(asked.method).uri(asked.target);
    for (name, value) in asked.headers {
        request = request.header(*name, *value);
    }
    let answer = api.answer(request.body(Body::from(asked.body)).ok()?).await;
    let (parts, body) = answer.into_parts();
    let text = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
    Some(Answered {
        status: parts.status.as_u16(),
        content_type: text("content-type"),
        marked: text("x-request-id").is_some() && text("x-log-index").is_some(),
        body: to_bytes(body, usize::MAX).await.ok()?.to_vec(),
    })
}

/// What a viewer sends on an open live socket, and what comes back before it has gone.
pub async fn live(api: &Api, bytes: &[u8], packed: bool) -> Vec<u8> {
    let Some(place) = api.app.hub.enter() else { panic!("a socket that closed kept its place") };
    let (near, far) = tokio::io::duplex(1 << 20);
    let (mut heard, mut said) = tokio::io::split(near);
    let viewing = async {
        drop(said.write_all(bytes).await);
        drop(said.shutdown().await);
        let mut all = Vec::new();
        drop(heard.read_to_end(&mut all).await);
        all
    };
    let serving = crate::live::converse(api.app.clone(), Caller::default(), far, packed, place);
    tokio::join!(viewing, serving).0
}

/// A seating plan as staff could upload it. What is taken is sound, or named as unsound by the rules, and survives its
/// export.
pub fn plan(bytes: &[u8]) -> Option<booking::plan::Plan> {
    plans::fuzz::form(bytes)
}

/// The same in CSV.
pub fn table(bytes: &[u8]) -> Option<booking::plan::Plan> {
    plans::fuzz::table(bytes)
}

/// The same of a simple hall in a few words.
pub fn hall(bytes: &[u8]) -> Option<booking::plan::Plan> {
    plans::fuzz::hall(bytes)
}

/// A picture as staff could upload it: what comes out is smaller, and whole. Large ones are passed over: they take their
/// time, and are no other than small ones.
pub fn picture(bytes: &[u8]) {
    let reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format();
    let Some((width, height)) = reader.ok().and_then(|reader| reader.into_dimensions().ok()) else { return };
    if u64::from(width) * u64::from(height) > 250_000 {
        return;
    }
    let Ok(made) = images::pictures::make(bytes) else { return };
    let mut wider = 0;
    for file in made.files {
        assert!(file.width > wider && u32::from(file.width) <= width.max(height), "of growing width");
        wider = file.width;
        let back =
            image::load_from_memory_with_format(&file.jpeg, image::ImageFormat::Jpeg).map(|i| (i.width(), i.height()));
        assert_eq!(back.ok(), Some((u32::from(file.width), u32::from(file.height))), "a JPEG of that size");
    }
}

/// Small pictures of all forms, to begin with.
pub fn pictures() -> Vec<Vec<u8>> {
    use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
    let drawn = RgbaImage::from_fn(70, 90, |x, y| Rgba([x as u8, y as u8, 9, if x > 40 { 255 } else { 90 }]));
    let (clear, opaque) = (DynamicImage::from(drawn.clone()), DynamicImage::from(drawn).to_rgb8().into());
    let forms: [(&DynamicImage, ImageFormat); 5] = [
        (&clear, ImageFormat::Png),
        (&opaque, ImageFormat::Png),
        (&clear, ImageFormat::WebP),
        (&opaque, ImageFormat::WebP),
        (&opaque, ImageFormat::Jpeg),
    ];
    let encoded = |(image, format): &(&DynamicImage, ImageFormat)| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, *format).ok()?;
        Some(bytes.into_inner())
    };
    forms.iter().filter_map(encoded).collect()
}

/// A text as a hold token: it opens a hold only if it is that hold's.
pub fn hold_token(text: &str) -> bool {
    let tokens = Tokens::new(b"a secret that nobody guesses");
    // A text has one reading, and what is read has one text.
    let session = tokens.read_session(text).map(|id| tokens.session(id));
    let link = tokens.read_link(text).map(|id| tokens.link(id));
    assert!(session.into_iter().chain(link).all(|own| own == text), "a token has one form");
    let Some(token) = tokens.read_hold(text) else { return false };
    for id in [HoldId(0), HoldId(7), HoldId(u128::MAX)] {
        assert_eq!(tokens.opens(&[token], id), tokens.hold(id) == text, "a token has one form");
    }
    true
}

/// The token of hold 7, to begin with.
pub fn a_hold_token() -> String {
    Tokens::new(b"a secret that nobody guesses").hold(HoldId(7))
}

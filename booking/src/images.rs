//! Pictures of events, each in several widths. Their bytes lie beside the log, on every node, named by their SHA-256.
//! Deliberately not here: reading and resizing pictures (`api`), and how nodes come by the bytes (`raft`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::EventDetails;
use crate::census::Kind;
use crate::change::{Change, Reply};
use crate::command::AddImage;
use crate::ids::{ImageId, OrganizationId};
use crate::limits;
use crate::rejection::{Rejection, Thing};
use crate::state::{Context, State};
use crate::text;

/// One width of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ImageFile {
    /// SHA-256 of its bytes, a JPEG.
    pub hash: [u8; 32],
    /// In pixels.
    pub width: u16,
    /// In pixels.
    pub height: u16,
    /// Its length.
    pub bytes: u32,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// The same picture, the narrowest first.
    pub files: Vec<ImageFile>,
    /// Its mean colour, red, green and blue: shown until it is loaded.
    pub color: [u8; 3],
    /// How many places of events show it.
    pub uses: u32,
    /// Since when, in ms, none does; it is forgotten [`limits::UNUSED_IMAGE_KEPT_MS`] later.
    pub unused_since_ms: Option<u64>,
    /// Made at, in ms.
    pub created_at_ms: u64,
}

impl Image {
    fn forgotten_at_ms(&self) -> Option<u64> {
        self.unused_since_ms.map(|since| since.saturating_add(limits::UNUSED_IMAGE_KEPT_MS))
    }
}

/// A picture as an event shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventImage {
    /// Which.
    pub image: ImageId,
    /// What is to be seen, for whoever cannot see it.
    pub alt: Box<str>,
}

pub(crate) fn add(state: &mut State, cx: &mut Context, c: &AddImage) -> Result<Reply, Rejection> {
    if !state.organizations.contains(&c.organization) {
        return Err(Rejection::NotFound(Thing::Organization));
    }
    text::between("the number of files", c.files.len(), 1, limits::FILES_PER_IMAGE_MAX)?;
    if !c.files.windows(2).all(|pair| matches!(pair, [a, b] if a.width < b.width)) {
        return Err(Rejection::RuleViolated("the files of an image must be of growing width".into()));
    }
    if state.images.contains(&c.id) {
        return Err(Rejection::Conflict("an image with this id exists".into()));
    }
    state.census.room_for(c.organization, Kind::Image, 1)?;
    let image = Arc::new(Image {
        id: c.id,
        organization: c.organization,
        files: c.files.clone(),
        color: c.color,
        uses: 0,
        unused_since_ms: Some(cx.now_ms),
        created_at_ms: cx.now_ms,
    });
    state.census.add(c.organization, Kind::Image);
    state.index_image(&image);
    state.images.insert(&mut cx.journal, c.id, image.clone());
    cx.changes.push(Change::ImageAdded(c.id));
    Ok(Reply::Image(image))
}

/// Refuses pictures that are not there, too many of them, and descriptions without bounds.
pub(crate) fn check(state: &State, organization: OrganizationId, details: &EventDetails) -> Result<(), Rejection> {
    text::between("the number of images", details.images.len(), 0, limits::IMAGES_PER_EVENT_MAX)?;
    for shown in &details.images {
        text::at_most("images.alt", &shown.alt, limits::NAME_CHARS_MAX * 2)?;
        let image = state.images.get(&shown.image).filter(|image| image.organization == organization);
        image.ok_or(Rejection::NotFound(Thing::Image))?;
    }
    Ok(())
}

/// Counts what an event shows now instead of before. Those now shown are counted first: what stays is never unused.
pub(crate) fn shown(state: &mut State, cx: &mut Context, before: &[EventImage], now: &[EventImage]) {
    for shown in now {
        count(state, cx, shown.image, |uses| uses.saturating_add(1));
    }
    for shown in before {
        count(state, cx, shown.image, |uses| uses.saturating_sub(1));
    }
}

fn count(state: &mut State, cx: &mut Context, id: ImageId, change: impl FnOnce(u32) -> u32) {
    let now_ms = cx.now_ms;
    let moved = state.images.update(&mut cx.journal, id, |image| {
        let before = image.forgotten_at_ms();
        image.uses = change(image.uses);
        image.unused_since_ms = (image.uses == 0).then_some(now_ms);
        (before, image.forgotten_at_ms())
    });
    let Some((before, now)) = moved else { return };
    if let Some(at) = before {
        state.unused_images.remove(&(at, id));
    }
    if let Some(at) = now {
        state.unused_images.insert((at, id), ());
    }
}

/// Forgets pictures that no event has shown for long, a bounded number at a time.
pub(crate) fn forget_unused(state: &mut State, cx: &mut Context) {
    for _ in 0..limits::CLEARED_PER_PROPOSAL_MAX {
        let due = state.unused_images.first().and_then(|(&(at, id), ())| (at <= cx.now_ms).then_some(id));
        let Some(image) = due.and_then(|id| state.images.remove(&mut cx.journal, id)) else { return };
        state.census.remove(image.organization, Kind::Image);
        state.unindex_image(&image);
        cx.changes.push(Change::ImageForgotten(image.id));
    }
}

impl State {
    /// Takes what is derived from a picture in.
    pub(crate) fn index_image(&mut self, image: &Image) {
        if let Some(at) = image.forgotten_at_ms() {
            self.unused_images.insert((at, image.id), ());
        }
        for file in &image.files {
            let pictures = self.files.get(&file.hash).copied().unwrap_or(0);
            if pictures == 0 {
                self.files_digest = self.files_digest.wrapping_add(weight(&file.hash));
            }
            self.files.insert(file.hash, pictures + 1);
        }
    }

    fn unindex_image(&mut self, image: &Image) {
        if let Some(at) = image.forgotten_at_ms() {
            self.unused_images.remove(&(at, image.id));
        }
        for file in &image.files {
            let pictures = self.files.get(&file.hash).copied().unwrap_or(0);
            if pictures > 1 {
                self.files.insert(file.hash, pictures - 1);
            } else if self.files.remove(&file.hash).is_some() {
                self.files_digest = self.files_digest.wrapping_sub(weight(&file.hash));
            }
        }
    }

    /// A picture.
    pub fn image(&self, id: ImageId) -> Option<&Arc<Image>> {
        self.images.get(&id)
    }

    /// All pictures, the oldest first.
    pub fn images(&self) -> impl DoubleEndedIterator<Item = &Arc<Image>> {
        self.images.iter().map(|(_, image)| image)
    }

    /// Whether a picture has a file with this SHA-256.
    pub fn names_file(&self, hash: &[u8; 32]) -> bool {
        self.files.contains(hash)
    }

    /// The SHA-256 of every file of every picture.
    pub fn files(&self) -> impl Iterator<Item = [u8; 32]> {
        self.files.iter().map(|(hash, _)| *hash)
    }

    /// Another one whenever [`State::files`] are others, and equal when they are.
    pub fn files_digest(&self) -> u128 {
        self.files_digest
    }
}

/// A hash's part in the sum over all: they are random already.
fn weight(hash: &[u8; 32]) -> u128 {
    hash.first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes))
}

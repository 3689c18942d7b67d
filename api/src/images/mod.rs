//! `/api/v1/images` and `/images/{file}`: pictures of events, taken in, listed, and sent in several widths.
//! How one is read and resized is in `pictures`; which one an event shows, with the event.

pub(crate) mod pictures;
mod sent;

pub(crate) use sent::Sent;

use axum::body::Bytes;
use axum::extract::State as Shared;
use booking::command::AddImage;
use booking::ids::{ImageId, OrganizationId};
use booking::images::{EventImage, Image, ImageFile};
use booking::keys::Scope;
use booking::{Command, Reply as Done, State};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::action::LargeAction;
use crate::app::{App, draw};
use crate::hex::{hex, unhex};
use crate::lists::{ListQuery, Page, page};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;

/// Files are named by their content: they never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// One width of a picture, a JPEG.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileJson {
    /// Path on every node; its content never changes.
    url: String,
    /// In pixels.
    width: u16,
    /// In pixels.
    height: u16,
    /// Length.
    bytes: u32,
}

/// A picture.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Image)]
pub(crate) struct ImageJson {
    #[schema(value_type = String)]
    id: ImageId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    /// Of the widest file, in pixels.
    width: u16,
    /// Of the widest file, in pixels.
    height: u16,
    /// Its mean colour, `#rrggbb`: shown until it is loaded.
    color: String,
    /// The narrowest first.
    files: Vec<FileJson>,
    /// How many times events show it. One that none shows is forgotten after a day.
    uses: u32,
    created_at: Time,
}

fn files(image: &Image) -> Vec<FileJson> {
    let file = |f: &ImageFile| FileJson {
        url: format!("/images/{}.jpg", hex(&f.hash)),
        width: f.width,
        height: f.height,
        bytes: f.bytes,
    };
    image.files.iter().map(file).collect()
}

fn color(image: &Image) -> String {
    format!("#{}", hex(&image.color))
}

fn view(image: &Image) -> ImageJson {
    let widest = image.files.last();
    ImageJson {
        id: image.id,
        organization: image.organization,
        width: widest.map_or(0, |f| f.width),
        height: widest.map_or(0, |f| f.height),
        color: color(image),
        files: files(image),
        uses: image.uses,
        created_at: Time(image.created_at_ms),
    }
}

/// Takes whatever it is and forgets it: what was read may be sent back.
fn ignored<'de, D: Deserializer<'de>, T: Default>(d: D) -> Result<T, D::Error> {
    IgnoredAny::deserialize(d).map(|_| T::default())
}

/// A picture that an event shows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventImage)]
pub(crate) struct ShownBody {
    /// Id of a picture of the organization.
    #[schema(value_type = String)]
    image: ImageId,
    /// What is to be seen, for whoever cannot see it.
    #[serde(default)]
    #[schema(value_type = String, max_length = 400)]
    alt: Box<str>,
    /// Its mean colour, `#rrggbb`. In answers only.
    #[serde(default, deserialize_with = "ignored", skip_serializing_if = "String::is_empty")]
    #[schema(read_only)]
    color: String,
    /// The narrowest first. In answers only.
    #[serde(default, deserialize_with = "ignored", skip_serializing_if = "Vec::is_empty")]
    #[schema(read_only)]
    files: Vec<FileJson>,
}

/// Path of the widest file of a picture that an event shows; none if this node does not know the picture (yet).
pub(crate) fn widest(shown: &EventImage, state: &State) -> Option<String> {
    state.image(shown.image).and_then(|image| files(image).pop()).map(|file| file.url)
}

impl ShownBody {
    /// As staff may have sent it.
    pub(crate) fn of(shown: &EventImage) -> Self {
        Self { image: shown.image, alt: shown.alt.clone(), color: String::new(), files: Vec::new() }
    }

    /// As it is answered; without files if this node does not know the picture (yet).
    pub(crate) fn view(shown: &EventImage, state: &State) -> Self {
        let image = state.image(shown.image);
        Self {
            color: image.map(|i| color(i)).unwrap_or_default(),
            files: image.map(|i| files(i)).unwrap_or_default(),
            ..Self::of(shown)
        }
    }

    /// What it asks for.
    pub(crate) fn shown(self) -> EventImage {
        EventImage { image: self.image, alt: self.alt }
    }
}

#[utoipa::path(post, path = "/api/v1/images", tag = "Catalogue", summary = "Upload a picture",
    description = "A JPEG, PNG or WebP of at most 16 MiB and 40 million pixels, at most four times as wide as high or as \
        high as wide. It is turned upright, freed of what cameras write into it, laid on white where it is transparent, \
        and kept as JPEG in up to four widths (320, 640, 1,280, 1,920). Answered when a majority of the nodes has it on \
        disk. Name it in an event's `images`; one that no event shows is forgotten after a day.",
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    responses((status = 201, description = "The picture", body = ImageJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, LargeAction(action): LargeAction) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.must_have_room()?;
    action.must_be(&["image/jpeg", "image/png", "image/webp"])?;
    let body = action.body.clone();
    let made = app.pictures.read(move || pictures::make(&body)).await?.map_err(|why| Kind::InvalidImage.detail(why))?;
    let mut files = Vec::with_capacity(made.files.len());
    for picture in made.files {
        let bytes = Bytes::from(picture.jpeg);
        let length = bytes.len() as u32;
        let hash = app.cluster.keep_file(bytes).await?;
        files.push(ImageFile { hash, width: picture.width, height: picture.height, bytes: length });
    }
    let id = ImageId::mint(app.now_ms(), draw());
    let command = Command::AddImage(AddImage { id, organization, files, color: made.color });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Image(image)) => Ok(Reply::created(&view(image))?.answered(&answer)),
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

/// The organization whose pictures the caller may list.
fn reader(reading: &Reading) -> Result<OrganizationId, Problem> {
    let by_read = reading.caller.staff(Scope::Read).map(|key| key.organization);
    by_read.or_else(|problem| reading.caller.staff(Scope::Catalogue).map(|k| k.organization).map_err(|_| problem))
}

#[utoipa::path(get, path = "/api/v1/images", tag = "Catalogue", summary = "List the organization's pictures",
    responses((status = 200, description = "A page of pictures", body = Page<ImageJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let organization = reader(&reading)?;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<ImageId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    let mine = state.images().filter(|i| i.organization == organization && after.is_none_or(|a| i.id > a));
    Ok(Reply::ok(&page(mine, limit, |i| i.id, |i| view(i)))?.at(state.index()).hashed())
}

#[utoipa::path(get, path = "/api/v1/images/{image}", tag = "Catalogue", summary = "Read a picture's description",
    responses((status = 200, description = "The picture", body = ImageJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<ImageId>, reading: Reading) -> Result<Reply, Problem> {
    let organization = reader(&reading)?;
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let image = state.image(id).filter(|i| i.organization == organization);
    Ok(Reply::ok(&view(image.ok_or_else(|| Kind::NotFound.problem())?))?.at(state.index()).hashed())
}

/// The name of a file: the hash of its content, and what it is.
pub(crate) struct FileName([u8; 32]);

impl std::str::FromStr for FileName {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hash = text.strip_suffix(".jpg").and_then(unhex);
        hash.map(Self).ok_or("64 hexadecimal digits and .jpg were expected")
    }
}

#[utoipa::path(get, path = "/images/{file}", tag = "Catalogue", summary = "Read a picture",
    description = "The address is that of an image's `files`. Who knows it may read it, also before the event is \
        published: it cannot be guessed.",
    responses((status = 200, description = "The picture", content_type = "image/jpeg", body = Vec<u8>)))]
pub(crate) async fn file(Shared(app): Shared<App>, Id(name): Id<FileName>, _: Reading) -> Result<Reply, Problem> {
    let FileName(hash) = name;
    let etag = format!("\"{}\"", hex(&hash));
    let bytes = if let Some(bytes) = app.sent.find(&hash) {
        bytes
    } else {
        // A follower may not know yet what another node answered.
        app.must_find(|s| s.names_file(&hash).then_some(())).await?;
        let found = app.cluster.file(hash).await?;
        let bytes = found.ok_or_else(|| Kind::NodeBehind.detail("this node has not fetched the picture yet"))?;
        app.sent.keep(hash, &bytes);
        bytes
    };
    Ok(Reply::bytes("image/jpeg", bytes).tagged(etag, FOR_EVER))
}

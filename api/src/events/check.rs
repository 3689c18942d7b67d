//! `/api/v1/events/{event}/check`: what an event lacks before everybody may see it. The same list refuses a publication.
//! Deliberately not here: what is looked for (see `booking::catalogue::completeness`).

use axum::extract::State as Shared;
use booking::catalogue::completeness::{Gap, gaps};
use booking::ids::EventId;
use booking::keys::Scope;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading};
use crate::reply::Reply;

/// Something that is missing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gap)]
pub(crate) struct GapJson {
    /// What; one of `title`, `summary`, `description`, `image`, `image-alt`, `category`, `languages`, `accessibility`,
    /// `showtimes`, `on-sale`, `over`, `prices`, `unpriced`, `sales-ended`, `address`.
    code: &'static str,
    /// Whether the event cannot be published with it; else it is advice.
    blocks: bool,
    detail: String,
    /// The showtime, venue, image or category it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
}

/// What an event lacks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventCheck)]
pub(crate) struct CheckJson {
    /// Whether it could be published now.
    publishable: bool,
    /// What blocks it first.
    missing: Vec<GapJson>,
}

fn view(gap: &Gap) -> GapJson {
    let (code, of, detail): (_, Option<String>, String) = match gap {
        Gap::Title => ("title", None, "a title".into()),
        Gap::Summary => ("summary", None, "one sentence for lists".into()),
        Gap::Description => ("description", None, "a description".into()),
        Gap::Image => ("image", None, "a picture".into()),
        Gap::ImageAlt(n) => {
            ("image-alt", Some(format!("/images/{n}")), "words for those who do not see the picture".into())
        }
        Gap::Category => ("category", None, "a category, such as theatre".into()),
        Gap::Languages => ("languages", None, "the languages of the performance".into()),
        Gap::Accessibility => ("accessibility", None, "what there is for people with disabilities".into()),
        Gap::Showtimes => ("showtimes", None, "a showtime: it is shown, and nothing is sold".into()),
        Gap::OnSale => ("on-sale", None, "a showtime that is on sale".into()),
        Gap::Over => ("over", None, "a showtime that is neither over nor cancelled".into()),
        Gap::Prices(id) => {
            ("prices", Some(id.to_string()), "a price for any place of a showtime that is on sale".into())
        }
        Gap::Unpriced(id, category) => {
            ("unpriced", Some(id.to_string()), format!("a price for the category {category}: its places are not sold"))
        }
        Gap::SalesEnded(id) => ("sales-ended", Some(id.to_string()), "time: its sales have ended".into()),
        Gap::Address(id) => ("address", Some(id.to_string()), "the venue's address and city".into()),
    };
    GapJson { code, blocks: gap.blocks(), detail, of }
}

/// As a member of a problem.
pub(crate) fn show(gap: &Gap) -> Value {
    serde_json::to_value(view(gap)).unwrap_or_else(|_| json!({}))
}

#[utoipa::path(get, path = "/api/v1/events/{event}/check", tag = "Catalogue", summary = "What an event lacks",
    description = "For staff: what is missing before it is published, what blocks it first. All else is advice.",
    responses((status = 200, description = "The list", body = CheckJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<EventId>, reading: Reading) -> Result<Reply, Problem> {
    if reading.caller.is_nobody() {
        return Err(Kind::TokenMissing.problem());
    }
    reading.fresh(&app, Consistency::Local).await?;
    let organization = reading.caller.organization_with(&[Scope::Read, Scope::Catalogue]);
    let state = app.cluster.state();
    let event = state.event(id).filter(|e| organization == Some(e.organization));
    let event = event.ok_or_else(|| Kind::NotFound.problem())?;
    let missing: Vec<GapJson> = gaps(&state, id, &event.details, app.now_ms()).iter().map(view).collect();
    let check = CheckJson { publishable: missing.iter().all(|gap| !gap.blocks), missing };
    Ok(Reply::ok(&check)?.at(state.index()).hashed())
}

//! `/api/v1/events`: productions. What they lack is told in `check`, their words are put in order in `words`.

use axum::extract::State as Shared;
use booking::catalogue::{Event, EventDetails, EventState, Visibility};
use booking::command::{CreateEvent, DeleteEvent, UpdateEvent};
use booking::ids::{EventId, OrganizationId};
use booking::keys::Scope;
use booking::refunds::RefundRule;
use booking::{Command, Reply as Done};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::{App, draw};
use crate::images::ShownBody;
use crate::lists::{ListQuery, Page, page};
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;
use crate::{conditional, patch, visibility};

pub(crate) mod check;
pub(crate) mod words;

/// The life of an event: `draft` (staff only), `published` (everybody), `archived` (staff only). Places of its
/// showtimes are sold while it is published.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EventState)]
pub(crate) enum EventStateJson {
    #[default]
    Draft,
    Published,
    Archived,
}

/// Who comes across a published event: everybody (`public`), or those who know its address (`unlisted`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Visibility)]
pub(crate) enum VisibilityJson {
    #[default]
    Public,
    Unlisted,
}

/// What staff say of an event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBody {
    #[schema(min_length = 1, max_length = 200)]
    title: Box<str>,
    /// One sentence.
    #[serde(default)]
    summary: Box<str>,
    /// Markdown.
    #[serde(default)]
    description: Box<str>,
    /// Such as `theatre`; kept in small letters.
    #[serde(default)]
    category: Box<str>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    tags: Vec<Box<str>>,
    /// BCP 47 language tags of the performance.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    languages: Vec<Box<str>>,
    /// Youngest age admitted, in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age_limit: Option<u8>,
    /// Pictures, the most telling first.
    #[serde(default)]
    #[schema(max_items = 20)]
    images: Vec<ShownBody>,
    /// Step-free ways, hearing loops, surtitles and the like.
    #[serde(default)]
    #[schema(max_length = 2000)]
    accessibility: Box<str>,
    #[serde(default)]
    visibility: VisibilityJson,
    /// Whether and until when buyers may give tickets back by themselves; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refunds: Option<RefundRuleJson>,
    #[serde(default)]
    state: EventStateJson,
}

/// When buyers may give tickets back by themselves.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RefundRule)]
pub(crate) struct RefundRuleJson {
    /// Until so many minutes before a showtime begins.
    #[schema(maximum = 1_000_000)]
    until_minutes_before_start: u32,
    /// Whether fees stay with the organization.
    #[serde(default)]
    keep_fees: bool,
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventJson {
    #[schema(value_type = String)]
    id: EventId,
    #[schema(value_type = String)]
    organization: OrganizationId,
    #[serde(flatten)]
    body: EventBody,
    created_at: Time,
}

impl EventBody {
    fn of(d: &EventDetails) -> Self {
        Self {
            title: d.title.clone(),
            summary: d.summary.clone(),
            description: d.description.clone(),
            category: d.category.clone(),
            tags: d.tags.clone(),
            languages: d.languages.clone(),
            age_limit: d.age_limit,
            images: d.images.iter().map(ShownBody::of).collect(),
            accessibility: d.accessibility.clone(),
            visibility: match d.visibility {
                Visibility::Public => VisibilityJson::Public,
                Visibility::Unlisted => VisibilityJson::Unlisted,
            },
            refunds: d.refunds.map(|rule| RefundRuleJson {
                until_minutes_before_start: (rule.until_before_start_ms / 60_000) as u32,
                keep_fees: rule.keeps_fees,
            }),
            state: match d.state {
                EventState::Draft => EventStateJson::Draft,
                EventState::Published => EventStateJson::Published,
                EventState::Archived => EventStateJson::Archived,
            },
        }
    }

    fn details(self) -> Result<EventDetails, Problem> {
        let languages = words::languages(&self.languages)?;
        Ok(EventDetails {
            title: self.title,
            summary: self.summary,
            description: self.description,
            category: words::category(&self.category),
            tags: words::tags(&self.tags),
            languages,
            age_limit: self.age_limit,
            images: self.images.into_iter().map(ShownBody::shown).collect(),
            accessibility: self.accessibility,
            visibility: match self.visibility {
                VisibilityJson::Public => Visibility::Public,
                VisibilityJson::Unlisted => Visibility::Unlisted,
            },
            refunds: self.refunds.map(|rule| RefundRule {
                until_before_start_ms: u64::from(rule.until_minutes_before_start) * 60_000,
                keeps_fees: rule.keep_fees,
            }),
            state: match self.state {
                EventStateJson::Draft => EventState::Draft,
                EventStateJson::Published => EventState::Published,
                EventStateJson::Archived => EventState::Archived,
            },
        })
    }
}

fn view(e: &Event, state: &booking::State) -> EventJson {
    let images = e.details.images.iter().map(|shown| ShownBody::view(shown, state)).collect();
    EventJson {
        id: e.id,
        organization: e.organization,
        body: EventBody { images, ..EventBody::of(&e.details) },
        created_at: Time(e.created_at_ms),
    }
}

#[utoipa::path(post, path = "/api/v1/events", tag = "Catalogue", summary = "Make an event", request_body = EventBody,
    responses((status = 201, description = "The event", body = EventJson)))]
pub(crate) async fn create(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    let details = action.json::<EventBody>()?.details()?;
    let id = EventId::mint(app.now_ms(), draw());
    let command = Command::CreateEvent(CreateEvent { id, organization, details });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Event(event)) => {
            Ok(Reply::created(&view(event, &app.cluster.state()))?.answered(&answer).version(event.version))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

#[utoipa::path(get, path = "/api/v1/events", tag = "Catalogue", summary = "List events",
    params(("organization" = Option<String>, Query)),
    responses((status = 200, description = "A page of events", body = Page<EventJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<EventId>()?);
    let of: Option<OrganizationId> = ListQuery::filter("organization", query.organization.as_ref())?;
    query.only(&["organization"])?;
    let state = app.cluster.state();
    let seen = state.events().filter(|e| {
        after.is_none_or(|a| e.id > a)
            && of.is_none_or(|o| e.organization == o)
            && visibility::lists_event(&reading.caller, e)
    });
    Ok(Reply::ok(&page(seen, limit, |e| e.id, |e| view(e, &state)))?.at(state.index()).hashed())
}

#[utoipa::path(get, path = "/api/v1/events/{event}", tag = "Catalogue", summary = "Read an event",
    responses((status = 200, description = "The event", body = EventJson)))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<EventId>, reading: Reading) -> Result<Reply, Problem> {
    reading.fresh(&app, Consistency::Local).await?;
    let state = app.cluster.state();
    let event = visibility::event(&state, &reading.caller, id).ok_or_else(|| Kind::NotFound.problem())?;
    Ok(Reply::ok(&view(event, &state))?.at(state.index()).version(event.version))
}

#[utoipa::path(patch, path = "/api/v1/events/{event}", tag = "Catalogue", summary = "Change an event",
    description = "A JSON merge patch: absent members stay, null clears optional ones. To publish an event that could not \
        be sold is refused with 409 `conflict`, and `missing` says why (see `GET /api/v1/events/{event}/check`).",
    request_body = EventBody, responses((status = 200, description = "The event", body = EventJson)))]
pub(crate) async fn update(Shared(app): Shared<App>, Id(id): Id<EventId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    app.cluster.linearizable().await?;
    let mine = |s: &booking::State| s.event(id).filter(|e| e.organization == organization).cloned();
    let event = app.must_find(mine).await?;
    let details = patch::merge(&action, &EventBody::of(&event.details))?.details()?;
    let named = conditional::expected(action.headers())?;
    let expected = named.unwrap_or(event.version);
    let command = Command::UpdateEvent(UpdateEvent { organization, id, expected, details });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(Done::Event(event)) => {
            Ok(Reply::ok(&view(event, &app.cluster.state()))?.answered(&answer).version(event.version))
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer).unless_named(named)),
    }
}

#[utoipa::path(delete, path = "/api/v1/events/{event}", tag = "Catalogue",
    summary = "Remove an event without showtimes", responses((status = 204, description = "Removed")))]
pub(crate) async fn delete(Shared(app): Shared<App>, Id(id): Id<EventId>, action: Action) -> Result<Reply, Problem> {
    let organization = action.caller.staff(Scope::Catalogue)?.organization;
    action.no_body()?;
    let command = Command::DeleteEvent(DeleteEvent { organization, id });
    let answer = app.propose(&action, organization.0, command).await?;
    match &answer.outcome {
        Ok(_) => Ok(Reply::none().answered(&answer)),
        Err(rejection) => Err(Problem::rejected(rejection, None).answered(&answer)),
    }
}

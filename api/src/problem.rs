//! Problem details (RFC 9457): the only file with statuses of refusals. One table drives answers, the pages under
//! `/problems/` and the OpenAPI document.
//!
//! Three kinds of failure are never mixed: a rule said no (a `Rejection`), the machinery failed (5xx), the outcome is
//! unknown (504).

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use booking::plan::Plan;
use booking::{Rejection, Thing};
use raft::Answer;
use serde_json::{Map, Value, json};

use crate::time::Time;

/// What a kind of problem says of itself.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) remedy: &'static str,
}

macro_rules! kinds {
    ($($kind:ident $status:literal $code:literal $title:literal: $meaning:literal $remedy:literal;)*) => {
        /// A kind of problem; its code never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $(#[doc = $title] $kind,)* }

        impl Kind {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Its row of the table.
            pub(crate) const fn row(self) -> &'static Row {
                match self {
                    $(Self::$kind => &Row {
                        status: $status, code: $code, title: $title, meaning: $meaning, remedy: $remedy,
                    },)*
                }
            }
        }
    };
}

kinds! {
    MalformedRequest 400 "malformed-request" "Malformed request":
        "The request cannot be read. `errors` names each place that is wrong." "Correct it; repeating it as it is will not help.";
    TokenMissing 401 "token-missing" "Token missing":
        "The request needs a token and carries none." "Send `Authorization: Bearer …` (or `X-Hold-Token` for a hold).";
    TokenInvalid 401 "token-invalid" "Token invalid":
        "The token is not one of this cluster's." "Check that it was copied whole.";
    TokenExpired 401 "token-expired" "Token expired":
        "The token's time is over." "Get a new one.";
    RoleRequired 403 "role-required" "Role required":
        "The token is valid and does not allow this. `scope` names what is missing." "Use a token with that scope.";
    SignInFailed 401 "sign-in-failed" "Sign-in failed":
        "The address and the password do not belong together." "Try again, or have a link to your account sent.";
    CrossOrigin 403 "cross-origin" "Cross-origin request":
        "A page of another site asked in the name of somebody who is signed in here." "Ask from a page of this site, or with an API key.";
    NotFound 404 "not-found" "Not found":
        "There is no such thing, or it is not yours to see." "Check the id. Repeating will not help.";
    MethodNotAllowed 405 "method-not-allowed" "Method not allowed":
        "This address does not take this method." "The `Allow` header lists those it takes.";
    NotAcceptable 406 "not-acceptable" "Not acceptable":
        "The answer cannot be had in the form that `Accept` asks for." "Accept `application/json`.";
    RequestTimeout 408 "request-timeout" "Request timed out":
        "The request did not arrive whole in time." "Repeat it with the same idempotency key.";
    SeatsTaken 409 "seats-taken" "Seats taken":
        "At least one of the places is not free. `seats` names them." "Choose others.";
    NotEnoughPlaces 409 "not-enough-places" "Not enough places":
        "Fewer places are free than were asked for. `free` says how many." "Ask for fewer, or elsewhere.";
    OrphanSeat 409 "orphan-seat" "Single seat left over":
        "The choice would leave a single seat between others." "Take the seats in `suggestion`, or others.";
    NotOnSale 409 "not-on-sale" "Not on sale":
        "The showtime is not for sale now, or no longer. `from` says when sales begin, if they have yet to." "Come back then.";
    VoucherUsedUp 409 "voucher-used-up" "Voucher used up":
        "The voucher has no use left, or this buyer has used it as often as one may." "Leave it out; uses of holds that end come back.";
    Conflict 409 "conflict" "Conflict":
        "The thing is not in a state for this. For an event that cannot be published, `missing` says why; for a seating plan \
        that cannot take over, `lost`, `repriced` and `areas` name what is in the way." "Read it again and decide anew, under a new idempotency key.";
    HoldExpired 410 "hold-expired" "Hold expired":
        "The hold's time is over; its places are free again." "Place a new hold.";
    PreconditionFailed 412 "precondition-failed" "Precondition failed":
        "The thing changed since the version that `If-Match` names." "Read it again and decide anew, under a new idempotency key.";
    TooLarge 413 "too-large" "Too large":
        "The body is larger than this address takes." "Send less.";
    UnsupportedMediaType 415 "unsupported-media-type" "Unsupported media type":
        "The body is not of a type that this address takes." "Send `Content-Type: application/json`.";
    IdempotencyKeyReused 422 "idempotency-key-reused" "Idempotency key reused":
        "The idempotency key stands for another request." "Draw a new key.";
    TooManyPlaces 422 "too-many-places" "Too many places":
        "More places than allowed at once. `max` says how many are." "Ask for fewer.";
    InvalidPlan 422 "invalid-plan" "Invalid seating plan":
        "The seating plan breaks a rule. `pointer` names the place, `line` and `column` that of CSV." "Correct the plan.";
    InvalidImage 422 "invalid-image" "Invalid picture":
        "The body cannot be read as a picture, or is of no usable size; `detail` says why." "Send another picture.";
    RuleViolated 422 "rule-violated" "Rule violated":
        "A value breaks a rule; `detail` says which." "Correct it.";
    RateLimited 429 "rate-limited" "Too many requests":
        "More requests are waiting than this node takes on." "Repeat after `Retry-After` seconds with the same key.";
    VoucherInvalid 422 "voucher-invalid" "Voucher not valid":
        "There is no such voucher, it is not good now, or it is good for nothing that was asked for; which, is not told." "Check the code, or leave it out.";
    Internal 500 "internal" "Internal error":
        "Something is broken in this node; the request id finds it in its log." "Repeat once with the same key; then tell the operator.";
    NoLeader 503 "no-leader" "No leader":
        "The cluster cannot decide at the moment." "Repeat after `Retry-After` seconds with the same key, through any node.";
    NoMajority 503 "no-majority" "No majority":
        "Too few nodes could keep the file." "Repeat after `Retry-After` seconds with the same key.";
    NodeBehind 503 "node-behind" "Node behind":
        "This node has not caught up with the index asked for." "Repeat after `Retry-After` seconds, or through another node.";
    OutcomeUnknown 504 "outcome-unknown" "Outcome unknown":
        "The request may or may not have been carried out." "Repeat it with the same idempotency key: it happens once.";
}

impl Kind {
    /// A problem of this kind.
    pub(crate) fn problem(self) -> Problem {
        Problem(Box::new(Details {
            kind: self,
            detail: Cow::Borrowed(""),
            members: Map::new(),
            retry_after_s: matches!(self, Self::NoLeader | Self::NoMajority | Self::NodeBehind | Self::RateLimited)
                .then_some(1),
            limit_per_s: 0,
            index: None,
            replayed: false,
        }))
    }

    /// A problem of this kind that says what exactly is wrong.
    pub(crate) fn detail(self, detail: impl Into<Cow<'static, str>>) -> Problem {
        let mut problem = self.problem();
        problem.0.detail = detail.into();
        problem
    }
}

/// An answer that says what went wrong; `edge` writes it out, with the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    kind: Kind,
    detail: Cow<'static, str>,
    members: Map<String, Value>,
    retry_after_s: Option<u32>,
    /// The limit that was met, in requests a second of the whole cluster; 0 if it has no number.
    limit_per_s: u64,
    index: Option<u64>,
    replayed: bool,
}

impl Problem {
    /// What kind it is.
    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What exactly is wrong.
    pub(crate) fn says(&self) -> &str {
        if self.0.detail.is_empty() { self.0.kind.row().meaning } else { &self.0.detail }
    }

    /// Says that it is on that line of a file.
    pub(crate) fn on_line(mut self, line: u32) -> Self {
        self.0.detail = format!("line {line}: {}", self.0.detail).into();
        self.with("line", line)
    }

    /// A member, if it has it.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.0.members.get(name)
    }

    /// Says when to come back, in seconds.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Adds a member.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(member.to_owned(), value.into());
        self
    }

    /// Says that it was decided at a log index.
    pub(crate) fn answered(mut self, answer: &Answer) -> Self {
        self.0.index = Some(answer.index);
        self.0.replayed = answer.replayed;
        self
    }

    /// A version conflict is a failed precondition only if the caller named the version.
    pub(crate) fn unless_named(mut self, named: Option<u64>) -> Self {
        if named.is_none() && self.0.kind == Kind::PreconditionFailed {
            self.0.kind = Kind::Conflict;
        }
        self
    }

    /// Names the limit that was met, in requests a second of the whole cluster; 0 if it has no number.
    fn limited(mut self, per_s: u64) -> Self {
        self.0.limit_per_s = per_s;
        self
    }

    /// Malformed: the place `at` of the request's `part` (`body`, `query`, `header`).
    pub(crate) fn malformed(part: &str, at: &str, detail: &str) -> Self {
        Kind::MalformedRequest
            .detail(format!("{part} {at}: {detail}"))
            .with("errors", json!([{ "in": part, "pointer": at, "detail": detail }]))
    }

    /// What a rule said, in terms of the plan that seat numbers are of.
    pub(crate) fn rejected(rejection: &Rejection, plan: Option<&Plan>) -> Self {
        match rejection {
            Rejection::NotFound(thing) => Kind::NotFound.detail(format!("there is no such {}", name(*thing))),
            Rejection::SeatsTaken(seats) => {
                Kind::SeatsTaken.detail("not all of the places are free").with("seats", places(seats, plan))
            }
            Rejection::NotEnoughPlaces { wanted, free } => Kind::NotEnoughPlaces
                .detail(format!("{wanted} places were asked for, {free} are free"))
                .with("free", *free),
            Rejection::OrphanSeat { suggestion } => {
                Kind::OrphanSeat.detail("a single seat would be left over").with("suggestion", places(suggestion, plan))
            }
            Rejection::NotOnSale { from_ms: Some(from_ms) } => {
                let from = Time(*from_ms).to_string();
                Kind::NotOnSale.detail(format!("sales begin at {from}")).with("from", from)
            }
            Rejection::NotOnSale { from_ms: None } => Kind::NotOnSale.detail("the showtime is not for sale"),
            Rejection::HoldExpired(id) => {
                Kind::HoldExpired.detail(format!("{id} is over")).with("hold", id.to_string())
            }
            Rejection::Conflict(why) => Kind::Conflict.detail(why.to_string()),
            Rejection::VersionConflict { version } => {
                Kind::PreconditionFailed.detail("it was changed meanwhile").with("version", *version)
            }
            Rejection::TooManyPlaces { max } => {
                Kind::TooManyPlaces.detail(format!("at most {max} places are allowed at once")).with("max", *max)
            }
            Rejection::InvalidPlan(why) => Kind::InvalidPlan.detail(why.to_string()).with("pointer", ""),
            Rejection::RuleViolated(why) => Kind::RuleViolated.detail(why.to_string()),
            Rejection::IdempotencyKeyReused => {
                Kind::IdempotencyKeyReused.detail("the key was used for a request with another body")
            }
            Rejection::VoucherInvalid => Kind::VoucherInvalid.problem(),
            Rejection::VoucherUsedUp { by_buyer: false } => Kind::VoucherUsedUp.detail("the voucher has no use left"),
            Rejection::VoucherUsedUp { by_buyer: true } => {
                Kind::VoucherUsedUp.detail("this buyer has used the voucher as often as one may")
            }
            Rejection::PlanChanged => Kind::Conflict.detail("the showtime has moved to another seating plan"),
            Rejection::PlacesInUse { lost, repriced, areas } => {
                let area = |index: &u16| {
                    plan?.areas.get(usize::from(*index)).map(|a| json!({ "id": *a.id, "label": *a.name }))
                };
                let areas: Vec<Value> = areas.iter().filter_map(area).collect();
                let detail = "places that are held, sold or blocked would be lost or change their price in that plan";
                Kind::Conflict
                    .detail(detail)
                    .with("lost", places(lost, plan))
                    .with("repriced", places(repriced, plan))
                    .with("areas", areas)
            }
            Rejection::EventIncomplete(gaps) => {
                let missing: Vec<Value> = gaps.iter().map(crate::events::check::show).collect();
                Kind::Conflict.detail("the event cannot be published: `missing` says why").with("missing", missing)
            }
        }
    }

    /// The status of its answer.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.kind.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Its answer, whole.
    pub(crate) fn write(self, request_id: &str) -> Response {
        let (status, row, details) = (self.status(), self.0.kind.row(), *self.0);
        let mut body = details.members;
        body.insert("type".to_owned(), format!("/problems/{}", row.code).into());
        body.insert("title".to_owned(), row.title.into());
        body.insert("status".to_owned(), row.status.into());
        body.insert("code".to_owned(), row.code.into());
        let detail = if details.detail.is_empty() { row.meaning.into() } else { details.detail.into_owned() };
        body.insert("detail".to_owned(), detail.into());
        body.insert("request_id".to_owned(), request_id.into());
        let mut response = (status, Value::Object(body).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = details.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        // draft-ietf-httpapi-ratelimit-headers: the policy, and what is left of it.
        let policy = HeaderValue::try_from(format!("\"cluster\";q={};w=1", details.limit_per_s));
        if let (1.., Ok(policy)) = (details.limit_per_s, policy) {
            headers.insert("ratelimit-policy", policy);
            headers.insert("ratelimit", HeaderValue::from_static("\"cluster\";r=0;t=1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(index) = details.index {
            headers.insert(crate::edge::LOG_INDEX, index.into());
        }
        if details.replayed {
            headers.insert(crate::edge::REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<raft::Error> for Problem {
    fn from(error: raft::Error) -> Self {
        match error {
            raft::Error::NoLeader | raft::Error::Stopped | raft::Error::NotJoined | raft::Error::Damaged(_) => {
                Kind::NoLeader.problem()
            }
            raft::Error::Unknown => Kind::OutcomeUnknown.problem(),
            raft::Error::Behind => Kind::NodeBehind.problem(),
            raft::Error::Busy { writes_per_s } => Kind::RateLimited
                .detail("the cluster is asked for more than it takes: nothing was done")
                .limited(writes_per_s),
            raft::Error::TooLarge => Kind::TooLarge.detail("it does not fit into one log entry"),
            raft::Error::TooFewKept { .. } => Kind::NoMajority.detail(error.to_string()),
            raft::Error::AlreadyJoined => Kind::Conflict.detail("the node belongs to a cluster already"),
            raft::Error::Membership(why) => Kind::Conflict.detail(why),
            raft::Error::Options(why) | raft::Error::Io(why) => {
                tracing::error!(why, "the cluster refused a request");
                Kind::Internal.problem()
            }
        }
    }
}

fn name(thing: Thing) -> &'static str {
    match thing {
        Thing::Organization => "organization",
        Thing::ApiKey => "API key",
        Thing::Venue => "venue",
        Thing::Plan => "seating plan",
        Thing::Event => "event",
        Thing::Showtime => "showtime",
        Thing::Block => "block",
        Thing::Hold => "hold",
        Thing::Order => "order",
        Thing::Ticket => "ticket",
        Thing::Place => "place in the seating plan",
        Thing::Tier => "price tier",
        Thing::Section => "section",
        Thing::Image => "image",
        Thing::TicketType => "ticket type",
        Thing::Voucher => "voucher",
        Thing::Payment => "payment",
        Thing::Refund => "refund",
        Thing::Task => "task",
        Thing::User => "user",
        Thing::Session => "session",
        Thing::Link => "link",
    }
}

/// Seats by id and label.
fn places(seats: &[u32], plan: Option<&Plan>) -> Value {
    let Some(plan) = plan else { return json!([]) };
    let named = seats.iter().filter_map(|n| Some((plan.seats.get(*n as usize)?, *n)));
    named.map(|(seat, n)| json!({ "id": seat.id, "label": plan.label(n) })).collect()
}

//! `/api/v1/payments/webhook`: what the payment provider calls. It is put on the log as it comes and worked from there.
//! Deliberately not here: the provider's own forms and signatures, which whoever set the edge up brings along.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Shared;
use booking::command::Actor;
use booking::ids::OrganizationId;
use booking::{Command, Rejection, Request};
use serde::Serialize;
use utoipa::ToSchema;

use crate::action::Action;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::reply::Reply;

/// How long a call waits for the answer that says the same: a provider answers well within it, or is in trouble.
const ANSWER_WITHIN: Duration = Duration::from_millis(250);

/// A call of the provider's, as it came.
pub struct Call<'a> {
    /// A header by its name in small letters.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body.
    pub body: &'a [u8],
    /// Cluster time, in ms.
    pub now_ms: u64,
}

/// What a call of the provider's means.
#[derive(Debug)]
pub enum Heard {
    /// Something of an order of this organization.
    Command(OrganizationId, Box<Command>),
    /// Nothing that matters here.
    Nothing,
}

/// Why a call is not listened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unheard {
    /// Its signature is missing, wrong, or too old.
    Signature(&'static str),
    /// It is signed and cannot be read.
    Malformed(String),
}

/// Reads a call of the provider's.
pub type Listen = dyn Fn(&Call<'_>) -> Result<Heard, Unheard> + Send + Sync;

/// Payment by a provider.
#[derive(Clone)]
pub struct Payments {
    /// What orders name it by.
    pub method: Box<str>,
    /// Reads its calls.
    pub listen: Arc<Listen>,
}

impl fmt::Debug for Payments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payments").field("method", &self.method).finish_non_exhaustive()
    }
}

/// It was taken down.
#[derive(Debug, Serialize, ToSchema)]
struct TakenJson {
    /// Whether it is of an order of this cluster.
    known: bool,
}

#[utoipa::path(post, path = "/api/v1/payments/webhook", tag = "Holds and orders", summary = "For the payment provider",
    description = "Signed as Standard Webhooks say (`webhook-id`, `webhook-timestamp`, `webhook-signature`), at most 5 \
        minutes old. What is said twice, late or out of order changes nothing the second time.",
    request_body(content = Object), responses((status = 200, description = "Taken down", body = TakenJson)))]
pub(crate) async fn webhook(Shared(app): Shared<App>, action: Action) -> Result<Reply, Problem> {
    let Heard::Command(lane, command) = hear(&app, &action)? else { return Reply::ok(&TakenJson { known: false }) };
    if is_old(&app, &command).await {
        return Reply::ok(&TakenJson { known: true });
    }
    let request = Request { actor: Actor::Node, idempotency: None, command: *command };
    let answer = app.cluster.propose(lane.0, request).await?;
    let known = match &answer.outcome {
        Ok(_) => true,
        // Of an order, a payment or a refund that is not here: its sender can do nothing about it. The reconciliation does.
        Err(Rejection::NotFound(_)) => false,
        Err(rejection) => return Err(Problem::rejected(rejection, None).answered(&answer)),
    };
    Ok(Reply::ok(&TakenJson { known })?.answered(&answer))
}

/// Whether the log can be spared a report. What the provider is being asked for at this moment is told twice, by its answer
/// and by its call, which is often the first to arrive; the answer carries more, so it is waited for.
async fn is_old(app: &App, report: &Command) -> bool {
    let mut feed = app.cluster.subscribe();
    let known = async {
        while app.cluster.state().is_being_asked(report) {
            if feed.recv().await.is_err() {
                feed = app.cluster.subscribe();
            }
        }
    };
    // If no answer comes, the call is all that is known.
    drop(tokio::time::timeout(ANSWER_WITHIN, known).await);
    app.cluster.state().is_old_news(report)
}

fn hear(app: &App, action: &Action) -> Result<Heard, Problem> {
    let Some(payments) = &app.config.payments else {
        return Err(Kind::NotFound.detail("this cluster has no payment provider"));
    };
    let headers = action.headers();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let call = Call { header: &header, body: &action.body, now_ms: app.now_ms() };
    (payments.listen)(&call).map_err(|unheard| match unheard {
        Unheard::Signature(why) => Kind::TokenInvalid.detail(why),
        Unheard::Malformed(why) => Problem::malformed("body", "", &why),
    })
}

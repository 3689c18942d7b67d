//! `/api/v1/mails`: letters as they are sent, for whoever runs the cluster: the letter box of a cluster without a mail
//! server. What a letter says is made when it is read: no link that can be followed lies in the state.

use axum::extract::State as Shared;
use booking::accounts::{Letter, Mail, Purpose};
use booking::ids::MailId;
use booking::keys::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::lists::{ListQuery, Page, page};
use crate::problem::Problem;
use crate::programme::base;
use crate::reading::{Consistency, Reading, fresh};
use crate::reply::Reply;
use crate::time::Time;

/// A letter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mail)]
pub(crate) struct MailJson {
    #[schema(value_type = String)]
    id: MailId,
    #[schema(value_type = String)]
    to: Box<str>,
    subject: String,
    text: String,
    at: Time,
}

fn view(app: &App, state: &booking::State, mail: &Mail) -> MailJson {
    let (subject, text) = match &mail.letter {
        Letter::Link(id, purpose) => {
            // Whoever may read letters must not get in by old ones either: a link that was followed is not shown.
            let link = match state.link(*id) {
                Some(_) => format!("{}/account#{}", base(app), app.tokens.link(*id)),
                None => "(this link was followed, or has ended)".to_owned(),
            };
            match purpose {
                Purpose::Account => (
                    "Your account",
                    format!(
                        "Follow this link within half an hour to set your password:\n\n{link}\n\nIf you did not ask for it, nothing happens."
                    ),
                ),
                Purpose::Invitation(organization, _) => {
                    let name = state.organization(*organization).map_or("", |of| &of.name);
                    (
                        "You are invited",
                        format!("{name} invites you to work with it. Follow this link within a week:\n\n{link}"),
                    )
                }
                Purpose::Address(_) => (
                    "Your new address",
                    format!("Follow this link within half an hour, and this is the address of your account:\n\n{link}"),
                ),
            }
        }
        Letter::PasswordSet => {
            ("Your password was set", "If it was not you, set another one: ask for a link to your account.".to_owned())
        }
        Letter::AddressChanged => (
            "Your address was changed",
            "Your account has another address now. If it was not you, write to the organizer.".to_owned(),
        ),
    };
    MailJson { id: mail.id, to: mail.to.clone(), subject: subject.to_owned(), text, at: Time(mail.at_ms) }
}

#[utoipa::path(get, path = "/api/v1/mails", tag = "Cluster", summary = "Letters, the oldest first",
    description = "Needs the scope `cluster`. Kept for 30 days, 100,000 at most.",
    responses((status = 200, description = "A page of letters", body = Page<MailJson>)))]
pub(crate) async fn list(Shared(app): Shared<App>, reading: Reading) -> Result<Reply, Problem> {
    reading.caller.staff(Scope::Cluster)?;
    let query: ListQuery = reading.query()?;
    fresh(&app, query.consistency.unwrap_or(Consistency::Local)).await?;
    let (limit, after) = (query.limit()?, query.after::<MailId>()?);
    query.only(&[])?;
    let state = app.cluster.state();
    let from = after.map_or(MailId(0), |after| MailId(after.0.saturating_add(1)));
    Ok(Reply::ok(&page(state.mails(from), limit, |mail| mail.id, |mail| view(&app, &state, mail)))?.at(state.index()))
}

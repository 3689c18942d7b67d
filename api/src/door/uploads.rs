//! `/api/v1/showtimes/{showtime}/scans/upload`: what a door scanned while it was offline. Each scan has an answer of its
//! own: one that cannot be read, or that a rule refuses, keeps no other from being recorded.
//! Deliberately not here: what a late scan means beside those that were recorded already (`booking::admission`).

use std::collections::BTreeMap;

use axum::extract::State as Shared;
use booking::command::ScanTicket;
use booking::ids::{OrganizationId, ShowtimeId, TicketId};
use booking::{Actor, Command, Reply as Done, Request};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{ScanBody, command, of_door, verdict};
use crate::action::{Action, parse};
use crate::app::App;
use crate::idempotency;
use crate::problem::{Kind, Problem};
use crate::reading::Id;
use crate::reply::Reply;
use crate::time::Time;

/// Scans of one upload.
const SCANS_MAX: usize = 500;

/// A scan of a door that was offline.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LateScan)]
pub(crate) struct LateScanBody {
    /// Draw it once for each scan: uploaded again, it happens once.
    #[schema(value_type = String, min_length = 16, max_length = 255)]
    id: Box<str>,
    /// When it was made.
    at: Time,
    scan: ScanBody,
}

/// Scans of a door that was offline, in any order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadBody {
    #[schema(max_items = 500, value_type = Vec<LateScanBody>)]
    scans: Vec<Value>,
}

/// A late scan that could be read.
struct Late {
    id: Box<str>,
    command: ScanTicket,
}

/// What became of an uploaded scan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadedScan)]
struct UploadedJson {
    /// Its id; null if it has none that can be read.
    id: Option<Box<str>>,
    /// As of a scan; `let_in_since`: it was right, but another door let somebody in with the ticket after it was made and
    /// before it was brought in; `refused`: it is not recorded, see `why`.
    verdict: &'static str,
    /// Whether all is well. If not, somebody was let through who should not have been, or it was refused.
    ok: bool,
    /// Since when somebody was in with it; of `let_in_since`: when they were let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<Box<str>>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// What became of an upload.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Uploaded)]
pub(super) struct UploadJson {
    /// In the order in which they were uploaded.
    scans: Vec<UploadedJson>,
    /// Of them, those by which somebody was let through who should not have been.
    conflicts: usize,
    /// Of them, those that are not recorded. To upload them again as they are is of no use.
    refused: usize,
}

fn refused(id: Option<Box<str>>, problem: &Problem) -> UploadedJson {
    let why = Some(problem.says().to_owned());
    UploadedJson { id, verdict: "refused", ok: false, since: None, gate: None, why }
}

/// A scan of an upload, or what to answer of it.
fn read(value: &Value) -> Result<LateScanBody, UploadedJson> {
    let bytes = value.to_string();
    parse::<LateScanBody>(bytes.as_bytes()).map_err(|problem| {
        let id = value.get("id").and_then(Value::as_str).map(Into::into);
        refused(id, &problem)
    })
}

#[utoipa::path(post, path = "/api/v1/showtimes/{showtime}/scans/upload", tag = "At the door",
    summary = "Bring in the scans of a door that was offline",
    description = "At most 500 at a time; uploaded again, each happens once. They are judged in the order in which they were \
        made, also against scans that other doors made before and since. Each has an answer of its own. If no answer came, \
        or a 5xx, upload all of them again.",
    request_body = UploadBody, responses((status = 200, description = "What became of each", body = UploadJson)))]
pub(crate) async fn upload(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, action: Action) -> Result<Reply, Problem> {
    let organization = of_door(&app, &action.caller, id).await?;
    let body: UploadBody = action.json()?;
    if body.scans.len() > SCANS_MAX {
        return Err(Problem::malformed("body", "/scans", "at most 500 scans"));
    }
    let mut done = Vec::with_capacity(body.scans.len());
    // Those of one ticket one after the other, for their order matters; tickets side by side.
    let mut by_ticket: BTreeMap<TicketId, Vec<(usize, Late)>> = BTreeMap::new();
    for (nth, value) in body.scans.iter().enumerate() {
        let LateScanBody { id: scan, at, scan: body } = match read(value) {
            Ok(late) => late,
            Err(answer) => {
                done.push((nth, answer));
                continue;
            }
        };
        match command(&app, (organization, id), body, Some(at)).await {
            Ok(Ok(command)) => by_ticket.entry(command.ticket).or_default().push((nth, Late { id: scan, command })),
            Ok(Err(verdict)) => done
                .push((nth, UploadedJson { id: Some(scan), verdict, ok: false, since: None, gate: None, why: None })),
            Err(problem) if problem.kind() == Kind::MalformedRequest => done.push((nth, refused(Some(scan), &problem))),
            // The cluster does not answer: the upload as a whole is repeated.
            Err(problem) => return Err(problem),
        }
    }
    let actor = action.caller.actor();
    let chains = by_ticket.into_values().map(|mut scans| async {
        scans.sort_by_key(|(_, late)| late.command.at_ms);
        let mut done = Vec::with_capacity(scans.len());
        for (nth, late) in scans {
            done.push((nth, one(&app, organization, actor, late).await?));
        }
        Ok::<_, Problem>(done)
    });
    for chain in join_all(chains).await {
        done.extend(chain?);
    }
    done.sort_unstable_by_key(|(nth, _)| *nth);
    let scans: Vec<UploadedJson> = done.into_iter().map(|(_, scan)| scan).collect();
    let refused = scans.iter().filter(|scan| scan.why.is_some()).count();
    let conflicts = scans.iter().filter(|scan| !scan.ok).count() - refused;
    Ok(Reply::ok(&UploadJson { scans, conflicts, refused })?.at(app.cluster.applied()))
}

async fn one(app: &App, organization: OrganizationId, actor: Actor, late: Late) -> Result<UploadedJson, Problem> {
    let mark = match idempotency::of_scan(actor, &late.id, &late.command) {
        Ok(mark) => mark,
        Err(problem) => return Ok(refused(Some(late.id), &problem)),
    };
    let request = Request { actor, idempotency: Some(mark), command: Command::ScanTicket(late.command) };
    // No answer from the cluster fails the upload as a whole: it is repeated, and what was recorded happens once.
    let answer = app.cluster.propose(organization.0, request).await?;
    match &answer.outcome {
        Ok(Done::Scanned(scanned)) => {
            let (name, ok, inside) = verdict(&scanned.verdict);
            let (since, gate) = inside.map(|(at_ms, gate)| (Time(at_ms), gate.into())).unzip();
            Ok(UploadedJson { id: Some(late.id), verdict: name, ok, since, gate, why: None })
        }
        Ok(_) => Err(Kind::Internal.problem()),
        Err(rejection) => Ok(refused(Some(late.id), &Problem::rejected(rejection, None))),
    }
}

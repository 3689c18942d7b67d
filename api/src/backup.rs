//! `/api/v1/cluster/backup`: a consistent, checked copy of all data, streamed.
//! Deliberately not here: the file's format (see `storage`), putting it back (offline, see `node`).

use std::fs::File;
use std::io::Read;

use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use booking::keys::Scope;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::action::Action;
use crate::app::{App, draw};
use crate::edge::LOG_INDEX;
use crate::problem::{Kind, Problem};

/// Bytes read at a time.
const PART_BYTES: usize = 256 * 1024;
/// Parts read ahead of the receiver.
const PARTS_AHEAD: usize = 4;

#[utoipa::path(post, path = "/api/v1/cluster/backup", tag = "Operation", summary = "Download a backup",
    description = "A consistent copy of all data at this node's index, as one file with a checksum at its end. \
        `usher cluster restore` makes a cluster of it.",
    responses((status = 200, description = "The file", body = String, content_type = "application/octet-stream")))]
pub(crate) async fn download(Shared(app): Shared<App>, action: Action) -> Result<Response, Problem> {
    action.caller.staff(Scope::Cluster)?;
    action.no_body()?;
    let failed = |error: std::io::Error| {
        tracing::error!(%error, "a backup could not be written");
        Kind::Internal.problem()
    };
    let path = app.config.scratch.join(format!("usher-backup-{:032x}", draw()));
    let index = app.cluster.backup(&path).await?;
    let file = File::open(&path).map_err(failed)?;
    // An open file outlives its name: whatever becomes of the receiver, nothing stays behind.
    std::fs::remove_file(&path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    let (parts, received) = mpsc::channel(PARTS_AHEAD);
    std::thread::Builder::new().name("backup out".to_owned()).spawn(move || send(file, &parts)).map_err(failed)?;
    let body = stream::unfold(received, |mut received| async move { Some((received.recv().await?, received)) });
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LENGTH, len.into());
    headers.insert(LOG_INDEX, index.into());
    Ok(response)
}

/// Sends the file on, as fast as it is taken; an error cuts the answer short, which its length gives away.
fn send(mut file: File, parts: &mpsc::Sender<std::io::Result<Bytes>>) {
    loop {
        let mut part = vec![0; PART_BYTES];
        let part = match file.read(&mut part) {
            Ok(0) => return,
            Ok(n) => {
                part.truncate(n);
                Ok(part.into())
            }
            Err(error) => Err(error),
        };
        if parts.blocking_send(part).is_err() {
            return;
        }
    }
}

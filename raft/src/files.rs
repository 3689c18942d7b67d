//! Files that the state names by their hash, on every node: kept by a majority before a command may name one, fetched by
//! whoever lacks one, removed when nothing names it any more. They are too large for the log, and never change.
//!
//! Not how they lie on the disk (`storage::Files`), nor how they travel (`peers/file_stream`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use storage::{FILE_BYTES_MAX, FileHash, Files, file_hash};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::error::Error;
use crate::node::Node;
use crate::peers::file_stream;
use crate::sync::lock;
use crate::work::on_thread;

/// A majority has kept a file within this, or the upload is refused.
const KEPT_WITHIN: Duration = Duration::from_secs(10);
/// So often the node looks whether the state names other files than before.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// So often it looks again for what it could not fetch.
const FETCH_AGAIN: Duration = Duration::from_secs(5);
/// A file that nothing names is removed so long after it was put, or the node started: a command may be under way.
const UNNAMED_KEPT: Duration = Duration::from_hours(1);

impl Node {
    fn files(&self) -> Result<Files, Error> {
        Ok(self.core()?.files.clone())
    }

    /// Keeps a file on this node's disk.
    pub(crate) async fn keep_here(self: &Arc<Self>, bytes: Bytes) -> Result<FileHash, Error> {
        let files = self.files()?;
        let kept = on_thread(&self.parts.work, "file-put", move || files.put(&bytes)).await;
        let hash = kept.ok_or_else(|| Error::Io("no thread to keep a file".to_owned()))?;
        let hash = hash.map_err(|error| Error::Io(error.to_string()))?;
        lock(&self.fresh_files).insert(hash, Instant::now());
        Ok(hash)
    }

    /// A file on this node's disk.
    pub(crate) async fn file_here(self: &Arc<Self>, hash: FileHash) -> Result<Option<Bytes>, Error> {
        let files = self.files()?;
        let found = on_thread(&self.parts.work, "file-get", move || files.get(&hash)).await;
        let found = found.ok_or_else(|| Error::Io("no thread to read a file".to_owned()))?;
        found.map(|bytes| bytes.map(Bytes::from)).map_err(|error| Error::Io(error.to_string()))
    }

    /// Keeps a file on a majority of the voters, and on the others if they can be reached.
    pub(crate) async fn keep_file(self: &Arc<Self>, bytes: Bytes) -> Result<FileHash, Error> {
        self.core()?;
        if bytes.len() > FILE_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        let (me, members) = (self.party().node_id, self.members());
        let voters = members.iter().filter(|member| member.voter).count();
        if voters == 0 {
            // It has just started, and does not know its cluster yet.
            return Err(Error::NoLeader);
        }
        let (sender, mut kept) = mpsc::channel(members.len().max(1));
        for member in members {
            let (node, bytes, sender) = (Arc::clone(self), bytes.clone(), sender.clone());
            // Goes on when the majority is there: the rest need not fetch it.
            self.tasks.spawn(async move {
                let result = if member.id == me {
                    node.keep_here(bytes).await.map(drop).map_err(|error| error.to_string())
                } else {
                    let giving = file_stream::give(&node, member.id, bytes);
                    match tokio::time::timeout(KEPT_WITHIN, giving).await {
                        Ok(given) => given.map_err(|error| error.to_string()),
                        Err(_) => Err("no answer".to_owned()),
                    }
                };
                // The waiter may have what it needs already.
                sender.send((member.id, member.voter, result)).await.ok();
            });
        }
        drop(sender);
        let (mut done, mut why) = (0, String::new());
        while let Some((id, voter, result)) = kept.recv().await {
            match result {
                Ok(()) if voter => done += 1,
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(node = id, error, "a file could not be kept there");
                    why = error;
                }
            }
            if done > voters / 2 {
                return Ok(file_hash(&bytes));
            }
        }
        Err(Error::TooFewKept { kept: done, voters, why })
    }

    /// A file that the state names: from this node's disk, or fetched from another node; `None` if nothing names it or
    /// no node that can be reached has it.
    pub(crate) async fn file(self: &Arc<Self>, hash: FileHash) -> Result<Option<Bytes>, Error> {
        if !self.replica.read().names_file(&hash) {
            return Ok(None);
        }
        match self.file_here(hash).await? {
            Some(bytes) => Ok(Some(bytes)),
            None => Ok(self.fetch(hash).await?.map(|(bytes, _)| bytes)),
        }
    }

    /// Fetches a file from whichever other node has it, and keeps it if the disk has room; whether it is kept.
    async fn fetch(self: &Arc<Self>, hash: FileHash) -> Result<Option<(Bytes, bool)>, Error> {
        let me = self.party().node_id;
        for member in self.members().into_iter().filter(|member| member.id != me) {
            let taking = file_stream::take(self, member.id, hash);
            match tokio::time::timeout(KEPT_WITHIN, taking).await {
                Ok(Ok(Some(bytes))) => {
                    let kept = self.keep_here(bytes.clone()).await;
                    if let Err(error) = &kept {
                        tracing::warn!(%error, "a file was fetched and cannot be kept");
                    }
                    return Ok(Some((bytes, kept.is_ok())));
                }
                Ok(Ok(None)) => {}
                Ok(Err(error)) => tracing::debug!(node = member.id, %error, "a file could not be fetched there"),
                Err(_) => tracing::debug!(node = member.id, "a file was not sent in time"),
            }
        }
        Ok(None)
    }
}

/// A duty of every node: has what the state names, and nothing else for long.
pub(crate) async fn follow(node: Arc<Node>) {
    let started = Instant::now();
    let (mut seen, mut look_at) = (None, started);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let named = node.replica.read().files_digest();
        if seen == Some(named) && Instant::now() < look_at {
            continue;
        }
        match look(&node, started).await {
            Ok(0) => {
                // Nothing changes until the state names others; what is unnamed is removed when its time has come.
                (seen, look_at) = (Some(named), Instant::now() + UNNAMED_KEPT / 4);
            }
            Ok(missing) => {
                tracing::warn!(missing, "files that the state names could not be fetched; tried again");
                (seen, look_at) = (Some(named), Instant::now() + FETCH_AGAIN);
            }
            Err(Error::Stopped) => return,
            Err(error) => {
                tracing::warn!(%error, "files could not be looked through");
                (seen, look_at) = (Some(named), Instant::now() + FETCH_AGAIN);
            }
        }
    }
}

/// Fetches what is missing and removes what nothing names; returns how many are still missing.
async fn look(node: &Arc<Node>, started: Instant) -> Result<usize, Error> {
    let named: BTreeSet<FileHash> = node.replica.read().files().collect();
    let files = node.files()?;
    let listed = on_thread(&node.parts.work, "file-list", move || files.list()).await;
    let listed = listed.ok_or_else(|| Error::Io("no thread to list files".to_owned()))?;
    let here: BTreeSet<FileHash> = listed.map_err(|error| Error::Io(error.to_string()))?.into_iter().collect();
    let mut missing = 0;
    for hash in named.difference(&here) {
        if node.fetch(*hash).await?.is_none_or(|(_, kept)| !kept) {
            missing += 1;
        }
    }
    let unnamed: Vec<FileHash> = {
        let now = Instant::now();
        let mut fresh = lock(&node.fresh_files);
        fresh.retain(|_, put| now - *put < UNNAMED_KEPT);
        let old = now - started >= UNNAMED_KEPT;
        here.difference(&named).filter(|hash| old && !fresh.contains_key(*hash)).copied().collect()
    };
    if !unnamed.is_empty() {
        let (files, count) = (node.files()?, unnamed.len());
        let removed =
            on_thread(&node.parts.work, "file-remove", move || unnamed.iter().try_for_each(|h| files.remove(h)));
        removed.await.unwrap_or(Ok(())).map_err(|error| Error::Io(error.to_string()))?;
        tracing::info!(count, "files that nothing names were removed");
    }
    Ok(missing)
}

//! Where indexes lie: `<format>-<number>` in one folder, the newest whole one counts. What is torn or corrupt is moved
//! aside as `damaged`, what is left over is removed; neither ever stops a node.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use crate::text::{Broken, FORMAT, Held, Payload, Text};

/// The last index that could not be used.
const DAMAGED: &str = "damaged";

/// Format and number of a folder's name.
fn named(path: &Path) -> Option<(u32, u32)> {
    let (format, number) = path.file_name()?.to_str()?.split_once('-')?;
    Some((format.parse().ok()?, number.parse().ok()?))
}

/// Indexes, the newest first.
fn all(folder: &Path) -> Vec<((u32, u32), PathBuf)> {
    let paths = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = paths.filter_map(|path| Some((named(&path)?, path))).collect();
    found.sort();
    found.reverse();
    found
}

/// Removes an index, as far as that can be done.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_dir_all(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, folder = %path.display(), "a search index that is left over cannot be removed");
    }
}

/// The newest index that can be used, and whether it is of another format and should be replaced.
pub(crate) fn open(folder: &Path) -> Option<(Text, Payload, Vec<Held>, bool)> {
    for ((format, _), path) in all(folder) {
        // Damaged bytes may be read by code that trusts them.
        let opened = std::panic::catch_unwind(AssertUnwindSafe(|| Text::open(&path)));
        let opened = opened.unwrap_or_else(|_| Err(Broken::Wrong("reading it panicked".to_owned())));
        match opened {
            Ok((text, payload, held)) => return Some((text, payload, held, format != FORMAT)),
            Err(error) => {
                tracing::warn!(%error, folder = %path.display(), "a search index cannot be used and is made anew");
                let aside = folder.join(DAMAGED);
                remove(&aside);
                if std::fs::rename(&path, &aside).is_err() {
                    remove(&path);
                }
            }
        }
    }
    None
}

/// A name for another index.
pub(crate) fn next(folder: &Path) -> PathBuf {
    let last = all(folder).into_iter().map(|((_, number), _)| number).max().unwrap_or(0);
    folder.join(format!("{FORMAT}-{}", last.wrapping_add(1)))
}

/// Removes all indexes but this one.
pub(crate) fn keep_only(folder: &Path, keep: Option<&Path>) {
    for (_, path) in all(folder).into_iter().filter(|(_, path)| Some(path.as_path()) != keep) {
        remove(&path);
    }
}

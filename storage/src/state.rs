//! The copy of the state in sled: how a node starts fast and what an operator's tools inspect. Never what an
//! acknowledgement waits for, never the only copy, and never trusted without a check of its own.
//!
//! Step 7 of the crash argument. sled 0.34 may lose what it calls flushed and come back empty, older or mixed, or panic.
//! So each stored part has a checksum, the mark carries a fingerprint over all parts, opening scans everything under a
//! guard, and on any doubt the folder is moved aside and a new one begun. The caller keeps the copy at or below the
//! log's durable index, so that an older copy is merely older.
//!
//! All calls block; give the store a thread of its own.

#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod parts;

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};

use crate::error::Error;
use crate::fields::{Fields, put_counted};
use crate::log::LogId;
use parts::{KEY_BYTES_MAX, PART_BYTES, Part, Totals};

/// The key of the mark; keys of parts begin with 1.
const MARK_KEY: [u8; 1] = [0];
const FORMAT: u32 = 1;
/// sled takes several times what it is told.
const CACHE_BYTES: u64 = 32 << 20;
/// sled frees pages only in its periodic flush, so it gets a slow one.
const FLUSH_PERIOD_MS: u64 = 5000;
const ASIDE: &str = "set-aside";
/// How often, and how long after each other, a lock that an earlier store still holds is tried: 10 s in all.
const LOCK_TRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// What the copy is of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mark {
    /// The last entry whose changes it holds.
    pub applied: LogId,
    /// The state's digest there; the caller compares it with the state it loads.
    pub digest: u128,
    /// Opaque: the membership and the like.
    pub extra: Vec<u8>,
}

/// What opening found.
pub enum Opened {
    /// A whole copy and what it is of.
    Valid(StateStore, Mark),
    /// There was none; an empty one was made.
    Empty(StateStore),
    /// There was one, but in doubt: it was moved aside and an empty one made.
    Rebuilt {
        /// The empty one.
        store: StateStore,
        /// What gave doubt, for the operator.
        why: String,
    },
}

/// A store of keys and values with a mark; see the module for what it promises.
pub struct StateStore {
    folder: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    db: Option<sled::Db>,
    /// Each rebuild has a folder of its own: sled may hold on to the old one for a while.
    generation: u64,
    totals: Totals,
    marked: bool,
}

fn doubt(what: impl std::fmt::Display) -> Error {
    Error::State(what.to_string())
}

/// Runs what calls sled, which may panic on damaged files.
fn guarded<T>(act: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        Err(doubt(format!("sled panicked: {}", what.unwrap_or("no message"))))
    })
}

impl StateStore {
    /// Opens the copy in a folder, checks all of it, and begins a new one on any doubt. Fails only if the folder cannot
    /// be used at all.
    pub fn open(folder: &Path) -> Result<Opened, Error> {
        fs::create_dir_all(folder)?;
        let mut generations = generations(folder)?;
        let Some(newest) = generations.pop() else {
            return Ok(Opened::Empty(Self::begin(folder, 1)?));
        };
        for old in generations {
            fs::remove_dir_all(generation_path(folder, old))?;
        }
        let why = match guarded(|| open_checked(&generation_path(folder, newest))) {
            Ok((db, Some((mark, totals)))) => {
                let inner = Inner { db: Some(db), generation: newest, totals, marked: true };
                return Ok(Opened::Valid(Self { folder: folder.to_owned(), inner: Mutex::new(inner) }, mark));
            }
            // Never begun, or silently emptied by a power cut, which sled does not survive well: either way a new one.
            Ok((db, None)) => {
                discard(Some(db));
                "it has no mark".to_owned()
            }
            // Its files may be sound.
            Err(Error::Io(error)) if error.to_string().starts_with("could not acquire lock") => {
                return Err(error.into());
            }
            Err(error) => error.to_string(),
        };
        tracing::warn!(why, "the state's copy is moved aside and made anew");
        move_aside(folder, newest)?;
        Ok(Opened::Rebuilt { store: Self::begin(folder, newest + 1)?, why })
    }

    fn begin(folder: &Path, generation: u64) -> Result<Self, Error> {
        let db = begin_generation(folder, generation)?;
        let inner = Inner { db: Some(db), generation, totals: Totals::default(), marked: false };
        Ok(Self { folder: folder.to_owned(), inner: Mutex::new(inner) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over each key and value, each key once, in no order that means anything. An error means that what was
    /// handed over must not be used; call [`StateStore::set_aside`] then.
    pub fn scan(&self, take: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Error> {
        let inner = self.lock();
        let db = inner.db()?;
        guarded(|| scan(db, take).map(|_| ()))
    }

    /// Stores (or with `None` removes) values of any size under keys of at most 1 KiB, and the mark, all or nothing. The
    /// caller has made sure that the log is durable up to the mark.
    pub fn write(&self, changes: &[(Vec<u8>, Option<Vec<u8>>)], mark: &Mark) -> Result<(), Error> {
        self.lock().transact(changes, Some(mark))
    }

    /// Stores values without a mark, for filling an empty store piece by piece; the last piece goes through
    /// [`StateStore::write`]. Until then the store counts as none.
    pub fn fill(&self, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), Error> {
        let mut inner = self.lock();
        if inner.marked {
            return Err(doubt("only a store without a mark can be filled"));
        }
        inner.transact(changes, None)
    }

    /// Makes what was written durable, as far as sled can be made to.
    pub fn checkpoint(&self) -> Result<(), Error> {
        let inner = self.lock();
        let db = inner.db()?;
        guarded(|| db.flush().map_err(doubt))?;
        // sled's own flush ends in sync_file_range, which neither empties the disk's cache nor keeps the file's length.
        let path = generation_path(&self.folder, inner.generation);
        sync_all_below(&path)?;
        if fs::read_dir(path.join("blobs")).is_ok_and(|mut blobs| blobs.next().is_some()) {
            // Parts are small enough to be kept in its log; beside it they do not survive power cuts.
            tracing::warn!("sled keeps values outside of its log");
        }
        Ok(())
    }

    /// Empties the store by beginning a new one. After a crash in the middle there is no copy, which is always allowed.
    pub fn clear(&self) -> Result<(), Error> {
        let mut inner = self.lock();
        let old = inner.generation;
        // This one gave no doubt: it ends before its files go.
        let db = inner.db.take();
        guarded(|| {
            drop(db);
            Ok(())
        })?;
        inner.renew(&self.folder)?;
        Ok(fs::remove_dir_all(generation_path(&self.folder, old))?)
    }

    /// Keeps the present files beside for inspection (one set at most) and begins a new, empty store: for when the
    /// loaded state does not match the mark's digest, or a write has failed.
    pub fn set_aside(&self, why: &str) -> Result<(), Error> {
        tracing::warn!(why, "the state's copy is moved aside and made anew");
        let mut inner = self.lock();
        let old = inner.generation;
        inner.renew(&self.folder)?;
        move_aside(&self.folder, old)
    }

    /// Bytes that its files take. Past a bound of the caller's choice it is worth clearing and filling anew: sled's
    /// files grow slowly under a bounded set of keys.
    pub fn bytes_on_disk(&self) -> Result<u64, Error> {
        let generation = self.lock().generation;
        Ok(bytes_below(&generation_path(&self.folder, generation))?)
    }
}

impl Inner {
    fn db(&self) -> Result<&sled::Db, Error> {
        self.db.as_ref().ok_or_else(|| doubt("the copy failed before and has not been made anew"))
    }

    fn transact(&mut self, changes: &[(Vec<u8>, Option<Vec<u8>>)], mark: Option<&Mark>) -> Result<(), Error> {
        if changes.iter().any(|(key, _)| key.len() > KEY_BYTES_MAX) {
            return Err(doubt("a key is longer than 1 KiB"));
        }
        let db = self.db()?;
        let outcome = guarded(|| {
            db.transaction(|tree| {
                let mut totals = self.totals;
                for (key, value) in changes {
                    put(tree, key, value.as_deref(), &mut totals)?;
                }
                if let Some(mark) = mark {
                    tree.insert(&MARK_KEY, encode_mark(mark, totals))?;
                }
                Ok(totals)
            })
            .map_err(|error| match error {
                TransactionError::Abort(error) => error,
                TransactionError::Storage(error) => doubt(error),
            })
        });
        match outcome {
            Ok(totals) => {
                self.totals = totals;
                self.marked |= mark.is_some();
                Ok(())
            }
            Err(error) => {
                // What sled has made of it nobody knows: it is not used again.
                discard(self.db.take());
                Err(error)
            }
        }
    }

    fn renew(&mut self, folder: &Path) -> Result<(), Error> {
        discard(self.db.take());
        self.generation += 1;
        self.db = Some(begin_generation(folder, self.generation)?);
        self.totals = Totals::default();
        self.marked = false;
        Ok(())
    }
}

type Step<T> = Result<T, ConflictableTransactionError<Error>>;

/// Replaces a value's parts.
fn put(tree: &TransactionalTree, key: &[u8], value: Option<&[u8]>, totals: &mut Totals) -> Step<()> {
    let mut old_parts = 1;
    let mut number = 0;
    while number < old_parts {
        let stored_key = parts::key(key, number);
        if let Some(old) = tree.remove(&*stored_key)? {
            let old_part = Part::read(&stored_key, &old)
                .ok_or_else(|| ConflictableTransactionError::Abort(doubt("a value is not what was written")))?;
            old_parts = old_part.count;
            totals.remove(&stored_key, &old);
        }
        number += 1;
    }
    let Some(value) = value else { return Ok(()) };
    let count = value.len().div_ceil(PART_BYTES).max(1);
    let Ok(count) = u16::try_from(count) else {
        return Err(ConflictableTransactionError::Abort(doubt("a value is longer than 4 GiB")));
    };
    for number in 0..count {
        let start = usize::from(number) * PART_BYTES;
        let bytes = value.get(start..value.len().min(start + PART_BYTES)).unwrap_or_default();
        let stored_key = parts::key(key, number);
        let stored = Part { count, bytes }.encode(&stored_key);
        totals.add(&stored_key, &stored);
        tree.insert(&*stored_key, stored)?;
    }
    Ok(())
}

fn encode_mark(mark: &Mark, totals: Totals) -> Vec<u8> {
    let mut body = FORMAT.to_le_bytes().to_vec();
    for number in [mark.applied.term, mark.applied.node, mark.applied.index] {
        body.extend_from_slice(&number.to_le_bytes());
    }
    body.extend_from_slice(&mark.digest.to_le_bytes());
    body.extend_from_slice(&totals.parts.to_le_bytes());
    body.extend_from_slice(&totals.fingerprint.to_le_bytes());
    put_counted(&mut body, &mark.extra);
    let mut bytes = crc32fast::hash(&body).to_le_bytes().to_vec();
    bytes.extend_from_slice(&body);
    bytes
}

fn read_mark(bytes: &[u8]) -> Option<(Mark, Totals)> {
    let mut fields = Fields(bytes);
    if fields.u32()? != crc32fast::hash(fields.0) || fields.u32()? != FORMAT {
        return None;
    }
    let applied = LogId { term: fields.u64()?, node: fields.u64()?, index: fields.u64()? };
    let digest = fields.u128()?;
    let totals = Totals { parts: fields.u64()?, fingerprint: fields.u64()? };
    Some((Mark { applied, digest, extra: fields.counted()?.to_vec() }, totals))
}

/// Reads everything, joins values, and checks each part; returns what the parts amount to.
fn scan(db: &sled::Db, take: &mut dyn FnMut(&[u8], &[u8])) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    let mut joined: Vec<u8> = Vec::new();
    // The parts of a value lie next to each other, in order.
    let mut expected = 0;
    for item in db.range(&[1_u8][..]..) {
        let (stored_key, stored) = item.map_err(doubt)?;
        totals.add(&stored_key, &stored);
        let part = Part::read(&stored_key, &stored).ok_or_else(|| doubt("a value is not what was written"))?;
        let (key, number) = parts::read_key(&stored_key).ok_or_else(|| doubt("a key is not what was written"))?;
        if number != expected {
            return Err(doubt("a part of a value is missing"));
        }
        if part.count == 1 {
            take(key, part.bytes);
            continue;
        }
        joined.extend_from_slice(part.bytes);
        expected = number + 1;
        if expected == part.count {
            take(key, &joined);
            joined.clear();
            expected = 0;
        }
    }
    if expected == 0 { Ok(totals) } else { Err(doubt("a part of a value is missing")) }
}

fn open_db(path: &Path) -> Result<sled::Db, Error> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(CACHE_BYTES)
        .mode(sled::Mode::HighThroughput)
        .flush_every_ms(Some(FLUSH_PERIOD_MS));
    let mut tries = 0;
    loop {
        match config.open() {
            Err(error) if tries < LOCK_TRIES && is_locked(&error) => {
                tries += 1;
                thread::sleep(LOCK_PAUSE);
            }
            Err(sled::Error::Io(error)) => return Err(Error::Io(error)),
            other => return other.map_err(doubt),
        }
    }
}

/// Whether an earlier store on the same files still has its lock: sled gives it back some time after the store is
/// dropped. The data folder's own lock keeps other processes away.
fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().starts_with("could not acquire lock"))
}

/// Drops a store that gave doubt, on a thread of its own: sled waits for ever for a thread of its that has panicked.
fn discard(db: Option<sled::Db>) {
    let dropping = thread::Builder::new().name("state-discard".to_owned()).spawn(move || drop(db));
    if let Err(error) = dropping {
        tracing::warn!(%error, "no thread could be had to drop the state's copy");
    }
}

/// Opens a folder that exists and compares what is in it with what its mark says; `None` if it has no mark.
fn open_checked(path: &Path) -> Result<(sled::Db, Option<(Mark, Totals)>), Error> {
    let db = open_db(path)?;
    match guarded(|| check(&db)) {
        Ok(found) => Ok((db, found)),
        Err(error) => {
            discard(Some(db));
            Err(error)
        }
    }
}

fn check(db: &sled::Db) -> Result<Option<(Mark, Totals)>, Error> {
    let Some(stored) = db.get(MARK_KEY).map_err(doubt)? else { return Ok(None) };
    let (mark, totals) = read_mark(&stored).ok_or_else(|| doubt("its mark is not what was written"))?;
    // An open without error proves nothing: power cuts have left stores that were no state of any moment.
    if scan(db, &mut |_, _| {})? != totals {
        return Err(doubt("its contents are not those of its mark"));
    }
    Ok(Some((mark, totals)))
}

fn begin_generation(folder: &Path, generation: u64) -> Result<sled::Db, Error> {
    let path = generation_path(folder, generation);
    if path.exists() {
        fs::remove_dir_all(&path)?;
    }
    let db = guarded(|| open_db(&path))?;
    // Once at the start everything is synced, its configuration file too, which sled never does again.
    sync_all_below(&path)?;
    File::open(folder)?.sync_all()?;
    Ok(db)
}

fn generation_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("copy-{generation:010}"))
}

/// Numbers of the folders there are, in order.
fn generations(folder: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if let Some(number) = name.to_str().and_then(|name| name.strip_prefix("copy-")?.parse().ok()) {
            found.push(number);
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn move_aside(folder: &Path, generation: u64) -> Result<(), Error> {
    let aside = folder.join(ASIDE);
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::rename(generation_path(folder, generation), aside)?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn sync_all_below(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let synced = if entry.file_type()?.is_dir() {
            sync_all_below(&entry.path())
        } else {
            File::open(entry.path()).and_then(|file| file.sync_all())
        };
        match synced {
            // sled removes files of its own meanwhile.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    File::open(path)?.sync_all()
}

fn bytes_below(path: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { bytes_below(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

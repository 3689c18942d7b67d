//! The durable record: one append-only file of lines, each with its checksum; whoever waits for a line hears when it is
//! synced. One thread writes all lines that wait in one write and syncs them once, so that requests share the disk's
//! time. Not what a line means (see `entry`, `book`). It is never made smaller: it is a test's provider.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::entry::Entry;

/// The one file.
const FILE: &str = "journal.jsonl";
/// Form of the lines.
const VERSION: u32 = 1;
/// Most bytes of a line: three times an intent made of the largest body, and more.
const LINE_BYTES_MAX: usize = 1 << 20;
/// Digits of the checksum, and the space after it.
const CHECK_CHARS: usize = 9;
/// Exit code of a process that cannot write: as a node's.
const CANNOT_GO_ON: i32 = 6;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    version: u32,
    /// Tells this provider's data from any other's.
    book: String,
}

/// Lines on their way to the disk.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Lines ever appended.
    last: u64,
    /// The newest line that somebody may wait for.
    wanted: u64,
    stop: bool,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The open file.
pub(super) struct Journal {
    queue: Arc<Queue>,
    synced: watch::Receiver<u64>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What was found in the file.
pub(super) struct Found {
    /// Tells this provider's data from any other's.
    pub(super) book: String,
    /// Bytes of a torn last line that were cut off.
    pub(super) cut_bytes: u64,
}

impl Journal {
    /// Opens the file of a folder, makes both if they are not there, and hands on every entry in order. Refuses a folder that
    /// another process uses, and a file that is damaged before its last line. `new_book` names new data.
    pub(super) fn open(folder: &Path, new_book: &str, mut take: impl FnMut(Entry)) -> anyhow::Result<(Self, Found)> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let path = folder.join(FILE);
        let name = path.display();
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.with_context(|| name.to_string())?;
        if file.try_lock().is_err() {
            bail!("{name}: another process uses it; give each provider its own --data");
        }
        let (head, good) = replay(&file, &mut take).with_context(|| name.to_string())?;
        let cut_bytes = file.metadata()?.len().saturating_sub(good);
        file.set_len(good)?;
        file.seek(SeekFrom::Start(good))?;
        let book = if let Some(head) = head {
            head.book
        } else {
            file.write_all(&line(&Head { version: VERSION, book: new_book.to_owned() })?)?;
            new_book.to_owned()
        };
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        let queue = Arc::new(Queue::default());
        let (tell, synced) = watch::channel(0);
        let writing = Arc::clone(&queue);
        let writer = std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
            if let Err(error) = write(&file, &writing, &tell) {
                tracing::error!(%error, "the journal cannot be written: the provider ends; nothing answered is lost");
                std::process::exit(CANNOT_GO_ON);
            }
        })?;
        Ok((Self { queue, synced, writer: Mutex::new(Some(writer)) }, Found { book, cut_bytes }))
    }

    /// Puts an entry at the end. Not durable before `synced` of `last_wanted`.
    pub(super) fn append(&self, entry: &Entry) -> anyhow::Result<()> {
        self.put(entry, true)
    }

    /// Puts an entry at the end that nobody waits for: it goes with the next one, or at the end.
    pub(super) fn append_lazily(&self, entry: &Entry) -> anyhow::Result<()> {
        self.put(entry, false)
    }

    fn put(&self, entry: &Entry, wanted: bool) -> anyhow::Result<()> {
        let line = line(entry)?;
        let mut waiting = self.queue.lock();
        waiting.bytes.extend_from_slice(&line);
        waiting.last += 1;
        if wanted {
            waiting.wanted = waiting.last;
            self.queue.wake.notify_one();
        }
        Ok(())
    }

    /// The number of the newest line that may be waited for.
    pub(super) fn last_wanted(&self) -> u64 {
        self.queue.lock().wanted
    }

    /// Waits until a line and all before it are on the disk.
    pub(super) async fn synced(&self, number: u64) {
        // The sender ends only with the process, or after the last line.
        drop(self.synced.clone().wait_for(|synced| *synced >= number).await);
    }

    /// Writes what waits and ends the thread.
    pub(super) fn close(&self) {
        self.queue.lock().stop = true;
        self.queue.wake.notify_one();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // It ends the process itself if it fails.
        drop(writer.map(JoinHandle::join));
    }
}

fn write(mut file: &File, queue: &Queue, synced: &watch::Sender<u64>) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let mut waiting = queue.lock();
        while waiting.wanted <= *synced.borrow() && !waiting.stop {
            waiting = queue.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        bytes.clear();
        std::mem::swap(&mut bytes, &mut waiting.bytes);
        let (last, stop) = (waiting.last, waiting.stop);
        drop(waiting);
        file.write_all(&bytes)?;
        file.sync_data()?;
        synced.send_replace(last);
        if stop {
            return Ok(());
        }
    }
}

fn line(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let json = serde_json::to_vec(value)?;
    let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

/// The JSON of a line that is whole.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let (check, json) = line.strip_suffix(b"\n")?.split_at_checked(CHECK_CHARS)?;
    let check = u32::from_str_radix(str::from_utf8(check).ok()?.strip_suffix(' ')?, 16).ok()?;
    (crc32fast::hash(json) == check).then_some(json)
}

/// Hands on all whole lines; answers the head, if there is one, and where the last whole line ends.
fn replay(file: &File, take: &mut impl FnMut(Entry)) -> anyhow::Result<(Option<Head>, u64)> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut head, mut good, mut number) = (None::<Head>, 0_u64, 0_u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok((head, good));
        }
        number += 1;
        let Some(json) = checked(&line) else {
            if reader.fill_buf()?.is_empty() {
                return Ok((head, good));
            }
            bail!("line {number} at byte {good} is damaged, and it is not the last: restore the file, or move it away");
        };
        let told = || format!("line {number} at byte {good}: is it another version's?");
        if head.is_none() {
            let read: Head = serde_json::from_slice(json).with_context(told)?;
            if read.version != VERSION {
                bail!("its form is {}, and this program knows {VERSION}", read.version);
            }
            head = Some(read);
        } else {
            take(serde_json::from_slice(json).with_context(told)?);
        }
        good += length as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> Entry {
        Entry { at_ms: number, ..Entry::default() }
    }

    fn open(folder: &Path) -> anyhow::Result<(Journal, Found, Vec<u64>)> {
        let mut seen = Vec::new();
        let (journal, found) = Journal::open(folder, "b00c", |entry| seen.push(entry.at_ms))?;
        Ok((journal, found, seen))
    }

    fn with_entries(folder: &Path, numbers: impl Iterator<Item = u64>) {
        let (journal, _, _) = open(folder).unwrap();
        for number in numbers {
            journal.append(&entry(number)).unwrap();
        }
        journal.close();
    }

    #[tokio::test]
    async fn what_was_synced_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, found, seen) = open(folder.path()).unwrap();
        assert_eq!((found.book.as_str(), found.cut_bytes, seen.len()), ("b00c", 0, 0));
        for number in 1..=5 {
            journal.append(&entry(number)).unwrap();
        }
        journal.append_lazily(&entry(6)).unwrap();
        assert_eq!(journal.last_wanted(), 5);
        journal.synced(5).await;
        journal.close();
        drop(journal);
        let (_, found, seen) = open(folder.path()).unwrap();
        assert_eq!((found.book.as_str(), seen), ("b00c", vec![1, 2, 3, 4, 5, 6]));
    }

    /// Every length that a crash may leave.
    #[test]
    fn a_torn_last_line_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        with_entries(folder.path(), 1..=2);
        let whole = fs::read(&file).unwrap();
        let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1).collect();
        for length in 0..=whole.len() {
            fs::write(&file, &whole[..length]).unwrap();
            let (journal, found, seen) = open(folder.path()).unwrap();
            let good = ends.iter().rfind(|end| **end <= length).copied().unwrap_or(0);
            assert_eq!(found.cut_bytes, (length - good) as u64);
            assert_eq!(seen.len(), ends.iter().filter(|end| **end <= length).count().saturating_sub(1));
            journal.close();
            drop(journal);
            with_entries(folder.path(), 7..=7);
            let (journal, found, seen) = open(folder.path()).unwrap();
            assert_eq!((found.cut_bytes, seen.last()), (0, Some(&7)), "it goes on behind the cut");
            journal.close();
        }
    }

    #[test]
    fn damage_before_the_last_line_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        with_entries(folder.path(), 1..=3);
        let whole = fs::read(&file).unwrap();
        let last = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
        // But for the end of the line before it: without that, the two are one torn line.
        for at in 0..last - 1 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&file, &damaged).unwrap();
            let told = format!("{:#}", open(folder.path()).err().unwrap());
            assert!(told.contains("is damaged"), "byte {at}: {told}");
            assert_eq!(fs::read(&file).unwrap(), damaged, "nothing is changed");
        }
    }

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (_journal, _, _) = open(folder.path()).unwrap();
        assert!(open(folder.path()).err().unwrap().to_string().contains("another process"));
    }
}

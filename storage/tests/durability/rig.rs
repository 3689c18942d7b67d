//! What the tests of the log share: opening it, entries whose bytes can be told apart, and a model of what may be
//! found after a crash.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use storage::{Done, Entry, Error, Identity, Log, LogId, LogOptions, LogWriter, MemDisk, Recovered};

pub(crate) const IDENTITY: Identity = Identity { cluster_id: 1, node_id: 2, disk_id: 3 };

pub(crate) fn options(segment_bytes: u64, cached_bytes: u64) -> LogOptions {
    LogOptions { segment_bytes, cached_bytes, ..LogOptions::new(IDENTITY, Box::new(|_| {})) }
}

pub(crate) fn try_open(disk: &MemDisk, segment_bytes: u64) -> Result<(Log, LogWriter, Recovered), Error> {
    Log::open(Arc::new(disk.clone()), options(segment_bytes, 1000))
}

pub(crate) fn open(disk: &MemDisk) -> (Log, LogWriter, Recovered) {
    try_open(disk, 4096).unwrap()
}

/// An entry whose length and bytes follow from its id.
pub(crate) fn entry(term: u64, index: u64) -> Entry {
    let len = ((index + term) % 7) as usize * 40 + 3;
    let body = (0..len).map(|at| (at as u64 * 31 + index * 7 + term) as u8).collect::<Vec<_>>();
    Entry { id: LogId { term, node: 1, index }, body: Bytes::from(body) }
}

pub(crate) fn entries(term: u64, range: Range<u64>) -> Vec<Entry> {
    range.map(|index| entry(term, index)).collect()
}

pub(crate) fn id(term: u64, index: u64) -> LogId {
    LogId { term, node: 1, index }
}

pub(crate) fn tell(to: &Sender<u64>, what: u64) -> Done {
    let to = to.clone();
    Box::new(move |outcome: io::Result<()>| {
        outcome.unwrap();
        to.send(what).unwrap();
    })
}

pub(crate) fn ok() -> Done {
    Box::new(|outcome| outcome.unwrap())
}

/// What can be read from a log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Image {
    pub(crate) entries: BTreeMap<u64, Entry>,
    pub(crate) purged: Option<LogId>,
    pub(crate) vote: Option<Vec<u8>>,
}

impl Image {
    pub(crate) fn of(log: &Log) -> Self {
        let first = log.first_index().or(log.purged().map(|purged| purged.index + 1)).unwrap_or(0);
        let entries = log.read(first..u64::MAX, u64::MAX).unwrap();
        let entries = entries.into_iter().map(|entry| (entry.id.index, entry)).collect();
        Self { entries, purged: log.purged(), vote: log.vote() }
    }

    pub(crate) fn next_index(&self) -> u64 {
        let purged = self.purged.map_or(0, |purged| purged.index);
        self.entries.keys().next_back().copied().unwrap_or(purged) + 1
    }
}

/// A log with every image that its records pass through, so that a crash can be judged: what is found must be one of
/// those since the last acknowledgement.
pub(crate) struct Tracked {
    pub(crate) log: Log,
    pub(crate) writer: LogWriter,
    images: Arc<Mutex<Vec<Image>>>,
    /// The image that the last acknowledged operation led to.
    acknowledged: Arc<AtomicU64>,
}

impl Tracked {
    pub(crate) fn new((log, writer, _): (Log, LogWriter, Recovered)) -> Self {
        let images = Arc::new(Mutex::new(vec![Image::of(&log)]));
        Self { log, writer, images, acknowledged: Arc::default() }
    }

    pub(crate) fn now(&self) -> Image {
        self.images.lock().unwrap().last().unwrap().clone()
    }

    fn passes(&self, image: Image) {
        self.images.lock().unwrap().push(image);
    }

    /// Notes the acknowledgement of the newest image.
    fn done(&self) -> Done {
        let number = self.images.lock().unwrap().len() as u64 - 1;
        let acknowledged = Arc::clone(&self.acknowledged);
        Box::new(move |outcome| {
            if outcome.is_ok() {
                assert!(acknowledged.swap(number, Ordering::SeqCst) <= number, "told out of order");
            }
        })
    }

    pub(crate) fn append(&self, term: u64, count: u64) {
        let mut image = self.now();
        let next = image.next_index();
        for entry in entries(term, next..next + count) {
            image.entries.insert(entry.id.index, entry);
            self.passes(image.clone());
        }
        self.log.append(entries(term, next..next + count), self.done());
    }

    pub(crate) fn vote(&self, vote: u64) {
        let vote = vote.to_le_bytes().to_vec();
        self.passes(Image { vote: Some(vote.clone()), ..self.now() });
        self.log.save_vote(vote, self.done());
    }

    pub(crate) fn truncate(&self, keep: u64) {
        let mut image = self.now();
        image.entries.retain(|index, _| *index <= keep);
        self.passes(image);
        self.log.truncate_after(Some(keep), self.done());
    }

    pub(crate) fn purge(&self, upto: LogId) {
        let mut image = self.now();
        image.entries.retain(|index, _| *index > upto.index);
        image.purged = Some(upto);
        self.passes(image);
        self.log.purge(upto, self.done());
    }

    pub(crate) fn reset(&self, upto: LogId) {
        self.passes(Image { entries: BTreeMap::new(), purged: Some(upto), vote: self.now().vote });
        self.log.reset_to(upto, self.done());
    }

    /// Whether what was found after a crash may be there.
    pub(crate) fn allows(&self, found: &Image) -> bool {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst) as usize;
        self.images.lock().unwrap().iter().skip(acknowledged).any(|image| image == found)
    }

    /// What was acknowledged last.
    pub(crate) fn acknowledged(&self) -> Image {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst) as usize;
        self.images.lock().unwrap()[acknowledged].clone()
    }

    /// Whether `found` is `earlier` or an image after it.
    pub(crate) fn may_follow(&self, earlier: &Image, found: &Image) -> bool {
        let images = self.images.lock().unwrap();
        images.iter().skip_while(|image| *image != earlier).any(|image| image == found)
    }
}

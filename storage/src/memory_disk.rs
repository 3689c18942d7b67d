//! A disk in memory that can lose power, tear writes, flip bits, fail and fill up: what tests and the simulation run on.
//!
//! It models a page cache over a disk that writes sectors of 512 bytes whole: what was not synced survives a power
//! loss sector by sector at random, names survive as a prefix of the changes made in their folder. It has no sense of
//! time, and no randomness but the seed it is given.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile};

const SECTOR: usize = 512;

/// What a power loss keeps of the bytes and names that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// None of it.
    Nothing,
    /// All of it: the cache had just been written out.
    Everything,
    /// Each sector, and a prefix of each folder's changes, at random from a seed.
    Random(u64),
    /// As `Random`, and a bit is wrong in some of what was being written to the sectors that survive.
    Garbled(u64),
}

impl Keep {
    /// Whether the next sector or name survives.
    fn survives(self, seed: &mut u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Random(_) | Self::Garbled(_) => draw(seed).is_multiple_of(2),
        }
    }
}

/// A disk in memory; clones share it.
#[derive(Clone, Default)]
pub struct MemDisk {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    files: BTreeMap<u64, Bytes>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    /// Changes of names since the last sync of their folder, in order.
    changes: Vec<Change>,
    folders: BTreeSet<String>,
    next_file: u64,
    /// Rises at each power loss: handles opened before are dead.
    boot: u64,
    operations: u64,
    fault: Option<Fault>,
    capacity: Option<u64>,
}

#[derive(Default, Clone)]
struct Bytes {
    now: Vec<u8>,
    durable: Vec<u8>,
    dirty: BTreeSet<usize>,
}

#[derive(Clone)]
struct Change {
    folder: String,
    name: String,
    file: Option<u64>,
    /// The other half of a rename.
    from: Option<String>,
}

#[derive(Clone, Copy)]
struct Fault {
    at: u64,
    kind: io::ErrorKind,
    stays: bool,
}

/// One step of splitmix64: enough to choose sectors by.
fn draw(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl MemDisk {
    /// An empty disk without bounds.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power: what was not synced survives as `keep` says, and every open file fails from now on.
    pub fn power_loss(&self, keep: Keep) {
        self.lock().power_loss(keep);
    }

    /// Ends the process only: every open file fails from now on, but what was not synced stays in the page cache, to be
    /// seen by the next process and lost by a later power loss.
    pub fn kill(&self) {
        let mut shared = self.lock();
        shared.fault = None;
        shared.boot += 1;
    }

    /// Makes the operation `after` further changing ones (0: the next) fail with `kind`, and all later ones if it `stays`.
    pub fn fail_after(&self, after: u64, kind: io::ErrorKind, stays: bool) {
        let mut shared = self.lock();
        shared.fault = Some(Fault { at: shared.operations + after, kind, stays });
    }

    /// Ends injected failures.
    pub fn heal(&self) {
        self.lock().fault = None;
    }

    /// Bounds the sum of all files, in bytes; writes beyond it fail with `StorageFull`.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock().capacity = bytes;
    }

    /// How many changing operations (writes, syncs, names, lengths) there were: the steps at which power may go.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// The bytes of a file as a reader sees them.
    pub fn contents(&self, path: &str) -> Option<Vec<u8>> {
        let shared = self.lock();
        let id = shared.names.get(path)?;
        Some(shared.files.get(id)?.now.clone())
    }

    /// Replaces the bytes of a file durably, as damage does; makes it if it is missing.
    pub fn set_contents(&self, path: &str, bytes: &[u8]) {
        let mut shared = self.lock();
        let id = shared.names.get(path).copied().unwrap_or_else(|| {
            let id = shared.new_file();
            shared.names.insert(path.to_owned(), id);
            shared.durable_names.insert(path.to_owned(), id);
            id
        });
        shared.files.insert(id, Bytes { now: bytes.to_vec(), durable: bytes.to_vec(), dirty: BTreeSet::new() });
    }

    /// Flips one bit of a file durably; whether there was such a byte.
    pub fn flip_bit(&self, path: &str, offset: u64, bit: u8) -> bool {
        let Some(mut bytes) = self.contents(path) else { return false };
        let Some(byte) = usize::try_from(offset).ok().and_then(|at| bytes.get_mut(at)) else { return false };
        *byte ^= 1 << (bit % 8);
        self.set_contents(path, &bytes);
        true
    }

    /// A copy of the disk as it is, sharing nothing: for trying several fates of one moment.
    #[must_use]
    pub fn fork(&self) -> Self {
        let shared = self.lock();
        let copy = Shared {
            files: shared.files.clone(),
            names: shared.names.clone(),
            durable_names: shared.durable_names.clone(),
            changes: shared.changes.clone(),
            folders: shared.folders.clone(),
            next_file: shared.next_file,
            boot: shared.boot,
            operations: shared.operations,
            fault: shared.fault,
            capacity: shared.capacity,
        };
        Self { shared: Arc::new(Mutex::new(copy)) }
    }
}

impl Shared {
    fn new_file(&mut self) -> u64 {
        self.next_file += 1;
        self.files.insert(self.next_file, Bytes::default());
        self.next_file
    }

    /// Counts a changing operation and fails it if that was asked for.
    fn step(&mut self) -> io::Result<()> {
        let at = self.operations;
        self.operations += 1;
        match self.fault {
            Some(fault) if at == fault.at || (fault.stays && at > fault.at) => Err(fault.kind.into()),
            _ => Ok(()),
        }
    }

    fn power_loss(&mut self, keep: Keep) {
        let mut seed = match keep {
            Keep::Random(seed) | Keep::Garbled(seed) => seed,
            Keep::Nothing | Keep::Everything => 0,
        };
        let garbles = matches!(keep, Keep::Garbled(_));
        for file in self.files.values_mut() {
            if garbles {
                file.garble(&mut seed);
            }
            file.lose_power(&mut || keep.survives(&mut seed));
        }
        let mut ended = BTreeSet::new();
        for change in std::mem::take(&mut self.changes) {
            if ended.contains(&change.folder) || !keep.survives(&mut seed) {
                ended.insert(change.folder);
            } else {
                change.make(&mut self.durable_names);
            }
        }
        self.names = self.durable_names.clone();
        let named: BTreeSet<u64> = self.names.values().copied().collect();
        self.files.retain(|id, _| named.contains(id));
        self.fault = None;
        self.boot += 1;
    }

    fn change(&mut self, name: &str, file: Option<u64>, from: Option<&str>) {
        let change = Change {
            folder: folder_of(name).to_owned(),
            name: name.to_owned(),
            file,
            from: from.map(ToOwned::to_owned),
        };
        change.clone().make(&mut self.names);
        self.changes.push(change);
    }

    fn used(&self) -> u64 {
        let named: BTreeSet<u64> = self.names.values().copied().collect();
        named.iter().filter_map(|id| self.files.get(id)).map(|file| file.now.len() as u64).sum()
    }
}

impl Change {
    fn make(self, names: &mut BTreeMap<String, u64>) {
        if let Some(from) = self.from {
            names.remove(&from);
        }
        match self.file {
            Some(file) => names.insert(self.name, file),
            None => names.remove(&self.name),
        };
    }
}

impl Bytes {
    /// Flips a bit in some of the sectors that are not synced, only in bytes that were to change: what was durable
    /// before stays as it was.
    fn garble(&mut self, seed: &mut u64) {
        for sector in &self.dirty {
            let start = sector * SECTOR;
            let at = start + draw(seed) as usize % SECTOR;
            let was = self.durable.get(at).copied();
            if draw(seed).is_multiple_of(4)
                && let Some(byte) = self.now.get_mut(at).filter(|byte| was != Some(**byte))
            {
                *byte ^= 1 << (draw(seed) % 8);
            }
        }
    }

    fn lose_power(&mut self, survives: &mut impl FnMut() -> bool) {
        if self.now.len() != self.durable.len() && survives() {
            self.durable.resize(self.now.len(), 0);
        }
        for sector in std::mem::take(&mut self.dirty) {
            if survives() {
                let start = sector * SECTOR;
                let end = (start + SECTOR).min(self.now.len()).min(self.durable.len());
                if let (Some(to), Some(from)) = (self.durable.get_mut(start..end), self.now.get(start..end)) {
                    to.copy_from_slice(from);
                }
            }
        }
        self.now.clone_from(&self.durable);
    }

    fn sync(&mut self) {
        self.durable.resize(self.now.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(self.now.len());
            if let (Some(to), Some(from)) = (self.durable.get_mut(start..end), self.now.get(start..end)) {
                to.copy_from_slice(from);
            }
        }
    }
}

impl Disk for MemDisk {
    fn open(&self, path: &str, create: bool) -> io::Result<Box<dyn DiskFile>> {
        let mut shared = self.lock();
        let file = match shared.names.get(path).copied() {
            Some(file) => file,
            None if create => {
                shared.step()?;
                let file = shared.new_file();
                shared.change(path, Some(file), None);
                file
            }
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(Box::new(MemFile { shared: Arc::clone(&self.shared), file, boot: shared.boot }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut shared = self.lock();
        shared.step()?;
        let file = *shared.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        shared.change(to, Some(file), Some(from));
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let mut shared = self.lock();
        shared.step()?;
        if !shared.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        shared.change(path, None, None);
        Ok(())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let shared = self.lock();
        let paths = shared.names.keys().chain(&shared.folders);
        let names: BTreeSet<&str> = paths.filter(|path| folder_of(path) == folder).map(|path| name_of(path)).collect();
        Ok(names.into_iter().map(ToOwned::to_owned).collect())
    }

    fn create_folder(&self, folder: &str) -> io::Result<()> {
        self.lock().folders.insert(folder.to_owned());
        Ok(())
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        let mut shared = self.lock();
        shared.step()?;
        let (durable, others) = std::mem::take(&mut shared.changes).into_iter().partition(|c| c.folder == folder);
        shared.changes = others;
        let durable: Vec<Change> = durable;
        for change in durable {
            change.make(&mut shared.durable_names);
        }
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let shared = self.lock();
        Ok(shared.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(shared.used())))
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

struct MemFile {
    shared: Arc<Mutex<Shared>>,
    file: u64,
    boot: u64,
}

impl MemFile {
    fn with<T>(&self, changes: bool, act: impl FnOnce(&mut Bytes) -> T) -> io::Result<T> {
        self.with_room(changes, |_| 0, act)
    }

    /// Acts on the file if power and injected faults allow and the disk has room for `grows` more bytes.
    fn with_room<T>(
        &self,
        changes: bool,
        grows: impl FnOnce(&Bytes) -> u64,
        act: impl FnOnce(&mut Bytes) -> T,
    ) -> io::Result<T> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.boot != self.boot {
            return Err(io::Error::other("the power was cut"));
        }
        if changes {
            shared.step()?;
        }
        if let Some(capacity) = shared.capacity {
            let grows = shared.files.get(&self.file).map_or(0, grows);
            if grows > 0 && shared.used() + grows > capacity {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        shared.files.get_mut(&self.file).map(act).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl DiskFile for MemFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(false, |file| {
            let start = (offset as usize).min(file.now.len());
            let len = buffer.len().min(file.now.len() - start);
            if let (Some(to), Some(from)) = (buffer.get_mut(..len), file.now.get(start..start + len)) {
                to.copy_from_slice(from);
            }
            len
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let end = offset as usize + bytes.len();
        self.with_room(
            true,
            |file| (end as u64).saturating_sub(file.now.len() as u64),
            |file| {
                if file.now.len() < end {
                    file.now.resize(end, 0);
                }
                if let Some(to) = file.now.get_mut(offset as usize..end) {
                    to.copy_from_slice(bytes);
                }
                file.dirty.extend(offset as usize / SECTOR..end.div_ceil(SECTOR));
            },
        )
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(true, Bytes::sync)
    }

    fn sync_all(&self) -> io::Result<()> {
        self.with(true, Bytes::sync)
    }

    fn len(&self) -> io::Result<u64> {
        self.with(false, |file| file.now.len() as u64)
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.with_room(
            true,
            |file| bytes.saturating_sub(file.now.len() as u64),
            |file| {
                let old = file.now.len();
                file.now.resize(bytes as usize, 0);
                if old > file.now.len() {
                    // Cut bytes must not come back when the file grows again.
                    file.durable.truncate(file.now.len());
                }
            },
        )
    }
}

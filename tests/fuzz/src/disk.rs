//! What a disk may hold: logs and snapshots damaged in any way, and records behind a right checksum. Damage is refused
//! or cut off, and never read as something else.

use std::sync::Arc;

use storage::{Disk as _, Keep, LogId, MemDisk, SnapshotHeader, Snapshots};

use crate::allocation::within;
use crate::rig::{Image, Tracked, id, open, try_open};
use crate::{Input, put_counted};

const SEGMENT_BYTES: u64 = 4096;

pub(crate) fn log_record(bytes: &[u8]) {
    within((1 << 20) + 16 * bytes.len(), || storage::fuzz::record(bytes));
}

pub(crate) fn log_record_seeds() -> Vec<Vec<u8>> {
    // Kind, segment, offset, durable; then the body: entry, vote, truncate, purge, and a header.
    let id = [[7_u8, 0, 0, 0, 0, 0, 0, 0]; 3].concat();
    let header = [&[1, 0, 0, 0][..], &[9; 56], &[1, 2, 0, 0, 0, 8, 8, 0, 1], &id, &[1], &id, &[0; 8]].concat();
    let bodies: [(u8, Vec<u8>); 8] = [
        (1, header),
        (2, [&id[..], b"body"].concat()),
        (3, b"vote".to_vec()),
        (4, Vec::new()),
        (5, [&[1][..], &[5; 8]].concat()),
        (6, id.clone()),
        (7 | 0x80, id),
        (8, Vec::new()),
    ];
    bodies.into_iter().map(|(kind, body)| [&[kind, 1, 2, 8][..], &body].concat()).collect()
}

/// What is done to a log, from the bytes of an input.
fn live(input: &mut Input<'_>, tracked: &mut Tracked) {
    let mut term = 1;
    for _ in 0..input.u8() % 48 {
        let (what, much) = (input.u8(), u64::from(input.u8()));
        let now = tracked.now();
        let first = now.purged.map_or(0, |purged| purged.index);
        let last = now.next_index() - 1;
        match what % 8 {
            0..3 => tracked.append(term, 1 + much % 5),
            3 => tracked.vote(much),
            4 if last > first => {
                term += 1;
                tracked.truncate(last - much % (last - first).min(6) - 1);
            }
            5 if last > first => tracked.purge(now.entries[&(first + 1 + much % (last - first))].id),
            6 if much > 200 => {
                term += 1;
                tracked.reset(id(term, first + 1 + much % (last - first + 20)));
            }
            _ => tracked.log.save_committed(much.to_le_bytes().to_vec()),
        }
        if what & 0x80 == 0 {
            tracked.writer.step();
        }
    }
    tracked.writer.step();
}

/// What was done to the files.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Damage {
    /// Nothing that was durable changed.
    None,
    /// Bits are wrong.
    Bits,
    /// Whole stretches are gone: if they held the newest batch and nothing else, it is as if it had never been written.
    Stretches,
}

/// Does to the files what disks do: power cuts, changed bits, lost ends, lost or misplaced sectors.
fn damage(input: &mut Input<'_>, disk: &MemDisk) -> Damage {
    let files: Vec<String> = disk.list("log").unwrap().into_iter().filter(|name| !name.starts_with("spare")).collect();
    let mut damaged = Damage::None;
    while !input.is_empty() {
        let (what, file) = (input.u8(), usize::from(input.u8()));
        let (at, to) = (usize::from(input.u16()), usize::from(input.u16()));
        let Some(path) = files.get(file % files.len().max(1)).map(|name| format!("log/{name}")) else { break };
        let before = disk.contents(&path).unwrap();
        let mut bytes = before.clone();
        let (at, to) = (at % bytes.len().max(1), to % bytes.len().max(1));
        match what % 5 {
            0 => disk.power_loss(Keep::Garbled(at as u64)),
            1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (what / 5 % 8)),
            2 => bytes.truncate(at),
            3 => bytes.iter_mut().skip(at).take(512).for_each(|byte| *byte = 0),
            _ => {
                let sector = bytes[at..(at + 512).min(bytes.len())].to_vec();
                bytes.iter_mut().skip(to).zip(sector).for_each(|(old, new)| *old = new);
            }
        }
        if bytes != before {
            disk.set_contents(&path, &bytes);
            damaged = damaged.max(if what % 5 == 1 { Damage::Bits } else { Damage::Stretches });
        }
    }
    damaged
}

/// A log's life, then damage: what opens is what was once written, and misses nothing acknowledged unless bytes were
/// damaged, which is noticed.
pub(crate) fn log_damage(bytes: &[u8]) {
    let mut input = Input(bytes);
    let disk = MemDisk::new();
    let mut tracked = Tracked::new(open(&disk));
    let first = tracked.now();
    live(&mut input, &mut tracked);
    disk.kill();
    let damaged = damage(&mut input, &disk);
    let opened = within(16 << 20, || try_open(&disk, SEGMENT_BYTES));
    let Ok((log, _, recovered)) = opened else {
        assert!(damaged > Damage::None, "a log that nothing happened to is refused");
        return;
    };
    let found = Image::of(&log);
    if damaged == Damage::Stretches || damaged == Damage::Bits && recovered.torn_bytes > 0 {
        assert!(tracked.may_follow(&first, &found), "{found:?} was never there");
    } else {
        assert!(tracked.allows(&found), "{found:?} is not what was acknowledged");
    }
}

pub(crate) fn log_damage_seeds() -> Vec<Vec<u8>> {
    let life: Vec<u8> = (0_u8..40).flat_map(|n| [n % 7, n.wrapping_mul(37)]).collect();
    let with = |damage: &[u8]| [&[40][..], &life, damage].concat();
    vec![
        with(&[]),
        with(&[0, 0, 9, 0, 0, 0]),
        with(&[1, 0, 200, 1, 0, 0]),
        with(&[2, 1, 0, 3, 0, 0]),
        with(&[3, 0, 0, 6, 0, 0]),
        with(&[4, 2, 0, 4, 0, 9]),
    ]
}

fn header() -> SnapshotHeader {
    SnapshotHeader { last: LogId { term: 2, node: 1, index: 9 }, digest: 77, extra: vec![1, 2, 3], received: false }
}

/// A whole snapshot file of these records.
fn snapshot_file(records: &[&[u8]]) -> (MemDisk, String, Vec<u8>) {
    let disk = MemDisk::new();
    let snapshots = Snapshots::open(Arc::new(disk.clone())).unwrap();
    let mut writer = snapshots.begin(header()).unwrap();
    for record in records {
        writer.write_record(record).unwrap();
    }
    assert!(writer.finish(|_| true).unwrap());
    let name = disk.list("snapshots").unwrap().pop().unwrap();
    let path = format!("snapshots/{name}");
    let bytes = disk.contents(&path).unwrap();
    (disk, path, bytes)
}

/// Puts a right checksum where the format has one: over the header, a block, or the whole file.
fn seal(bytes: &mut [u8], which: u8) {
    let put = |bytes: &mut [u8], at: usize, sum: u32| {
        if let Some(slot) = bytes.get_mut(at..at + 4) {
            slot.copy_from_slice(&sum.to_le_bytes());
        }
    };
    let sum = |bytes: &[u8], from: usize, to: usize| crc32fast::hash(bytes.get(from..to).unwrap_or_default());
    let len = |bytes: &[u8], at: usize| {
        bytes.get(at..at + 4).map_or(0, |n| u32::from_le_bytes(n.try_into().unwrap()) as usize)
    };
    let head_end = (20 + len(bytes, 16)).min(bytes.len());
    if which & 1 != 0 {
        put(bytes, 12, sum(bytes, 0, 12));
    }
    if which & 2 != 0 {
        put(bytes, head_end, sum(bytes, 16, head_end));
    }
    if which & 4 != 0 {
        let block = head_end + 4;
        let end = (block + 12).saturating_add(len(bytes, block + 4)).min(bytes.len());
        put(bytes, block + 8, sum(bytes, (block + 12).min(end), end));
    }
    if which & 8 != 0 {
        let end = bytes.len().saturating_sub(4);
        put(bytes, end, sum(bytes, 16.min(end), end));
    }
}

/// A snapshot file, changed here and there: its records come back as they were, or it is refused. With checksums made
/// right after the change it may say something else, and still harms nobody. A peer's file goes the same way.
pub(crate) fn snapshot(bytes: &[u8]) {
    let mut input = Input(bytes);
    let (sealed, count) = (input.u8(), input.u8() % 8);
    let records: Vec<&[u8]> = (0..count).map(|_| input.counted()).collect();
    let (disk, path, whole) = snapshot_file(&records);
    let mut file = whole.clone();
    while !input.is_empty() {
        let (at, byte) = (usize::from(input.u16()), input.u8());
        match byte {
            0 => file.truncate(at),
            255 if file.len() < 4096 => file.extend_from_within(at % file.len().max(1)..),
            _ => {
                let at = at % file.len().max(1);
                if let Some(old) = file.get_mut(at) {
                    *old ^= byte;
                }
            }
        }
    }
    seal(&mut file, sealed);
    disk.set_contents(&path, &file);
    let read = within((160 << 20) + 8 * file.len(), || read(&disk));
    if file == whole {
        assert_eq!(read.as_ref(), Some(&records.iter().map(|record| record.to_vec()).collect()));
    } else if sealed.trailing_zeros() >= 4 {
        // The flag that it was received has a checksum of its own, and is not what it says.
        assert!(read.is_none_or(|read| file[16..] == whole[16..] && read == records));
    }
    receive(&file);
}

fn read(disk: &MemDisk) -> Option<Vec<Vec<u8>>> {
    let snapshots = Snapshots::open(Arc::new(disk.clone())).unwrap();
    let reader = snapshots.newest().unwrap()?;
    let mut all = Vec::new();
    reader.for_each(|record| all.push(record.to_vec())).ok()?;
    Some(all)
}

/// A peer sends this file.
fn receive(file: &[u8]) {
    let disk = MemDisk::new();
    let snapshots = Snapshots::open(Arc::new(disk.clone())).unwrap();
    let mut writer = snapshots.receive("9-2-1-00000000", file.len() as u64).unwrap();
    for (number, part) in (0_u64..).zip(file.chunks(100)) {
        writer.write_raw(number * 100, part).unwrap();
    }
    assert!(writer.write_raw(file.len() as u64, b"more").is_err(), "more than was announced");
    match writer.finish() {
        Ok(reader) => {
            let SnapshotHeader { received, .. } = reader.header();
            assert!(received, "what a peer sent is marked");
        }
        // Nothing of it stays.
        Err(_) => assert!(disk.list("snapshots").unwrap().is_empty()),
    }
}

pub(crate) fn snapshot_seeds() -> Vec<Vec<u8>> {
    let with = |sealed: u8, records: &[&[u8]], changes: &[u8]| {
        let mut seed = vec![sealed, records.len() as u8];
        for record in records {
            put_counted(&mut seed, record);
        }
        seed.extend_from_slice(changes);
        seed
    };
    let records: [&[u8]; 3] = [b"one", &[7; 300], b"three"];
    vec![
        with(0, &[], &[]),
        with(0, &records, &[]),
        with(0, &records, &[90, 0, 1]),
        with(15, &records, &[70, 0, 9]),
        with(12, &records, &[80, 0, 40]),
        with(0, &records, &[50, 0, 0]),
        with(0, &records, &[8, 0, 1]),
    ]
}

pub(crate) fn copy(bytes: &[u8]) {
    within((1 << 20) + 16 * bytes.len(), || storage::fuzz::copy(bytes));
    identity(bytes);
}

/// The same bytes as the identity of a disk.
fn identity(bytes: &[u8]) {
    let disk = MemDisk::new();
    disk.set_contents("node.id", bytes);
    if let Ok(Some(identity)) = storage::Identity::load(&disk) {
        identity.store(&disk).unwrap();
        assert_eq!(storage::Identity::load(&disk).unwrap(), Some(identity));
    }
}

pub(crate) fn copy_seeds() -> Vec<Vec<u8>> {
    let disk = MemDisk::new();
    storage::Identity { cluster_id: 1, node_id: 2, disk_id: 3 }.store(&disk).unwrap();
    let mark = [&[1, 0, 0, 0][..], &[7; 24], &[8; 16], &[9; 16], &[2, 0, 0, 0, 5, 5]].concat();
    vec![disk.contents("node.id").unwrap(), [&[1, 0, 3][..], b"key", &[0, 0]].concat(), mark]
}

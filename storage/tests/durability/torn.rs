//! Torn writes and flipped bits at every offset: what was acknowledged before the newest batch is found, or damage is
//! reported; never other bytes.

use storage::{Disk, Error, MemDisk};

use crate::rig::{Image, Tracked, entries, id, ok, open, try_open};

/// A log whose newest segment is a recycled file, before and after its newest batch.
struct Scene {
    disk: MemDisk,
    path: String,
    before: Vec<u8>,
    after: Vec<u8>,
    /// Where the newest batch begins and ends in the newest segment.
    batch: std::ops::Range<usize>,
    acknowledged: Image,
    tracked: Tracked,
}

fn newest(disk: &MemDisk) -> String {
    let names = disk.list("log").unwrap();
    let name = names.iter().rfind(|name| name.strip_suffix(".log").is_some()).unwrap();
    format!("log/{name}")
}

/// Where a batch begins, by what it changed, and where its end mark does: no record has as many zeros.
fn batch_in(before: &[u8], after: &[u8]) -> std::ops::Range<usize> {
    let first = (0..after.len()).find(|at| before[*at] != after[*at]).unwrap() / 8 * 8;
    let end = (first..).step_by(8).find(|at| after[*at..*at + 24] == [0; 24]).unwrap();
    first..end
}

fn scene(recycled: bool) -> Scene {
    let disk = MemDisk::new();
    let mut tracked = Tracked::new(open(&disk));
    if recycled {
        for _ in 0..60 {
            tracked.append(1, 1);
            tracked.writer.step();
        }
        tracked.purge(id(1, 50));
        tracked.writer.step();
        let old = newest(&disk);
        while newest(&disk) == old {
            tracked.append(1, 1);
            tracked.writer.step();
        }
    }
    for term in 2..5 {
        tracked.append(term, 2);
        tracked.vote(term);
        tracked.writer.step();
    }
    let acknowledged = tracked.acknowledged();
    let path = newest(&disk);
    let before = disk.contents(&path).unwrap();
    tracked.append(5, 3);
    tracked.vote(5);
    tracked.truncate(tracked.now().next_index() - 2);
    tracked.append(6, 1);
    tracked.writer.step();
    assert_eq!(newest(&disk), path, "the scene is meant to end within one segment");
    let after = disk.contents(&path).unwrap();
    let batch = batch_in(&before, &after);
    Scene { disk, path, before, after, batch, acknowledged, tracked }
}

impl Scene {
    /// Whether these bytes show that a batch was begun: something where its first head belongs, or a whole head of any
    /// of its records. The rear part of a body alone looks like what a recycled file held before.
    fn shows(&self, bytes: &[u8]) -> bool {
        let mut at = self.batch.start;
        let mut shows = bytes[at..at + 24] != [0; 24];
        while at < self.batch.end {
            shows |= bytes[at..at + 24] == self.after[at..at + 24];
            let len = u32::from_le_bytes(self.after[at..at + 4].try_into().unwrap());
            at += 24 + (len as usize).next_multiple_of(8);
        }
        shows
    }

    /// Opens the log with these bytes in its newest segment; what is found must be acknowledged bytes and a prefix of
    /// the newest batch, and the log must go on from there.
    fn check(&self, bytes: &[u8], what: &str) -> u64 {
        let disk = self.disk.fork();
        disk.set_contents(&self.path, bytes);
        let (log, mut writer, recovered) = try_open(&disk, 4096).unwrap_or_else(|error| panic!("{what}: {error}"));
        let found = Image::of(&log);
        // Told of the newest batch or not: all before it must be there.
        assert!(self.tracked.may_follow(&self.acknowledged, &found), "{what}: {found:?}");
        if found != self.tracked.now() && self.shows(bytes) {
            assert!(recovered.torn_bytes > 0, "{what}: cut bytes went unseen");
        }
        let next = found.next_index();
        log.append(entries(9, next..next + 2), ok());
        writer.step();
        drop((log, writer));
        let (log, _writer, again) = try_open(&disk, 4096).unwrap_or_else(|error| panic!("{what}, again: {error}"));
        let mut expected = found;
        expected.entries.extend(entries(9, next..next + 2).into_iter().map(|entry| (entry.id.index, entry)));
        assert_eq!(Image::of(&log), expected, "{what}, again");
        assert_eq!(again.torn_bytes, recovered.torn_bytes, "{what}: cut bytes are remembered");
        recovered.torn_bytes
    }
}

#[test]
fn a_batch_torn_anywhere_leaves_what_was_acknowledged_before() {
    for recycled in [false, true] {
        let scene = scene(recycled);
        let Scene { before, after, batch, .. } = &scene;
        for at in batch.clone() {
            let front = [&after[..at], &before[at..]].concat();
            scene.check(&front, &format!("recycled {recycled}, front up to {at}"));
            let back = [&before[..at], &after[at..]].concat();
            scene.check(&back, &format!("recycled {recycled}, back from {at}"));
        }
        // Sectors in any order.
        for seed in 0..200_u64 {
            let mut bytes = before.clone();
            for (number, sector) in bytes.chunks_mut(64).enumerate() {
                if (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (number % 61)) & 1 == 1 {
                    sector.copy_from_slice(&after[number * 64..number * 64 + sector.len()]);
                }
            }
            scene.check(&bytes, &format!("recycled {recycled}, pieces by {seed}"));
        }
    }
}

#[test]
fn a_bit_flipped_in_the_newest_batch_is_cut_and_counted() {
    for recycled in [false, true] {
        let scene = scene(recycled);
        // Up to the end mark, which belongs to the batch.
        for at in scene.batch.start..scene.batch.end + 24 {
            for bit in 0..8 {
                let mut bytes = scene.after.clone();
                bytes[at] ^= 1 << bit;
                assert!(scene.check(&bytes, &format!("bit {bit} of {at}")) > 0, "bit {bit} of {at} went unseen");
            }
        }
    }
}

#[test]
fn a_bit_flipped_before_the_newest_batch_is_damage() {
    let scene = scene(true);
    for at in 0..scene.batch.start {
        for bit in [0, 3, 7] {
            let disk = scene.disk.fork();
            disk.flip_bit(&scene.path, at as u64, bit);
            let found = try_open(&disk, 4096).err();
            assert!(matches!(found, Some(Error::Damaged { .. })), "bit {bit} of {at}: {found:?}");
        }
    }
}

#[test]
fn a_bit_flipped_in_an_older_segment_is_damage_up_to_its_end() {
    let disk = MemDisk::new();
    let mut tracked = Tracked::new(open(&disk));
    let first = newest(&disk);
    let mut end = 0;
    while newest(&disk) == first {
        let bytes = disk.contents(&first).unwrap();
        end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        tracked.append(1, 2);
        tracked.vote(3);
        tracked.writer.step();
    }
    for at in 0..4096 {
        let disk = disk.fork();
        disk.flip_bit(&first, at as u64, (at % 8) as u8);
        match try_open(&disk, 4096) {
            Err(Error::Damaged { .. }) => assert!(at < end.next_multiple_of(8), "byte {at} is behind the end {end}"),
            Ok((log, ..)) => {
                assert!(at >= end, "byte {at} before the end {end} went unseen");
                assert_eq!(Image::of(&log), tracked.now());
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_missing_segment_is_damage() {
    let disk = MemDisk::new();
    let mut tracked = Tracked::new(open(&disk));
    for _ in 0..100 {
        tracked.append(1, 1);
        tracked.writer.step();
    }
    let names: Vec<String> = disk.list("log").unwrap().into_iter().filter(|name| name.starts_with('0')).collect();
    assert!(names.len() > 3);
    for name in &names[..names.len() - 1] {
        let disk = disk.fork();
        disk.remove(&format!("log/{name}")).unwrap();
        assert!(matches!(try_open(&disk, 4096), Err(Error::Damaged { .. })), "{name}");
    }
}

#[test]
fn cut_bytes_count_until_the_node_is_whole_again() {
    let scene = scene(false);
    let disk = scene.disk.fork();
    disk.set_contents(
        &scene.path,
        &[&scene.after[..scene.batch.start + 30], &scene.before[scene.batch.start + 30..]].concat(),
    );
    let (log, writer, recovered) = open(&disk);
    assert!(recovered.torn_bytes > 0);
    drop((log, writer));
    let (log, mut writer, recovered) = open(&disk);
    assert!(recovered.torn_bytes > 0);
    assert_eq!(log.torn_bytes(), recovered.torn_bytes);
    log.mark_whole(ok());
    writer.step();
    drop((log, writer));
    assert_eq!(open(&disk).2.torn_bytes, 0);
}

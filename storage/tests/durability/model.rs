//! Random operations, batches and power cuts against the images they lead to. A failure names its seed.

use std::io::ErrorKind;

use storage::{Keep, MemDisk};

use crate::rig::{Image, Tracked, id, try_open};

/// One step of splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn act(tracked: &mut Tracked, random: &mut Random, term: &mut u64) {
    let now = tracked.now();
    let first = now.purged.map_or(0, |purged| purged.index);
    let last = now.next_index() - 1;
    match random.below(20) {
        0..10 => tracked.append(*term, 1 + random.below(4)),
        10..12 => tracked.vote(random.below(1000)),
        12 => tracked.log.save_committed(random.below(1000).to_le_bytes().to_vec()),
        13 if last > first => {
            *term += 1;
            tracked.truncate(last - random.below((last - first).min(6)) - 1);
        }
        14 | 15 if last > first => {
            let upto = first + 1 + random.below(last - first);
            tracked.purge(now.entries[&upto].id);
        }
        16 if random.below(4) == 0 => {
            *term += 1;
            tracked.reset(id(*term, first + 1 + random.below(last - first + 20)));
        }
        17 if random.below(8) == 0 => {
            *term += 1;
            tracked.purge(id(*term, last + 1 + random.below(10)));
        }
        _ => {
            tracked.writer.step();
        }
    }
    if random.below(3) > 0 {
        tracked.writer.step();
    }
}

#[test]
fn random_lives_with_random_power_cuts_keep_what_was_acknowledged() {
    for seed in 0..400 {
        let mut random = Random(seed);
        let disk = MemDisk::new();
        let mut term = 1;
        let mut expected: Option<Image> = None;
        for crash in 0..6 {
            let what = format!("seed {seed}, after crash {crash}");
            let opened = try_open(&disk, 2048).unwrap_or_else(|error| panic!("{what}: {error}"));
            let mut tracked = Tracked::new(opened);
            if let Some(expected) = &expected {
                assert_eq!(tracked.now(), *expected, "{what}: what was found once stays");
            }
            if random.below(2) == 0 {
                // The power goes in the middle of a write, a sync or a change of names.
                disk.fail_after(random.below(150), ErrorKind::Other, true);
            }
            for _ in 0..random.below(120) {
                act(&mut tracked, &mut random, &mut term);
            }
            match random.below(8) {
                0 => disk.power_loss(Keep::Nothing),
                1 => disk.power_loss(Keep::Everything),
                2 | 3 => disk.kill(),
                _ => disk.power_loss(Keep::Random(random.below(u64::MAX))),
            }
            let (log, ..) = try_open(&disk, 2048).unwrap_or_else(|error| panic!("{what}, then: {error}"));
            let found = Image::of(&log);
            assert!(
                tracked.allows(&found),
                "{what}: found {found:?}\nacknowledged {:?}\nlast {:?}",
                tracked.acknowledged(),
                tracked.now()
            );
            drop(log);
            // Another cut right behind: nothing that the opening showed may have been unsynced.
            disk.power_loss(Keep::Nothing);
            expected = Some(found);
            term += 1;
        }
    }
}

//! Power lost at every single step of appending, voting, truncating, purging, rolling over and resetting.

use std::io::ErrorKind;

use storage::{Keep, MemDisk};

use crate::rig::{Image, Tracked, entries, id, ok, open, try_open};

/// Every kind of operation, across several segments of 4 KiB.
fn life(tracked: &mut Tracked) {
    for round in 0..6 {
        for _ in 0..8 {
            tracked.append(1 + round, 3);
            tracked.vote(round);
            tracked.log.save_committed(vec![round as u8]);
            tracked.writer.step();
        }
        let next = tracked.now().next_index();
        tracked.append(1 + round, 2);
        tracked.truncate(next - 3);
        tracked.append(20 + round, 2);
        tracked.writer.step();
        if round % 2 == 1 {
            let upto = tracked.now().next_index() - 10;
            let upto = tracked.now().entries[&upto].id;
            tracked.purge(upto);
            tracked.writer.step();
        }
        if round == 3 {
            let next = tracked.now().next_index();
            tracked.reset(id(40, next + 50));
            tracked.append(40, 2);
            tracked.writer.step();
        }
        if round == 4 {
            let next = tracked.now().next_index();
            tracked.purge(id(50, next + 5));
            tracked.writer.step();
        }
    }
}

#[test]
fn power_lost_at_any_step_keeps_what_was_acknowledged() {
    let steps = {
        let disk = MemDisk::new();
        life(&mut Tracked::new(open(&disk)));
        disk.operations()
    };
    assert!(steps > 150, "only {steps} steps");
    let keeps = [Keep::Nothing, Keep::Everything].into_iter().chain((1..=10).map(Keep::Random));
    let keeps: Vec<Keep> = keeps.collect();
    for step in 0..steps {
        let disk = MemDisk::new();
        disk.fail_after(step, ErrorKind::Other, true);
        let Ok(opened) = try_open(&disk, 4096) else {
            // The power went while the log was being made.
            for keep in &keeps {
                let disk = disk.fork();
                disk.power_loss(*keep);
                assert_eq!(Image::of(&open(&disk).0), Image::default(), "step {step}, {keep:?}");
            }
            continue;
        };
        let mut tracked = Tracked::new(opened);
        life(&mut tracked);
        for keep in &keeps {
            let disk = disk.fork();
            disk.power_loss(*keep);
            check(&tracked, &disk, &format!("step {step}, {keep:?}"));
        }
        // The process is killed and the power goes later: what the next one saw in the cache must be durable by then.
        disk.kill();
        goes_on(&disk.fork(), 2, &format!("step {step}, killed"));
        check(&tracked, &disk, &format!("step {step}, killed"));
    }
}

/// Opens twice: the second time after a power cut that takes all that the first did not sync.
fn check(tracked: &Tracked, disk: &MemDisk, what: &str) {
    let (log, writer, _) = try_open(disk, 4096).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = Image::of(&log);
    assert!(tracked.allows(&found), "{what}: found {found:?}");
    assert!(found.entries.keys().all(|index| log.is_durable(*index)));
    drop((log, writer));
    disk.power_loss(Keep::Nothing);
    let (log, writer, _) = try_open(disk, 4096).unwrap_or_else(|error| panic!("{what}, again: {error}"));
    assert_eq!(Image::of(&log), found, "{what}: what was found once stays");
    drop((log, writer));
    goes_on(disk, 30, what);
}

/// What is acknowledged after a start survives whatever state the start found the disk in.
fn goes_on(disk: &MemDisk, count: u64, what: &str) {
    let (log, mut writer, _) = try_open(disk, 4096).unwrap_or_else(|error| panic!("{what}, to go on: {error}"));
    let next = Image::of(&log).next_index();
    log.append(entries(99, next..next + count), ok());
    writer.step();
    drop((log, writer));
    disk.power_loss(Keep::Nothing);
    let (log, ..) = try_open(disk, 4096).unwrap_or_else(|error| panic!("{what}, at last: {error}"));
    assert_eq!(log.read(next..u64::MAX, u64::MAX).unwrap(), entries(99, next..next + count), "{what}");
}

#[test]
fn power_lost_while_opening_changes_nothing() {
    let disk = MemDisk::new();
    let mut tracked = Tracked::new(open(&disk));
    life(&mut tracked);
    let reached = disk.operations();
    tracked.append(60, 5);
    disk.fail_after(1, ErrorKind::Other, true);
    tracked.writer.step();
    assert!(disk.operations() > reached);
    for seed in 0..40 {
        let torn = disk.fork();
        torn.power_loss(Keep::Random(seed));
        let steps = {
            let disk = torn.fork();
            let before = disk.operations();
            drop(open(&disk));
            disk.operations() - before
        };
        for step in 0..steps {
            let disk = torn.fork();
            disk.fail_after(step, ErrorKind::Other, true);
            drop(try_open(&disk, 4096));
            disk.power_loss(Keep::Random(seed + 1000 * step));
            check(&tracked, &disk, &format!("seed {seed}, opening step {step}"));
        }
    }
}

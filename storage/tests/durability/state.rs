//! The copy in sled: deleted, corrupted, rolled back or panicking, it is at worst made anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use storage::{Mark, Opened, StateStore};

use crate::rig::id;

type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

fn mark(index: u64) -> Mark {
    Mark { applied: id(2, index), digest: u128::from(index) << 90, extra: vec![index as u8; 40] }
}

fn contents(store: &StateStore) -> Contents {
    let mut found = BTreeMap::new();
    store
        .scan(&mut |key, value| assert!(found.insert(key.to_vec(), value.to_vec()).is_none(), "a key came twice"))
        .unwrap();
    found
}

fn change(key: &str, value: Option<usize>) -> (Vec<u8>, Option<Vec<u8>>) {
    let value = value.map(|len| (0..len).map(|at| (at * 7 + at / 300) as u8).collect());
    (key.as_bytes().to_vec(), value)
}

fn valid(folder: &Path) -> (StateStore, Mark) {
    match StateStore::open(folder).unwrap() {
        Opened::Valid(store, mark) => (store, mark),
        Opened::Empty(_) => panic!("empty"),
        Opened::Rebuilt { why, .. } => panic!("rebuilt: {why}"),
    }
}

fn empty(folder: &Path) -> StateStore {
    match StateStore::open(folder).unwrap() {
        Opened::Empty(store) => store,
        Opened::Valid(..) | Opened::Rebuilt { .. } => panic!("not empty"),
    }
}

fn rebuilt(folder: &Path) -> (StateStore, String) {
    match StateStore::open(folder).unwrap() {
        Opened::Rebuilt { store, why } => (store, why),
        Opened::Valid(..) | Opened::Empty(_) => panic!("not rebuilt"),
    }
}

/// A store of several hundred keys at mark 5.
fn make(folder: &Path) -> Contents {
    let store = empty(folder);
    for round in 1..=5 {
        let changes: Vec<_> =
            (0..100).map(|number| change(&format!("key {}", number * round), Some(number * 11 + round))).collect();
        store.write(&changes, &mark(round as u64)).unwrap();
    }
    store.checkpoint().unwrap();
    contents(&store)
}

/// The folder that sled has.
fn copy_folder(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("copy-")).max().unwrap()
}

fn duplicate(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            duplicate(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn values_of_any_size_come_back_with_their_mark() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = Contents::new();
    let rounds: [&[(&str, Option<usize>)]; 4] = [
        &[("", Some(3)), ("a", Some(0)), ("a\0\0", Some(65_536)), ("b", Some(65_537)), ("c", Some(1_000_000))],
        &[("a", Some(200_000)), ("a\0\0", None), ("b", Some(10)), ("c", Some(131_072)), ("none", None)],
        &[("c", None), ("a", Some(1))],
        &[("a", Some(70_000)), ("a", Some(5)), ("a", Some(130_000)), ("", None)],
    ];
    for (round, changes) in rounds.into_iter().enumerate() {
        let store = if round == 0 { empty(folder.path()) } else { valid(folder.path()).0 };
        let changes: Vec<_> = changes.iter().map(|(key, len)| change(key, *len)).collect();
        store.write(&changes, &mark(round as u64)).unwrap();
        for (key, value) in changes {
            match value {
                Some(value) => expected.insert(key, value),
                None => expected.remove(&key),
            };
        }
        assert_eq!(contents(&store), expected);
        store.checkpoint().unwrap();
        drop(store);
        let (store, found) = valid(folder.path());
        assert_eq!(found, mark(round as u64));
        assert_eq!(contents(&store), expected);
        assert!(store.bytes_on_disk().unwrap() > 0);
    }
    let (store, _) = valid(folder.path());
    assert!(store.write(&[(vec![0; 1025], None)], &mark(9)).is_err());
    assert_eq!(contents(&store), expected, "a refused write changes nothing");
}

#[test]
fn a_filled_store_counts_only_with_its_mark() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let (store, _) = valid(folder.path());
    assert!(store.fill(&[change("x", Some(1))]).is_err());
    store.clear().unwrap();
    assert!(contents(&store).is_empty());
    store.fill(&[change("x", Some(100_000)), change("y", Some(2))]).unwrap();
    store.checkpoint().unwrap();
    drop(store);
    let (store, why) = rebuilt(folder.path());
    assert!(why.contains("mark"), "{why}");
    store.fill(&[change("x", Some(100_000)), change("y", Some(2))]).unwrap();
    store.write(&[change("z", Some(3))], &mark(8)).unwrap();
    drop(store);
    let (store, found) = valid(folder.path());
    assert_eq!((found, contents(&store).len()), (mark(8), 3));
    store.set_aside("the digest differs").unwrap();
    assert!(contents(&store).is_empty());
    store.write(&[change("z", Some(3))], &mark(9)).unwrap();
    drop(store);
    assert_eq!(valid(folder.path()).1, mark(9));
    assert!(folder.path().join("set-aside").is_dir());
}

#[test]
fn a_deleted_copy_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let expected = make(folder.path());
    fs::remove_dir_all(copy_folder(folder.path())).unwrap();
    let store = empty(folder.path());
    store.write(&expected.into_iter().map(|(key, value)| (key, Some(value))).collect::<Vec<_>>(), &mark(6)).unwrap();
    drop(store);
    assert_eq!(valid(folder.path()).1, mark(6));
    // One of its files gone: older, empty or in doubt, but never an error or another content under the same mark.
    for entry in fs::read_dir(copy_folder(folder.path())).unwrap() {
        let name = entry.unwrap().file_name();
        let other = tempfile::tempdir().unwrap();
        let copy = other.path().join("copy-0000000001");
        duplicate(&copy_folder(folder.path()), &copy);
        let path = copy.join(&name);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        drop(StateStore::open(other.path()).unwrap());
    }
}

#[test]
fn a_copy_rolled_back_is_merely_older() {
    let folder = tempfile::tempdir().unwrap();
    let expected = make(folder.path());
    let old = tempfile::tempdir().unwrap();
    duplicate(&copy_folder(folder.path()), &old.path().join("copy-0000000001"));
    let (store, _) = valid(folder.path());
    store.write(&[change("key 1", None), change("more", Some(100_000))], &mark(6)).unwrap();
    drop(store);
    let (store, found) = valid(old.path());
    assert_eq!((found, contents(&store)), (mark(5), expected));
}

#[test]
fn a_corrupted_copy_is_never_fatal_and_never_believed() {
    let folder = tempfile::tempdir().unwrap();
    let expected = make(folder.path());
    let source = copy_folder(folder.path());
    let len = fs::metadata(source.join("db")).unwrap().len();
    let mut doubts = 0;
    for step in 0..40 {
        let other = tempfile::tempdir().unwrap();
        let copy = other.path().join("copy-0000000001");
        duplicate(&source, &copy);
        let file = if step % 8 == 0 { "conf" } else { "db" };
        let mut bytes = fs::read(copy.join(file)).unwrap();
        match step % 5 {
            // Flipped bits, one to a few hundred, anywhere the log has been written.
            kind @ 0..3 => {
                let written = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
                for flip in 0..20_usize.pow(kind as u32) {
                    bytes[(step * 7919 * 13 + flip * 65_537) % written] ^= 1 << (step % 8);
                }
            }
            // A cut file.
            3 => bytes.truncate((len as usize / 41 * step).min(bytes.len() / 2)),
            // A page of zeros.
            _ => {
                let written = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
                let start = (step * 104_729) % written;
                let end = (start + 4096).min(bytes.len());
                bytes[start..end].fill(0);
            }
        }
        fs::write(copy.join(file), bytes).unwrap();
        match StateStore::open(other.path()).unwrap() {
            Opened::Valid(store, found) if found == mark(5) => assert_eq!(contents(&store), expected, "step {step}"),
            // sled cut its own log: an older state, whole.
            Opened::Valid(_, found) => assert!(found.applied.index < 5, "step {step}"),
            Opened::Empty(_) => panic!("step {step}: the damaged copy has vanished"),
            Opened::Rebuilt { store, .. } => {
                doubts += 1;
                store.write(&[change("anew", Some(5))], &mark(7)).unwrap();
                drop(store);
                assert_eq!(valid(other.path()).1, mark(7), "step {step}");
            }
        }
    }
    assert!(doubts > 10, "only {doubts} of 40 gave doubt");
}

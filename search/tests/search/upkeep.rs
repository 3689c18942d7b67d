//! Keeping up: changes, restarts, damage, restored backups.

use booking::State;
use search::Search;

use crate::world::{A, NOW_MS, World, event, find, showtime, titles, wait};

const ULM: (i32, i32) = (48_400_000, 9_980_000);

fn first(world: &World) -> (booking::ids::VenueId, booking::ids::EventId, booking::ids::ShowtimeId) {
    let venue = world.venue(A, "Hall", "Ulm", ULM);
    let event = world.event(A, event("Overture"));
    (venue, event, world.showtime(event, showtime(world.plan(A, venue, 1, 0), 1)))
}

fn follow(search: &Search, (index, changes): (u64, Vec<booking::Change>)) {
    search.changed(index, &changes);
    wait(|| search.index() >= index);
}

fn total(search: &Search, words: &str) -> usize {
    let found = find(search, &[("q", words)]);
    if found.partial { 0 } else { found.total }
}

#[test]
fn every_change_is_found_at_its_index() {
    let world = World::new();
    let (venue, id, _) = first(&world);
    let search = world.search(None);
    assert_eq!(total(&search, "overture ulm"), 1);
    follow(&search, world.change_event(id, |details| details.title = "Finale".into()));
    assert_eq!((total(&search, "finale"), total(&search, "overture")), (1, 0));
    follow(&search, world.rename_venue(venue, "Kesselhaus"));
    assert_eq!((total(&search, "finale kesselhaus"), total(&search, "hall")), (1, 0), "its venue's words are its own");
    let other = world.event(A, event("Interlude"));
    follow(&search, (world.index(), vec![booking::Change::EventChanged(other)]));
    assert_eq!(total(&search, "interlude"), 1);
    follow(&search, world.delete_event(other));
    assert_eq!(total(&search, "interlude"), 0);
    // An entry that changes nothing of ours moves the index on at once.
    search.changed(world.index() + 100, &[]);
    assert_eq!(search.index(), world.index() + 100);
    // And an answer that was kept is one of now, since it still holds.
    let query = search::Query::read([("q", "finale")]).unwrap();
    for index in [world.index() + 100, world.index() + 200] {
        search.changed(index, &[]);
        assert_eq!(search.find(&query, None, NOW_MS).unwrap().1, index);
    }
    assert_eq!(search.metrics().lag, 0);
}

#[test]
fn missed_changes_are_found_by_comparing() {
    let world = World::new();
    let (_, id, _) = first(&world);
    let search = world.search(None);
    world.change_event(id, |details| details.title = "Finale".into());
    let gone = world.event(A, event("Ghost"));
    search.missed();
    wait(|| total(&search, "ghost") == 1);
    assert_eq!((total(&search, "finale"), total(&search, "overture")), (1, 0));
    world.delete_event(gone);
    search.missed();
    wait(|| total(&search, "ghost") == 0);
}

#[test]
fn a_restart_goes_on_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new();
    let (_, id, _) = first(&world);
    drop(world.search(Some(folder.path())));
    let made = names(folder.path());
    world.change_event(id, |details| details.title = "Finale".into());
    world.event(A, event("Encore"));
    let search = world.search(Some(folder.path()));
    assert_eq!([total(&search, "finale"), total(&search, "encore"), total(&search, "overture")], [1, 1, 0]);
    assert_eq!((search.metrics().rebuilt, names(folder.path())), (0, made), "the same index");
}

/// A restored backup: the index is of a state that is no more, ahead of the one there is.
#[test]
fn an_index_ahead_of_the_state_is_brought_back_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let later = World::new();
    let (_, id, _) = first(&later);
    later.change_event(id, |details| details.title = "Finale".into());
    later.event(A, event("Encore"));
    drop(later.search(Some(folder.path())));
    let earlier = World::new();
    first(&earlier);
    let search = earlier.search(Some(folder.path()));
    assert_eq!([total(&search, "finale"), total(&search, "encore"), total(&search, "overture")], [0, 0, 1]);
    assert!(search.index() < later.index());
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_damaged_index_is_moved_aside_and_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new();
    first(&world);
    for round in 0..3 {
        drop(world.search(Some(folder.path())));
        let index = folder.path().join(names(folder.path()).into_iter().find(|n| n.starts_with("1-")).unwrap());
        let files: Vec<_> = std::fs::read_dir(&index).unwrap().map(|f| f.unwrap().path()).collect();
        let largest = files.iter().max_by_key(|file| file.metadata().unwrap().len()).unwrap();
        match round {
            // A flipped bit, a torn file, a torn list of files.
            0 => {
                let mut bytes = std::fs::read(largest).unwrap();
                bytes[0] ^= 0x10;
                std::fs::write(largest, bytes).unwrap();
            }
            1 => std::fs::write(largest, b"").unwrap(),
            _ => std::fs::write(index.join("meta.json"), b"{\"segments\":[").unwrap(),
        }
        let search = world.search(Some(folder.path()));
        assert_eq!((total(&search, "overture"), search.metrics().rebuilt), (1, 1), "round {round}");
        drop(search);
        assert!(names(folder.path()).contains(&"damaged".to_owned()));
    }
}

/// The folder of a running node is deleted: the old index answers until there is a new one.
#[test]
fn a_folder_taken_away_is_made_anew_while_the_old_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search");
    let world = World::new();
    let (_, id, _) = first(&world);
    let search = world.search(Some(&path));
    let before = search.metrics().rebuilt;
    std::fs::remove_dir_all(&path).unwrap();
    let (index, changes) = world.change_event(id, |details| details.title = "Finale".into());
    search.changed(index, &changes);
    wait(|| {
        let found = total(&search, "overture") + total(&search, "finale");
        assert!(found >= 1, "something always answers");
        search.index() >= index
    });
    assert_eq!((total(&search, "finale"), search.metrics().rebuilt), (1, before + 1));
    wait(|| path.is_dir());
    let again = World::new();
    drop(search);
    assert_eq!(total(&again.search(Some(&path)), "finale"), 0, "and compares again");
}

/// Another format, as an older program left it: it answers while it is replaced.
#[test]
fn another_format_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new();
    first(&world);
    drop(world.search(Some(folder.path())));
    let name = names(folder.path()).into_iter().find(|n| n.starts_with("1-")).unwrap();
    std::fs::rename(folder.path().join(&name), folder.path().join("0-1")).unwrap();
    let search = world.search(Some(folder.path()));
    assert_eq!(total(&search, "overture"), 1);
    wait(|| search.metrics().rebuilt == 1);
    assert_eq!(total(&search, "overture"), 1);
    wait(|| names(folder.path()) == ["1-2"]);
}

#[test]
fn a_state_without_events_is_ready_and_empty() {
    let world = World::new();
    let search = world.search(None);
    assert_eq!(find(&search, &[]).total, 0);
    assert_eq!(titles(&find(&search, &[("q", "x")])), [""; 0]);
    assert_eq!(State::default().now_ms(), 0);
    assert_eq!(search.suggest(&search::Typed::read([("q", "x")]).unwrap(), NOW_MS).unwrap().len(), 0);
}

//! Someone who watches a node's feed: the map that the feed makes must equal the state at each index, without a gap.

use std::collections::BTreeMap;
use std::sync::Arc;

use booking::Change;
use booking::State;
use booking::ids::ShowtimeId;
use booking::inventory::{Cell, PlaceState};

use crate::machines::{Machines, Running};

type Map = BTreeMap<ShowtimeId, Vec<PlaceState>>;

/// Whether to compare everything at this index: a full scan, so not at each.
fn scanned(index: u64) -> bool {
    index.is_multiple_of(16)
}

fn map(state: &State) -> Map {
    let showtimes = state.events().flat_map(|event| state.showtimes_of(event.id));
    let seats = |id| state.inventory(id).map(|i| i.seats().map(Cell::state).collect()).unwrap_or_default();
    showtimes.map(|showtime| (showtime.id, seats(showtime.id))).collect()
}

/// Watches one life of a node.
pub(crate) async fn follow(machines: Arc<Machines>, i: usize, running: Running) {
    let Running { node, life } = running;
    let mut feed = node.subscribe();
    let (mut seen, mut index) = {
        let state = node.state();
        (map(&state), state.index())
    };
    loop {
        let item = tokio::select! {
            biased;
            _ = life.over() => return,
            item = feed.recv() => item,
        };
        let Ok(item) = item else {
            let state = node.state();
            (seen, index) = (map(&state), state.index());
            continue;
        };
        if item.index <= index {
            continue;
        }
        if item.index != index + 1 {
            machines.trace.wrong(format!("n{i}'s feed goes from {index} to {}", item.index));
        }
        index = item.index;
        for change in &item.changes {
            match change {
                Change::SeatsChanged { showtime, seats } => {
                    let map = seen.entry(*showtime).or_default();
                    for (seat, now) in seats {
                        map[*seat as usize] = *now;
                    }
                }
                Change::ShowtimeChanged(id) => {
                    seen.entry(*id).or_insert_with(|| vec![PlaceState::Free; crate::house::SEATS as usize]);
                }
                _ => {}
            }
        }
        machines.oracle.changes(i, index, crc32fast::hash(format!("{:?}", item.changes).as_bytes()));
        let state = node.state();
        if state.index() == index {
            machines.oracle.digest(i, index, state.digest());
            if scanned(index) && map(&state) != seen {
                machines.trace.wrong(format!("n{i}'s feed and state differ at {index}"));
            }
        }
    }
}

//! Hands the feed's changes to the search index: one task a node, at the cost of a look at each change. Not the index.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use raft::Cluster;
use search::Search;

use crate::live::Hub;

/// Starts the index over the cluster's state, in a folder or in memory, and follows the feed for as long as the hub lives.
pub(crate) fn start(cluster: &Cluster, hub: &Hub, folder: Option<PathBuf>) -> io::Result<Arc<Search>> {
    // First subscribed, then read: nothing is missed.
    let mut feed = cluster.subscribe();
    let read = {
        let cluster = cluster.clone();
        Arc::new(move |look: &mut search::Look<'_>| {
            let state = cluster.state();
            look(state.index(), &state);
        })
    };
    let search = Arc::new(Search::start(folder, read)?);
    let weak = Arc::downgrade(&search);
    hub.run(async move {
        loop {
            let item = feed.recv().await;
            let Some(search) = weak.upgrade() else { return };
            match item {
                Ok(item) => search.changed(item.index, &item.changes),
                Err(raft::Lagged) => search.missed(),
            }
        }
    });
    Ok(search)
}

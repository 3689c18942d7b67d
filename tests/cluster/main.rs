//! The cluster from outside: real processes, real disks, real networks. The list of modules is the list of promises;
//! `../README.md` says which test proves which. Deliberately nothing here that only one process can show: that is
//! tested in the crates.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "parts of tests are tests")]

mod a_cut_off_leader_neither_reads_nor_holds;
mod a_damaged_log_tail;
mod a_full_disk_stops_cleanly;
mod a_hold_ends_at_its_deadline;
mod a_lost_folder_cannot_vote_under_its_old_id;
mod a_node_away_returns_by_snapshot;
mod acknowledged_is_durable;
mod bad_input;
mod faults_at_random;
mod foreign_nodes_are_refused;
mod graceful_shutdown;
mod hostile_peers;
mod leader_loss_interrupts_less_than_2s;
mod membership;
mod money_and_seats_agree;
mod no_seat_has_two_owners;
mod organizations_do_not_see_each_other;
mod same_key_happens_once;
mod sled_lost_corrupted_or_rolled_back;
mod the_live_feed_equals_the_state;
mod too_much_is_refused_early;

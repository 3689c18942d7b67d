//! CONSENSUS around the rules: every node applies the same log of requests to its copy of the state.
//!
//! [`Cluster`] is all that the rest of the program needs. Deliberately not here: what requests mean (`booking`), bytes
//! on disk (`storage`), HTTP (`api`).
//!
//! | file | what |
//! |---|---|
//! | `cluster` `options` `status` `error` `answer` | the interface |
//! | `start` `node` `duties` | how a node starts; its parts; what it does by itself |
//! | `propose` `admission` `proposer` | a request's way to the leader; how many it takes; packing them |
//! | `reads` | linearizable reads |
//! | `machine` `replica` `feed` | applying; the state and who reads it; what changed |
//! | `files` | files that the state names, on every node |
//! | `log_store` `snapshot` `write_behind` | openraft's storage over ours; the copy in sled |
//! | `peers/` `network` | what nodes say to each other, and over what |
//! | `membership` | joining, voting, leaving |
//! | `clock` `rules` | clocks and cluster time; raising the rules version |
//! | `codec` `types` | bytes; openraft's types |
//! | `runtime` `work` `random` | tasks; what blocks, on threads; random bytes |
//! | `watched` `sync` `histogram` | values that others wait for; locks; durations |
//! | `fuzz` | the decoders, for `tests/fuzz` |

mod admission;
mod answer;
mod clock;
mod cluster;
mod codec;
mod duties;
mod error;
mod feed;
mod files;
#[cfg(feature = "fuzz")]
#[doc(hidden)]
pub mod fuzz;
mod histogram;
mod log_store;
mod machine;
mod membership;
pub mod network;
mod node;
mod options;
mod peers;
mod propose;
mod proposer;
mod random;
mod reads;
mod replica;
mod rules;
mod runtime;
mod snapshot;
mod start;
mod status;
mod sync;
mod types;
mod watched;
mod work;
mod write_behind;

pub use answer::Answer;
pub use clock::{Clock, ManualClock, SystemClock};
pub use cluster::{Cluster, restore};
pub use error::Error;
pub use feed::{FeedItem, FeedReceiver, Lagged};
pub use network::{Network, TcpNetwork};
pub use options::{OnFatal, Options, Parts, SECRET_BYTES_MIN, Secret, Timings, TlsFiles};
pub use random::seed_thread;
pub use replica::StateGuard;
pub use runtime::Tasks;
pub use start::Restored;
pub use status::{Member, Metrics, Role, Status};
pub use storage::{FILE_BYTES_MAX, FileHash};
pub use work::{Job, Threads, Work};

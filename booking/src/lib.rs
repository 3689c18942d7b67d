//! THE RULES of the box office: commands in, replies and changes out. Pure, synchronous, deterministic.
//!
//! [`State::apply`] is the only way the state changes; everything else here is a value or reads one.
//! *Why apart from everything else*: every node applies the same log and must come to the same state, on any machine,
//! at any time, in simulation too. So nothing here reads a clock, draws a random number, does I/O or iterates in an
//! order that differs between nodes; the manifest (serde and thiserror only) and `clippy.toml` hold that.
//!
//! | file | what |
//! |---|---|
//! | `command` `change` `rejection` | what is asked; replies and changes; why not |
//! | `state` | the state, `apply`, reading |
//! | `catalogue/` `plan` | venues, events, showtimes; seating plans |
//! | `inventory` `layout` | who has which place; which places are near and behind one another |
//! | `images` | pictures of events |
//! | `holds` `orders/` `blocks` | what moves places between free, held, sold and blocked |
//! | `admission` | tickets at the door, and passed on |
//! | `payments/` `refunds/` `tasks` | money that comes and goes; what is to be done about it in the outside world |
//! | `prices/` `vouchers/` | what places cost: types, fees, taxes, rounding; codes that lower it |
//! | `best_available` `orphans` | which seats are best; which must not be left over |
//! | `organizations` `keys` | tenants and their API keys |
//! | `accounts/` | users, members and their roles, sessions, links and letters |
//! | `idempotency` | recorded answers |
//! | `record` `stored` | the state in pieces, and back |
//! | `chunks` `buckets` `table` `digest` | copy-on-write maps, and the hash over them |
//! | `invariants` `limits` `census` | what must always hold; every bound; what some of them are counted by |
//! | `ids` `money` `text` | small values; checks of what staff enter |

pub mod accounts;
pub mod admission;
pub mod best_available;
pub mod blocks;
pub mod buckets;
pub mod catalogue;
mod census;
pub mod change;
pub mod chunks;
pub mod command;
pub mod digest;
pub mod holds;
pub mod idempotency;
pub mod ids;
pub mod images;
pub mod invariants;
pub mod inventory;
pub mod keys;
mod layout;
pub mod limits;
pub mod money;
pub mod orders;
pub mod organizations;
mod orphans;
pub mod payments;
pub mod plan;
pub mod prices;
pub mod record;
pub mod refunds;
pub mod rejection;
pub mod state;
mod stored;
pub mod table;
pub mod tasks;
mod text;
pub mod vouchers;

pub use change::{Applied, Change, Reply};
pub use command::{Actor, Command, Idempotency, Proposal, Request};
pub use record::{Record, RecordKey};
pub use rejection::{Rejection, Thing};
pub use state::{Position, RULES_VERSION, State};
pub use stored::Loader;

//! THE SEARCH INDEX: events and their showtimes found by words, kept up from the feed. Never the source of truth: its
//! folder may be deleted at any time, and it says which log index it reflects. Deliberately not here: HTTP and who calls
//! (`api`), following the feed (`api`), anything a sale waits for.
//!
//! *Data flow.* An applied entry's changes go to `queue` as names of records. The keeper (`upkeep`, a thread of its own)
//! takes them, reads those records from the state for µs at a time, and writes two things: **facts** in memory (an entry an
//! event: its records, shared with the state, and numbers for its names) and **documents** in tantivy (words only). A commit
//! publishes both together as a generation; searches use the newest, without a lock. What is asked becomes a tantivy query
//! (`matching`); what matches meets filters, facets and order in memory (`find`). Whether places are free is read from the
//! applied state at that moment (`free`), so a sale touches no document. The same answer is kept while it holds (`cache`).
//!
//! *Who sees what.* Everybody: published events unless all their showtimes are cancelled, and of them showtimes on sale or
//! closed. Staff: all of their organization besides. Suggestions: what everybody sees.
//!
//! *Index.* Everything up to `Search::index` is in every answer given after it; later things may be. It moves with
//! each entry of the feed while nothing waits, else with the commit.
//!
//! | file | what |
//! |---|---|
//! | `search` | the handle |
//! | `queue` `upkeep` `folder` | what changed; keeping up; where indexes lie |
//! | `words` `text` `facts` | folding and stems; documents; everything else about an event |
//! | `query` `matching` `find` `highlight` `suggest` | asking |
//! | `free` `cache` | places free now; answers kept |

mod cache;
mod facts;
mod find;
mod folder;
mod free;
mod highlight;
mod matching;
pub mod query;
mod queue;
mod search;
mod suggest;
mod text;
mod upkeep;
mod words;

pub use facts::{Entry, Kind, Showing};
pub use find::{Found, Hit, Value};
pub use free::{Look, Read};
pub use highlight::Piece;
pub use query::{BadParameter, Query, Sort, Typed};
pub use search::{Metrics, NotReady, Search};
pub use suggest::Suggestion;

//! What can be wrong with stored bytes. Not how to answer a client: nothing here knows of one.

use std::io;

/// Why stored bytes could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("input or output failed: {0}")]
    Io(#[from] io::Error),
    /// Bytes that had been durable are gone or changed; the node must not vote and has to join anew.
    #[error("{file} is damaged at byte {offset}: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
        /// The file, relative to the data folder.
        file: String,
        /// Where in it, in bytes.
        offset: u64,
    },
    /// The files belong to another cluster, node or disk.
    #[error("{file} belongs to another cluster, node or disk")]
    Foreign {
        /// The file, relative to the data folder.
        file: String,
    },
    /// The files were written in a format that this version does not know.
    #[error("{file} has format {found}, this version reads up to {known}")]
    Format {
        /// The file, relative to the data folder.
        file: String,
        /// The format found.
        found: u32,
        /// The newest format known.
        known: u32,
    },
    /// The copy of the state cannot be used.
    #[error("the state's copy failed: {0}")]
    State(String),
}

impl Error {
    pub(crate) fn damaged(what: &'static str, file: &str, offset: u64) -> Self {
        Self::Damaged { what, file: file.to_owned(), offset }
    }
}

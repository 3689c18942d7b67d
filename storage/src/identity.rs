//! Who this disk belongs to: one small file, written once when the node joins. Not a place for configuration.

use std::io;

use crate::disk::{Disk, read_all};
use crate::error::Error;

const FILE: &str = "node.id";
const ASIDE: &str = "node.id.tmp";
const FORMAT: u32 = 1;

/// Cluster, node and disk that stored bytes belong to; every segment of the log repeats it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Drawn once by `cluster init`.
    pub cluster_id: u128,
    /// Drawn when the node joined; never used again.
    pub node_id: u64,
    /// Drawn when the folder was made: a node that lost its disk cannot pass for the one that joined.
    pub disk_id: u128,
}

impl Identity {
    /// Reads the identity; `None` if the node has not joined a cluster yet.
    pub fn load(disk: &dyn Disk) -> Result<Option<Self>, Error> {
        let file = match disk.open(FILE, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let bytes = read_all(file.as_ref())?;
        let damaged = || Error::damaged("the identity cannot be read", FILE, 0);
        let text = str::from_utf8(&bytes).map_err(|_| damaged())?;
        let (facts, check) = text.split_once("check ").ok_or_else(damaged)?;
        if check.trim_end() != format!("{:08x}", crc32fast::hash(facts.as_bytes())) {
            return Err(damaged());
        }
        let fact = |name: &str| facts.lines().find_map(|line| line.strip_prefix(name)).ok_or_else(damaged);
        let format = fact("format ")?.parse().map_err(|_| damaged())?;
        if format != FORMAT {
            return Err(Error::Format { file: FILE.to_owned(), found: format, known: FORMAT });
        }
        Ok(Some(Self {
            cluster_id: u128::from_str_radix(fact("cluster ")?, 16).map_err(|_| damaged())?,
            node_id: fact("node ")?.parse().map_err(|_| damaged())?,
            disk_id: u128::from_str_radix(fact("disk ")?, 16).map_err(|_| damaged())?,
        }))
    }

    /// Writes the identity durably, whole or not at all.
    pub fn store(&self, disk: &dyn Disk) -> Result<(), Error> {
        let facts = format!(
            "format {FORMAT}\ncluster {:032x}\nnode {}\ndisk {:032x}\n",
            self.cluster_id, self.node_id, self.disk_id
        );
        let text = format!("{facts}check {:08x}\n", crc32fast::hash(facts.as_bytes()));
        // Aside, synced, renamed, folder synced: a power cut leaves the old file or the new one, never half of one.
        let file = disk.open(ASIDE, true)?;
        file.set_len(0)?;
        file.write_at(0, text.as_bytes())?;
        file.sync_all()?;
        disk.rename(ASIDE, FILE)?;
        disk.sync_folder("")?;
        Ok(())
    }
}

//! What a window remembers of the records it holds, so that none is written twice.
//!
//! Memory is bounded however long the window is: the latest digests are in a table, and when that is full they go to a
//! temporary file as a sorted run, with a filter in front of all runs. The filter only saves looking: a digest is known when
//! the table or a run has it, and new when neither has.

mod filter;
mod runs;
mod table;

use filter::Filter;
use runs::Runs;
use std::io;
use std::path::PathBuf;
use table::{Table, Vacant};

/// Bytes of a digest.
const WIDTH: usize = 16;

/// How much is kept where.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Digests in memory.
    table: usize,
    /// Bytes of the filter; a power of two, at least one block.
    filter: usize,
    /// Runs of one size that become one of the next.
    runs: usize,
    /// How often a digest is moved to a larger run.
    moves: u32,
    /// Digests of a file beside the progress file, before the next one begins.
    file: usize,
}

/// 2 MB of table, 4 MB of filter, runs of 1 to 64 MB. Up to some millions of digests, next to none that is new is looked for
/// in the runs; of ten million, one in four.
const BOUNDS: Bounds = Bounds {
    table: 1 << 16,
    filter: 4 << 20,
    runs: 4,
    moves: 3,
    file: 1 << 16,
};

/// A set of digests in bounded memory.
#[derive(Debug)]
pub(crate) struct Seen {
    bounds: Bounds,
    folder: PathBuf,
    /// The digest that is all zero: the table's mark for a free slot.
    has_zero: bool,
    table: Table,
    /// Once there are any.
    spilled: Option<Box<Spilled>>,
    /// Digests that have come since the last full file, in order.
    open: Vec<[u8; WIDTH]>,
    /// How many of them the last file holds.
    written: usize,
}

#[derive(Debug)]
struct Spilled {
    filter: Filter,
    runs: Runs,
}

/// A file of digests to be written.
#[derive(Debug)]
pub(crate) struct SeenFile {
    pub bytes: Vec<u8>,
    /// It holds what the last one holds, and more.
    pub replaces_last: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self::new(BOUNDS, std::env::temp_dir())
    }
}

impl Seen {
    fn new(bounds: Bounds, folder: PathBuf) -> Self {
        Self {
            bounds,
            folder,
            has_zero: false,
            table: Table::new(bounds.table),
            spilled: None,
            open: Vec::new(),
            written: 0,
        }
    }

    /// Adds a digest; whether it was new.
    pub fn insert(&mut self, digest: [u8; WIDTH]) -> io::Result<bool> {
        let is_new = self.put(digest)?;
        if is_new {
            self.open.push(digest);
        }
        Ok(is_new)
    }

    /// Adds what a file held. Files are restored in the order they were written in, all of them before the first
    /// [`Seen::insert`].
    pub fn restore(&mut self, bytes: &[u8]) -> io::Result<()> {
        let digests = bytes.as_chunks::<WIDTH>().0;
        for digest in digests {
            // No two files hold the same digest: what has been spilled need not be searched, which would take hours for a
            // window of tens of millions.
            self.keep(u128::from_le_bytes(*digest))?;
        }
        self.open.clear();
        // The last one may still grow.
        if digests.len() < self.bounds.file {
            self.open.extend(digests);
        }
        self.written = self.open.len();
        Ok(())
    }

    /// What is to be written so that the files hold every digest; `None` when they do.
    pub fn file(&self) -> Option<SeenFile> {
        (self.written < self.open.len()).then(|| SeenFile {
            bytes: self.open.concat(),
            replaces_last: self.written > 0,
        })
    }

    /// What [`Seen::file`] gave has been written.
    pub fn has_written(&mut self) {
        if self.open.len() >= self.bounds.file {
            self.open.clear();
        }
        self.written = self.open.len();
    }

    /// How many digests lie in temporary files.
    pub fn spilled(&self) -> u64 {
        self.spilled.as_ref().map_or(0, |it| it.runs.digests())
    }

    /// Where temporary files are made.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    fn put(&mut self, digest: [u8; WIDTH]) -> io::Result<bool> {
        let digest = u128::from_le_bytes(digest);
        if digest == 0 {
            return Ok(!std::mem::replace(&mut self.has_zero, true));
        }
        let Some(vacant) = self.table.find(digest) else {
            return Ok(false);
        };
        if let Some(spilled) = &mut self.spilled
            && spilled.filter.may_have(digest)
            && spilled.runs.contain(digest)?
        {
            return Ok(false);
        }
        self.fill(vacant, digest)?;
        Ok(true)
    }

    /// Adds what has not been spilled.
    fn keep(&mut self, digest: u128) -> io::Result<()> {
        if digest == 0 {
            self.has_zero = true;
        } else if let Some(vacant) = self.table.find(digest) {
            self.fill(vacant, digest)?;
        }
        Ok(())
    }

    fn fill(&mut self, vacant: Vacant, digest: u128) -> io::Result<()> {
        self.table.fill(vacant, digest);
        if self.table.is_full() {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        let Bounds { filter, .. } = self.bounds;
        let (bounds, folder) = (&self.bounds, &self.folder);
        let spilled = self.spilled.get_or_insert_with(|| {
            Box::new(Spilled {
                filter: Filter::new(filter),
                runs: Runs::new(folder.clone(), bounds.runs, bounds.moves),
            })
        });
        let digests = self.table.sorted();
        for digest in digests {
            spilled.filter.insert(*digest);
        }
        spilled.runs.add(digests)?;
        self.table.clear();
        Ok(())
    }
}

/// Half a digest is enough to tell records of a window apart.
pub(super) fn short(digest: &[u8; 32]) -> [u8; WIDTH] {
    let [short, _] = digest.as_chunks::<WIDTH>().0 else {
        return [0; WIDTH];
    };
    *short
}

#[cfg(test)]
mod tests;

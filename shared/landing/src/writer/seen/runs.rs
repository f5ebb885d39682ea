//! Digests in temporary files, sorted.

use super::WIDTH;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Digests that are read at once to look for one: 4 KB.
const BLOCK: usize = 256;
/// What a run is read and written by when runs become one.
const BUFFER: usize = 1 << 16;

/// Runs that share no digest.
#[derive(Debug)]
pub(super) struct Runs {
    folder: PathBuf,
    /// The largest first.
    files: Vec<Run>,
    /// As many of one level become one of the next.
    most: usize,
    last_level: u32,
}

/// One file.
#[derive(Debug)]
struct Run {
    file: File,
    digests: u64,
    /// The first digest of every block.
    firsts: Vec<u128>,
    /// How often it was merged.
    level: u32,
}

impl Runs {
    /// No runs yet. Their files are made in `folder`.
    pub const fn new(folder: PathBuf, most: usize, last_level: u32) -> Self {
        Self {
            folder,
            files: Vec::new(),
            most,
            last_level,
        }
    }

    /// Digests of all runs.
    pub fn digests(&self) -> u64 {
        self.files.iter().map(|run| run.digests).sum()
    }

    /// How many there are.
    #[cfg(test)]
    pub const fn files(&self) -> usize {
        self.files.len()
    }

    /// Adds digests that no run has, in order.
    pub fn add(&mut self, digests: &[u128]) -> io::Result<()> {
        let mut writer = Writer::new(&self.folder)?;
        for digest in digests {
            writer.push(*digest)?;
        }
        self.files.push(writer.finish(0)?);
        while let Some(last) = self.files.last()
            && last.level < self.last_level
        {
            let level = last.level;
            let same = self.files.iter().rev().take_while(|run| run.level == level);
            let same = same.count();
            if same < self.most {
                break;
            }
            let from = self.files.len() - same;
            let merged = merge(&self.folder, &self.files[from..], level + 1)?;
            self.files.truncate(from);
            self.files.push(merged);
        }
        Ok(())
    }

    /// Whether a run has the digest.
    pub fn contain(&self, digest: u128) -> io::Result<bool> {
        for run in &self.files {
            if run.contains(digest)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Run {
    fn contains(&self, digest: u128) -> io::Result<bool> {
        let behind = self.firsts.partition_point(|first| *first <= digest);
        let Some(block) = behind.checked_sub(1) else {
            return Ok(false);
        };
        let from = (block * BLOCK) as u64;
        let digests = usize::try_from(self.digests - from).map_or(BLOCK, |left| left.min(BLOCK));
        let mut bytes = [0; BLOCK * WIDTH];
        let bytes = &mut bytes[..digests * WIDTH];
        self.file.read_exact_at(bytes, from * WIDTH as u64)?;
        let found = bytes
            .as_chunks::<WIDTH>()
            .0
            .binary_search_by_key(&digest, |other| u128::from_le_bytes(*other));
        Ok(found.is_ok())
    }
}

/// One run of all digests of `runs`, which share none.
fn merge(folder: &Path, runs: &[Run], level: u32) -> io::Result<Run> {
    let mut readers = Vec::with_capacity(runs.len());
    for run in runs {
        readers.push(Reader::new(run)?);
    }
    let mut writer = Writer::new(folder)?;
    let least = |readers: &[Reader<'_>]| {
        let heads = readers.iter().enumerate();
        let heads = heads.filter_map(|(no, reader)| Some((reader.head?, no)));
        heads.min()
    };
    while let Some((digest, no)) = least(&readers) {
        writer.push(digest)?;
        readers[no].advance()?;
    }
    writer.finish(level)
}

struct Reader<'a> {
    file: BufReader<&'a File>,
    left: u64,
    head: Option<u128>,
}

impl<'a> Reader<'a> {
    fn new(run: &'a Run) -> io::Result<Self> {
        let mut file = &run.file;
        file.rewind()?;
        let mut reader = Self {
            file: BufReader::with_capacity(BUFFER, file),
            left: run.digests,
            head: None,
        };
        reader.advance()?;
        Ok(reader)
    }

    fn advance(&mut self) -> io::Result<()> {
        self.head = None;
        if self.left > 0 {
            let mut bytes = [0; WIDTH];
            self.file.read_exact(&mut bytes)?;
            self.head = Some(u128::from_le_bytes(bytes));
            self.left -= 1;
        }
        Ok(())
    }
}

struct Writer {
    file: BufWriter<File>,
    digests: u64,
    firsts: Vec<u128>,
}

impl Writer {
    fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::with_capacity(BUFFER, nameless(folder)?),
            digests: 0,
            firsts: Vec::new(),
        })
    }

    fn push(&mut self, digest: u128) -> io::Result<()> {
        if self.digests.is_multiple_of(BLOCK as u64) {
            self.firsts.push(digest);
        }
        self.digests += 1;
        self.file.write_all(&digest.to_le_bytes())
    }

    fn finish(self, level: u32) -> io::Result<Run> {
        let Self {
            file,
            digests,
            mut firsts,
        } = self;
        firsts.shrink_to_fit();
        Ok(Run {
            file: file.into_inner().map_err(io::IntoInnerError::into_error)?,
            digests,
            firsts,
            level,
        })
    }
}

/// A new file that has lost its name already: it is gone when it is closed, however the process ends.
fn nameless(folder: &Path) -> io::Result<File> {
    let mut name = [0; WIDTH];
    getrandom::fill(&mut name).map_err(|error| io::Error::other(error.to_string()))?;
    let path = folder.join(format!("tributary-{}", hex::encode(name)));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

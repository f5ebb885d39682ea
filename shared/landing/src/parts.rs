//! One compressed part file being filled, in memory.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write as _};

/// Text that is compressed at once: each call of the compressor costs something of its own.
const CHUNK: usize = 1 << 15;

/// Of landing lines level 1 makes files that are a third larger, in two thirds of the time; level 3 and more gain little. Files
/// are kept for months.
const LEVEL: Compression = Compression::new(2);

/// A gzip stream that knows how many rows it holds. Nothing is allocated before the first row.
#[derive(Debug, Default)]
pub(crate) struct Part {
    encoder: Option<GzEncoder<Vec<u8>>>,
    /// Lines that wait for the compressor.
    waiting: String,
    rows: u64,
}

impl Part {
    /// Appends `text`, which is `rows` rows; `header` goes before the first one.
    pub fn push(&mut self, header: &str, text: &str, rows: u64) -> io::Result<()> {
        if rows == 0 {
            return Ok(());
        }
        self.drain()?;
        if self.rows == 0 {
            compress(&mut self.encoder, header)?;
        }
        compress(&mut self.encoder, text)?;
        self.rows += rows;
        Ok(())
    }

    /// Appends the one line that `write` appends to its argument.
    pub fn push_line(&mut self, write: impl FnOnce(&mut String)) -> io::Result<()> {
        write(&mut self.waiting);
        self.rows += 1;
        if self.waiting.len() < CHUNK {
            return Ok(());
        }
        self.drain()
    }

    /// Compresses the lines that wait.
    pub fn drain(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            compress(&mut self.encoder, &self.waiting)?;
            self.waiting.clear();
            // A record may be of megabytes; the next ones are not.
            self.waiting.shrink_to(2 * CHUNK);
        }
        Ok(())
    }

    /// Rows so far.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Compressed bytes so far (what the encoder still holds back not counted).
    pub fn bytes(&self) -> usize {
        self.encoder
            .as_ref()
            .map_or(0, |encoder| encoder.get_ref().len())
    }

    /// Ends the file: its bytes and rows, or `None` when it has no row. The part is empty afterwards.
    pub fn finish(&mut self) -> io::Result<Option<(Vec<u8>, u64)>> {
        self.drain()?;
        let rows = std::mem::take(&mut self.rows);
        match self.encoder.take() {
            Some(encoder) => Ok(Some((encoder.finish()?, rows))),
            None => Ok(None),
        }
    }
}

fn compress(encoder: &mut Option<GzEncoder<Vec<u8>>>, text: &str) -> io::Result<()> {
    encoder
        .get_or_insert_with(|| GzEncoder::new(Vec::new(), LEVEL))
        .write_all(text.as_bytes())
}

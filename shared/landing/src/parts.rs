//! One compressed part file being filled, in memory.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// A gzip stream that knows how many rows it holds. Nothing is allocated before the first row.
#[derive(Debug, Default)]
pub(crate) struct Part {
    encoder: Option<GzEncoder<Vec<u8>>>,
    rows: u64,
}

impl Part {
    /// Appends `text`, which is `rows` rows; `header` goes before the first one.
    pub fn push(&mut self, header: &str, text: &str, rows: u64) -> std::io::Result<()> {
        if rows == 0 {
            return Ok(());
        }
        if self.encoder.is_none() {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(header.as_bytes())?;
            self.encoder = Some(encoder);
        }
        if let Some(encoder) = &mut self.encoder {
            encoder.write_all(text.as_bytes())?;
        }
        self.rows += rows;
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
    pub fn finish(&mut self) -> std::io::Result<Option<(Vec<u8>, u64)>> {
        let rows = std::mem::take(&mut self.rows);
        match self.encoder.take() {
            Some(encoder) => Ok(Some((encoder.finish()?, rows))),
            None => Ok(None),
        }
    }
}

//! Whether what a window wrote is what its receipt says: a figure of a wrong run is none.

use crate::Bucket;
use anyhow::{Context as _, Result, ensure};
use flate2::read::GzDecoder;
use model::payload::{LandedFile, WindowReceipt, WindowTask};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

/// What a window has landed.
#[derive(Debug)]
pub struct Landed {
    /// Its receipt.
    pub receipt: WindowReceipt,
    /// Rows by table; `""`: landed but not loaded.
    pub rows: BTreeMap<String, u64>,
}

impl Landed {
    /// Rows of a table.
    pub fn rows_in(&self, table: &str) -> u64 {
        self.rows.get(table).copied().unwrap_or(0)
    }
}

/// Reads the receipt of `task` and every file it names, and compares the two.
pub fn check(bucket: &Bucket, task: &WindowTask) -> Result<Landed> {
    let receipt = bucket.get(&landing::keys::receipt(task))?;
    let receipt: WindowReceipt = serde_json::from_slice(&receipt)?;
    let counts = receipt.counts;
    ensure!(counts.close(), "the counts do not close: {counts:?}");
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    for file in &receipt.files {
        check_file(bucket, file).with_context(|| file.key.clone())?;
        let table = file.table.clone().unwrap_or_default();
        *rows.entry(table).or_default() += file.rows;
    }
    Ok(Landed { receipt, rows })
}

/// The object is as long as the receipt says and holds as many rows.
fn check_file(bucket: &Bucket, file: &LandedFile) -> Result<()> {
    let bytes = bucket.get(&file.key)?;
    ensure!(bytes.len() as u64 == file.bytes, "{} bytes", bytes.len());
    let mut rows = 0;
    if file.key.ends_with(".csv.gz") {
        let mut reader = csv::Reader::from_reader(GzDecoder::new(&*bytes));
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            rows += 1;
        }
    } else {
        let mut text = BufReader::with_capacity(1 << 16, GzDecoder::new(&*bytes));
        let mut line = Vec::new();
        while text.read_until(b'\n', &mut line)? > 0 {
            ensure!(line.ends_with(b"}\n"), "a line is cut");
            rows += 1;
            line.clear();
        }
    }
    ensure!(rows == file.rows, "{rows} rows, not {}", file.rows);
    Ok(())
}

/// Hands the values that each staged row of `table` has in `columns` to `each`.
pub fn rows_of(
    bucket: &Bucket,
    receipt: &WindowReceipt,
    table: &str,
    columns: &[&str],
    mut each: impl FnMut(&[&str]) -> Result<()>,
) -> Result<()> {
    let files = receipt.files.iter();
    for file in files.filter(|file| file.table.as_deref() == Some(table)) {
        let bytes = bucket.get(&file.key)?;
        let mut reader = csv::Reader::from_reader(GzDecoder::new(&*bytes));
        let header = reader.headers()?.clone();
        let places = columns
            .iter()
            .map(|column| {
                header
                    .iter()
                    .position(|name| name == *column)
                    .with_context(|| format!("{table} has no column {column}"))
            })
            .collect::<Result<Vec<_>>>()?;
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            let values: Vec<_> = places.iter().map(|place| &record[*place]).collect();
            each(&values)?;
        }
    }
    Ok(())
}

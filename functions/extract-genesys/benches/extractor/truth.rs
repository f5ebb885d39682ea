//! Whether a window is right: a figure of a wrong run is none.

use crate::services::Bucket;
use anyhow::{Context as _, Result, ensure};
use fakes::world::Expected;
use flate2::read::GzDecoder;
use model::payload::{Extraction, LandedFile, WindowReceipt, WindowTask};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

/// Compares the receipt with what is true of the source, and every file with the receipt.
pub fn check(bucket: &Bucket, task: &WindowTask, expected: Expected) -> Result<WindowReceipt> {
    let receipt = bucket.get(&landing::keys::receipt(task))?;
    let receipt: WindowReceipt = serde_json::from_slice(&receipt)?;
    let counts = receipt.counts;
    ensure!(receipt.extraction == Extraction::Job, "read without a job");
    ensure!(counts.close(), "the counts do not close: {counts:?}");
    let (landed, quarantined) = (expected.conversations as u64, expected.unstorable as u64);
    ensure!(
        (counts.landed, counts.quarantined) == (landed, quarantined),
        "{counts:?}, expected {expected:?}"
    );
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for file in &receipt.files {
        check_file(bucket, file).with_context(|| file.key.clone())?;
        *rows
            .entry(file.table.as_deref().unwrap_or_default())
            .or_default() += file.rows;
    }
    for (table, wanted) in [
        ("raw.genesys_conversation", counts.staged),
        ("staging.genesys_conversation", counts.staged),
        ("staging.quarantine", counts.quarantined),
        ("", counts.quarantined),
    ] {
        let found = rows.get(table).copied().unwrap_or(0);
        ensure!(found == wanted, "{table:?} has {found} rows, not {wanted}");
    }
    Ok(receipt)
}

/// The object is as long as the receipt says and holds as many rows.
fn check_file(bucket: &Bucket, file: &LandedFile) -> Result<()> {
    let bytes = bucket.get(&file.key)?;
    ensure!(bytes.len() as u64 == file.bytes, "{} bytes", bytes.len());
    let text = BufReader::new(GzDecoder::new(&*bytes));
    let mut rows = 0;
    if file.key.ends_with(".csv.gz") {
        let mut reader = csv::Reader::from_reader(text);
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            rows += 1;
        }
    } else {
        for line in text.split(b'\n') {
            ensure!(line?.ends_with(b"}"), "a line is cut");
            rows += 1;
        }
    }
    ensure!(rows == file.rows, "{rows} rows, not {}", file.rows);
    Ok(())
}

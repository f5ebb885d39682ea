//! Whether a window is right: a figure of a wrong run is none.

use anyhow::{Result, ensure};
use fakes::world::Expected;
use measure::Bucket;
use model::payload::{Extraction, WindowReceipt, WindowTask};

/// Compares the receipt with what is true of the source, and every file with the receipt.
pub fn check(
    bucket: &Bucket,
    task: &WindowTask,
    road: Extraction,
    expected: Expected,
) -> Result<WindowReceipt> {
    let landed = measure::check(bucket, task)?;
    let counts = landed.receipt.counts;
    let taken = landed.receipt.extraction;
    ensure!(taken == road, "read by {}", taken.as_str());
    let unstorable = if road == Extraction::Job {
        expected.unstorable
    } else {
        expected.unstorable_by_query
    };
    let wanted = (expected.conversations as u64, unstorable as u64);
    ensure!(
        (counts.landed, counts.quarantined) == wanted,
        "{counts:?}, expected {expected:?}"
    );
    let beside = landed.receipt.beside.iter();
    let contacts: u64 = beside
        .clone()
        .map(|beside| beside.counts.quarantined)
        .sum::<u64>();
    for (table, wanted) in [
        ("raw.genesys_conversation", counts.staged),
        ("staging.genesys_conversation", counts.staged),
        ("staging.quarantine", counts.quarantined + contacts),
        (
            "staging.genesys_external_contact",
            beside.map(|beside| beside.counts.staged).sum(),
        ),
    ] {
        let found = landed.rows_in(table);
        ensure!(found == wanted, "{table:?} has {found} rows, not {wanted}");
    }
    Ok(landed.receipt)
}

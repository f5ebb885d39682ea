//! The transaction of a load, built from receipts.

use crate::receipts::Windows;
use crate::{LoadError, ledger};
use landing::{Manifest, keys, manifest};
use model::RunId;
use model::payload::LandedFile;
use model::table::Table;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use warehouse::copy;

/// The ledger's table: loaded like any other, from a file this step writes.
const LEDGER: &str = "ops.window_ledger";

/// Everything a load submits and what it must write first.
#[derive(Debug, Clone)]
pub struct Loadable {
    /// Key and content of each manifest.
    pub manifests: Vec<(String, Manifest)>,
    /// The transaction.
    pub statements: Vec<String>,
    /// Its parameters.
    pub parameters: Vec<(String, String)>,
}

/// Builds the transaction: turn, guard against a second load, one `COPY` a table, guard on the rows, `ops.load_log`.
pub fn loadable(
    run_id: &RunId,
    bucket: &str,
    role: &str,
    windows: &Windows,
) -> Result<Loadable, LoadError> {
    let failed = |rule: String| LoadError::Receipt {
        run_id: run_id.clone(),
        rule,
    };
    let mut by_table: BTreeMap<&str, Vec<&LandedFile>> = BTreeMap::new();
    for file in windows.receipts.iter().flat_map(|receipt| &receipt.files) {
        if let Some(table) = &file.table {
            by_table.entry(table).or_default().push(file);
        }
    }
    let ledger_file = LandedFile {
        table: Some(LEDGER.to_owned()),
        key: keys::load_ledger(run_id),
        rows: ledger::rows(windows),
        bytes: 0,
    };
    if !windows.is_empty() {
        by_table.insert(LEDGER, vec![&ledger_file]);
    }

    // Of two loads at once the second one conflicts at the first statement and is tried again; when it is the same batch,
    // it then fails at the guard.
    let mut statements = vec![
        "update ops.turn set step = 'load' where step = 'load'".to_owned(),
        "select 1 / (case when count(*) = 0 then 1 else 0 end) as not_loaded_yet from ops.load_log where batch_id = :batch_id"
            .to_owned(),
    ];
    let mut manifests = Vec::new();
    let mut expected = Vec::new();
    let mut digest = Sha256::new();
    for (name, files) in &by_table {
        let table = warehouse::sql::table(name).map_err(|error| failed(error.to_string()))?;
        let key = keys::load_manifest(run_id, name);
        let content = manifest(bucket, files.iter().copied());
        let part = copy::Manifest {
            bucket,
            key: &key,
            role,
        };
        statements.push(copy::statement(&table, part).map_err(|error| failed(error.to_string()))?);
        for entry in &content.entries {
            digest.update(entry.url.as_bytes());
            digest.update(b"\n");
        }
        expected.push((table, files.iter().map(|file| file.rows).sum::<u64>()));
        manifests.push((key, content));
    }
    if !expected.is_empty() {
        statements.push(row_guard(&expected, windows.left_out.len()));
    }
    statements.push(
        "insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows) \
         select cast(:batch_id as varchar(128)), cast(:manifest_sha256 as varchar(64)), cast(:files as bigint), \
         cast(:copied_rows as bigint)"
            .to_owned(),
    );
    let files: usize = by_table.values().map(Vec::len).sum();
    let rows: u64 = expected.iter().map(|(_, rows)| rows).sum();
    let parameters = vec![
        ("batch_id".to_owned(), run_id.to_string()),
        ("manifest_sha256".to_owned(), hex::encode(digest.finalize())),
        ("files".to_owned(), files.to_string()),
        ("copied_rows".to_owned(), rows.to_string()),
    ];
    Ok(Loadable {
        manifests,
        statements,
        parameters,
    })
}

/// Divides by zero, and so fails the transaction, unless every table holds as many rows of the batch as were written.
///
/// Another execution of the same run may have read meanwhile what is left out here, and written the ledger's file anew: as
/// many rows, and one of them would claim what this load does not copy. Hence the count of those left out.
fn row_guard(expected: &[(Table, u64)], left_out: usize) -> String {
    let mut guard = String::from("select 1 / (case when ");
    for (position, (table, rows)) in expected.iter().enumerate() {
        let and = if position == 0 { "" } else { " and " };
        let name = copy::sql_name(table);
        let _ = write!(
            guard,
            "{and}(select count(*) from {name} where batch_id = :batch_id) = {rows}"
        );
    }
    let _ = write!(
        guard,
        " and (select count(*) from {LEDGER} where batch_id = :batch_id and mode = '{}') = {left_out}",
        ledger::LEFT_OUT
    );
    guard.push_str(" then 1 else 0 end) as rows_are_complete");
    guard
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::Timestamp;
    use model::payload::{Counts, Extraction, Mode, WindowReceipt, WindowTask};
    use model::{Source, Window};

    pub(crate) fn receipt() -> WindowReceipt {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let run_id = RunId::try_from("nightly-20260106".to_owned()).unwrap();
        let table = |name: &str, rows| LandedFile {
            table: Some(name.to_owned()),
            key: format!("k/{name}.gz"),
            rows,
            bytes: 1,
        };
        WindowReceipt {
            task: WindowTask {
                run_id,
                mode: Mode::Nightly,
                source: Source::Genesys,
                object: "conversation".to_owned(),
                window: Window::new(at("2026-01-05T00:00:00Z"), at("2026-01-06T00:00:00Z"))
                    .unwrap(),
                window_no: 1,
                requests_per_minute: 75,
                max_in_flight: 3,
                at: at("2026-01-06T00:00:00Z"),
                landed: vec![],
                lines: std::collections::BTreeMap::new(),
                filter: None,
                is_partial: false,
                ids: Vec::new(),
                fails_alone: false,
            },
            extraction: Extraction::Job,
            counts: Counts {
                received: 2,
                landed: 2,
                staged: 2,
                ..Counts::default()
            },
            is_settled: false,
            extracted_at: at("2026-01-06T00:10:00Z"),
            files: vec![
                table("raw.genesys_conversation", 2),
                table("staging.genesys_conversation", 2),
                LandedFile {
                    table: None,
                    key: "k/only-landed.gz".to_owned(),
                    rows: 1,
                    bytes: 1,
                },
            ],
            beside: Vec::new(),
        }
    }

    /// A window that may fail alone, and did.
    pub(crate) fn left_out() -> WindowTask {
        WindowTask {
            object: "adherence".to_owned(),
            window_no: 2,
            fails_alone: true,
            ..receipt().task
        }
    }

    fn load(
        receipts: Vec<WindowReceipt>,
        left_out: Vec<WindowTask>,
    ) -> Result<Loadable, LoadError> {
        let run = receipt().task.run_id;
        let windows = Windows { receipts, left_out };
        loadable(
            &run,
            "bucket",
            "arn:aws:iam::000000000000:role/copy",
            &windows,
        )
    }

    #[test]
    fn a_load_is_guarded_before_and_after_its_copies() {
        let loadable = load(vec![receipt()], vec![]).unwrap();
        let begins: Vec<_> = loadable
            .statements
            .iter()
            .map(|text| text.split(' ').next().unwrap())
            .collect();
        assert_eq!(
            begins,
            [
                "update", "select", "copy", "copy", "copy", "select", "insert"
            ]
        );
        assert!(loadable.statements[5].contains(
            "(select count(*) from \"raw\".genesys_conversation where batch_id = :batch_id) = 2"
        ));
        assert!(
            loadable.statements[5]
                .contains("where batch_id = :batch_id and mode = 'left_out') = 0 then 1")
        );
        assert_eq!(loadable.manifests.len(), 3);
        assert!(
            loadable
                .parameters
                .contains(&("copied_rows".to_owned(), "5".to_owned()))
        );
    }

    #[test]
    fn every_table_at_once_stays_below_the_limit_of_a_batch() {
        let mut receipt = receipt();
        let tables = warehouse::sql::tables().unwrap();
        receipt.files = tables
            .iter()
            .filter(|table| !table.name.starts_with("ops."))
            .map(|table| LandedFile {
                table: Some(table.name.clone()),
                key: table.name.clone(),
                rows: 1,
                bytes: 1,
            })
            .collect();
        let loadable = load(vec![receipt], vec![left_out()]).unwrap();
        assert!(
            loadable.statements.len() <= 40,
            "{}",
            loadable.statements.len()
        );
    }

    #[test]
    fn an_unknown_table_in_a_receipt_is_named() {
        let mut receipt = receipt();
        receipt.files[0].table = Some("staging.nonsense".to_owned());
        let error = load(vec![receipt], vec![]).unwrap_err().to_string();
        assert!(error.contains("staging/nonsense.sql"), "{error}");
    }

    #[test]
    fn what_is_left_out_is_in_the_ledger_and_copies_nothing_else() {
        let loadable = load(vec![], vec![left_out()]).unwrap();
        let names: Vec<_> = loadable.manifests.iter().map(|(key, _)| key).collect();
        assert_eq!(
            names,
            ["runs/nightly-20260106/load/ops.window_ledger.manifest.json"]
        );
        let guard = &loadable.statements[3];
        for part in [
            "(select count(*) from ops.window_ledger where batch_id = :batch_id) = 1",
            "(select count(*) from ops.window_ledger where batch_id = :batch_id and mode = 'left_out') = 1",
        ] {
            assert!(guard.contains(part), "{guard}");
        }
    }
}

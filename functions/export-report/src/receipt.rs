//! What an export leaves behind besides its files: a receipt next to them, a pointer in the run's folder, rows in the warehouse.

use jiff::Timestamp;
use jiff::civil::Date;
use model::{RunId, Window};
use report::Format;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use warehouse::Batch;

/// `receipt.json`, written after every file it names: an export without one does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The report.
    pub report: String,
    /// The run after which it was made.
    pub run_id: RunId,
    /// What it covers, UTC.
    pub period: Window,
    /// The first day, in `zone`.
    pub first_day: Date,
    /// The last day, which belongs to the period.
    pub last_day: Date,
    /// Where days begin and end.
    pub zone: String,
    /// When the data was read.
    pub read_at: Timestamp,
    /// Whether every day under every row is settled.
    pub is_settled: bool,
    /// Data rows of each file.
    pub row_count: u64,
    /// The true end of the links signed together with this receipt; later ones of the same run tell their own.
    pub links_expire_at: Timestamp,
    /// The files.
    pub files: Vec<StoredFile>,
}

/// A file of a report in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// What it is.
    pub format: Format,
    /// Where it lies.
    pub key: String,
    /// Data rows, header not counted.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Of its bytes, lower-case hex.
    pub sha256: String,
}

/// `runs/<run_id>/reports/<report>.json`: which folder holds the run's export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// Ends with `/`.
    pub folder: String,
    /// Key of the receipt in it.
    pub receipt: String,
}

/// Lower-case hex of the SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Receipt {
    /// The name a downloaded file gets: report, first and last day.
    pub fn file_name(&self, format: Format) -> String {
        let Self {
            report,
            first_day,
            last_day,
            ..
        } = self;
        format!("{report}_{first_day}_{last_day}.{format}")
    }

    /// The transaction that leaves exactly this receipt's rows in `ops.report_receipt`, however often it runs.
    ///
    /// The token is new on each call (`now`, `attempt`): a repeated token would return an earlier, perhaps failed, statement.
    pub fn batch(&self, now: Timestamp, attempt: u32) -> Batch {
        let parameter = |name: &str, value: String| (name.to_owned(), value);
        let time = |instant: Timestamp| instant.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let mut parameters = vec![
            parameter("batch_id", self.run_id.to_string()),
            parameter("report_name", self.report.clone()),
            parameter("period_start", time(self.period.start())),
            parameter("period_end", time(self.period.end())),
            parameter("exported_at", time(self.read_at)),
        ];
        let mut statements = vec![
            "delete from ops.report_receipt\nwhere batch_id = :batch_id and report_name = :report_name"
                .to_owned(),
        ];
        for file in &self.files {
            let format = file.format.as_str();
            statements.push(format!(
                "insert into ops.report_receipt (\n    \
                 batch_id, report_name, period_start, period_end, format, object_key,\n    \
                 row_count, byte_count, sha256, is_settled, exported_at\n\
                 ) values (\n    \
                 :batch_id, :report_name, cast(:period_start as timestamp), cast(:period_end as timestamp),\n    \
                 '{format}', :{format}_key, cast(:{format}_rows as bigint), cast(:{format}_bytes as bigint),\n    \
                 :{format}_sha256, {settled}, cast(:exported_at as timestamp)\n\
                 )",
                // Redshift does not cast text to a truth value.
                settled = self.is_settled,
            ));
            parameters.extend([
                parameter(&format!("{format}_key"), file.key.clone()),
                parameter(&format!("{format}_rows"), file.rows.to_string()),
                parameter(&format!("{format}_bytes"), file.bytes.to_string()),
                parameter(&format!("{format}_sha256"), file.sha256.clone()),
            ]);
        }
        Batch {
            name: format!("{}/export-report/{}", self.run_id, self.report),
            token: sha256(format!("{}/{}/{now}/{attempt}", self.run_id, self.report).as_bytes()),
            statements,
            parameters,
        }
    }
}

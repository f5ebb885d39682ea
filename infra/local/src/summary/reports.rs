//! The files of the reports: their links, their bytes and what they say of their days.

use super::Summary;
use crate::data_api::ObjectSource;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use model::payload::ExportedFile;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One file of a report.
#[derive(Debug, Clone, Serialize)]
pub struct ReportFile {
    /// The report.
    pub name: String,
    /// `csv`, `json`, `html`.
    pub format: String,
    /// Where it lies in the bucket.
    pub key: String,
    /// The link.
    pub url: String,
    /// Until when it opens.
    pub expires_at: Timestamp,
    /// Data rows.
    pub rows: u64,
    /// What the receipt says of the bytes.
    pub sha256: String,
    /// Whether the link gave these bytes; `None` when it was not tried.
    pub opened: Option<bool>,
    /// When its data were read; `None` when none of the report's files tells.
    pub made_at: Option<Timestamp>,
    /// Whether that was before this execution began: the run keeps the files it has, whatever has been read since.
    pub is_earlier: bool,
    /// The days of the report; `None` when none of its files tells.
    pub days: Option<u64>,
    /// Of these, how many had not been read when it was made.
    pub unread_days: Option<u64>,
}

/// What a report's JSON file says of its days, and when.
#[derive(Debug, Deserialize)]
struct Told {
    read_at: Timestamp,
    days: u64,
    unread_days: Vec<String>,
}

/// What the state machine keeps of `export-report`'s answer.
#[derive(Debug, Deserialize)]
pub(super) struct Export {
    pub(super) name: String,
    pub(super) files: Vec<ExportedFile>,
}

impl Summary {
    /// Adds how many days each report has and how many of them nobody has read, from its JSON file: the execution's output does not
    /// tell, and a report in which days are missing must not look whole.
    pub async fn take_days(&mut self, objects: &impl ObjectSource, bucket: &str) -> Result<()> {
        let told: Vec<_> = self
            .reports
            .iter()
            .filter(|file| file.format == "json")
            .map(|file| (file.name.clone(), file.key.clone()))
            .collect();
        for (name, key) in told {
            let Some(bytes) = objects.get(bucket, &key).await? else {
                continue;
            };
            let found: Told = serde_json::from_slice(&bytes)
                .with_context(|| format!("report {name} does not tell its days"))?;
            for file in self.reports.iter_mut().filter(|file| file.name == name) {
                // A report tells whole seconds.
                let began = self.started_at.as_second();
                file.is_earlier = found.read_at.as_second() < began;
                file.made_at = Some(found.read_at);
                file.days = Some(found.days);
                file.unread_days = Some(found.unread_days.len() as u64);
            }
        }
        Ok(())
    }
}

/// Opens a link as a browser does and compares the bytes with the receipt.
pub(super) async fn open(file: &ReportFile) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    // The error must not carry the link: whoever has it can open the report.
    let answer = http
        .get(&file.url)
        .send()
        .await
        .map_err(reqwest::Error::without_url)?;
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(reqwest::Error::without_url)?;
    if !status.is_success() {
        bail!("the link answered {status}");
    }
    let found = hex::encode(Sha256::digest(&bytes));
    if found != file.sha256 {
        bail!(
            "the link gave bytes with sha256 {found}, the receipt says {}",
            file.sha256
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_api::SourceFuture;
    use crate::execution::Execution;
    use serde_json::json;

    struct One(&'static str, Vec<u8>);

    impl ObjectSource for One {
        fn get<'a>(&'a self, _: &'a str, key: &'a str) -> SourceFuture<'a, Option<Vec<u8>>> {
            Box::pin(async move { Ok((key == self.0).then(|| self.1.clone())) })
        }

        fn list<'a>(&'a self, _: &'a str, _: &'a str) -> SourceFuture<'a, Vec<String>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    #[tokio::test]
    async fn a_report_s_json_file_tells_the_days_of_all_its_files() {
        let file = |name: &str, format: &str| {
            json!({"format": format, "key": format!("reports/{name}.{format}"), "url": "u", "expires_at": "2026-01-05T00:00:00Z",
                "rows": 4, "sha256": "0"})
        };
        let exports = json!([
            {"name": "tiers", "period": {}, "is_settled": false, "files": [file("tiers", "csv"), file("tiers", "json")]},
            {"name": "hours", "period": {}, "is_settled": false, "files": [file("hours", "html")]},
        ]);
        let plan = json!({"run_id": "nightly-1", "mode": "nightly", "at": "2026-01-06T00:00:00Z", "reads_sources": true, "bucket": "b",
            "genesys_key": "g", "genesys_windows": 1, "salesforce_key": "s", "salesforce_windows": 1,
            "estimate": {"calls": 0, "minutes": 0, "bytes": 0}, "reports": []});
        let execution = Execution {
            arn: String::new(),
            status: crate::execution::Status::Succeeded,
            started_at: "2026-01-06T02:00:00.4Z".parse().unwrap(),
            output: None,
            error: None,
            cause: None,
            failed_windows: Vec::new(),
        };
        let mut summary = Summary::failed(&execution, 1.0);
        let output = json!({"plan": plan, "exports": exports, "check": {"checks": []}});
        summary.take_output(&output).unwrap();
        let mut text = json!({"report": "tiers", "read_at": "2026-01-06T02:00:00Z", "days": 7, "days_read": 5, "unread_days": ["2026-01-01", "2026-01-02"]});
        let bucket = One("reports/tiers.json", text.to_string().into_bytes());
        summary.take_days(&bucket, "b").await.unwrap();
        let days: Vec<_> = summary
            .reports
            .iter()
            .map(|file| (&*file.name, file.days, file.unread_days))
            .collect();
        let (seven, two) = (Some(7), Some(2));
        assert_eq!(
            days,
            [
                ("tiers", seven, two),
                ("tiers", seven, two),
                ("hours", None, None)
            ]
        );
        let is_earlier = |summary: &Summary| -> Vec<bool> {
            summary.reports.iter().map(|file| file.is_earlier).collect()
        };
        assert_eq!(is_earlier(&summary), [false; 3]);
        // What an earlier execution of the run has made stays its report.
        text["read_at"] = "2026-01-06T01:59:59Z".into();
        let bucket = One("reports/tiers.json", text.to_string().into_bytes());
        summary.take_days(&bucket, "b").await.unwrap();
        assert_eq!(is_earlier(&summary), [true, true, false]);
    }
}

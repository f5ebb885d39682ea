//! The windows of a run that are done, read from the bucket: a receipt lies there for each of them.

use super::left::Objects;
use crate::data_api::ObjectSource;
use anyhow::{Context, Result};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How many receipts are read at a time.
const READ_AT_ONCE: usize = 16;

/// What is needed of a receipt.
#[derive(Debug, Deserialize)]
struct Receipt {
    extracted_at: Timestamp,
    counts: Counts,
    #[serde(default)]
    beside: Vec<Beside>,
}

#[derive(Debug, Deserialize)]
struct Beside {
    counts: Counts,
}

#[derive(Debug, Deserialize)]
struct Counts {
    landed: u64,
    calls: u64,
}

/// The receipts of a run seen so far.
#[derive(Debug)]
pub(super) struct Receipts {
    prefix: String,
    seen: BTreeSet<String>,
    since: Timestamp,
    looked: Option<Instant>,
    /// The windows of each object. Some were done before the execution began: a first look may come when it has done some itself.
    pub(super) objects: Objects,
    /// Records landed, by windows done since then.
    pub(super) rows: u64,
    /// Requests to the sources, by the same.
    pub(super) calls: u64,
}

impl Receipts {
    /// Receipts of a run that plans so many windows, of which an execution is followed that began at `since`.
    pub(super) fn of(run_id: &str, planned: Objects, since: Timestamp) -> Self {
        Self {
            prefix: format!("runs/{run_id}/windows/"),
            seen: BTreeSet::new(),
            since,
            looked: None,
            objects: planned,
            rows: 0,
            calls: 0,
        }
    }

    /// Windows that are done.
    pub(super) fn done(&self) -> u64 {
        self.objects.values().map(|one| one.done).sum()
    }

    /// Of these, how many were done before the execution began.
    pub(super) fn before(&self) -> u64 {
        self.objects.values().map(|one| one.before).sum()
    }

    /// Looks for new ones, at most once in so long; listing a year of windows takes a while.
    pub(super) async fn look(
        &mut self,
        objects: &dyn ObjectSource,
        bucket: &str,
        pause: Duration,
    ) -> Result<()> {
        if self.looked.is_some_and(|at| at.elapsed() < pause) {
            return Ok(());
        }
        let keys = objects.list(bucket, &self.prefix).await?;
        let new: Vec<_> = keys
            .into_iter()
            .filter(|key| is_receipt(key) && !self.seen.contains(key))
            .collect();
        let mut read = stream::iter(&new)
            .map(|key| async move { (key, receipt(objects, bucket, key).await) })
            .buffer_unordered(READ_AT_ONCE);
        while let Some((key, receipt)) = read.next().await {
            let receipt = receipt?;
            let beside = receipt.beside.into_iter().map(|one| one.counts);
            let counts = beside.fold(receipt.counts, |sum, one| Counts {
                landed: sum.landed + one.landed,
                calls: sum.calls + one.calls,
            });
            let mut parts = key[self.prefix.len()..].split('/').map(str::to_owned);
            let object = (
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
            );
            let object = self.objects.entry(object).or_default();
            object.done += 1;
            object.calls += counts.calls;
            if receipt.extracted_at < self.since {
                object.before += 1;
                object.calls_before += counts.calls;
            } else {
                self.rows += counts.landed;
                self.calls += counts.calls;
            }
        }
        drop(read);
        self.seen.extend(new);
        self.looked = Some(Instant::now());
        Ok(())
    }
}

async fn receipt(objects: &dyn ObjectSource, bucket: &str, key: &str) -> Result<Receipt> {
    let bytes = objects.get(bucket, key).await?;
    let bytes = bytes.with_context(|| format!("{key} was listed and is gone"))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{key} is no receipt"))
}

/// Beside a receipt lie the files of an unfinished window, with longer names.
fn is_receipt(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    name.split_once('.').is_some_and(|(_, rest)| rest == "json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_api::SourceFuture;
    use crate::execution::left::Object;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Bucket(Mutex<BTreeMap<String, Vec<u8>>>);

    impl Bucket {
        fn put(&self, name: &str, extracted_at: &str, landed: u64, calls: u64) {
            let text = serde_json::json!({
                "task": {}, "extracted_at": extracted_at, "counts": {"landed": landed, "calls": calls, "received": 0},
                "beside": [{"object": "external_contact", "counts": {"landed": 1, "calls": 1}}],
            });
            let key = format!("runs/r/windows/genesys/conversation/{name}");
            self.0
                .lock()
                .unwrap()
                .insert(key, text.to_string().into_bytes());
        }
    }

    impl ObjectSource for Bucket {
        fn get<'a>(&'a self, _: &'a str, key: &'a str) -> SourceFuture<'a, Option<Vec<u8>>> {
            Box::pin(async move { Ok(self.0.lock().unwrap().get(key).cloned()) })
        }

        fn list<'a>(&'a self, _: &'a str, prefix: &'a str) -> SourceFuture<'a, Vec<String>> {
            let keys = self.0.lock().unwrap();
            let keys = keys.keys().filter(|key| key.starts_with(prefix));
            let keys = keys.cloned().collect();
            Box::pin(async move { Ok(keys) })
        }
    }

    #[tokio::test]
    async fn rows_are_those_of_windows_that_this_execution_has_done() {
        let bucket = Bucket::default();
        let (earlier, since, later) = (
            "2026-01-08T01:00:00Z",
            "2026-01-08T02:00:00Z",
            "2026-01-08T02:00:01Z",
        );
        bucket.put("20260105.json", earlier, 100, 9);
        bucket.put("20260107.json", later, 7, 1);
        bucket.put("20260106.progress.json", later, 0, 0);
        let mut receipts = Receipts::of("r", Objects::new(), since.parse().unwrap());
        receipts.look(&bucket, "b", Duration::ZERO).await.unwrap();
        let counts = |of: &Receipts| (of.done(), of.before());
        assert_eq!((counts(&receipts), receipts.rows), ((2, 1), 8));
        bucket.put("20260106.json", later, 40, 3);
        receipts
            .look(&bucket, "b", Duration::from_hours(1))
            .await
            .unwrap();
        assert_eq!(receipts.done(), 2);
        receipts.look(&bucket, "b", Duration::ZERO).await.unwrap();
        assert_eq!(counts(&receipts), (3, 1));
        let key = ("genesys".to_owned(), "conversation".to_owned());
        let read = Object {
            total: 0,
            done: 3,
            before: 1,
            calls: 16,
            calls_before: 10,
        };
        assert_eq!(receipts.objects, Objects::from([(key, read)]));
        assert_eq!((receipts.rows, receipts.calls), (49, 6));
    }
}

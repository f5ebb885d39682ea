//! The receipts of a run: one for each window that is done.

use anyhow::{Context, Result};
use local::Twin;
use serde_json::Value;
use std::collections::BTreeMap;

/// A receipt as it lies in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What was read.
    pub object: String,
    /// The whole of it.
    pub bytes: Vec<u8>,
}

/// Whether a key is a receipt's: beside it lie the files of an unfinished window, with longer names.
pub fn is_receipt(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    name.split_once('.').is_some_and(|(_, rest)| rest == "json")
}

/// The receipts of the windows of a run that are done, by key.
pub async fn receipts(twin: &Twin, run: &str) -> Result<BTreeMap<String, Receipt>> {
    let mut receipts = BTreeMap::new();
    for key in twin.keys(&format!("runs/{run}/windows/")).await? {
        if !is_receipt(&key) {
            continue;
        }
        let bytes = twin
            .object(&key)
            .await?
            .with_context(|| format!("{key} is gone"))?;
        let receipt: Value = serde_json::from_slice(&bytes)?;
        let object = receipt["task"]["object"]
            .as_str()
            .context("a receipt names its object")?
            .to_owned();
        receipts.insert(key, Receipt { object, bytes });
    }
    Ok(receipts)
}

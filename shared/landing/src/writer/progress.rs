//! What is on record of an unfinished window.

use crate::{LandingError, Store, keys};
use model::payload::{Beside, Counts, LandedFile, WindowReceipt, WindowTask};
use serde::{Deserialize, Serialize};

/// The progress file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The next group of parts.
    pub part: u32,
    /// The last record number given, within the window.
    pub position: u64,
    pub counts: Counts,
    /// Counts of the objects that come along.
    #[serde(default)]
    pub beside: Vec<Beside>,
    pub files: Vec<LandedFile>,
    /// Keys of the digests of the records in `files`.
    #[serde(default)]
    pub seen: Vec<String>,
    /// Key of the caller's marks.
    #[serde(default)]
    pub marks: Option<String>,
    /// The caller's own state.
    pub state: Option<serde_json::Value>,
    /// Everything is written; only the receipt's own object may still be missing.
    pub receipt: Option<Box<WindowReceipt>>,
}

impl Progress {
    /// As the last flush left it, with its entity tag; a new one where there was none.
    pub async fn read(
        store: &Store,
        task: &WindowTask,
    ) -> Result<(Self, Option<String>), LandingError> {
        let key = keys::progress(task);
        let Some((bytes, tag)) = store.get_tagged(&key).await? else {
            return Ok((Self::default(), None));
        };
        match serde_json::from_slice(&bytes) {
            Ok(progress) => Ok((progress, Some(tag))),
            Err(cause) => Err(LandingError::Content {
                bucket: store.bucket().to_owned(),
                key,
                expected: "the progress of a window",
                cause,
            }),
        }
    }
}

/// Writes the receipt unless one is there; the one that is there counts.
pub(super) async fn publish(
    store: &Store,
    receipt: WindowReceipt,
) -> Result<WindowReceipt, LandingError> {
    let key = keys::receipt(&receipt.task);
    let bytes = store.json(&key, &receipt)?;
    if store.put_new(&key, bytes, "application/json").await? {
        return Ok(receipt);
    }
    store
        .read_json(&key, "a window receipt")
        .await?
        .ok_or_else(|| store.missing(&key))
}

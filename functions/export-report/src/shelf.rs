//! Where the files of an export are kept, and how a run finds its own again.

use crate::receipt::{Pointer, Receipt};
use landing::{LandingError, Link, LinkRequest, Object, Store, keys};
use model::RunId;

/// The few things an export asks of a bucket.
#[allow(async_fn_in_trait)] // used in this crate only, on one thread
pub trait Shelf {
    /// An object's bytes; `None` when there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LandingError>;
    /// Writes an object, replacing what is there.
    async fn put(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), LandingError>;
    /// Writes an object unless one is there; `false` when one is.
    async fn put_new(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<bool, LandingError>;
    /// Every object whose key begins with `prefix`.
    async fn list(&self, prefix: &str) -> Result<Vec<Object>, LandingError>;
    /// Signs a link.
    async fn link(&self, request: LinkRequest<'_>) -> Result<Link, LandingError>;
}

impl Shelf for Store {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LandingError> {
        Self::get(self, key).await
    }

    async fn put(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), LandingError> {
        Self::put(self, key, bytes, content_type).await
    }

    async fn put_new(
        &self,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<bool, LandingError> {
        Self::put_new(self, key, bytes, content_type).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Object>, LandingError> {
        Self::list(self, prefix).await
    }

    async fn link(&self, request: LinkRequest<'_>) -> Result<Link, LandingError> {
        self.presign(request).await
    }
}

/// What the run's pointer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing was exported.
    Nothing,
    /// An export that is not complete any more: a lifecycle rule has removed files of it.
    Remains,
    /// A whole export.
    Whole(Box<Receipt>),
}

/// What the run has exported for a report. Whole means: the receipt is there, and every file it names, with its size.
pub async fn find(shelf: &impl Shelf, run_id: &RunId, report: &str) -> Result<Found, LandingError> {
    let pointer_key = keys::report_pointer(run_id, report);
    let Some(bytes) = shelf.get(&pointer_key).await? else {
        return Ok(Found::Nothing);
    };
    let Some(pointer) = parse::<Pointer>(&bytes) else {
        return Ok(Found::Remains);
    };
    let Some(bytes) = shelf.get(&pointer.receipt).await? else {
        return Ok(Found::Remains);
    };
    let Some(receipt) = parse::<Receipt>(&bytes) else {
        return Ok(Found::Remains);
    };
    let objects = shelf.list(&pointer.folder).await?;
    let is_whole = receipt.files.iter().all(|file| {
        objects
            .iter()
            .any(|object| object.key == file.key && object.bytes == file.bytes)
    });
    Ok(if is_whole {
        Found::Whole(Box::new(receipt))
    } else {
        Found::Remains
    })
}

/// A pointer or receipt of an older version, which does not parse, is replaced by a new export.
fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes)
        .inspect_err(
            |error| tracing::warn!(%error, "An earlier export cannot be read; exporting anew"),
        )
        .ok()
}

/// Writes the files, then the receipt, then the run's pointer. A failure before the last leaves a folder nobody knows of.
///
/// The receipt that counts: this one, or that of another call for the same run that was faster.
pub async fn publish(
    shelf: &impl Shelf,
    folder: &str,
    files: Vec<Vec<u8>>,
    receipt: Receipt,
    replaces: bool,
) -> Result<Receipt, LandingError> {
    const JSON: &str = "application/json";
    for (file, bytes) in receipt.files.iter().zip(files) {
        shelf
            .put(&file.key, bytes, file.format.content_type())
            .await?;
    }
    let receipt_key = format!("{folder}receipt.json");
    shelf
        .put(&receipt_key, json(&receipt_key, &receipt)?, JSON)
        .await?;
    let pointer_key = keys::report_pointer(&receipt.run_id, &receipt.report);
    let pointer = Pointer {
        folder: folder.to_owned(),
        receipt: receipt_key,
    };
    let bytes = json(&pointer_key, &pointer)?;
    if replaces {
        shelf.put(&pointer_key, bytes, JSON).await?;
    } else if !shelf.put_new(&pointer_key, bytes.clone(), JSON).await? {
        // The same export ran twice at once. The first pointer stands, as long as what it names is whole.
        match find(shelf, &receipt.run_id, &receipt.report).await? {
            Found::Whole(first) => return Ok(*first),
            _ => shelf.put(&pointer_key, bytes, JSON).await?,
        }
    }
    Ok(receipt)
}

fn json<T: serde::Serialize>(key: &str, value: &T) -> Result<Vec<u8>, LandingError> {
    serde_json::to_vec_pretty(value).map_err(|cause| LandingError::Content {
        bucket: String::new(),
        key: key.to_owned(),
        expected: "a value JSON can hold",
        cause,
    })
}

//! The landing zone: object keys, the store, the writer of one window, manifests and links.
//!
//! A window is written in groups of part files. A group becomes part of the window when the progress file that names it
//! has been replaced (compare-and-set); a window is done when its receipt exists. Whatever a crash, a second worker or a
//! retry leaves besides is never read: `load` follows receipts, not prefixes.

pub mod envelope;
pub mod keys;
mod manifest;
mod parts;
mod storable;
mod store;
mod writer;

pub use manifest::{Manifest, manifest};
pub use store::{Link, LinkRequest, Object, Store};
pub use writer::{Companion, Opened, WindowWriter, Written};

use model::rows::Refusal;
use model::{Classify, Kind};

/// What can go wrong between this process and the bucket.
#[derive(Debug, thiserror::Error)]
pub enum LandingError {
    /// S3 refused or could not be reached.
    #[error("{action} s3://{bucket}/{key}: {cause}")]
    Store {
        /// `reading`, `writing`, `listing`, `signing`.
        action: &'static str,
        /// The bucket.
        bucket: String,
        /// The key or prefix.
        key: String,
        /// S3's code, or what the connection said.
        cause: String,
        /// Whether a repetition may help.
        is_transient: bool,
    },
    /// An object is not what its key says.
    #[error("s3://{bucket}/{key} cannot be read as {expected}")]
    Content {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// `a window receipt`, …
        expected: &'static str,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// Another worker writes the same window of the same run.
    #[error(
        "window {window} of {object} is being written by another worker of run {run_id}; let that one finish"
    )]
    Contended {
        /// The window.
        window: model::Window,
        /// The object.
        object: String,
        /// The run.
        run_id: model::RunId,
    },
    /// Compression failed (memory).
    #[error("compressing a part file")]
    Compress(#[from] std::io::Error),
    /// What a large window remembers of its records does not fit into a temporary file.
    #[error(
        "keeping the digests of {digests} records in a temporary file in {}: {cause}{}",
        .folder.display(),
        if is_full(.cause) { "; give the function more ephemeral storage: 16 bytes a record, and 64 MB" } else { "" }
    )]
    Spill {
        /// Where temporary files are made.
        folder: std::path::PathBuf,
        /// Digests there before.
        digests: u64,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A quarantine row itself cannot be stored: a defect of this system.
    #[error("a quarantine row cannot be stored: {0}")]
    Quarantine(Refusal),
}

impl LandingError {
    pub(crate) fn spill(seen: &writer::Seen, cause: std::io::Error) -> Self {
        Self::Spill {
            folder: seen.folder().to_owned(),
            digests: seen.spilled(),
            cause,
        }
    }
}

/// Whether there is no room for more: another try would end the same way.
fn is_full(cause: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    [StorageFull, QuotaExceeded, FileTooLarge].contains(&cause.kind())
}

impl Classify for LandingError {
    fn kind(&self) -> Kind {
        match self {
            Self::Spill { cause, .. } if is_full(cause) => Kind::Invalid,
            Self::Store {
                is_transient: false,
                ..
            }
            | Self::Content { .. }
            | Self::Quarantine(_) => Kind::Invalid,
            Self::Store { .. }
            | Self::Compress(_)
            | Self::Spill { .. }
            | Self::Contended { .. } => Kind::Transient,
        }
    }
}

//! The writer of one window: verbatim records, their staging rows and what was refused, in bounded memory, resumable.

mod flush;
mod lane;
mod marks;
mod progress;
mod seen;
mod take;

pub use lane::Companion;
pub(crate) use seen::Seen;

use crate::parts::Part;
use crate::{LandingError, Store, keys};
use jiff::Timestamp;
use lane::Lane;
use marks::{Marks, hash};
use model::payload::{Beside, Counts, WindowReceipt, WindowTask};
use model::rows::{Refusal, Rows, header};
use model::table::Table;
use progress::{Progress, publish};
use seen::short;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::hash::{BuildHasher, RandomState};
use std::io;
use take::Payload;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Landed and staged.
    New,
    /// The same bytes were there already: counted, not written.
    Duplicate,
    /// Refused: landed among the refused ones, with a quarantine row.
    Quarantined,
}

/// A window, opened.
#[derive(Debug)]
pub enum Opened {
    /// It has been finished before: nothing is to be done.
    Done(Box<WindowReceipt>),
    /// It is being written.
    Writing(Box<WindowWriter>),
}

/// The window's own object among the lanes.
const OWN: usize = 0;
/// The object that comes along.
const COMPANION: usize = 1;

/// Writes one window. See the crate's documentation for the protocol.
#[derive(Debug)]
pub struct WindowWriter {
    store: Store,
    task: WindowTask,
    /// Names this writer's objects apart from those of any other.
    writer: String,
    /// Entity tag of the progress file this writer continues.
    tag: Option<String>,
    progress: Progress,
    seen: Seen,
    marks: Marks,
    rows: Rows,
    headers: Vec<String>,
    tables: Vec<Part>,
    lanes: Vec<Lane>,
    /// Why a key could not be kept, until a call can tell.
    failure: Option<io::Error>,
}

impl WindowWriter {
    /// Opens the window of `task`; continues what an earlier call left.
    ///
    /// `tables[0]` is the object's main staging table; `staging.quarantine` is added here. With `raw_table` the landing
    /// lines are loaded into that table; a replay lands nothing again.
    pub async fn open(
        store: &Store,
        task: &WindowTask,
        raw_table: Option<&str>,
        tables: Vec<Table>,
        quarantine: Table,
    ) -> Result<Opened, LandingError> {
        Self::open_with(store, task, raw_table, tables, quarantine, None).await
    }

    /// The same for a window that brings records of another object along: they land under that object's name, and the
    /// receipt counts them apart. Their staging table is one of `tables`.
    pub async fn open_with(
        store: &Store,
        task: &WindowTask,
        raw_table: Option<&str>,
        mut tables: Vec<Table>,
        quarantine: Table,
        companion: Option<Companion<'_>>,
    ) -> Result<Opened, LandingError> {
        let key = keys::receipt(task);
        if let Some(receipt) = store
            .read_json::<WindowReceipt>(&key, "a window receipt")
            .await?
        {
            return Ok(Opened::Done(Box::new(receipt)));
        }
        let (mut progress, tag) = Progress::read(store, task).await?;
        if let Some(receipt) = progress.receipt {
            return Ok(Opened::Done(Box::new(publish(store, *receipt).await?)));
        }
        let mut seen = Seen::default();
        for key in &progress.seen {
            let bytes = store.get(key).await?.ok_or_else(|| store.missing(key))?;
            let restored = seen.restore(&bytes);
            restored.map_err(|cause| LandingError::spill(&seen, cause))?;
        }
        let marks = match &progress.marks {
            Some(key) => Marks::read(&store.get(key).await?.ok_or_else(|| store.missing(key))?),
            None => Marks::default(),
        };
        let mut lanes = vec![Lane::new(task, &task.object, raw_table)];
        if let Some(companion) = companion {
            lanes.push(Lane::new(task, companion.object, Some(companion.raw_table)));
            if progress.beside.is_empty() {
                progress.beside.push(Beside {
                    object: companion.object.to_owned(),
                    extraction: companion.extraction,
                    counts: Counts::default(),
                });
            }
        }
        tables.push(quarantine);
        let headers: Vec<_> = tables.iter().map(header).collect();
        let parts = tables.iter().map(|_| Part::default()).collect();
        let writer = format!("{:08x}", RandomState::new().hash_one(0_u8) >> 32);
        for lane in &mut lanes {
            lane.begin(progress.part, &writer);
        }
        Ok(Opened::Writing(Box::new(Self {
            store: store.clone(),
            task: task.clone(),
            writer,
            tag,
            progress,
            seen,
            marks,
            rows: Rows::new(&task.run_id, tables),
            headers,
            tables: parts,
            lanes,
            failure: None,
        })))
    }

    /// The caller's state as the last flush kept it. A state of another shape (an older version) counts as none.
    pub fn state<T: DeserializeOwned>(&self) -> Option<T> {
        self.progress
            .state
            .as_ref()
            .and_then(|state| T::deserialize(state).ok())
    }

    /// The counts. The caller sets `api` and adds `calls`; everything else is kept here.
    pub const fn counts(&mut self) -> &mut Counts {
        &mut self.progress.counts
    }

    /// The same of the object that comes along; `None` when there is none.
    pub fn counts_beside(&mut self) -> Option<&mut Counts> {
        self.progress.beside.first_mut().map(|it| &mut it.counts)
    }

    /// Counts a received record that is not of this window.
    pub const fn skip_out_of_window(&mut self) {
        self.progress.counts.received += 1;
        self.progress.counts.out_of_window += 1;
    }

    /// Takes one received record. `write` adds its rows (positions are those of `tables`); if it refuses, none of them
    /// stay and the record goes to quarantine whole.
    pub fn record(
        &mut self,
        natural_id: &str,
        payload: &str,
        extracted_at: Timestamp,
        write: impl FnOnce(&mut Rows) -> Result<(), Refusal>,
    ) -> Result<Written, LandingError> {
        self.take(OWN, natural_id, Payload::of(payload), extracted_at, write)
    }

    /// The same for a payload that is known to be one JSON value, because the caller has parsed or written the whole of it: it
    /// is not parsed again.
    pub fn record_json(
        &mut self,
        natural_id: &str,
        payload: &str,
        extracted_at: Timestamp,
        write: impl FnOnce(&mut Rows) -> Result<(), Refusal>,
    ) -> Result<Written, LandingError> {
        self.take(OWN, natural_id, Payload::json(payload), extracted_at, write)
    }

    /// The same for a record of the object that comes along. The same bytes under another id are another record.
    ///
    /// # Panics
    /// When the window was opened without such an object; so does [`WindowWriter::refuse_beside`].
    pub fn record_beside(
        &mut self,
        natural_id: &str,
        payload: &str,
        extracted_at: Timestamp,
        write: impl FnOnce(&mut Rows) -> Result<(), Refusal>,
    ) -> Result<Written, LandingError> {
        let payload = Payload::of(payload);
        self.take(COMPANION, natural_id, payload, extracted_at, write)
    }

    /// Takes a received record that could not even be parsed.
    pub fn refuse(
        &mut self,
        natural_id: Option<&str>,
        payload: &[u8],
        extracted_at: Timestamp,
        refusal: &Refusal,
    ) -> Result<Written, LandingError> {
        let natural_id = natural_id.unwrap_or_default();
        self.set_aside(OWN, natural_id, payload, extracted_at, refusal)
    }

    /// The same for a record of the object that comes along.
    pub fn refuse_beside(
        &mut self,
        natural_id: &str,
        payload: &[u8],
        extracted_at: Timestamp,
        refusal: &Refusal,
    ) -> Result<Written, LandingError> {
        self.set_aside(COMPANION, natural_id, payload, extracted_at, refusal)
    }

    /// Rows that belong to the window but to none of its records. They are not counted; a refusal takes them back and is
    /// handed to the caller.
    pub fn side_rows(
        &mut self,
        extracted_at: Timestamp,
        write: impl FnOnce(&mut Rows) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let record_no = self.next_record_no();
        self.rows.begin(record_no, extracted_at);
        write(&mut self.rows).inspect_err(|_| self.rows.rollback())
    }

    /// Whether `key` comes up for the first time in this window. It is kept as long as the window's records are. A key that
    /// cannot be kept counts as new, and the next record or checkpoint fails.
    pub fn is_first(&mut self, key: &str) -> bool {
        let mut digest = Sha256::new_with_prefix(b"key\0");
        digest.update(key);
        match self.seen.insert(short(&digest.finalize().into())) {
            Ok(is_new) => is_new,
            Err(cause) => {
                self.failure.get_or_insert(cause);
                true
            }
        }
    }

    /// Marks `key` in `group`; whether it was new there. For counting only: of many millions of keys two may be taken for
    /// one.
    pub fn mark(&mut self, group: u32, key: &str) -> bool {
        self.marks.insert(group, hash(key))
    }

    /// Whether `group` has `key`.
    pub fn is_marked(&self, group: u32, key: &str) -> bool {
        self.marks.contains(group, hash(key))
    }

    /// How many keys `group` has.
    pub fn marked(&self, group: u32) -> u64 {
        self.marks.count(group)
    }

    /// Forgets a group.
    pub fn forget(&mut self, group: u32) {
        self.marks.forget(group);
    }
}

//! The writer of one window: verbatim records, their staging rows and what was refused, in bounded memory, resumable.

mod flush;
mod lane;
mod marks;
mod progress;
mod seen;

pub use lane::Companion;

use crate::parts::Part;
use crate::{LandingError, Store, keys, storable};
use jiff::Timestamp;
use lane::{Lane, Record};
use marks::{Marks, hash};
use model::payload::{Beside, Counts, Mode, RECORDS_PER_WINDOW, WindowReceipt, WindowTask};
use model::rows::{Refusal, Rows, header};
use model::table::Table;
use progress::{Progress, publish};
use seen::{Seen, short};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::hash::{BuildHasher, RandomState};

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
    line: String,
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
            seen.restore(&store.get(key).await?.ok_or_else(|| store.missing(key))?);
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
        Ok(Opened::Writing(Box::new(Self {
            store: store.clone(),
            task: task.clone(),
            writer: format!("{:08x}", RandomState::new().hash_one(0_u8) >> 32),
            tag,
            progress,
            seen,
            marks,
            rows: Rows::new(&task.run_id, tables),
            headers,
            tables: parts,
            lanes,
            line: String::new(),
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
        self.take(OWN, natural_id, payload, extracted_at, write)
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

    /// Whether `key` comes up for the first time in this window. It is kept as long as the window's records are.
    pub fn is_first(&mut self, key: &str) -> bool {
        let mut digest = Sha256::new_with_prefix(b"key\0");
        digest.update(key);
        self.seen.insert(short(&digest.finalize().into()))
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

    fn take(
        &mut self,
        lane: usize,
        natural_id: &str,
        payload: &str,
        extracted_at: Timestamp,
        write: impl FnOnce(&mut Rows) -> Result<(), Refusal>,
    ) -> Result<Written, LandingError> {
        let Some(sha256) = self.receive(lane, natural_id, payload.as_bytes()) else {
            return Ok(Written::Duplicate);
        };
        let record = Record {
            number: self.next_record_no(),
            natural_id,
            extracted_at,
            sha256: &sha256,
            payload: payload.as_bytes(),
        };
        self.rows.begin(record.number, extracted_at);
        let is_loaded = self.lanes[lane].raw_table.is_some();
        let storable = is_loaded.then(|| storable::refusal(payload)).flatten();
        if let Err(refusal) = storable.map_or_else(|| write(&mut self.rows), Err) {
            self.rows.rollback();
            self.quarantine(lane, record, &refusal)?;
            return Ok(Written::Quarantined);
        }
        self.counts_of(lane).staged += 1;
        if self.task.mode != Mode::Replay {
            let part = self.progress.part;
            self.lanes[lane].land(record, part, &self.writer, &mut self.line)?;
        }
        Ok(Written::New)
    }

    fn set_aside(
        &mut self,
        lane: usize,
        natural_id: &str,
        payload: &[u8],
        extracted_at: Timestamp,
        refusal: &Refusal,
    ) -> Result<Written, LandingError> {
        let Some(sha256) = self.receive(lane, natural_id, payload) else {
            return Ok(Written::Duplicate);
        };
        let record = Record {
            number: self.next_record_no(),
            natural_id,
            extracted_at,
            sha256: &sha256,
            payload,
        };
        self.quarantine(lane, record, refusal)?;
        Ok(Written::Quarantined)
    }

    fn counts_of(&mut self, lane: usize) -> &mut Counts {
        match self.progress.beside.get_mut(lane.wrapping_sub(1)) {
            Some(beside) => &mut beside.counts,
            None => &mut self.progress.counts,
        }
    }

    /// Counts what has come: its SHA-256, or `None` when it is there already.
    fn receive(&mut self, lane: usize, natural_id: &str, payload: &[u8]) -> Option<String> {
        let digest: [u8; 32] = Sha256::digest(payload).into();
        let key = if lane == OWN {
            short(&digest)
        } else {
            let mut key = Sha256::new_with_prefix(&self.lanes[lane].task.object);
            key.update(b"\0");
            key.update(natural_id);
            key.update(digest);
            short(&key.finalize().into())
        };
        let is_new = self.seen.insert(key);
        let counts = self.counts_of(lane);
        counts.received += 1;
        if is_new {
            counts.landed += 1;
        } else {
            counts.duplicates += 1;
        }
        is_new.then(|| hex::encode(digest))
    }

    const fn next_record_no(&mut self) -> u64 {
        self.progress.position += 1;
        self.task.window_no as u64 * RECORDS_PER_WINDOW + self.progress.position
    }

    fn quarantine(
        &mut self,
        lane: usize,
        record: Record<'_>,
        refusal: &Refusal,
    ) -> Result<(), LandingError> {
        self.counts_of(lane).quarantined += 1;
        let part = self.progress.part;
        let lane = &mut self.lanes[lane];
        let place = lane.refuse(record, part, &self.writer, &mut self.line)?;
        tracing::warn!(
            object = lane.task.object,
            reason = refusal.reason,
            "Quarantined a record: {}",
            refusal.detail
        );
        let natural_id = record.natural_id;
        let natural_id = &natural_id[..natural_id.floor_char_boundary(64)];
        let detail: String = refusal
            .detail
            .chars()
            .map(|c| if c == '\0' { '\u{FFFD}' } else { c })
            .take(1000)
            .collect();
        let (window, position) = (self.task.window, self.tables.len() - 1);
        self.rows.begin(record.number, record.extracted_at);
        self.rows
            .row(position)
            .text(Some(self.task.source.as_str()))
            .text(Some(&lane.task.object))
            .timestamp(Some(window.start()))
            .timestamp(Some(window.end()))
            .text(
                Some(natural_id).filter(|id| !id.is_empty() && !id.contains('\0') && *id != "\\N"),
            )
            .text(Some(refusal.reason))
            .text(Some(&detail))
            .text(Some(&place.object_key))
            .int(i64::try_from(place.line).ok())
            .text(Some(record.sha256))
            .end()
            .map_err(LandingError::Quarantine)
    }
}

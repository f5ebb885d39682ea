//! The writer of one window: verbatim records, their staging rows and what was refused, in bounded memory, resumable.

use crate::envelope::Line;
use crate::parts::Part;
use crate::{LandingError, Store, keys, storable};
use jiff::Timestamp;
use model::payload::{
    Counts, Extraction, LandedFile, RECORDS_PER_WINDOW, WindowReceipt, WindowTask,
};
use model::rows::{Refusal, Rows, header};
use model::table::Table;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// A group of parts is written out when its largest part reaches this size, compressed. `COPY` likes files of 1 MB to
/// 1 GB; memory grows with the sum of the open parts.
const PART_BYTES: usize = 8 * 1024 * 1024;

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

/// What is on record of an unfinished window.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// The next group of parts.
    part: u32,
    /// The last record number given, within the window.
    position: u64,
    counts: Counts,
    files: Vec<LandedFile>,
    /// Key of the hashes of the records in `files`.
    seen: Option<String>,
    /// The caller's own state.
    state: Option<serde_json::Value>,
    /// Everything is written; only the receipt's own object may still be missing.
    receipt: Option<Box<WindowReceipt>>,
}

/// Writes one window. See the crate's documentation for the protocol.
#[derive(Debug)]
pub struct WindowWriter {
    store: Store,
    task: WindowTask,
    /// `raw.…` table of the landing lines; `None`: landed but not loaded.
    raw_table: Option<String>,
    /// Names this writer's objects apart from those of any other.
    writer: String,
    /// Entity tag of the progress file this writer continues.
    tag: Option<String>,
    progress: Progress,
    seen: HashSet<[u8; 16]>,
    rows: Rows,
    headers: Vec<String>,
    tables: Vec<Part>,
    landing: Part,
    refused: Part,
    line: String,
}

impl WindowWriter {
    /// Opens the window of `task`; continues what an earlier call left.
    ///
    /// `tables[0]` is the object's main staging table (its rows are what `staged` counts); `staging.quarantine` is added
    /// here. With `raw_table` the landing lines are loaded into that table; a replay lands nothing again.
    pub async fn open(
        store: &Store,
        task: &WindowTask,
        raw_table: Option<&str>,
        mut tables: Vec<Table>,
        quarantine: Table,
    ) -> Result<Opened, LandingError> {
        let key = keys::receipt(task);
        if let Some(receipt) = store
            .read_json::<WindowReceipt>(&key, "a window receipt")
            .await?
        {
            return Ok(Opened::Done(Box::new(receipt)));
        }
        let key = keys::progress(task);
        let (progress, tag) = match store.get_tagged(&key).await? {
            Some((bytes, tag)) => {
                let progress: Progress =
                    serde_json::from_slice(&bytes).map_err(|cause| LandingError::Content {
                        bucket: store.bucket().to_owned(),
                        key: key.clone(),
                        expected: "the progress of a window",
                        cause,
                    })?;
                (progress, Some(tag))
            }
            None => (Progress::default(), None),
        };
        if let Some(receipt) = progress.receipt {
            return Ok(Opened::Done(Box::new(publish(store, *receipt).await?)));
        }
        let mut seen = HashSet::new();
        if let Some(key) = &progress.seen {
            let bytes = store.get(key).await?.ok_or_else(|| store.missing(key))?;
            seen.extend(bytes.as_chunks::<16>().0.iter().copied());
        }
        tables.push(quarantine);
        let headers: Vec<_> = tables.iter().map(header).collect();
        let parts = tables.iter().map(|_| Part::default()).collect();
        Ok(Opened::Writing(Box::new(Self {
            store: store.clone(),
            task: task.clone(),
            raw_table: raw_table.map(ToOwned::to_owned),
            writer: format!("{:08x}", RandomState::new().hash_one(0_u8) >> 32),
            tag,
            progress,
            seen,
            rows: Rows::new(&task.run_id, tables),
            headers,
            tables: parts,
            landing: Part::default(),
            refused: Part::default(),
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

    /// Counts a received record that is not of this window.
    pub const fn skip_out_of_window(&mut self) {
        self.progress.counts.received += 1;
        self.progress.counts.out_of_window += 1;
    }

    /// Whether the task replays landed files.
    fn is_replay(&self) -> bool {
        !self.task.landed.is_empty()
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
        let Some(sha256) = self.receive(payload.as_bytes()) else {
            return Ok(Written::Duplicate);
        };
        let record_no = self.next_record_no();
        self.rows.begin(record_no, extracted_at);
        let storable = if self.raw_table.is_some() {
            storable::refusal(payload)
        } else {
            None
        };
        if let Err(refusal) = storable.map_or_else(|| write(&mut self.rows), Err) {
            self.rows.rollback();
            self.quarantine(
                record_no,
                natural_id,
                payload.as_bytes(),
                extracted_at,
                &sha256,
                &refusal,
            )?;
            return Ok(Written::Quarantined);
        }
        self.progress.counts.staged += 1;
        if !self.is_replay() {
            self.land(
                record_no,
                natural_id,
                payload.as_bytes(),
                extracted_at,
                &sha256,
            )?;
        }
        Ok(Written::New)
    }

    /// Takes a received record that could not even be parsed.
    pub fn refuse(
        &mut self,
        natural_id: Option<&str>,
        payload: &[u8],
        extracted_at: Timestamp,
        refusal: &Refusal,
    ) -> Result<Written, LandingError> {
        let Some(sha256) = self.receive(payload) else {
            return Ok(Written::Duplicate);
        };
        let record_no = self.next_record_no();
        self.quarantine(
            record_no,
            natural_id.unwrap_or_default(),
            payload,
            extracted_at,
            &sha256,
            refusal,
        )?;
        Ok(Written::Quarantined)
    }

    /// Rows that belong to the window but to none of its records (resolved contacts). They are not counted; a refusal
    /// takes them back and is handed to the caller.
    pub fn side_rows(
        &mut self,
        extracted_at: Timestamp,
        write: impl FnOnce(&mut Rows) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let record_no = self.next_record_no();
        self.rows.begin(record_no, extracted_at);
        write(&mut self.rows).inspect_err(|_| self.rows.rollback())
    }

    fn receive(&mut self, payload: &[u8]) -> Option<String> {
        self.progress.counts.received += 1;
        let digest: [u8; 32] = Sha256::digest(payload).into();
        let [short, _] = digest.as_chunks::<16>().0 else {
            return None;
        };
        if !self.seen.insert(*short) {
            self.progress.counts.duplicates += 1;
            return None;
        }
        self.progress.counts.landed += 1;
        Some(hex::encode(digest))
    }

    const fn next_record_no(&mut self) -> u64 {
        self.progress.position += 1;
        self.task.window_no as u64 * RECORDS_PER_WINDOW + self.progress.position
    }

    fn land(
        &mut self,
        record_no: u64,
        natural_id: &str,
        payload: &[u8],
        extracted_at: Timestamp,
        sha256: &str,
    ) -> Result<(), LandingError> {
        let object_key = keys::landing_part(&self.task, self.progress.part, &self.writer);
        let line_no = self.landing.rows() + 1;
        self.line.clear();
        Line {
            task: &self.task,
            record_no,
            natural_id,
            extracted_at,
            object_key: &object_key,
            number: line_no,
            sha256,
            payload,
        }
        .push_to(&mut self.line);
        Ok(self.landing.push("", &self.line, 1)?)
    }

    fn quarantine(
        &mut self,
        record_no: u64,
        natural_id: &str,
        payload: &[u8],
        extracted_at: Timestamp,
        sha256: &str,
        refusal: &Refusal,
    ) -> Result<(), LandingError> {
        self.progress.counts.quarantined += 1;
        let object_key = keys::quarantine_part(&self.task, self.progress.part, &self.writer);
        let line_no = self.refused.rows() + 1;
        tracing::warn!(
            object = self.task.object,
            reason = refusal.reason,
            "Quarantined a record: {}",
            refusal.detail
        );
        self.line.clear();
        Line {
            task: &self.task,
            record_no,
            natural_id,
            extracted_at,
            object_key: &object_key,
            number: line_no,
            sha256,
            payload,
        }
        .push_to(&mut self.line);
        self.refused.push("", &self.line, 1)?;
        let natural_id = &natural_id[..natural_id.floor_char_boundary(64)];
        let detail: String = refusal
            .detail
            .chars()
            .map(|c| if c == '\0' { '\u{FFFD}' } else { c })
            .take(1000)
            .collect();
        let (window, position) = (self.task.window, self.tables.len() - 1);
        self.rows.begin(record_no, extracted_at);
        self.rows
            .row(position)
            .text(Some(self.task.source.as_str()))
            .text(Some(&self.task.object))
            .timestamp(Some(window.start()))
            .timestamp(Some(window.end()))
            .text(
                Some(natural_id).filter(|id| !id.is_empty() && !id.contains('\0') && *id != "\\N"),
            )
            .text(Some(refusal.reason))
            .text(Some(&detail))
            .text(Some(&object_key))
            .int(i64::try_from(line_no).ok())
            .text(Some(sha256))
            .end()
            .map_err(LandingError::Quarantine)
    }

    /// Call once per page: compresses what has come and, when a part is full, writes the group out and keeps `state`.
    pub async fn checkpoint<T: Serialize + Sync>(&mut self, state: &T) -> Result<(), LandingError> {
        self.drain()?;
        let largest = self
            .tables
            .iter()
            .chain([&self.landing, &self.refused])
            .map(Part::bytes)
            .max()
            .unwrap_or(0);
        if largest >= PART_BYTES {
            self.flush(state).await?;
        }
        Ok(())
    }

    /// Compresses what has come, so that no more than that stays in memory. A caller that takes many records between two
    /// checkpoints calls it now and then.
    pub fn drain(&mut self) -> Result<(), LandingError> {
        let (tables, headers) = (&mut self.tables, &self.headers);
        Ok(self
            .rows
            .drain(|position, csv, rows| tables[position].push(&headers[position], csv, rows))?)
    }

    /// Writes out everything and keeps `state`: before an invocation hands back.
    pub async fn flush<T: Serialize + Sync>(&mut self, state: &T) -> Result<(), LandingError> {
        self.write_parts().await?;
        let seen = keys::seen(&self.task, self.progress.part, &self.writer);
        let hashes: Vec<u8> = self.seen.iter().flatten().copied().collect();
        self.store
            .put(&seen, hashes, "application/octet-stream")
            .await?;
        self.progress.seen = Some(seen);
        self.progress.part += 1;
        let key = keys::progress(&self.task);
        self.progress.state = serde_json::to_value(state).ok();
        let bytes = self.store.json(&key, &self.progress)?;
        match self
            .store
            .put_if(&key, bytes, "application/json", self.tag.as_deref())
            .await?
        {
            Some(tag) => self.tag = Some(tag),
            None => return Err(self.contended()),
        }
        Ok(())
    }

    fn contended(&self) -> LandingError {
        LandingError::Contended {
            window: self.task.window,
            object: self.task.object.clone(),
            run_id: self.task.run_id.clone(),
        }
    }

    async fn write_parts(&mut self) -> Result<(), LandingError> {
        self.drain()?;
        let (part, task, writer) = (self.progress.part, &self.task, &self.writer);
        let names: Vec<_> = self.rows.tables().map(|table| table.name.clone()).collect();
        let mut finished = Vec::new();
        let landing = (
            self.raw_table.clone(),
            keys::landing_part(task, part, writer),
            &mut self.landing,
        );
        let refused = (
            None,
            keys::quarantine_part(task, part, writer),
            &mut self.refused,
        );
        let tables = names.iter().zip(&mut self.tables).map(|(name, table)| {
            let short = name.rsplit('.').next().unwrap_or(name);
            (
                Some(name.clone()),
                keys::staging_part(task, short, part, writer),
                table,
            )
        });
        for (table, key, part) in [landing, refused].into_iter().chain(tables) {
            if let Some((bytes, rows)) = part.finish()? {
                finished.push((
                    LandedFile {
                        table,
                        key,
                        rows,
                        bytes: bytes.len() as u64,
                    },
                    bytes,
                ));
            }
        }
        for (file, bytes) in finished {
            self.store.put(&file.key, bytes, "application/gzip").await?;
            self.progress.files.push(file);
        }
        Ok(())
    }

    /// Completes the window: the last parts, then the receipt. When another worker was faster, its receipt counts.
    pub async fn finish(
        mut self,
        extraction: Extraction,
        is_settled: bool,
        now: Timestamp,
    ) -> Result<WindowReceipt, LandingError> {
        self.write_parts().await?;
        let receipt = WindowReceipt {
            task: self.task.clone(),
            extraction,
            counts: self.progress.counts,
            is_settled,
            extracted_at: now,
            files: self.progress.files.clone(),
        };
        // Ownership is settled before the receipt is published, and the receipt is kept with it: a crash in between must
        // not make a later call read the last pages again.
        self.progress.receipt = Some(Box::new(receipt.clone()));
        let key = keys::progress(&self.task);
        let bytes = self.store.json(&key, &self.progress)?;
        if self
            .store
            .put_if(&key, bytes, "application/json", self.tag.as_deref())
            .await?
            .is_none()
        {
            return Err(self.contended());
        }
        publish(&self.store, receipt).await
    }
}

/// Writes the receipt unless one is there; the one that is there counts.
async fn publish(store: &Store, receipt: WindowReceipt) -> Result<WindowReceipt, LandingError> {
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

//! Writing out: part files, what was seen, the progress file that makes both count, the receipt.

use super::progress::publish;
use super::{OWN, WindowWriter};
use crate::parts::Part;
use crate::{LandingError, keys};
use jiff::Timestamp;
use model::payload::{Extraction, LandedFile, WindowReceipt};
use serde::Serialize;

/// A group of parts is written out when its largest part reaches this size, compressed. `COPY` likes files of 1 MB to
/// 1 GB; memory grows with the sum of the open parts.
const PART_BYTES: usize = 4 * 1024 * 1024;

impl WindowWriter {
    /// Call once per page: compresses what has come and, when a part is full, writes the group out and keeps `state`.
    pub async fn checkpoint<T: Serialize + Sync>(&mut self, state: &T) -> Result<(), LandingError> {
        self.drain()?;
        let lanes = self.lanes.iter();
        let lanes = lanes.flat_map(|it| [&it.landing.part, &it.refused.part]);
        let largest = self.tables.iter().chain(lanes).map(Part::bytes).max();
        if largest.unwrap_or(0) >= PART_BYTES {
            self.flush(state).await?;
        }
        Ok(())
    }

    /// Compresses what has come, so that no more than that stays in memory. A caller that takes many records between two
    /// checkpoints calls it now and then.
    pub fn drain(&mut self) -> Result<(), LandingError> {
        if let Some(cause) = self.failure.take() {
            return Err(LandingError::spill(&self.seen, cause));
        }
        for lane in &mut self.lanes {
            lane.landing.part.drain()?;
            lane.refused.part.drain()?;
        }
        let (tables, headers) = (&mut self.tables, &self.headers);
        Ok(self
            .rows
            .drain(|position, csv, rows| tables[position].push(&headers[position], csv, rows))?)
    }

    /// Writes out everything and keeps `state`: before an invocation hands back.
    pub async fn flush<T: Serialize + Sync>(&mut self, state: &T) -> Result<(), LandingError> {
        self.write_parts().await?;
        self.write_seen().await?;
        self.progress.marks = if self.marks.is_empty() {
            None
        } else {
            let key = keys::marks(&self.task, self.progress.part, &self.writer);
            self.put_bytes(&key, self.marks.bytes()).await?;
            Some(key)
        };
        self.progress.part += 1;
        for lane in &mut self.lanes {
            lane.begin(self.progress.part, &self.writer);
        }
        self.progress.state = serde_json::to_value(state).ok();
        self.keep().await
    }

    /// Replaces the progress file, if no other worker has done so.
    async fn keep(&mut self) -> Result<(), LandingError> {
        let key = keys::progress(&self.task);
        let bytes = self.store.json(&key, &self.progress)?;
        let tag = self.tag.as_deref();
        let kept = self.store.put_if(&key, bytes, "application/json", tag);
        match kept.await? {
            Some(tag) => self.tag = Some(tag),
            None => {
                return Err(LandingError::Contended {
                    window: self.task.window,
                    object: self.task.object.clone(),
                    run_id: self.task.run_id.clone(),
                });
            }
        }
        Ok(())
    }

    async fn write_seen(&mut self) -> Result<(), LandingError> {
        let Some(file) = self.seen.file() else {
            return Ok(());
        };
        let key = keys::seen(&self.task, self.progress.part, &self.writer);
        self.put_bytes(&key, file.bytes).await?;
        if file.replaces_last {
            self.progress.seen.pop();
        }
        self.progress.seen.push(key);
        self.seen.has_written();
        Ok(())
    }

    async fn put_bytes(&self, key: &str, bytes: Vec<u8>) -> Result<(), LandingError> {
        let kind = "application/octet-stream";
        self.store.put(key, bytes, kind).await
    }

    async fn write_parts(&mut self) -> Result<(), LandingError> {
        self.drain()?;
        let (part, writer) = (self.progress.part, &self.writer);
        let mut files = Vec::new();
        for lane in &mut self.lanes {
            let task = &lane.task;
            let (landing, refused) = (
                keys::landing_part(task, part, writer),
                keys::quarantine_part(task, part, writer),
            );
            files.push((lane.raw_table.clone(), landing, &mut lane.landing.part));
            files.push((None, refused, &mut lane.refused.part));
        }
        for (table, file) in self.rows.tables().zip(&mut self.tables) {
            let short = table.name.rsplit('.').next().unwrap_or(&table.name);
            let key = keys::staging_part(&self.task, short, part, writer);
            files.push((Some(table.name.clone()), key, file));
        }
        for (table, key, part) in files {
            let Some((bytes, rows)) = part.finish()? else {
                continue;
            };
            let file = LandedFile {
                table,
                key,
                rows,
                bytes: bytes.len() as u64,
            };
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
            counts: *self.counts_of(OWN),
            is_settled,
            extracted_at: now,
            files: self.progress.files.clone(),
            beside: self.progress.beside.clone(),
        };
        // Ownership is settled before the receipt is published, and the receipt is kept with it: a crash in between must
        // not make a later call read the last pages again.
        self.progress.receipt = Some(Box::new(receipt.clone()));
        self.keep().await?;
        publish(&self.store, receipt).await
    }
}

//! One record on its way: counted, known or new, written or set aside.

use super::seen::short;
use super::{OWN, WindowWriter, Written};
use crate::envelope::Record;
use crate::{LandingError, storable};
use jiff::Timestamp;
use model::payload::{Counts, Mode, RECORDS_PER_WINDOW};
use model::rows::{Refusal, Rows};
use sha2::{Digest, Sha256};

/// What came, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payload<'a> {
    text: &'a str,
    is_json: bool,
}

impl<'a> Payload<'a> {
    /// Anything.
    pub const fn of(text: &'a str) -> Self {
        Self {
            text,
            is_json: false,
        }
    }

    /// One JSON value.
    pub const fn json(text: &'a str) -> Self {
        Self {
            text,
            is_json: true,
        }
    }
}

/// A SHA-256 in hexadecimal.
struct Hex([u8; 64]);

impl Hex {
    fn of(digest: [u8; 32]) -> Self {
        let mut hex = [0; 64];
        // Twice as long, as it must be.
        let _ = hex::encode_to_slice(digest, &mut hex);
        Self(hex)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl WindowWriter {
    pub(super) fn take(
        &mut self,
        lane: usize,
        natural_id: &str,
        payload: Payload<'_>,
        extracted_at: Timestamp,
        write: impl FnOnce(&mut Rows) -> Result<(), Refusal>,
    ) -> Result<Written, LandingError> {
        let Payload { text, is_json } = payload;
        let Some(sha256) = self.receive(lane, natural_id, text.as_bytes())? else {
            return Ok(Written::Duplicate);
        };
        let record = Record {
            number: self.next_record_no(),
            natural_id,
            extracted_at,
            sha256: sha256.as_str(),
            payload: text.as_bytes(),
            is_json,
        };
        self.rows.begin(record.number, extracted_at);
        let is_loaded = self.lanes[lane].raw_table.is_some();
        let storable = is_loaded.then(|| storable::refusal(text)).flatten();
        if let Err(refusal) = storable.map_or_else(|| write(&mut self.rows), Err) {
            self.rows.rollback();
            self.quarantine(lane, &record, &refusal)?;
            return Ok(Written::Quarantined);
        }
        self.counts_of(lane).staged += 1;
        if self.task.mode != Mode::Replay {
            self.lanes[lane].landing.push(&record)?;
        }
        Ok(Written::New)
    }

    pub(super) fn set_aside(
        &mut self,
        lane: usize,
        natural_id: &str,
        payload: &[u8],
        extracted_at: Timestamp,
        refusal: &Refusal,
    ) -> Result<Written, LandingError> {
        let Some(sha256) = self.receive(lane, natural_id, payload)? else {
            return Ok(Written::Duplicate);
        };
        let record = Record {
            number: self.next_record_no(),
            natural_id,
            extracted_at,
            sha256: sha256.as_str(),
            payload,
            is_json: false,
        };
        self.quarantine(lane, &record, refusal)?;
        Ok(Written::Quarantined)
    }

    pub(super) fn counts_of(&mut self, lane: usize) -> &mut Counts {
        match self.progress.beside.get_mut(lane.wrapping_sub(1)) {
            Some(beside) => &mut beside.counts,
            None => &mut self.progress.counts,
        }
    }

    /// Counts what has come: its SHA-256, or `None` when it is there already.
    fn receive(
        &mut self,
        lane: usize,
        natural_id: &str,
        payload: &[u8],
    ) -> Result<Option<Hex>, LandingError> {
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
        let is_new = is_new.map_err(|cause| LandingError::spill(&self.seen, cause))?;
        let counts = self.counts_of(lane);
        counts.received += 1;
        if is_new {
            counts.landed += 1;
        } else {
            counts.duplicates += 1;
        }
        Ok(is_new.then(|| Hex::of(digest)))
    }

    pub(super) const fn next_record_no(&mut self) -> u64 {
        self.progress.position += 1;
        self.task.window_no as u64 * RECORDS_PER_WINDOW + self.progress.position
    }

    fn quarantine(
        &mut self,
        lane: usize,
        record: &Record<'_>,
        refusal: &Refusal,
    ) -> Result<(), LandingError> {
        self.counts_of(lane).quarantined += 1;
        let lane = &mut self.lanes[lane];
        let number = lane.refused.push(record)?;
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
            .text(Some(lane.refused.object_key()))
            .int(i64::try_from(number).ok())
            .text(Some(record.sha256))
            .end()
            .map_err(LandingError::Quarantine)
    }
}

//! The lines of one object: where they go and how they count.

use crate::LandingError;
use crate::envelope::Line;
use crate::keys;
use crate::parts::Part;
use jiff::Timestamp;
use model::payload::{Extraction, WindowTask};

/// An object whose records come along with a window's own: landing files, raw table and counts of its own.
#[derive(Debug, Clone, Copy)]
pub struct Companion<'a> {
    /// Its name in keys, envelopes and the ledger: `external_contact`.
    pub object: &'a str,
    /// The `raw.…` table of its landing lines.
    pub raw_table: &'a str,
    /// How it is read.
    pub extraction: Extraction,
}

/// One object being landed.
#[derive(Debug)]
pub(crate) struct Lane {
    /// The window's task, under this object's name.
    pub task: WindowTask,
    /// `raw.…` table of the landing lines; `None`: landed but not loaded.
    pub raw_table: Option<String>,
    pub landing: Part,
    pub refused: Part,
}

/// A record and where it is about to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub number: u64,
    pub natural_id: &'a str,
    pub extracted_at: Timestamp,
    pub sha256: &'a str,
    pub payload: &'a [u8],
}

/// Where a line lies.
#[derive(Debug)]
pub(crate) struct Place {
    pub object_key: String,
    pub line: u64,
}

impl Lane {
    pub fn new(task: &WindowTask, object: &str, raw_table: Option<&str>) -> Self {
        let mut task = task.clone();
        object.clone_into(&mut task.object);
        // Keys and lines name neither of them.
        task.landed.clear();
        task.ids.clear();
        Self {
            task,
            raw_table: raw_table.map(ToOwned::to_owned),
            landing: Part::default(),
            refused: Part::default(),
        }
    }

    /// Appends the line of a record that is staged.
    pub fn land(
        &mut self,
        record: Record<'_>,
        part: u32,
        writer: &str,
        line: &mut String,
    ) -> Result<(), LandingError> {
        let key = keys::landing_part(&self.task, part, writer);
        push(&self.task, &mut self.landing, record, key, line)?;
        Ok(())
    }

    /// Appends the line of a record that is refused.
    pub fn refuse(
        &mut self,
        record: Record<'_>,
        part: u32,
        writer: &str,
        line: &mut String,
    ) -> Result<Place, LandingError> {
        let key = keys::quarantine_part(&self.task, part, writer);
        push(&self.task, &mut self.refused, record, key, line)
    }
}

fn push(
    task: &WindowTask,
    part: &mut Part,
    record: Record<'_>,
    object_key: String,
    line: &mut String,
) -> Result<Place, LandingError> {
    let number = part.rows() + 1;
    line.clear();
    Line {
        task,
        record_no: record.number,
        natural_id: record.natural_id,
        extracted_at: record.extracted_at,
        object_key: &object_key,
        number,
        sha256: record.sha256,
        payload: record.payload,
    }
    .push_to(line);
    part.push("", line, 1)?;
    Ok(Place {
        object_key,
        line: number,
    })
}

//! The lines of one object: where they go and how they count.

use crate::envelope::{Lines, Record};
use crate::keys;
use crate::parts::Part;
use model::payload::{Extraction, WindowTask};
use std::io;

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
    pub landing: LinePart,
    pub refused: LinePart,
}

/// A part of landing lines being filled.
#[derive(Debug)]
pub(crate) struct LinePart {
    pub part: Part,
    lines: Lines,
}

impl Lane {
    pub fn new(task: &WindowTask, object: &str, raw_table: Option<&str>) -> Self {
        let mut task = task.clone();
        object.clone_into(&mut task.object);
        // Keys and lines name neither of them.
        task.landed.clear();
        task.ids.clear();
        Self {
            raw_table: raw_table.map(ToOwned::to_owned),
            landing: LinePart::new(&task),
            refused: LinePart::new(&task),
            task,
        }
    }

    /// The lines that follow are of group `part`.
    pub fn begin(&mut self, part: u32, writer: &str) {
        let (landing, refused) = (&mut self.landing, &mut self.refused);
        landing
            .lines
            .begin(keys::landing_part(&self.task, part, writer));
        refused
            .lines
            .begin(keys::quarantine_part(&self.task, part, writer));
    }
}

impl LinePart {
    fn new(task: &WindowTask) -> Self {
        Self {
            part: Part::default(),
            lines: Lines::new(task),
        }
    }

    /// Appends a record's line: its number.
    pub fn push(&mut self, record: &Record<'_>) -> io::Result<u64> {
        let number = self.part.rows() + 1;
        let lines = &mut self.lines;
        self.part.push_line(|out| lines.push(out, record, number))?;
        Ok(number)
    }

    /// The object its lines will be.
    pub fn object_key(&self) -> &str {
        self.lines.object_key()
    }
}

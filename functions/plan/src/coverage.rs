//! What the ledger has of an object, as intervals.

use crate::ledger::Entry;
use model::payload::Mode;
use model::{Coverage, Window};
use std::collections::BTreeMap;

/// What has been read of one object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// At all.
    pub(crate) read: Coverage,
    /// For good.
    pub(crate) settled: Coverage,
}

/// What has been read of every object: a ledger, prepared for questions.
#[derive(Debug, Default)]
pub(crate) struct Ledger(BTreeMap<(String, String), Known>);

impl Ledger {
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut pieces: BTreeMap<(String, String), (Vec<Window>, Vec<Window>)> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| fills_gaps(entry)) {
            let (read, settled) = pieces
                .entry((entry.source.clone(), entry.object.clone()))
                .or_default();
            read.push(entry.window);
            if entry.is_settled {
                settled.push(entry.window);
            }
        }
        let known = |(key, (read, settled))| {
            let known = Known {
                read: Coverage::of(read),
                settled: Coverage::of(settled),
            };
            (key, known)
        };
        Self(pieces.into_iter().map(known).collect())
    }

    pub(crate) fn known(&self, source: &str, object: &str) -> Known {
        let key = (source.to_owned(), object.to_owned());
        self.0.get(&key).cloned().unwrap_or_default()
    }
}

/// Whether what an entry speaks of counts as read.
///
/// An intraday window of Genesys is read before the source has finished it, a partial one leaves conversations out, and a
/// replay reads nothing from the source. Salesforce's intraday windows end `lag_seconds` before the run: they are whole.
fn fills_gaps(entry: &Entry) -> bool {
    let is = |mode: Mode| entry.mode == mode.as_str();
    is(Mode::Nightly)
        || is(Mode::Backfill)
        || is(Mode::Intraday) && entry.source == model::Source::Salesforce.as_str()
}

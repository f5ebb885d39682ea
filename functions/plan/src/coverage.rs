//! What the ledger has of an object, as intervals.

use crate::ledger::{Entry, LEFT_OUT};
use jiff::Timestamp;
use model::payload::Mode;
use model::{Coverage, Window};
use std::collections::{BTreeMap, BTreeSet};

/// Of which a window that was read for good once stays so, as its rows do: a later look may be by the query, and takes nothing
/// back. Of everything else a later reading may learn that something is missing.
const STAYS_SETTLED: &str = "conversation";

/// What has been read of one object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// At all.
    pub(crate) read: Coverage,
    /// For good.
    pub(crate) settled: Coverage,
    /// Since when something should have been read: the beginning of the first window, whether it came or was left out.
    pub(crate) wanted: Option<Timestamp>,
}

/// The same by window.
#[derive(Default)]
struct Pieces {
    read: BTreeSet<Window>,
    settled: Vec<Window>,
    wanted: Vec<Timestamp>,
}

/// What has been read of every object: a ledger, prepared for questions.
#[derive(Debug, Default)]
pub(crate) struct Ledger(BTreeMap<(String, String), Known>);

impl Ledger {
    /// `entries`: the newest first. Of a window that was read more than once the newest reading decides whether it is settled, as it
    /// does in `mart.completeness`; what a window of other bounds says of its hours is for that one alone.
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut pieces: BTreeMap<(String, String), Pieces> = BTreeMap::new();
        for entry in entries {
            let is_read = fills_gaps(entry);
            if !is_read && entry.mode != LEFT_OUT {
                continue;
            }
            let key = (entry.source.clone(), entry.object.clone());
            let of_object = pieces.entry(key).or_default();
            of_object.wanted.push(entry.window.start());
            if is_read {
                let is_newest = of_object.read.insert(entry.window);
                if entry.is_settled && (is_newest || entry.object == STAYS_SETTLED) {
                    of_object.settled.push(entry.window);
                }
            }
        }
        let known = |(key, pieces): (_, Pieces)| {
            let known = Known {
                read: Coverage::of(pieces.read),
                settled: Coverage::of(pieces.settled),
                wanted: pieces.wanted.into_iter().min(),
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

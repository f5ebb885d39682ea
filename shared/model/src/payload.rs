//! What passes between the steps: keys, counts and ids, never rows (a state is limited to 256 KiB).

mod input;
mod lines;
mod texts;

pub use input::{PipelineInput, PlanRequest, RequestError, WrongInput};
pub use lines::Lines;

use crate::filter::Filter;
use crate::{RunId, Source, Window, instant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a run chooses its windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Whole UTC days up to the last midnight: gaps, and windows due for settlement.
    Nightly,
    /// The last hours, provisional.
    Intraday,
    /// Everything between `from` and `to`.
    Backfill,
    /// Landed files read again, no call to a source.
    Replay,
    /// Nothing read: what the CRM says of past conversations is decided again.
    Reenrich,
}

impl Mode {
    /// The lower-case name used in run ids and the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nightly => "nightly",
            Self::Intraday => "intraday",
            Self::Backfill => "backfill",
            Self::Replay => "replay",
            Self::Reenrich => "reenrich",
        }
    }

    /// Whether a run of this mode asks the sources for anything.
    pub const fn reads_sources(self) -> bool {
        matches!(self, Self::Nightly | Self::Intraday | Self::Backfill)
    }
}

/// What a run will do, told before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Estimate {
    /// API calls over both sources.
    pub calls: u64,
    /// Those to Genesys Cloud.
    #[serde(default)]
    pub genesys_calls: u64,
    /// Those to Salesforce.
    #[serde(default)]
    pub salesforce_calls: u64,
    /// Minutes the quotas alone dictate, rounded up.
    pub minutes: u64,
    /// Bytes that will land, before compression.
    pub bytes: u64,
    /// Share of Salesforce's daily allocation that the calls are, in hundredths of a percent; `None` when the
    /// organisation's allocation is not known.
    #[serde(default)]
    pub salesforce_daily_share_bp: Option<u64>,
    /// Genesys windows of the interval that have been read for good and are not read again.
    #[serde(default)]
    pub settled_windows: u64,
    /// Genesys windows of the interval that have been read, are not final yet and are left alone until then: a nightly run
    /// reads them once more.
    #[serde(default)]
    pub provisional_windows: u64,
}

/// Output of `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOutcome {
    /// The run these windows belong to.
    pub run_id: RunId,
    /// How the windows were chosen.
    pub mode: Mode,
    /// The instant the run counts as.
    pub at: Timestamp,
    /// Whether the sources are called at all (`false` for a replay and for `reenrich`).
    pub reads_sources: bool,
    /// Bucket of the plan's files.
    pub bucket: String,
    /// Key of the JSON array of Genesys [`WindowTask`]s.
    pub genesys_key: String,
    /// How many there are.
    pub genesys_windows: u64,
    /// Key of the JSON array of Salesforce [`WindowTask`]s.
    pub salesforce_key: String,
    /// How many there are.
    pub salesforce_windows: u64,
    /// Cost of the run.
    pub estimate: Estimate,
    /// Reports to export.
    pub reports: Vec<String>,
    /// What a person should know before anything is read: fields that are new in Salesforce, gaps that are filled.
    #[serde(default)]
    pub notices: Vec<String>,
    /// `reenrich`: for `merge`, as [`StatementRequest::relink_days`]. Always written, since the state machine asks for it.
    #[serde(default)]
    pub relink_days: Option<u32>,
    /// A replay by reason: for `merge`, as [`StatementRequest::relink_reasons`]. Always written.
    #[serde(default)]
    pub relink_reasons: Vec<String>,
}

/// One window of one object: an item of the plan and the whole input of an extract function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowTask {
    /// The run it belongs to.
    pub run_id: RunId,
    /// How the run chose it.
    pub mode: Mode,
    /// Where it is read.
    pub source: Source,
    /// One of [`crate::settings::GENESYS_OBJECTS`] or of the Salesforce objects ([`crate::settings`] names them all).
    pub object: String,
    /// What is asked for. A reference listing has the run's whole interval.
    pub window: Window,
    /// Ordinal in the run, from 1: the high part of its record numbers.
    pub window_no: u32,
    /// This worker's share of the source's quota.
    pub requests_per_minute: u32,
    /// This worker's share of the requests in flight.
    pub max_in_flight: u32,
    /// Settings' `settle_hours` decide with it whether the result counts as settled.
    #[serde(deserialize_with = "instant::required")]
    pub at: Timestamp,
    /// Replay: the landing objects to read instead of the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub landed: Vec<String>,
    /// Replay: of these landing objects only these lines, of those not named all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<String, Lines>,
    /// Conversations, and what is counted over them: only these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The event's own filter applies, not the settings': the window does not count as read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
    /// `…_lookup` objects: the records to ask for by their id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// The run goes on when this window fails: it stays a gap of the ledger, which a later run reads. Always written, since
    /// the state machine asks for it.
    #[serde(default)]
    pub fails_alone: bool,
}

/// Record numbers of one window lie between `window_no * RECORDS_PER_WINDOW + 1` and the next multiple.
pub const RECORDS_PER_WINDOW: u64 = 1_000_000_000;

/// How the records of a window were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Extraction {
    /// Genesys details job.
    Job,
    /// Genesys details query.
    Query,
    /// Genesys listing.
    Reference,
    /// Genesys aggregates query.
    Aggregate,
    /// Records asked for by their ids: late evaluations, attributes of a conversation, Salesforce records that were missed.
    Lookup,
    /// Salesforce REST `queryAll`.
    Rest,
    /// Salesforce Bulk API 2.0.
    Bulk,
    /// Landed files.
    Replay,
}

impl Extraction {
    /// The lower-case name used in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Query => "query",
            Self::Reference => "reference",
            Self::Aggregate => "aggregate",
            Self::Lookup => "lookup",
            Self::Rest => "rest",
            Self::Bulk => "bulk",
            Self::Replay => "replay",
        }
    }
}

/// The counts of a window. `received = out_of_window + duplicates + landed`; `landed = staged + quarantined`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// The count the API itself states; `None` where it states none.
    pub api: Option<u64>,
    /// Records in the pages.
    pub received: u64,
    /// Received, but not of this window.
    pub out_of_window: u64,
    /// Received again with the same bytes.
    pub duplicates: u64,
    /// Lines in the landing objects, refused records included.
    pub landed: u64,
    /// Rows in the object's main staging table.
    pub staged: u64,
    /// Records refused, kept with their bytes and a reason.
    pub quarantined: u64,
    /// Requests sent to the source.
    pub calls: u64,
}

impl Counts {
    /// Whether both equations close.
    pub const fn close(&self) -> bool {
        self.received == self.out_of_window + self.duplicates + self.landed
            && self.landed == self.staged + self.quarantined
    }
}

/// One object written for a table (or only landed: no table).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandedFile {
    /// `raw.genesys_conversation`, `staging.genesys_session`, …; `None` for an object that is landed but not loaded.
    pub table: Option<String>,
    /// Key in the bucket.
    pub key: String,
    /// Data rows or lines, header not counted.
    pub rows: u64,
    /// Size in S3, compressed.
    pub bytes: u64,
}

/// `runs/<run_id>/windows/…`: a window is done when this file exists. `load` reads nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowReceipt {
    /// What was asked.
    pub task: WindowTask,
    /// How it was read.
    pub extraction: Extraction,
    /// What came.
    pub counts: Counts,
    /// Read from a details job at least `settle_hours` after the window's end (always `true` for Salesforce).
    pub is_settled: bool,
    /// When the window was complete in landing.
    pub extracted_at: Timestamp,
    /// Everything that was written.
    pub files: Vec<LandedFile>,
    /// Objects that came along with the window's own: the external contacts its conversations name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
}

/// The counts of an object that came along with another one, for a row of its own in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// `external_contact`.
    pub object: String,
    /// How it was read.
    pub extraction: Extraction,
    /// Its counts; its calls are counted here, not with the window's own object.
    pub counts: Counts,
}

/// Output of an extract function. `done: false` asks to be called again with the same input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractOutcome {
    /// The run.
    pub run_id: RunId,
    /// The source.
    pub source: Source,
    /// The object.
    pub object: String,
    /// The window.
    pub window: Window,
    /// Whether the receipt is written.
    pub done: bool,
    /// What has come so far.
    pub counts: Counts,
}

/// Input of `refresh-token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// Whose token.
    pub source: Source,
    /// The source has refused the present token: replace it whatever its age.
    #[serde(default)]
    pub refused: bool,
}

/// Output of `refresh-token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshOutcome {
    /// Whose token.
    pub source: Source,
    /// Until when the token is taken to live.
    pub expires_at: Timestamp,
    /// Whether a new one was asked for.
    pub renewed: bool,
}

/// Input of `load` and `merge`: without `statement_id` they submit, with it they poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementRequest {
    /// The run whose batch this is.
    pub run_id: RunId,
    /// `$$.Execution.Name`: part of the client token, so that a new execution does not meet an old failure.
    pub execution: String,
    /// The instant the run counts as.
    pub at: Timestamp,
    /// What the last call submitted.
    #[serde(default)]
    pub statement_id: Option<String>,
    /// The attempt that statement was, from 1.
    #[serde(default = "first")]
    pub attempt: u32,
    /// Which of the transactions of the step it is, from 1: a merge has several, one after another, and is asked for each by
    /// its number. Nothing: a step of one.
    #[serde(default)]
    pub stage: Option<u32>,
    /// `merge` alone: links of the accounts that changed in so many days before `at` are decided again, for conversations
    /// since then.
    #[serde(default)]
    pub relink_days: Option<u32>,
    /// `merge` alone: links that were refused for one of these reasons are decided again.
    #[serde(default)]
    pub relink_reasons: Vec<String>,
}

const fn first() -> u32 {
    1
}

/// Output of `load` and `merge`. `done: false` asks to be called again with `statement_id` and `attempt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementOutcome {
    /// The run.
    pub run_id: RunId,
    /// Whether the transaction has committed, and no other one follows.
    pub done: bool,
    /// The Data API's id of the running (or last) statement; empty when nothing had to be submitted.
    pub statement_id: String,
    /// Which attempt it is.
    pub attempt: u32,
    /// Which transaction of the step it is, or which one comes next.
    pub stage: u32,
    /// Rows that the last transaction copied or changed; 0 until done.
    pub rows: u64,
    /// The batch had been committed before: nothing was done.
    pub already_done: bool,
}

/// Input of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// The run to judge.
    pub run_id: RunId,
    /// The instant the run counts as.
    pub at: Timestamp,
}

/// The verdict of one data test, or of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Holds.
    Pass,
    /// Does not hold; a person should look.
    Warn,
    /// Does not hold; nothing is published.
    Fail,
}

/// One data test and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// `curated.fact_customer_interactions/one_row_per_conversation`.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What was found.
    pub observed: String,
    /// The rule.
    pub expected: String,
}

/// Output of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// The run.
    pub run_id: RunId,
    /// The worst verdict.
    pub verdict: Verdict,
    /// Every test.
    pub checks: Vec<CheckResult>,
    /// Whether a figure differs from the one its source tells by more than the settings allow.
    pub has_variance: bool,
    /// Which ones, in words; empty without any.
    pub variance: String,
}

/// Input of `export-report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// The run after which the report is made.
    pub run_id: RunId,
    /// The report's name: its file in `settings/reports` without `.toml`.
    pub report: String,
    /// The instant the run counts as; relative periods end before it.
    pub at: Timestamp,
}

/// One file of a report and the link that opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// `csv`, `json`, `html`.
    pub format: String,
    /// Key in the bucket.
    pub key: String,
    /// Presigned GET.
    pub url: String,
    /// The true end of the link's life: the earlier of what was asked and what the signing credentials allow.
    pub expires_at: Timestamp,
    /// Data rows.
    pub rows: u64,
    /// Of the file's bytes, lower-case hex.
    pub sha256: String,
}

/// Output of `export-report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOutcome {
    /// The run.
    pub run_id: RunId,
    /// The report's name.
    pub name: String,
    /// What the report covers, UTC.
    pub period: Window,
    /// Whether every window under it is settled.
    pub is_settled: bool,
    /// The files.
    pub files: Vec<ExportedFile>,
}

//! How the server behaves.

use crate::world::Settling;
use jiff::Timestamp;

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port on 127.0.0.1; 0 is a free one.
    pub port: u16,
    /// The OAuth client it knows.
    pub client_id: String,
    /// That client's secret.
    pub client_secret: String,
    /// How long a token lives.
    pub token_seconds: u64,
    /// Requests per window and token; `u32::MAX` switches the limit off.
    pub requests_per_minute: u32,
    /// Seconds of the window requests are counted in; tests may want a minute that passes faster.
    pub window_seconds: u64,
    /// How many results a details query may page through.
    pub result_cap: u64,
    /// Until when a details job has data, whatever the clock says.
    pub availability: Option<Timestamp>,
    /// How far the data of details jobs lags behind the clock; nothing when there is neither `settling` nor a set clock.
    pub lag_seconds: u32,
    /// How records come in and change; without it a record is what it stays as soon as it is there.
    pub settling: Option<Settling>,
    /// How many times a job must be asked for its state before it is FULFILLED.
    pub job_polls: u32,
    /// How many details jobs may be on their way at once; another one gets a 429. A job leaves when it is over or deleted.
    pub concurrent_jobs: usize,
    /// How many requests for state or results a finished job answers before it is EXPIRED.
    pub job_life_requests: u32,
    /// Seconds after which a job is EXPIRED.
    pub job_life_seconds: u64,
    /// Seconds for which a cursor of job results is good.
    pub cursor_seconds: u64,
    /// A details query with more results than this takes too long.
    pub slow_above: u64,
    /// What it is answered with then: 504, 408 or another 5xx.
    pub slow_status: u16,
    /// Most days of an aggregates query.
    pub aggregate_days: u32,
    /// Most groups times buckets of an aggregates answer.
    pub aggregate_points: usize,
    /// Most ids in one bulk request for external contacts.
    pub bulk_contacts: usize,
    /// Most users in one file of an adherence result.
    pub users_per_file: usize,
    /// Whether answers are compressed for a client that accepts it.
    pub compress: bool,
    /// What a filter on `conversationStart` does to a details query.
    pub start_filter: StartFilter,
    /// Ids of contacts, conversations and management units: a request that names one of them fails, always.
    pub broken: Vec<String>,
    /// What it is answered with; 200: a bulk answer in which the one contact failed with a 503.
    pub broken_status: u16,
    /// Evaluations and surveys that aggregates count, and that conversations asked for together come without.
    pub left_out: Vec<String>,
    /// Of those, the ones that a conversation asked for alone comes without too.
    pub lost: Vec<String>,
}

/// What a filter on `conversationStart` does to a details query: the form of its value is not confirmed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StartFilter {
    /// It keeps what began in the interval.
    #[default]
    Kept,
    /// It is a 400.
    Refused,
    /// It keeps nothing.
    Misread,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            client_id: "twin-client".to_owned(),
            client_secret: "twin-secret".to_owned(),
            token_seconds: 86_400,
            requests_per_minute: 300,
            window_seconds: 60,
            result_cap: 100_000,
            availability: None,
            lag_seconds: 0,
            settling: None,
            job_polls: 2,
            concurrent_jobs: usize::MAX,
            job_life_requests: u32::MAX,
            job_life_seconds: 86_400,
            cursor_seconds: 86_400,
            slow_above: u64::MAX,
            slow_status: 504,
            aggregate_days: 31,
            aggregate_points: 100_000,
            bulk_contacts: 50,
            users_per_file: 25,
            compress: true,
            start_filter: StartFilter::Kept,
            broken: Vec::new(),
            broken_status: 503,
            left_out: Vec::new(),
            lost: Vec::new(),
        }
    }
}

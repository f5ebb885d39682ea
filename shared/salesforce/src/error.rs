//! Why Salesforce gave nothing.

use crate::csv::PageFault;
use crate::host::HostError;
use crate::limits::Usage;
use crate::soql::SoqlError;
use model::{Classify, Kind};
use source_http::{SourceError, WireFault};
use std::time::Duration;

/// A query that has no answer by then, repetitions included, takes too long.
const UNANSWERED: Duration = Duration::from_mins(2);

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The query must not be sent.
    #[error("building the query")]
    Soql(#[from] SoqlError),
    /// The token's host is none a token may be sent to.
    #[error("the token secret cannot be used; run refresh-token again")]
    Instance(#[from] HostError),
    /// A "next page" link that does not lead to the REST API.
    #[error("nextRecordsUrl {0:?} does not begin with /services/data/ and is not followed")]
    Link(String),
    /// Salesforce gave up on the query, or had no answer to it in a time in which it would have.
    #[error("the query takes Salesforce too long; a shorter window helps")]
    QueryTimeout(#[source] SourceError),
    /// The place in the result is forgotten: the query has to start anew.
    #[error("Salesforce no longer knows the place in the result")]
    LocatorGone(#[source] SourceError),
    /// The page asked for brought nothing but records of pages before it, several times over.
    #[error("Salesforce sent the same page of {object} {times} times")]
    Repeated {
        /// What is read.
        object: String,
        /// How often it came.
        times: u32,
    },
    /// The share of the daily allocation that the settings grant is used up.
    #[error(
        "Salesforce has counted {usage} API calls of the last 24 hours and settings salesforce.daily_share_percent = {share_percent} stops there; wait, or raise the share"
    )]
    DailyShare {
        /// As the latest answer stated it.
        usage: Usage,
        /// From the settings.
        share_percent: u32,
    },
    /// The organisation has used up its bulk jobs or their storage of the last 24 hours.
    #[error("Salesforce takes no more bulk jobs for now; wait: {0}")]
    JobQuota(String),
    /// The object cannot be read by a bulk job; REST can.
    #[error("Salesforce does not offer this object to bulk jobs")]
    NotBulk(#[source] SourceError),
    /// A job that is no longer there, or whose result this API version may not read.
    #[error("Salesforce no longer hands out the result of a bulk job")]
    JobGone(#[source] SourceError),
    /// A job that ended without a result.
    #[error("bulk job {id} ended as {state}{}{message}", if .message.is_empty() { "" } else { ": " })]
    JobEnded {
        /// The job.
        id: String,
        /// `Aborted` or `Failed`.
        state: String,
        /// Salesforce's words, possibly none.
        message: String,
    },
    /// A job that takes longer than this system waits.
    #[error("bulk job {id} is not complete after {hours} hours; it was given up")]
    JobSlow {
        /// The job.
        id: String,
        /// How long it was waited for.
        hours: i64,
    },
    /// A page of a job's result that is larger than this system reads at once, however few records it has.
    #[error("a page of a bulk job's result is too large")]
    PageTooLarge(#[source] SourceError),
    /// A page of a job's result that is broken each time it is asked for.
    #[error("bulk job {id}, the page after {rows_before} records, asked for {times} times")]
    Page {
        /// The job.
        id: String,
        /// Records of the pages before it.
        rows_before: u64,
        /// How often it was asked for.
        times: u32,
        /// What is wrong with it.
        #[source]
        fault: PageFault,
    },
    /// The pages of a job's result do not add up to what the job says.
    #[error("bulk job {id} says it has {told} records and its pages have {read}; it was given up")]
    Incomplete {
        /// The job.
        id: String,
        /// `numberRecordsProcessed`.
        told: u64,
        /// Rows of all pages.
        read: u64,
    },
    /// The call failed.
    #[error(transparent)]
    Source(SourceError),
}

impl ApiError {
    /// Whether the calls or jobs of the day are used up, so that only hours of waiting help. Too many requests at the same
    /// time have the same code and are over in seconds: Salesforce names them `ConcurrentRequests …` or
    /// `ConcurrentPerOrgLongTxn …`, and the day's `TotalRequests Limit exceeded.`
    pub fn is_used_up(&self) -> bool {
        match self {
            Self::DailyShare { .. } | Self::JobQuota(_) => true,
            Self::Source(cause) => {
                cause.code() == Some("REQUEST_LIMIT_EXCEEDED")
                    && !cause.message().contains("Concurrent")
            }
            _ => false,
        }
    }

    /// A query that could not be read, `waited` after it was sent first. One that was never answered takes Salesforce too
    /// long: it may work on a query for two minutes before it says so itself, and a connection waits for one.
    pub(crate) fn of_query(cause: SourceError, waited: Duration) -> Self {
        // What was answered by some of the repetitions is known sooner.
        if cause.fault() == Some(WireFault::Unanswered) && waited >= UNANSWERED {
            return Self::QueryTimeout(cause);
        }
        cause.into()
    }
}

impl Classify for ApiError {
    fn kind(&self) -> Kind {
        match self {
            Self::Soql(_) | Self::Instance(_) | Self::Link(_) => Kind::Invalid,
            Self::QueryTimeout(_)
            | Self::LocatorGone(_)
            | Self::Repeated { .. }
            | Self::JobGone(_)
            | Self::JobEnded { .. }
            | Self::JobSlow { .. }
            | Self::Page { .. }
            | Self::Incomplete { .. } => Kind::Transient,
            Self::DailyShare { .. } | Self::JobQuota(_) => Kind::Throttled,
            Self::NotBulk(cause) | Self::PageTooLarge(cause) | Self::Source(cause) => cause.kind(),
        }
    }
}

/// How Salesforce words both daily limits of bulk jobs: their number and the storage of their results.
pub(crate) fn is_job_quota(message: &str) -> bool {
    message.contains("bulk v2 query") && message.contains("per 24 hrs")
}

impl From<SourceError> for ApiError {
    fn from(cause: SourceError) -> Self {
        match cause.code() {
            Some("QUERY_TIMEOUT") => Self::QueryTimeout(cause),
            Some("INVALID_QUERY_LOCATOR" | "INVALIDLOCATOR" | "INVALID_LOCATOR") => {
                Self::LocatorGone(cause)
            }
            Some("INVALIDENTITY" | "INVALID_ENTITY") => Self::NotBulk(cause),
            _ if is_job_quota(cause.message()) => Self::JobQuota(cause.message().to_owned()),
            _ => Self::Source(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_without_an_answer_takes_too_long_and_an_organisation_out_of_reach_does_not() {
        let of = |fault, seconds| {
            let operation = "GET /services/data/v66.0/queryAll";
            let cause = SourceError::on_the_wire(operation, fault, "as it was found");
            ApiError::of_query(cause, Duration::from_secs(seconds))
        };
        let silent = of(WireFault::Unanswered, 245);
        assert!(matches!(silent, ApiError::QueryTimeout(_)));
        for (fault, seconds) in [
            (WireFault::Unanswered, 35),
            (WireFault::OutOfReach, 245),
            (WireFault::Lost, 245),
            (WireFault::OwnEnd, 245),
            (WireFault::BrokenOff, 245),
        ] {
            assert!(
                matches!(of(fault, seconds), ApiError::Source(_)),
                "{fault:?} {seconds}"
            );
        }
    }
}

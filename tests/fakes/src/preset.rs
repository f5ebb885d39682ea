//! Every fault the two services are known for, mixed over the requests of one run.

use crate::control::{Fault, Kind};
use serde::Serialize;
use serde_json::Value;

/// Faults for both servers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preset {
    /// For the fake Genesys Cloud.
    pub genesys: Vec<Fault>,
    /// For the fake Salesforce.
    pub salesforce: Vec<Fault>,
}

/// What became of the faults of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Each fault that was planned.
    pub faults: Vec<Told>,
}

/// What became of one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// As it stands on the wire: `truncate`, `{"status":503}`.
    pub kind: String,
    /// Requests that it was meant for.
    pub path_contains: String,
    /// How often it was to happen.
    pub planned: u64,
    /// How often it happened.
    pub happened: u64,
}

impl Outcome {
    /// Faults that happened.
    pub fn happened(&self) -> u64 {
        self.faults.iter().map(|one| one.happened).sum()
    }

    /// Faults that did not come to pass: the run sent no request that they were meant for, or too few.
    pub fn missed(&self) -> u64 {
        self.faults
            .iter()
            .map(|one| one.planned - one.happened)
            .sum()
    }
}

/// Compares what was planned with what is still to happen.
pub fn outcome(planned: &[Fault], pending: &[Fault]) -> Outcome {
    let mut left = pending.to_vec();
    let faults = planned
        .iter()
        .map(|fault| {
            let mut missed = 0;
            let same = |one: &Fault| {
                one.path_contains == fault.path_contains
                    && one.kind == fault.kind
                    && one.times <= fault.times
            };
            if let Some(place) = left.iter().position(same) {
                missed = left.swap_remove(place).times;
            }
            Told {
                kind: kind_text(fault),
                path_contains: fault.path_contains.clone(),
                planned: fault.times,
                happened: fault.times - missed,
            }
        })
        .collect();
    Outcome { faults }
}

/// `status 429 with Retry-After 1`, `truncate`, `kill {"after":true}`.
fn kind_text(fault: &Fault) -> String {
    let wire = serde_json::to_value(fault).unwrap_or_default();
    let kind = &wire["kind"];
    if let Some(word) = kind.as_str() {
        return word.to_owned();
    }
    if let Some(code) = kind["status"].as_u64() {
        let mut text = format!("status {code}");
        if let Some(seconds) = kind["retry_after"].as_u64() {
            text = format!("{text} with Retry-After {seconds}");
        }
        let body = kind["body"].as_str().unwrap_or_default();
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        if let Some(name) = body[0]["errorCode"].as_str() {
            text = format!("{text} {name}");
        }
        return text;
    }
    let Some((word, needs)) = kind.as_object().and_then(|object| object.iter().next()) else {
        return kind.to_string();
    };
    format!("{word} {needs}")
}

const fn status(code: u16, retry_after: Option<u64>) -> Kind {
    Kind::Status {
        code,
        retry_after,
        body: None,
    }
}

fn salesforce_error(code: u16, name: &str, message: &str) -> Kind {
    let body = serde_json::json!([{"message": message, "errorCode": name}]);
    Kind::Status {
        code,
        retry_after: None,
        body: Some(body.to_string()),
    }
}

/// The mix. The seed moves the faults among the requests: which of them passes first, and which listing is hit.
pub fn mixed(seed: u64) -> Preset {
    // A small step of xorshift: neighbouring seeds must not give neighbouring mixes.
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = move |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let mut add = |to: &mut Vec<Fault>, path: &str, kind: Kind, spread: u64| {
        let skip = below(spread.max(1));
        to.push(Fault::new(path, kind, 1).after(skip));
    };
    let mut genesys = Vec::new();
    let g = &mut genesys;
    let jobs = "conversations/details/jobs";
    // Refused for a while.
    add(g, jobs, status(429, Some(1)), 6);
    add(g, jobs, status(429, None), 6);
    let dated = Kind::RetryAfterDate {
        code: 429,
        seconds: 1,
    };
    add(g, "routing/", dated, 2);
    add(g, "/results", Kind::SkewClock(3_600), 2);
    // The server's own trouble.
    for (path, code) in [
        (jobs, 500),
        ("/availability", 502),
        ("/results", 503),
        ("aggregates/query", 504),
        ("/users", 408),
        ("externalcontacts", 503),
        ("/divisions", 500),
    ] {
        add(g, path, status(code, None), 1);
    }
    // Answers that are none.
    for (path, kind) in [
        ("/results", Kind::Reset),
        ("/results", Kind::Truncate),
        ("/availability", Kind::Html),
        ("routing/queues", Kind::GarbageJson),
        ("wrapupcodes", Kind::Truncate),
        ("campaigns", Kind::Reset),
        ("conversations/details?", Kind::Truncate),
        ("/oauth/token", status(503, None)),
    ] {
        add(g, path, kind, 1);
    }
    // Pages and jobs.
    add(g, "/results", Kind::RepeatPage, 2);
    add(g, "cursor=", Kind::ExpireCursor, 3);
    add(g, "details/jobs/", Kind::ExpireJob, 6);
    add(g, "details/jobs", Kind::FailJob, 2);
    add(g, "/results", Kind::ExpireToken, 3);
    // The end of a function.
    for (path, after) in [
        ("/results", true),
        ("/results", false),
        ("details/jobs", true),
        ("externalcontacts", true),
        ("routing/", false),
        ("aggregates/query", true),
    ] {
        add(g, path, Kind::Kill { after }, 4);
    }

    let mut salesforce = Vec::new();
    let s = &mut salesforce;
    let timeout = salesforce_error(
        400,
        "QUERY_TIMEOUT",
        "Your query request was running for too long.",
    );
    add(s, "queryAll", timeout, 3);
    for code in [401, 406, 420, 500, 503] {
        add(s, "/query", status(code, None), 5);
    }
    add(s, "/query", status(503, Some(1)), 5);
    for kind in [Kind::Truncate, Kind::Reset, Kind::Html, Kind::GarbageJson] {
        add(s, "queryAll", kind, 4);
    }
    add(s, "/query/", Kind::ExpireCursor, 1);
    // In the middle of a result, and away from the 401: two in a row at one place are a refusal, which ends a run.
    add(s, "/results", Kind::ExpireToken, 4);
    // Bulk jobs and their CSV.
    for (kind, spread) in [
        (Kind::FailJob, 1),
        (Kind::AbortJob, 1),
        (status(500, None), 3),
        (Kind::Kill { after: true }, 3),
    ] {
        add(s, "jobs/query", kind, spread);
    }
    for kind in [
        Kind::Truncate,
        Kind::Reset,
        Kind::WrongCount,
        Kind::Html,
        Kind::Kill { after: true },
        Kind::Kill { after: false },
    ] {
        add(s, "/results", kind, 3);
    }
    for after in [true, false] {
        add(s, "queryAll", Kind::Kill { after }, 3);
    }
    Preset {
        genesys,
        salesforce,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn equal_seeds_give_equal_mixes_and_others_give_others() {
        assert_eq!(mixed(7), mixed(7));
        assert_ne!(mixed(7), mixed(8));
    }

    #[test]
    fn the_mix_holds_every_kind_of_failure() {
        let Preset {
            genesys,
            salesforce,
        } = mixed(7);
        let kinds: BTreeSet<_> = genesys.iter().chain(&salesforce).map(kind_text).collect();
        let has = |part: &str| kinds.iter().any(|kind| kind.contains(part));
        for part in [
            "429 with Retry-After",
            "retry_after_date",
            "500",
            "502",
            "503",
            "504",
            "408",
            "401",
            "406",
            "420",
            "QUERY_TIMEOUT",
            "reset",
            "truncate",
            "html",
            "garbage",
            "repeat",
            "cursor",
            "abort_job",
            "expire_job",
            "fail_job",
            "expire_token",
            "skew",
            "\"after\":true",
            "\"after\":false",
            "wrong_count",
        ] {
            assert!(has(part), "{part} is not in {kinds:?}");
        }
    }

    #[test]
    fn what_is_left_did_not_come_to_pass() {
        let planned = [
            Fault::new("/a", Kind::Html, 3),
            Fault::new("/a", Kind::Reset, 1),
        ];
        let pending = [Fault::new("/a", Kind::Html, 2)];
        let outcome = outcome(&planned, &pending);
        assert_eq!((outcome.happened(), outcome.missed()), (2, 2));
        assert_eq!(outcome.faults[0].happened, 1);
    }
}

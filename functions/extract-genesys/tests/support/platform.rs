//! A Platform API with conversations, and the ways in which it may fail.

use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wiremock::{Request as Received, Respond, ResponseTemplate};

/// A Platform API with conversations, and the ways in which it may fail.
#[allow(clippy::struct_excessive_bools)] // each is a fault of its own
#[derive(Default)]
pub struct Platform {
    /// Start and payload.
    pub conversations: Vec<(Timestamp, String)>,
    pub available_until: Option<&'static str>,
    /// States of the jobs, in order of submission; every further job is fulfilled.
    pub job_states: Vec<&'static str>,
    /// The query's cap.
    pub cap: usize,
    /// The query answers with whole UTC days.
    pub answers_by_day: bool,
    /// This results call asks for a pause of hours.
    pub fails_once_at: Option<u64>,
    /// This call, whatever it is, asks for a pause of hours.
    pub throttles_call: Option<u64>,
    /// Query and aggregates give up on longer slices: status, seconds.
    pub gives_up: Option<(u16, i64)>,
    /// This conversation is not there before that query.
    pub appears: Option<(usize, u64)>,
    /// The query counts so many conversations more than it gives.
    pub counts_more: usize,
    /// The query counts so many more, or fewer, when it is asked for a day and not for a part of one.
    pub day_counts: i64,
    /// The slices asked for, with their pages.
    pub slices: Mutex<Vec<(Timestamp, Timestamp, usize)>>,
    /// The results of the first job begin with an empty page.
    pub begins_empty: bool,
    /// This results call answers with the page before.
    pub repeats_page: Option<u64>,
    /// Every results call names the cursor it was asked with.
    pub stands_still: bool,
    /// Status and message in place of a job.
    pub refuses_job: Option<(u16, &'static str)>,
    /// Results with more conversations a page are answered with this status.
    pub tires: Option<(u16, usize)>,
    /// Answers of this operation with more conversations end in their middle.
    pub cuts_off: Option<(&'static str, usize)>,
    /// A bulk call that names no other contact than this one is refused with this status.
    pub gone: Option<(u16, &'static str)>,
    /// Every path that contains this text is forbidden.
    pub forbids: Option<&'static str>,
    /// The first job forgets its cursors.
    pub forgets_cursors: bool,
    pub refuses_token: bool,
    /// The token is refused from this call on.
    pub refuses_from: Option<u64>,
    /// Something happened in these conversations; whether each comes by its id.
    pub evaluated: Vec<(&'static str, bool)>,
    /// A details call that names an unknown conversation is a 404.
    pub refuses_unknown: bool,
    /// Answers by id give no more than the first so many.
    pub gives_at_most: Option<usize>,
    /// They come without what happened in them.
    pub gives_nothing: bool,
    /// Calls like these are answered too late.
    pub silent: Option<fn(&Received) -> bool>,
    /// The listings have nobody in them.
    pub is_empty: bool,
    /// What the listings have at so many calls, two a page.
    pub listed: Option<fn(u64) -> Vec<u32>>,
    /// Counts the calls by operation.
    pub calls: Mutex<BTreeMap<String, u64>>,
}

#[derive(Clone)]
pub struct Served(pub Arc<Platform>);

impl Platform {
    fn count(&self, operation: &str) -> u64 {
        let mut calls = self.calls.lock().unwrap();
        let count = calls.entry(operation.to_owned()).or_default();
        *count += 1;
        *count
    }

    pub fn called(&self, operation: &str) -> u64 {
        self.calls
            .lock()
            .unwrap()
            .get(operation)
            .copied()
            .unwrap_or(0)
    }

    /// Whether it gives up on the interval of these aggregates.
    fn is_too_long(&self, request: &Received) -> bool {
        self.count("aggregates");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let (start, end) = body["interval"].as_str().unwrap().split_once('/').unwrap();
        let (start, end): (Timestamp, Timestamp) = (start.parse().unwrap(), end.parse().unwrap());
        let longest = self.gives_up.map(|(_, longest)| longest);
        longest.is_some_and(|longest| end.duration_since(start).as_secs() > longest)
    }

    /// The body of a page of so many conversations, or the half of it.
    fn page(&self, operation: &str, conversations: usize, mut body: String) -> (u16, String) {
        if self
            .cuts_off
            .is_some_and(|(of, most)| of == operation && conversations > most)
        {
            body.truncate(body.len() / 2);
        }
        (200, body)
    }

    fn answer(&self, request: &Received) -> (u16, String) {
        let path = request.url.path();
        let ok = |body: Value| (200, body.to_string());
        let parameter = |name: &str| {
            let mut pairs = request.url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if Some(self.called("any")) == self.throttles_call {
            return (
                429,
                json!({"message": "Rate limit exceeded the maximum."}).to_string(),
            );
        }
        if self.forbids.is_some_and(|text| path.contains(text)) {
            let message = "Unable to perform the requested action. You are missing the following permission(s): wfm:some:view";
            return (
                403,
                json!({"message": message, "code": "missing.permissions"}).to_string(),
            );
        }
        let is_refused = self
            .refuses_from
            .is_some_and(|from| self.called("any") >= from);
        if self.refuses_token || is_refused {
            return (401, json!({"message": "No authentication bearer token", "code": "authentication.required"}).to_string());
        }
        let jobs = "/api/v2/analytics/conversations/details/jobs";
        match (request.method.as_str(), path) {
            ("GET", _) if path.ends_with("/availability") => {
                ok(json!({"dataAvailabilityDate": self.available_until}))
            }
            ("POST", _) if path == jobs => {
                if let Some((status, message)) = self.refuses_job {
                    return (status, json!({"message": message}).to_string());
                }
                let no = self.count("submit");
                (202, json!({"jobId": format!("job-{no}")}).to_string())
            }
            ("DELETE", _) => {
                self.count("delete");
                (204, String::new())
            }
            ("GET", _) if path.ends_with("/results") => {
                let call = self.count("results");
                if Some(call) == self.fails_once_at {
                    return (
                        429,
                        json!({"message": "Rate limit exceeded the maximum."}).to_string(),
                    );
                }
                let cursor = parameter("cursor");
                if self.forgets_cursors && path.contains("job-1") && cursor.is_some() {
                    return (
                        404,
                        json!({"message": "job not found", "code": "not.found"}).to_string(),
                    );
                }
                let size: usize = parameter("pageSize").unwrap().parse().unwrap();
                if let Some((status, most)) = self.tires
                    && size > most
                {
                    return (
                        status,
                        json!({"message": "The request timed out."}).to_string(),
                    );
                }
                if self.begins_empty && cursor.is_none() {
                    return ok(json!({"conversations": [], "cursor": "0"}));
                }
                let mut from: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                if Some(call) == self.repeats_page || (self.stands_still && from > 0) {
                    from -= size;
                }
                let to = (from + size).min(self.conversations.len());
                let cursor =
                    (to < self.conversations.len()).then(|| format!(",\"cursor\":\"{to}\""));
                let page = self.conversations[from..to].iter();
                let page: Vec<_> = page.map(|(_, payload)| payload.as_str()).collect();
                let body = format!(
                    "{{\"conversations\":[{}]{}}}",
                    page.join(","),
                    cursor.unwrap_or_default()
                );
                self.page("results", page.len(), body)
            }
            ("GET", _) if path.starts_with(jobs) => {
                let no: usize = path.rsplit('-').next().unwrap().parse().unwrap();
                ok(json!({"state": self.job_states.get(no - 1).unwrap_or(&"FULFILLED")}))
            }
            ("POST", "/api/v2/analytics/conversations/details/query") => {
                self.count("query");
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let (start, end) = body["interval"].as_str().unwrap().split_once('/').unwrap();
                let (start, end): (Timestamp, Timestamp) =
                    (start.parse().unwrap(), end.parse().unwrap());
                let number =
                    |key: &str| usize::try_from(body["paging"][key].as_u64().unwrap()).unwrap();
                let (size, page) = (number("pageSize"), number("pageNumber"));
                assert!(size <= 100);
                self.slices.lock().unwrap().push((start, end, page));
                if let Some((status, longest)) = self.gives_up
                    && end.duration_since(start).as_secs() > longest
                {
                    return (
                        status,
                        json!({"message": "The request timed out."}).to_string(),
                    );
                }
                let query = self.called("query");
                let is_there = |no: &usize| {
                    self.appears
                        .is_none_or(|(hidden, from)| *no != hidden || query >= from)
                };
                if size * page > self.cap {
                    return (400, json!({"message": format!("Pagination may not exceed {} results.", self.cap), "code": "bad.request"}).to_string());
                }
                let there = self.conversations.iter().enumerate();
                let there = there.filter(|(no, _)| is_there(no)).map(|(_, it)| it);
                let hits = there.filter(|(at, _)| {
                    let day = at.strftime("%F").to_string();
                    let days = [start, end].map(|it| it.strftime("%F").to_string());
                    (start <= *at && *at < end) || (self.answers_by_day && days.contains(&day))
                });
                let hits: Vec<_> = hits.map(|(_, payload)| payload.as_str()).collect();
                let rows: Vec<_> = hits
                    .iter()
                    .skip(size * (page - 1))
                    .take(size)
                    .copied()
                    .collect();
                let is_day = end.duration_since(start).as_hours() == 24;
                let more = if is_day { self.day_counts } else { 0 };
                let total = (hits.len() + self.counts_more)
                    .saturating_add_signed(isize::try_from(more).unwrap());
                if rows.is_empty() {
                    return ok(json!({"totalHits": total}));
                }
                let body = format!(
                    "{{\"conversations\":[{}],\"totalHits\":{total}}}",
                    rows.join(","),
                );
                self.page("query", rows.len(), body)
            }
            ("POST", "/api/v2/externalcontacts/bulk/contacts") => {
                self.count("contacts");
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let entities = body["entities"].as_array().unwrap();
                let is_gone =
                    |id: &Value, gone| id == gone || id == "00000000-0000-0000-0000-000000000000";
                if let Some((status, gone)) = self.gone
                    && entities.iter().all(|it| is_gone(&it["id"], gone))
                {
                    return (status, json!({"message": "no such contact"}).to_string());
                }
                let results = body["entities"].as_array().unwrap().iter().map(|entity| {
                    json!({"id": entity["id"], "success": true, "entity": {
                        "id": entity["id"], "type": "Curated",
                        "externalIds": [{"externalSource": {"id": "s", "name": "Salesforce"}, "value": "003000000000001"}],
                    }})
                });
                ok(json!({"results": results.collect::<Vec<_>>()}))
            }
            ("GET", "/api/v2/workforcemanagement/managementunits") => ok(json!({"entities": []})),
            ("POST", _) if path.ends_with("/adherence/historical/bulk") => {
                ok(json!({"job": {"id": "a-1", "status": "Complete"}}))
            }
            ("POST", _) if path.ends_with("/aggregates/query") && self.is_too_long(request) => (
                self.gives_up.unwrap().0,
                json!({"message": "The request timed out."}).to_string(),
            ),
            ("POST", "/api/v2/analytics/evaluations/aggregates/query") => {
                let group = |(id, _): &(&str, bool)| json!({"group": {"conversationId": id, "evaluationId": format!("of-{id}")}});
                ok(json!({"results": self.evaluated.iter().map(group).collect::<Vec<_>>()}))
            }
            ("POST", _) if path.ends_with("/aggregates/query") => ok(json!({})),
            ("GET", "/api/v2/analytics/conversations/details") => {
                self.count("by_id");
                let asked: Vec<_> = request.url.query_pairs().map(|(_, id)| id).collect();
                let is_known = |id: &str| self.evaluated.contains(&(id, true));
                if self.refuses_unknown && !asked.iter().all(|id| is_known(id)) {
                    return (
                        404,
                        json!({"message": "not found", "code": "not.found"}).to_string(),
                    );
                }
                let known = asked.iter().filter(|id| is_known(id));
                let known = known.take(self.gives_at_most.unwrap_or(usize::MAX));
                let known = known.map(|id| {
                    let evaluations = [json!({"evaluationId": format!("of-{id}")})];
                    let given = &evaluations[usize::from(self.gives_nothing)..];
                    json!({"conversationId": id, "evaluations": given})
                });
                ok(json!({"conversations": known.collect::<Vec<_>>()}))
            }
            (
                "GET",
                "/api/v2/routing/queues"
                | "/api/v2/users"
                | "/api/v2/routing/wrapupcodes"
                | "/api/v2/authorization/divisions"
                | "/api/v2/outbound/campaigns",
            ) if self.is_empty => {
                ok(json!({"entities": [], "pageNumber": 1, "pageCount": 0, "total": 0}))
            }
            (
                "GET",
                "/api/v2/routing/queues"
                | "/api/v2/users"
                | "/api/v2/routing/wrapupcodes"
                | "/api/v2/authorization/divisions"
                | "/api/v2/outbound/campaigns",
            ) => {
                let page: u32 = parameter("pageNumber").unwrap().parse().unwrap();
                if let Some(listed) = self.listed {
                    let all = listed(self.count("listing"));
                    let from = (page as usize - 1) * 2;
                    let queue = |no: &u32| json!({"id": format!("q-{no}"), "name": "Sales"});
                    let queues: Vec<_> = all.iter().skip(from).take(2).map(queue).collect();
                    let pages = all.len().div_ceil(2);
                    return ok(json!({"entities": queues, "pageCount": pages, "total": all.len()}));
                }
                let queue = json!({"id": format!("q-{page}"), "name": "Sales \"EU\"", "new": true});
                ok(json!({"entities": [queue], "pageNumber": page, "pageCount": 3, "total": 3}))
            }
            _ => (
                404,
                json!({"message": format!("no such path {path}"), "code": "not.found"}).to_string(),
            ),
        }
    }
}

impl Respond for Served {
    fn respond(&self, request: &Received) -> ResponseTemplate {
        self.0.count("any");
        let (status, body) = self.0.answer(request);
        let answer = ResponseTemplate::new(status)
            .insert_header("Retry-After", "7200")
            .set_body_raw(body, "application/json");
        if self.0.silent.is_some_and(|is_silent| is_silent(request)) {
            return answer.set_delay(Duration::from_secs(5));
        }
        answer
    }
}

/// `count` conversations, one every `seconds`, the first at `start`; every fifth names a contact.
pub fn conversations(start: &str, count: usize, seconds: i64) -> Vec<(Timestamp, String)> {
    let start: Timestamp = start.parse().unwrap();
    (0..count)
        .map(|no| {
            let at = start + jiff::SignedDuration::from_secs(seconds * i64::try_from(no).unwrap());
            let contact = if no % 5 == 0 {
                format!(",\"externalContactId\":\"contact-{}\"", no % 35)
            } else {
                String::new()
            };
            let payload = format!(
                "{{\"conversationId\":\"c-{no}\", \"conversationStart\":\"{at:.3}\",\"participants\":[{{\"participantId\":\"p-{no}\"{contact},\"purpose\":\"customer\"}}]}}"
            );
            (at, payload)
        })
        .collect()
}

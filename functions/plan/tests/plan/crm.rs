//! How much there is in Salesforce.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wiremock::{Request, Respond, ResponseTemplate};

/// Records of Salesforce's objects, for those who count them.
#[derive(Debug, Clone, Default)]
pub struct Crm {
    /// By object: so many records, evenly between two instants.
    pub records: BTreeMap<String, (u64, Timestamp, Timestamp)>,
    /// The object of which a count over a longer stretch takes too long.
    pub patience: Option<(String, Duration)>,
    /// Calls of the day, of 15,000; none: the answer does not say.
    pub used: Option<u64>,
    /// The object whose records cannot be counted at all.
    pub refused: Option<String>,
}

/// Answers `COUNT()`.
#[derive(Debug, Clone, Default)]
pub struct Counts(pub Arc<Mutex<Crm>>);

impl Respond for Counts {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let crm = self.0.lock().unwrap();
        let (_, query) = request.url.query_pairs().next().unwrap();
        let words: Vec<_> = query.split(' ').collect();
        // SELECT COUNT() FROM Account WHERE CreatedDate >= … AND CreatedDate < …
        assert_eq!(words[..3], ["SELECT", "COUNT()", "FROM"], "{query}");
        let sobject = words[3];
        let field = if sobject.ends_with("History") {
            "CreatedDate"
        } else {
            "SystemModstamp"
        };
        assert_eq!(
            [words[5], words[6], words[9], words[10]],
            [field, ">=", field, "<"]
        );
        let [from, to] = [words[7], words[11]].map(|at| at.parse::<Timestamp>().unwrap());
        let refuse = |code: &str| {
            let body = json!([{"errorCode": code, "message": "as Salesforce says it"}]);
            ResponseTemplate::new(400).set_body_json(body)
        };
        let length = to.duration_since(from).unsigned_abs();
        let slow = crm.patience.as_ref().filter(|(slow, _)| slow == sobject);
        if slow.is_some_and(|(_, patience)| length > *patience) {
            return refuse("QUERY_TIMEOUT");
        }
        if crm.refused.as_deref() == Some(sobject) {
            return refuse("INVALID_FIELD");
        }
        let found = crm
            .records
            .get(sobject)
            .map_or(0, |(records, first, last)| {
                let part = |at: Timestamp| {
                    let whole = last.duration_since(*first).as_secs_f64();
                    (at.duration_since(*first).as_secs_f64() / whole).clamp(0.0, 1.0)
                };
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    clippy::cast_sign_loss
                )]
                let place = |at| (*records as f64 * part(at)).round() as u64;
                place(to) - place(from)
            });
        let answer = ResponseTemplate::new(200)
            .set_body_json(json!({"totalSize": found, "done": true, "records": []}));
        match crm.used {
            Some(used) => {
                answer.insert_header("sforce-limit-info", format!("api-usage={used}/15000"))
            }
            None => answer,
        }
    }
}

//! The data tests as one query, and what their answer means.

use crate::{Links, variances};
use model::RunId;
use model::payload::{CheckResult, PlanOutcome, Verdict};
use model::settings::Settings;
use warehouse::sql::DataTest;

/// The test whose severity the settings decide.
const JOIN_RATE: &str = "curated.fact_customer_interactions/join_rate";
/// Another one: figures that differ from what their sources count.
pub(crate) const VARIANCE: &str = "curated.queue_source_figure/variance";
/// What is told of a test without an answer.
const NOT_RUN: &str = "not run";
/// The name of what the plan has to tell.
const NOTICES: &str = "plan/notices";
/// Notices kept, each a row of `ops.check_result`.
const MAX_NOTICES: usize = 10;
/// Bytes of `ops.check_result.observed`.
const MAX_OBSERVED: usize = 1024;

/// One query over all tests: name and number of offending rows. One round trip instead of one a test.
pub fn combined_query(
    tests: &[DataTest],
    run_id: &RunId,
    settings: &Settings,
) -> (String, Vec<(String, String)>) {
    let parts: Vec<_> = tests
        .iter()
        .map(|test| {
            format!(
                "select cast('{}' as varchar(256)) as check_name, count(*) as offending from (\n{}\n) as offending_rows",
                test.name.replace('\'', "''"),
                test.query
            )
        })
        .collect();
    let query = parts.join("\nunion all\n");
    let mut parameters = vec![("batch_id".to_owned(), run_id.to_string())];
    let thresholds = [
        ("max_unlinked_percent", settings.check.max_unlinked_percent),
        ("max_variance_percent", settings.check.max_variance_percent),
    ];
    for (name, percent) in thresholds {
        if query.contains(&format!(":{name}")) {
            parameters.push((name.to_owned(), percent.to_string()));
        }
    }
    (query, parameters)
}

/// The verdict of each test. A test the answer does not have has not been run: it fails.
pub fn judge(
    tests: &[DataTest],
    offending: &std::collections::BTreeMap<String, i64>,
    links: Links,
    settings: &Settings,
) -> Vec<CheckResult> {
    tests
        .iter()
        .map(|test| {
            let breach = severity(&test.name, test.fails, settings);
            let (verdict, observed) = match offending.get(&test.name) {
                Some(0) => (Verdict::Pass, "0 offending rows".to_owned()),
                Some(1) => (breach, "1 offending row".to_owned()),
                Some(rows) => (breach, format!("{rows} offending rows")),
                None => (Verdict::Fail, NOT_RUN.to_owned()),
            };
            let observed = if test.name == JOIN_RATE && observed != NOT_RUN {
                links.in_words()
            } else {
                observed
            };
            let expected = if test.name == JOIN_RATE {
                format!(
                    "{} (at most {} % without a link)",
                    test.rule, settings.check.max_unlinked_percent
                )
            } else if test.name == VARIANCE {
                format!(
                    "{} (at most {} %)",
                    test.rule, settings.check.max_variance_percent
                )
            } else {
                test.rule.clone()
            };
            CheckResult {
                name: test.name.clone(),
                verdict,
                observed,
                expected,
            }
        })
        .collect()
}

/// What the plan wants a person to know, each as a warning.
pub fn notices(plan: Option<&PlanOutcome>) -> Vec<CheckResult> {
    let told = plan.map_or(&[][..], |plan| &plan.notices);
    let warning = |observed: String| CheckResult {
        name: NOTICES.to_owned(),
        verdict: Verdict::Warn,
        observed,
        expected: "the plan has nothing to tell".to_owned(),
    };
    let mut warnings: Vec<_> = told
        .iter()
        .take(MAX_NOTICES)
        .map(|notice| {
            let end = notice.floor_char_boundary(MAX_OBSERVED);
            warning(notice[..end].to_owned())
        })
        .collect();
    if told.len() > MAX_NOTICES {
        let more = told.len() - MAX_NOTICES;
        warnings.push(warning(format!(
            "{more} more; runs/<run_id>/plan.json has them all"
        )));
    }
    warnings
}

/// Whether a verdict stands for rows that can be shown.
pub(crate) fn has_rows(check: &CheckResult) -> bool {
    check.name != JOIN_RATE && check.observed != NOT_RUN
}

fn severity(name: &str, fails: bool, settings: &Settings) -> Verdict {
    match (name, fails) {
        (JOIN_RATE, _) => settings.check.unlinked_severity,
        (VARIANCE | variances::EACH, _) => settings.check.variance_severity,
        (_, true) => Verdict::Fail,
        (_, false) => Verdict::Warn,
    }
}

/// The severity column of a kept verdict.
pub(crate) fn severity_of(check: &CheckResult, settings: &Settings) -> &'static str {
    let fails = warehouse::sql::data_tests().is_ok_and(|tests| {
        tests
            .iter()
            .any(|test| test.name == check.name && test.fails)
    });
    word(severity(&check.name, fails, settings))
}

/// `pass`, `warn`, `fail`.
pub(crate) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Fail => "fail",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn settings() -> Settings {
        Settings::parse(include_str!("../../../infra/settings/tributary.toml")).unwrap()
    }

    fn test(name: &str, fails: bool) -> DataTest {
        DataTest {
            name: name.to_owned(),
            fails,
            rule: "a rule".to_owned(),
            query: "select 1".to_owned(),
        }
    }

    #[test]
    fn a_test_without_an_answer_fails() {
        let results = judge(
            &[test("a/b", false)],
            &BTreeMap::new(),
            Links::default(),
            &settings(),
        );
        assert_eq!(
            (results[0].verdict, results[0].observed.as_str()),
            (Verdict::Fail, "not run")
        );
    }

    #[test]
    fn the_settings_decide_how_bad_a_low_join_rate_is() {
        let mut settings = settings();
        let offending = BTreeMap::from([(JOIN_RATE.to_owned(), 1)]);
        let tests = [test(JOIN_RATE, false)];
        assert_eq!(
            judge(&tests, &offending, Links::default(), &settings)[0].verdict,
            Verdict::Warn
        );
        settings.check.unlinked_severity = Verdict::Fail;
        assert_eq!(
            judge(&tests, &offending, Links::default(), &settings)[0].verdict,
            Verdict::Fail
        );
    }

    #[test]
    fn the_settings_decide_how_bad_a_variance_is_and_the_rule_says_what_is_allowed() {
        let mut settings = settings();
        let offending = BTreeMap::from([(VARIANCE.to_owned(), 2)]);
        let tests = [test(VARIANCE, false)];
        for severity in [Verdict::Warn, Verdict::Fail] {
            settings.check.variance_severity = severity;
            let result = judge(&tests, &offending, Links::default(), &settings).remove(0);
            assert_eq!(result.verdict, severity);
            assert_eq!(result.expected, "a rule (at most 0.5 %)");
            assert_eq!(severity_of(&result, &settings), word(severity));
        }
    }

    #[test]
    fn every_shipped_test_is_in_the_one_query_and_below_its_limit() {
        let tests = warehouse::sql::data_tests().unwrap();
        let run = RunId::try_from("nightly-1".to_owned()).unwrap();
        let (query, parameters) = combined_query(&tests, &run, &settings());
        assert!(query.len() < 100 * 1024, "{} bytes", query.len());
        assert!(
            tests
                .iter()
                .all(|test| query.contains(&format!("'{}'", test.name)))
        );
        for name in [JOIN_RATE, VARIANCE] {
            assert!(
                tests.iter().any(|test| test.name == name),
                "{name} has another name"
            );
        }
        assert!(
            parameters
                .iter()
                .all(|(name, _)| query.contains(&format!(":{name}")))
        );
    }

    #[test]
    fn each_notice_of_the_plan_is_a_warning() {
        let plan = |notices: Vec<String>| -> PlanOutcome {
            serde_json::from_value(serde_json::json!({
                "run_id": "nightly-1", "mode": "nightly", "at": "2026-01-06T00:00:00Z", "reads_sources": true, "bucket": "b",
                "genesys_key": "g", "genesys_windows": 1, "salesforce_key": "s", "salesforce_windows": 1,
                "estimate": {"calls": 0, "minutes": 0, "bytes": 0}, "reports": [], "notices": notices
            }))
            .unwrap()
        };
        assert!(notices(None).is_empty());
        assert!(notices(Some(&plan(vec![]))).is_empty());
        let told = notices(Some(&plan(vec!["Account.Region__c is new".to_owned()])));
        assert_eq!(
            (
                told[0].name.as_str(),
                told[0].verdict,
                told[0].observed.as_str()
            ),
            ("plan/notices", Verdict::Warn, "Account.Region__c is new")
        );
        let many = notices(Some(&plan(vec!["x".repeat(3000); 25])));
        assert_eq!(many.len(), 11);
        assert!(many.iter().all(|warning| warning.observed.len() <= 1024));
        assert!(many[10].observed.starts_with("15 more"));
    }
}

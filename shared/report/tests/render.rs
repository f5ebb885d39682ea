//! What the files of a report contain.

#![allow(clippy::unwrap_used)] // helpers of tests, which the lint does not know as such

use jiff::{Timestamp, ToSpan};
use model::RunId;
use proptest::prelude::*;
use report::{Cell, Format, Reading, Report, Spec};

const SPEC: &str = include_str!("../../../infra/settings/reports/escalation_by_tier.toml");

fn report(rows: &[Vec<Cell>]) -> Report {
    report_of(7, true, rows)
}

fn report_of(days_read: usize, is_final: bool, rows: &[Vec<Cell>]) -> Report {
    let spec = Spec::parse("escalation_by_tier", SPEC).unwrap();
    let at: Timestamp = "2026-01-12T02:15:00Z".parse().unwrap();
    let period = spec.period(at, jiff::tz::TimeZone::UTC).unwrap();
    let days = period.first_day().series(1.day()).take(7);
    let reading = Reading {
        run_id: RunId::try_from("nightly-20260112t000000z".to_owned()).unwrap(),
        read_at: at,
        settle_hours: 96,
        unread: days.skip(days_read).collect(),
        is_final,
    };
    Report::new(&spec, period, reading, rows).unwrap()
}

fn row(tier: &str, conversations: i64, escalated: i64, settled: i64) -> Vec<Cell> {
    vec![
        Cell::Text(tier.to_owned()),
        Cell::Integer(conversations),
        Cell::Integer(escalated),
        Cell::Integer(settled),
    ]
}

fn file(report: &Report, format: Format) -> String {
    String::from_utf8(report.render(format).unwrap()).unwrap()
}

fn two_tiers() -> Report {
    report(&[row("Gold", 1_000, 50, 1), row("Silver", 10, 9, 0)])
}

#[test]
fn csv_has_a_header_and_a_record_per_row() {
    let text = file(&two_tiers(), Format::Csv);
    assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());
    insta::assert_snapshot!(text.replace("\r\n", "\n"), @"
    customer_tier,conversations,escalated,escalation_rate,is_settled
    Silver,10,9,0.9,false
    Gold,1000,50,0.05,true
    ");
}

#[test]
fn json_explains_itself() {
    insta::assert_snapshot!(file(&two_tiers(), Format::Json));
}

#[test]
fn the_body_of_the_page_is_what_it_was() {
    let page = file(&two_tiers(), Format::Html);
    let (_, body) = page.split_once("<body>").unwrap();
    let (body, _) = body.split_once("<script>").unwrap();
    insta::assert_snapshot!(body);
}

#[test]
fn the_overall_rate_is_sum_over_sum_and_not_a_mean_of_rates() {
    // (50 + 9) / 1010 = 5.8%; the mean of 5% and 90% would be 47.5%.
    let page = file(&two_tiers(), Format::Html);
    assert!(page.contains(">5.8%<") && page.contains("59 of 1,010 conversations"));
    assert!(!page.contains("47.5%"));
}

#[test]
fn a_report_is_settled_only_if_every_row_is() {
    assert!(!two_tiers().is_settled());
    assert!(report(&[row("Gold", 1, 0, 1)]).is_settled());
    assert!(!report(&[]).is_settled());
}

#[test]
fn days_nobody_has_read_are_told_and_no_row_is_settled_without_them() {
    let report = report_of(2, false, &[row("Gold", 1_000, 50, 1)]);
    assert!(!report.is_settled());
    let page = file(&report, Format::Html);
    assert!(page.contains(">Incomplete</p>") && page.contains("about 500 a day"));
    assert!(page.contains("The conversations of 2 of 7 days have been read so far."));
    assert!(page.contains("Missing, all or in part: Wednesday 7 to Sunday 11 January 2026."));
    assert!(file(&report, Format::Csv).ends_with("Gold,1000,50,0.05,false\r\n"));
    let json: serde_json::Value = serde_json::from_str(&file(&report, Format::Json)).unwrap();
    assert_eq!((&json["days"], &json["days_read"]), (&7.into(), &2.into()));
    assert_eq!(json["unread_days"][0], "2026-01-07");
    let none = file(&report_of(0, false, &[]), Format::Html);
    assert!(none.contains("0 of 7 days have been read") && none.contains(">Incomplete</p>"));
    // Nothing is known: that is no zero.
    assert!(none.contains("None of these days has been read yet") && none.contains("No data yet"));
    assert!(none.contains("not read yet</p>") && !none.contains("<p class=\"value\">0</p>"));
    let quiet = file(&report_of(3, false, &[]), Format::Html);
    assert!(quiet.contains("No data so far") && quiet.contains("<p class=\"value\">0</p>"));
}

#[test]
fn a_page_without_rows_says_so() {
    let empty = report(&[]);
    let page = file(&empty, Format::Html);
    assert!(page.contains("No data in this period") && page.contains("0 rows"));
    assert!(!page.contains("<svg") && !page.contains("<table"));
    assert!(page.contains("no conversations to divide by"));
    assert_eq!(file(&empty, Format::Csv).lines().count(), 1);
    let json: serde_json::Value = serde_json::from_str(&file(&empty, Format::Json)).unwrap();
    assert_eq!(
        (&json["row_count"], &json["totals"]["escalation_rate"]),
        (&0.into(), &serde_json::Value::Null)
    );
}

#[test]
fn nothing_to_divide_by_is_a_dash_a_null_and_an_empty_field() {
    let report = report(&[row("Gold", 0, 0, 1)]);
    assert!(file(&report, Format::Html).contains("<td class=\"number\" data-sort=\"\">–</td>"));
    assert!(file(&report, Format::Csv).ends_with("Gold,0,0,,true\r\n"));
    let json: serde_json::Value = serde_json::from_str(&file(&report, Format::Json)).unwrap();
    assert!(json["rows"][0]["escalation_rate"].is_null());
}

#[test]
fn an_unknown_tier_is_a_dash() {
    let mut unknown = row("", 5, 1, 1);
    unknown[0] = Cell::Null;
    let report = report(&[unknown]);
    assert!(file(&report, Format::Html).contains("<th scope=\"row\" data-sort=\"\">–</th>"));
    assert!(file(&report, Format::Csv).ends_with("\r\n,5,1,0.2,true\r\n"));
}

#[test]
fn an_answer_of_another_shape_is_refused() {
    let spec = Spec::parse("escalation_by_tier", SPEC).unwrap();
    let at: Timestamp = "2026-01-12T02:15:00Z".parse().unwrap();
    let reading = Reading {
        run_id: RunId::try_from("r".to_owned()).unwrap(),
        read_at: at,
        settle_hours: 96,
        unread: Vec::new(),
        is_final: true,
    };
    let refusal = |rows: &[Vec<Cell>]| {
        let period = spec.period(at, jiff::tz::TimeZone::UTC).unwrap();
        Report::new(&spec, period, reading.clone(), rows)
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(refusal(&[row("Gold", 1, 1, 1)[..3].to_vec()]),
        @"row 1 of the answer from mart.escalation_by_tier: 3 values; expected 4. The view and the report catalogue disagree: run migrate");
    let mut text = row("Gold", 1, 1, 1);
    text[1] = Cell::Text("many".to_owned());
    insta::assert_snapshot!(refusal(&[text]),
        @r#"row 1 of the answer from mart.escalation_by_tier: conversations = Text("many"); expected integer. The view and the report catalogue disagree: run migrate"#);
}

/// What a browser would fetch: no attribute that loads, no style that loads, no address at all.
fn fetches_nothing(page: &str) {
    for sign in [
        "http:", "https:", "src=", "url(", "@import", "//www", "<iframe", "<object", "<base",
    ] {
        assert!(!page.contains(sign), "the page contains {sign}");
    }
    assert_eq!(page.matches("href=").count(), 1); // the empty icon
    assert!(page.contains("<link rel=\"icon\" href=\"data:,\">"));
    assert!(page.contains("default-src &#x27;none&#x27;") || page.contains("default-src 'none'"));
}

#[test]
fn the_page_fetches_nothing() {
    fetches_nothing(&file(&two_tiers(), Format::Html));
    fetches_nothing(&file(&report(&[]), Format::Html));
}

#[test]
fn a_value_cannot_become_markup() {
    let nasty = "</title></svg><script>alert(1)</script>\" onload='x' &amp; {{ 7*7 }}";
    let page = file(
        &report(&[row(nasty, 10, 1, 1), row("Gold", 3, 1, 1)]),
        Format::Html,
    );
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("onload='x'") && !page.contains(" 49"));
    assert!(page.contains("&lt;script&gt;alert(1)"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_tier_renders_and_reads_back(tiers in proptest::collection::btree_set("\\PC{0,40}|[<>&\"'=\r\n,;]{0,6}", 0..6), all in 0_i64..1_000_000_000) {
        let rows: Vec<_> = tiers.iter().map(|tier| row(tier, all, all / 3, 1)).collect();
        let report = report(&rows);
        let page = file(&report, Format::Html);
        prop_assert_eq!(page.matches("<script").count(), 1);
        let json: serde_json::Value = serde_json::from_str(&file(&report, Format::Json)).unwrap();
        let names: std::collections::BTreeSet<_> = json["rows"].as_array().unwrap().iter()
            .map(|row| row["customer_tier"].as_str().unwrap().to_owned()).collect();
        prop_assert_eq!(&names, &tiers);
        let csv = file(&report, Format::Csv);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(records.len(), tiers.len());
        for record in &records {
            prop_assert_eq!(record.len(), 5);
            prop_assert_eq!(record[1].parse::<i64>().unwrap(), all);
            let text = record[0].strip_prefix('\'').filter(|rest| tiers.contains(*rest)).unwrap_or(&record[0]);
            prop_assert!(tiers.contains(text));
        }
    }
}

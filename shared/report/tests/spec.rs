//! What a report's TOML file may say, and the SQL it becomes.

#![allow(clippy::unwrap_used)] // helpers of tests, which the lint does not know as such

use jiff::tz::TimeZone;
use report::{Format, Spec};

const SHIPPED: &str = include_str!("../../../infra/settings/reports/escalation_by_tier.toml");

fn spec(text: &str) -> Result<Spec, String> {
    Spec::parse("escalation_by_tier", text).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!(
            "{error}{}",
            cause.map_or_else(String::new, |c| format!(": {c}"))
        )
    })
}

fn refusal(from: &str, to: &str) -> String {
    assert!(SHIPPED.contains(from), "{from} is not in the shipped file");
    spec(&SHIPPED.replace(from, to)).unwrap_err()
}

#[test]
fn the_shipped_report_is_valid() {
    let spec = spec(SHIPPED).unwrap();
    assert_eq!(spec.formats, [Format::Csv, Format::Json, Format::Html]);
    assert_eq!(spec.label("escalation_rate"), "Escalation rate");
}

#[test]
fn the_query_sums_each_column_once_and_takes_days_as_parameters() {
    let spec = spec(SHIPPED).unwrap();
    let period = spec
        .period("2026-01-12T02:15:00Z".parse().unwrap(), TimeZone::UTC)
        .unwrap();
    let query = spec.query(&period);
    insta::assert_snapshot!(query.sql, @"
    select
        customer_tier,
        cast(sum(conversations) as bigint) as conversations,
        cast(sum(escalated) as bigint) as escalated,
        min(case when is_settled then 1 else 0 end) as is_settled
    from mart.escalation_by_tier
    where conversation_date >= cast(:period_start as date)
        and conversation_date < cast(:period_end as date)
    group by customer_tier
    order by customer_tier
    ");
    let parameters: Vec<_> = query
        .parameters
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    assert_eq!(
        parameters,
        ["period_start=2026-01-05", "period_end=2026-01-12"]
    );
}

#[test]
fn fixed_days_are_a_period_too() {
    let spec = spec(&SHIPPED.replace(
        "last_days = 7 ",
        "from = \"2026-01-01\"\nto = \"2026-02-01\" ",
    ))
    .unwrap();
    let period = spec
        .period("2030-01-12T02:15:00Z".parse().unwrap(), TimeZone::UTC)
        .unwrap();
    assert_eq!(
        period.window().to_string(),
        "2026-01-01T00:00:00Z/2026-02-01T00:00:00Z"
    );
}

#[test]
fn a_refusal_names_file_key_value_and_reason() {
    let changes = [
        (
            "view = \"mart.escalation_by_tier\"",
            "view = \"curated.quarantine\"",
        ),
        (
            "group_by = [\"customer_tier\"]",
            "group_by = [\"customer_tier; drop table x\"]",
        ),
        ("sum = \"escalated\"", "sum = \"customer_tier\""),
        ("\"html\"]", "\"pdf\"]"),
        ("\"html\"]", "\"csv\"]"),
        ("link_hours = 24 ", "link_hours = 200 "),
        ("last_days = 7 ", "last_days = 0 "),
        ("last_days = 7 ", "from = \"2026-01-31\" "),
        (
            "last_days = 7 ",
            "from = \"2026-02-31\"\nto = \"2026-03-01\" ",
        ),
        (
            "last_days = 7 ",
            "from = \"2026-02-01\"\nto = \"2026-01-01\" ",
        ),
        ("title = ", "time_zone = \"Mars/Olympus\"\ntitle = "),
        ("title = ", "time_zone = \"Europe/Berlin\"\ntitle = "),
        ("kind = \"bar\"", "kind = \"pie\""),
        ("value = \"escalation_rate\"", "value = \"customer_tier\""),
        ("by = \"escalation_rate\"", "by = \"ltv_usd\""),
        ("denominator = \"conversations\"", ""),
        ("[labels]", "[labels]\ncolour = \"Colour\""),
    ];
    let refusals: Vec<_> = changes.iter().map(|(from, to)| refusal(from, to)).collect();
    let place = "report settings reports/escalation_by_tier.toml: ";
    assert!(refusals.iter().all(|text| text.starts_with(place)));
    insta::assert_snapshot!(refusals.join("\n").replace(place, ""), @r#"
    view = "curated.quarantine": is no view for reports; use one of: mart.escalation_by_tier
    group_by = "customer_tier; drop table x": is no column of mart.escalation_by_tier for this; use one of: conversation_date, customer_tier
    measures.sum = "customer_tier": is no column of mart.escalation_by_tier for this; use one of: conversations, escalated
    formats = "pdf": is no format; use csv, json, html
    formats = "csv": is there twice
    link_hours = 200: must be 1 to 168: no signature lives longer than seven days
    period.last_days = 0: must be 1 to 1100
    period = ["2026-01-31"]: must have last_days, or both from and to
    period.from = "2026-02-31": must be a day such as 2026-01-31
    period.to = "2026-01-01": must be a day after from, 2026-02-01
    time_zone = "Mars/Olympus": must be an IANA zone such as Europe/Berlin
    time_zone = "Europe/Berlin": the days are those of business_time_zone in tributary.toml; leave the key out
    chart.kind = "pie": is no kind of chart; use bar
    chart.value = "customer_tier": is no column of this report; use one of: conversations, escalated, escalation_rate
    sort.by = "ltv_usd": is no column of this report; use one of: customer_tier, conversations, escalated, escalation_rate
    measures.name = "escalation_rate": must have sum, or both numerator and denominator
    labels = "colour": is no column of this report; use one of: customer_tier, conversations, escalated, escalation_rate
    "#);
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    insta::assert_snapshot!(refusal("title = ", "colour = \"red\"\ntitle = "), @r#"
    report settings reports/escalation_by_tier.toml cannot be read: TOML parse error at line 2, column 1
      |
    2 | colour = "red"
      | ^^^^^^
    unknown field `colour`, expected one of `title`, `description`, `view`, `time_zone`, `period`, `formats`, `link_hours`, `group_by`, `measures`, `sort`, `chart`, `labels`, `definitions`
    "#);
}

#![allow(clippy::unwrap_used)]

use super::*;

const SHIPPED: &str = include_str!("../../../../../infra/settings/tributary.toml");

/// The shipped text with other lines.
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(SHIPPED.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

fn refused(changes: &[(&str, &str)]) -> String {
    Settings::parse(&changed(changes)).unwrap_err().to_string()
}

#[test]
fn the_shipped_settings_are_valid() {
    Settings::parse(SHIPPED).unwrap();
}

#[test]
fn a_value_out_of_range_is_refused_with_key_value_and_rule() {
    insta::assert_snapshot!(refused(&[("query_page_size = 100", "query_page_size = 500")]), @"settings tributary.toml: genesys.query_page_size = 500: the API serves at most 100 a page");
}

#[test]
fn settings_of_an_older_version_cut_first_loads_as_the_shipped_ones_do() {
    let shipped = Settings::parse(SHIPPED).unwrap();
    let kept = SHIPPED
        .lines()
        .filter(|line| !line.starts_with("first_load_records"));
    let old = Settings::parse(&kept.collect::<Vec<_>>().join("\n")).unwrap();
    let records = |settings: &Settings| settings.salesforce.first_load_records;
    assert_eq!((records(&shipped), records(&old)), (1_000_000, 1_000_000));
    insta::assert_snapshot!(refused(&[("first_load_records = 1000000", "first_load_records = 10")]), @"settings tributary.toml: salesforce.first_load_records = 10: must be 50 to 10000000");
}

#[test]
fn every_value_that_breaks_a_rule_is_told_at_once() {
    insta::assert_snapshot!(refused(&[
        ("business_time_zone = \"UTC\"", "business_time_zone = \"Mars\""),
        ("horizon_days = 7", "horizon_days = 0"),
        ("window_hours = 24", "window_hours = 7"),
        ("intraday_lookback_hours = 3", "intraday_lookback_hours = 0"),
        ("requests_per_minute = 300", "requests_per_minute = 0"),
        ("settle_hours = 96", "settle_hours = 100000"),
        ("job_page_size = 1000", "job_page_size = 100000"),
        ("query_result_cap = 100000", "query_result_cap = 50"),
        ("contact_batch_size = 50", "contact_batch_size = 5000"),
        ("salesforce_source_names = [\"Salesforce\"]", "salesforce_source_names = [\"\"]"),
        ("objects = [\"evaluation\"", "objects = [\"evalution\", \"mood\""),
        ("details_batch_size = 50", "details_batch_size = 500"),
        ("aggregate_minutes = 30", "aggregate_minutes = 7"),
        ("api_version = \"66.0\"", "api_version = \"sixty\""),
        ("max_in_flight = 15", "max_in_flight = 3"),
        ("max_in_flight = 4\n", "max_in_flight = 2\n"),
        ("lag_seconds = 300", "lag_seconds = 1000000"),
        ("initial_start = \"2000-01-01T00:00:00Z\"", "initial_start = \"2000-01-01T00:00:00.5Z\""),
        ("reconcile_ids_days = 7", "reconcile_ids_days = 4000000000"),
        ("max_purged_percent = 5.0", "max_purged_percent = nan"),
        ("account = \"AccountHistory\"", "lead = \"LeadHistory\""),
        ("[salesforce.objects.user", "[salesforce.objects.person"),
        ("[salesforce.objects.user", "[salesforce.objects.person"),
        ("window_minutes = 15 ", "window_minutes = 20000 "),
        ("max_unlinked_percent = 30.0", "max_unlinked_percent = 130"),
        ("unlinked_severity = \"warn\"", "unlinked_severity = \"pass\""),
        ("max_variance_percent = 0.5", "max_variance_percent = -1"),
        ("variance_severity = \"warn\"", "variance_severity = \"pass\""),
        ("service_level_seconds = 20", "service_level_seconds = 0"),
    ]), @r#"
    settings tributary.toml: business_time_zone = "Mars": must be an IANA zone such as Europe/Berlin
    settings tributary.toml: plan.horizon_days = 0: must be 1 to 366
    settings tributary.toml: plan.window_hours = 7: must divide a day: 1, 2, 3, 4, 6, 8, 12 or 24
    settings tributary.toml: plan.intraday_lookback_hours = 0: must be 1 to 168: with 0 an intraday run reads nothing, and what is older than a week is the night's work
    settings tributary.toml: genesys.requests_per_minute = 0: must be at least 1
    settings tributary.toml: genesys.settle_hours = 100000: must be 1 to 720: so many hours after its end a nightly run reads a window for the last time
    settings tributary.toml: genesys.job_page_size = 100000: must be 1 to 1000: larger pages are not known to be served, and a page is held in memory
    settings tributary.toml: genesys.contact_batch_size = 5000: must be 1 to 1000: the ids are in one request
    settings tributary.toml: genesys.details_batch_size = 500: must be 1 to 200: the ids are in the address of the request, and servers take about 8000 bytes of it
    settings tributary.toml: genesys.aggregate_minutes = 7: must divide a day of 1440 minutes
    settings tributary.toml: salesforce.lag_seconds = 1000000: must be 0 to 86400
    settings tributary.toml: salesforce.reconcile_ids_days = 4000000000: must be 0 to 366; 0 compares no ids
    settings tributary.toml: match.window_minutes = 20000: must be 0 to 10080: a case of another week is not about the conversation
    settings tributary.toml: kpi.service_level_seconds = 0: must be 1 to 3600: who waits longer was not served in time anywhere
    settings tributary.toml: salesforce.max_purged_percent = NaN: must be 0 to 100
    settings tributary.toml: check.max_unlinked_percent = 130.0: must be 0 to 100
    settings tributary.toml: check.max_variance_percent = -1.0: must be 0 to 100
    settings tributary.toml: genesys.objects = "evalution": is none of evaluation, survey, user_aggregate, queue_aggregate, adherence, conversation_attribute
    settings tributary.toml: genesys.objects = "mood": is none of evaluation, survey, user_aggregate, queue_aggregate, adherence, conversation_attribute
    settings tributary.toml: genesys.salesforce_source_names = "": is no name; take it out of the list
    settings tributary.toml: salesforce.objects = "user": this object is missing; the warehouse needs all five
    settings tributary.toml: salesforce.objects = "person": is none of account, contact, case, opportunity, user
    settings tributary.toml: salesforce.history = "lead": is none of account, contact, case, opportunity
    settings tributary.toml: salesforce.api_version = "sixty": must be a version of the API with its ".0", as "66.0"
    settings tributary.toml: salesforce.initial_start = 2000-01-01T00:00:00.5Z: must be in 1970 or later, in whole seconds
    settings tributary.toml: check.unlinked_severity = "pass": must be warn or fail
    settings tributary.toml: check.variance_severity = "pass": must be warn or fail
    settings tributary.toml: genesys.max_in_flight = 3: must be at least plan.max_concurrency = 4, one for each worker; raise it, or lower plan.max_concurrency and MaxConcurrency in infra/pipeline.asl.json
    settings tributary.toml: salesforce.max_in_flight = 2: must be at least plan.max_concurrency = 4, one for each worker; raise it, or lower plan.max_concurrency and MaxConcurrency in infra/pipeline.asl.json
    settings tributary.toml: genesys.query_result_cap = 50: must be at least genesys.query_page_size = 100, or a query is cut before its first page is read
    "#);
}

#[test]
fn windows_that_skip_hours_short_overlaps_and_names_the_merge_cannot_take_are_refused() {
    let many = format!("case_id = [\"{}\"]", "x".repeat(4000));
    insta::assert_snapshot!(refused(&[
        ("intraday_lookback_hours = 3", "intraday_lookback_hours = 1"),
        ("intraday_window_minutes = 60", "intraday_window_minutes = 120"),
        ("overlap_seconds = 600", "overlap_seconds = 300"),
        ("case_id = [\"sfCaseId\"]", &many),
        ("account_id = [\"sfAccountId\"]", "account_id = [\"one,two\"]"),
    ]), @r#"
    settings tributary.toml: salesforce.overlap_seconds = 300: must be 600 to 86400: changes become visible out of order, and a shorter overlap loses some
    settings tributary.toml: genesys.attributes.case_id = 4002 bytes: must be fewer or shorter texts: all together, 4000 bytes at most
    settings tributary.toml: genesys.attributes.account_id = "one,two": must be one name, without a comma
    settings tributary.toml: plan.intraday_window_minutes = 120: must be at most plan.intraday_lookback_hours = 1, 60 minutes, or intraday runs skip what lies between
    "#);
}

#[test]
fn every_key_that_cannot_be_read_is_told_at_once_with_what_would_do() {
    let text = changed(&[
        (
            "business_time_zone = \"UTC\"",
            "business_time_zone = 5\ncolour = \"red\"",
        ),
        ("max_concurrency = 4", "max_concurrency = -3"),
        ("horizon_days = 7", "horizon_days = \"seven\""),
        ("window_hours = 24", "window_hours = 7.5"),
        ("settle_hours = 96", "setle_hours = 96"),
        ("query_start_filter = true", "query_start_filter = \"yes\""),
        ("objects = [\"evaluation\"", "objects = [5"),
        (
            "# direction = \"inbound\"",
            "direction = \"sideways\"\nsegment = [{type = \"and\", predicate = []}]",
        ),
        ("case_id = [\"sfCaseId\"]", "case_id = \"sfCaseId\""),
        (
            "initial_start = \"2000-01-01T00:00:00Z\"",
            "initial_start = \"2000-01-01\"",
        ),
        ("max_purged_percent = 5.0", "max_purged_percent = \"5\""),
        ("industry = \"Industry\"", "industry = 7\nsector = 8"),
        (
            "[match]\nwindow_minutes = 15 ",
            "[matches]\nwindow_minutes = 15 ",
        ),
        (
            "unlinked_severity = \"warn\"",
            "unlinked_severity = \"loud\"",
        ),
        ("variance_severity = \"warn\"", "variance_severity = 1"),
        (
            "ways = [\"attribute\", \"external_contact\"",
            "ways = [\"attribute\", \"guess\"",
        ),
        ("default_region = \"\"", "default_region = 49"),
        ("count_cases = true", "count_cases = \"no\""),
        // Told as well: it could be read, and breaks a rule.
        (
            "intraday_window_minutes = 60",
            "intraday_window_minutes = 0",
        ),
        ("job_page_size = 1000", "job_page_size = 0"),
    ]);
    let error = Settings::parse(&text).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    settings tributary.toml: business_time_zone = 5: must be a text, in quotes
    settings tributary.toml: check.unlinked_severity = "loud": must be warn or fail
    settings tributary.toml: check.variance_severity = 1: must be warn or fail
    settings tributary.toml: colour: unknown field `colour`; known here: business_time_zone, plan, genesys, salesforce, match, link, phone, check, kpi, partner
    settings tributary.toml: genesys.attributes.case_id = "sfCaseId": must be a list, as ["one", "another"]
    settings tributary.toml: genesys.filter.direction = "sideways": must be inbound or outbound
    settings tributary.toml: genesys.filter.segment[0].predicate: unknown field `predicate`; known here: type, predicates, clauses
    settings tributary.toml: genesys.objects[0] = 5: must be a text, in quotes
    settings tributary.toml: genesys.query_start_filter = "yes": must be true or false, without quotes
    settings tributary.toml: genesys.setle_hours: unknown field `setle_hours`; known here: requests_per_minute, max_in_flight, settle_hours, query_page_size, job_page_size, query_result_cap, query_start_filter, contact_batch_size, salesforce_source_names, attributes, objects, aggregate_minutes, details_batch_size, live_attributes_per_window, management_units, filter
    settings tributary.toml: genesys.settle_hours: is missing; 96 is usual
    settings tributary.toml: link.ways[1] = "guess": must be one of attribute, external_contact, phone
    settings tributary.toml: matches: unknown field `matches`; known here: business_time_zone, plan, genesys, salesforce, match, link, phone, check, kpi, partner
    settings tributary.toml: phone.default_region = 49: must be a text, in quotes
    settings tributary.toml: plan.horizon_days = "seven": must be a whole number, 1 to 366
    settings tributary.toml: plan.max_concurrency = -3: must be a whole number, 1 to 40
    settings tributary.toml: plan.window_hours = 7.5: must be a whole number: must divide a day: 1, 2, 3, 4, 6, 8, 12 or 24
    settings tributary.toml: salesforce.count_cases = "no": must be true or false, without quotes
    settings tributary.toml: salesforce.initial_start = "2000-01-01": must be an instant with date, time and zone, in quotes, as "2000-01-01T00:00:00Z"
    settings tributary.toml: salesforce.max_purged_percent = "5": must be a number, without quotes
    settings tributary.toml: salesforce.objects.account.columns.industry = 7: must be a text, in quotes
    settings tributary.toml: salesforce.objects.account.columns.sector = 8: must be a text, in quotes
    settings tributary.toml: match: this table is missing
    settings tributary.toml: plan.intraday_window_minutes = 0: must be 1 to 1440
    settings tributary.toml: genesys.job_page_size = 0: must be 1 to 1000: larger pages are not known to be served, and a page is held in memory
    "#);
    let read = Settings::read(&text).unwrap();
    let has = [
        "plan.max_concurrency",
        "plan.intraday_lag_minutes",
        "match.window_minutes",
    ]
    .map(|key| read.has(key));
    assert_eq!(has, [false, true, false]);
    assert!(read.settings.is_some());
}

#[test]
fn a_whole_number_that_its_place_does_not_hold_is_out_of_range_like_any_other() {
    insta::assert_snapshot!(refused(&[
        ("max_concurrency = 4", "max_concurrency = 99999999999"),
        ("window_hours = 24", "window_hours = 99999999999"),
        ("settle_hours = 96", "settle_hours = 99999999999"),
        ("requests_per_minute = 300", "requests_per_minute = 99999999999"),
        ("max_in_flight = 15", "max_in_flight = 99999999999"),
    ]), @"
    settings tributary.toml: genesys.max_in_flight = 99999999999: must be at least 1 and at most 4294967295
    settings tributary.toml: genesys.requests_per_minute = 99999999999: must be at least 1 and at most 4294967295
    settings tributary.toml: genesys.settle_hours = 99999999999: must be 1 to 720: so many hours after its end a nightly run reads a window for the last time
    settings tributary.toml: plan.max_concurrency = 99999999999: must be 1 to 40
    settings tributary.toml: plan.window_hours = 99999999999: must divide a day: 1, 2, 3, 4, 6, 8, 12 or 24
    ");
}

#[test]
fn a_word_is_told_with_those_there_are_whatever_stands_in_its_place() {
    let text = refused(&[(
        "# direction = \"inbound\"",
        "direction = 5\nsegment = [{type = \"and\", predicates = [{dimension = \"ani\", value = 12025550143}]}]",
    )]);
    insta::assert_snapshot!(text, @"
    settings tributary.toml: genesys.filter.direction = 5: must be inbound or outbound
    settings tributary.toml: genesys.filter.segment[0].predicates[0].value: must be a text, in quotes
    ");
    insta::assert_snapshot!(refused(&[("[genesys.filter]\n", "[genesys.filter]\ndirection = [\"inbound\"]\n")]), @r#"settings tributary.toml: genesys.filter.direction = ["inbound"]: must be inbound or outbound"#);
}

#[test]
fn a_value_that_could_not_be_read_is_compared_with_nothing() {
    // The usual number of workers stands in its place, and has nothing to do with these quotas.
    insta::assert_snapshot!(refused(&[
        ("max_concurrency = 4", "max_concurrency = \"two\""),
        ("max_in_flight = 4\n", "max_in_flight = 2\n"),
    ]), @r#"settings tributary.toml: plan.max_concurrency = "two": must be a whole number, 1 to 40"#);
}

#[test]
fn an_instant_may_stand_without_quotes_and_a_day_is_none() {
    let with = |start: &str| {
        let shipped = "initial_start = \"2000-01-01T00:00:00Z\"";
        Settings::parse(&changed(&[(shipped, &format!("initial_start = {start}"))]))
    };
    let start = with("2001-02-03T04:05:06Z")
        .unwrap()
        .salesforce
        .initial_start;
    assert_eq!(start.to_string(), "2001-02-03T04:05:06Z");
    insta::assert_snapshot!(with("2001-02-03").unwrap_err(), @r#"settings tributary.toml: salesforce.initial_start = 2001-02-03: must be an instant with date, time and zone, in quotes, as "2000-01-01T00:00:00Z""#);
}

#[test]
fn what_is_not_looked_at_is_told() {
    let many: Vec<_> = (0..=MOST).map(|no| format!("colour_{no} = 1")).collect();
    let text = format!("{}\n{SHIPPED}", many.join("\n"));
    let read = Settings::read(&text).unwrap();
    assert_eq!(read.wrong.len(), MOST + 1);
    assert!(read.settings.is_none() && !read.has("plan.window_hours"));
    insta::assert_snapshot!(read.wrong[MOST], @"settings tributary.toml: the rest: is not looked at before these are mended");
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    let error = Settings::parse(&changed(&[("horizon_days = 7", "horizon_days 7")])).unwrap_err();
    assert!(
        matches!(&error, SettingsError::Format(cause) if cause.to_string().contains("line 8")),
        "{error:?}"
    );
}

#[test]
fn every_key_that_is_a_number_has_a_rule() {
    let shipped: Table = toml::from_str(SHIPPED).unwrap();
    let mut tables = vec![(String::new(), &shipped)];
    let mut numbers = 0;
    while let Some((place, table)) = tables.pop() {
        for (key, value) in table {
            let key = format!("{place}{key}");
            match value {
                Value::Table(table) => tables.push((format!("{key}."), table)),
                Value::Integer(_) => {
                    assert!(rules::of_number(&key).is_some(), "{key}");
                    numbers += 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!(numbers, 27);
}

/// Every key with its tables, without the columns of the customer's own.
fn keys(text: &str) -> BTreeSet<String> {
    let whole: Table = toml::from_str(text).unwrap();
    let mut tables = vec![(String::new(), whole)];
    let mut keys = BTreeSet::new();
    while let Some((place, table)) = tables.pop() {
        for (key, value) in table {
            let key = format!("{place}{key}");
            match value {
                Value::Table(table) if !key.ends_with(".columns") => {
                    tables.push((format!("{key}."), table));
                }
                _ => {}
            }
            keys.insert(key);
        }
    }
    keys
}

#[test]
fn there_is_a_stand_in_for_every_setting_and_they_break_no_rule() {
    let missing: Vec<_> = keys(SHIPPED).difference(&keys(STAND_IN)).cloned().collect();
    assert_eq!(missing, Vec::<String>::new());
    Settings::parse(STAND_IN).unwrap();
}

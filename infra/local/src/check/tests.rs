#![allow(clippy::unwrap_used)]

use super::*;
const SHIPPED: &str = include_str!("../../../settings/tributary.toml");
const REPORT: &str = include_str!("../../../settings/reports/escalation_by_tier.toml");

/// A settings folder with other lines, gone with this value.
struct Changed(PathBuf);

impl Changed {
    fn new(name: &str, settings: &[(&str, &str)], report: (&str, &str)) -> Self {
        let folder = std::env::temp_dir().join(format!("check-{name}-{}", std::process::id()));
        let text = settings
            .iter()
            .fold(SHIPPED.to_owned(), |text, (from, to)| {
                assert!(text.contains(from), "{from}");
                text.replacen(from, to, 1)
            });
        std::fs::create_dir_all(folder.join("reports")).unwrap();
        std::fs::write(folder.join("tributary.toml"), text).unwrap();
        let report = REPORT.replacen(report.0, report.1, 1);
        std::fs::write(folder.join("reports/escalation_by_tier.toml"), report).unwrap();
        Self(folder)
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn found(folder: &Path) -> Found {
    let places = Places::of_this_repository().unwrap();
    look(&places, folder, "2026-01-20T02:00:00Z".parse().unwrap())
}

/// Everything that is wrong, a line each; the repository has nothing else.
fn told(folder: &Path) -> String {
    let place = folder.to_string_lossy().into_owned();
    found(folder).problems.join("\n").replace(&place, "DIR")
}

#[test]
fn the_repository_agrees_with_itself() {
    let shipped = Places::of_this_repository().unwrap().infra("settings");
    let found = found(&shipped);
    let events = std::fs::read_dir("../../events/pipeline").unwrap().count();
    assert_eq!(
        found.text(),
        format!(
            "Looked at 1 settings file, 1 report and {events} events; they, template and state machine agree"
        )
    );
}

#[test]
fn whatever_a_run_would_refuse_is_told_and_all_of_it_at_once() {
    let changed = Changed::new(
        "rules",
        &[
            ("max_in_flight = 4\n", "max_in_flight = 2\n"),
            ("api_version = \"66.0\"", "api_version = \"sixty\""),
            ("customer_tier = ", "customer_teir = "),
            ("job_page_size = 1000", "job_page_size = 100000"),
            ("intraday_lookback_hours = 3", "intraday_lookback_hours = 0"),
            (
                "initial_start = \"2000-01-01",
                "initial_start = \"2036-01-01",
            ),
            (
                "division_ids = []\n",
                "division_ids = []\n[[genesys.filter.segment]]\ntype = \"and\"\npredicates = [{dimension = \"queueID\", value = \"q\"}]\n",
            ),
        ],
        ("view = \"", "view = \"nope_"),
    );
    insta::assert_snapshot!(told(&changed.0), @r#"
    settings tributary.toml: plan.intraday_lookback_hours = 0: must be 1 to 168: with 0 an intraday run reads nothing, and what is older than a week is the night's work
    settings tributary.toml: genesys.job_page_size = 100000: must be 1 to 1000: larger pages are not known to be served, and a page is held in memory
    settings tributary.toml: salesforce.api_version = "sixty": must be a version of the API with its ".0", as "66.0"
    settings tributary.toml: salesforce.max_in_flight = 2: must be at least plan.max_concurrency = 4, one for each worker; raise it, or lower plan.max_concurrency and MaxConcurrency in infra/pipeline.asl.json
    settings tributary.toml: salesforce.objects.account.columns.customer_teir = "Customer_Tier__c": staging.salesforce_account has no such column; it has master_record_id, account_name, account_type, industry, customer_tier, ltv_usd, phone, owner_id, owner_name, parent_account_id
    settings tributary.toml: genesys.filter.segment[0].predicates[0].dimension = "queueID": is no dimension of a segment; nearest: queueId, edgeId, groupId
    report settings reports/escalation_by_tier.toml: view = "nope_mart.escalation_by_tier": is no view for reports; use one of: mart.escalation_by_tier
    settings tributary.toml: salesforce.initial_start = 2036-01-01T00:00:00Z: must be before the run, or nothing of Salesforce is read
    "#);
}

#[test]
fn keys_that_cannot_be_read_hide_neither_each_other_nor_the_state_machine_s_number() {
    let changed = Changed::new(
        "keys",
        &[
            ("horizon_days = 7", "horizon_days = -3"),
            ("settle_hours = 96", "setle_hours = 96"),
            ("query_start_filter = true", "query_start_filter = \"yes\""),
            ("max_concurrency = 4", "max_concurrency = 3"),
            ("window_hours = 24", "window_hours = 5"),
        ],
        ("", ""),
    );
    insta::assert_snapshot!(told(&changed.0), @r#"
    settings tributary.toml: genesys.query_start_filter = "yes": must be true or false, without quotes
    settings tributary.toml: genesys.setle_hours: unknown field `setle_hours`; known here: requests_per_minute, max_in_flight, settle_hours, query_page_size, job_page_size, query_result_cap, query_start_filter, contact_batch_size, salesforce_source_names, attributes, objects, aggregate_minutes, details_batch_size, live_attributes_per_window, management_units, filter
    settings tributary.toml: genesys.settle_hours: is missing; 96 is usual
    settings tributary.toml: plan.horizon_days = -3: must be a whole number, 1 to 366
    settings tributary.toml: plan.window_hours = 5: must divide a day: 1, 2, 3, 4, 6, 8, 12 or 24
    pipeline.asl.json: Extract/GenesysWindows has MaxConcurrency 4, but tributary.toml divides the quotas by plan.max_concurrency = 3
    pipeline.asl.json: Extract/SalesforceWindows has MaxConcurrency 4, but tributary.toml divides the quotas by plan.max_concurrency = 3
    "#);
    let unread = Changed::new(
        "number",
        &[("max_concurrency = 4", "max_concurrency = \"4\"")],
        ("", ""),
    );
    insta::assert_snapshot!(told(&unread.0), @r#"settings tributary.toml: plan.max_concurrency = "4": must be a whole number, 1 to 40"#);
    let no_toml = Changed::new("toml", &[("horizon_days = 7", "horizon_days 7")], ("", ""));
    insta::assert_snapshot!(told(&no_toml.0), @r"
    settings tributary.toml cannot be read; what else is wrong shows when this is mended: TOML parse error at line 8, column 14
      |
    8 | horizon_days 7              # a nightly run looks this far back for gaps; older gaps need a backfill
      |              ^
    key with no value, expected `=`
    ");
}

#[test]
fn what_a_run_accepts_and_tells_is_a_note_and_no_problem() {
    let changed = Changed::new(
        "note",
        &[
            ("media_types = []", "media_types = [\"fax\"]"),
            ("horizon_days = 7", "horizon_days = 3"),
        ],
        ("", ""),
    );
    let reports = changed.0.join("reports");
    for name in ["agents.tml", "old.toml.bak", ".agents.toml.swp"] {
        std::fs::write(reports.join(name), REPORT).unwrap();
    }
    std::fs::create_dir(reports.join("old")).unwrap();
    let noted = found(&changed.0);
    assert_eq!(noted.problems, Vec::<String>::new());
    insta::assert_snapshot!(noted.notes.join("\n"), @r#"
    settings tributary.toml: genesys.filter.media_types[0] = "fax": no value of mediaType that the specification lists (callback, chat, cobrowse, email, internalmessage, message, screenmonitoring, screenshare, unknown, video, voice); unless the platform has it by now, nothing matches it
    settings tributary.toml: plan.horizon_days = 3: windows leave it before they are final (genesys.settle_hours = 96); no nightly run will settle them: make it at least 5
    settings reports/agents.tml: its name does not end in .toml, so no run makes a report of it; rename it, or keep it elsewhere
    settings reports/old: its name does not end in .toml, so no run makes a report of it; rename it, or keep it elsewhere
    settings reports/old.toml.bak: its name does not end in .toml, so no run makes a report of it; rename it, or keep it elsewhere
    "#);
    // A twin takes such a folder as a deployment does.
    let copy = changed.0.join("copy");
    deploy::copy_settings(&changed.0, &copy, |text| Ok(text.to_owned())).unwrap();
    assert!(copy.join("reports/agents.tml").is_file());
    // A report that cannot be made hides none of it, and counts as one that was looked at.
    std::fs::write(reports.join("wrong.toml"), "").unwrap();
    let wrong = found(&changed.0);
    assert_eq!((wrong.problems.len(), &wrong.notes), (1, &noted.notes));
    // Nor does a value out of range.
    let path = changed.0.join("tributary.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let large = settings.replacen("job_page_size = 1000", "job_page_size = 100000", 1);
    std::fs::write(&path, large).unwrap();
    let wrong = found(&changed.0);
    assert_eq!((wrong.problems.len(), &wrong.notes), (2, &noted.notes));
    std::fs::write(&path, settings).unwrap();
    let wrong = found(&changed.0);
    let text = wrong.text();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("note: settings "), "{text}");
    let last = lines[lines.len() - 1];
    let read = "Looked at 1 settings file, 2 reports and ";
    assert!(last.starts_with(read), "{text}");
    assert!(text.contains(&wrong.problems[0]), "{text}");
    assert!(!text.contains("agree"), "{text}");
}

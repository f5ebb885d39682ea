use super::*;
use jiff::SignedDuration;
use model::RunId;

fn settings() -> Settings {
    Settings::parse(include_str!("../../../../infra/settings/tributary.toml")).unwrap()
}

fn estimate(
    choices: &[Choice],
    ledger: &[Entry],
    available_until: Option<Timestamp>,
    usage: Option<Usage>,
) -> Estimate {
    Estimator::new(&settings(), ledger, available_until).estimate(choices, usage)
}

fn day(day: u32) -> Window {
    let at = |day| {
        format!("2026-01-{day:02}T00:00:00Z")
            .parse::<Timestamp>()
            .unwrap()
    };
    Window::new(at(day), at(day + 1)).unwrap()
}

fn entry(object: &str, window: Window, received: u64, calls: u64) -> Entry {
    Entry {
        batch_id: RunId::try_from("nightly-20260102".to_owned()).unwrap(),
        mode: "nightly".to_owned(),
        source: "genesys".to_owned(),
        object: object.to_owned(),
        window,
        is_settled: false,
        received,
        calls,
    }
}

#[test]
fn a_day_costs_what_days_have_cost() {
    let mut ledger = [
        entry("conversation", day(1), 24_000, 40),
        entry("external_contact", day(1), 10_000, 200),
        entry("user", day(1), 400, 4),
        // A listing that failed is no sign that listings are short.
        entry("user", day(2), 0, 0),
    ];
    ledger[3].mode = LEFT_OUT.to_owned();
    let choices = [
        Choice::new(Source::Genesys, "conversation", day(2)),
        Choice::new(Source::Genesys, "user", day(2)),
    ];
    let until = Some(day(2).end());
    let estimate = estimate(&choices, &ledger, until, None);
    // A job of 24 pages, the contacts of a day, a listing.
    assert_eq!(estimate.genesys_calls, CALLS_PER_JOB + 24 + 200 + 4);
    assert_eq!(estimate.bytes, 24_000 * 6_000 + 400 * 700);
    assert_eq!(estimate.minutes, 1);
    assert_eq!(estimate.salesforce_daily_share_bp, None);
}

#[test]
fn a_day_that_no_job_can_read_yet_costs_a_query_s_pages() {
    let ledger = [
        entry("conversation", day(1), 24_000, 40),
        entry("external_contact", day(1), 0, 0),
    ];
    let choices = [Choice::new(Source::Genesys, "conversation", day(2))];
    let calls = |until| {
        let estimate = estimate(&choices, &ledger, until, None);
        estimate.genesys_calls
    };
    assert_eq!(calls(None), 2 + 240);
    assert_eq!(calls(Some(day(1).end())), 2 + 240);
    assert_eq!(calls(Some(day(2).end())), CALLS_PER_JOB + 24);
}

#[test]
fn the_share_of_salesforce_s_day_is_told_in_hundredths_of_a_percent() {
    let choices = [Choice::new(Source::Salesforce, "account", day(2))];
    let usage = Some(Usage {
        used: 18,
        limit: 5_000,
    });
    let estimate = estimate(&choices, &[], None, usage);
    assert_eq!(estimate.salesforce_calls, 2);
    assert_eq!(estimate.salesforce_daily_share_bp, Some(4));
}

#[test]
fn a_first_load_made_again_costs_what_the_first_one_did() {
    let begin: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
    let whole = |until| Window::new(begin, until).unwrap();
    let mut first = entry("account", whole(day(1).start()), 700, 3);
    first.source = "salesforce".to_owned();
    let choices = [Choice::new(
        Source::Salesforce,
        "account",
        whole(day(2).start()),
    )];
    let with = |ledger: &[Entry]| estimate(&choices, ledger, None, None);
    assert_eq!(with(&[first]).bytes, 700 * 1_200);
    assert_eq!(with(&[]).bytes, GUESSED_FIRST_LOAD * 1_200);
}

#[test]
fn counts_of_many_days_are_no_first_load() {
    let end = day(2).start();
    let begin = end - SignedDuration::from_hours(90 * 24);
    let days = Window::new(begin, end).unwrap();
    let choices = [Choice::new(Source::Salesforce, CASE_COUNT, days)];
    let with = |ledger: &[Entry]| estimate(&choices, ledger, None, None);
    assert_eq!(with(&[]).bytes, 90 * 24 * 150);
    let mut known = entry(CASE_COUNT, days, 180, 1);
    known.source = "salesforce".to_owned();
    assert_eq!(
        (with(&[known]).bytes, with(&[]).salesforce_calls),
        (180 * 150, 1)
    );
}

#[test]
fn every_object_costs_something_without_any_history() {
    for object in model::settings::GENESYS_OBJECTS {
        let choices = [Choice::new(Source::Genesys, object, day(2))];
        let estimate = estimate(&choices, &[], None, None);
        assert!(
            estimate.genesys_calls > 0 && estimate.bytes > 0,
            "{object}: {estimate:?}"
        );
    }
}

#[test]
fn what_salesforce_has_counted_is_taken_before_any_guess() {
    let begin: Timestamp = "2000-01-01T00:00:00Z".parse().unwrap();
    let whole = Window::new(begin, day(2).start()).unwrap();
    let calls = |object: &str, records: Option<u64>| {
        let mut choice = Choice::new(Source::Salesforce, object, whole);
        choice.records = records;
        estimate(&[choice], &[], None, None).salesforce_calls
    };
    // The guess is a bulk job of one page; accounts name their owner, who is described as well.
    assert_eq!(calls("account", None), 6 + 2 + 1);
    assert_eq!(calls("account", Some(0)), 2);
    assert_eq!(calls("account", Some(9_000)), 1 + 5);
    assert_eq!(calls("case", Some(1_000_000)), 6 + 1 + 10 + 20);
}

#[test]
fn the_first_list_of_ids_is_as_long_as_what_was_read() {
    let mut read = entry("account", day(1), 30_000, 2);
    read.source = "salesforce".to_owned();
    let choices = [Choice::new(Source::Salesforce, "account_ids", day(2))];
    let bytes = |ledger: &[Entry]| estimate(&choices, ledger, None, None).bytes;
    assert_eq!(
        (bytes(&[read]), bytes(&[])),
        (30_000 * 150, GUESSED_FIRST_LOAD * 150)
    );
}

#[test]
fn a_select_that_fits_no_url_costs_a_job_however_few_its_records_are() {
    let mut settings = settings();
    let account = settings.salesforce.objects.get_mut("account").unwrap();
    account.extra = (0..400)
        .map(|n| format!("A_rather_long_custom_field_{n}__c"))
        .collect();
    let choices = [Choice::new(Source::Salesforce, "account", day(2))];
    let calls =
        |settings: &Settings| Estimator::new(settings, &[], None).salesforce_calls(&choices);
    assert_eq!((calls(&settings), calls(&self::settings())), (6 + 2 + 1, 2));
}

#[test]
fn slices_of_a_first_load_say_nothing_of_what_a_day_brings() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let slice = Window::new(at("2010-01-01T00:00:00Z"), at("2010-01-03T00:00:00Z")).unwrap();
    let mut ledger = [
        entry("account", day(1), 100, 2),
        entry("account", slice, 1_000_000, 40),
    ];
    for entry in &mut ledger {
        entry.source = "salesforce".to_owned();
    }
    let choices = [Choice::new(Source::Salesforce, "account", day(2))];
    assert_eq!(estimate(&choices, &ledger, None, None).bytes, 100 * 1_200);
}

#[test]
fn without_a_past_agents_do_what_so_many_conversations_take() {
    let settings = settings();
    let choice = |object| Choice::new(Source::Genesys, object, day(2));
    let mut estimator = Estimator::new(&settings, &[], None);
    assert!(estimator.guesses_conversations());
    assert_eq!(estimator.records(&choice("conversation")), 500 * 24);
    // 240 conversations in two days.
    estimator.volume = Some(Volume {
        conversations: 240,
        seconds: 2 * 86_400,
    });
    assert_eq!(estimator.records(&choice("conversation")), 120);
    assert_eq!(estimator.records(&choice("evaluation")), 6);
    // Agents are listed whether they talk or not, and customers are another system's.
    assert_eq!(estimator.records(&choice("user")), 500);
    let account = Choice::new(Source::Salesforce, "account", day(2));
    assert_eq!(estimator.records(&account), 30 * 24);
    // The ledger's own conversations tell as much of what has never been read.
    let ledger = [entry("conversation", day(1), 120, 40)];
    let estimator = Estimator::new(&settings, &ledger, None);
    assert!(!estimator.guesses_conversations());
    assert_eq!(estimator.records(&choice("evaluation")), 6);
}

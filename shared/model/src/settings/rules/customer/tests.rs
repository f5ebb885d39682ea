#![allow(clippy::unwrap_used)]

use super::super::super::{LinkWay, Settings};
use crate::payload::Verdict;
use std::fmt::Write as _;

const SHIPPED: &str = include_str!("../../../../../../infra/settings/tributary.toml");

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

/// The shipped text and, at its end, `more`.
fn with(more: &str) -> Result<Settings, String> {
    Settings::parse(&format!("{SHIPPED}\n{more}")).map_err(|error| error.to_string())
}

#[test]
fn settings_of_an_older_version_mean_what_the_shipped_ones_say() {
    let tables = ["[link]", "[phone]", "[kpi]"];
    let keys = ["count_cases", "max_variance_percent", "variance_severity"];
    let mut is_new = false;
    let kept = SHIPPED.lines().filter(|line| {
        if line.starts_with('[') {
            is_new = tables.contains(line);
        }
        !is_new && !keys.iter().any(|key| line.starts_with(key))
    });
    let old: String = kept.flat_map(|line| [line, "\n"]).collect();
    assert!(!old.contains("ways ="));
    for settings in [SHIPPED, &old].map(|text| Settings::parse(text).unwrap()) {
        assert_eq!(settings.link.ways, LinkWay::ALL);
        let texts = [
            settings.link.ways_text(),
            settings.link.id_prefixes_text(),
            settings.link.account_prefixes_text(),
            settings.link.contact_prefixes_text(),
            settings.link.case_prefixes_text(),
            settings.matching.windows_text(),
        ];
        assert_eq!(
            texts,
            [
                ",attribute,external_contact,phone,",
                ",",
                ",001,",
                ",003,",
                ",500,",
                ","
            ]
        );
        assert_eq!(settings.phone.default_region, "");
        assert!(settings.salesforce.count_cases && settings.partners.is_empty());
        assert_eq!(settings.kpi.service_level_seconds, 20);
        let check = &settings.check;
        assert!((check.max_variance_percent - 0.5).abs() < f64::EPSILON);
        assert_eq!(check.variance_severity, Verdict::Warn);
    }
}

#[test]
fn what_a_deployer_chooses_is_what_the_merge_is_given() {
    let text = changed(&[
        (
            "ways = [\"attribute\", \"external_contact\", \"phone\"]",
            "ways = [\"phone\", \"attribute\"]",
        ),
        (
            "id_prefixes = []",
            "id_prefixes = [\"sandbox:\", \"prod-\"]",
        ),
        (
            "account_prefixes = [\"001\"]",
            "account_prefixes = [\"001\", \"a0B\"]",
        ),
        ("default_region = \"\"", "default_region = \"DE\""),
    ]) + "
        [[match.wider]]
        from = \"2026-12-24T00:00:00+01:00\"
        to = \"2027-01-02T00:00:00Z\"
        minutes = 2880
        [[match.wider]]
        from = 2026-12-31T12:00:00Z
        to = 2027-01-01T12:00:00Z
        minutes = 15
        [[partner]]
        name = \"acme_2\"
        queue_ids = [\"q-1\", \"q-2\"]
    ";
    let settings = Settings::parse(&text).unwrap();
    assert_eq!(settings.link.ways_text(), ",phone,attribute,");
    assert_eq!(settings.link.id_prefixes_text(), ",sandbox:,prod-,");
    assert_eq!(settings.link.account_prefixes_text(), ",001,a0B,");
    assert_eq!(settings.phone.default_region, "DE");
    assert_eq!(
        settings.matching.windows_text(),
        ",2026-12-23T23:00:00/2027-01-02T00:00:00/2880,2026-12-31T12:00:00/2027-01-01T12:00:00/15,"
    );
    let [partner] = &settings.partners[..] else {
        panic!("{:?}", settings.partners);
    };
    assert_eq!(partner.role(), "tributary_partner_acme_2");
    assert_eq!(partner.queue_ids, ["q-1", "q-2"]);
    let none = changed(&[(
        "ways = [\"attribute\", \"external_contact\", \"phone\"]",
        "ways = []",
    )]);
    assert_eq!(Settings::parse(&none).unwrap().link.ways_text(), ",");
}

#[test]
fn ways_texts_before_ids_and_kinds_of_ids_that_contradict_each_other_are_refused() {
    let many = format!("id_prefixes = [\"{}\"]", "x".repeat(4000));
    insta::assert_snapshot!(refused(&[("id_prefixes = []", &many)]), @"settings tributary.toml: link.id_prefixes = 4002 bytes: must be fewer or shorter texts: all together, 4000 bytes at most");
    insta::assert_snapshot!(refused(&[
        ("ways = [\"attribute\", \"external_contact\"", "ways = [\"phone\", \"external_contact\""),
        ("id_prefixes = []", "id_prefixes = [\"\", \"a,b\", \"tab\\t\", \"qa:\", \"qa:\", \"003x\"]"),
        ("account_prefixes = [\"001\"]", "account_prefixes = [\"001\", \"01\", \"0-1\", \"500\"]"),
        ("contact_prefixes = [\"003\"]", "contact_prefixes = [\"003\", \"003\"]"),
    ]), @r#"
    settings tributary.toml: link.ways = "phone": stands twice; each way is tried once, in its place in the list
    settings tributary.toml: link.id_prefixes = "": is no text that could be cut off; take it out of the list
    settings tributary.toml: link.id_prefixes = "a,b": must be one text, without a comma, a line break or another control character
    settings tributary.toml: link.id_prefixes = "tab\t": must be one text, without a comma, a line break or another control character
    settings tributary.toml: link.id_prefixes = "qa:": stands twice; take one out
    settings tributary.toml: link.account_prefixes = "01": must be the three letters or digits that ids begin with, as "001"
    settings tributary.toml: link.account_prefixes = "0-1": must be the three letters or digits that ids begin with, as "001"
    settings tributary.toml: link.contact_prefixes = "003": stands twice; take one out
    settings tributary.toml: link.case_prefixes = "500": stands in link.account_prefixes as well; an id is of one kind: take it out of one of the two
    settings tributary.toml: link.id_prefixes = "003x": begins like an id ("003" of link.contact_prefixes), of which nothing may be cut off; take it out
    "#);
    insta::assert_snapshot!(refused(&[("case_prefixes = [\"500\"]", "case_prefixes = []")]), @"settings tributary.toml: link.case_prefixes = []: must have at least one, or no id is known for what it is; 001, 003 and 500 are usual");
    // What could not be read is compared with nothing: the usual "001" stands in its place.
    insta::assert_snapshot!(refused(&[
        ("account_prefixes = [\"001\"]", "account_prefixes = 1"),
        ("case_prefixes = [\"500\"]", "case_prefixes = [\"001\"]"),
    ]), @r#"settings tributary.toml: link.account_prefixes = 1: must be a list, as ["one", "another"]"#);
}

#[test]
fn a_region_nobody_has_numbers_in_is_refused() {
    insta::assert_snapshot!(refused(&[("default_region = \"\"", "default_region = \"UK\"")]), @r#"settings tributary.toml: phone.default_region = "UK": must be the ISO code of a country in capitals, as "US", or empty: then numbers without + are not used"#);
}

#[test]
fn a_wider_window_is_dated_wider_and_not_boundless() {
    let wider = |from: &str, to: &str, minutes: u32| {
        format!("[[match.wider]]\nfrom = \"{from}\"\nto = \"{to}\"\nminutes = {minutes}\n")
    };
    let text = [
        wider("2026-12-24T00:00:00Z", "2026-12-24T00:00:00Z", 14),
        wider("1969-12-31T00:00:00Z", "2026-12-24T00:00:00.5Z", 0),
        wider("2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z", 40_321),
    ];
    insta::assert_snapshot!(with(&text.concat()).unwrap_err(), @"
    settings tributary.toml: match.wider[0].from = 2026-12-24T00:00:00Z: must be before match.wider[0].to = 2026-12-24T00:00:00Z: it holds from the one until before the other
    settings tributary.toml: match.wider[1].from = 1969-12-31T00:00:00Z: must be in 1970 or later, in whole seconds
    settings tributary.toml: match.wider[1].to = 2026-12-24T00:00:00.5Z: must be in 1970 or later, in whole seconds
    settings tributary.toml: match.wider[1].minutes = 0: must be 1 to 40320: a case from more than four weeks away is not about the conversation
    settings tributary.toml: match.wider[2].minutes = 40321: must be 1 to 40320: a case from more than four weeks away is not about the conversation
    settings tributary.toml: match.wider[0].minutes = 14: must be at least match.window_minutes = 15: the window can only be wider
    ");
    let mut many = String::new();
    for day in 1..=25 {
        let from = format!("2026-12-{day:02}T00:00:00Z");
        for minutes in [40_319, 40_320] {
            let _ = write!(many, "{}", wider(&from, "2026-12-31T00:00:00Z", minutes));
        }
    }
    // Fifty of the longest still are one parameter.
    let text = with(&many).unwrap().matching.windows_text();
    assert!(text.len() <= super::MOST_OF_TEXT, "{}", text.len());
    let more = many + &wider("2026-12-30T00:00:00Z", "2026-12-31T00:00:00Z", 60);
    insta::assert_snapshot!(with(&more).unwrap_err(), @"settings tributary.toml: match.wider = 51 tables: must be at most 50 tables; take out those that are long past");
}

#[test]
fn tables_of_lists_are_told_with_their_places_and_what_would_do() {
    let text = "
        [[match.wider]]
        from = \"2026-12-24\"
        to = \"2027-01-02T00:00:00Z\"
        minutes = 5
        [[partner]]
        name = \"acme\"
    ";
    insta::assert_snapshot!(with(text).unwrap_err(), @r#"
    settings tributary.toml: match.wider[0].from = "2026-12-24": must be an instant with date, time and zone, in quotes, as "2000-01-01T00:00:00Z"
    settings tributary.toml: partner[0].queue_ids: is missing
    "#);
    let text = "
        [[match.wider]]
        from = \"2026-12-24T00:00:00Z\"
        to = \"2027-01-02T00:00:00Z\"
        minutes = \"many\"
        [[partner]]
        name = 5
        queue_ids = [\"q\"]
    ";
    insta::assert_snapshot!(with(text).unwrap_err(), @r#"
    settings tributary.toml: match.wider[0].minutes = "many": must be a whole number of minutes, without quotes
    settings tributary.toml: partner[0].name = 5: must be a text, in quotes
    "#);
}

#[test]
fn a_partner_has_a_name_of_its_own_and_queues() {
    let partner = |name: &str, queues: &str| {
        format!("[[partner]]\nname = \"{name}\"\nqueue_ids = {queues}\n")
    };
    let text = [
        partner("acme", "[\"q\"]"),
        partner("acme", "[]"),
        partner("Acme", "[\"q\", \"\", \"a,b\", \"q') or (1=1\"]"),
        partner("2nd", "[\"q\"]"),
        partner(&"a".repeat(41), &format!("[\"{}\"]", "q".repeat(65))),
        partner("big", &format!("[{}]", "\"q\",".repeat(2000))),
    ];
    insta::assert_snapshot!(with(&text.concat()).unwrap_err(), @r#"
    settings tributary.toml: partner[1].name = "acme": is another partner's name; give each a name of its own
    settings tributary.toml: partner[1].queue_ids = []: must name at least one queue; a partner without one would see nothing, or everything
    settings tributary.toml: partner[2].name = "Acme": must be a name as "acme": small letters, digits and _, beginning with a letter, at most 40; the role is called tributary_partner_<name>
    settings tributary.toml: partner[2].queue_ids = "": must be a queue's id in Genesys Cloud: letters, digits and hyphens, 64 at most
    settings tributary.toml: partner[2].queue_ids = "a,b": must be a queue's id in Genesys Cloud: letters, digits and hyphens, 64 at most
    settings tributary.toml: partner[2].queue_ids = "q') or (1=1": must be a queue's id in Genesys Cloud: letters, digits and hyphens, 64 at most
    settings tributary.toml: partner[3].name = "2nd": must be a name as "acme": small letters, digits and _, beginning with a letter, at most 40; the role is called tributary_partner_<name>
    settings tributary.toml: partner[4].name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be a name as "acme": small letters, digits and _, beginning with a letter, at most 40; the role is called tributary_partner_<name>
    settings tributary.toml: partner[4].queue_ids = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq": must be a queue's id in Genesys Cloud: letters, digits and hyphens, 64 at most
    settings tributary.toml: partner[5].queue_ids = 4001 bytes: must be fewer or shorter texts: all together, 4000 bytes at most
    "#);
    let id = "7c9e6a1e-31f0-4f0e-9a55-0d7a2f6c1b11";
    let longest = with(&partner(&"a".repeat(40), &format!("[\"{id}\"]"))).unwrap();
    let view = format!("partner_{}_interactions", longest.partners[0].name);
    assert!(longest.partners[0].role().len() <= 63 && view.len() <= 63);
}

#[test]
fn buckets_of_aggregates_begin_at_every_midnight_of_the_business_zone() {
    let of = |zone: &str, minutes: u32| {
        changed(&[
            (
                "business_time_zone = \"UTC\"",
                &format!("business_time_zone = \"{zone}\""),
            ),
            (
                "aggregate_minutes = 30",
                &format!("aggregate_minutes = {minutes}"),
            ),
        ])
    };
    for (zone, minutes) in [
        ("UTC", 1440),
        ("Europe/Berlin", 60),
        ("America/New_York", 60),
        ("Asia/Tokyo", 180),
        ("Asia/Kolkata", 30),
        ("Asia/Kathmandu", 15),
        ("Australia/Lord_Howe", 30),
    ] {
        Settings::parse(&of(zone, minutes)).unwrap();
    }
    let refused: Vec<_> = [
        ("Europe/Berlin", 120),
        ("Asia/Kolkata", 60),
        ("Asia/Kathmandu", 30),
        ("Australia/Lord_Howe", 60),
        ("America/St_Johns", 60),
        ("Mars", 60),
    ]
    .map(|(zone, minutes)| Settings::parse(&of(zone, minutes)).unwrap_err().to_string())
    .into();
    insta::assert_snapshot!(refused.join("\n"), @r#"
    settings tributary.toml: genesys.aggregate_minutes = 120: must divide every UTC offset of business_time_zone = "Europe/Berlin", as +01, or its days begin within a bucket; 60 is the longest that does
    settings tributary.toml: genesys.aggregate_minutes = 60: must divide every UTC offset of business_time_zone = "Asia/Kolkata", as +05:30, or its days begin within a bucket; 30 is the longest that does
    settings tributary.toml: genesys.aggregate_minutes = 30: must divide every UTC offset of business_time_zone = "Asia/Kathmandu", as +05:45, or its days begin within a bucket; 15 is the longest that does
    settings tributary.toml: genesys.aggregate_minutes = 60: must divide every UTC offset of business_time_zone = "Australia/Lord_Howe", as +10:30, or its days begin within a bucket; 30 is the longest that does
    settings tributary.toml: genesys.aggregate_minutes = 60: must divide every UTC offset of business_time_zone = "America/St_Johns", as -03:30, or its days begin within a bucket; 30 is the longest that does
    settings tributary.toml: business_time_zone = "Mars": must be an IANA zone such as Europe/Berlin
    "#);
}

#[test]
fn fields_that_history_is_looked_up_by_fit_into_one_text() {
    let long = format!("industry = \"{}.Name\"", "x".repeat(7500));
    insta::assert_snapshot!(refused(&[("industry = \"Industry\"", &long)]), @"settings tributary.toml: salesforce.objects = 16369 bytes: must be fewer columns, or shorter fields, of the objects in salesforce.history: their names together, 16000 bytes at most");
}

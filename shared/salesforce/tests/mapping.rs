//! Records become rows of the real staging tables, by the settings as shipped.

#![allow(clippy::unwrap_used)] // helpers of tests

use model::RunId;
use model::phone::Numbers;
use model::rows::{Refusal, Rows};
use model::settings::{SalesforceObject, Settings};
use model::table::Table;
use salesforce::{Mapping, Record, Select};

const SETTINGS: &str = include_str!("../../../infra/settings/tributary.toml");

fn table(object: &str) -> Table {
    Table::parse(match object {
        "account" => include_str!("../../warehouse/sql/staging/salesforce_account.sql"),
        "contact" => include_str!("../../warehouse/sql/staging/salesforce_contact.sql"),
        "case" => include_str!("../../warehouse/sql/staging/salesforce_case.sql"),
        _ => include_str!("../../warehouse/sql/staging/salesforce_opportunity.sql"),
    })
    .unwrap()
}

fn settings(object: &str) -> SalesforceObject {
    Settings::parse(SETTINGS)
        .unwrap()
        .salesforce
        .objects
        .remove(object)
        .unwrap()
}

fn mapping(object: &str) -> Mapping {
    Mapping::new(object, &settings(object), &table(object)).unwrap()
}

fn write(mapping: &Mapping, object: &str, payload: &str) -> Result<String, Refusal> {
    let mut rows = Rows::new(
        &RunId::try_from("r-1".to_owned()).unwrap(),
        vec![table(object)],
    );
    rows.begin(7, "2026-01-05T10:00:00Z".parse().unwrap());
    let record = Record::parse(payload)?;
    record.id()?;
    mapping.write(&record, &mut rows)?;
    Ok(rows.take(0).0)
}

const ACCOUNT: &str = r#"{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/a0D30000001n7PiEAI"},
    "Id":"a0D30000001n7Pi","IsDeleted":true,"SystemModstamp":"2026-01-04T23:59:59.000+0000","CreatedDate":"2020-02-29T01:02:03Z","LastModifiedDate":null,
    "MasterRecordId":"003G000001SUbc4","Name":"Größe \"& Co\" 😀\r\nZwei","Type":"","Industry":"NA","Customer_Tier__c":null,
    "Lifetime_Value_USD__c":1.2345678901234567E7,"Phone":"None","OwnerId":"70130000001tcyIAAQ","Owner":{"attributes":{},"Name":"Ada"},"ParentId":null,"Surprise__c":[1]}"#;

#[test]
fn an_account_keeps_every_value_as_it_came() {
    insta::assert_snapshot!(write(&mapping("account"), "account", ACCOUNT).unwrap().replace('\r', "<CR>"), @r#"
    "r-1",7,2026-01-05 10:00:00,true,2026-01-04 23:59:59,2020-02-29 01:02:03,\N,"a0D30000001n7PiEAI","003G000001SUbc4IAD","Größe ""& Co"" 😀<CR>
    Zwei","","NA",\N,12345678.901234567,"None","70130000001tcyIAAQ","Ada",\N,\N
    "#);
}

#[test]
fn the_other_objects_are_mapped_by_their_own_columns() {
    let case = r#"{"Id":"500000000000001AAA","IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00.000+0000","CaseNumber":"00001026","IsClosed":true,"ClosedDate":"2026-01-03T00:00:00.000+0000","AccountId":null}"#;
    let opportunity = r#"{"Id":"006000000000001AAA","IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00.000+0000","Amount":10000.0,"CloseDate":"2026-02-28","IsWon":false}"#;
    let contact = r#"{"Id":"003000000000001AAA","IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00.000+0000","Email":"a@b.example"}"#;
    let rows = [
        ("case", case),
        ("opportunity", opportunity),
        ("contact", contact),
    ]
    .map(|(object, payload)| write(&mapping(object), object, payload).unwrap());
    insta::assert_snapshot!(rows.concat(), @r#"
    "r-1",7,2026-01-05 10:00:00,false,2026-01-04 00:00:00,\N,\N,"500000000000001AAA",\N,"00001026",\N,\N,\N,\N,\N,\N,\N,true,2026-01-03 00:00:00,\N,\N
    "r-1",7,2026-01-05 10:00:00,false,2026-01-04 00:00:00,\N,\N,"006000000000001AAA",\N,\N,\N,10000.0,\N,\N,false,2026-02-28,\N,\N
    "r-1",7,2026-01-05 10:00:00,false,2026-01-04 00:00:00,\N,\N,"003000000000001AAA",\N,\N,\N,"a@b.example",\N,\N,\N,\N
    "#);
}

#[test]
fn the_numbers_of_telephones_stand_beside_the_record_by_the_fields_of_the_settings() {
    let numbers = |object: &str, settings: &SalesforceObject, payload: &str| {
        let definition = include_str!("../../warehouse/sql/staging/phone_number.sql");
        let tables = vec![table(object), Table::parse(definition).unwrap()];
        let mut rows = Rows::new(&RunId::try_from("r-1".to_owned()).unwrap(), tables);
        rows.begin(7, "2026-01-05T10:00:00Z".parse().unwrap());
        let mapping = Mapping::new(object, settings, &table(object)).unwrap();
        let mapping = mapping.with_numbers(Numbers::in_region("US"));
        let record = Record::parse(payload).unwrap();
        mapping.write(&record, &mut rows).unwrap();
        assert_eq!(rows.take(0).1, 1);
        (mapping.has_phones(), rows.take(1).0)
    };
    let contact = r#"{"Id":"003000000000001AAA","IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00.000+0000","Phone":"(202) 555-0143","MobilePhone":"+1 202 555 0177","HomePhone":"+1 202 555 0188"}"#;
    let account = r#"{"Id":"001000000000001AAA","IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00.000+0000","Phone":"by \u0041ppointment","MobilePhone":"+1 202 555 0177"}"#;
    let mut other = settings("contact");
    other.columns.remove("mobile_phone");
    other
        .columns
        .insert("phone".to_owned(), "HomePhone".to_owned());
    let told = [
        numbers("contact", &settings("contact"), contact),
        numbers("contact", &other, contact),
        numbers("account", &settings("account"), account),
    ];
    insta::assert_snapshot!(told.map(|(has, csv)| format!("{has}\n{csv}")).concat(), @r#"
    true
    "r-1",7,2026-01-05 10:00:00,"(202) 555-0143","+12025550143"
    "r-1",7,2026-01-05 10:00:00,"+1 202 555 0177","+12025550177"
    true
    "r-1",7,2026-01-05 10:00:00,"+1 202 555 0188","+12025550188"
    true
    "#);
    other.columns.remove("phone");
    let (has_phones, csv) = numbers("contact", &other, contact);
    assert!(!has_phones && csv.is_empty());
    assert!(!mapping("case").has_phones());
}

#[test]
fn a_history_tells_the_numbers_that_a_record_had_before() {
    let told = |object: &str, settings: Option<&SalesforceObject>, changes: &[&str]| {
        let definition = include_str!("../../warehouse/sql/staging/salesforce_history.sql");
        let history = Table::parse(definition).unwrap();
        let definition = include_str!("../../warehouse/sql/staging/phone_number.sql");
        let tables = vec![history.clone(), Table::parse(definition).unwrap()];
        let mut rows = Rows::new(&RunId::try_from("r-1".to_owned()).unwrap(), tables);
        let mapping = Mapping::history(object, "X", settings, &history).unwrap();
        let mapping = mapping.with_numbers(Numbers::in_region("US"));
        for (line, change) in changes.iter().enumerate() {
            rows.begin(line as u64, "2026-01-05T10:00:00Z".parse().unwrap());
            let payload = format!(
                r#"{{"Id":"017000000000001AAA","ContactId":"003000000000001AAA","AccountId":"001000000000001AAA","IsDeleted":false,"CreatedDate":"2026-01-04T00:00:00.000+0000",{change}}}"#
            );
            mapping
                .write(&Record::parse(&payload).unwrap(), &mut rows)
                .unwrap();
        }
        assert_eq!(rows.take(0).1, changes.len() as u64);
        (mapping.has_phones(), rows.take(1).0)
    };
    let changes = [
        r#""Field":"Phone","OldValue":"(202) 555-0143","NewValue":"(202) 555-0144""#,
        r#""Field":"MobilePhone","OldValue":"+1 202 555 0177","NewValue":null"#,
        r#""Field":"Phone","OldValue":null,"NewValue":"(202) 555-0145""#,
        r#""Field":"Phone","OldValue":"ask Ann","NewValue":"(202) 555-0145""#,
        r#""Field":"Title","OldValue":"(202) 555-0146","NewValue":"x""#,
        r#""Field":"HomePhone","OldValue":"(202) 555-0147","NewValue":"x""#,
    ];
    let mut other = settings("contact");
    other
        .columns
        .insert("phone".to_owned(), "HomePhone".to_owned());
    let all = [
        told("contact", Some(&settings("contact")), &changes),
        told("contact", Some(&other), &changes),
        told("account", Some(&settings("account")), &changes),
    ];
    insta::assert_snapshot!(all.map(|(has, csv)| format!("{has}\n{csv}")).concat(), @r#"
    true
    "r-1",0,2026-01-05 10:00:00,"(202) 555-0143","+12025550143"
    "r-1",1,2026-01-05 10:00:00,"+1 202 555 0177","+12025550177"
    true
    "r-1",1,2026-01-05 10:00:00,"+1 202 555 0177","+12025550177"
    "r-1",5,2026-01-05 10:00:00,"(202) 555-0147","+12025550147"
    true
    "r-1",0,2026-01-05 10:00:00,"(202) 555-0143","+12025550143"
    "#);
    other.columns.remove("phone");
    other.columns.remove("mobile_phone");
    for none in [
        told("contact", Some(&other), &changes),
        told("contact", None, &changes),
    ] {
        assert_eq!(none, (false, String::new()));
    }
}

#[test]
fn further_fields_land_in_extra_as_received() {
    let mut settings = settings("account");
    settings.extra = vec![
        "Rating".to_owned(),
        "Owner.Email".to_owned(),
        "Score__c".to_owned(),
    ];
    let mapping = Mapping::new("account", &settings, &table("account")).unwrap();
    let payload = r#"{"Id":"001000000000001AAA","IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00Z","Rating":"\"hot\"","Owner":{"Email":null},"Score__c":0.30}"#;
    let row = write(&mapping, "account", payload).unwrap();
    assert!(row.ends_with(",\"{\"\"Rating\"\":\"\"\\\"\"hot\\\"\"\"\",\"\"Owner.Email\"\":null,\"\"Score__c\"\":0.30}\"\n"), "{row}");
}

#[test]
fn a_record_that_cannot_be_a_row_says_why() {
    let with = |field: &str| {
        format!(
            r#"{{"Id":"001000000000001AAA","IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00Z",{field}}}"#
        )
    };
    let cases = [
        r#"{"IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00Z"}"#.to_owned(),
        r#"{"Id":null,"IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00Z"}"#.to_owned(),
        r#"{"Id":"001-not-an-id","IsDeleted":false,"SystemModstamp":"2026-01-04T00:00:00Z"}"#
            .to_owned(),
        r#"{"Id":"001000000000001AAA","IsDeleted":false}"#.to_owned(),
        r#"{"Id":"001000000000001AAA","SystemModstamp":"2026-01-04T00:00:00Z"}"#.to_owned(),
        r#"{"Id":"001000000000001AAA","IsDeleted":false,"SystemModstamp":"soon"}"#.to_owned(),
        with(r#""OwnerId":"nobody""#),
        with(r#""ParentId":"""#),
        with(r#""IsDeleted":"no""#),
        with(r#""Lifetime_Value_USD__c":"much""#),
        with(r#""Name":"\ud800""#),
        with(r#""Name":"a\u0000b""#),
        with(r#""Name":"\\N""#),
        with(r#""Owner":"Ada""#),
        with(&format!(r#""Name":"{}""#, "x".repeat(1021))),
        r#"["Id"]"#.to_owned(),
        r#"{"Id":"#.to_owned(),
    ];
    let refusals: Vec<String> = cases
        .iter()
        .map(|payload| {
            write(&mapping("account"), "account", payload)
                .unwrap_err()
                .to_string()
        })
        .collect();
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn settings_that_do_not_fit_the_table_are_refused_by_key_and_value() {
    let refused = |change: &dyn Fn(&mut SalesforceObject)| {
        let mut settings = settings("account");
        change(&mut settings);
        Mapping::new("account", &settings, &table("account"))
            .unwrap_err()
            .to_string()
    };
    let column = |name: &str, path: &str| {
        let (name, path) = (name.to_owned(), path.to_owned());
        refused(&move |s| {
            s.columns.insert(name.clone(), path.clone());
        })
    };
    let texts = [
        column("colour", "Colour__c"),
        column("industry", "Industry FROM User"),
        column("account_id", "Id"),
        column("extra", "Name"),
        column("record_no", "Name"),
        refused(&|s| s.extra = vec!["Owner..Name".to_owned()]),
        refused(&|s| s.sobject = "Account, User".to_owned()),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn the_shipped_settings_ask_for_each_field_once() {
    let mapping = mapping("account");
    let select = Select::new(mapping.sobject(), mapping.fields()).unwrap();
    insta::assert_snapshot!(select, @"SELECT Id, IsDeleted, SystemModstamp, CreatedDate, LastModifiedDate, Name, Type, Customer_Tier__c, Industry, Lifetime_Value_USD__c, MasterRecordId, OwnerId, Owner.Name, ParentId, Phone FROM Account");
}

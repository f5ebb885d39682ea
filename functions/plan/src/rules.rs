//! What settings can get wrong in a plan, whoever else accepts them.

use crate::{PlanError, sources};
use genesys::query::{FilterError, aggregate_filter, check_filter};
use jiff::Timestamp;
use model::filter::Filter;
use model::settings::{Read, Settings, Wrong};

/// Everything that is wrong whenever the run is.
pub(crate) fn check_settings(read: &Read, settings: &Settings) -> Vec<PlanError> {
    let mut problems = sources::check_columns(settings);
    let place = "settings tributary.toml: genesys.";
    let genesys = &settings.genesys;
    let mut found = filter_problems(place, &genesys.filter);
    let counts_queues = genesys.objects.iter().any(|name| name == "queue_aggregate");
    if found.is_empty() && counts_queues && read.has("genesys.objects") {
        // What the details know and the counts do not would make the two sides of the reconciliation differ for ever.
        let advice = "; or take queue_aggregate out of genesys.objects";
        found = refused(place, aggregate_filter(&genesys.filter).map(drop), advice);
    }
    problems.extend(found);
    problems
}

/// A run that is before anything of Salesforce: it would succeed and have read nothing of it. `at` is what the run counts as,
/// and blamed when it is odd.
pub(crate) fn check_start(
    settings: &Settings,
    at: Timestamp,
    started_at: Timestamp,
) -> Result<(), PlanError> {
    let start = settings.salesforce.initial_start;
    // A run on the very day of the beginning has nothing to read of it as yet, and says so.
    if start <= at {
        return Ok(());
    }
    if start <= started_at {
        let rule = format!(
            "must not be before salesforce.initial_start = {start} of the settings, or nothing of Salesforce is read; give a later one, or leave it out"
        );
        let value = at.to_string();
        return Err(PlanError::Input {
            field: "at",
            value,
            rule,
        });
    }
    let rule = "must be before the run, or nothing of Salesforce is read";
    Err(Wrong::new("salesforce.initial_start", start, rule).into())
}

/// Refuses a filter that the API would refuse.
pub(crate) fn check_filter_of(place: &'static str, filter: &Filter) -> Result<(), PlanError> {
    PlanError::of(filter_problems(place, filter))
}

fn filter_problems(place: &'static str, filter: &Filter) -> Vec<PlanError> {
    refused(place, check_filter(filter), "")
}

/// Every part that is refused, each told with its place.
fn refused(
    place: &'static str,
    checked: Result<(), FilterError>,
    advice: &'static str,
) -> Vec<PlanError> {
    let problem = |cause| PlanError::Filter {
        place,
        cause,
        advice,
    };
    let refusals = checked.err().map(|error| error.refusals().to_vec());
    refusals.into_iter().flatten().map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../infra/settings/tributary.toml");

    fn problems(from: &str, to: &str) -> String {
        assert!(SHIPPED.contains(from), "{from}");
        let read = Settings::read(&SHIPPED.replacen(from, to, 1)).unwrap();
        assert_eq!(read.wrong, []);
        let found = check_settings(&read, read.settings.as_ref().unwrap());
        found
            .iter()
            .map(PlanError::text)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn settings_under_which_nothing_would_be_read_are_refused() {
        let at = "2026-01-20T02:00:00Z".parse().unwrap();
        let mut settings = Settings::parse(SHIPPED).unwrap();
        check_start(&settings, at, at).unwrap();
        settings.salesforce.initial_start = "2036-01-01T00:00:00Z".parse().unwrap();
        insta::assert_snapshot!(check_start(&settings, at, at).unwrap_err(), @"settings tributary.toml: salesforce.initial_start = 2036-01-01T00:00:00Z: must be before the run, or nothing of Salesforce is read");
        // Here it is the input that is odd.
        let started_at = "2036-01-02T02:00:00Z".parse().unwrap();
        insta::assert_snapshot!(check_start(&settings, at, started_at).unwrap_err(), @"input at = 2026-01-20T02:00:00Z: must not be before salesforce.initial_start = 2036-01-01T00:00:00Z of the settings, or nothing of Salesforce is read; give a later one, or leave it out");
        // At midnight as two hours later: no whole day of Salesforce has passed.
        let at = settings.salesforce.initial_start;
        check_start(&settings, at, at).unwrap();
    }

    #[test]
    fn every_column_without_a_place_in_its_table_is_told() {
        assert_eq!(problems("", ""), "");
        insta::assert_snapshot!(problems(
            "sobject = \"Account\"\nextra = []\n[salesforce.objects.account.columns]\n",
            "sobject = \"Acc ount\"\nextra = [\"Fine__c\", \"not a field\", \"nor this\"]\n[salesforce.objects.account.columns]\ncustomer_teir = \"X\"\ncreated_at = \"CreatedDate\"\n",
        ), @r#"
        settings tributary.toml: salesforce.objects.account.sobject = "Acc ount": is no Salesforce name: letters, digits and '_', beginning with a letter
        settings tributary.toml: salesforce.objects.account.columns.created_at = "CreatedDate": this column is always filled; remove the line
        settings tributary.toml: salesforce.objects.account.columns.customer_teir = "X": staging.salesforce_account has no such column; it has master_record_id, account_name, account_type, industry, customer_tier, ltv_usd, phone, owner_id, owner_name, parent_account_id
        settings tributary.toml: salesforce.objects.account.extra = "not a field": is no field path: letters, digits and '_' joined by dots, at most five relationships (Owner.Name)
        settings tributary.toml: salesforce.objects.account.extra = "nor this": is no field path: letters, digits and '_' joined by dots, at most five relationships (Owner.Name)
        "#);
    }

    #[test]
    fn every_part_of_a_filter_that_the_api_would_refuse_is_told() {
        insta::assert_snapshot!(problems("queue_ids = []\nmedia_types = []\ndivision_ids = []\n", r#"
queue_ids = ["", "q", " "]
[[genesys.filter.segment]]
type = "and"
predicates = [{dimension = "queueID", value = "q"}, {dimension = "ani"}]
clauses = [{type = "or", predicates = []}]
[[genesys.filter.segment]]
type = "and"
predicates = [{dimension = "queueId", value = "q"}]
[[genesys.filter.segment]]
type = "or"
[[genesys.filter.conversation]]
type = "and"
predicates = [{dimension = "colour", value = "red"}]
"#), @r#"
        settings tributary.toml: genesys.filter.queue_ids[0]: must not be empty
        settings tributary.toml: genesys.filter.queue_ids[2]: must not be empty
        settings tributary.toml: genesys.filter.conversation[0].predicates[0].dimension = "colour": is no dimension of a conversation; nearest: divisionId, externalTag, conversationId
        settings tributary.toml: genesys.filter.segment[0].predicates[0].dimension = "queueID": is no dimension of a segment; nearest: queueId, edgeId, groupId
        settings tributary.toml: genesys.filter.segment[0].predicates[1]: has neither a value nor a range; give one, or ask for "exists"
        settings tributary.toml: genesys.filter.segment[0].clauses[0].predicates: must hold at least one predicate
        settings tributary.toml: genesys.filter.segment[2]: has neither predicates nor clauses; give one or leave the group out
        "#);
        insta::assert_snapshot!(problems("division_ids = []\n", r#"
[[genesys.filter.conversation]]
type = "and"
predicates = [{type = "metric", metric = "tHandle", range = {gt = 1}}, {type = "metric", metric = "tHeld", range = {gt = 1}}]
[[genesys.filter.conversation]]
type = "and"
predicates = [{dimension = "originatingDirection", value = "inbound"}]
[[genesys.filter.conversation]]
type = "and"
predicates = [{type = "metric", metric = "tTalk", range = {gt = 1}}]
"#), @r#"
        settings tributary.toml: genesys.filter.conversation[0].predicates[0].type = "metric": a filter of conversation aggregates takes no such predicate; or take queue_aggregate out of genesys.objects
        settings tributary.toml: genesys.filter.conversation[0].predicates[1].type = "metric": a filter of conversation aggregates takes no such predicate; or take queue_aggregate out of genesys.objects
        settings tributary.toml: genesys.filter.conversation[2].predicates[0].type = "metric": a filter of conversation aggregates takes no such predicate; or take queue_aggregate out of genesys.objects
        "#);
    }
}

//! The operations the Genesys client names are in the vendor's description that the fake checks every request and answer
//! against. (That the requests fit it is shown there: the fake refuses one that does not.)

use anyhow::Result;
use serde_json::Value;

/// Method and path of everything the client asks for.
const OPERATIONS: [(&str, &str); 23] = [
    (
        "get",
        "/api/v2/analytics/conversations/details/jobs/availability",
    ),
    ("post", "/api/v2/analytics/conversations/details/jobs"),
    (
        "get",
        "/api/v2/analytics/conversations/details/jobs/{jobId}",
    ),
    (
        "delete",
        "/api/v2/analytics/conversations/details/jobs/{jobId}",
    ),
    (
        "get",
        "/api/v2/analytics/conversations/details/jobs/{jobId}/results",
    ),
    ("post", "/api/v2/analytics/conversations/details/query"),
    ("get", "/api/v2/analytics/conversations/details"),
    (
        "get",
        "/api/v2/analytics/conversations/{conversationId}/details",
    ),
    ("get", "/api/v2/conversations/{conversationId}"),
    ("post", "/api/v2/analytics/conversations/aggregates/query"),
    ("post", "/api/v2/analytics/users/aggregates/query"),
    ("post", "/api/v2/analytics/evaluations/aggregates/query"),
    ("post", "/api/v2/analytics/surveys/aggregates/query"),
    ("get", "/api/v2/workforcemanagement/managementunits"),
    (
        "post",
        "/api/v2/workforcemanagement/adherence/historical/bulk",
    ),
    (
        "get",
        "/api/v2/workforcemanagement/adherence/historical/bulk/jobs/{jobId}",
    ),
    ("get", "/api/v2/authorization/divisions"),
    ("get", "/api/v2/outbound/campaigns"),
    ("get", "/api/v2/routing/queues"),
    ("get", "/api/v2/routing/wrapupcodes"),
    ("get", "/api/v2/users"),
    ("post", "/api/v2/externalcontacts/bulk/contacts"),
    ("get", "/api/v2/externalcontacts/externalsources"),
];

#[test]
fn every_operation_the_client_names_is_described() -> Result<()> {
    let described: Value = serde_json::from_str(&super::text("tests/fakes/openapi/genesys.json")?)?;
    for (method, path) in OPERATIONS {
        assert!(
            described["paths"][path][method].is_object(),
            "{method} {path} is not in tests/fakes/openapi/genesys.json"
        );
    }
    Ok(())
}

#[test]
fn the_client_names_no_other_operation() -> Result<()> {
    let mut found = 0;
    for name in super::names("shared/genesys/src/api")? {
        let source = super::text(&format!("shared/genesys/src/api/{name}"))?;
        for literal in source
            .split('"')
            .filter(|part| part.starts_with("/api/v2/"))
        {
            found += 1;
            assert!(
                OPERATIONS.iter().any(|(_, path)| *path == literal),
                "shared/genesys/src/api/{name} names {literal}, which this test does not know"
            );
        }
    }
    assert!(found >= 17, "only {found} paths were found");
    Ok(())
}

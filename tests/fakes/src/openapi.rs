//! Checks requests and answers against the published shapes of the Genesys Cloud operations (`openapi/genesys.json`).
//!
//! The dialect is the part of Swagger 2.0 those shapes use: types, required properties, references, arrays, maps and
//! enums. A property that no definition names is a problem unless the definition says it was cut short.

use crate::server::pairs;
use serde_json::Value;
use std::sync::LazyLock;

static SHAPES: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../openapi/genesys.json")).unwrap_or_default()
});

/// Checks a request: the operation exists, its query parameters are known and of their type, its body fits. `path`
/// may carry a query.
///
/// # Errors
/// Every problem found, each with the place it was found at.
pub fn validate_request(method: &str, path: &str, body: Option<&Value>) -> Result<(), Vec<String>> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let Some(operation) = operation(method, path) else {
        return Err(vec![format!("{method} {path}: no such operation")]);
    };
    let mut problems = Vec::new();
    let parameters = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let given = pairs(query);
    for (name, value) in &given {
        let known = parameters
            .iter()
            .find(|one| one["in"] == "query" && one["name"] == name.as_str());
        match known {
            None => problems.push(format!("query parameter {name}: unknown")),
            Some(known) if !fits_type(known["type"].as_str(), value) => {
                problems.push(format!(
                    "query parameter {name}: {value:?} is no {}",
                    known["type"]
                ));
            }
            Some(_) => {}
        }
    }
    for parameter in parameters.iter().filter(|one| one["required"] == true) {
        let name = parameter["name"].as_str().unwrap_or_default();
        match parameter["in"].as_str() {
            Some("query") if !given.iter().any(|(key, _)| key == name) => {
                problems.push(format!("query parameter {name}: required"));
            }
            Some("body") if body.is_none() => problems.push("body: required".to_owned()),
            _ => {}
        }
    }
    let schema = parameters
        .iter()
        .find(|one| one["in"] == "body")
        .map(|one| &one["schema"]);
    match (schema, body) {
        (Some(schema), Some(body)) => check(schema, body, "body", &mut problems),
        (None, Some(_)) => problems.push("body: this operation takes none".to_owned()),
        _ => {}
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Checks the body of an answer with a 2xx status.
///
/// # Errors
/// Every problem found, each with the place it was found at.
pub fn validate_response(
    method: &str,
    path: &str,
    status: u16,
    body: Option<&Value>,
) -> Result<(), Vec<String>> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let Some(operation) = operation(method, path) else {
        return Err(vec![format!("{method} {path}: no such operation")]);
    };
    let answer = &operation["responses"][status.to_string()];
    if answer.is_null() {
        return Err(vec![format!(
            "{method} {path}: status {status} is not one of its answers"
        )]);
    }
    let mut problems = Vec::new();
    match (&answer["schema"], body) {
        (Value::Null, None) => {}
        (Value::Null, Some(_)) => problems.push("body: this answer has none".to_owned()),
        (_, None) => problems.push("body: missing".to_owned()),
        (schema, Some(body)) => check(schema, body, "body", &mut problems),
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Checks a value against a definition by its name.
///
/// # Errors
/// Every problem found, each with the place it was found at.
pub fn validate_definition(name: &str, value: &Value) -> Result<(), Vec<String>> {
    let definition = &SHAPES["definitions"][name];
    if definition.is_null() {
        return Err(vec![format!("{name}: no such definition")]);
    }
    let mut problems = Vec::new();
    check(definition, value, name, &mut problems);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// The operation of a path: a literal path wins over one with a placeholder.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let paths = SHAPES["paths"].as_object()?;
    let fits = |template: &str| {
        let mut wanted = template.split('/');
        path.split('/').all(|part| {
            wanted
                .next()
                .is_some_and(|one| one == part || (one.starts_with('{') && !part.is_empty()))
        }) && wanted.next().is_none()
    };
    let item = paths.get(path).or_else(|| {
        paths
            .iter()
            .find(|(template, _)| fits(template))
            .map(|(_, item)| item)
    })?;
    item.get(method.to_ascii_lowercase())
}

fn fits_type(kind: Option<&str>, value: &str) -> bool {
    match kind {
        Some("integer") => value.parse::<i64>().is_ok(),
        Some("boolean") => matches!(value, "true" | "false"),
        _ => true,
    }
}

fn check(schema: &Value, value: &Value, place: &str, problems: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let definition = &SHAPES["definitions"][name];
        if definition.is_null() {
            problems.push(format!("{place}: refers to {name}, which does not exist"));
        } else {
            check(definition, value, place, problems);
        }
        return;
    }
    let kind = schema["type"].as_str().unwrap_or("any");
    let fits = match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => true,
    };
    if !fits {
        problems.push(format!("{place}: {} is no {kind}", shown(value)));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        problems.push(format!(
            "{place}: {} is none of the listed values",
            shown(value)
        ));
    }
    if schema["format"] == "date-time"
        && value
            .as_str()
            .is_some_and(|text| text.parse::<jiff::Timestamp>().is_err())
    {
        problems.push(format!("{place}: {} is no instant", shown(value)));
    }
    if let Some(all) = value.as_array() {
        for (index, one) in all.iter().enumerate() {
            check(
                &schema["items"],
                one,
                &format!("{place}[{index}]"),
                problems,
            );
        }
    }
    if let Some(object) = value.as_object() {
        check_object(schema, object, place, problems);
    }
}

fn check_object(
    schema: &Value,
    object: &serde_json::Map<String, Value>,
    place: &str,
    problems: &mut Vec<String>,
) {
    for required in schema["required"].as_array().into_iter().flatten() {
        if required
            .as_str()
            .is_some_and(|name| !object.contains_key(name))
        {
            problems.push(format!(
                "{place}.{}: required",
                required.as_str().unwrap_or_default()
            ));
        }
    }
    let properties = schema["properties"].as_object();
    // An object without any property named is a free map.
    let open = schema["x-open"] == true
        || (properties.is_none() && schema["additionalProperties"].is_null());
    for (name, value) in object {
        let place = format!("{place}.{name}");
        match properties.and_then(|all| all.get(name)) {
            Some(known) => check(known, value, &place, problems),
            None if schema["additionalProperties"].is_object() => {
                check(&schema["additionalProperties"], value, &place, problems);
            }
            None if open => {}
            None => problems.push(format!("{place}: unknown property")),
        }
    }
}

fn shown(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const QUERY: &str = "/api/v2/analytics/conversations/details/query";

    #[test]
    fn a_query_as_published_is_accepted() {
        let body = json!({
            "interval": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", "order": "asc", "orderBy": "conversationStart",
            "paging": {"pageSize": 100, "pageNumber": 1},
            "conversationFilters": [{"type": "and", "predicates": [{"dimension": "conversationEnd", "operator": "exists"}]}],
        });
        assert_eq!(validate_request("POST", QUERY, Some(&body)), Ok(()));
    }

    #[test]
    fn every_problem_of_a_request_is_named_with_its_place() {
        let body = json!({"groupBy": ["queueId"], "paging": {"pageSize": "100"}, "order": "up"});
        let problems = validate_request("POST", QUERY, Some(&body))
            .unwrap_err()
            .join("; ");
        for part in [
            "body.interval: required",
            "body.groupBy: unknown property",
            "body.paging.pageNumber: required",
            "body.paging.pageSize: \"100\" is no integer",
            "body.order: \"up\" is none of the listed values",
        ] {
            assert!(problems.contains(part), "{part} is not in {problems}");
        }
    }

    #[test]
    fn query_parameters_are_checked_too() {
        assert_eq!(
            validate_request("GET", "/api/v2/users?pageSize=25&state=any", None),
            Ok(())
        );
        let problems =
            validate_request("GET", "/api/v2/users?pageToken=x&pageSize=many", None).unwrap_err();
        assert_eq!(
            problems,
            [
                "query parameter pageToken: unknown",
                "query parameter pageSize: \"many\" is no \"integer\""
            ]
        );
    }

    #[test]
    fn literal_paths_win_over_placeholders() {
        let body = json!({"dataAvailabilityDate": "2026-01-01T00:00:00Z"});
        let path = "/api/v2/analytics/conversations/details/jobs/availability";
        assert_eq!(validate_response("GET", path, 200, Some(&body)), Ok(()));
        assert!(validate_response("GET", path, 200, Some(&json!({"state": "QUEUED"}))).is_err());
    }
}

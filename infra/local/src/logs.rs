//! What the functions wrote and the topics published.

use crate::aws::Aws;
use anyhow::Result;
use serde_json::{Value, json};

/// The function behind a step of the state machine, by its binary's name.
pub fn functions_of(step: &str) -> &'static [&'static str] {
    match step {
        "CheckInput" | "Plan" => &["plan"],
        "Migrate" => &["migrate"],
        "RefreshTokens" => &["refresh-token"],
        "Extract" => &["extract-genesys", "extract-salesforce"],
        "Load" => &["load"],
        "Merge" => &["merge"],
        "CheckRun" => &["check"],
        "ExportReports" => &["export-report"],
        _ => &[],
    }
}

/// The last lines of a function's log since an instant (milliseconds); none when it was never called.
pub async fn tail(aws: &Aws, function: &str, since_ms: i64, lines: usize) -> Result<Vec<String>> {
    let group = format!("/aws/lambda/{function}");
    let known = aws
        .logs("DescribeLogGroups", &json!({"logGroupNamePrefix": group}))
        .await?;
    let exists = known["logGroups"].as_array().is_some_and(|groups| {
        groups
            .iter()
            .any(|one| one["logGroupName"] == group.as_str())
    });
    if !exists {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut request = json!({"logGroupName": group, "startTime": since_ms});
        if !token.is_null() {
            request["nextToken"] = token;
        }
        let mut answer = aws.logs("FilterLogEvents", &request).await?;
        for event in answer["events"].as_array().into_iter().flatten() {
            all.extend(readable(event["message"].as_str().unwrap_or_default()));
        }
        token = answer["nextToken"].take();
        if token.is_null() {
            break;
        }
    }
    Ok(all.split_off(all.len().saturating_sub(lines)))
}

/// A line as a person reads it; `None` for the frame around each call, and for what the runtime says a second time.
fn readable(line: &str) -> Option<String> {
    let is_frame = ["START ", "END ", "REPORT "]
        .iter()
        .any(|word| line.starts_with(word));
    let Ok(entry) = serde_json::from_str::<Value>(line) else {
        return (!is_frame && !line.is_empty()).then(|| line.to_owned());
    };
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let message = text("message");
    if message.starts_with("Diagnostic {") {
        return None;
    }
    Some(format!(
        "{} {:<5} {message}",
        text("timestamp"),
        text("level")
    ))
}

/// Takes what lies in the queue that is subscribed to both topics: subject and message.
pub async fn messages(aws: &Aws, queue: &str) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    loop {
        let request = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0});
        let answer = aws.sqs("ReceiveMessage", &request).await?;
        let Some(received) = answer["Messages"]
            .as_array()
            .filter(|list| !list.is_empty())
        else {
            return Ok(found);
        };
        for message in received {
            let body = message["Body"].as_str().unwrap_or_default();
            let notice: Value = serde_json::from_str(body)?;
            let text = |key: &str| notice[key].as_str().unwrap_or_default().to_owned();
            found.push((text("Subject"), text("Message")));
            let done = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
            aws.sqs("DeleteMessage", &done).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn a_line_of_the_log_is_shown_without_its_json() {
        let line = r#"{"timestamp":"2026-01-05T10:00:00Z","level":"WARN","message":"Waits","span":{"requestId":"1"}}"#;
        assert_eq!(readable(line).unwrap(), "2026-01-05T10:00:00Z WARN  Waits");
        assert_eq!(
            readable("thread 'main' panicked").unwrap(),
            "thread 'main' panicked"
        );
        assert_eq!(readable("START RequestId: 1 Version: $LATEST"), None);
        assert_eq!(
            readable(r#"{"level":"ERROR","message":"Diagnostic { error_type: \"Invalid\" }"}"#),
            None
        );
    }
}

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

/// The last lines of a function's log; none when it was never called.
pub async fn tail(aws: &Aws, function: &str, lines: usize) -> Result<Vec<String>> {
    let group = format!("/aws/lambda/{function}");
    let known = aws
        .logs("DescribeLogGroups", &json!({"logGroupNamePrefix": group}))
        .await?;
    let exists = known["logGroups"]
        .as_array()
        .is_some_and(|groups| groups.iter().any(|one| one["logGroupName"] == group.as_str()));
    if !exists {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut request = json!({"logGroupName": group});
        if !token.is_null() {
            request["nextToken"] = token;
        }
        let mut answer = aws.logs("FilterLogEvents", &request).await?;
        for event in answer["events"].as_array().into_iter().flatten() {
            let line = event["message"].as_str().unwrap_or_default();
            let is_frame = ["START ", "END ", "REPORT "].iter().any(|word| line.starts_with(word));
            if !is_frame {
                all.push(line.to_owned());
            }
        }
        token = answer["nextToken"].take();
        if token.is_null() {
            break;
        }
    }
    Ok(all.split_off(all.len().saturating_sub(lines)))
}

/// Takes what lies in the queue that is subscribed to both topics: subject and message.
pub async fn messages(aws: &Aws, queue: &str) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    loop {
        let request = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0});
        let answer = aws.sqs("ReceiveMessage", &request).await?;
        let Some(received) = answer["Messages"].as_array().filter(|list| !list.is_empty()) else {
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

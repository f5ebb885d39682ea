//! Where and why a record cannot be read, without repeating what it says: records hold personal data.

/// `participants[2].sessions[0].metrics[1].value: invalid type: string, expected … (line 1, column 812)`.
pub(super) fn describe(payload: &str, error: &serde_json::Error) -> String {
    let message = error.to_string();
    let rule = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(rule, _)| rule);
    let rule = without_value(rule);
    let place = path_to(payload, offset_of(payload, error.line(), error.column()));
    let separator = if place.is_empty() { "" } else { ": " };
    format!(
        "{place}{separator}{rule} (line {}, column {})",
        error.line(),
        error.column()
    )
}

/// `invalid type: string "Ada", expected …` without the value.
fn without_value(rule: &str) -> String {
    if let Some((found, expected)) = rule.rsplit_once(", expected ")
        && found.starts_with("invalid ")
    {
        let kind = found.split(['"', '`']).next().unwrap_or_default();
        return format!("{}, expected {expected}", kind.trim_end());
    }
    rule.to_owned()
}

fn offset_of(payload: &str, line: usize, column: usize) -> usize {
    let start: usize = payload
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (start + column).min(payload.len())
}

enum Level<'a> {
    Object(Option<&'a str>),
    Array(usize),
}

/// The path of the value that ends (or is being read) at byte `end`.
fn path_to(payload: &str, end: usize) -> String {
    // Names are short; attributes can have any name.
    const LONGEST_NAME: usize = 40;
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut text_start = None;
    let mut last_text = "";
    let mut escaped = false;
    for (at, byte) in payload.bytes().enumerate().take(end) {
        if let Some(start) = text_start {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    last_text = payload.get(start..at).unwrap_or_default();
                    text_start = None;
                }
                _ => {}
            }
            continue;
        }
        match (byte, levels.last_mut()) {
            (b'"', _) => text_start = Some(at + 1),
            (b'{', _) => levels.push(Level::Object(None)),
            (b'[', _) => levels.push(Level::Array(0)),
            (b'}' | b']', Some(_)) if at + 1 < end => {
                levels.pop();
            }
            (b':', Some(Level::Object(name))) => *name = Some(last_text),
            (b',', Some(Level::Object(name))) if at + 1 < end => *name = None,
            (b',', Some(Level::Array(index))) if at + 1 < end => *index += 1,
            _ => {}
        }
    }
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object(Some(name)) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.extend(name.chars().take(LONGEST_NAME));
            }
            Level::Object(None) => {}
            Level::Array(index) => {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn refusal(payload: &str) -> String {
        let refusal = parse(payload).unwrap_err();
        assert_eq!(refusal.reason, "unreadable");
        refusal.detail
    }

    #[test]
    fn a_value_of_another_type_is_named_by_its_path_and_not_shown() {
        let details = [
            r#"{"conversationId":"c","conversationStart":"2026-03-02T14:03:10Z","participants":[{},{"participantName":{"first":"Ada"}}]}"#,
            r#"{"conversationId":"c","participants":[{},{"sessions":[{"metrics":[{"name":"tTalk","value":"Ada, \"secret\""}]}]}]}"#,
            r#"{"conversationId":"c","participants":[{"sessions":[{"metrics":[{"name":"nError","value":1.5}]}]}]}"#,
            r#"{"conversationId":"c","participants":[{"sessions":[{"metrics":[{"name":"nError","value":18446744073709551615}]}]}]}"#,
            r#"{"conversationId":"c","participants":[{"attributes":{"a":"b","number":555}}]}"#,
            "{\n  \"conversationId\": \"c\",\n  \"selfServed\": \"yes\"\n}",
            r#"{"conversationId":7}"#,
            r#"["c"]"#,
            r#""just text""#,
        ]
        .map(refusal);
        insta::assert_snapshot!(details.join("\n"), @"
        participants[1].participantName: invalid type: map, expected an optionally borrowed string (line 1, column 103)
        participants[1].sessions[0].metrics[0].value: invalid type: string, expected a whole number of at most 64 bits (line 1, column 107)
        participants[0].sessions[0].metrics[0].value: invalid value: floating point, expected a whole number of at most 64 bits (line 1, column 91)
        participants[0].sessions[0].metrics[0].value: invalid value: integer, expected a whole number of at most 64 bits (line 1, column 108)
        participants[0].attributes.number: invalid type: integer, expected an optionally borrowed string (line 1, column 73)
        selfServed: invalid type: string, expected a boolean (line 3, column 21)
        conversationId: invalid type: integer, expected an optionally borrowed string (line 1, column 19)
        the record is a JSON list, expected an object
        invalid type: string, expected struct Conversation (line 1, column 11)
        ");
    }

    #[test]
    fn what_is_no_json_is_described_by_line_and_column() {
        let details = [
            "",
            "<html><body>Bad gateway</body></html>",
            r#"{"conversationId":"c","conversationStart":"2026-03"#,
            "{\"conversationId\":\"c\",\n \"participants\":[{]}",
            r#"{"conversationId":"c"} {"conversationId":"d"}"#,
        ]
        .map(refusal);
        insta::assert_snapshot!(details.join("\n"), @"
        EOF while parsing a value (line 1, column 0)
        expected value (line 1, column 1)
        conversationStart: EOF while parsing a string (line 1, column 50)
        participants[0]: key must be a string (line 2, column 19)
        trailing characters (line 1, column 24)
        ");
    }
}

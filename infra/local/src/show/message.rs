//! A message that a run has published, for a person.

/// What a list that is no longer than this looks like: part of its sentence.
const SHORT: usize = 60;

/// The message with its lists as a person reads them: the state machine can put them into a sentence only as JSON.
pub fn message(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at);
        shown.push_str(before);
        let mut values = serde_json::Deserializer::from_str(from).into_iter::<Vec<String>>();
        let Some(Ok(list)) = values.next() else {
            shown.push('[');
            rest = &from[1..];
            continue;
        };
        rest = &from[values.byte_offset()..];
        if list.is_empty() {
            shown.push_str("none");
            continue;
        }
        let sentence = list.join(", ");
        if sentence.chars().count() <= SHORT {
            shown.push_str(&sentence);
            continue;
        }
        shown.truncate(shown.trim_end().len());
        for value in &list {
            shown.push_str("\n    ");
            shown.push_str(value);
        }
        // The sentence ends with the list, or goes on below it.
        rest = rest.strip_prefix('.').unwrap_or(rest).trim_start();
        if !rest.is_empty() {
            shown.push_str("\n  ");
        }
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_a_message_are_read_without_brackets_and_quotes() {
        let text = r#"Run r has published the reports ["tiers","hours"] with the verdict warn. Their files in the bucket b: ["reports/tiers/20260101-20260108/00ff/report.csv","reports/tiers/20260101-20260108/00ff/report.html"]. A link to one of them: aws s3 presign s3://b/KEY. Its plan told: ["media_types[0] = \"fax\": no value of mediaType that the specification lists"]"#;
        assert_eq!(
            message(text),
            "Run r has published the reports tiers, hours with the verdict warn. Their files in the bucket b:
    reports/tiers/20260101-20260108/00ff/report.csv
    reports/tiers/20260101-20260108/00ff/report.html
  A link to one of them: aws s3 presign s3://b/KEY. Its plan told:
    media_types[0] = \"fax\": no value of mediaType that the specification lists"
        );
        assert_eq!(message("Its plan told: []"), "Its plan told: none");
        // What is no list of texts stays as it is.
        for plain in ["failed: genesys.objects[1] = 7", "ids = [1, 2", ""] {
            assert_eq!(message(plain), plain);
        }
    }
}

//! SOQL as text, built from parts that cannot bend its meaning.

use jiff::Timestamp;
use std::fmt;

/// Salesforce takes at most 16,384 bytes of URI and headers together; a token and our headers stay well under the rest.
const MAX_ENCODED_BYTES: usize = 12_000;
/// Records asked for by their ids in one query. The length of the URL allows some more; a query with a longer list is slow.
const MAX_IDS: usize = 200;
/// Levels a field path may climb from child to parent, the field itself not counted.
const MAX_LEVELS: usize = 5;

/// A query that must not be sent.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SoqlError {
    /// A name with characters that are not a name's.
    #[error(
        "{0:?} is no Salesforce name: letters, digits and '_', beginning with a letter, up to five dots between field and relationship names"
    )]
    Name(String),
    /// An API version that is none.
    #[error("settings tributary.toml: salesforce.api_version = {0:?}: write it as 66.0")]
    Version(String),
    /// Nothing to select.
    #[error("a query of {0} selects no field")]
    NoFields(String),
    /// Too long for a URL.
    #[error(
        "the query of {sobject} is {bytes} bytes long and Salesforce takes {MAX_ENCODED_BYTES} in a URL; name fewer of its {fields} fields in the settings"
    )]
    TooLong {
        /// What is queried.
        sobject: String,
        /// Encoded length.
        bytes: usize,
        /// How many fields are named.
        fields: usize,
    },
}

/// Whether `name` is one API name: `Account`, `Customer_Tier__c`.
pub fn is_name(name: &str) -> bool {
    name.len() <= 80
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether `path` is a field, or relationships and a field: `Owner.Name`.
pub fn is_path(path: &str) -> bool {
    path.split('.').count() <= MAX_LEVELS + 1 && path.split('.').all(is_name)
}

/// A `SELECT` of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    sobject: String,
    fields: Vec<String>,
    conditions: Vec<String>,
    groups: Vec<String>,
    order: Vec<String>,
}

impl Select {
    /// `SELECT fields FROM sobject`; a field named twice (in whatever case) is asked for once, as Salesforce demands.
    pub fn new<'a>(
        sobject: &str,
        fields: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SoqlError> {
        let mut select = Self {
            sobject: checked(sobject, is_name)?,
            fields: Vec::new(),
            conditions: Vec::new(),
            groups: Vec::new(),
            order: Vec::new(),
        };
        for field in fields {
            if !select.fields.iter().any(|f| f.eq_ignore_ascii_case(field)) {
                select.fields.push(checked(field, is_path)?);
            }
        }
        if select.fields.is_empty() {
            return Err(SoqlError::NoFields(select.sobject));
        }
        Ok(select)
    }

    /// How many cases there are, by the UTC day they were created, closed or not, deleted or not, and when one of them was changed last.
    /// An answer has at most 2,000 groups and no second page.
    pub fn case_counts(sobject: &str) -> Result<Self, SoqlError> {
        let groups = ["DAY_ONLY(CreatedDate)", "IsClosed", "IsDeleted"];
        let fields = [
            "DAY_ONLY(CreatedDate) created_date",
            groups[1],
            groups[2],
            "COUNT(Id) cases",
            "MAX(SystemModstamp) changed_at",
        ];
        Ok(Self {
            sobject: checked(sobject, is_name)?,
            fields: fields.map(str::to_owned).into(),
            conditions: Vec::new(),
            groups: groups.map(str::to_owned).into(),
            order: Vec::new(),
        })
    }

    /// `field >= instant`.
    pub fn at_or_after(self, field: &str, instant: Timestamp) -> Result<Self, SoqlError> {
        self.condition(field, ">=", &datetime(instant))
    }

    /// `field < instant`.
    pub fn before(self, field: &str, instant: Timestamp) -> Result<Self, SoqlError> {
        self.condition(field, "<", &datetime(instant))
    }

    /// `field = 'text'`, with the text's quotes and backslashes escaped.
    pub fn equals(self, field: &str, text: &str) -> Result<Self, SoqlError> {
        self.condition(field, "=", &literal(text))
    }

    /// `ORDER BY field, …`.
    pub fn order_by<'a>(
        mut self,
        fields: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SoqlError> {
        for field in fields {
            self.order.push(checked(field, is_path)?);
        }
        Ok(self)
    }

    /// The query for the first of `ids` (18 characters each), and how many of them it names: at most `most`, at most 200, and
    /// no more than fit a URL. `None`: there is no id.
    pub fn id_batch(
        &self,
        ids: &[String],
        most: usize,
        api_version: &str,
    ) -> Result<Option<(Self, usize)>, SoqlError> {
        let mut size = ids.len().min(MAX_IDS).min(most.max(1));
        if size == 0 {
            return Ok(None);
        }
        loop {
            let batch = self.clone().one_of("Id", &ids[..size])?;
            match batch.query_all_path(api_version) {
                Ok(_) => return Ok(Some((batch, size))),
                Err(SoqlError::TooLong { .. }) if size > 1 => size = size.div_ceil(2),
                Err(cause) => return Err(cause),
            }
        }
    }

    /// `field IN ('…', '…')`.
    fn one_of(self, field: &str, texts: &[String]) -> Result<Self, SoqlError> {
        let texts: Vec<_> = texts.iter().map(|text| literal(text)).collect();
        let list = format!("({})", texts.join(", "));
        self.condition(field, "IN", &list)
    }

    /// Path and query of the first page, deleted rows included.
    pub fn query_all_path(&self, api_version: &str) -> Result<String, SoqlError> {
        self.path(api_version, &self.to_string())
    }

    /// Path and query that ask how many records there are, deleted rows included.
    pub fn count_path(&self, api_version: &str) -> Result<String, SoqlError> {
        let text = format!("SELECT COUNT() FROM {}{}", self.sobject, self.filter());
        self.path(api_version, &text)
    }

    /// Without `ORDER BY`: a bulk job that has to sort cannot be split, and may time out.
    #[must_use]
    pub fn unordered(mut self) -> Self {
        self.order.clear();
        self
    }

    fn path(&self, api_version: &str, text: &str) -> Result<String, SoqlError> {
        check_version(api_version)?;
        let path = format!("/services/data/v{api_version}/queryAll?q={}", encode(text));
        if path.len() > MAX_ENCODED_BYTES {
            return Err(SoqlError::TooLong {
                sobject: self.sobject.clone(),
                bytes: path.len(),
                fields: self.fields.len(),
            });
        }
        Ok(path)
    }

    fn filter(&self) -> String {
        if self.conditions.is_empty() {
            return String::new();
        }
        format!(" WHERE {}", self.conditions.join(" AND "))
    }

    fn condition(mut self, field: &str, operator: &str, value: &str) -> Result<Self, SoqlError> {
        let field = checked(field, is_path)?;
        self.conditions.push(format!("{field} {operator} {value}"));
        Ok(self)
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SELECT {} FROM {}", self.fields.join(", "), self.sobject)?;
        f.write_str(&self.filter())?;
        if !self.groups.is_empty() {
            write!(f, " GROUP BY {}", self.groups.join(", "))?;
        }
        if !self.order.is_empty() {
            write!(f, " ORDER BY {}", self.order.join(", "))?;
        }
        Ok(())
    }
}

/// Whether it is a version as `66.0`.
pub(crate) fn check_version(api_version: &str) -> Result<(), SoqlError> {
    let is_version = api_version
        .split_once('.')
        .is_some_and(|(major, minor)| minor == "0" && major.parse::<u16>().is_ok());
    if is_version {
        Ok(())
    } else {
        Err(SoqlError::Version(api_version.chars().take(40).collect()))
    }
}

fn checked(name: &str, rule: fn(&str) -> bool) -> Result<String, SoqlError> {
    if rule(name) {
        Ok(name.to_owned())
    } else {
        Err(SoqlError::Name(name.chars().take(120).collect()))
    }
}

/// `2026-01-31T00:00:00Z`: unquoted, UTC, whole seconds, as `SystemModstamp` has them.
pub fn datetime(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A quoted text.
pub fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// Percent encoding of everything outside RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)].into());
            out.push(HEX[usize::from(byte & 15)].into());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_half_open_and_in_utc() {
        let select = Select::new("Account", ["Id", "Owner.Name", "id", "Customer_Tier__c"])
            .unwrap()
            .at_or_after("SystemModstamp", instant("2026-01-31T01:00:00+01:00"))
            .unwrap()
            .before("SystemModstamp", instant("2026-02-01T00:00:00Z"))
            .unwrap()
            .order_by(["SystemModstamp", "Id"])
            .unwrap();
        insta::assert_snapshot!(select, @"SELECT Id, Owner.Name, Customer_Tier__c FROM Account WHERE SystemModstamp >= 2026-01-31T00:00:00Z AND SystemModstamp < 2026-02-01T00:00:00Z ORDER BY SystemModstamp, Id");
        insta::assert_snapshot!(Select::new("Account", ["Id"]).unwrap().equals("Name", "O'Hara & Söhne").unwrap().query_all_path("66.0").unwrap(), @r"/services/data/v66.0/queryAll?q=SELECT%20Id%20FROM%20Account%20WHERE%20Name%20%3D%20%27O%5C%27Hara%20%26%20S%C3%B6hne%27");
    }

    #[test]
    fn cases_are_counted_by_the_day_they_were_created() {
        let select = Select::case_counts("Case")
            .unwrap()
            .at_or_after("CreatedDate", instant("2026-01-05T00:00:00Z"))
            .unwrap()
            .before("CreatedDate", instant("2026-01-06T00:00:00Z"))
            .unwrap();
        insta::assert_snapshot!(select, @"SELECT DAY_ONLY(CreatedDate) created_date, IsClosed, IsDeleted, COUNT(Id) cases, MAX(SystemModstamp) changed_at FROM Case WHERE CreatedDate >= 2026-01-05T00:00:00Z AND CreatedDate < 2026-01-06T00:00:00Z GROUP BY DAY_ONLY(CreatedDate), IsClosed, IsDeleted");
        assert!(Select::case_counts("Case WHERE").is_err());
    }

    #[test]
    fn a_name_cannot_carry_a_condition() {
        for name in [
            "Id FROM User--",
            "Name, Email",
            "1st",
            "",
            "A..B",
            "Owner.",
            "a.b.c.d.e.f.g",
            "Größe",
        ] {
            assert!(
                Select::new("Account", [name]).is_err(),
                "{name:?} was accepted"
            );
        }
        let error = Select::new("Account WHERE Id != null", ["Id"]).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(r#""Account WHERE Id != null" is no Salesforce name"#)
        );
    }

    #[test]
    fn a_version_is_two_numbers() {
        let select = Select::new("Account", ["Id"]).unwrap();
        for version in ["66", "v66.0", "66.0/../x", ""] {
            assert!(
                matches!(select.query_all_path(version), Err(SoqlError::Version(_))),
                "{version:?}"
            );
        }
    }

    #[test]
    fn a_query_too_long_for_a_url_is_refused_before_it_is_sent() {
        let fields: Vec<String> = (0..400)
            .map(|n| format!("A_rather_long_custom_field_{n}__c"))
            .collect();
        let error = Select::new("Account", fields.iter().map(String::as_str))
            .unwrap()
            .query_all_path("66.0")
            .unwrap_err();
        assert!(matches!(error, SoqlError::TooLong { fields: 400, .. }));
    }

    #[test]
    fn counting_asks_for_the_same_records_in_one_number() {
        let select = Select::new("Case", ["Id", "Owner.Name"])
            .unwrap()
            .before("CreatedDate", instant("2026-02-01T00:00:00Z"))
            .unwrap()
            .order_by(["Id"])
            .unwrap();
        insta::assert_snapshot!(select.count_path("66.0").unwrap(), @"/services/data/v66.0/queryAll?q=SELECT%20COUNT%28%29%20FROM%20Case%20WHERE%20CreatedDate%20%3C%202026-02-01T00%3A00%3A00Z");
        assert!(!select.unordered().to_string().contains("ORDER BY"));
    }

    #[test]
    fn ids_are_asked_for_in_batches_that_fit_a_url() {
        let ids: Vec<String> = (0..450).map(|n| format!("500{n:012}AAA")).collect();
        let named = |select: &Select| select.to_string().matches("'500").count();
        let batches = |select: &Select, most: usize| -> Vec<Select> {
            let (mut batches, mut done) = (Vec::new(), 0);
            while let Some((batch, size)) = select.id_batch(&ids[done..], most, "66.0").unwrap() {
                assert_eq!(named(&batch), size);
                batches.push(batch);
                done += size;
            }
            batches
        };
        let sizes =
            |fields: usize| -> Vec<usize> {
                let fields: Vec<_> = (0..fields)
                    .map(|n| format!("A_long_custom_field_{n:04}__c"))
                    .collect();
                let select = Select::new("Case", fields.iter().map(String::as_str)).unwrap();
                let batches = batches(&select, usize::MAX);
                assert!(batches.iter().all(|batch| {
                    batch.query_all_path("66.0").unwrap().len() <= MAX_ENCODED_BYTES
                }));
                batches.iter().map(named).collect()
            };
        assert_eq!(sizes(1), [200, 200, 50]);
        let wide = sizes(250);
        assert_eq!(wide.iter().sum::<usize>(), 450);
        assert!(wide[0] < 200, "{wide:?}");
        let few = Select::new("Case", ["Id"]).unwrap();
        assert_eq!(batches(&few, 1).len(), 450);
        assert_eq!(few.id_batch(&[], 9, "66.0").unwrap(), None);
        insta::assert_snapshot!(few.id_batch(&ids, 1, "66.0").unwrap().unwrap().0, @"SELECT Id FROM Case WHERE Id IN ('500000000000000AAA')");
    }

    proptest! {
        #[test]
        fn a_literal_ends_where_its_text_ends(text in ".{0,40}") {
            let quoted = literal(&text);
            let inner = &quoted[1..quoted.len() - 1];
            let mut chars = inner.chars();
            while let Some(c) = chars.next() {
                prop_assert_ne!(c, '\'');
                if c == '\\' {
                    prop_assert!(chars.next().is_some());
                }
            }
        }
    }
}

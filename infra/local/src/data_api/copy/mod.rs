//! COPY from S3, performed by the twin: objects are read, checked as Redshift checks them, and streamed into PostgreSQL.

mod csv;
mod json;
mod load;
mod rows;
mod source;
mod table;
mod value;

pub use load::{CopyFailure, Place, copy};
pub use source::{ObjectSource, S3Source, SourceFuture};

use super::sql::{Kind, Refused, Token, closing};

/// How the objects are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, quoted where needed.
    Csv {
        /// Between fields.
        delimiter: char,
        /// Around fields.
        quote: char,
    },
    /// One JSON object after the other, keys matched to column names.
    JsonAuto,
}

/// How instants are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// `YYYY-MM-DD HH:MI:SS`.
    Standard,
    /// ISO 8601 too.
    Auto,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMilliseconds,
}

/// A COPY statement, read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is one word of the statement, there or not
pub struct CopyStatement {
    /// Schema, if named, and table.
    pub table: Vec<String>,
    /// The columns named; none means all.
    pub columns: Option<Vec<String>>,
    /// `s3://bucket/key or prefix`.
    pub from: String,
    /// Whether `from` is a manifest.
    pub is_manifest: bool,
    /// CSV or JSON.
    pub format: Format,
    /// Whether the objects are gzipped.
    pub is_gzip: bool,
    /// Lines passed over at the start of each object.
    pub ignore_header: u64,
    /// The text that stands for null.
    pub null_as: String,
    /// Empty text is null.
    pub empty_as_null: bool,
    /// Blank text is null.
    pub blanks_as_null: bool,
    /// How instants are read.
    pub time_format: TimeFormat,
}

/// Reads a COPY statement; an option the twin does not perform is refused by its name.
pub fn parse(tokens: &[&Token<'_>]) -> Result<CopyStatement, Refused> {
    let mut cursor = Cursor { tokens, at: 1 };
    let table = cursor.qualified_name()?;
    let columns = cursor.column_list()?;
    cursor.word("from")?;
    let from = cursor.text("a location in quotes (a parameter cannot stand here)")?;
    if !from.starts_with("s3://") {
        return Err(Refused::not_emulated(
            format!("COPY FROM '{from}'"),
            "load from s3://bucket/key",
        ));
    }
    let mut copy = CopyStatement {
        table,
        columns,
        from,
        is_manifest: false,
        format: Format::Csv {
            delimiter: ',',
            quote: '"',
        },
        is_gzip: false,
        ignore_header: 0,
        null_as: "\\N".into(),
        empty_as_null: false,
        blanks_as_null: false,
        time_format: TimeFormat::Standard,
    };
    let mut seen = Seen::default();
    while let Some(token) = cursor.next() {
        option(&mut copy, &mut seen, &mut cursor, token)?;
    }
    if !seen.role {
        return Err(Refused::syntax(None, "IAM_ROLE 'arn' or IAM_ROLE default"));
    }
    if !seen.format {
        return Err(Refused::not_emulated(
            "COPY of delimited text",
            "say CSV or FORMAT JSON 'auto'",
        ));
    }
    if copy.format == Format::JsonAuto && copy.ignore_header > 0 {
        return Err(Refused::unsupported(
            "IGNOREHEADER with JSON",
            "JSON has no header line",
        ));
    }
    Ok(copy)
}

#[derive(Default)]
struct Seen {
    role: bool,
    format: bool,
}

fn option(
    copy: &mut CopyStatement,
    seen: &mut Seen,
    cursor: &mut Cursor<'_, '_>,
    token: &Token<'_>,
) -> Result<(), Refused> {
    let name = token.name().filter(|_| token.kind == Kind::Word);
    match name.as_deref().unwrap_or_default() {
        "iam_role" => {
            if !cursor.take("default") {
                let role = cursor.text("'arn:aws:iam::<account>:role/<name>' or default")?;
                if !role.starts_with("arn:") || !role.contains(":role/") {
                    return Err(Refused::unsupported(
                        format!("IAM_ROLE '{role}'"),
                        "the role is an ARN: arn:aws:iam::<account>:role/<name>",
                    ));
                }
            }
            seen.role = true;
        }
        "manifest" => copy.is_manifest = true,
        "gzip" => copy.is_gzip = true,
        "format" => {
            cursor.take("as");
        }
        "csv" => {
            seen.format = true;
            if cursor.take("quote") {
                let mark = cursor.character("a quote character")?;
                if let Format::Csv { quote, .. } = &mut copy.format {
                    *quote = mark;
                }
            }
        }
        "json" => {
            cursor.take("as");
            let how = cursor.text("'auto'")?;
            if how != "auto" {
                return Err(Refused::not_emulated(
                    format!("JSON '{how}'"),
                    "use JSON 'auto'",
                ));
            }
            seen.format = true;
            copy.format = Format::JsonAuto;
        }
        "delimiter" => {
            let mark = cursor.character("one ASCII character")?;
            match &mut copy.format {
                Format::Csv { delimiter, .. } if mark.is_ascii() => *delimiter = mark,
                _ => {
                    return Err(Refused::unsupported(
                        format!("DELIMITER '{mark}'"),
                        "a delimiter is one ASCII character, for CSV",
                    ));
                }
            }
        }
        "null" => {
            cursor.take("as");
            copy.null_as = cursor.text("the text that stands for null")?;
        }
        "ignoreheader" => copy.ignore_header = cursor.number("how many lines to pass over")?,
        "dateformat" => {
            cursor.take("as");
            let how = cursor.text("'auto'")?;
            if how != "auto" && how != "YYYY-MM-DD" {
                return Err(Refused::not_emulated(
                    format!("DATEFORMAT '{how}'"),
                    "use 'auto'",
                ));
            }
        }
        "timeformat" => {
            cursor.take("as");
            let how = cursor.text("'auto'")?;
            copy.time_format = match how.as_str() {
                "auto" => TimeFormat::Auto,
                "epochsecs" => TimeFormat::EpochSeconds,
                "epochmillisecs" => TimeFormat::EpochMilliseconds,
                "YYYY-MM-DD HH:MI:SS" => TimeFormat::Standard,
                _ => {
                    return Err(Refused::not_emulated(
                        format!("TIMEFORMAT '{how}'"),
                        "use 'auto', 'epochsecs' or 'epochmillisecs'",
                    ));
                }
            };
        }
        "maxerror" => {
            if cursor.number("a number of errors")? != 0 {
                return Err(Refused::not_emulated(
                    "MAXERROR above 0",
                    "a load that drops rows is no load: use MAXERROR 0",
                ));
            }
        }
        // Hints to the storage; nothing a reader of the rows could see.
        "compupdate" | "statupdate" => {
            let _ = ["on", "off", "true", "false", "preset"]
                .iter()
                .any(|word| cursor.take(word));
        }
        "region" => {
            cursor.take("as");
            cursor.text("a region")?;
        }
        "emptyasnull" => copy.empty_as_null = true,
        "blanksasnull" => copy.blanks_as_null = true,
        "" => return Err(Refused::syntax(Some(token), "an option of COPY")),
        other => {
            return Err(Refused::not_emulated(
                format!("COPY option {}", other.to_uppercase()),
                "leave it out",
            ));
        }
    }
    Ok(())
}

struct Cursor<'a, 't> {
    tokens: &'t [&'t Token<'a>],
    at: usize,
}

impl<'a, 't> Cursor<'a, 't> {
    fn next(&mut self) -> Option<&'t Token<'a>> {
        let token = self.tokens.get(self.at).copied();
        self.at += usize::from(token.is_some());
        token
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|t| t.is(word));
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &'static str) -> Result<(), Refused> {
        if self.take(word) {
            return Ok(());
        }
        Err(Refused::syntax(self.tokens.get(self.at).copied(), word))
    }

    fn text(&mut self, expected: &'static str) -> Result<String, Refused> {
        let token = self.next();
        token
            .and_then(Token::literal)
            .ok_or_else(|| Refused::syntax(token, expected))
    }

    /// `[AS] 'c'`.
    fn character(&mut self, expected: &'static str) -> Result<char, Refused> {
        self.take("as");
        let text = self.text(expected)?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => Err(Refused::syntax(
                self.tokens.get(self.at - 1).copied(),
                expected,
            )),
        }
    }

    /// `[AS] n`.
    fn number(&mut self, expected: &'static str) -> Result<u64, Refused> {
        self.take("as");
        let token = self.next();
        token
            .and_then(|t| t.text.parse().ok())
            .ok_or_else(|| Refused::syntax(token, expected))
    }

    fn qualified_name(&mut self) -> Result<Vec<String>, Refused> {
        let mut parts = Vec::new();
        loop {
            let token = self.next();
            parts.push(
                token
                    .and_then(Token::name)
                    .ok_or_else(|| Refused::syntax(token, "a table"))?,
            );
            if self.tokens.get(self.at).is_none_or(|t| t.text != ".") {
                return Ok(parts);
            }
            self.at += 1;
        }
    }

    fn column_list(&mut self) -> Result<Option<Vec<String>>, Refused> {
        if self.tokens.get(self.at).is_none_or(|t| t.text != "(") {
            return Ok(None);
        }
        let close = closing(self.tokens, self.at)
            .ok_or_else(|| Refused::syntax(None, "a closing parenthesis"))?;
        let inside = &self.tokens[self.at + 1..close];
        self.at = close + 1;
        inside
            .iter()
            .filter(|t| t.text != ",")
            .map(|t| t.name().ok_or_else(|| Refused::syntax(Some(t), "a column")))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_api::sql::{lex, significant};

    fn read(sql: &str) -> Result<CopyStatement, String> {
        let tokens = lex(sql).unwrap();
        parse(&significant(&tokens)).map_err(|e| e.to_string())
    }

    #[test]
    fn both_forms_of_the_pipeline_are_read() {
        let staging = read(
            "copy staging.t (a, \"B\") from 's3://bucket/m.json' iam_role 'arn:aws:iam::1:role/r' manifest csv ignoreheader 1 null as '\\\\N' gzip \
             timeformat 'auto' dateformat 'auto' maxerror 0 compupdate off statupdate off",
        )
        .unwrap();
        assert_eq!(
            staging.columns.as_deref(),
            Some(["a".to_owned(), "b".to_owned()].as_slice())
        );
        assert_eq!(
            (
                staging.ignore_header,
                staging.null_as.as_str(),
                staging.is_gzip
            ),
            (1, "\\N", true)
        );
        let raw = read("COPY \"raw\".c FROM 's3://b/m' IAM_ROLE default MANIFEST FORMAT JSON 'auto' GZIP TIMEFORMAT 'auto' MAXERROR 0").unwrap();
        assert_eq!(
            (raw.format, raw.time_format, raw.table),
            (
                Format::JsonAuto,
                TimeFormat::Auto,
                vec!["raw".into(), "c".into()]
            )
        );
    }

    #[test]
    fn options_it_does_not_perform_are_named() {
        let base = "copy t from 's3://b/k' iam_role default csv ";
        for (option, says) in [
            ("acceptinvchars", "COPY option ACCEPTINVCHARS"),
            ("maxerror 5", "MAXERROR above 0"),
            ("parquet", "COPY option PARQUET"),
            ("timeformat 'MM/DD/YYYY'", "TIMEFORMAT 'MM/DD/YYYY'"),
            ("json 's3://b/paths.json'", "JSON 's3://b/paths.json'"),
            ("delimiter '||'", "one ASCII character"),
        ] {
            let said = read(&format!("{base}{option}")).unwrap_err();
            assert!(said.contains(says), "{option}: {said}");
        }
        assert!(
            read("copy t from 's3://b/k' csv")
                .unwrap_err()
                .contains("IAM_ROLE")
        );
        assert!(
            read("copy t from 's3://b/k' iam_role default")
                .unwrap_err()
                .contains("delimited text")
        );
        assert!(
            read("copy t from :x iam_role default csv")
                .unwrap_err()
                .contains("parameter cannot stand here")
        );
        assert!(
            read("copy t from 's3://b/k' access_key_id 'x' csv")
                .unwrap_err()
                .contains("ACCESS_KEY_ID")
        );
    }
}

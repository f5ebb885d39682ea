//! `COPY` statements, assembled from typed parts: the Data API takes no parameter in their place.

use model::table::Table;

/// Where a manifest lies and which role may read what it names.
#[derive(Debug, Clone, Copy)]
pub struct Manifest<'a> {
    /// Bucket.
    pub bucket: &'a str,
    /// Key of the manifest.
    pub key: &'a str,
    /// Role ARN that Redshift assumes.
    pub role: &'a str,
}

/// A part that may not stand in a statement.
#[derive(Debug, thiserror::Error)]
#[error(
    "COPY {what} {value:?} has a character that may not stand in a statement; only A-Z a-z 0-9 and -_./:=+@ may"
)]
pub struct CopyError {
    what: &'static str,
    value: String,
}

/// The table's name in SQL: the schema `raw` is a reserved word.
pub fn sql_name(table: &Table) -> String {
    match table.name.split_once('.') {
        Some(("raw", name)) => format!("\"raw\".{name}"),
        _ => table.name.clone(),
    }
}

/// Loads `table` from its manifest: landing envelopes for the `raw` schema, CSV for every other.
pub fn statement(table: &Table, manifest: Manifest<'_>) -> Result<String, CopyError> {
    for (what, value) in [
        ("bucket", manifest.bucket),
        ("key", manifest.key),
        ("role", manifest.role),
    ] {
        let fits = !value.is_empty()
            && value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_./:=+@".contains(&b));
        if !fits {
            return Err(CopyError {
                what,
                value: value.to_owned(),
            });
        }
    }
    let columns: Vec<_> = table.copied().map(|column| column.name.as_str()).collect();
    // The escape for null is written with one backslash: Redshift takes a backslash in a literal as an escape, so two
    // stand for one.
    let format = if table.name.starts_with("raw.") {
        "format as json 'auto'"
    } else {
        r"csv ignoreheader 1 null as '\\N' dateformat 'auto'"
    };
    Ok(format!(
        "copy {} ({}) from 's3://{}/{}' iam_role '{}' manifest {format} gzip timeformat 'auto' maxerror 0 compupdate off \
         statupdate off",
        sql_name(table),
        columns.join(", "),
        manifest.bucket,
        manifest.key,
        manifest.role,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: Manifest<'_> = Manifest {
        bucket: "b",
        key: "runs/r/load/x.manifest.json",
        role: "arn:aws:iam::000000000000:role/copy",
    };

    fn table(name: &str) -> Table {
        Table::parse(&format!(
            "create table if not exists {name} (\n    id varchar(8),\n    n bigint\n)\n"
        ))
        .unwrap()
    }

    #[test]
    fn a_staging_table_is_loaded_from_csv_with_its_columns() {
        insta::assert_snapshot!(statement(&table("staging.x"), MANIFEST).unwrap(), @r"copy staging.x (id, n) from 's3://b/runs/r/load/x.manifest.json' iam_role 'arn:aws:iam::000000000000:role/copy' manifest csv ignoreheader 1 null as '\\N' dateformat 'auto' gzip timeformat 'auto' maxerror 0 compupdate off statupdate off");
    }

    #[test]
    fn a_quote_in_a_key_is_refused() {
        let manifest = Manifest {
            key: "x' from 's3://other",
            ..MANIFEST
        };
        assert!(
            statement(&table("raw.x"), manifest)
                .unwrap_err()
                .to_string()
                .starts_with("COPY key")
        );
    }
}

//! The table a COPY fills: which columns it has and what each takes.

use tokio_postgres::Client;

use super::CopyStatement;
use super::load::CopyFailure;
use super::value::{Column, ColumnKind};
use crate::data_api::sql::bind::identifier;

/// The table's columns as PostgreSQL's catalog has them.
pub(super) async fn columns(
    client: &Client,
    statement: &CopyStatement,
) -> Result<(u32, Vec<Column>), CopyFailure> {
    let name: Vec<String> = statement
        .table
        .iter()
        .map(|part| identifier(part))
        .collect();
    let shown = statement.table.join(".");
    let missing =
        || CopyFailure::Before(format!("ERROR: Cannot COPY into nonexistent table {shown}"));
    let row = client
        .query_one("select to_regclass($1)::oid", &[&name.join(".")])
        .await?;
    let table_id = row.get::<_, Option<u32>>(0).ok_or_else(missing)?;
    let rows = client
        .query(
            "select a.attname::text, t.typname::text, a.atttypmod, a.attnotnull \
             from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid \
             where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = '' order by a.attnum",
            &[&table_id],
        )
        .await?;
    let columns = rows
        .iter()
        .map(|row| column(row.get(0), row.get(1), row.get(2), row.get(3)))
        .collect::<Result<_, _>>()?;
    Ok((table_id, columns))
}

fn column(
    name: String,
    type_name: &str,
    modifier: i32,
    is_not_null: bool,
) -> Result<Column, CopyFailure> {
    let number = usize::try_from(modifier - 4).ok();
    let (kind, short, length) = match type_name {
        "varchar" | "text" => {
            let bytes = number.unwrap_or(65_535);
            (
                ColumnKind::Text {
                    bytes,
                    is_char: false,
                },
                "varchar",
                bytes,
            )
        }
        "bpchar" => {
            let bytes = number.unwrap_or(4096);
            (
                ColumnKind::Text {
                    bytes,
                    is_char: true,
                },
                "char",
                bytes,
            )
        }
        "int2" => (ColumnKind::Integer(2), "int2", 0),
        "int4" => (ColumnKind::Integer(4), "int4", 0),
        "int8" => (ColumnKind::Integer(8), "int8", 0),
        "numeric" => {
            let packed = number.unwrap_or(18 << 16);
            let (precision, scale) = (packed >> 16, packed & 0x7ff);
            (
                ColumnKind::Decimal { precision, scale },
                "numeric",
                precision,
            )
        }
        "float4" | "float8" => (ColumnKind::Float, type_name, 0),
        "bool" => (ColumnKind::Boolean, "bool", 0),
        "date" => (ColumnKind::Date, "date", 0),
        "time" => (ColumnKind::Time, "time", 0),
        "timestamp" => (ColumnKind::Timestamp { has_zone: false }, "timestamp", 0),
        "timestamptz" => (ColumnKind::Timestamp { has_zone: true }, "timestamptz", 0),
        "super" => (ColumnKind::Super, "super", 0),
        other => {
            return Err(CopyFailure::Before(format!(
                "ERROR: the local Data API does not emulate COPY into column {name} of type {other}; use a type of Redshift"
            )));
        }
    };
    Ok(Column {
        name,
        type_name: short.to_owned(),
        length,
        kind,
        is_not_null,
    })
}

/// The columns the fields of a row are for, in their order.
pub(super) fn chosen(
    statement: &CopyStatement,
    all: Vec<Column>,
) -> Result<Vec<Column>, CopyFailure> {
    let Some(names) = &statement.columns else {
        return Ok(all);
    };
    let find = |name: &String| {
        all.iter()
            .find(|c| c.name == *name)
            .cloned()
            .ok_or_else(|| {
                let table = statement.table.last().cloned().unwrap_or_default();
                CopyFailure::Before(format!(
                    "ERROR: column \"{name}\" of relation \"{table}\" does not exist"
                ))
            })
    };
    names.iter().map(find).collect()
}

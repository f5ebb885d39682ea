//! Reads the objects of a COPY and streams their rows into PostgreSQL.

use std::borrow::Cow;
use std::io::Read as _;
use std::pin::pin;

use bytes::Bytes;
use futures_util::SinkExt as _;
use serde::Deserialize;
use tokio_postgres::Client;

use super::CopyStatement;
use super::rows::Reader;
use super::source::{ObjectSource, location};
use super::table::{chosen, columns};
use super::value::{BadValue, Column};
use crate::data_api::failure::error_text;
use crate::data_api::sql::bind::identifier;

/// Rows are handed over in pieces of about this size.
const PIECE_BYTES: usize = 256 * 1024;

/// Where a row did not load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The object.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
    /// The column, if one is to blame.
    pub column: String,
    /// Its type in Redshift's short words.
    pub column_type: String,
    /// Its declared length.
    pub column_length: String,
    /// Position in the line or value.
    pub position: usize,
    /// Redshift's code.
    pub code: i32,
    /// Redshift's words.
    pub message: String,
    /// PostgreSQL's id of the table.
    pub table_id: u32,
}

/// Why a COPY loaded nothing.
#[derive(Debug)]
pub enum CopyFailure {
    /// It did not get as far as rows; the text is the statement's error.
    Before(String),
    /// A row does not fit; the details belong into `sys_load_error_detail`.
    Row {
        /// The table's name, as Redshift's message has it.
        table: String,
        /// Where and why.
        place: Box<Place>,
    },
    /// PostgreSQL refused.
    Warehouse(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for CopyFailure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Warehouse(error)
    }
}

#[derive(Deserialize)]
struct Manifest {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    url: String,
    #[serde(default)]
    mandatory: bool,
}

/// Runs a COPY in the transaction the client is in. Returns the number of rows loaded.
pub async fn copy(
    client: &Client,
    source: &dyn ObjectSource,
    statement: &CopyStatement,
) -> Result<u64, CopyFailure> {
    let (table_id, all) = columns(client, statement).await?;
    let columns = chosen(statement, all)?;
    let objects = objects(source, statement).await?;
    let name = statement.table.last().cloned().unwrap_or_default();
    let target: Vec<String> = statement
        .table
        .iter()
        .map(|part| identifier(part))
        .collect();
    let list: Vec<String> = columns.iter().map(|c| identifier(&c.name)).collect();
    let sink = client
        .copy_in::<_, Bytes>(&format!(
            "copy {} ({}) from stdin",
            target.join("."),
            list.join(", ")
        ))
        .await?;
    let mut sink = pin!(sink);
    let mut rows = Vec::with_capacity(2 * PIECE_BYTES);
    for (file, bytes) in &objects {
        let at_row = |line: u64, column: Option<&Column>, bad: BadValue| CopyFailure::Row {
            table: name.clone(),
            place: Box::new(Place {
                file: file.clone(),
                line,
                column: column.map(|c| c.name.clone()).unwrap_or_default(),
                column_type: column.map(|c| c.type_name.clone()).unwrap_or_default(),
                column_length: column.map(|c| c.length.to_string()).unwrap_or_default(),
                position: bad.position,
                code: bad.code,
                message: bad.message,
                table_id,
            }),
        };
        let text = text(bytes, statement.is_gzip, file)?;
        let text = std::str::from_utf8(&text).map_err(|error| {
            let before = &text[..error.valid_up_to()];
            let line = before.split(|b| *b == b'\n').count();
            let message = "String contains invalid or unsupported UTF8 codepoints.";
            at_row(
                u64::try_from(line).unwrap_or(0),
                None,
                BadValue::new(1220, message),
            )
        })?;
        let mut reader = Reader::new(text, statement);
        while reader
            .row(&columns, statement, &mut rows)
            .map_err(|(line, at, bad)| at_row(line, at.and_then(|n| columns.get(n)), bad))?
        {
            if rows.len() >= PIECE_BYTES {
                sink.send(Bytes::from(std::mem::take(&mut rows))).await?;
            }
        }
    }
    if !rows.is_empty() {
        sink.send(Bytes::from(rows)).await?;
    }
    Ok(sink.finish().await?)
}

/// Every object to load, in order; one listed twice comes twice.
async fn objects(
    source: &dyn ObjectSource,
    statement: &CopyStatement,
) -> Result<Vec<(String, Vec<u8>)>, CopyFailure> {
    let from = &statement.from;
    let before = |text: String| CopyFailure::Before(format!("ERROR: {text}"));
    let place = |url: &str| -> Result<(String, String), CopyFailure> {
        let (bucket, key) = location(url).ok_or_else(|| {
            before(format!(
                "Invalid S3 location '{url}': s3://bucket/key is expected"
            ))
        })?;
        Ok((bucket.to_owned(), key.to_owned()))
    };
    let (bucket, key) = place(from)?;
    let failed = |error: anyhow::Error| CopyFailure::Before(format!("ERROR: {error:#}"));
    let mut found = Vec::new();
    if statement.is_manifest {
        let bytes = source.get(&bucket, &key).await.map_err(failed)?.ok_or_else(|| {
            before(format!(
                "Problem reading manifest file - S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,{from}"
            ))
        })?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
            before(format!(
                "Problem reading manifest file {from} - invalid manifest: {error}"
            ))
        })?;
        for Entry { url, mandatory } in manifest.entries {
            let (bucket, key) = place(&url)?;
            match source.get(&bucket, &key).await.map_err(failed)? {
                Some(bytes) => found.push((url, bytes)),
                None if mandatory => {
                    return Err(before(format!(
                        "Mandatory url is not present in manifest file. Manifest file location = {from}, url = {url}"
                    )));
                }
                None => tracing::debug!(%url, "An optional file of a manifest is not there"),
            }
        }
    } else {
        for key in source.list(&bucket, &key).await.map_err(failed)? {
            if let Some(bytes) = source.get(&bucket, &key).await.map_err(failed)? {
                found.push((format!("s3://{bucket}/{key}"), bytes));
            }
        }
    }
    if found.is_empty() {
        return Err(before(format!(
            "The specified S3 prefix '{key}' does not exist: no file to load was found for {from}"
        )));
    }
    Ok(found)
}

fn text<'b>(bytes: &'b [u8], is_gzip: bool, file: &str) -> Result<Cow<'b, [u8]>, CopyFailure> {
    if !is_gzip {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .read_to_end(&mut text)
        .map_err(|error| {
            CopyFailure::Before(format!("ERROR: {file} is not gzip, or is cut off: {error}"))
        })?;
    Ok(Cow::Owned(text))
}

impl CopyFailure {
    /// The statement's error, as the Data API shows it.
    pub fn text(&self) -> String {
        match self {
            Self::Before(text) => text.clone(),
            Self::Row { table, .. } => {
                format!(
                    "ERROR: Load into table '{table}' failed.  Check 'sys_load_error_detail' system table for details."
                )
            }
            Self::Warehouse(error) => error_text(error),
        }
    }
}

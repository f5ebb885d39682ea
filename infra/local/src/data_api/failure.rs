//! PostgreSQL's errors in the words Redshift would use, because callers tell them apart by these words.

use tokio_postgres::error::{DbError, SqlState};

/// What a failed statement says, `ERROR: …`.
pub(crate) fn error_text(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(
        || format!("ERROR: the connection to the warehouse broke: {error}"),
        database_error,
    )
}

fn database_error(error: &DbError) -> String {
    let code = error.code();
    if *code == SqlState::CARDINALITY_VIOLATION && error.message().contains("second time") {
        return "ERROR: Found multiple matches to update the same tuple".into();
    }
    if *code == SqlState::NOT_NULL_VIOLATION
        && let Some(column) = error.column()
    {
        return format!("ERROR: Cannot insert a NULL value into column {column}");
    }
    if *code == SqlState::CHECK_VIOLATION {
        let rule = error.constraint().unwrap_or("its length");
        return format!(
            "ERROR: value too long for type character varying (a length counts bytes; {rule})"
        );
    }
    let severity = error.severity();
    match error.detail() {
        Some(detail) => format!("{severity}: {}\n  Detail: {detail}", error.message()),
        None => format!("{severity}: {}", error.message()),
    }
}

/// True if PostgreSQL ended a transaction because another one wrote the same rows.
pub(super) fn is_conflict(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
}

/// Redshift's words for such a conflict.
pub(super) fn conflict_text(table_id: u32, pid: i32) -> String {
    format!(
        "ERROR: 1023\n  Detail: Serializable isolation violation on table - {table_id}, transactions forming the cycle are: unknown (pid:{pid})"
    )
}

//! Rows as the Data API hands them out: typed records, or CSV.

use serde_json::{Value, json};
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::types::Type;

/// Redshift's limit for one row of a result.
const ROW_BYTES: usize = 64 * 1024;

/// A result set.
#[derive(Debug, Default)]
pub(super) struct ResultSet {
    columns: Vec<ResultColumn>,
    rows: Vec<Vec<Option<String>>>,
}

#[derive(Debug)]
struct ResultColumn {
    name: String,
    field: FieldKind,
    metadata: Value,
}

#[derive(Debug, Clone, Copy)]
enum FieldKind {
    Boolean,
    Long,
    Double,
    Text,
}

impl ResultSet {
    pub(super) fn new(
        columns: &[tokio_postgres::Column],
        messages: &[SimpleQueryMessage],
    ) -> Result<Self, String> {
        let columns: Vec<_> = columns.iter().map(ResultColumn::new).collect();
        let mut rows = Vec::new();
        for message in messages {
            if let SimpleQueryMessage::Row(row) = message {
                let values: Vec<_> = (0..row.len())
                    .map(|at| row.get(at).map(str::to_owned))
                    .collect();
                let bytes: usize = values.iter().flatten().map(String::len).sum();
                if bytes > ROW_BYTES {
                    return Err(format!(
                        "ERROR: a row of the result has {bytes} bytes; the Data API hands out rows of at most 64 KB"
                    ));
                }
                rows.push(values);
            }
        }
        Ok(Self { columns, rows })
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.iter().flatten().flatten().map(String::len).sum()
    }

    pub(super) fn metadata(&self) -> Vec<Value> {
        self.columns.iter().map(|c| c.metadata.clone()).collect()
    }

    /// A page as lists of typed fields.
    pub(super) fn records(&self, from: usize, most: usize) -> Vec<Value> {
        let page = self.rows.iter().skip(from).take(most);
        page.map(|row| {
            row.iter()
                .zip(&self.columns)
                .map(|(value, column)| field(value.as_deref(), column.field))
                .collect()
        })
        .collect()
    }

    /// A page as CSV; the first page begins with the column names.
    pub(super) fn csv(&self, from: usize, most: usize) -> String {
        let mut lines = Vec::new();
        if from == 0 {
            lines.push(
                self.columns
                    .iter()
                    .map(|c| quoted(&c.name))
                    .collect::<Vec<_>>()
                    .join(","),
            );
        }
        for row in self.rows.iter().skip(from).take(most) {
            lines.push(
                row.iter()
                    .map(|v| v.as_deref().map(quoted).unwrap_or_default())
                    .collect::<Vec<_>>()
                    .join(","),
            );
        }
        lines.push(String::new()); // the last line ends too
        lines.join("\r\n")
    }
}

fn quoted(value: &str) -> String {
    if value.is_empty() || value.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", value.replace('"', "\"\""));
    }
    value.to_owned()
}

fn field(value: Option<&str>, kind: FieldKind) -> Value {
    let Some(text) = value else {
        return json!({ "isNull": true });
    };
    let typed = match kind {
        FieldKind::Boolean => Some(json!({ "booleanValue": text == "t" })),
        FieldKind::Long => text.parse::<i64>().ok().map(|n| json!({ "longValue": n })),
        FieldKind::Double => text
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .map(|n| json!({ "doubleValue": n })),
        FieldKind::Text => None,
    };
    typed.unwrap_or_else(|| json!({ "stringValue": text }))
}

impl ResultColumn {
    fn new(column: &tokio_postgres::Column) -> Self {
        let modifier = usize::try_from(column.type_modifier() - 4).unwrap_or(0);
        let (field, type_name, precision, scale) = match *column.type_() {
            Type::BOOL => (FieldKind::Boolean, "bool", 1, 0),
            Type::INT2 => (FieldKind::Long, "int2", 5, 0),
            Type::INT4 => (FieldKind::Long, "int4", 10, 0),
            Type::INT8 | Type::OID => (FieldKind::Long, "int8", 19, 0),
            Type::FLOAT4 => (FieldKind::Double, "float4", 8, 8),
            Type::FLOAT8 => (FieldKind::Double, "float8", 17, 17),
            Type::NUMERIC => (FieldKind::Text, "numeric", modifier >> 16, modifier & 0x7ff),
            Type::DATE => (FieldKind::Text, "date", 13, 0),
            Type::TIMESTAMP => (FieldKind::Text, "timestamp", 29, 6),
            Type::TIMESTAMPTZ => (FieldKind::Text, "timestamptz", 35, 6),
            Type::BPCHAR => (FieldKind::Text, "bpchar", modifier, 0),
            Type::JSON | Type::JSONB => (FieldKind::Text, "super", 0, 0),
            ref other if other.name() == "super" => (FieldKind::Text, "super", 0, 0),
            _ => (FieldKind::Text, "varchar", modifier, 0),
        };
        let name = column.name().to_owned();
        let metadata = json!({
            "name": name, "label": name, "typeName": type_name, "length": 0, "precision": precision, "scale": scale, "nullable": 1,
            "isSigned": matches!(field, FieldKind::Long | FieldKind::Double) || type_name == "numeric",
            "isCaseSensitive": type_name == "varchar" || type_name == "bpchar",
            "isCurrency": false, "schemaName": "", "tableName": "",
        });
        Self {
            name,
            field,
            metadata,
        }
    }
}

//! What a warehouse table looks like from outside: the columns `COPY` fills, read from the table's own SQL file.

/// The type of a column, as far as writing values for it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `varchar(n)`: at most `n` bytes of UTF-8.
    Text {
        /// Bytes, not characters.
        max_bytes: usize,
    },
    /// `integer`, `bigint`.
    Integer,
    /// `decimal(p, s)`.
    Decimal,
    /// `boolean`.
    Boolean,
    /// `timestamp`, UTC.
    Timestamp,
    /// `date`.
    Date,
    /// `super`.
    Super,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Lower-case name.
    pub name: String,
    /// Type.
    pub kind: ColumnType,
    /// `not null` stands in the definition.
    pub required: bool,
    /// A `default` stands in the definition: `COPY` leaves the column out.
    pub defaulted: bool,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// `staging.genesys_session`; the schema is not quoted here.
    pub name: String,
    /// In the order of the definition.
    pub columns: Vec<Column>,
}

/// Why a definition cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("table definition: {0}")]
pub struct DefinitionError(String);

impl Table {
    /// Reads the first `create table if not exists schema.name ( … )` of an SQL file written as STYLE asks: one column a
    /// line, lower case.
    pub fn parse(sql: &str) -> Result<Self, DefinitionError> {
        let error = |text: &str| DefinitionError(text.to_owned());
        let mut lines = sql
            .lines()
            .map(|line| line.split("--").next().unwrap_or_default().trim());
        let head = lines
            .find_map(|line| line.strip_prefix("create table if not exists "))
            .ok_or_else(|| error("no line starts with `create table if not exists`"))?;
        let name = head.trim_end_matches('(').trim().replace('"', "");
        let mut columns = Vec::new();
        for line in lines {
            if line.starts_with(')') {
                return Ok(Self { name, columns });
            }
            if line.is_empty() {
                continue;
            }
            let line = line.trim_end_matches(',');
            let (column, rest) = line
                .split_once(' ')
                .ok_or_else(|| error(&format!("{name}: no type in {line:?}")))?;
            columns.push(Column {
                name: column.to_owned(),
                kind: kind(rest)
                    .ok_or_else(|| error(&format!("{name}.{column}: unknown type {rest:?}")))?,
                required: rest.contains("not null"),
                defaulted: rest.contains(" default "),
            });
        }
        Err(error(&format!("{name}: the closing bracket is missing")))
    }

    /// The columns `COPY` fills: all without a default.
    pub fn copied(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.defaulted)
    }
}

fn kind(definition: &str) -> Option<ColumnType> {
    let word = definition.split([' ', '(']).next()?;
    Some(match word {
        "varchar" => {
            let bytes = definition.split_once('(')?.1.split_once(')')?.0;
            ColumnType::Text {
                max_bytes: bytes.trim().parse().ok()?,
            }
        }
        "integer" | "bigint" => ColumnType::Integer,
        "decimal" => ColumnType::Decimal,
        "boolean" => ColumnType::Boolean,
        "timestamp" => ColumnType::Timestamp,
        "date" => ColumnType::Date,
        "super" => ColumnType::Super,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_columns_types_and_defaults() {
        let table = Table::parse(
            "-- x\ncreate table if not exists \"raw\".x (\n    id varchar(64) not null, -- key, a\n    n bigint,\n    \
             at timestamp default getdate()\n)\ndiststyle auto;\n",
        )
        .unwrap();
        assert_eq!(table.name, "raw.x");
        assert_eq!(table.columns[0].kind, ColumnType::Text { max_bytes: 64 });
        assert!(table.columns[0].required && !table.columns[1].required);
        assert_eq!(
            table.copied().map(|c| c.name.as_str()).collect::<Vec<_>>(),
            ["id", "n"]
        );
    }
}

//! The part of SOQL an extractor sends: a flat select list, one object, comparisons, order, limit.

mod features;
mod parser;
mod tokens;

pub use features::{Features, features};
pub use parser::parse;
use std::fmt;

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Field paths, or nothing for `COUNT()` and for groups.
    pub fields: Vec<String>,
    /// What is told of each group; nothing: records are.
    pub groups: Option<Groups>,
    /// The object.
    pub object: String,
    /// The condition.
    pub condition: Option<Condition>,
    /// Field paths, each with true for descending.
    pub order: Vec<(String, bool)>,
    /// The most rows wanted.
    pub limit: Option<usize>,
}

/// A `GROUP BY`, with what is selected of each group.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// What tells the groups apart.
    pub by: Vec<Item>,
    /// The select list, with the name under which each value is told.
    pub items: Vec<(Item, String)>,
}

/// One value of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A field as it is.
    Field(String),
    /// `DAY_ONLY(field)`: the UTC day of an instant.
    Day(String),
    /// `COUNT(field)`: how many have a value.
    Count(String),
    /// `MAX(field)`
    Max(String),
}

impl Item {
    /// The field it looks at.
    pub fn field(&self) -> &str {
        let (Self::Field(name) | Self::Day(name) | Self::Count(name) | Self::Max(name)) = self;
        name
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Both sides hold.
    And(Box<Condition>, Box<Condition>),
    /// One side holds.
    Or(Box<Condition>, Box<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A field compared with a value.
    Compare(String, Comparison, Literal),
    /// A field is one of these values; false for `NOT IN`.
    In(String, bool, Vec<Literal>),
}

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=` or `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A quoted text, unescaped.
    Text(String),
    /// An instant in milliseconds.
    Instant(i64),
    /// A day, as the milliseconds of its midnight.
    Day(i64),
}

/// Why a statement is none, with what stands at the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incremental_statement_is_read_whole() {
        let text = "SELECT Id, Owner.Name FROM Account WHERE SystemModstamp >= 2026-01-01T00:00:00Z \
            AND SystemModstamp < 2026-01-02T00:00:00.000+00:00 ORDER BY SystemModstamp, Id DESC LIMIT 10";
        let read = parse(text).unwrap();
        assert_eq!(read.fields, ["Id", "Owner.Name"]);
        assert_eq!(read.object, "Account");
        assert_eq!(
            read.order,
            [
                ("SystemModstamp".to_owned(), false),
                ("Id".to_owned(), true)
            ]
        );
        assert_eq!(read.limit, Some(10));
        let Some(Condition::And(low, high)) = read.condition else {
            panic!("no AND")
        };
        let bound = |text: &str| {
            Literal::Instant(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
        };
        let stamp = || "SystemModstamp".to_owned();
        assert_eq!(
            *low,
            Condition::Compare(
                stamp(),
                Comparison::GreaterOrEqual,
                bound("2026-01-01T00:00:00Z")
            )
        );
        assert_eq!(
            *high,
            Condition::Compare(stamp(), Comparison::Less, bound("2026-01-02T00:00:00Z"))
        );
    }

    #[test]
    fn texts_are_unescaped_and_cannot_break_out() {
        let read = parse(r"SELECT Id FROM Case WHERE Subject = 'it\'s OR \\' AND (Status = null OR NOT Id IN ('a', 'b'))").unwrap();
        let Some(Condition::And(left, _)) = read.condition else {
            panic!("no AND")
        };
        assert_eq!(
            *left,
            Condition::Compare(
                "Subject".to_owned(),
                Comparison::Equal,
                Literal::Text(r"it's OR \".to_owned())
            )
        );
    }

    #[test]
    fn counting_takes_no_fields() {
        let read = parse("select count() from Contact where IsDeleted = false").unwrap();
        assert!(read.fields.is_empty());
        assert!(parse("SELECT COUNT() FROM Contact ORDER BY Id").is_err());
    }

    #[test]
    fn groups_are_read_with_the_names_of_their_values() {
        let text = "SELECT DAY_ONLY(CreatedDate) day, IsClosed, COUNT(Id) cases, MAX(SystemModstamp) newest FROM Case \
            WHERE IsDeleted = false GROUP BY DAY_ONLY(CreatedDate), IsClosed";
        let read = parse(text).unwrap();
        assert!(read.fields.is_empty());
        let groups = read.groups.unwrap();
        assert_eq!(
            groups.by,
            [
                Item::Day("CreatedDate".to_owned()),
                Item::Field("IsClosed".to_owned())
            ]
        );
        let names: Vec<_> = groups.items.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["day", "IsClosed", "cases", "newest"]);
    }

    #[test]
    fn what_is_no_statement_is_refused() {
        for text in [
            "",
            "SELECT",
            "SELECT FROM Account",
            "SELECT Id Account",
            "SELECT Id FROM Account WHERE",
            "SELECT Id FROM Account WHERE Name = 'open",
            "SELECT Id FROM Account WHERE SystemModstamp > '2026'x",
            "SELECT Id FROM Account LIMIT many",
            "SELECT Id, (SELECT Id FROM Cases) FROM Account",
            "SELECT Id FROM Account; DROP",
            "SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3",
            "SELECT COUNT(Id) FROM Case GROUP BY AccountId",
            "SELECT Status, COUNT(Id) cases FROM Case GROUP BY AccountId",
            "SELECT Status, COUNT(Id) cases FROM Case",
            "SELECT Status FROM Case GROUP BY COUNT(Id)",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

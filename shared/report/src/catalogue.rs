//! The views a report may read, and their columns. Every identifier in a report's SQL is one of these constants.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A share from 0 to 1, shown as percent.
    Ratio,
    /// A calendar day.
    Date,
    /// Yes or no.
    Boolean,
}

impl Kind {
    /// The lower-case name used in JSON and in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Ratio => "ratio",
            Self::Date => "date",
            Self::Boolean => "boolean",
        }
    }
}

/// A column of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewColumn {
    /// Its name in SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What one of it is, in the plural: `conversations`. Empty where a unit makes no sense.
    pub unit: &'static str,
}

/// A view of the schema `mart`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Its qualified name.
    pub name: &'static str,
    /// The column with the day of a row in the business time zone.
    pub day: &'static str,
    /// The column that says whether a row is final.
    pub settled: &'static str,
    /// The columns a report may use.
    pub columns: &'static [ViewColumn],
}

const VIEWS: [View; 1] = [View {
    name: "mart.escalation_by_tier",
    day: "conversation_date",
    settled: "is_settled",
    columns: &[
        column("conversation_date", Kind::Date, ""),
        column("customer_tier", Kind::Text, ""),
        column("conversations", Kind::Integer, "conversations"),
        column("escalated", Kind::Integer, "conversations"),
    ],
}];

const fn column(name: &'static str, kind: Kind, unit: &'static str) -> ViewColumn {
    ViewColumn { name, kind, unit }
}

/// The view with this qualified name.
pub fn view(name: &str) -> Option<&'static View> {
    VIEWS.iter().find(|view| view.name == name)
}

/// The names of all views, for a message.
pub(crate) fn view_names() -> String {
    VIEWS.map(|view| view.name).join(", ")
}

impl View {
    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&'static ViewColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

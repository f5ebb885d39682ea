//! The SQL of a report. Identifiers come from the catalogue, values travel as parameters.

use crate::{Kind, Measure, Over, Period, Spec};
use std::fmt::Write as _;

/// One statement and the values of its named parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Portable SQL.
    pub sql: String,
    /// Name and value of each `:name` in it.
    pub parameters: Vec<(String, String)>,
}

impl Spec {
    /// The summed columns the measures need, each once, in the order of their first use.
    pub(crate) fn summed(&self) -> Vec<&'static str> {
        let mut columns = Vec::new();
        for Measure { over, .. } in &self.measures {
            let used = match *over {
                Over::Sum(column) => [Some(column), None],
                Over::Ratio {
                    numerator,
                    denominator,
                } => [Some(numerator), Some(denominator)],
            };
            for column in used.into_iter().flatten() {
                if !columns.contains(&column.name) {
                    columns.push(column.name);
                }
            }
        }
        columns
    }

    /// One row per group: the grouping columns, the sums, and 1 or 0 for settled. Ratios are made of the sums afterwards,
    /// so that a rate is never the average of rates.
    pub fn query(&self, period: &Period) -> Query {
        let day = self.view.day;
        let groups: Vec<_> = self.group_by.iter().map(|column| column.name).collect();
        let mut sql = String::from("select\n");
        for group in &groups {
            // Writing to a String cannot fail.
            let _ = writeln!(sql, "    {group},");
        }
        for column in self.summed() {
            // sum() of a bigint is a decimal, which the Data API would answer as text.
            let _ = writeln!(sql, "    cast(sum({column}) as bigint) as {column},");
        }
        let _ = write!(
            sql,
            "    min(case when {settled} then 1 else 0 end) as is_settled\n\
             from {view}\n\
             where {day} >= cast(:period_start as date)\n    \
             and {day} < cast(:period_end as date)\n\
             group by {groups}\n\
             order by {groups}",
            settled = self.view.settled,
            view = self.view.name,
            groups = groups.join(", "),
        );
        Query {
            sql,
            parameters: vec![
                ("period_start".to_owned(), period.first_day().to_string()),
                ("period_end".to_owned(), period.end_day().to_string()),
            ],
        }
    }

    /// How many columns the query's rows have: groups, sums, settled.
    pub(crate) fn width(&self) -> usize {
        self.group_by.len() + self.summed().len() + 1
    }
}

impl Measure {
    /// What the measure's values are.
    pub const fn kind(&self) -> Kind {
        match self.over {
            Over::Sum(_) => Kind::Integer,
            Over::Ratio { .. } => Kind::Ratio,
        }
    }
}

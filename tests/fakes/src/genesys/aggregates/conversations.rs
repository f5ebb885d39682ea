//! `POST /analytics/conversations/aggregates/query`: counted from the metrics of the records.

use super::{Ask, Table};
use crate::genesys::dimensions::{self, SESSION, Said};
use crate::genesys::filter::Filter;
use crate::genesys::{FakeGenesys, Problem};
use crate::server::Reply;
use crate::world::LONGEST_MS;
use crate::world::conversation::{Metric, Session};
use serde_json::Value;
use std::borrow::Cow;

/// An interaction answered within this is in time.
const IN_TIME_MS: i64 = 20_000;
/// Metrics the published list has and the fake cannot count from its records.
const UNSERVED: [&str; 5] = [
    "nConversations",
    "nOutbound",
    "oServiceTarget",
    "oCallbackServiceLevel",
    "nCallbackOverSla",
];

impl FakeGenesys {
    pub(in crate::genesys) fn conversation_aggregates(
        &self,
        body: &Value,
    ) -> Result<Reply, Problem> {
        let ask = Ask::read(body, &self.options, &SESSION)?;
        let filter = Filter::read(body, &SESSION)?;
        if let Some(metric) = ask
            .metrics
            .iter()
            .find(|one| UNSERVED.contains(&one.as_str()))
        {
            return Err(Problem::bad(format!(
                "The fake does not serve metric {metric:?}."
            )));
        }
        let view = self.view();
        let mut table = Table::default();
        // Handling may end after the conversation, but not by hours.
        let from = ask.interval.from.saturating_sub(2 * LONGEST_MS);
        for index in self.world.started_in_ms(from, ask.interval.to) {
            let Some(made) = self.world.build_at(index, &view) else {
                continue;
            };
            for party in &made.participants {
                for session in &party.sessions {
                    if !session
                        .metrics
                        .iter()
                        .any(|one| ask.bucket(one.at).is_some())
                    {
                        continue;
                    }
                    let says = |name: &str| dimensions::session(&made, party, session, name);
                    let is_wanted = filter.as_ref().is_none_or(|filter| {
                        filter.holds(&|one| {
                            one.holds(&Said::Text(says(one.subject()).map(Cow::Borrowed)))
                        })
                    });
                    if is_wanted {
                        let mut group = ask.group(|name| says(name).map(str::to_owned));
                        group.insert("mediaType".to_owned(), session.media.to_owned());
                        add(&ask, &mut table, &group, session);
                    }
                }
            }
        }
        ask.answer(table)
    }
}

fn add(ask: &Ask, table: &mut Table, group: &super::Group, session: &Session) {
    for &Metric { name, value, at } in &session.metrics {
        let Some(bucket) = ask.bucket(at) else {
            continue;
        };
        if ask.wants(name) {
            table.at(group, bucket, (name, None)).add(value);
        }
        // However the waiting ended, it ended here.
        if matches!(name, "tAnswered" | "tAbandon" | "tFlowOut") && ask.wants("tWait") {
            table.at(group, bucket, ("tWait", None)).add(value);
        }
        if matches!(name, "tAnswered" | "tAbandon") && ask.wants("oServiceLevel") {
            let level = table.at(group, bucket, ("oServiceLevel", None));
            level.add(value);
            level.in_time += i64::from(name == "tAnswered" && value <= IN_TIME_MS);
        }
    }
}

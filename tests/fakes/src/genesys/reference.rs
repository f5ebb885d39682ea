//! Listings of queues, users, wrap-up codes, divisions and external sources.

use super::{FakeGenesys, Problem};
use crate::server::{Call, Reply};
use serde_json::{Value, json};
use std::fmt::Write as _;

impl FakeGenesys {
    /// One page of a listing.
    pub(super) fn listing(call: &Call, all: Vec<Value>) -> Result<Reply, Problem> {
        Self::cut_listing(call, all, usize::MAX)
    }

    /// One page of a listing that returns at most so many entities, whatever size is asked for.
    fn cut_listing(call: &Call, all: Vec<Value>, most: usize) -> Result<Reply, Problem> {
        let number = |name: &str, otherwise: usize| match call.parameter(name) {
            None => Ok(otherwise),
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|&number| number > 0)
                .ok_or_else(|| {
                    Problem::new(
                        400,
                        "invalid.value",
                        format!("Value [{text}] is not valid for field type [{name}]."),
                    )
                }),
        };
        let size = number("pageSize", 25)?.min(most);
        let page = number("pageNumber", 1)?;
        if size > 500 {
            return Err(Problem::new(
                400,
                "invalid.value",
                format!("pageSize {size} must not exceed 500"),
            ));
        }
        let ids: Vec<&str> = call
            .query
            .iter()
            .filter(|(name, _)| name == "id")
            .map(|(_, id)| id.as_str())
            .collect();
        let all: Vec<Value> = all
            .into_iter()
            .filter(|one| ids.is_empty() || ids.iter().any(|id| one["id"] == *id))
            .collect();
        let pages = all.len().div_ceil(size);
        // Other parameters stay in the links, as the next page must be of the same listing.
        let mut kept = String::new();
        for (name, value) in &call.query {
            if name != "pageSize" && name != "pageNumber" {
                let _ = write!(kept, "&{name}={value}");
            }
        }
        let link = |page: usize| format!("{}?pageSize={size}&pageNumber={page}{kept}", call.path);
        let total = all.len();
        let entities: Vec<Value> = all
            .into_iter()
            .skip((page - 1).saturating_mul(size))
            .take(size)
            .collect();
        let mut body = json!({
            "entities": entities, "pageSize": size, "pageNumber": page, "total": total, "pageCount": pages,
            "firstUri": link(1), "lastUri": link(pages.max(1)), "selfUri": link(page),
        });
        if page < pages {
            body["nextUri"] = json!(link(page + 1));
        }
        if page > 1 {
            body["previousUri"] = json!(link(page - 1));
        }
        Ok(Reply::json(200, body.to_string()))
    }

    /// Outbound campaigns: never more than a hundred on a page, whatever is asked for.
    pub(super) fn campaigns(&self, call: &Call) -> Result<Reply, Problem> {
        const MOST: usize = 100;
        let served = [
            "pageSize",
            "pageNumber",
            "id",
            "name",
            "divisionId",
            "sortBy",
            "sortOrder",
        ];
        if let Some((other, _)) = call
            .query
            .iter()
            .find(|(name, _)| !served.contains(&name.as_str()))
        {
            return Err(Problem::bad(format!(
                "The fake does not filter by {other}."
            )));
        }
        let named = call.parameter("name").unwrap_or_default().to_lowercase();
        let division = call.parameter("divisionId");
        let is_wanted = |one: &Value| {
            let name = one["name"].as_str().unwrap_or_default().to_lowercase();
            name.contains(&named) && division.is_none_or(|id| one["division"]["id"] == id)
        };
        let mut all = self.world.campaigns();
        all.retain(is_wanted);
        Self::cut_listing(call, all, MOST)
    }

    /// Users: only active ones unless asked otherwise.
    pub(super) fn users(&self, call: &Call) -> Result<Reply, Problem> {
        let state = call.parameter("state").unwrap_or("active");
        if !matches!(state, "active" | "inactive" | "deleted" | "any") {
            return Err(Problem::new(
                400,
                "invalid.value",
                format!("Value [{state}] is not valid for field type [state]."),
            ));
        }
        let all = self
            .world
            .users()
            .into_iter()
            .filter(|user| state == "any" || user["state"] == state)
            .collect();
        Self::listing(call, all)
    }

    pub(super) fn external_sources(&self) -> Reply {
        let body = json!({
            "entities": self.world.external_sources(),
            "selfUri": "/api/v2/externalcontacts/externalsources",
            "cursors": {},
        });
        Reply::json(200, body.to_string())
    }
}

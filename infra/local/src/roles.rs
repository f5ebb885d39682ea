//! What each role of the warehouse reads and is refused, found by logging in as somebody who has it.

use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// What somebody with one role came to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleAccess {
    /// The role.
    pub role: String,
    /// What was read.
    pub read: Vec<Read>,
    /// What was refused.
    pub refused: Vec<Refused>,
}

/// A relation of which something was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Read {
    /// `mart.join_rate`.
    pub view: String,
    /// The columns that were read.
    pub columns: Vec<String>,
    /// The rows there were.
    pub rows: u64,
}

/// A relation of which something was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// `curated.dim_agent`.
    pub relation: String,
    /// The columns that were refused; empty: every one.
    pub columns: Vec<String>,
}

/// Relations of the warehouse with their columns, in order.
type Relations = BTreeMap<String, Vec<String>>;

const RELATIONS: &str = "select n.nspname || '.' || c.relname, a.attname \
     from pg_class as c \
     inner join pg_namespace as n on c.relnamespace = n.oid \
     inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
     where n.nspname in ('raw', 'staging', 'curated', 'mart', 'ops') and c.relkind in ('r', 'v') \
     order by 1, a.attnum";

/// Tries everything in the warehouse as each role that begins with `tributary_`. `url` is that of somebody who may make logins.
pub async fn of(url: &str) -> Result<Vec<RoleAccess>> {
    let owner = connect(url).await?;
    let mut relations = Relations::new();
    for row in rows(&owner, RELATIONS).await? {
        let [relation, column] = row.as_slice() else {
            bail!("the catalogue told a relation without a column");
        };
        relations
            .entry(relation.clone())
            .or_default()
            .push(column.clone());
    }
    let roles = "select role_name from svv_roles where role_name like 'tributary\\_%' order by 1";
    let mut found = Vec::new();
    for row in rows(&owner, roles).await? {
        let role = row.into_iter().next().unwrap_or_default();
        found.push(as_role(&owner, url, role, &relations).await?);
    }
    Ok(found)
}

/// Logs in as somebody new who has nothing but this role.
async fn as_role(
    owner: &Client,
    url: &str,
    role: String,
    relations: &Relations,
) -> Result<RoleAccess> {
    let random = RandomState::new();
    let login = format!("login_{:016x}", random.hash_one(&role));
    let password = format!(
        "{:016x}{:016x}",
        random.hash_one("first"),
        random.hash_one("second")
    );
    let make =
        format!("create role {login} login password '{password}'; grant \"{role}\" to {login}");
    owner
        .batch_execute(&make)
        .await
        .with_context(|| format!("making a login with role {role}"))?;
    let tried = try_everything(&url_of(url, &login, &password)?, role, relations).await;
    owner
        .batch_execute(&format!("drop role {login}"))
        .await
        .with_context(|| format!("taking {login} away"))?;
    tried
}

async fn try_everything(url: &str, role: String, relations: &Relations) -> Result<RoleAccess> {
    let client = connect(url)
        .await
        .with_context(|| format!("logging in with role {role}"))?;
    let mut access = RoleAccess {
        role,
        read: Vec::new(),
        refused: Vec::new(),
    };
    for (relation, columns) in relations {
        let place = relation
            .split('.')
            .map(|part| format!("\"{part}\""))
            .collect::<Vec<_>>()
            .join(".");
        // Any one column is enough for this one.
        if !may(&client, &format!("select 1 from {place} limit 0")).await? {
            access.refused.push(Refused {
                relation: relation.clone(),
                columns: Vec::new(),
            });
            continue;
        }
        let is_whole = may(&client, &format!("select * from {place} limit 0")).await?;
        let (mut readable, mut refused) = (Vec::new(), Vec::new());
        for column in columns {
            if is_whole
                || may(
                    &client,
                    &format!("select \"{column}\" from {place} limit 0"),
                )
                .await?
            {
                readable.push(column.clone());
            } else {
                refused.push(column.clone());
            }
        }
        let count = rows(&client, &format!("select count(*) from {place}")).await?;
        let count = count
            .first()
            .and_then(|row| row.first())
            .context("a count has a row")?;
        access.read.push(Read {
            view: relation.clone(),
            columns: readable,
            rows: count
                .parse()
                .with_context(|| format!("{relation} has {count} rows"))?,
        });
        if !refused.is_empty() {
            access.refused.push(Refused {
                relation: relation.clone(),
                columns: refused,
            });
        }
    }
    Ok(access)
}

/// Whether a query is let through; what fails for another reason than a missing right is an error.
async fn may(client: &Client, query: &str) -> Result<bool> {
    match client.simple_query(query).await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(false),
        Err(error) => Err(error).with_context(|| format!("running {query}")),
    }
}

async fn rows(client: &Client, query: &str) -> Result<Vec<Vec<String>>> {
    let answer = client.simple_query(query).await;
    let answer = answer.with_context(|| format!("running {query}"))?;
    let rows = answer.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Ok(rows
        .map(|row| (0..row.len()).map(|column| text(row.get(column))).collect())
        .collect())
}

/// The same place for another login.
pub fn url_of(url: &str, login: &str, password: &str) -> Result<String> {
    let (_, place) = url
        .split_once('@')
        .context("the URL of a warehouse names a login")?;
    Ok(format!("postgresql://{login}:{password}@{place}"))
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("connecting to PostgreSQL")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "A connection to PostgreSQL ended");
        }
    });
    Ok(client)
}

/// What should not be so, whoever the roles are: each reads something of `mart` alone, and a partner its own view alone.
pub fn problems(roles: &[RoleAccess]) -> Vec<String> {
    let mut problems = Vec::new();
    if roles.is_empty() {
        problems.push("the warehouse has no role".to_owned());
    }
    for RoleAccess {
        role,
        read,
        refused,
    } in roles
    {
        if read.is_empty() {
            problems.push(format!("role {role} reads nothing"));
        }
        let partner = role.strip_prefix(model::settings::Partner::ROLE);
        let own = partner.map(|name| format!("mart.partner_{name}_interactions"));
        for Read { view, .. } in read {
            if !view.starts_with("mart.") || own.as_ref().is_some_and(|own| own != view) {
                problems.push(format!("role {role} reads {view}"));
            }
        }
        if !refused
            .iter()
            .any(|one| one.relation.starts_with("curated.") && one.columns.is_empty())
        {
            problems.push(format!("role {role} was refused no table"));
        }
    }
    problems
}

/// A line for each role, for a person.
pub fn lines(roles: &[RoleAccess]) -> Vec<String> {
    let told = roles.iter().map(|RoleAccess { role, read, refused }| {
        let rows: u64 = read.iter().map(|one| one.rows).sum();
        let columns: usize = read.iter().map(|one| one.columns.len()).sum();
        let parts: usize = refused.iter().map(|one| one.columns.len()).sum();
        let whole = refused.iter().filter(|one| one.columns.is_empty()).count();
        format!(
            "Role {role}: read {columns} columns of {} views ({rows} rows), was refused {parts} of their columns and {whole} other tables and views",
            read.len()
        )
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(role: &str, view: &str, table: &str) -> RoleAccess {
        RoleAccess {
            role: role.to_owned(),
            read: vec![Read {
                view: view.to_owned(),
                columns: vec!["a".to_owned()],
                rows: 1,
            }],
            refused: vec![Refused {
                relation: table.to_owned(),
                columns: Vec::new(),
            }],
        }
    }

    #[test]
    fn a_role_that_sees_too_much_or_nothing_is_a_problem() {
        let partner = "tributary_partner_acme";
        let good = [
            access("tributary_analyst", "mart.join_rate", "curated.dim_agent"),
            access(
                partner,
                "mart.partner_acme_interactions",
                "curated.dim_agent",
            ),
        ];
        assert_eq!(problems(&good), Vec::<String>::new());
        assert_eq!(
            lines(&good)[0],
            "Role tributary_analyst: read 1 columns of 1 views (1 rows), was refused 0 of their columns and 1 other tables and views"
        );
        let bad = [
            access("tributary_analyst", "curated.dim_agent", "mart.join_rate"),
            access(
                partner,
                "mart.partner_beta_interactions",
                "curated.dim_agent",
            ),
        ];
        assert_eq!(
            problems(&bad),
            [
                "role tributary_analyst reads curated.dim_agent",
                "role tributary_analyst was refused no table",
                "role tributary_partner_acme reads mart.partner_beta_interactions",
            ]
        );
        assert_eq!(problems(&[]), ["the warehouse has no role"]);
    }
}

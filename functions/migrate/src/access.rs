//! Who may read what: `sql/access/roles.toml`, the partners' views, and how that compares with what is granted.

use crate::MigrateError;
use crate::error::file;
use crate::units::Unit;
use model::settings::Partner;
use std::collections::{BTreeMap, BTreeSet};
use warehouse::sql;

/// The lists.
pub(crate) const ROLES: &str = "access/roles.toml";
/// Roles that everybody has, without what stands before their names.
const SHARED: [&str; 3] = ["analyst", "supervisor", "finance"];
/// What partners' views are made of.
const PARTNERS_READ: &str = "unified_interactions";
/// Bytes of a partner's name: with what stands around it, it is the name of a view.
const MOST_OF_A_NAME: usize = 40;

/// A relation's columns, in order.
type Columns = Vec<String>;

/// Which columns each role reads, by relation of `mart`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted(pub(crate) BTreeMap<String, BTreeMap<String, Columns>>);

/// One column's line: who reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    view: String,
    column: String,
    readers: BTreeSet<String>,
}

fn lines(text: &str) -> Result<Vec<Line>, MigrateError> {
    // In the order of the file: a table of the parser sorts its keys.
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| file(ROLES, error.to_string()))?;
    let mut lines = Vec::new();
    let mut view = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[') {
            head.trim_end_matches(']').trim().clone_into(&mut view);
        } else if let Some((column, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let column = column.trim();
            let wrong = |rule: &str| file(ROLES, format!("{view}.{column}: {rule}"));
            let readers = table
                .get(&view)
                .and_then(|view| view.get(column))
                .and_then(toml::Value::as_array)
                .ok_or_else(|| {
                    wrong("must be a list of roles on one line: column = [\"analyst\"]")
                })?;
            let readers: Option<BTreeSet<String>> = readers
                .iter()
                .map(|role| role.as_str().map(ToOwned::to_owned))
                .collect();
            let readers = readers.ok_or_else(|| wrong("must be a list of names"))?;
            for role in &readers {
                let is_partner = ["partner", "partner_key"].contains(&role.as_str());
                if !is_partner && !SHARED.contains(&role.as_str()) {
                    return Err(wrong(&format!(
                        "{role:?} is no role: write analyst, supervisor, finance, partner or partner_key"
                    )));
                }
                if is_partner && view != PARTNERS_READ {
                    return Err(wrong(
                        "partners read no view but their own: partner stands in [unified_interactions] alone",
                    ));
                }
            }
            lines.push(Line {
                view: view.clone(),
                column: column.to_owned(),
                readers,
            });
        }
    }
    Ok(lines)
}

impl Wanted {
    /// What the lists say, for these partners.
    pub(crate) fn read(partners: &[Partner]) -> Result<Self, MigrateError> {
        Self::of(sql::file(ROLES)?.text, partners)
    }

    fn of(text: &str, partners: &[Partner]) -> Result<Self, MigrateError> {
        let lines = lines(text)?;
        let mut wanted: BTreeMap<String, BTreeMap<String, Columns>> = BTreeMap::new();
        for role in SHARED {
            let views = wanted.entry(format!("tributary_{role}")).or_default();
            for line in lines.iter().filter(|line| line.readers.contains(role)) {
                views
                    .entry(line.view.clone())
                    .or_default()
                    .push(line.column.clone());
            }
        }
        for partner in partners {
            let columns = lines
                .iter()
                .filter(|line| is_shown(line))
                .map(|line| line.column.clone());
            let views = BTreeMap::from([(partner_view(&partner.name), columns.collect())]);
            wanted.insert(partner.role(), views);
        }
        Ok(Self(wanted))
    }
}

/// The columns of each view, by `mart.<view>`: every one has its line.
pub(crate) fn columns(partners: &[Partner]) -> Result<BTreeMap<String, Columns>, MigrateError> {
    let lines = lines(sql::file(ROLES)?.text)?;
    let mut columns: BTreeMap<String, Columns> = BTreeMap::new();
    for line in &lines {
        let of_view = columns.entry(format!("mart.{}", line.view)).or_default();
        of_view.push(line.column.clone());
    }
    let shown = lines.iter().filter(|line| is_shown(line));
    let shown: Columns = shown.map(|line| line.column.clone()).collect();
    for partner in partners {
        let view = format!("mart.{}", partner_view(&partner.name));
        columns.insert(view, shown.clone());
    }
    Ok(columns)
}

fn is_shown(line: &Line) -> bool {
    line.readers.contains("partner") || line.readers.contains("partner_key")
}

fn partner_view(name: &str) -> String {
    format!("partner_{name}_interactions")
}

/// The view of each partner: its queues' rows of `mart.unified_interactions`, with the columns the lists name.
pub(crate) fn partner_views(partners: &[Partner]) -> Result<Vec<Unit>, MigrateError> {
    let lines = lines(sql::file(ROLES)?.text)?;
    partners
        .iter()
        .map(|partner| view_of(partner, &lines))
        .collect()
}

fn view_of(partner: &Partner, lines: &[Line]) -> Result<Unit, MigrateError> {
    let name = &partner.name;
    let wrong = |key, value: &str, rule| MigrateError::Partner {
        key,
        value: value.to_owned(),
        rule,
    };
    // The name and the ids stand in the text of the view, which takes no parameter: nothing but these characters may.
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_');
    if !is_name || name.len() > MOST_OF_A_NAME {
        return Err(wrong(
            "name",
            name,
            "must be lower-case letters, digits and _, a letter first, 40 at most: it names a role and a view",
        ));
    }
    if partner.queue_ids.is_empty() {
        return Err(wrong(
            "queue_ids",
            name,
            "must name a queue: a partner without one sees nothing",
        ));
    }
    let mut ids = Vec::new();
    for id in &partner.queue_ids {
        let is_id = !id.is_empty()
            && id.len() <= 64
            && id
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || one == '-');
        if !is_id {
            return Err(wrong(
                "queue_ids",
                id,
                "must be a queue's id in Genesys Cloud: letters, digits and hyphens",
            ));
        }
        ids.push(format!("'{id}'"));
    }
    let columns: Vec<_> = lines
        .iter()
        .filter(|line| is_shown(line))
        .map(|line| {
            let column = &line.column;
            if line.readers.contains("partner") {
                format!("    interactions.{column}")
            } else {
                // Two partners' keys of one thing differ, so that nobody can put two partners' lists together.
                format!("    sha2('{name}/' || interactions.{column}, 256) as {column}")
            }
        })
        .collect();
    let text = format!(
        "create or replace view mart.{} as\nselect\n{}\nfrom mart.{PARTNERS_READ} as interactions\nwhere interactions.queue_id in ({})",
        partner_view(name),
        columns.join(",\n"),
        ids.join(", ")
    );
    Ok(Unit::new(
        format!("mart/{}.sql", partner_view(name)),
        vec![text],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: &str = "# head\n[unified_interactions]\nconversation_id = [\"analyst\", \"partner_key\"]\nqueue_id = [\"analyst\", \
                         \"supervisor\", \"finance\", \"partner\"]\nltv_usd = [\"finance\"]\nsecret = []\n\n[join_rate]\nlinked = [\"analyst\"]\n";

    fn partner(name: &str, ids: &[&str]) -> Partner {
        Partner {
            name: name.to_owned(),
            queue_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    #[test]
    fn a_role_reads_what_is_listed_and_a_partner_its_own_view() {
        let wanted = Wanted::of(LISTS, &[partner("acme", &["q-1"])]).unwrap().0;
        let columns =
            |role: &str, view: &str| wanted[role].get(view).map(|columns| columns.join(","));
        assert_eq!(
            columns("tributary_analyst", "unified_interactions").as_deref(),
            Some("conversation_id,queue_id")
        );
        assert_eq!(
            columns("tributary_analyst", "join_rate").as_deref(),
            Some("linked")
        );
        assert_eq!(columns("tributary_supervisor", "join_rate"), None);
        assert_eq!(
            columns("tributary_finance", "unified_interactions").as_deref(),
            Some("queue_id,ltv_usd")
        );
        assert_eq!(wanted["tributary_partner_acme"].len(), 1);
        assert_eq!(
            columns("tributary_partner_acme", "partner_acme_interactions").as_deref(),
            Some("conversation_id,queue_id")
        );
    }

    #[test]
    fn a_partners_view_has_its_queues_and_masks_what_identifies() {
        let unit = view_of(&partner("acme", &["q-1", "q-2"]), &lines(LISTS).unwrap()).unwrap();
        assert_eq!(unit.name, "mart/partner_acme_interactions.sql");
        assert_eq!(
            unit.statements[0],
            "create or replace view mart.partner_acme_interactions as\nselect\n    sha2('acme/' || interactions.conversation_id, 256) as \
             conversation_id,\n    interactions.queue_id\nfrom mart.unified_interactions as interactions\nwhere interactions.queue_id in \
             ('q-1', 'q-2')"
        );
    }

    #[test]
    fn what_stands_in_the_text_of_a_view_is_checked_first() {
        let refused = |partner: &Partner| {
            view_of(partner, &lines(LISTS).unwrap())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused(&partner("acme", &["q') or (1=1"])),
            "settings tributary.toml: partner.queue_ids = \"q') or (1=1\": must be a queue's id in Genesys Cloud: letters, digits and hyphens"
        );
        assert!(
            refused(&partner("a-b", &["q"]))
                .starts_with("settings tributary.toml: partner.name = \"a-b\"")
        );
        assert!(refused(&partner("", &["q"])).contains("partner.name"));
        assert!(refused(&partner("acme", &[])).contains("must name a queue"));
    }

    #[test]
    fn a_list_that_means_nothing_is_refused_by_its_place() {
        let refused = |line: &str| {
            lines(&format!("[join_rate]\n{line}\n"))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused("linked = [\"boss\"]"),
            "access/roles.toml: join_rate.linked: \"boss\" is no role: write analyst, supervisor, finance, partner or partner_key"
        );
        assert!(refused("linked = [\"partner\"]").contains("partners read no view but their own"));
        assert!(refused("linked = \"analyst\"").contains("must be a list of roles on one line"));
    }

    #[test]
    fn the_lists_keep_what_the_roles_are_for() {
        let wanted = Wanted::read(&[partner("acme", &["q-1"])]).unwrap().0;
        let reads =
            |role: &str, column: &str| wanted[role].values().flatten().any(|one| one == column);
        for column in ["agent_id", "agent_name", "user_id", "user_name"] {
            assert!(
                !reads("tributary_finance", column),
                "finance reads {column}"
            );
        }
        assert!(!wanted["tributary_finance"].contains_key("agent_performance"));
        for column in [
            "ltv_usd",
            "open_opportunity_count",
            "opportunity_amount",
            "amount",
        ] {
            assert!(
                !reads("tributary_supervisor", column),
                "supervisors read {column}"
            );
        }
        for column in [
            "external_contact_id",
            "crm_account_id",
            "crm_contact_id",
            "crm_case_id",
            "agent_name",
            "ltv_usd",
            "customer_tier",
            "industry",
        ] {
            assert!(
                !reads("tributary_partner_acme", column),
                "partners read {column}"
            );
        }
        // All of mart.
        for line in lines(sql::file(ROLES).unwrap().text).unwrap() {
            assert!(
                line.readers.contains("analyst"),
                "analysts do not read {}.{}",
                line.view,
                line.column
            );
        }
    }
}

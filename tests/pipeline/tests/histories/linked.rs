//! What must be true of the conversations: each is in one of the two facts, and its customer is the record that survives.

use crate::base::Base;
use crate::oracle::{Expected, Row};
use crate::spec::{ACCOUNT, CASE, CONTACT, OBJECTS};
use crate::talk::{ATTRIBUTES, Talk};
use crate::world::World;
use anyhow::{Result, ensure};
use std::collections::BTreeMap;

/// Merges that are followed.
const DEEPEST: usize = 5;

/// A conversation as the facts have it.
struct Linked {
    method: Option<String>,
    account: Option<String>,
    contact: Option<String>,
    case: Option<String>,
    tier: Option<String>,
}

/// The record that stands for `id` after all merges.
fn survivor(expected: &Expected, id: &str) -> String {
    let mut id = id.to_owned();
    for _ in 0..DEEPEST {
        let master = latest(expected, &id).and_then(|row| row.master.clone());
        match master {
            Some(master) if master != id => id = master,
            _ => break,
        }
    }
    id
}

fn latest<'a>(expected: &'a Expected, id: &str) -> Option<&'a Row> {
    expected.rows.get(id).and_then(|rows| rows.last())
}

/// The tier of an account when a conversation began; before the first row, that of the first.
fn tier_at(expected: &Expected, account: &str, start: i64) -> Option<String> {
    let tier = OBJECTS[ACCOUNT].position("customer_tier")?;
    let rows = expected.rows.get(account)?;
    let then = rows.iter().rev().find(|row| row.from <= start);
    then.or(rows.first())?.state.tracked[tier].clone()
}

/// The only record that the last reading of a conversation names: its object, and its 18 characters if anything was read of it.
fn named(expected: &Expected, talk: &Talk) -> Option<(usize, Option<String>)> {
    let attributes = &talk.readings.last()?.attributes;
    let [(name, value)] = attributes.as_slice() else {
        return None;
    };
    let (object, _) = ATTRIBUTES.iter().find(|(_, known)| known == name)?;
    let id = [value.clone(), format!("{value}AAA")]
        .into_iter()
        .find(|id| expected.rows.contains_key(id));
    Some((*object, id))
}

/// Fails where a conversation is lost, doubled, or linked to a record that is not the one it names.
pub async fn as_expected(world: &World, base: &Base, expected: &Expected, how: &str) -> Result<()> {
    let rows = base
        .rows(
            "select conversation_id, link_method, crm_account_id, crm_contact_id, crm_case_id, customer_tier \
             from curated.fact_customer_interactions \
             union all select conversation_id, null, null, null, null, null from curated.fact_anonymous_interactions",
        )
        .await?;
    ensure!(
        rows.len() == world.talks.len(),
        "seed {}: {how}: of {} conversations the facts have {} rows",
        world.seed,
        world.talks.len(),
        rows.len()
    );
    let mut facts: BTreeMap<String, Linked> = BTreeMap::new();
    for row in rows {
        let mut cells = row.into_iter();
        let mut next = || cells.next().flatten();
        let id = next().unwrap_or_default();
        let linked = Linked {
            method: next(),
            account: next(),
            contact: next(),
            case: next(),
            tier: next(),
        };
        facts.insert(id, linked);
    }
    let mut followed = 0;
    for talk in &world.talks {
        let told = |what: &str| {
            format!(
                "seed {}: {how}: {}, which began at {} and says {:?}: {what}",
                world.seed,
                talk.id,
                crate::base::instant(talk.start()),
                talk.readings.last().map(|reading| &reading.attributes)
            )
        };
        let Some(fact) = facts.get(&talk.id) else {
            anyhow::bail!(told("is in neither fact"));
        };
        if talk
            .readings
            .last()
            .is_some_and(|r| r.attributes.is_empty())
        {
            ensure!(fact.method.is_none(), told("is linked and names nobody"));
        }
        let Some((object, known)) = named(expected, talk) else {
            continue;
        };
        let Some(known) = known else {
            ensure!(
                fact.method.is_none(),
                told("is linked to a record that nobody has read")
            );
            continue;
        };
        let survives = survivor(expected, &known);
        followed += usize::from(survives != known);
        let about = format!("{}\n{}", world.tell(&known), world.tell(&survives));
        match object {
            ACCOUNT => {
                ensure!(
                    fact.account.as_ref() == Some(&survives),
                    told(&format!(
                        "has account {:?}, not {survives}\n{about}",
                        fact.account
                    ))
                );
                let tier = tier_at(expected, &survives, talk.start());
                ensure!(
                    fact.tier == tier,
                    told(&format!(
                        "has tier {:?}, and it was {tier:?}\n{about}",
                        fact.tier
                    ))
                );
            }
            CONTACT => ensure!(
                fact.contact.as_ref() == Some(&survives),
                told(&format!(
                    "has contact {:?}, not {survives}\n{about}",
                    fact.contact
                ))
            ),
            CASE if fact.method.is_some() => ensure!(
                fact.case.as_ref() == Some(&survives),
                told(&format!(
                    "has case {:?}, not {survives}\n{about}",
                    fact.case
                ))
            ),
            _ => {}
        }
    }
    ensure!(
        followed > 0 || world.talks.is_empty(),
        "seed {}: no conversation names a merged record",
        world.seed
    );
    Ok(())
}

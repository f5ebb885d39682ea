//! Properties of the merge over random histories: whatever happened to accounts, contacts and cases, in whatever order the batches that
//! read of it arrive, repeated and replayed, the tables are the same, and they are what the words of their definitions say.
//!
//! A failure names its seed: `TRIBUTARY_HISTORIES_SEED=7 cargo test -p pipeline --test histories`, and
//! `TRIBUTARY_HISTORIES_COUNT=100000` tries more histories than usual.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod base;
mod compare;
mod life;
mod linked;
mod oracle;
mod spec;
mod staged;
mod talk;
mod transactions;
mod world;

use anyhow::{Context as _, Result, ensure};
use base::{Base, Server, server};
use compare::{OF_THE_RUN, Step, as_expected, invariants, same_tables, walk};
use oracle::Expected;
use pipeline::random::Random;
use transactions::Merge;
use world::{BATCHES, World};

/// Histories in a run that asks for no other number.
const HISTORIES: u64 = 12_000;
const FEWEST: usize = 10_000;

fn number(variable: &str, usual: u64) -> Result<u64> {
    std::env::var(variable).map_or(Ok(usual), |said| {
        said.parse()
            .with_context(|| format!("{variable} is {said:?}, not a number"))
    })
}

fn seed() -> Result<u64> {
    number("TRIBUTARY_HISTORIES_SEED", 20_260_101)
}

fn shuffled(random: &mut Random) -> Vec<usize> {
    let mut order: Vec<usize> = (0..BATCHES).collect();
    for place in (1..BATCHES).rev() {
        let other = usize::try_from(random.below(place as u64 + 1)).unwrap();
        order.swap(place, other);
    }
    order
}

fn one_by_one(order: &[usize]) -> Vec<Step> {
    order
        .iter()
        .flat_map(|batch| [Step::Load(*batch), Step::Merge(*batch)])
        .collect()
}

fn together(random: &mut Random) -> Vec<Step> {
    let loads = shuffled(random).into_iter().map(Step::Load);
    loads
        .chain(shuffled(random).into_iter().map(Step::Merge))
        .collect()
}

/// One by one, and each merged a second time some steps later; the first is merged before its successor is loaded, and with it.
fn repeated(random: &mut Random) -> Vec<Step> {
    let order = shuffled(random);
    vec![
        Step::Load(order[0]),
        Step::Merge(order[0]),
        Step::Load(order[1]),
        Step::Load(order[2]),
        Step::Merge(order[2]),
        Step::Merge(order[0]),
        Step::Merge(order[1]),
        Step::Merge(order[2]),
        Step::Load(order[3]),
        Step::Merge(order[3]),
    ]
}

/// Merges a world in its order and in others, and compares each with the first.
async fn every_order(world: &World, name: &str, merge: &Merge) -> Result<Expected> {
    let server = server().await?;
    let mut random = Random::new(world.seed ^ 0x5eed);
    server.hold(world, name).await?;
    let expected = Expected::of(world, merge.settings.salesforce.max_purged_percent);
    let first: Vec<usize> = (0..BATCHES).collect();
    let reference = server.copy(name, &format!("{name}_reference")).await?;
    walk(&reference, merge, &one_by_one(&first)).await?;
    as_expected(world, &reference, &expected, "one after the other").await?;
    linked::as_expected(world, &reference, &expected, "one after the other").await?;
    invariants(world, &reference).await?;

    let backwards: Vec<usize> = first.into_iter().rev().collect();
    let orders = [one_by_one(&backwards), repeated(&mut random)];
    let loaded = together(&mut random);
    let replays: Vec<_> = shuffled(&mut random)
        .into_iter()
        .map(Step::Replay)
        .collect();
    // Two databases at once, for two cores.
    let one_side = async {
        for (number, steps) in orders.iter().enumerate() {
            let base = server.copy(name, &format!("{name}_{number}")).await?;
            walk(&base, merge, steps).await?;
            same_tables(world, (&reference, &base), &[], &format!("{steps:?}")).await?;
            base.close().await;
        }
        anyhow::Ok(())
    };
    let other_side = async {
        let base = server.copy(name, &format!("{name}_replayed")).await?;
        walk(&base, merge, &loaded).await?;
        same_tables(world, (&reference, &base), &[], &format!("{loaded:?}")).await?;
        walk(&base, merge, &replays).await?;
        let how = format!("{loaded:?}, then {replays:?} under other runs");
        same_tables(world, (&reference, &base), &OF_THE_RUN, &how).await?;
        base.close().await;
        anyhow::Ok(())
    };
    tokio::try_join!(one_side, other_side)?;
    if !world.talks.is_empty() {
        at_once(world, (&server, &reference), name, merge).await?;
    }
    reference.close().await;
    Ok(expected)
}

/// Two merges at once, again and again: their transactions come between each other's.
async fn at_once(
    world: &World,
    (server, reference): (&Server, &Base),
    name: &str,
    merge: &Merge,
) -> Result<()> {
    let database = format!("{name}_at_once");
    let one = server.copy(name, &database).await?;
    let other = server.connect(&database).await?;
    let loads: Vec<_> = (0..BATCHES).map(Step::Load).collect();
    walk(&one, merge, &loads).await?;
    let (even, odd): (Vec<usize>, Vec<usize>) = (0..BATCHES).partition(|batch| batch % 2 == 0);
    let merges = |batches: Vec<usize>| -> Vec<_> { batches.into_iter().map(Step::Merge).collect() };
    let (even, odd) = (merges(even), merges(odd));
    tokio::try_join!(walk(&one, merge, &even), walk(&other, merge, &odd))?;
    let how = format!("{even:?} while {odd:?}");
    same_tables(world, (reference, &one), &[], &how).await?;
    one.close().await;
    other.close().await;
    Ok(())
}

#[tokio::test]
async fn ten_thousand_histories_give_the_same_dimensions_in_every_order_of_batches() -> Result<()> {
    let count = number("TRIBUTARY_HISTORIES_COUNT", HISTORIES)?;
    let world = World::new(seed()?, count, 0);
    let expected = every_order(&world, "dimensions", &Merge::shipped()?).await?;
    let compared = world.records.len();
    ensure!(
        compared >= FEWEST || count < HISTORIES,
        "{compared} histories are fewer than {FEWEST}"
    );
    ensure!(
        expected.rows.values().flatten().count() > expected.rows.len(),
        "no history has more than one row"
    );
    Ok(())
}

#[tokio::test]
async fn conversations_stay_one_each_and_follow_the_surviving_records_in_every_order_of_batches()
-> Result<()> {
    let count = number("TRIBUTARY_HISTORIES_COUNT", HISTORIES)? / 8;
    let world = World::new(seed()? + 1, count, count);
    every_order(&world, "interactions", &Merge::shipped()?).await?;
    Ok(())
}

/// The comparison is worth something only if it sees a merge that is wrong.
#[tokio::test]
async fn a_merge_that_is_changed_for_the_worse_is_found() -> Result<()> {
    let shipped = Merge::shipped()?;
    let world = World::new(seed()? + 2, 800, 0);
    let server = server().await?;
    server.hold(&world, "changed").await?;
    let expected = Expected::of(&world, shipped.settings.salesforce.max_purged_percent);
    let changes = [
        (
            "the first extraction of a version wins",
            "staged.extracted_at desc,",
            "staged.extracted_at asc,",
        ),
        (
            "a deletion leaves the row open",
            "not kept.is_deleted and kept.next_from is null",
            "kept.next_from is null",
        ),
        (
            "changes are undone that came before",
            "and anchored.moment < tmp_change.changed_at",
            "and anchored.moment <> tmp_change.changed_at",
        ),
        (
            "what other batches have read does not count",
            "inner join asked\n        on staged.account_id = asked.account_id\n",
            "inner join asked\n        on staged.account_id = asked.account_id\n    inner join tmp_batch on staged.batch_id = tmp_batch.batch_id\n",
        ),
    ];
    let order: Vec<usize> = (0..BATCHES).rev().collect();
    for (number, (what, from, to)) in changes.into_iter().enumerate() {
        let base = server.copy("changed", &format!("changed_{number}")).await?;
        walk(&base, &shipped.with(from, to)?, &one_by_one(&order)).await?;
        let found = as_expected(&world, &base, &expected, "changed").await;
        let said = found
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        ensure!(
            said.contains("should have"),
            "when {what}, nothing is seen: {said}"
        );
        base.close().await;
    }
    Ok(())
}

/// So with conversations: what is not asked again, or not looked for where it lies, is seen.
#[tokio::test]
async fn a_link_that_is_not_decided_again_is_found() -> Result<()> {
    let shipped = Merge::shipped()?;
    let world = World::new(seed()? + 3, 600, 600);
    let server = server().await?;
    server.hold(&world, "forgotten").await?;
    let expected = Expected::of(&world, shipped.settings.salesforce.max_purged_percent);
    let changes = [
        (
            "a change of tier concerns no conversation that is known",
            "when account_row.ended_before is null then cast('1970-01-01' as timestamp) else account_row.valid_from",
            "when true then cast('9000-01-01' as timestamp) else account_row.valid_from",
        ),
        (
            "nobody sees that an account was merged",
            "'is|' || coalesce(account_row.master_record_id, '!') as state",
            "'is|' as state",
        ),
        (
            "a conversation is looked for under the start that the batch has",
            "concerned.conversation_id = staged_record.natural_id",
            "concerned.conversation_id = staged_record.natural_id and staged_record.batch_id in (select batch_id from tmp_batch)",
        ),
    ];
    // Conversations first, and who they name later.
    let order: Vec<usize> = (0..BATCHES).rev().collect();
    for (number, (what, from, to)) in changes.into_iter().enumerate() {
        let base = server
            .copy("forgotten", &format!("forgotten_{number}"))
            .await?;
        walk(&base, &shipped.with(from, to)?, &one_by_one(&order)).await?;
        let found = linked::as_expected(&world, &base, &expected, "forgotten").await;
        ensure!(found.is_err(), "when {what}, nothing is seen");
        base.close().await;
    }
    let base = server.copy("forgotten", "remembered").await?;
    walk(&base, &shipped, &one_by_one(&order)).await?;
    linked::as_expected(&world, &base, &expected, "remembered").await?;
    base.close().await;
    Ok(())
}

//! One night: the run itself, the same run again, and a replay of what it landed.

use anyhow::{Context, Result, ensure};
use fakes::control::Counts;
use fakes::world::Form;
use jiff::Timestamp;
use local::{Execution, Status, Twin, TwinOptions};
use pipeline::crm::mismatches;
use pipeline::tables::{Checksums, OF_THE_BATCH, checksums, differences};
use pipeline::{Shared, clean, lines, nightly, number, run_id, succeed, unhurried_by_quotas};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

const ALL: [&str; 5] = ["raw", "staging", "curated", "ops", "mart"];
/// What a replay makes anew. The others record that there was one.
const RESULTS: [&str; 2] = ["curated", "mart"];
const CONVERSATIONS: usize = 400;

/// What happened, in order; the tests look at it and change nothing.
struct Night {
    twin: Twin,
    first: Execution,
    messages: Vec<(String, String)>,
    after_first: Checksums,
    results_of_first: Checksums,
    second: Execution,
    asked_by_second: [Counts; 2],
    after_second: Checksums,
    replay: Execution,
    asked_by_replay: [Counts; 2],
    results_of_replay: Checksums,
}

static NIGHT: Shared<Night> = Shared::new();

async fn night() -> Result<Night> {
    let twin = Twin::start(unhurried_by_quotas(TwinOptions {
        conversations: CONVERSATIONS,
        wait_scale: 0.05,
        ..TwinOptions::default()
    }))
    .await?;
    let event = nightly(&twin)?;
    let first = succeed(&twin, &event).await?;
    let messages = twin.messages().await?;
    let after_first = checksums(&twin, &ALL, &[]).await?;

    clean(&twin).await?;
    let second = succeed(&twin, &event).await?;
    let asked_by_second = asked(&twin);
    let after_second = checksums(&twin, &ALL, &[]).await?;

    // A replay is a batch of its own: the rows it makes are the same, the number of its windows need not be.
    let results_of_first = results(&twin).await?;
    clean(&twin).await?;
    let (from, to) = (twin.world().begin(), twin.world().end());
    let replay = succeed(&twin, &json!({"mode": "replay", "from": from, "to": to})).await?;
    let asked_by_replay = asked(&twin);
    let results_of_replay = results(&twin).await?;
    Ok(Night {
        twin,
        first,
        messages,
        after_first,
        results_of_first,
        second,
        asked_by_second,
        after_second,
        replay,
        asked_by_replay,
        results_of_replay,
    })
}

/// What a run came to, without its own numbers; `mart.completeness` tells how it was read.
async fn results(twin: &Twin) -> Result<Checksums> {
    let mut results = checksums(twin, &RESULTS, &OF_THE_BATCH).await?;
    results.remove("mart.completeness");
    results.remove("mart.reconciliation");
    Ok(results)
}

fn asked(twin: &Twin) -> [Counts; 2] {
    [
        twin.genesys().requests.counts(),
        twin.salesforce().requests.counts(),
    ]
}

fn test(test: impl AsyncFnOnce(&Night) -> Result<()>) -> Result<()> {
    NIGHT.with(night, test)
}

#[test]
fn every_conversation_of_the_source_is_landed_staged_and_merged_once() -> Result<()> {
    test(async |night| {
        let (twin, run) = (&night.twin, run_id(&night.first)?);
        let expected = i64::try_from(twin.world().expected_quarantine())?;
        let conversations = i64::try_from(CONVERSATIONS)?;
        ensure!(expected > 0, "the world has no record that must be refused");
        let ledger = twin
            .sql(&format!(
                "select sum(landed_rows), sum(staged_rows), sum(quarantined_rows), sum(merged_rows) from ops.window_ledger \
                 where batch_id = '{run}' and source = 'genesys' and object = 'conversation'"
            ))
            .await?;
        let stored = conversations - expected;
        let wanted = [conversations, stored, expected, stored].map(|count| Some(count.to_string()));
        ensure!(ledger == [wanted.to_vec()], "{ledger:?} is not {wanted:?}");
        for statement in [
            format!("select count(*) from \"raw\".genesys_conversation where batch_id = '{run}'"),
            format!("select count(*) from staging.genesys_conversation where batch_id = '{run}'"),
            format!(
                "select count(distinct conversation_id) from staging.genesys_conversation where batch_id = '{run}'"
            ),
            "select count(*) from mart.unified_interactions".to_owned(),
        ] {
            assert_eq!(number(twin, &statement).await?, stored, "{statement}");
        }
        let elsewhere = twin
            .sql(&format!(
                "select staged.conversation_id, count(fact.conversation_id) from staging.genesys_conversation as staged \
                 left join (select conversation_id from curated.fact_customer_interactions \
                 union all select conversation_id from curated.fact_anonymous_interactions) as fact \
                 on staged.conversation_id = fact.conversation_id where staged.batch_id = '{run}' \
                 group by staged.conversation_id having count(fact.conversation_id) <> 1"
            ))
            .await?;
        assert_eq!(elsewhere, Vec::<Vec<Option<String>>>::new());
        Ok(())
    })
}

#[test]
fn the_mart_says_of_each_conversation_what_is_true_of_it() -> Result<()> {
    test(async |night| {
        let world = night.twin.world();
        let mut rows = BTreeMap::new();
        for row in night
            .twin
            .sql(
                "select conversation_id, crm_account_id, crm_contact_id, crm_case_id, was_escalated, handled_by_bot_only, abandoned, \
                 transferred, coalesce(handle_time_ms, 0), to_char(conversation_start, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS'), \
                 to_char(conversation_end, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS') from mart.unified_interactions",
            )
            .await?
        {
            let id = row[0].clone().context("a conversation has an id")?;
            ensure!(rows.insert(id.clone(), row).is_none(), "{id} is there twice");
        }
        let mut wrong = Vec::new();
        let mut linked = 0;
        for index in 0..world.len() {
            let truth = world.truth(index);
            if truth.is_unstorable {
                ensure!(
                    !rows.contains_key(&truth.conversation_id),
                    "{truth:?} cannot be stored"
                );
                continue;
            }
            linked += usize::from(truth.account_id.is_some());
            match rows.get(&truth.conversation_id) {
                None => wrong.push(format!("{truth:?} is missing")),
                Some(row) => wrong.extend(mismatches(world, &truth, world.link(index), row)),
            }
        }
        ensure!(
            linked > CONVERSATIONS / 2,
            "only {linked} conversations have an account to be found"
        );
        ensure!(
            wrong.is_empty(),
            "{} mismatches:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
        Ok(())
    })
}

#[test]
fn attribute_values_survive_byte_for_byte() -> Result<()> {
    test(async |night| {
        let (world, run) = (night.twin.world(), run_id(&night.first)?);
        let mut wanted = BTreeSet::new();
        let is_emoji = |text: &str| text.chars().any(|one| one > '\u{1F000}');
        let mut awkward =
            BTreeMap::from(["NA", "None", "", "'", "\"", "\n", "an emoji"].map(|value| (value, 0)));
        for index in 0..world.len() {
            let made = world.build(index);
            if made.is_unstorable(Form::Job) {
                continue;
            }
            for (position, participant) in made.participants.iter().enumerate() {
                for (name, value) in participant.attributes.iter().flatten() {
                    for (text, seen) in &mut awkward {
                        let has = match *text {
                            "NA" | "None" | "" => value == text,
                            "an emoji" => is_emoji(value),
                            _ => value.contains(text),
                        };
                        *seen += i32::from(has);
                    }
                    wanted.insert((
                        made.id.clone(),
                        position.to_string(),
                        name.clone(),
                        hex::encode(value),
                    ));
                }
            }
        }
        let unseen: Vec<_> = awkward.iter().filter(|(_, seen)| **seen == 0).collect();
        ensure!(
            unseen.is_empty(),
            "no attribute of the world has {unseen:?}"
        );
        let mut found = BTreeSet::new();
        for row in night
            .twin
            .sql(&format!(
                "select conversation_id, participant_no, attribute_name, encode(convert_to(attribute_value, 'UTF8'), 'hex') \
                 from staging.genesys_attribute where batch_id = '{run}'"
            ))
            .await?
        {
            let text = |column: usize| row[column].clone().unwrap_or("null".to_owned());
            ensure!(found.insert((text(0), text(1), text(2), text(3))), "{row:?} is there twice");
        }
        let lost: Vec<_> = wanted.difference(&found).take(10).collect();
        let invented: Vec<_> = found.difference(&wanted).take(10).collect();
        ensure!(
            lost.is_empty() && invented.is_empty(),
            "lost {lost:#?}, invented {invented:#?}"
        );
        Ok(())
    })
}

#[test]
fn a_refused_record_has_a_reason_and_its_bytes_lie_where_its_row_says() -> Result<()> {
    test(async |night| {
        let (twin, run) = (&night.twin, run_id(&night.first)?);
        let world = twin.world();
        let refused: BTreeMap<_, _> = (0..world.len())
            .map(|index| (world.truth(index), index))
            .filter(|(truth, _)| truth.is_unstorable)
            .map(|(truth, index)| (truth.conversation_id, world.conversation(index, Form::Job)))
            .collect();
        let columns = "natural_id, reason, detail, object_key, line, sha256";
        let of = "source = 'genesys' and object = 'conversation'";
        // What the run refused, and where its record lies after the replay.
        let rows = twin
            .sql(&format!(
                "select {columns} from staging.quarantine where batch_id = '{run}' and {of} \
                 union all select {columns} from curated.quarantine where {of}"
            ))
            .await?;
        assert_eq!(rows.len(), 2 * refused.len(), "{rows:?}");
        for row in rows {
            let text: Vec<_> = row.into_iter().map(Option::unwrap_or_default).collect();
            let [id, reason, detail, key, line, sha256] = text.as_slice() else {
                anyhow::bail!("{text:?} has other columns");
            };
            let payload = refused
                .get(id)
                .with_context(|| format!("{id} need not be refused"))?;
            ensure!(
                !reason.is_empty() && !detail.is_empty(),
                "{id} has no reason: {text:?}"
            );
            let landed = lines(twin, key).await?;
            let place: usize = line.parse()?;
            let landed = landed
                .get(place - 1)
                .with_context(|| format!("{key} has no line {line}"))?;
            ensure!(
                landed.contains(payload.as_str()),
                "{key} line {line} holds other bytes than the source's {payload}"
            );
            assert_eq!(hex::encode(Sha256::digest(payload)), *sha256, "{id}");
            assert_eq!(
                serde_json::from_str::<Value>(landed)?["natural_id"],
                id.as_str()
            );
            let merged = format!(
                "select count(*) from curated.quarantine where natural_id = '{id}' and reason = '{reason}'"
            );
            assert_eq!(number(twin, &merged).await?, 1, "{id}");
        }
        Ok(())
    })
}

#[test]
fn the_links_open_and_give_the_bytes_their_receipts_name() -> Result<()> {
    test(async |night| {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let (twin, run) = (&night.twin, run_id(&night.first)?);
        let output = night
            .first
            .output
            .as_ref()
            .context("a run that succeeded has output")?;
        let files: Vec<_> = output["exports"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|one| one["files"].as_array().cloned().unwrap_or_default())
            .collect();
        let formats: Vec<_> = files
            .iter()
            .map(|file| file["format"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(formats, ["csv", "json", "html"]);
        for file in &files {
            let text = |name: &str| file[name].as_str().unwrap_or_default();
            let answer = http
                .get(text("url"))
                .send()
                .await
                .map_err(reqwest::Error::without_url)?;
            ensure!(
                answer.status().is_success(),
                "the {} link answered {}",
                text("format"),
                answer.status()
            );
            let bytes = answer.bytes().await?;
            assert_eq!(
                hex::encode(Sha256::digest(&bytes)),
                text("sha256"),
                "{}",
                text("format")
            );
            let folder = text("key")
                .rsplit_once('/')
                .context("a report lies in a folder")?
                .0;
            let receipt = twin
                .object(&format!("{folder}/receipt.json"))
                .await?
                .context("a report has a receipt")?;
            ensure!(
                String::from_utf8(receipt)?.contains(text("sha256")),
                "the receipt of {folder} names other bytes"
            );
            let row = twin
                .sql(&format!(
                    "select object_key, row_count, byte_count, sha256 from ops.report_receipt where batch_id = '{run}' and format = '{}'",
                    text("format")
                ))
                .await?;
            let wanted = [
                text("key").to_owned(),
                file["rows"].to_string(),
                bytes.len().to_string(),
                text("sha256").to_owned(),
            ];
            assert_eq!(row, [wanted.map(Some).to_vec()]);
            let expires: Timestamp = text("expires_at").parse()?;
            ensure!(
                expires > twin.world().end(),
                "the link has ended: {expires}"
            );
        }
        Ok(())
    })
}

#[test]
fn a_run_that_went_well_alerts_nobody() -> Result<()> {
    test(async |night| {
        let subjects: Vec<_> = night
            .messages
            .iter()
            .map(|(subject, _)| subject.as_str())
            .collect();
        assert_eq!(subjects, ["Tributary: reports are ready"]);
        ensure!(
            !night.messages[0].1.contains("http"),
            "a message carries a link"
        );
        Ok(())
    })
}

#[test]
fn the_same_run_twice_gives_the_same_tables() -> Result<()> {
    test(async |night| {
        assert_eq!(night.second.status, Status::Succeeded);
        assert_eq!(run_id(&night.first)?, run_id(&night.second)?);
        ensure!(
            night.after_first.len() > 40,
            "only {} tables: {:?}",
            night.after_first.len(),
            night.after_first.keys()
        );
        assert_eq!(
            differences(&night.after_first, &night.after_second),
            Vec::<String>::new()
        );
        Ok(())
    })
}

#[test]
fn the_same_run_twice_asks_the_sources_for_nothing() -> Result<()> {
    test(async |night| {
        for counts in &night.asked_by_second {
            assert_eq!(counts.total, 0, "{:?}", counts.by_path);
        }
        Ok(())
    })
}

#[test]
fn a_replay_gives_the_same_results_without_a_request() -> Result<()> {
    test(async |night| {
        assert_eq!(night.replay.status, Status::Succeeded);
        let run = run_id(&night.replay)?;
        for counts in &night.asked_by_replay {
            assert_eq!(counts.total, 0, "{:?}", counts.by_path);
        }
        assert_eq!(
            differences(&night.results_of_first, &night.results_of_replay),
            Vec::<String>::new()
        );
        let staged =
            format!("select count(*) from staging.genesys_conversation where batch_id = '{run}'");
        let expected = CONVERSATIONS - night.twin.world().expected_quarantine();
        assert_eq!(
            number(&night.twin, &staged).await?,
            i64::try_from(expected)?
        );
        Ok(())
    })
}

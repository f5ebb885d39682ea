//! Data that come in late: provisional until they have settled, exact afterwards, and not read again after that.

use anyhow::{Context, Result, ensure};
use fakes::genesys;
use fakes::world::{QualityKind, Settling, View};
use jiff::{SignedDuration, Timestamp};
use local::{Twin, TwinOptions};
use pipeline::shared::alone;
use pipeline::{clean, midnight_before, nightly, number, run_id, succeed, unhurried_by_quotas};
use serde_json::json;
use std::collections::BTreeMap;

const DAYS: u32 = 3;
const SETTLING: Settling = Settling {
    hidden_percent: 15,
    changed_percent: 30,
    settle_hours: 96,
};

/// A nightly run some hours after the end of the world, which the sources believe it is.
async fn night(twin: &Twin, hours: i64) -> Result<String> {
    let now = twin.world().end() + SignedDuration::from_hours(hours);
    twin.set_now(Some(now));
    clean(twin).await?;
    let mut event = nightly(twin)?;
    event["at"] = json!(now);
    event["reports"] = json!([]);
    run_id(&succeed(twin, &event).await?)
}

/// Conversations of the whole world in the mart.
async fn merged(twin: &Twin) -> Result<i64> {
    number(twin, "select count(*) from mart.unified_interactions").await
}

async fn conversation_windows(twin: &Twin, run: &str, which: &str) -> Result<i64> {
    let statement = format!(
        "select count(*) from ops.window_ledger where batch_id = '{run}' and object = 'conversation' and {which}"
    );
    number(twin, &statement).await
}

/// The scores in the mart, by conversation.
async fn scores(twin: &Twin, column: &str) -> Result<BTreeMap<String, f64>> {
    let statement = format!(
        "select conversation_id, {column} from mart.unified_interactions where {column} is not null"
    );
    let mut scores = BTreeMap::new();
    for row in twin.sql(&statement).await? {
        let [Some(id), Some(score)] = row.as_slice() else {
            continue;
        };
        scores.insert(id.clone(), score.parse()?);
    }
    Ok(scores)
}

/// Evaluations or surveys that came late and by an instant, of conversations that have no other: id → score.
fn late(twin: &Twin, kind: QualityKind, until: Timestamp) -> BTreeMap<String, i64> {
    let world = twin.world();
    let forever = world.end() + SignedDuration::from_hours(24 * 30);
    let events = world.quality_events(world.begin(), forever);
    let of = |id: &str| {
        events
            .iter()
            .filter(|one| one.kind == kind && one.conversation_id == id)
            .count()
    };
    let stored: Vec<_> = (0..world.len()).map(|index| world.truth(index)).collect();
    events
        .iter()
        .filter(|one| {
            one.kind == kind && one.is_late && one.at < until && of(&one.conversation_id) == 1
        })
        .filter(|one| {
            stored
                .iter()
                .any(|truth| truth.conversation_id == one.conversation_id && !truth.is_unstorable)
        })
        .filter_map(|one| Some((one.conversation_id.clone(), one.score?)))
        .collect()
}

#[test]
fn what_is_not_settled_says_so_is_read_again_and_is_exact_then() -> Result<()> {
    alone(async {
        let twin = Twin::start(unhurried_by_quotas(TwinOptions {
            days: DAYS,
            conversations: 300,
            end: Some(midnight_before(10)),
            wait_scale: 0.02,
            genesys: genesys::Options {
                settling: Some(SETTLING),
                job_polls: 0,
                ..genesys::Options::default()
            },
            // Nights after the end still look back at the first day.
            settings: vec![(
                "horizon_days = 3".to_owned(),
                "horizon_days = 12".to_owned(),
            )],
            ..TwinOptions::default()
        }))
        .await?;
        let world = twin.world();
        let (begin, end) = (world.begin(), world.end());
        let unstorable = world.expected(begin, end).unstorable;
        let truth = i64::try_from(world.len() - unstorable)?;

        // The night after: a part is hidden, a part is an earlier version.
        let first = night(&twin, 2).await?;
        let view = View::at(end + SignedDuration::from_hours(2), Some(SETTLING));
        let visible = world.visible(begin, end, &view);
        ensure!(visible.hidden > 10 && visible.changed > 10, "{visible:?}");
        let found = merged(&twin).await?;
        ensure!(
            found < truth && found <= i64::try_from(visible.shown())?,
            "{found} of {truth}: {visible:?}"
        );
        ensure!(
            found + i64::try_from(unstorable)? >= i64::try_from(visible.shown())?,
            "{found} of {visible:?}"
        );
        // The days before the world are empty and old enough.
        let old = format!("window_start >= '{begin}' and window_end <= '{end}'");
        let settled = format!("{old} and is_settled");
        assert_eq!(conversation_windows(&twin, &first, &settled).await?, 0);
        let claimed = "select count(*) from mart.unified_interactions where is_settled";
        assert_eq!(
            number(&twin, claimed).await?,
            0,
            "settled on the first night"
        );
        let handled = "select coalesce(sum(handle_time_ms), 0) from mart.unified_interactions";
        let handled_at_first = number(&twin, handled).await?;

        // A day later nothing has settled: nothing is read again.
        let second = night(&twin, 26).await?;
        assert_eq!(conversation_windows(&twin, &second, &old).await?, 0);

        // Four days after their end the windows are read again and are exact.
        let third = night(&twin, 24 * 5 + 2).await?;
        let read = conversation_windows(&twin, &third, &settled).await?;
        assert_eq!(read, i64::from(DAYS));
        assert_eq!(merged(&twin).await?, truth);
        let open = format!("{claimed} is not true and conversation_start < '{end}'");
        assert_eq!(
            number(&twin, &open).await?,
            0,
            "not settled after four days"
        );
        let mut wanted = 0;
        for index in 0..world.len() {
            let truth = world.truth(index);
            if !truth.is_unstorable {
                wanted += truth.handle_ms;
            }
        }
        assert_eq!(number(&twin, handled).await?, wanted);
        ensure!(
            handled_at_first < wanted,
            "no earlier version was seen: {handled_at_first} ms of {wanted} ms"
        );

        // From now on nothing of it is read again; evaluations and surveys go on coming in.
        let fourth = night(&twin, 24 * 7 + 2).await?;
        assert_eq!(conversation_windows(&twin, &fourth, &old).await?, 0);
        assert_eq!(merged(&twin).await?, truth);
        let until = end + SignedDuration::from_hours(24 * 7);
        let evaluated = scores(&twin, "qa_score").await?;
        let answered = scores(&twin, "csat_score").await?;
        let evaluations = late(&twin, QualityKind::Evaluation, until);
        let surveys = late(&twin, QualityKind::Survey, until);
        ensure!(
            evaluations.len() > 2 && surveys.len() > 2,
            "the world has {} late evaluations and {} late surveys",
            evaluations.len(),
            surveys.len()
        );
        for (id, score) in &evaluations {
            let found = evaluated
                .get(id)
                .with_context(|| format!("the late evaluation of {id} has not arrived"))?;
            #[allow(clippy::cast_precision_loss)] // scores are up to 100
            let wanted = *score as f64;
            ensure!((found - wanted).abs() < 0.01, "{id}: {found}, not {wanted}");
        }
        for id in surveys.keys() {
            ensure!(
                answered.contains_key(id),
                "the late survey of {id} has not arrived"
            );
        }
        twin.stop().await;
        Ok(())
    })
}

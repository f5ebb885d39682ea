//! A source that fails on some ids for good.

use super::seeded::{Fake, unlimited, world};
use super::{deadline, impatient, table};
use extract_genesys::ExtractError;
use fakes::control::Kind;
use fakes::genesys::Options;
use model::payload::{Counts, WindowTask};

/// Another status in place of the answer.
pub fn answering(code: u16) -> Kind {
    Kind::Status {
        code,
        retry_after: None,
        body: None,
    }
}

/// A world in which these ids fail with this status.
pub async fn failing(conversations: usize, ids: &[String], status: u16) -> Fake {
    let options = Options {
        broken: ids.to_vec(),
        broken_status: status,
        ..unlimited()
    };
    start(conversations, options).await
}

/// The same with other faults.
pub async fn start(conversations: usize, options: Options) -> Fake {
    let mut fake = Fake::start(world(2, conversations), options).await;
    for (from, to) in [
        ("contact_batch_size = 50", "contact_batch_size = 10"),
        ("details_batch_size = 50", "details_batch_size = 6"),
    ] {
        assert!(fake.world.settings.contains(from));
        fake.world.settings = fake.world.settings.replace(from, to);
    }
    fake
}

/// One invocation that must be done, or fail.
pub async fn read(fake: &Fake, task: &WindowTask) -> Result<Counts, ExtractError> {
    let extractor = fake.world.extractor().repeating(impatient());
    let outcome = Box::pin(extractor.run(task, deadline())).await?;
    assert!(outcome.done && outcome.counts.close(), "{outcome:?}");
    Ok(outcome.counts)
}

/// The window in a run of this name.
pub fn run(task: &WindowTask, name: &str) -> WindowTask {
    WindowTask {
        run_id: name.to_owned().try_into().unwrap(),
        // Old enough to be final.
        at: "2026-01-20T00:00:00Z".parse().unwrap(),
        ..task.clone()
    }
}

/// What was refused for one of these two reasons: object, id, reason, detail.
pub fn told(fake: &Fake, task: &WindowTask) -> Vec<String> {
    let rows = table(&fake.world, task, "staging.quarantine").into_iter();
    let rows = rows.filter(|row| ["unavailable", "not_found"].contains(&row["reason"].as_str()));
    let names = ["object", "natural_id", "reason", "detail"];
    rows.map(|row| names.map(|name| row[name].clone()).join(" | "))
        .collect()
}

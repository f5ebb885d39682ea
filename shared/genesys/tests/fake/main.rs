//! The client against the strict fake: what works here asks nothing the vendor would turn down.

#![allow(clippy::unwrap_used)] // helpers of tests may fail loudly

macro_rules! definition {
    ($name:literal) => {
        include_str!(concat!(
            "../../../warehouse/sql/staging/genesys_",
            $name,
            ".sql"
        ))
    };
}

mod beside;
mod conversations;

use fakes::genesys::{FakeGenesys, Options};
use fakes::server::Running;
use fakes::world::{World, WorldOptions};
use genesys::api::{Api, client_credentials};
use model::rows::{Refusal, Rows};
use model::table::Table;
use model::{RunId, Window};
use secrecy::SecretString;
use source_http::{Client, Share, connections};
use std::sync::Arc;
use std::time::Duration;
use step::Deadline;

const SHARE: Share = Share {
    requests_per_minute: 60_000,
    max_in_flight: 10,
};

fn deadline() -> Deadline {
    Deadline::after(
        "2026-01-06T01:00:00Z".parse().unwrap(),
        Duration::from_mins(2),
    )
}

fn day() -> Window {
    Window::new(
        "2026-01-05T00:00:00Z".parse().unwrap(),
        "2026-01-06T00:00:00Z".parse().unwrap(),
    )
    .unwrap()
}

/// The server, and a client of it.
struct Fake {
    server: Running,
    api: Api,
}

async fn fake() -> Fake {
    let world = Arc::new(World::generate(WorldOptions {
        seed: 7,
        end: "2026-01-06T00:00:00Z".parse().unwrap(),
        days: 4,
        conversations: 2000,
    }));
    let options = Options {
        requests_per_minute: u32::MAX,
        ..Options::default()
    };
    let server = FakeGenesys::start(world, options).unwrap();
    let secret = SecretString::from("twin-secret");
    let grant = client_credentials(
        connections().unwrap(),
        server.url(),
        "twin-client",
        &secret,
        deadline(),
    )
    .await
    .unwrap();
    let client = Client::new(
        connections().unwrap(),
        server.url(),
        SHARE,
        deadline(),
        Some(grant.access_token),
    );
    Fake {
        api: Api::new(client),
        server,
    }
}

fn rows_of(definition: &str) -> Rows {
    let table = Table::parse(definition).unwrap();
    let mut rows = Rows::new(&RunId::try_from("r".to_owned()).unwrap(), vec![table]);
    rows.begin(1, "2026-01-06T02:00:00Z".parse().unwrap());
    rows
}

/// Rows of all payloads in one table.
fn written<P: AsRef<str>>(
    definition: &str,
    payloads: impl IntoIterator<Item = P>,
    write: impl Fn(&str, &mut Rows) -> Result<(), Refusal>,
) -> u64 {
    let mut rows = rows_of(definition);
    for payload in payloads {
        write(payload.as_ref(), &mut rows).unwrap();
    }
    rows.take(0).1
}

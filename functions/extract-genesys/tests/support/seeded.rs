//! The strict fake, with a seeded world behind it.

use super::{World, deadline};
use extract_genesys::Request;
use fakes::genesys::{FakeGenesys, Options};
use fakes::server::Running;
use fakes::world::{World as Seeded, WorldOptions};
use genesys::api::client_credentials;
use model::payload::ExtractOutcome;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Two days, the second one that of the event `day`.
pub fn seeded() -> Arc<Seeded> {
    world(2, 3000)
}

/// So many days up to the end of that day.
pub fn world(days: u32, conversations: usize) -> Arc<Seeded> {
    Arc::new(Seeded::generate(WorldOptions {
        seed: 7,
        end: "2026-01-06T00:00:00Z".parse().unwrap(),
        days,
        conversations,
    }))
}

/// No rate limit.
pub fn unlimited() -> Options {
    Options {
        requests_per_minute: u32::MAX,
        ..Options::default()
    }
}

/// A running fake, and a bucket to land in.
pub struct Fake {
    pub server: Running,
    pub world: World,
}

impl Fake {
    pub async fn start(seeded: Arc<Seeded>, options: Options) -> Self {
        let secret = SecretString::from(options.client_secret.clone());
        let id = options.client_id.clone();
        let server = FakeGenesys::start(seeded, options).unwrap();
        let connections = source_http::connections().unwrap();
        let grant = client_credentials(connections, server.url(), &id, &secret, deadline());
        let grant = grant.await.unwrap();
        let token = grant.access_token.expose_secret();
        let mut world = World::reading(server.url().to_owned(), token).await;
        // The source's own limit is the one that counts: the quota of the settings would be waited for.
        let quota = ["requests_per_minute = 300", "requests_per_minute = 60000"];
        assert!(world.settings.contains(quota[0]));
        world.settings = world.settings.replace(quota[0], quota[1]);
        Self { server, world }
    }

    /// One invocation.
    pub async fn read(&self, task: &Request) -> ExtractOutcome {
        Box::pin(self.world.extractor().run(task, deadline()))
            .await
            .unwrap()
    }

    /// Ends the server; what has landed stays.
    pub async fn stop(self) -> World {
        self.server.stop().await;
        self.world
    }
}

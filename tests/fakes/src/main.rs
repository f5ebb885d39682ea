//! Runs the fake Genesys Cloud and the fake Salesforce until Ctrl-C.

use anyhow::Context as _;
use clap::Parser;
use fakes::genesys::{self, FakeGenesys};
use fakes::salesforce::{self, FakeSalesforce};
use fakes::world::{Settling, World, WorldOptions};
use std::sync::Arc;

/// Serves a seeded world as Genesys Cloud and as Salesforce, on 127.0.0.1.
#[derive(Debug, Parser)]
struct Arguments {
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Exclusive end of the data, a UTC midnight.
    #[arg(long, default_value = "2026-01-07T00:00:00Z")]
    end: jiff::Timestamp,
    /// Days of conversations.
    #[arg(long, default_value_t = 2)]
    days: u32,
    /// How many conversations start in those days.
    #[arg(long, default_value_t = 2000)]
    conversations: usize,
    /// Port of the fake Genesys Cloud; 0 is a free one.
    #[arg(long, default_value_t = 0)]
    genesys_port: u16,
    /// Port of the fake Salesforce; 0 is a free one.
    #[arg(long, default_value_t = 0)]
    salesforce_port: u16,
    /// Requests per minute and Genesys Cloud token; 0 switches the limit off.
    #[arg(long, default_value_t = 300)]
    requests_per_minute: u32,
    /// Hides and changes a share of the conversations until so many hours after their end.
    #[arg(long)]
    settle_hours: Option<u32>,
    /// What the clocks of both servers show; the real time when missing.
    #[arg(long)]
    now: Option<jiff::Timestamp>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let world = Arc::new(World::generate(WorldOptions {
        seed: arguments.seed,
        end: arguments.end,
        days: arguments.days,
        conversations: arguments.conversations,
    }));
    let per_minute = match arguments.requests_per_minute {
        0 => u32::MAX,
        limit => limit,
    };
    let genesys = FakeGenesys::start(
        Arc::clone(&world),
        genesys::Options {
            port: arguments.genesys_port,
            requests_per_minute: per_minute,
            settling: arguments.settle_hours.map(|settle_hours| Settling {
                settle_hours,
                ..Settling::default()
            }),
            ..genesys::Options::default()
        },
    )?;
    let salesforce = FakeSalesforce::start(
        Arc::clone(&world),
        salesforce::Options {
            port: arguments.salesforce_port,
            ..salesforce::Options::default()
        },
    )?;
    if arguments.now.is_some() {
        genesys.control().set_now(arguments.now);
        salesforce.control().set_now(arguments.now);
    }
    println!("Genesys Cloud  {}", genesys.url());
    println!("Salesforce     {}", salesforce.url());
    println!(
        "Data           {} to {}, {} conversations",
        world.begin(),
        world.end(),
        world.len()
    );
    println!("Ctrl-C ends both.");
    tokio::signal::ctrl_c()
        .await
        .context("waiting for Ctrl-C")?;
    genesys.stop().await;
    salesforce.stop().await;
    Ok(())
}

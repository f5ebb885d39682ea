//! One window read once, and the figures of several.

use crate::{Function, Usage, spread};
use anyhow::{Result, ensure};
use model::payload::{Counts, WindowReceipt, WindowTask};
use std::time::{Duration, Instant};

/// The state machine calls again while a window is not done; ten times would be hours.
const MOST_INVOCATIONS: u32 = 10;

/// What the source gives to a client that drops every page unread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Source {
    /// Records of those pages.
    pub records: usize,
    /// Bytes of their bodies, after decompression.
    pub bytes: usize,
    /// How long they took, one after another.
    pub took: Duration,
}

/// One window, read once by a process of its own.
#[derive(Debug, Clone)]
pub struct Round {
    /// From the first event to the last answer.
    pub took: Duration,
    /// Events it took.
    pub invocations: u32,
    /// What the kernel counted, the start of the process included.
    pub usage: Usage,
    /// What the receipt says.
    pub counts: Counts,
    /// Objects written, compressed.
    pub written: u64,
}

/// Starts the function and reads the window of `task`; the receipt is `receipt`'s to find and to check.
pub async fn window(
    binary: &str,
    name: &str,
    variables: &[(&str, String)],
    task: &WindowTask,
    receipt: impl FnOnce() -> Result<WindowReceipt>,
) -> Result<Round> {
    let (mut function, _) = Function::start(binary, name, variables).await?;
    let (start, mut invocations) = (Instant::now(), 1);
    while !function.invoke(task).await?.done {
        ensure!(invocations < MOST_INVOCATIONS, "the window does not end");
        invocations += 1;
    }
    let took = start.elapsed();
    let usage = function.usage()?;
    function.stop().await?;
    let receipt = receipt()?;
    Ok(Round {
        took,
        invocations,
        usage,
        counts: receipt.counts,
        written: receipt.files.iter().map(|file| file.bytes).sum(),
    })
}

#[allow(clippy::cast_precision_loss, reason = "figures for a person")]
impl Source {
    /// Records a second.
    pub fn per_second(&self) -> f64 {
        self.records as f64 / self.took.as_secs_f64()
    }

    fn bytes_a_record(&self) -> f64 {
        self.bytes as f64 / self.records as f64
    }
}

#[allow(clippy::cast_precision_loss, reason = "figures for a person")]
impl Round {
    fn records(&self) -> f64 {
        self.counts.received as f64
    }

    fn millions(&self) -> f64 {
        self.records() / 1e6
    }

    /// Records a second.
    pub fn per_second(&self) -> f64 {
        self.records() / self.took.as_secs_f64()
    }

    fn processor_per_million(&self) -> f64 {
        self.usage.processor.as_secs_f64() / self.millions()
    }

    fn peak_megabytes(&self) -> f64 {
        self.usage.peak_bytes as f64 / 1e6
    }

    fn calls_per_million(&self) -> f64 {
        self.counts.calls as f64 / self.millions()
    }

    fn written_a_record(&self) -> f64 {
        self.written as f64 / self.records()
    }
}

/// Medians and ranges of the rounds of one kind, as lines.
pub fn print(what: &str, sources: &[(&str, Source)], rounds: &[Round]) {
    let Some(last) = rounds.last() else {
        return;
    };
    let counts = last.counts;
    println!(
        "\n{what}: {} records, {} rounds, {} calls and {} invocations each, {} quarantined; receipt and files agree with the source",
        counts.received,
        rounds.len(),
        counts.calls,
        last.invocations,
        counts.quarantined
    );
    for (name, source) in sources {
        println!(
            "  {name:<34} {:>12.0}   {:.0} bytes a record",
            source.per_second(),
            source.bytes_a_record()
        );
    }
    for (name, digits, of) in [
        (
            "window, records/s",
            0,
            Round::per_second as fn(&Round) -> f64,
        ),
        (
            "processor seconds per million",
            2,
            Round::processor_per_million,
        ),
        ("peak memory, MB", 1, Round::peak_megabytes),
        ("API calls per million", 0, Round::calls_per_million),
        ("bytes written a record (gzip)", 0, Round::written_a_record),
    ] {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        let (lowest, median, highest) = spread(&mut values);
        println!("  {name:<34} {median:>12.digits$}   {lowest:.digits$} to {highest:.digits$}");
    }
}

//! Flattening speed: payload bytes per second of one core, read and written as rows.
//!
//! `cargo bench -p genesys`; the records are the fixtures with ids, numbers and instants varied by a seeded generator.

use genesys::record;
use jiff::{SignedDuration, Timestamp};
use model::payload::Extraction;
use model::phone::Numbers;
use model::rows::Rows;
use model::table::Table;
use model::{RunId, Window};
use serde_json::Value;
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

const RECORDS: usize = 20_000;
const ROUNDS: usize = 15;

const FIXTURES: [&str; 4] = [
    include_str!("../tests/fixtures/voice_with_transfer.json"),
    include_str!("../tests/fixtures/open_email.json"),
    include_str!("../tests/fixtures/bot_only_message.json"),
    include_str!("../tests/fixtures/attributes.json"),
];

const DEFINITIONS: [&str; 9] = [
    include_str!("../../warehouse/sql/staging/genesys_conversation.sql"),
    include_str!("../../warehouse/sql/staging/genesys_participant.sql"),
    include_str!("../../warehouse/sql/staging/genesys_session.sql"),
    include_str!("../../warehouse/sql/staging/genesys_segment.sql"),
    include_str!("../../warehouse/sql/staging/genesys_metric.sql"),
    include_str!("../../warehouse/sql/staging/genesys_attribute.sql"),
    include_str!("../../warehouse/sql/staging/genesys_evaluation.sql"),
    include_str!("../../warehouse/sql/staging/genesys_survey.sql"),
    include_str!("../../warehouse/sql/staging/phone_number.sql"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let payloads = payloads()?;
    let bytes: usize = payloads.iter().map(String::len).sum();
    let tables = DEFINITIONS
        .iter()
        .map(|sql| Table::parse(sql))
        .collect::<Result<_, _>>()?;
    let mut rows = Rows::new(
        &RunId::try_from("nightly-20260106t020000z".to_owned())?,
        tables,
    );
    let extracted_at: Timestamp = "2026-01-06T02:00:00.123Z".parse()?;
    let window = Window::new(
        "2026-01-05T00:00:00Z".parse()?,
        "2026-01-06T00:00:00Z".parse()?,
    )?;

    let numbers = Numbers::in_region("US");

    let mut rounds = Vec::with_capacity(ROUNDS);
    let mut parsing = Vec::with_capacity(ROUNDS);
    let mut written = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for payload in &payloads {
            black_box(record::parse(payload).map_err(|refusal| refusal.to_string())?);
        }
        parsing.push(start.elapsed().as_secs_f64());

        let start = Instant::now();
        written = 0;
        for (record_no, payload) in (1..).zip(&payloads) {
            let record = record::parse(payload).map_err(|refusal| refusal.to_string())?;
            rows.begin(record_no, extracted_at);
            record::write(&record, Extraction::Job, window, numbers, &mut rows)
                .map_err(|refusal| refusal.to_string())?;
            // As the landing writer does it: handed on in parts, the memory kept.
            if record_no % 500 == 0 {
                rows.drain(|_, csv, _| {
                    written += black_box(csv).len();
                    Ok::<_, Box<dyn Error>>(())
                })?;
            }
        }
        rounds.push(start.elapsed().as_secs_f64());
    }
    report("parse", &mut parsing, bytes);
    report("parse and write", &mut rounds, bytes);
    println!(
        "{RECORDS} records, {bytes} payload bytes, {written} CSV bytes, {} bytes a record",
        bytes / RECORDS
    );
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "figures for a person")]
fn report(name: &str, seconds: &mut [f64], bytes: usize) {
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!(
        "{name:<16} {:>6.0} MB/s  {:>8.0} records/s  (median of {} rounds; the fastest {:.0} MB/s)",
        bytes as f64 / median / 1e6,
        RECORDS as f64 / median,
        seconds.len(),
        bytes as f64 / seconds[0] / 1e6
    );
}

/// The fixtures in turn (calls, the largest, twice as often), compact as the API sends them, no two alike.
fn payloads() -> Result<Vec<String>, Box<dyn Error>> {
    let shapes = FIXTURES
        .iter()
        .map(|text| serde_json::from_str(text))
        .collect::<Result<Vec<Value>, _>>()?;
    let mut random = Random(7);
    let mut payloads = Vec::with_capacity(RECORDS);
    for no in 0..RECORDS {
        let mut record = shapes[[0, 1, 0, 2, 3][no % 5]].clone();
        vary(&mut record, &mut random)?;
        payloads.push(record.to_string());
    }
    Ok(payloads)
}

/// Short ids become as long as the source's, instants move within the day, numbers change.
fn vary(value: &mut Value, random: &mut Random) -> Result<(), Box<dyn Error>> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| vary(item, random)),
        Value::Object(fields) => fields.iter_mut().try_for_each(|(name, field)| {
            match field {
                Value::String(text) if name.ends_with("Id") => {
                    let (high, low) = (random.next(), random.next());
                    *text = format!(
                        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
                        high >> 32,
                        high & 0xffff,
                        (high >> 16) & 0xfff,
                        low & 0xfff,
                        low >> 16
                    );
                }
                Value::String(text) => {
                    if let Ok(instant) = text.parse::<Timestamp>() {
                        let shift =
                            SignedDuration::from_millis((random.next() % 3_600_000).cast_signed());
                        *text = format!("{:.3}", instant + shift);
                    }
                }
                Value::Number(_) => *field = Value::from(random.next() % 1_000_000),
                _ => vary(field, random)?,
            }
            Ok(())
        }),
        _ => Ok(()),
    }
}

/// xorshift64*: the same records every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

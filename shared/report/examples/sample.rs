//! Writes the shipped report with invented figures to a folder, to look at: `cargo run -p report --example sample -- [DIR]`.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::RunId;
use report::{Cell, Format, Reading, Report, Spec};
use std::error::Error;
use std::path::PathBuf;

const SPEC: &str = include_str!("../../../infra/settings/reports/escalation_by_tier.toml");

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1);
    let folder = PathBuf::from(folder.as_deref().unwrap_or("target/sample-report"));
    let tiers = [
        ("Platinum", 1_284, 61, 1),
        ("Gold", 3_902, 287, 1),
        ("Silver", 6_118, 611, 1),
        ("Bronze", 4_470, 536, 0),
        ("(none)", 2_206, 318, 0),
    ];
    let answer: Vec<_> = tiers
        .iter()
        .map(|&(tier, all, escalated, settled)| {
            vec![
                Cell::Text(tier.to_owned()),
                Cell::Integer(all),
                Cell::Integer(escalated),
                Cell::Integer(settled),
            ]
        })
        .collect();
    let settled: Vec<_> = answer
        .iter()
        .map(|row| [&row[..3], &[Cell::Integer(1)]].concat())
        .collect();
    std::fs::create_dir_all(&folder)?;
    for (name, rows, days_read) in [
        ("provisional", answer.as_slice(), 7),
        ("settled", settled.as_slice(), 7),
        ("incomplete", answer.as_slice(), 4),
        ("unread", &[], 0),
        ("empty", &[], 7),
    ] {
        let spec = Spec::parse("escalation_by_tier", SPEC)?;
        let at: Timestamp = "2026-01-12T02:15:00Z".parse()?;
        let period = spec.period(at, TimeZone::UTC)?;
        let reading = Reading {
            run_id: RunId::try_from("nightly-20260112t000000z".to_owned())?,
            read_at: at,
            settle_hours: 96,
            unread: period
                .first_day()
                .series(1.day())
                .take_while(|day| *day < period.end_day())
                .skip(days_read)
                .collect(),
            is_final: days_read == 7,
        };
        let report = Report::new(&spec, period, reading, rows)?;
        for format in Format::ALL {
            let path = folder.join(format!("{name}.{format}"));
            std::fs::write(&path, report.render(format)?)?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

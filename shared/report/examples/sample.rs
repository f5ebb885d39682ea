//! Writes the shipped report with invented figures to a folder, to look at: `cargo run -p report --example sample -- DIR`.

use jiff::Timestamp;
use model::RunId;
use report::{Cell, Format, Reading, Report, Spec};
use std::error::Error;
use std::path::Path;

const SPEC: &str = include_str!("../../../infra/settings/reports/escalation_by_tier.toml");

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder to write to")?;
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
    for (name, rows) in [
        ("provisional", answer.as_slice()),
        ("settled", settled.as_slice()),
        ("empty", &[]),
    ] {
        let spec = Spec::parse("escalation_by_tier", SPEC)?;
        let at: Timestamp = "2026-01-12T02:15:00Z".parse()?;
        let reading = Reading {
            run_id: RunId::try_from("nightly-20260112t000000z".to_owned())?,
            read_at: at,
            settle_hours: 96,
            days_read: 7,
            is_final: true,
        };
        let report = Report::new(&spec, spec.period(at)?, reading, rows)?;
        for format in Format::ALL {
            let path = Path::new(&folder).join(format!("{name}.{format}"));
            std::fs::write(path, report.render(format)?)?;
        }
    }
    Ok(())
}

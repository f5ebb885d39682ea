//! Renders one report and hands out links to it.
//!
//! Read, render, store, note, sign. The same request again finds what was stored and only signs new links.

mod reach;
mod receipt;
mod shelf;
mod specs;

pub use receipt::{Pointer, Receipt, StoredFile};
pub use shelf::{Found, Shelf, find, publish};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use landing::{LandingError, Link, LinkRequest, Store};
use model::payload::{ExportOutcome, ExportRequest, ExportedFile};
use model::settings::Settings;
use model::{Classify, Kind};
use report::{Cell, Format, Period, PeriodError, Reading, Report, Spec};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use step::{Deadline, SettingsFileError};
use warehouse::{Value, Warehouse, WarehouseError};

/// What the function reads from its environment, besides the warehouse's variables.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Where reports go.
    pub bucket: String,
    /// The folder of `tributary.toml` and `reports/`.
    #[serde(default = "layer")]
    pub settings_dir: PathBuf,
}

fn layer() -> PathBuf {
    PathBuf::from("/opt")
}

/// Why a report was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No such report in the settings, or a name that cannot be one.
    #[error(
        "request: report {name:?} is not in the settings; known reports: {known}. Correct the name or add reports/<name>.toml"
    )]
    UnknownReport {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A settings file cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFileError),
    /// The report's file breaks a rule.
    #[error(transparent)]
    Spec(#[from] report::SpecError),
    /// The days do not exist.
    #[error("period of report {report}")]
    Period {
        /// The report.
        report: String,
        /// Why.
        #[source]
        cause: report::PeriodError,
    },
    /// The warehouse refused or could not be reached.
    #[error("report {report}")]
    Warehouse {
        /// The report.
        report: String,
        /// Why.
        #[source]
        cause: WarehouseError,
    },
    /// The warehouse's answer does not fit.
    #[error("report {report}")]
    Answer {
        /// The report.
        report: String,
        /// Why.
        #[source]
        cause: report::ResultError,
    },
    /// A file could not be made.
    #[error("report {report}")]
    Render {
        /// The report.
        report: String,
        /// Why.
        #[source]
        cause: report::RenderError,
    },
    /// The bucket refused or could not be reached.
    #[error("report {report}")]
    Landing {
        /// The report.
        report: String,
        /// Why.
        #[source]
        cause: LandingError,
    },
    /// The operating system gave no random bytes for the folder's name.
    #[error("no random bytes for the folder of a report: {0}")]
    Random(getrandom::Error),
}

impl Classify for ExportError {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownReport { .. }
            | Self::Settings(_)
            | Self::Spec(_)
            | Self::Period { .. }
            | Self::Answer { .. }
            | Self::Render { .. } => Kind::Invalid,
            Self::Warehouse { cause, .. } => cause.kind(),
            Self::Landing { cause, .. } => cause.kind(),
            Self::Random(_) => Kind::Transient,
        }
    }
}

/// Exports reports.
#[derive(Debug)]
pub struct Exporter {
    store: Store,
    warehouse: Warehouse,
    settings_dir: PathBuf,
    settings: Settings,
}

/// Kept back of the time left, to store, note and sign in.
const AFTERWARDS: Duration = Duration::from_secs(5);
/// Attempts at the receipt's transaction when others write the same table.
const ATTEMPTS: u32 = 3;

impl Exporter {
    /// Checks the settings: a wrong file fails here, before the first event.
    pub fn new(config: Config, store: Store, warehouse: Warehouse) -> Result<Self, ExportError> {
        let settings = step::settings(&config.settings_dir)?;
        Ok(Self {
            store,
            warehouse,
            settings_dir: config.settings_dir,
            settings,
        })
    }

    /// Exports one report, or finds what this run has exported, and signs links to it.
    pub async fn run(
        &self,
        request: ExportRequest,
        deadline: Deadline,
    ) -> Result<ExportOutcome, ExportError> {
        let spec = specs::load(&self.settings_dir, &request.report)?;
        let period = TimeZone::get(&self.settings.business_time_zone)
            .map_err(PeriodError::from)
            .and_then(|zone| spec.period(request.at, zone))
            .map_err(|cause| ExportError::Period {
                report: spec.name.clone(),
                cause,
            })?;
        let landing = |cause| ExportError::Landing {
            report: spec.name.clone(),
            cause,
        };
        let found = find(&self.store, &request.run_id, &spec.name)
            .await
            .map_err(landing)?;
        let receipt = match found {
            Found::Whole(receipt) if fits(&receipt, &spec, &period) => *receipt,
            found => {
                let replaces = found != Found::Nothing;
                self.export(&request, &spec, period, deadline, replaces)
                    .await?
            }
        };
        self.note(&receipt, deadline).await?;
        let files = links(&self.store, &receipt, life(&spec), deadline.now())
            .await
            .map_err(landing)?;
        let rows = receipt.row_count;
        tracing::info!(rows, report = %spec.name, "Exported report {} with {rows} rows", spec.name);
        Ok(ExportOutcome {
            run_id: receipt.run_id,
            name: receipt.report,
            period: receipt.period,
            is_settled: receipt.is_settled,
            files,
        })
    }

    async fn export(
        &self,
        request: &ExportRequest,
        spec: &Spec,
        period: Period,
        deadline: Deadline,
        replaces: bool,
    ) -> Result<Receipt, ExportError> {
        let query = spec.query(&period);
        let name = format!("{}/export-report/{}", request.run_id, spec.name);
        let read_at = whole_second(deadline.now());
        let within = deadline.left().saturating_sub(AFTERWARDS);
        let refused = |cause| ExportError::Warehouse {
            report: spec.name.clone(),
            cause,
        };
        // First, so that a day that is read meanwhile is called unread, and not the reverse.
        let reach = reach::of(&self.warehouse, &format!("{name}/reach"), &period, within)
            .await
            .map_err(refused)?;
        let within = deadline.left().saturating_sub(AFTERWARDS);
        let answer = self
            .warehouse
            .query(&name, &query.sql, &query.parameters, within)
            .await
            .map_err(refused)?;
        let answer: Vec<Vec<_>> = answer
            .into_iter()
            .map(|row| row.into_iter().map(cell).collect())
            .collect();
        let reading = Reading {
            run_id: request.run_id.clone(),
            read_at,
            settle_hours: self.settings.genesys.settle_hours,
            unread: reach.unread,
            is_final: reach.is_final,
        };
        let report =
            Report::new(spec, period, reading, &answer).map_err(|cause| ExportError::Answer {
                report: spec.name.clone(),
                cause,
            })?;
        let (folder, receipt, files) = prepare(request, spec, &report, read_at)?;
        store(
            &self.store,
            &folder,
            receipt,
            files,
            life(spec),
            deadline.now(),
            replaces,
        )
        .await
        .map_err(|cause| ExportError::Landing {
            report: spec.name.clone(),
            cause,
        })
    }

    /// Leaves the receipt's rows in `ops.report_receipt`. Exports of one run write that table side by side.
    async fn note(&self, receipt: &Receipt, deadline: Deadline) -> Result<(), ExportError> {
        let mut attempt = 1;
        loop {
            let batch = receipt.batch(deadline.now(), attempt);
            match self.warehouse.run(&batch, deadline.left()).await {
                Ok(_) => return Ok(()),
                Err(error) if error.is_conflict() && attempt < ATTEMPTS => {
                    let wait = Duration::from_millis(250) * attempt;
                    tracing::warn!(
                        attempt,
                        "Another export wrote the receipts at once; again in {wait:?}"
                    );
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
                Err(cause) => {
                    return Err(ExportError::Warehouse {
                        report: receipt.report.clone(),
                        cause,
                    });
                }
            }
        }
    }
}

/// Whether an earlier export answers the present spec: a report whose settings have changed since is made anew.
fn fits(receipt: &Receipt, spec: &Spec, period: &Period) -> bool {
    receipt.period == period.window()
        && receipt.zone == period.zone_name()
        && receipt
            .files
            .iter()
            .map(|file| file.format)
            .eq(spec.formats.iter().copied())
}

fn life(spec: &Spec) -> Duration {
    Duration::from_hours(u64::from(spec.link_hours))
}

fn whole_second(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

fn cell(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Boolean(value) => Cell::Boolean(value),
        Value::Integer(value) => Cell::Integer(value),
        Value::Double(value) => Cell::Ratio(value),
        Value::Text(text) => Cell::Text(text),
    }
}

/// The folder of a new export, its receipt (without links yet) and the bytes of its files.
fn prepare(
    request: &ExportRequest,
    spec: &Spec,
    report: &Report,
    read_at: Timestamp,
) -> Result<(String, Receipt, Vec<Vec<u8>>), ExportError> {
    let period = report.period();
    let mut unguessable = [0_u8; 16];
    getrandom::fill(&mut unguessable).map_err(ExportError::Random)?;
    let folder = format!(
        "reports/{}/{}/{}/",
        spec.name,
        period.window().slug(),
        hex::encode(unguessable)
    );
    let rows = u64::try_from(report.row_count()).unwrap_or(u64::MAX);
    let mut files = Vec::new();
    let mut stored = Vec::new();
    for &format in &spec.formats {
        let bytes = report.render(format).map_err(|cause| ExportError::Render {
            report: spec.name.clone(),
            cause,
        })?;
        stored.push(StoredFile {
            format,
            key: format!("{folder}report.{format}"),
            rows,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            sha256: receipt::sha256(&bytes),
        });
        files.push(bytes);
    }
    let receipt = Receipt {
        report: spec.name.clone(),
        run_id: request.run_id.clone(),
        period: period.window(),
        first_day: period.first_day(),
        last_day: period.last_day(),
        zone: period.zone_name().to_owned(),
        read_at,
        is_settled: report.is_settled(),
        row_count: rows,
        links_expire_at: read_at,
        files: stored,
    };
    Ok((folder, receipt, files))
}

/// Signs once to learn the true life of links, then publishes.
async fn store(
    shelf: &impl Shelf,
    folder: &str,
    mut receipt: Receipt,
    files: Vec<Vec<u8>>,
    life: Duration,
    now: Timestamp,
    replaces: bool,
) -> Result<Receipt, LandingError> {
    let links = links(shelf, &receipt, life, now).await?;
    if let Some(first) = links.iter().map(|link| link.expires_at).min() {
        receipt.links_expire_at = first;
    }
    publish(shelf, folder, files, receipt, replaces).await
}

/// A link to each file: the page opens in the browser, the others are saved under a telling name.
async fn links(
    shelf: &impl Shelf,
    receipt: &Receipt,
    life: Duration,
    now: Timestamp,
) -> Result<Vec<ExportedFile>, LandingError> {
    let mut links = Vec::new();
    for file in &receipt.files {
        let Link { url, expires_at } = shelf
            .link(LinkRequest {
                key: &file.key,
                life,
                content_type: file.format.content_type(),
                file_name: &receipt.file_name(file.format),
                inline: file.format == Format::Html,
                now,
            })
            .await?;
        links.push(ExportedFile {
            format: file.format.as_str().to_owned(),
            key: file.key.clone(),
            url,
            expires_at: whole_second(expires_at),
            rows: file.rows,
            sha256: file.sha256.clone(),
        });
    }
    Ok(links)
}

#[cfg(test)]
mod tests;

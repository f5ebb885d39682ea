//! Why there is no plan.

use genesys::query::Refusal;
use landing::LandingError;
use model::{Classify, Kind, RunId};
use salesforce::ApiError;
use salesforce::drift::MissingField;
use source_http::SourceError;
use std::error::Error;
use std::path::PathBuf;
use step::SettingsFileError;
use step::secrets::SecretError;
use warehouse::WarehouseError;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFileError),
    /// A report's file cannot be used: it would fail the run's last step.
    #[error(transparent)]
    ReportFile(#[from] report::SpecError),
    /// The settings do not fit a staging table.
    #[error(transparent)]
    Mapping(#[from] salesforce::MappingError),
    /// The region is none of Genesys Cloud's.
    #[error(transparent)]
    Region(#[from] model::region::UnknownRegion),
    /// Another API host than the region's is only for this machine.
    #[error("GENESYS_API_URL must point to this machine; leave it out to use the region's API")]
    Url,
    /// No HTTP client can be built.
    #[error("opening connections")]
    Connections(#[source] SourceError),
    /// A value of the settings that a rule refuses.
    #[error(transparent)]
    Setting(#[from] model::settings::Wrong),
    /// The settings folder lacks something.
    #[error(
        "settings folder {path}{lacks}: it must hold tributary.toml and the folder reports, as infra/settings does"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// ` does not exist`, …
        lacks: &'static str,
    },
    /// Everything that is wrong, so that it is mended at once.
    #[error("{}", .0.iter().map(Self::text).collect::<Vec<_>>().join("\n"))]
    Several(Vec<Self>),
    /// A filter that the API would refuse.
    #[error("{place}{cause}{advice}")]
    Filter {
        /// `input `, `settings tributary.toml: genesys.`.
        place: &'static str,
        /// What is wrong, by its path.
        cause: Refusal,
        /// What else would help.
        advice: &'static str,
    },
    /// The event, or the input in it, cannot be read.
    #[error(transparent)]
    Request(#[from] model::payload::RequestError),
    /// A field of the input breaks a rule.
    #[error("input {field} = {value}: {rule}")]
    Input {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// The rule, and what would do.
        rule: String,
    },
    /// A field of the input is missing.
    #[error("input {field} is missing: {rule}")]
    InputMissing {
        /// The field.
        field: &'static str,
        /// The rule, and what would do.
        rule: String,
    },
    /// `from` and `to` are no window.
    #[error("input from and to are one interval")]
    Window(#[source] model::WindowError),
    /// The run id cannot be built.
    #[error("{0}")]
    RunId(String),
    /// A report in the input has no file.
    #[error("input reports: {asked:?} has no file in infra/settings/reports; there is {known}")]
    Report {
        /// What was asked.
        asked: String,
        /// What there is.
        known: String,
    },
    /// The folder of reports, or a file in it, cannot be read.
    #[error("settings {path} cannot be read")]
    Reports {
        /// The folder or the file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The warehouse cannot be asked.
    #[error("{action}")]
    Warehouse {
        /// `reading the ledger`, …
        action: &'static str,
        /// Why.
        #[source]
        cause: Box<WarehouseError>,
    },
    /// A row of the ledger has a form nobody wrote.
    #[error("ops.window_ledger has a row that cannot be read: {0}")]
    Ledger(String),
    /// A row of the quarantine has a form nobody wrote.
    #[error("mart.quarantine has a row that cannot be read: {0}")]
    Quarantine(String),
    /// The bucket refused.
    #[error("writing the plan of run {run_id}")]
    Landing {
        /// The run.
        run_id: RunId,
        /// Why.
        #[source]
        cause: Box<LandingError>,
    },
    /// A token secret cannot be read.
    #[error("the {0} token")]
    Token(model::Source, #[source] SecretError),
    /// The token secret does not say where the organisation is.
    #[error("secret {0}: key \"instance_url\" is missing; run refresh-token for salesforce")]
    NoInstance(String),
    /// Genesys could not be asked.
    #[error("asking Genesys until when its data is complete")]
    Genesys(#[source] Box<SourceError>),
    /// Salesforce could not be asked.
    #[error("{action} {sobject}")]
    Salesforce {
        /// `asking Salesforce for the fields of`, …
        action: &'static str,
        /// The object.
        sobject: String,
        /// Why.
        #[source]
        cause: Box<ApiError>,
    },
    /// An object of the settings does not exist, or is hidden.
    #[error(
        "settings tributary.toml: {key} = {sobject:?}: Salesforce has no such object, or the integration user may not read it; grant read access to it, or correct the settings"
    )]
    MissingObject {
        /// `salesforce.objects.account.sobject`.
        key: String,
        /// What it says.
        sobject: String,
    },
    /// Fields of the settings that do not exist, or are hidden: all of them, so that they are mended at once.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    MissingFields(Vec<MissingField>),
    /// Nothing landed in the interval of a replay.
    #[error("input from and to: the ledger has no window in {0} to replay")]
    NothingToReplay(String),
    /// A receipt the ledger speaks of is gone.
    #[error(
        "run {run_id}: the receipt s3://{key} is gone (lifecycle?); these windows must be read from the source again"
    )]
    ReceiptGone {
        /// The run that landed it.
        run_id: RunId,
        /// Bucket and key.
        key: String,
    },
    /// More windows than one execution can report on.
    #[error(
        "input from and to: {windows} windows of {source_name} are more than one execution can hold ({most}); ask for a shorter interval, one after another"
    )]
    TooMany {
        /// How many.
        windows: usize,
        /// Whose.
        source_name: model::Source,
        /// How many there may be.
        most: usize,
    },
    /// A window whose description does not fit into a state.
    #[error(
        "{object} of {window}: its task has {bytes} bytes, and a state of the machine holds {most}; read the window from the source again (mode backfill with force) before it is replayed"
    )]
    TooLarge {
        /// The object.
        object: String,
        /// The window.
        window: model::Window,
        /// How large the task is.
        bytes: usize,
        /// How large it may be.
        most: usize,
    },
}

impl PlanError {
    /// Nothing wrong, the one thing that is, or all of them.
    pub(crate) fn of(mut problems: Vec<Self>) -> Result<(), Self> {
        match problems.pop() {
            None => Ok(()),
            Some(only) if problems.is_empty() => Err(only),
            Some(last) => {
                problems.push(last);
                Err(Self::Several(problems))
            }
        }
    }

    /// What it says, with its causes.
    pub(crate) fn text(&self) -> String {
        let first: &(dyn Error + 'static) = self;
        let chain = std::iter::successors(Some(first), |&error| error.source());
        chain
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ")
    }

    pub(crate) fn warehouse(action: &'static str, cause: WarehouseError) -> Self {
        Self::Warehouse {
            action,
            cause: Box::new(cause),
        }
    }

    pub(crate) fn landing(run_id: &RunId, cause: LandingError) -> Self {
        Self::Landing {
            run_id: run_id.clone(),
            cause: Box::new(cause),
        }
    }
}

impl Classify for PlanError {
    fn kind(&self) -> Kind {
        match self {
            Self::Warehouse { cause, .. } => cause.kind(),
            Self::Landing { cause, .. } => cause.kind(),
            Self::Token(_, cause) => cause.kind(),
            Self::Genesys(cause) => cause.kind(),
            Self::Salesforce { cause, .. } => cause.kind(),
            Self::Connections(cause) => cause.kind(),
            _ => Kind::Invalid,
        }
    }
}

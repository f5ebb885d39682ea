//! What the two sources are asked before anything is read.

use crate::PlanError;
use crate::quota;
use genesys::api::Api as Genesys;
use landing::{Store, keys};
use model::region::{Region, is_loopback};
use model::settings::{SALESFORCE_OBJECTS, SalesforceObject, Settings};
use model::table::Table;
use model::{RunId, Source};
use salesforce::drift::{self, MissingField};
use salesforce::{Api as Salesforce, ApiError, Catalog, Description, Mapping};
use source_http::{Client, Connections};
use step::Deadline;
use step::secrets::{Secrets, Token};

/// Fields that a notice about one object names: a new package brings hundreds.
const CHANGES_TOLD: usize = 10;

/// Both sources' APIs. Planning is over before the first worker starts: the whole budget is free.
#[derive(Debug)]
pub(crate) struct Sources {
    secrets: Secrets,
    connections: Connections,
    genesys_url: String,
    genesys_token_secret: String,
    salesforce_token_secret: String,
}

/// What Salesforce answered.
#[derive(Debug, Default)]
pub(crate) struct Described {
    /// New, gone and changed fields.
    pub(crate) notices: Vec<String>,
    /// Descriptions to keep, by key: those that differ from the last look.
    changed: Vec<(String, Description)>,
}

impl Described {
    /// Keeps this look for the next run to compare with. After the plan: a run that fails before tells its notices again.
    pub(crate) async fn keep(&self, store: &Store, run_id: &RunId) -> Result<(), PlanError> {
        for (key, description) in &self.changed {
            store
                .write_json(key, description)
                .await
                .map_err(|cause| PlanError::landing(run_id, cause))?;
        }
        Ok(())
    }
}

impl Sources {
    /// Checks region and URL; nothing is called.
    pub(crate) fn new(secrets: Secrets, config: &crate::Config) -> Result<Self, PlanError> {
        let region = Region::parse(&config.genesys_region)?;
        let genesys_url = match &config.genesys_api_url {
            None => region.api_url(),
            Some(url) if is_loopback(url) => url.clone(),
            Some(_) => return Err(PlanError::Url),
        };
        Ok(Self {
            secrets,
            connections: source_http::connections().map_err(PlanError::Connections)?,
            genesys_url,
            genesys_token_secret: config.genesys_token_secret.clone(),
            salesforce_token_secret: config.salesforce_token_secret.clone(),
        })
    }

    /// Genesys' API, with the whole budget.
    pub(crate) async fn genesys(
        &self,
        settings: &Settings,
        deadline: Deadline,
    ) -> Result<Genesys, PlanError> {
        let token = self
            .token(Source::Genesys, &self.genesys_token_secret)
            .await?;
        let client = Client::new(
            self.connections.clone(),
            &self.genesys_url,
            quota::budget(settings, Source::Genesys),
            deadline,
            Some(token.access_token),
        );
        Ok(Genesys::new(client))
    }

    /// Salesforce's API, with the whole budget.
    pub(crate) async fn salesforce(
        &self,
        settings: &Settings,
        deadline: Deadline,
    ) -> Result<Salesforce, PlanError> {
        let secret = &self.salesforce_token_secret;
        let token = self.token(Source::Salesforce, secret).await?;
        let instance_url = token
            .instance_url
            .ok_or_else(|| PlanError::NoInstance(secret.clone()))?;
        let url = salesforce::check_host("instance_url", &instance_url);
        let url = url.map_err(|cause| failed("(any)", cause.into()))?;
        let client = Client::new(
            self.connections.clone(),
            &url,
            quota::budget(settings, Source::Salesforce),
            deadline,
            Some(token.access_token),
        );
        Ok(Salesforce::over(client, &settings.salesforce))
    }

    async fn token(&self, source: Source, secret: &str) -> Result<Token, PlanError> {
        let token = self.secrets.read(secret).await;
        token.map_err(|cause| PlanError::Token(source, cause))
    }
}

impl Described {
    /// Compares Salesforce's fields with the settings and with the last look.
    pub(crate) async fn by(
        api: &Salesforce,
        settings: &Settings,
        store: &Store,
        run_id: &RunId,
    ) -> Result<Self, PlanError> {
        let mut described = Described::default();
        let mut catalog = Catalog::default();
        let mut current = Vec::new();
        for (key, object, sobject) in named(settings) {
            let now = match api.describe(&sobject).await {
                Ok(now) => now,
                Err(ApiError::Source(cause)) if cause.status() == Some(404) => {
                    return Err(PlanError::MissingObject { key, sobject });
                }
                Err(cause) => return Err(failed(&sobject, cause)),
            };
            catalog.learn(&now.name, Some(now.clone()));
            current.push((key, object, now));
        }
        let mut missing: Vec<MissingField> = Vec::new();
        for (key, object, now) in &current {
            match settings.salesforce.objects.get(object) {
                Some(fields) => {
                    behind(api, fields, &now.name, &mut catalog).await?;
                    let found = drift::check(object, fields, &now.name, &catalog);
                    missing.extend(found.err().unwrap_or_default());
                }
                None => missing.extend(history_misses(key, object, now)?),
            }
        }
        if !missing.is_empty() {
            return Err(PlanError::MissingFields(missing));
        }
        for (_, object, now) in current {
            let key = keys::description(Source::Salesforce, &object);
            let before: Option<Description> = store
                .read_json(&key, "an object's description")
                .await
                .map_err(|cause| PlanError::landing(run_id, cause))?;
            if let Some(before) = &before {
                let changes = drift::changes(before, &now);
                let notice = drift::notice(&now.name, &changes, CHANGES_TOLD);
                described.notices.extend(notice);
            }
            if before.as_ref() != Some(&now) {
                described.changed.push((key, now));
            }
        }
        Ok(described)
    }
}

/// Describes what the fields of one object are reached through, as far as it is not known from another. What may not be
/// described has no field that may be read.
async fn behind(
    api: &Salesforce,
    fields: &SalesforceObject,
    sobject: &str,
    catalog: &mut Catalog,
) -> Result<(), PlanError> {
    while let Some(name) = drift::unknown(fields, sobject, catalog) {
        let description = match api.describe(&name).await {
            Ok(description) => Some(description),
            Err(ApiError::Source(cause)) if cause.status() == Some(404) => None,
            Err(cause) => return Err(failed(&name, cause)),
        };
        catalog.learn(&name, description);
    }
    Ok(())
}

fn failed(sobject: &str, cause: ApiError) -> PlanError {
    PlanError::Salesforce {
        action: "asking Salesforce for the fields of",
        sobject: sobject.to_owned(),
        cause: Box::new(cause),
    }
}

/// Every Salesforce object of the settings: the key that names it, our name, its API name.
fn named(settings: &Settings) -> Vec<(String, String, String)> {
    let salesforce = &settings.salesforce;
    let objects = salesforce.objects.iter().map(|(object, fields)| {
        let key = format!("salesforce.objects.{object}.sobject");
        (key, object.clone(), fields.sobject.clone())
    });
    let history = salesforce.history.iter().map(|(object, sobject)| {
        let key = format!("salesforce.history.{object}");
        (key, format!("{object}_history"), sobject.clone())
    });
    objects.chain(history).collect()
}

/// Fields of a history object that its staging table is filled from and that are not there.
fn history_misses(
    key: &str,
    name: &str,
    now: &Description,
) -> Result<Vec<MissingField>, PlanError> {
    let object = name.trim_end_matches("_history");
    let table = warehouse::sql::table("staging.salesforce_history")
        .map_err(|cause| PlanError::warehouse("reading the table of histories", cause))?;
    let mapping = Mapping::history(object, &now.name, None, &table)?;
    let missing = mapping.fields().filter(|field| now.field(field).is_none());
    Ok(missing
        .map(|field| MissingField {
            key: key.to_owned(),
            path: field.to_owned(),
            sobject: now.name.clone(),
        })
        .collect())
}

/// What of the settings does not fit the staging tables, without asking anyone.
pub(crate) fn check_columns(settings: &Settings) -> Vec<PlanError> {
    let table = |name: &str| {
        warehouse::sql::table(&format!("staging.salesforce_{name}"))
            .map_err(|cause| PlanError::warehouse("reading a staging table's definition", cause))
    };
    let mut problems = Vec::new();
    let objects = settings.salesforce.objects.iter();
    // What is none of them is refused as such.
    for (object, fields) in objects.filter(|(name, _)| SALESFORCE_OBJECTS.contains(&name.as_str()))
    {
        match table(object) {
            Ok(table) => problems.extend(misfits(object, fields, &table)),
            Err(error) => problems.push(error),
        }
    }
    match table("history") {
        Ok(table) => problems.extend(settings.salesforce.history.iter().filter_map(
            |(object, sobject)| {
                Some(
                    Mapping::history(object, sobject, None, &table)
                        .err()?
                        .into(),
                )
            },
        )),
        Err(error) => problems.push(error),
    }
    problems
}

/// Everything of one object that its table has no place for: what is found is left out, and the rest looked at again.
fn misfits(object: &str, fields: &SalesforceObject, table: &Table) -> Vec<PlanError> {
    let mut rest = fields.clone();
    let mut problems = Vec::new();
    let place = format!("salesforce.objects.{object}.");
    while let Err(error) = Mapping::new(object, &rest, table) {
        let key = error.key.strip_prefix(&place).unwrap_or_default();
        let is_left_out = match key.strip_prefix("columns.") {
            Some(column) => rest.columns.remove(column).is_some(),
            None if key == "extra" => {
                let at = rest
                    .extra
                    .iter()
                    .position(|path| path.starts_with(&error.value));
                at.map(|at| rest.extra.remove(at)).is_some()
            }
            // Any name will do.
            None => std::mem::replace(&mut rest.sobject, "Any".to_owned()) != "Any",
        };
        problems.push(error.into());
        if !is_left_out {
            break;
        }
    }
    problems
}

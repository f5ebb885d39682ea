//! The functions, roles and state machine of the template, resolved.

use super::{Place, Template, Values};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One function, as the template deploys it.
#[derive(Debug, Clone)]
pub struct FunctionSpec {
    /// Logical id: `LoadFunction`.
    pub id: String,
    /// The name it is deployed under.
    pub name: String,
    /// The binary it runs: `load`.
    pub binary: String,
    /// Memory, MiB.
    pub memory_mb: u64,
    /// Longest call, seconds.
    pub timeout_seconds: u64,
    /// Variables, the globals' and its own.
    pub environment: BTreeMap<String, String>,
    /// The role it runs under: one of the template's, else one of its own.
    pub role: RoleSpec,
}

/// A role and what it allows.
#[derive(Debug, Clone)]
pub struct RoleSpec {
    /// The name it is created under.
    pub name: String,
    /// Inline policies: document by name.
    pub policies: BTreeMap<String, Value>,
}

/// The state machine, substitutions done.
#[derive(Debug, Clone)]
pub struct StateMachineSpec {
    /// Logical id.
    pub id: String,
    /// The name it is deployed under.
    pub name: String,
    /// The definition to deploy.
    pub definition: String,
}

/// Policies that only let a function write its log: the emulator writes it without asking.
const LOG_POLICIES: [&str; 3] = [
    "AWSLambdaBasicExecutionRole",
    "CloudWatchLambdaInsightsExecutionRolePolicy",
    "AWSXRayDaemonWriteAccess",
];

impl Template {
    /// Whether a resource is deployed at all under its `Condition`.
    pub fn is_deployed(&self, id: &str, values: &Values) -> Result<bool> {
        match self.condition_of(id) {
            Some(condition) => values.condition(&condition, &Place::of(id).at("Condition")),
            None => Ok(true),
        }
    }

    /// The name a resource gets: the template's own, else one made of its logical id.
    pub fn physical_name(&self, id: &str, key: &str, values: &Values) -> Result<String> {
        let given = self
            .section("Resources")
            .get(id)
            .map_or(Value::Null, |resource| resource["Properties"][key].clone());
        if given.is_null() {
            return Ok(format!("tributary-{}", kebab(id)));
        }
        values.text(&given, &Place::of(id).at(key))
    }

    /// Every function, in the order of their logical ids.
    pub fn functions(&self, values: &Values) -> Result<Vec<FunctionSpec>> {
        let globals = self.section("Globals");
        let globals = globals.get("Function").unwrap_or(&Value::Null);
        let mut functions = Vec::new();
        for (id, properties) in self.resources("AWS::Serverless::Function") {
            if self.is_deployed(&id, values)? {
                functions.push(self.function(&id, &properties, globals, values)?);
            }
        }
        if functions.is_empty() {
            bail!("the template has no AWS::Serverless::Function");
        }
        Ok(functions)
    }

    /// One variable of the globals or of the first function that has it, without resolving the others.
    pub fn variable(&self, name: &str, values: &Values) -> Result<Option<String>> {
        let globals = self.section("Globals");
        let globals = globals.get("Function").cloned().unwrap_or_default();
        let functions = self.resources("AWS::Serverless::Function");
        let layers = std::iter::once(("Globals.Function".to_owned(), globals)).chain(functions);
        for (from, layer) in layers {
            let value = &layer["Environment"]["Variables"][name];
            if value.is_null() {
                continue;
            }
            let place = Place::of(&from).at("Environment.Variables").at(name);
            let resolved = values.resolve(value, &place)?;
            let text = if resolved.is_null() {
                String::new()
            } else {
                values.text(&resolved, &place)?
            };
            if !text.is_empty() {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    fn function(
        &self,
        id: &str,
        properties: &Value,
        globals: &Value,
        values: &Values,
    ) -> Result<FunctionSpec> {
        let place = Place::of(id);
        let property = |key: &str| match &properties[key] {
            Value::Null => globals[key].clone(),
            own => own.clone(),
        };
        let number = |key: &str, default: u64| -> Result<u64> {
            match property(key) {
                Value::Null => Ok(default),
                given => values
                    .text(&given, &place.at(key))?
                    .parse()
                    .with_context(|| format!("{}: is not a number", place.at(key))),
            }
        };
        let mut environment = BTreeMap::new();
        for (from, layer) in [("Globals.Function", globals), (id, properties)] {
            let Value::Object(variables) = &layer["Environment"]["Variables"] else {
                continue;
            };
            for (name, value) in variables {
                let place = Place::of(from).at("Environment.Variables").at(name);
                let resolved = values.resolve(value, &place)?;
                if !resolved.is_null() {
                    environment.insert(name.clone(), values.text(&resolved, &place)?);
                }
            }
        }
        let name = self.physical_name(id, "FunctionName", values)?;
        Ok(FunctionSpec {
            id: id.to_owned(),
            binary: self.binary(id),
            memory_mb: number("MemorySize", 128)?,
            timeout_seconds: number("Timeout", 3)?,
            environment,
            role: self.role_of(&name, properties, values, &place)?,
            name,
        })
    }

    /// The binary a function is built from: stated for the builder, else told by the logical id.
    fn binary(&self, id: &str) -> String {
        let stated = self.section("Resources").get(id).and_then(|resource| {
            resource["Metadata"]["BuildProperties"]["Binary"]
                .as_str()
                .map(str::to_owned)
        });
        stated.unwrap_or_else(|| kebab(id.strip_suffix("Function").unwrap_or(id)))
    }

    fn role_of(
        &self,
        function: &str,
        properties: &Value,
        values: &Values,
        place: &Place,
    ) -> Result<RoleSpec> {
        let role = &properties["Role"];
        if !role.is_null() {
            let id = match &role["Fn::GetAtt"] {
                Value::String(path) => path.split('.').next().map(str::to_owned),
                Value::Array(parts) => parts.first().and_then(Value::as_str).map(str::to_owned),
                _ => None,
            };
            let id = id.with_context(|| {
                format!(
                    "{}: is not Fn::GetAtt of a role in this template",
                    place.at("Role")
                )
            })?;
            return self.role(&id, values);
        }
        let mut policies = BTreeMap::new();
        let listed = match &properties["Policies"] {
            Value::Null => Vec::new(),
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        for (no, policy) in listed.iter().enumerate() {
            let place = place.at("Policies").at(no);
            match values.resolve(policy, &place)? {
                Value::String(name) if is_log_policy(&name) => {}
                Value::Object(document) if document.contains_key("Statement") => {
                    policies.insert(format!("policy-{no}"), versioned(document));
                }
                other => bail!(
                    "{place}: the twin enforces policy documents with a Statement, not {other}"
                ),
            }
        }
        Ok(RoleSpec {
            name: format!("{function}-role"),
            policies,
        })
    }

    /// A role of the template.
    pub fn role(&self, id: &str, values: &Values) -> Result<RoleSpec> {
        let place = Place::of(id);
        let roles = self.resources("AWS::IAM::Role");
        let properties = roles
            .get(id)
            .with_context(|| format!("{place}: the template has no such role"))?;
        let mut policies = BTreeMap::new();
        if let Value::Array(listed) = &properties["Policies"] {
            for (no, policy) in listed.iter().enumerate() {
                let place = place.at("Policies").at(no);
                let name = values.text(&policy["PolicyName"], &place.at("PolicyName"))?;
                match values.resolve(&policy["PolicyDocument"], &place.at("PolicyDocument"))? {
                    Value::Object(document) => policies.insert(name, versioned(document)),
                    _ => bail!("{place}: has no PolicyDocument"),
                };
            }
        }
        Ok(RoleSpec {
            name: self.physical_name(id, "RoleName", values)?,
            policies,
        })
    }

    /// The state machine with its definition.
    pub fn state_machine(&self, values: &Values) -> Result<StateMachineSpec> {
        let machines = self.resources("AWS::Serverless::StateMachine");
        let Some((id, properties)) = machines.into_iter().next() else {
            bail!("the template has no AWS::Serverless::StateMachine");
        };
        let place = Place::of(&id);
        let uri = values.text(&properties["DefinitionUri"], &place.at("DefinitionUri"))?;
        let path: PathBuf = self.path(&uri);
        let mut definition = std::fs::read_to_string(&path).with_context(|| {
            format!("{}: reading {}", place.at("DefinitionUri"), path.display())
        })?;
        if let Value::Object(substitutions) = &properties["DefinitionSubstitutions"] {
            for (name, value) in substitutions {
                let place = place.at("DefinitionSubstitutions").at(name);
                let text = values.text(value, &place)?;
                let marker = format!("${{{name}}}");
                if !definition.contains(&marker) {
                    bail!("{place}: {} does not use {marker}", path.display());
                }
                definition = definition.replace(&marker, &text);
            }
        }
        if let Some(start) = definition.find("${") {
            let end = definition[start..]
                .find('}')
                .map_or(definition.len(), |end| start + end + 1);
            bail!(
                "{}: {} uses {}, which is not substituted",
                place.at("DefinitionSubstitutions"),
                path.display(),
                &definition[start..end]
            );
        }
        Ok(StateMachineSpec {
            name: self.physical_name(&id, "Name", values)?,
            id,
            definition,
        })
    }
}

fn is_log_policy(name: &str) -> bool {
    LOG_POLICIES.iter().any(|policy| name.ends_with(policy))
}

fn versioned(document: Map<String, Value>) -> Value {
    let mut document = Value::Object(document);
    if document["Version"].is_null() {
        document["Version"] = json!("2012-10-17");
    }
    document
}

/// `RefreshTokenFunction` → `refresh-token-function`.
pub(crate) fn kebab(id: &str) -> String {
    let mut kebab = String::new();
    for (no, letter) in id.chars().enumerate() {
        if letter.is_uppercase() && no > 0 {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}

//! The template on the emulator: what it creates there, in the order in which one thing needs another.

mod names;

pub use names::{WarehouseNames, name_created, name_everything, warehouse_names};

use crate::aws::{ACCOUNT, Aws, REGION, xml_text};
use crate::template::{FunctionSpec, Place, RoleSpec, Template, Values};
use anyhow::{Context, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What the twin puts in the place of the account's own values.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// Where the Data API answers.
    pub data_api: String,
    /// Where Genesys Cloud's API and login answer.
    pub genesys: String,
    /// The settings folder.
    pub settings: PathBuf,
    /// Content of the Genesys credentials secret.
    pub genesys_credentials: Value,
    /// Content of the Salesforce credentials secret.
    pub salesforce_credentials: Value,
    /// Template parameters that have no default.
    pub parameters: BTreeMap<String, Value>,
    /// Workers of each Distributed Map; default what the definition says.
    pub max_concurrency: Option<u32>,
}

/// What was deployed.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The data bucket.
    pub bucket: String,
    /// The state machine.
    pub state_machine: String,
    /// Function name by binary.
    pub functions: BTreeMap<String, String>,
    /// The queue that receives what the topics publish.
    pub messages: String,
}

const CODE_BUCKET: &str = "twin-code";

/// Creates everything on a fresh emulator.
pub async fn deploy(
    aws: &Aws,
    template: &Template,
    overlay: &Overlay,
    zips: &BTreeMap<String, PathBuf>,
) -> Result<Deployment> {
    let mut values = Values::new(template, &overlay.parameters)?;
    name_everything(template, &mut values)?;
    create_buckets(aws, template, &values).await?;
    create_secrets(aws, template, &mut values).await?;
    let messages = create_topics(aws, template, &mut values).await?;
    let functions = template.functions(&values)?;
    create_roles(aws, template, &functions, &values).await?;
    fill_secrets(aws, &functions, overlay).await?;
    let deployed = create_functions(aws, &functions, overlay, zips).await?;
    let machine = template.state_machine(&values)?;
    let mut definition: Value =
        serde_json::from_str(&machine.definition).context("the state machine's definition")?;
    if let Some(workers) = overlay.max_concurrency {
        set_workers(&mut definition, workers);
    }
    let answer = aws
        .states(
            "CreateStateMachine",
            &json!({
                "name": machine.name,
                "definition": definition.to_string(),
                "roleArn": arn("iam", "", &format!("role/{STATES_ROLE}")),
            }),
        )
        .await?;
    let bucket = functions
        .iter()
        .find_map(|function| function.environment.get("BUCKET"))
        .context("no function of the template has the variable BUCKET")?;
    Ok(Deployment {
        bucket: bucket.clone(),
        state_machine: text(&answer, "stateMachineArn")?,
        functions: deployed,
        messages,
    })
}

async fn create_buckets(aws: &Aws, template: &Template, values: &Values) -> Result<()> {
    let s3 = aws.s3();
    let mut names = vec![CODE_BUCKET.to_owned()];
    for id in template.resources("AWS::S3::Bucket").keys() {
        if template.is_deployed(id, values)? {
            names.push(template.physical_name(id, "BucketName", values)?);
        }
    }
    for name in names {
        s3.create_bucket()
            .bucket(&name)
            .send()
            .await
            .with_context(|| format!("creating the bucket {name}"))?;
    }
    Ok(())
}

async fn create_secrets(aws: &Aws, template: &Template, values: &mut Values) -> Result<()> {
    for (id, properties) in template.resources("AWS::SecretsManager::Secret") {
        if !template.is_deployed(&id, values)? {
            continue;
        }
        let mut request = json!({ "Name": template.physical_name(&id, "Name", values)? });
        let content = &properties["SecretString"];
        if !content.is_null() {
            let place = Place::of(&id).at("SecretString");
            request["SecretString"] = values.text(content, &place)?.into();
        }
        let answer = aws.secrets("CreateSecret", &request).await?;
        values.refer(&id, &text(&answer, "ARN")?);
    }
    Ok(())
}

/// The topics, and one queue that shows what they publish.
async fn create_topics(aws: &Aws, template: &Template, values: &mut Values) -> Result<String> {
    let answer = aws
        .sqs("CreateQueue", &json!({"QueueName": "tributary-messages"}))
        .await?;
    let queue = text(&answer, "QueueUrl")?;
    let queue_arn = arn("sqs", REGION, "tributary-messages");
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
        }],
    });
    aws.sqs(
        "SetQueueAttributes",
        &json!({"QueueUrl": queue, "Attributes": {"Policy": policy.to_string()}}),
    )
    .await?;
    for id in template.resources("AWS::SNS::Topic").keys() {
        if !template.is_deployed(id, values)? {
            continue;
        }
        let name = template.physical_name(id, "TopicName", values)?;
        let answer = aws.sns("CreateTopic", &[("Name", &name)]).await?;
        let topic = xml_text(&answer, "TopicArn")
            .with_context(|| format!("creating the topic {name}"))?
            .to_owned();
        aws.sns(
            "Subscribe",
            &[
                ("TopicArn", &topic),
                ("Protocol", "sqs"),
                ("Endpoint", &queue_arn),
            ],
        )
        .await?;
        values.attribute(id, "TopicArn", &topic);
        values.attribute(id, "TopicName", &name);
        values.refer(id, &topic);
    }
    Ok(queue)
}

const STATES_ROLE: &str = "twin-states";

/// Roles with the template's policies: under `AUTH=true` the emulator enforces them on every call a function makes.
async fn create_roles(
    aws: &Aws,
    template: &Template,
    functions: &[FunctionSpec],
    values: &Values,
) -> Result<()> {
    let mut roles: Vec<RoleSpec> = functions
        .iter()
        .map(|function| function.role.clone())
        .collect();
    for id in template.resources("AWS::IAM::Role").keys() {
        if template.is_deployed(id, values)? {
            roles.push(template.role(id, values)?);
        }
    }
    // The emulator runs the state machine itself and asks no policy.
    roles.push(RoleSpec {
        name: STATES_ROLE.to_owned(),
        policies: BTreeMap::new(),
    });
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }],
    })
    .to_string();
    let mut created = BTreeSet::new();
    for role in roles {
        if !created.insert(role.name.clone()) {
            continue;
        }
        aws.iam(
            "CreateRole",
            &[
                ("RoleName", &role.name),
                ("AssumeRolePolicyDocument", &trust),
            ],
        )
        .await?;
        for (name, document) in &role.policies {
            aws.iam(
                "PutRolePolicy",
                &[
                    ("RoleName", &role.name),
                    ("PolicyName", name),
                    ("PolicyDocument", &document.to_string()),
                ],
            )
            .await
            .with_context(|| format!("policy {name} of role {}", role.name))?;
        }
    }
    Ok(())
}

/// Puts the fakes' client ids and secrets where the functions look for credentials.
async fn fill_secrets(aws: &Aws, functions: &[FunctionSpec], overlay: &Overlay) -> Result<()> {
    for (variable, content) in [
        ("GENESYS_CREDENTIALS_SECRET", &overlay.genesys_credentials),
        (
            "SALESFORCE_CREDENTIALS_SECRET",
            &overlay.salesforce_credentials,
        ),
    ] {
        let id = functions
            .iter()
            .find_map(|function| function.environment.get(variable))
            .with_context(|| format!("no function of the template has the variable {variable}"))?;
        let request = json!({"SecretId": id, "SecretString": content.to_string()});
        aws.secrets("PutSecretValue", &request).await?;
    }
    Ok(())
}

async fn create_functions(
    aws: &Aws,
    functions: &[FunctionSpec],
    overlay: &Overlay,
    zips: &BTreeMap<String, PathBuf>,
) -> Result<BTreeMap<String, String>> {
    let s3 = aws.s3();
    let mut deployed = BTreeMap::new();
    for function in functions {
        let zip = zips.get(&function.binary).with_context(|| {
            format!(
                "{}: there is no function {} in functions/",
                function.id, function.binary
            )
        })?;
        let key = format!("{}.zip", function.binary);
        s3.put_object()
            .bucket(CODE_BUCKET)
            .key(&key)
            .body(ByteStream::from_path(zip).await?)
            .send()
            .await
            .with_context(|| format!("uploading {}", zip.display()))?;
        aws.create_function(&json!({
            "FunctionName": function.name,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": arn("iam", "", &format!("role/{}", function.role.name)),
            "Code": {"S3Bucket": CODE_BUCKET, "S3Key": key},
            "MemorySize": function.memory_mb,
            "Timeout": function.timeout_seconds,
            "Environment": {"Variables": environment(function, aws.endpoint(), overlay)},
        }))
        .await
        .with_context(|| format!("deploying {}", function.id))?;
        deployed.insert(function.binary.clone(), function.name.clone());
    }
    let missing: Vec<_> = zips
        .keys()
        .filter(|name| !deployed.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        bail!("the template deploys no function for {missing:?}");
    }
    Ok(deployed)
}

/// The template's variables; the last group of them points to the twin's servers.
fn environment(
    function: &FunctionSpec,
    endpoint: &str,
    overlay: &Overlay,
) -> BTreeMap<String, String> {
    let mut variables = function.environment.clone();
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
    set("SETTINGS_DIR", &overlay.settings.to_string_lossy());
    set("AWS_ENDPOINT_URL_S3", endpoint);
    set("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint);
    set("AWS_ENDPOINT_URL_REDSHIFT_DATA", &overlay.data_api);
    if function.environment.contains_key("GENESYS_REGION") {
        set("GENESYS_API_URL", &overlay.genesys);
        set("GENESYS_LOGIN_URL", &overlay.genesys);
    }
    variables
}

/// Copies the settings folder, changing what must fit the twin's data.
pub fn copy_settings(
    from: &Path,
    to: &Path,
    change: impl Fn(&str) -> Result<String>,
) -> Result<()> {
    std::fs::create_dir_all(to.join("reports"))?;
    let text = std::fs::read_to_string(from.join("tributary.toml"))
        .with_context(|| format!("reading {}", from.join("tributary.toml").display()))?;
    std::fs::write(to.join("tributary.toml"), change(&text)?)?;
    for entry in std::fs::read_dir(from.join("reports"))? {
        let entry = entry?;
        // A folder there is deployed as well, and no function looks into it.
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join("reports").join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Gives every Distributed Map so many workers; the inline ones keep theirs.
fn set_workers(definition: &mut Value, workers: u32) {
    if definition["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED" {
        definition["MaxConcurrency"] = workers.into();
    }
    match definition {
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|one| set_workers(one, workers)),
        Value::Array(items) => items.iter_mut().for_each(|one| set_workers(one, workers)),
        _ => {}
    }
}

fn arn(service: &str, region: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{region}:{ACCOUNT}:{resource}")
}

fn text(answer: &Value, key: &str) -> Result<String> {
    answer[key]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("the emulator answered without {key}: {answer}"))
}

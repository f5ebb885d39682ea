//! What the template's references stand for, before anything exists.

use super::arn;
use crate::aws::REGION;
use crate::template::{Template, Values};
use anyhow::{Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the functions name when they call the Data API.
#[derive(Debug, Clone)]
pub struct WarehouseNames {
    /// The database.
    pub database: String,
    /// The workgroup, or the cluster.
    pub workgroup: String,
}

/// Reads the warehouse's names from the template before anything exists.
pub fn warehouse_names(
    template: &Template,
    parameters: &BTreeMap<String, Value>,
) -> Result<WarehouseNames> {
    let mut values = Values::new(template, parameters)?;
    name_everything(template, &mut values)?;
    let wanted = |names: &[&str]| -> Result<String> {
        for name in names {
            if let Some(value) = template.variable(name, &values)? {
                return Ok(value);
            }
        }
        bail!(
            "no function of the template has the variable {}",
            names.join(" or ")
        )
    };
    Ok(WarehouseNames {
        database: wanted(&["REDSHIFT_DATABASE"])?,
        workgroup: wanted(&["REDSHIFT_WORKGROUP", "REDSHIFT_CLUSTER"])?,
    })
}

/// Names and ARNs that are known before anything exists.
pub fn name_everything(template: &Template, values: &mut Values) -> Result<()> {
    for id in template.ids() {
        if !template.is_deployed(&id, values)? {
            continue;
        }
        let name = |key: &str, values: &Values| template.physical_name(&id, key, values);
        match template.kind(&id).as_deref().unwrap_or_default() {
            "AWS::S3::Bucket" => {
                let name = name("BucketName", values)?;
                values.attribute(&id, "Arn", &format!("arn:aws:s3:::{name}"));
                values.refer(&id, &name);
            }
            "AWS::Serverless::Function" => {
                let name = name("FunctionName", values)?;
                values.attribute(
                    &id,
                    "Arn",
                    &arn("lambda", REGION, &format!("function:{name}")),
                );
                values.refer(&id, &name);
            }
            "AWS::Serverless::StateMachine" => {
                let name = name("Name", values)?;
                let arn = arn("states", REGION, &format!("stateMachine:{name}"));
                values.attribute(&id, "Arn", &arn);
                values.attribute(&id, "Name", &name);
                values.refer(&id, &arn);
            }
            "AWS::IAM::Role" => {
                let name = name("RoleName", values)?;
                values.attribute(&id, "Arn", &arn("iam", "", &format!("role/{name}")));
                values.refer(&id, &name);
            }
            "AWS::RedshiftServerless::Workgroup" => {
                let name = name("WorkgroupName", values)?;
                let arn = arn("redshift-serverless", REGION, &format!("workgroup/{name}"));
                values.attribute(&id, "Workgroup.WorkgroupArn", &arn);
                values.attribute(&id, "Workgroup.WorkgroupName", &name);
                values.refer(&id, &name);
            }
            "AWS::RedshiftServerless::Namespace" => {
                let name = name("NamespaceName", values)?;
                let arn = arn("redshift-serverless", REGION, &format!("namespace/{name}"));
                values.attribute(&id, "Namespace.NamespaceArn", &arn);
                values.attribute(&id, "Namespace.NamespaceName", &name);
                values.refer(&id, &name);
            }
            "AWS::KMS::Key" => {
                let name = name("Description", values)?;
                values.attribute(&id, "Arn", &arn("kms", REGION, &format!("key/{id}")));
                values.refer(&id, &name);
            }
            "AWS::Logs::LogGroup" => {
                let name = name("LogGroupName", values)?;
                let arn = arn("logs", REGION, &format!("log-group:{name}:*"));
                values.attribute(&id, "Arn", &arn);
                values.refer(&id, &name);
            }
            "AWS::Serverless::LayerVersion" => {
                let name = name("LayerName", values)?;
                values.refer(&id, &arn("lambda", REGION, &format!("layer:{name}:1")));
            }
            "AWS::SQS::Queue" => {
                let name = name("QueueName", values)?;
                values.attribute(&id, "Arn", &arn("sqs", REGION, &name));
                values.refer(&id, &name);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Made-up references for what gets its name only when it is created: to look at a template without deploying it.
pub fn name_created(template: &Template, values: &mut Values) -> Result<()> {
    for id in template.ids() {
        if !template.is_deployed(&id, values)? {
            continue;
        }
        match template.kind(&id).as_deref().unwrap_or_default() {
            "AWS::SecretsManager::Secret" => {
                let name = template.physical_name(&id, "Name", values)?;
                values.refer(
                    &id,
                    &arn("secretsmanager", REGION, &format!("secret:{name}")),
                );
            }
            "AWS::SNS::Topic" => {
                let name = template.physical_name(&id, "TopicName", values)?;
                let topic = arn("sns", REGION, &name);
                values.attribute(&id, "TopicArn", &topic);
                values.attribute(&id, "TopicName", &name);
                values.refer(&id, &topic);
            }
            _ => {}
        }
    }
    Ok(())
}

//! `infra/template.yaml` against the functions, their README files and the state machine.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// What runs statements in the warehouse needs these.
const WAREHOUSE: [&str; 3] = [
    "REDSHIFT_DATABASE",
    "REDSHIFT_WORKGROUP",
    "REDSHIFT_SECRET_ARN",
];

/// Function, whether it uses the warehouse, and its other variables. `LOG_LEVEL` is everybody's.
const VARIABLES: [(&str, bool, &[&str]); 9] = [
    ("migrate", true, &["SETTINGS_DIR"]),
    (
        "refresh-token",
        false,
        &[
            "GENESYS_REGION",
            "GENESYS_CREDENTIALS_SECRET",
            "GENESYS_TOKEN_SECRET",
            "SALESFORCE_CREDENTIALS_SECRET",
            "SALESFORCE_TOKEN_SECRET",
        ],
    ),
    (
        "plan",
        true,
        &[
            "BUCKET",
            "SETTINGS_DIR",
            "GENESYS_REGION",
            "GENESYS_TOKEN_SECRET",
            "SALESFORCE_TOKEN_SECRET",
        ],
    ),
    (
        "extract-genesys",
        false,
        &[
            "BUCKET",
            "SETTINGS_DIR",
            "GENESYS_REGION",
            "GENESYS_TOKEN_SECRET",
        ],
    ),
    (
        "extract-salesforce",
        false,
        &["BUCKET", "SETTINGS_DIR", "SALESFORCE_TOKEN_SECRET"],
    ),
    ("load", true, &["BUCKET", "COPY_ROLE_ARN"]),
    ("merge", true, &["SETTINGS_DIR"]),
    ("check", true, &["BUCKET", "SETTINGS_DIR"]),
    ("export-report", true, &["BUCKET", "SETTINGS_DIR"]),
];

pub(crate) fn template() -> Result<Value> {
    Ok(serde_saphyr::from_str(&super::text(
        "infra/template.yaml",
    )?)?)
}

/// `extract-genesys` → `ExtractGenesysFunction`.
fn resource(function: &str) -> String {
    let words = function.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    });
    format!("{}Function", words.collect::<String>())
}

fn keys(object: &Value) -> BTreeSet<&str> {
    let keys = object.as_object().into_iter().flat_map(|map| map.keys());
    keys.map(String::as_str).collect()
}

#[test]
fn each_function_gets_exactly_the_variables_it_reads() -> Result<()> {
    let template = template()?;
    assert_eq!(
        keys(&template["Globals"]["Function"]["Environment"]["Variables"]),
        ["LOG_LEVEL"].into()
    );
    for (function, uses_warehouse, others) in VARIABLES {
        let mut wanted: BTreeSet<&str> = others.iter().copied().collect();
        if uses_warehouse {
            wanted.extend(WAREHOUSE);
        }
        let properties = &template["Resources"][resource(function)]["Properties"];
        assert_eq!(
            keys(&properties["Environment"]["Variables"]),
            wanted,
            "{function}"
        );
        let has_layer = properties["Layers"].is_array();
        assert_eq!(
            has_layer,
            wanted.contains("SETTINGS_DIR"),
            "{function}: the layer with the settings"
        );
        let readme = super::text(&format!("functions/{function}/README.md"))?;
        for variable in wanted.iter().chain(&["LOG_LEVEL"]) {
            assert!(
                readme.contains(&format!("`{variable}`")),
                "functions/{function}/README.md does not tell what {variable} is"
            );
        }
    }
    Ok(())
}

#[test]
fn each_folder_of_functions_is_deployed_once_and_nothing_else() -> Result<()> {
    let template = template()?;
    let deployed: Vec<_> = template["Resources"]
        .as_object()
        .context("Resources is a map")?
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function")
        .collect();
    let folders = super::names("functions")?;
    assert_eq!(deployed.len(), folders.len());
    for function in folders {
        let id = resource(&function);
        let (_, found) = deployed
            .iter()
            .find(|(name, _)| **name == id)
            .with_context(|| format!("{id} is not in template.yaml"))?;
        assert_eq!(
            found["Metadata"]["BuildProperties"]["Binary"], function,
            "{id}"
        );
        assert!(
            VARIABLES.iter().any(|(known, _, _)| *known == function),
            "the table of this test lacks {function}"
        );
        for file in ["README.md", "src/main.rs", "src/lib.rs"] {
            let path = format!("functions/{function}/{file}");
            assert!(super::path(&path).is_file(), "{path} is missing");
        }
    }
    Ok(())
}

#[test]
fn each_placeholder_of_the_state_machine_is_substituted_and_each_substitution_used() -> Result<()> {
    let template = template()?;
    let machine = super::text("infra/pipeline.asl.json")?;
    let placeholders: BTreeSet<&str> = machine
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect();
    let substitutions = &template["Resources"]["Pipeline"]["Properties"]["DefinitionSubstitutions"];
    assert_eq!(placeholders, keys(substitutions));
    for (name, value) in substitutions.as_object().into_iter().flatten() {
        let refers_to = value["Fn::GetAtt"][0].as_str().or(value["Ref"].as_str());
        assert_eq!(
            refers_to,
            name.strip_suffix("Arn"),
            "{name} stands for another resource"
        );
    }
    Ok(())
}

#[test]
fn the_bucket_keeps_its_objects_private_encrypted_and_for_a_limited_time() -> Result<()> {
    let bucket = template()?["Resources"]["DataBucket"]["Properties"].clone();
    let block = &bucket["PublicAccessBlockConfiguration"];
    for key in [
        "BlockPublicAcls",
        "BlockPublicPolicy",
        "IgnorePublicAcls",
        "RestrictPublicBuckets",
    ] {
        assert_eq!(block[key], true, "{key}");
    }
    assert!(bucket["BucketEncryption"].is_object());
    let rules = bucket["LifecycleConfiguration"]["Rules"]
        .as_array()
        .context("lifecycle rules")?;
    for prefix in ["landing/", "staging/", "reports/"] {
        assert!(
            rules
                .iter()
                .any(|rule| rule["Prefix"] == prefix && !rule["ExpirationInDays"].is_null()),
            "{prefix} is kept for ever"
        );
    }
    Ok(())
}

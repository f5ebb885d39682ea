use super::{Place, Template, Values};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

const SAMPLE: &str = r#"
Parameters:
  Stage: {Type: String, Default: test}
  Existing: {Type: String, Default: ""}
  Missing: {Type: String}
Conditions:
  CreatesWorkgroup: {"Fn::Equals": [{Ref: Existing}, ""]}
  UsesExisting: {"Fn::Not": [{Condition: CreatesWorkgroup}]}
Mappings:
  Hosts: {eu: {login: login.example.eu}}
Globals:
  Function:
    Timeout: 60
    Environment:
      Variables:
        BUCKET: {Ref: Lake}
        LOG_LEVEL: info
Resources:
  Lake:
    Type: AWS::S3::Bucket
    Properties: {BucketName: {"Fn::Sub": "lake-${Stage}-${AWS::AccountId}"}}
  Workgroup: {Type: AWS::RedshiftServerless::Workgroup, Condition: CreatesWorkgroup}
  ExtractGenesysFunction:
    Type: AWS::Serverless::Function
    Properties:
      MemorySize: 256
      Environment:
        Variables:
          LOG_LEVEL: debug
          HOST: {"Fn::FindInMap": [Hosts, eu, login]}
          WORKGROUP: {"Fn::If": [CreatesWorkgroup, mine, {Ref: Existing}]}
          CLUSTER: {"Fn::If": [UsesExisting, theirs, {Ref: "AWS::NoValue"}]}
      Policies:
        - AWSLambdaBasicExecutionRole
        - Statement:
            - {Effect: Allow, Action: "s3:PutObject", Resource: {"Fn::Sub": "${Lake.Arn}/landing/*"}}
"#;

fn sample() -> (Template, Values) {
    let template = Template::parse(SAMPLE, PathBuf::from(".")).unwrap();
    let mut values = Values::new(&template, &BTreeMap::new()).unwrap();
    values.refer("Lake", "lake-test-000000000000");
    values.attribute("Lake", "Arn", "arn:aws:s3:::lake-test-000000000000");
    (template, values)
}

fn resolve(value: &Value) -> Result<Value, String> {
    let (_, values) = sample();
    values
        .resolve(value, &Place::of("Here"))
        .map_err(|error| error.to_string())
}

#[test]
fn a_function_has_the_globals_and_its_own() {
    let (template, values) = sample();
    let functions = template.functions(&values).unwrap();
    let [function] = functions.as_slice() else {
        panic!("{functions:?}");
    };
    assert_eq!(function.binary, "extract-genesys");
    assert_eq!(function.name, "tributary-extract-genesys-function");
    assert_eq!((function.memory_mb, function.timeout_seconds), (256, 60));
    assert_eq!(
        serde_json::to_value(&function.environment).unwrap(),
        json!({
            "BUCKET": "lake-test-000000000000",
            "HOST": "login.example.eu",
            "LOG_LEVEL": "debug",
            "WORKGROUP": "mine",
        })
    );
}

#[test]
fn a_policy_becomes_a_document_that_can_be_enforced() {
    let (template, values) = sample();
    let functions = template.functions(&values).unwrap();
    assert_eq!(
        serde_json::to_value(&functions[0].role.policies).unwrap(),
        json!({"policy-1": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::lake-test-000000000000/landing/*",
            }],
        }})
    );
}

#[test]
fn lists_are_joined_split_and_selected() {
    let joined = json!({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]});
    assert_eq!(resolve(&joined), Ok(json!("a-test")));
    let second = json!({"Fn::Select": [1, {"Fn::Split": [":", "x:y:z"]}]});
    assert_eq!(resolve(&second), Ok(json!("y")));
    let literal = json!({"Fn::Sub": ["${!Kept} ${Own}", {"Own": {"Ref": "AWS::Region"}}]});
    assert_eq!(resolve(&literal), Ok(json!("${Kept} us-east-1")));
}

#[test]
fn what_has_no_value_is_refused_with_its_place() {
    assert_eq!(
        resolve(&json!({"A": [{"Ref": "Missing"}]})),
        Err("Here.A.0.Ref: the twin has no value for Missing".to_owned())
    );
    assert_eq!(
        resolve(&json!({"Fn::GetAtt": ["Lake", "Colour"]})),
        Err("Here.Fn::GetAtt: the twin has no value for attribute Colour of Lake".to_owned())
    );
    assert!(
        resolve(&json!({"Fn::ImportValue": "x"}))
            .unwrap_err()
            .starts_with("Here.Fn::ImportValue: the twin does not know this function")
    );
}

#[test]
fn a_resource_is_deployed_only_under_its_condition() {
    let (template, _) = sample();
    let given = BTreeMap::from([("Existing".to_owned(), json!("warehouse"))]);
    let values = Values::new(&template, &given).unwrap();
    assert!(!template.is_deployed("Workgroup", &values).unwrap());
    assert!(template.is_deployed("Lake", &values).unwrap());
}

#[test]
fn a_parameter_the_template_does_not_have_is_refused() {
    let (template, _) = sample();
    let given = BTreeMap::from([("Colour".to_owned(), json!("red"))]);
    let error = Values::new(&template, &given).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the template has no parameter Colour: the twin wants to set it"
    );
}

//! What Salesforce says about an object's fields, as far as this system needs it.

use crate::record::JsonKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An object and its fields: those the integration user may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// API name.
    pub name: String,
    /// Its fields, as Salesforce orders them.
    pub fields: Vec<FieldDescription>,
}

/// One field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDescription {
    /// API name.
    pub name: String,
    /// Salesforce's word: `string`, `picklist`, `currency`, `datetime`, `reference`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Characters of a text; 0 where it has none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub length: u32,
    /// Digits of a number; 0 where it has none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub precision: u32,
    /// Of a reference: the name it is followed by (`Owner`).
    #[serde(
        default,
        rename = "relationshipName",
        skip_serializing_if = "Option::is_none"
    )]
    pub relationship: Option<String>,
    /// Of a reference: the objects it may lead to.
    #[serde(default, rename = "referenceTo", skip_serializing_if = "Vec::is_empty")]
    pub refers_to: Vec<String>,
}

// serde calls it with a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Description {
    /// The field of a name; names do not heed case.
    pub fn field(&self, name: &str) -> Option<&FieldDescription> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The reference that a relationship name follows. Where Salesforce names no relationship, the two spellings it
    /// derives one from: `Owner` of `OwnerId`, `Region__r` of `Region__c`.
    pub fn reference(&self, relationship: &str) -> Option<&FieldDescription> {
        let named = self.fields.iter().find(|field| {
            let name = field.relationship.as_deref();
            name.is_some_and(|name| name.eq_ignore_ascii_case(relationship))
        });
        named.or_else(|| {
            let derived = match relationship.strip_suffix("__r") {
                Some(custom) => format!("{custom}__c"),
                None => format!("{relationship}Id"),
            };
            self.field(&derived)
                .filter(|field| field.kind == "reference" && field.relationship.is_none())
        })
    }
}

impl FieldDescription {
    /// How the REST API writes the field's values.
    pub(crate) fn json(&self) -> JsonKind {
        match self.kind.as_str() {
            "boolean" => JsonKind::Boolean,
            "int" | "long" => JsonKind::Integer,
            "double" | "currency" | "percent" => JsonKind::Number,
            "datetime" => JsonKind::Instant,
            _ => JsonKind::Text,
        }
    }
}

/// The descriptions a query needs: the object's own, and those its relationships lead to.
#[derive(Debug, Default)]
pub(crate) struct Catalog(pub BTreeMap<String, Description>);

impl Catalog {
    /// The objects that must be known before `path` can be followed one step further; none once it can be resolved.
    pub fn unknown(&self, sobject: &str, path: &[String]) -> Vec<String> {
        if path.len() < 2 {
            return Vec::new();
        }
        let Some(reference) = self
            .0
            .get(sobject)
            .and_then(|known| known.reference(&path[0]))
        else {
            return Vec::new();
        };
        let targets = || reference.refers_to.iter();
        let missing: Vec<_> = targets()
            .filter(|to| !self.0.contains_key(*to))
            .cloned()
            .collect();
        if !missing.is_empty() {
            return missing;
        }
        targets()
            .flat_map(|to| self.unknown(to, &path[1..]))
            .collect()
    }

    /// How the values of `path` are written. A path that cannot be resolved counts as text.
    pub fn json(&self, sobject: &str, path: &[String]) -> JsonKind {
        self.find(sobject, path)
            .map_or(JsonKind::Text, FieldDescription::json)
    }

    fn find(&self, sobject: &str, path: &[String]) -> Option<&FieldDescription> {
        let known = self.0.get(sobject)?;
        match path {
            [name] => known.field(name),
            [relationship, rest @ ..] => {
                let reference = known.reference(relationship)?;
                // An owner is a user or a queue: the first that has the field.
                reference
                    .refers_to
                    .iter()
                    .find_map(|to| self.find(to, rest))
            }
            [] => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let read = |text: &str| serde_json::from_str::<Description>(text).unwrap();
        let account = read(
            r#"{"name":"Account","label":"x","fields":[{"name":"Id","type":"id","length":18,"nillable":false},{"name":"Employees__c","type":"int","relationshipName":null,"referenceTo":[]},
            {"name":"OwnerId","type":"reference","relationshipName":"Owner","referenceTo":["Group","User"]},{"name":"Region__c","type":"reference","referenceTo":["Region__c"]}]}"#,
        );
        let group = read(r#"{"name":"Group","fields":[{"name":"Name","type":"string"}]}"#);
        let user = read(
            r#"{"name":"User","fields":[{"name":"Name","type":"string"},{"name":"IsActive","type":"boolean"}]}"#,
        );
        let all = [account, group, user];
        Catalog(all.map(|one| (one.name.clone(), one)).into_iter().collect())
    }

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn a_path_is_typed_by_the_object_it_leads_to() {
        let catalog = catalog();
        for (field, kind) in [
            ("Employees__c", JsonKind::Integer),
            ("owner.isactive", JsonKind::Boolean),
            ("Owner.Name", JsonKind::Text),
            ("Owner.Nothing", JsonKind::Text),
            ("Region__r.Open__c", JsonKind::Text),
        ] {
            assert_eq!(catalog.json("Account", &path(field)), kind, "{field}");
        }
    }

    #[test]
    fn what_a_path_leads_to_is_asked_for_once() {
        let mut catalog = catalog();
        assert_eq!(
            catalog.unknown("Account", &path("Region__r.Open__c")),
            ["Region__c"]
        );
        assert!(catalog.unknown("Account", &path("Owner.Name")).is_empty());
        catalog.0.remove("User");
        assert_eq!(catalog.unknown("Account", &path("Owner.Name")), ["User"]);
    }

    #[test]
    fn a_description_is_kept_small() {
        let text = serde_json::to_string(&catalog().0["Account"]).unwrap();
        insta::assert_snapshot!(text, @r#"{"name":"Account","fields":[{"name":"Id","type":"id","length":18},{"name":"Employees__c","type":"int"},{"name":"OwnerId","type":"reference","relationshipName":"Owner","referenceTo":["Group","User"]},{"name":"Region__c","type":"reference","referenceTo":["Region__c"]}]}"#);
    }
}

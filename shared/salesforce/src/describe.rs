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

/// What any record has that a reference to several objects leads to: a query sees it as an object called `Name`, which has
/// these fields and no description that REST would give.
const NAME: [&str; 18] = [
    "Alias",
    "Email",
    "FirstName",
    "Id",
    "IsActive",
    "LastName",
    "LastReferencedDate",
    "LastViewedDate",
    "MiddleName",
    "Name",
    "NameOrAlias",
    "Phone",
    "ProfileId",
    "Suffix",
    "Title",
    "Type",
    "Username",
    "UserRoleId",
];

/// The descriptions a query needs: the object's own, and those its relationships lead to.
#[derive(Debug, Default)]
pub struct Catalog(pub(crate) BTreeMap<String, Description>);

impl Catalog {
    /// Adds an object. Without a description, for one that may not be described, it has no field.
    pub fn learn(&mut self, sobject: &str, description: Option<Description>) {
        let description = description.unwrap_or_else(|| Description {
            name: sobject.to_owned(),
            fields: Vec::new(),
        });
        self.0.insert(sobject.to_owned(), description);
    }

    /// Whether `path` leads to a field, as far as is known. Of several objects it may lead over, one suffices; a reference
    /// that does not say where it leads cannot be followed and counts as good.
    pub(crate) fn has(&self, sobject: &str, path: &[String]) -> bool {
        let Some(known) = self.0.get(sobject) else {
            return false;
        };
        match path {
            [name] => known.field(name).is_some(),
            [relationship, rest @ ..] => known.reference(relationship).is_some_and(|reference| {
                let targets = &reference.refers_to;
                let is_of_any = |name: &str| NAME.iter().any(|of| of.eq_ignore_ascii_case(name));
                targets.is_empty()
                    || matches!(rest, [name] if targets.len() > 1 && is_of_any(name))
                    || targets.iter().any(|to| self.has(to, rest))
            }),
            [] => false,
        }
    }

    /// The objects that must be known before `path` can be followed one step further; none once it can be resolved.
    pub(crate) fn unknown(&self, sobject: &str, path: &[String]) -> Vec<String> {
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
    pub(crate) fn json(&self, sobject: &str, path: &[String]) -> JsonKind {
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
    fn a_path_is_there_when_one_of_the_objects_it_may_lead_over_has_its_field() {
        let mut catalog = catalog();
        // Not described, yet any owner has a title.
        for there in ["id", "Owner.IsActive", "owner.name", "Owner.Title"] {
            assert!(catalog.has("Account", &path(there)), "{there}");
        }
        for absent in ["Nmae", "Owner.Nmae", "Region__r.Name", "Nobody.Name"] {
            assert!(!catalog.has("Account", &path(absent)), "{absent}");
        }
        // What may not be described has no field, and is not asked for again.
        catalog.learn("Region__c", None);
        let region = path("Region__r.Name");
        assert!(!catalog.has("Account", &region));
        assert!(catalog.unknown("Account", &region).is_empty());
    }

    #[test]
    fn a_description_is_kept_small() {
        let text = serde_json::to_string(&catalog().0["Account"]).unwrap();
        insta::assert_snapshot!(text, @r#"{"name":"Account","fields":[{"name":"Id","type":"id","length":18},{"name":"Employees__c","type":"int"},{"name":"OwnerId","type":"reference","relationshipName":"Owner","referenceTo":["Group","User"]},{"name":"Region__c","type":"reference","referenceTo":["Region__c"]}]}"#);
    }
}

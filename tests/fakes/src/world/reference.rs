//! What conversations refer to: queues, users, wrap-up codes, divisions, external contacts.

use super::rng::{Uuid, tag};
use super::text::{DAY_MS, instant};
use super::{Object, World};
use serde_json::{Value, json};

/// Queues: name and division.
pub(crate) const QUEUES: [(&str, usize); 7] = [
    ("Service", 0),
    ("Billing", 0),
    ("Technical support", 0),
    ("Sales", 1),
    ("Retention", 1),
    ("Réclamations \"VIP\"", 1),
    ("Outbound, winback", 0),
];
/// Wrap-up codes.
pub(crate) const WRAPUPS: [&str; 9] = [
    "Resolved",
    "Follow-up needed",
    "Escalated",
    "Wrong number",
    "Sale",
    "No sale",
    "Callback agreed",
    "Spam",
    "Other / Sonstiges",
];
/// Flows: name and type.
pub(crate) const FLOWS: [(&str, &str); 3] = [
    ("Main inbound", "INBOUNDCALL"),
    ("Inbound message", "INBOUNDSHORTMESSAGE"),
    ("Order status bot", "DIGITALBOT"),
];
const DIVISIONS: [&str; 2] = ["Home", "Partners"];
/// Users, of whom some have left.
pub(crate) const USERS: usize = 60;

impl World {
    pub(crate) fn division_id(&self, index: usize) -> Uuid {
        Uuid::new(self.seed, tag::DIVISION, index as u64)
    }

    pub(crate) fn queue_id(&self, index: usize) -> Uuid {
        Uuid::new(self.seed, tag::QUEUE, index as u64)
    }

    pub(crate) fn user_id(&self, index: usize) -> Uuid {
        Uuid::new(self.seed, tag::USER, index as u64)
    }

    pub(crate) fn wrapup_id(&self, index: usize) -> Uuid {
        Uuid::new(self.seed, tag::WRAPUP, index as u64)
    }

    pub(crate) fn flow_id(&self, index: usize) -> Uuid {
        Uuid::new(self.seed, tag::FLOW, index as u64)
    }

    pub(super) fn division(&self, index: usize) -> Value {
        let id = self.division_id(index).to_string();
        json!({"id": id, "name": DIVISIONS[index], "selfUri": format!("/api/v2/authorization/divisions/{id}")})
    }

    /// Divisions as `GET /authorization/divisions` lists them.
    pub fn divisions(&self) -> Vec<Value> {
        (0..DIVISIONS.len())
            .map(|index| {
                let mut one = self.division(index);
                one["description"] = json!("");
                one["homeDivision"] = json!(index == 0);
                one
            })
            .collect()
    }

    /// Queues as `GET /routing/queues` lists them.
    pub fn queues(&self) -> Vec<Value> {
        let changed = instant(self.begin_ms - 30 * DAY_MS);
        let queue = |(index, (name, division)): (usize, &(&str, usize))| {
            let id = self.queue_id(index).to_string();
            json!({
                "id": id, "name": name, "division": self.division(*division), "dateModified": changed,
                "memberCount": 12, "selfUri": format!("/api/v2/routing/queues/{id}"),
            })
        };
        QUEUES.iter().enumerate().map(queue).collect()
    }

    /// Users as `GET /users?state=any` lists them.
    pub fn users(&self) -> Vec<Value> {
        let user = |index: usize| {
            let id = self.user_id(index).to_string();
            let state = match index % 15 {
                6 => "inactive",
                11 => "deleted",
                _ => "active",
            };
            let mut user = json!({
                "id": id, "name": format!("Agent {index:03}"), "division": self.division(index % 2), "state": state,
                "email": format!("agent{index:03}@example.com"), "username": format!("agent{index:03}@example.com"),
                "version": 1, "selfUri": format!("/api/v2/users/{id}"),
            });
            if index % 4 != 3 {
                user["department"] = json!("Service");
                user["title"] = json!("Agent");
            }
            user
        };
        (0..USERS).map(user).collect()
    }

    /// Wrap-up codes as `GET /routing/wrapupcodes` lists them.
    pub fn wrapup_codes(&self) -> Vec<Value> {
        let changed = instant(self.begin_ms - 60 * DAY_MS);
        let code = |(index, name): (usize, &&str)| {
            let id = self.wrapup_id(index).to_string();
            json!({
                "id": id, "name": name, "division": self.division(0), "dateModified": changed,
                "selfUri": format!("/api/v2/routing/wrapupcodes/{id}"),
            })
        };
        WRAPUPS.iter().enumerate().map(code).collect()
    }

    /// External sources: the CRM and a system of the customer's own.
    pub fn external_sources(&self) -> Vec<Value> {
        ["Salesforce", "Loyalty"]
            .iter()
            .enumerate()
            .map(|(index, name)| self.external_source(index, name))
            .collect()
    }

    fn external_source(&self, index: usize, name: &str) -> Value {
        let id = Uuid::new(self.seed, tag::EXTERNAL_SOURCE, index as u64).to_string();
        json!({"id": id, "name": name, "active": true, "selfUri": format!("/api/v2/externalcontacts/externalsources/{id}")})
    }

    /// How many external contacts there are, merged-away ones included.
    pub const fn external_contacts(&self) -> usize {
        self.accounts * 2
    }

    /// The place of an external contact id among the contacts.
    pub(crate) fn find_external_contact(&self, id: &str) -> Option<usize> {
        let id = Uuid::parse(id)?;
        (0..self.external_contacts()).find(|&index| self.external_contact_id(index) == id)
    }

    /// The head of the merge set of a contact.
    pub(crate) const fn canonical(index: usize) -> usize {
        if index % 10 == 8 { index - 1 } else { index }
    }

    /// What asking for external contact `index` returns: a merged-away one is answered with the one it became.
    pub(crate) fn external_contact(&self, index: usize) -> Value {
        let head = Self::canonical(index);
        let reference = |index: usize| {
            let id = self.external_contact_id(index).to_string();
            json!({"selfUri": format!("/api/v2/externalcontacts/contacts/{id}"), "id": id})
        };
        let phone = Self::contact_phone(head);
        let mut contact = reference(head);
        contact["division"] = self.division(0);
        contact["type"] = json!(if head % 10 == 9 {
            "Ephemeral"
        } else {
            "Curated"
        });
        contact["firstName"] = json!("Example");
        contact["lastName"] = json!(format!("Customer {head}"));
        contact["cellPhone"] = json!({"display": phone, "e164": phone, "countryCode": "US"});
        contact["createDate"] = json!(instant(self.begin_ms - 200 * DAY_MS));
        contact["modifyDate"] = json!(instant(self.begin_ms - 20 * DAY_MS));
        if head % 10 == 7 {
            contact["canonicalContact"] = reference(head);
            contact["mergeSet"] = json!([reference(head), reference(head + 1)]);
        }
        if head % 10 == 9 {
            return contact;
        }
        let own = self.salesforce_id(Object::Contact, head);
        // Half of the syncs in the world write the short form.
        let own = if head.is_multiple_of(2) {
            own
        } else {
            own[..15].to_owned()
        };
        let salesforce = || self.external_source(0, "Salesforce");
        let mut ids = vec![json!({"externalSource": salesforce(), "value": own})];
        if head % 6 == 1 {
            ids.insert(0, json!({"externalSource": self.external_source(1, "Loyalty"), "value": format!("L-{head}")}));
        }
        contact["externalIds"] = json!(ids);
        if let (Some(account), true) = (Self::contact_account(head), head.is_multiple_of(3)) {
            let id = Uuid::new(self.seed, tag::EXTERNAL_ORGANIZATION, account as u64).to_string();
            let value = self.salesforce_id(Object::Account, account);
            contact["externalOrganization"] = json!({
                "id": id, "name": format!("Organization {account}"),
                "externalIds": [{"externalSource": salesforce(), "value": value}],
                "selfUri": format!("/api/v2/externalcontacts/organizations/{id}"),
            });
        }
        contact
    }
}

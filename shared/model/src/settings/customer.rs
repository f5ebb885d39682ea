//! Who a conversation was with and who may see it: the settings of links, telephone numbers, wider matching, service level
//! and partners, and the texts in which the merge takes them.

use super::{Matching, Salesforce};
use crate::phone::Numbers;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a conversation finds its customer in Salesforce.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    /// The ways that are tried, in this order; one that is missing is not tried.
    pub ways: Vec<LinkWay>,
    /// Texts that stand before an id and are cut off: `sandbox:`.
    pub id_prefixes: Vec<String>,
    /// What the ids of accounts begin with.
    pub account_prefixes: Vec<String>,
    /// What the ids of contacts begin with.
    pub contact_prefixes: Vec<String>,
    /// What the ids of cases begin with.
    pub case_prefixes: Vec<String>,
}

impl Default for Link {
    fn default() -> Self {
        let one = |prefix: &str| vec![prefix.to_owned()];
        Self {
            ways: LinkWay::ALL.to_vec(),
            id_prefixes: Vec::new(),
            account_prefixes: one("001"),
            contact_prefixes: one("003"),
            case_prefixes: one("500"),
        }
    }
}

impl Link {
    /// `,attribute,external_contact,phone,`: the ways in their order.
    pub fn ways_text(&self) -> String {
        listed(self.ways.iter().map(|way| way.as_str()))
    }

    /// `,sandbox:,prod-,`.
    pub fn id_prefixes_text(&self) -> String {
        listed(&self.id_prefixes)
    }

    /// `,001,`.
    pub fn account_prefixes_text(&self) -> String {
        listed(&self.account_prefixes)
    }

    /// `,003,`.
    pub fn contact_prefixes_text(&self) -> String {
        listed(&self.contact_prefixes)
    }

    /// `,500,`.
    pub fn case_prefixes_text(&self) -> String {
        listed(&self.case_prefixes)
    }
}

/// A way from a conversation to a customer; its name is the `link_method` of what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkWay {
    /// A Salesforce id in a participant attribute.
    Attribute,
    /// The Salesforce id of the conversation's external contact.
    ExternalContact,
    /// The customer's telephone number, where one customer alone has it.
    Phone,
}

impl LinkWay {
    /// All, in the usual order.
    pub const ALL: [Self; 3] = [Self::Attribute, Self::ExternalContact, Self::Phone];

    /// As it stands in the settings and in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attribute => "attribute",
            Self::ExternalContact => "external_contact",
            Self::Phone => "phone",
        }
    }
}

/// How telephone numbers are read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Phone {
    /// ISO code of the country in which numbers without `+` are meant; empty: such numbers are not used.
    pub default_region: String,
}

impl Phone {
    /// Reads numbers as these settings say.
    pub fn numbers(&self) -> Numbers {
        Numbers::in_region(&self.default_region)
    }
}

/// A time in which cases belong to conversations from further away.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wider {
    /// The first instant at which a conversation may begin.
    pub from: Timestamp,
    /// The first instant that is too late.
    pub to: Timestamp,
    /// Minutes in both directions, in place of `match.window_minutes`.
    pub minutes: u32,
}

impl Matching {
    /// `,2026-12-24T00:00:00/2027-01-02T00:00:00/2880,`: from, to (UTC) and minutes of each wider window.
    pub fn windows_text(&self) -> String {
        listed(self.wider.iter().map(|Wider { from, to, minutes }| {
            let [from, to] = [from, to].map(|at| at.strftime("%Y-%m-%dT%H:%M:%S"));
            format!("{from}/{to}/{minutes}")
        }))
    }
}

impl Salesforce {
    /// `,object.column=Field,` for each column that a history row may speak of. A lookup's field has two names there, and
    /// its rows tell the id or the name: `OwnerId` and `Owner.Name` are both known as `Owner`.
    pub fn history_names_text(&self) -> String {
        let mut entries = Vec::new();
        for (object, described) in &self.objects {
            if !self.history.contains_key(object) {
                continue;
            }
            for (column, path) in &described.columns {
                let relation = path
                    .strip_suffix("Id")
                    .or_else(|| path.strip_suffix(".Name"))
                    .filter(|relation| !relation.is_empty());
                let entry = |field: &str| format!("{object}.{column}={field}");
                entries.push(entry(path));
                entries.extend(relation.map(entry));
            }
        }
        listed(entries)
    }
}

/// What the KPI views count by.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kpi {
    /// Seconds within which a conversation must be answered to count for the service level.
    pub service_level_seconds: u32,
}

impl Default for Kpi {
    fn default() -> Self {
        Self {
            service_level_seconds: 20,
        }
    }
}

/// A partner who sees the conversations of some queues.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// The end of the role's name: `tributary_partner_<name>`.
    pub name: String,
    /// The queues whose conversations the partner sees.
    pub queue_ids: Vec<String>,
}

impl Partner {
    /// What every such role's name begins with.
    pub const ROLE: &'static str = "tributary_partner_";

    /// The role in the warehouse.
    pub fn role(&self) -> String {
        format!("{}{}", Self::ROLE, self.name)
    }
}

/// `,first,second,`: SQL looks for `,name,` in it. An empty list is `,`: a parameter may not be empty.
pub fn listed<Text: AsRef<str>>(list: impl IntoIterator<Item = Text>) -> String {
    let mut text = String::from(",");
    for name in list {
        text.push_str(name.as_ref());
        text.push(',');
    }
    text
}

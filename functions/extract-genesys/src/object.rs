//! The objects a window can be of: where their records go, and what the client needs to be allowed.

use crate::ExtractError;
use crate::absent::absence;
use genesys::record;
use model::rows::{Refusal, Rows};
use model::settings::{GENESYS_OPTIONAL, GENESYS_REFERENCE};
use model::table::Table;

/// An object of [`model::settings::GENESYS_OBJECTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object {
    Conversation,
    /// One of [`GENESYS_REFERENCE`].
    Listing(&'static str),
    Evaluation,
    Survey,
    UserAggregate,
    QueueAggregate,
    Adherence,
    ConversationAttribute,
}

/// The object that comes along with conversations.
pub(crate) const CONTACT: &str = "external_contact";
/// Position of the external contacts among a conversation window's tables.
pub(crate) const CONTACTS: usize = record::TABLES.len();
/// Table of the external contacts.
pub(crate) const CONTACT_TABLE: &str = "staging.genesys_external_contact";
/// Landing lines of every object but conversations.
pub(crate) const RECORDS: &str = "raw.genesys_record";

impl Object {
    /// The object of this name.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(name) = GENESYS_REFERENCE.into_iter().find(|it| *it == name) {
            return Some(Self::Listing(name));
        }
        Some(match name {
            "conversation" => Self::Conversation,
            "evaluation" => Self::Evaluation,
            "survey" => Self::Survey,
            "user_aggregate" => Self::UserAggregate,
            "queue_aggregate" => Self::QueueAggregate,
            "adherence" => Self::Adherence,
            "conversation_attribute" => Self::ConversationAttribute,
            _ => return None,
        })
    }

    /// Its name in tasks, keys and the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Listing(name) => name,
            Self::Evaluation => "evaluation",
            Self::Survey => "survey",
            Self::UserAggregate => "user_aggregate",
            Self::QueueAggregate => "queue_aggregate",
            Self::Adherence => "adherence",
            Self::ConversationAttribute => "conversation_attribute",
        }
    }

    /// Whether `genesys.objects` decides about it.
    pub fn is_optional(self) -> bool {
        GENESYS_OPTIONAL.contains(&self.name())
    }

    /// The table of its landing lines.
    pub const fn raw_table(self) -> &'static str {
        match self {
            Self::Conversation => "raw.genesys_conversation",
            _ => RECORDS,
        }
    }

    /// Its staging tables, the main one first.
    pub fn tables(self) -> Result<Vec<Table>, ExtractError> {
        let mut names: Vec<String> = match self {
            Self::Conversation => record::TABLES.map(ToOwned::to_owned).to_vec(),
            Self::Evaluation | Self::Survey => {
                vec![format!("staging.genesys_{}_update", self.name())]
            }
            _ => vec![format!("staging.genesys_{}", self.name())],
        };
        if self == Self::Conversation {
            names.push(CONTACT_TABLE.to_owned());
        }
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            tables.push(warehouse::sql::table(&name)?);
        }
        Ok(tables)
    }

    /// Appends the rows of a record that landed as `payload` (not a conversation's: those have more than a payload).
    pub fn write(self, payload: &str, rows: &mut Rows) -> Result<(), Refusal> {
        if let Some((_, refusal)) = absence(payload) {
            return Err(refusal);
        }
        match self {
            Self::Listing(name) => record::reference::write_reference(name, payload, rows),
            Self::Evaluation => record::update::write_evaluation_update(payload, rows),
            Self::Survey => record::update::write_survey_update(payload, rows),
            Self::UserAggregate => record::aggregate::write_user_aggregate(payload, rows),
            Self::QueueAggregate => record::aggregate::write_queue_aggregate(payload, rows),
            Self::Adherence => record::adherence::write_adherence(payload, rows),
            Self::ConversationAttribute => {
                record::live::write_conversation_attributes(payload, rows)
            }
            Self::Conversation => Err(Refusal {
                reason: "unreadable",
                detail: "a conversation's rows depend on its window".to_owned(),
            }),
        }
    }

    /// The id of a record that landed as `payload`; empty when it does not tell.
    pub fn natural_id(self, payload: &str) -> String {
        if let Some((id, _)) = absence(payload) {
            return id;
        }
        let id = match self {
            Self::Conversation => record::natural_id_of(payload),
            Self::Listing(name) => record::reference::natural_id(name, payload),
            Self::Evaluation | Self::Survey => record::update::natural_id(payload),
            Self::UserAggregate => record::aggregate::user_natural_id(payload),
            Self::QueueAggregate => record::aggregate::queue_natural_id(payload),
            Self::Adherence => record::adherence::natural_id(payload),
            Self::ConversationAttribute => record::live::natural_id(payload),
        };
        id.unwrap_or_default()
    }

    /// What the OAuth client's role must grant.
    pub const fn permissions(self) -> &'static str {
        match self {
            Self::Conversation => {
                "analytics:conversationDetail:view and externalContacts:contact:view"
            }
            Self::Listing(name) => match name.as_bytes() {
                b"queue" => "routing:queue:view",
                b"wrapup_code" => "routing:wrapupCode:view",
                b"campaign" => "outbound:campaign:view",
                _ => "what the answer names (none is documented)",
            },
            Self::Evaluation => {
                "analytics:evaluationAggregate:view and analytics:conversationDetail:view"
            }
            Self::Survey => "analytics:surveyAggregate:view and analytics:conversationDetail:view",
            Self::UserAggregate => "analytics:userAggregate:view",
            Self::QueueAggregate => "analytics:conversationAggregate:view",
            Self::Adherence => "wfm:historicalAdherence:view",
            Self::ConversationAttribute => {
                "conversation:communication:view and analytics:conversationDetail:view"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::settings::GENESYS_OBJECTS;

    #[test]
    fn every_object_has_its_tables() {
        for name in GENESYS_OBJECTS {
            let object = Object::parse(name).unwrap();
            assert_eq!(object.name(), name);
            assert!(!object.tables().unwrap().is_empty(), "{name}");
            warehouse::sql::table(object.raw_table()).unwrap();
            assert!(!object.permissions().is_empty());
        }
        assert_eq!(Object::parse("external_contact"), None);
    }
}

//! Objects, their fields, and how values and ids are written.

use crate::world::rng::tag;
use crate::world::text::{date, push_string, salesforce_instant};

/// An object the CRM has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// Companies and households.
    Account,
    /// Persons of accounts.
    Contact,
    /// Service cases.
    Case,
    /// Sales opportunities.
    Opportunity,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// Text, ids and picklists.
    Text(String),
    /// A number as it is written.
    Number(String),
    /// A truth value.
    Bool(bool),
    /// An instant in milliseconds.
    Instant(i64),
    /// A calendar day, as the milliseconds of its midnight.
    Day(i64),
    /// A compound value, as JSON.
    Compound(String),
}

/// A field of an object, as `describe` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// API name.
    pub name: &'static str,
    /// Salesforce's word for the type.
    pub kind: &'static str,
    /// Length in characters; 0 where it has none.
    pub length: u32,
    /// Whether null may occur.
    pub nillable: bool,
    /// Whether it is a formula: computed when it is read, and no change of the record.
    pub calculated: bool,
}

pub(super) const fn field(
    name: &'static str,
    kind: &'static str,
    length: u32,
    nillable: bool,
) -> Field {
    Field {
        name,
        kind,
        length,
        nillable,
        calculated: false,
    }
}

const fn formula(name: &'static str, kind: &'static str, length: u32) -> Field {
    Field {
        name,
        kind,
        length,
        nillable: true,
        calculated: true,
    }
}

pub(super) const ID: Field = field("Id", "id", 18, false);
pub(super) const IS_DELETED: Field = field("IsDeleted", "boolean", 0, false);
const MASTER: Field = field("MasterRecordId", "reference", 18, true);
const OWNER: Field = field("OwnerId", "reference", 18, false);
const ACCOUNT_ID: Field = field("AccountId", "reference", 18, true);
pub(super) const CREATED: Field = field("CreatedDate", "datetime", 0, false);
pub(super) const MODIFIED: Field = field("LastModifiedDate", "datetime", 0, false);
pub(super) const STAMP: Field = field("SystemModstamp", "datetime", 0, false);
const PHONE: Field = field("Phone", "phone", 40, true);

const ACCOUNT: [Field; 19] = [
    ID,
    IS_DELETED,
    MASTER,
    field("Name", "string", 255, false),
    field("Type", "picklist", 255, true),
    field("Industry", "picklist", 255, true),
    field("Customer_Tier__c", "picklist", 255, true),
    field("Lifetime_Value_USD__c", "currency", 0, true),
    PHONE,
    OWNER,
    field("ParentId", "reference", 18, true),
    CREATED,
    MODIFIED,
    STAMP,
    field("NumberOfEmployees", "int", 0, true),
    field("BillingStreet", "textarea", 255, true),
    field("BillingCity", "string", 40, true),
    field("BillingAddress", "address", 0, true),
    formula("Account_Health__c", "string", 1300),
];
const CONTACT: [Field; 14] = [
    ID,
    IS_DELETED,
    MASTER,
    ACCOUNT_ID,
    field("Name", "string", 121, false),
    field("FirstName", "string", 40, true),
    field("LastName", "string", 80, false),
    field("Email", "email", 80, true),
    PHONE,
    field("MobilePhone", "phone", 40, true),
    OWNER,
    CREATED,
    MODIFIED,
    STAMP,
];
const CASE: [Field; 17] = [
    ID,
    IS_DELETED,
    MASTER,
    field("CaseNumber", "string", 30, false),
    ACCOUNT_ID,
    field("ContactId", "reference", 18, true),
    field("Subject", "string", 255, true),
    field("Type", "picklist", 255, true),
    field("Status", "picklist", 255, true),
    field("Priority", "picklist", 255, true),
    field("Origin", "picklist", 255, true),
    field("IsClosed", "boolean", 0, false),
    field("ClosedDate", "datetime", 0, true),
    OWNER,
    CREATED,
    MODIFIED,
    STAMP,
];
const OPPORTUNITY: [Field; 13] = [
    ID,
    IS_DELETED,
    ACCOUNT_ID,
    field("Name", "string", 120, false),
    field("StageName", "picklist", 255, false),
    field("Amount", "currency", 0, true),
    field("IsClosed", "boolean", 0, false),
    field("IsWon", "boolean", 0, false),
    field("CloseDate", "date", 0, false),
    OWNER,
    CREATED,
    MODIFIED,
    STAMP,
];

impl Object {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Account, Self::Contact, Self::Case, Self::Opportunity];

    /// API name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Contact => "Contact",
            Self::Case => "Case",
            Self::Opportunity => "Opportunity",
        }
    }

    /// Its fields, in the order of the cells of a row.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Account => &ACCOUNT,
            Self::Contact => &CONTACT,
            Self::Case => &CASE,
            Self::Opportunity => &OPPORTUNITY,
        }
    }

    pub(super) const fn tag(self) -> u64 {
        match self {
            Self::Account => tag::ACCOUNT,
            Self::Contact => tag::CONTACT,
            Self::Case => tag::CASE,
            Self::Opportunity => tag::OPPORTUNITY,
        }
    }

    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Account => "001",
            Self::Contact => "003",
            Self::Case => "500",
            Self::Opportunity => "006",
        }
    }
}

/// The 18-character form of a 15-character id: three characters that say which letters are capitals.
pub fn checksum(id: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut out = id.to_owned();
    for group in id.as_bytes().chunks(5).take(3) {
        let bits = group.iter().rev().fold(0_usize, |bits, byte| {
            bits << 1 | usize::from(byte.is_ascii_uppercase())
        });
        out.push(char::from(LETTERS[bits]));
    }
    out
}

pub(super) fn id(prefix: &str, number: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = format!("{prefix}5g");
    let mut rest = number;
    for _ in 0..10 {
        out.push(char::from(DIGITS[(rest % 62) as usize]));
        rest /= 62;
    }
    checksum(&out)
}

impl Cell {
    /// Appends the cell as the REST API writes it.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Text(text) => push_string(out, text),
            Self::Number(value) | Self::Compound(value) => out.push_str(value),
            Self::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Instant(millis) => push_string(out, &salesforce_instant(*millis)),
            Self::Day(millis) => push_string(out, &date(*millis)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_agree_with_known_ids() {
        assert_eq!(checksum("a0D30000001n7Pi"), "a0D30000001n7PiEAI");
        assert_eq!(checksum("003G000001SUbc4"), "003G000001SUbc4IAD");
        assert_eq!(checksum("70130000001tcyI"), "70130000001tcyIAAQ");
    }
}

//! Everything a query can name: records, users and their roles, and the history of records.

use super::schema::{CREATED, Field, ID, IS_DELETED, MODIFIED, Object, STAMP, field};

/// What a query reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// An object with records conversations are about.
    Record(Object),
    /// Users; never deleted, only deactivated.
    User,
    /// Roles of users.
    UserRole,
    /// Changes of the tracked fields of an object.
    History(Object),
}

const USER: [Field; 12] = [
    ID,
    field("Username", "string", 80, false),
    field("FirstName", "string", 40, true),
    field("LastName", "string", 80, false),
    field("Name", "string", 121, false),
    field("Email", "email", 128, false),
    field("IsActive", "boolean", 0, false),
    field("UserRoleId", "reference", 18, true),
    field("UserType", "picklist", 40, true),
    CREATED,
    MODIFIED,
    STAMP,
];
const ROLE: [Field; 4] = [ID, field("Name", "string", 80, false), MODIFIED, STAMP];

const fn history(parent: &'static str) -> [Field; 9] {
    [
        ID,
        IS_DELETED,
        field(parent, "reference", 18, false),
        field("CreatedById", "reference", 18, false),
        CREATED,
        field("Field", "picklist", 255, false),
        field("DataType", "picklist", 40, true),
        field("OldValue", "anyType", 0, true),
        field("NewValue", "anyType", 0, true),
    ]
}

const ACCOUNT_HISTORY: [Field; 9] = history("AccountId");
const CONTACT_HISTORY: [Field; 9] = history("ContactId");
const CASE_HISTORY: [Field; 9] = history("CaseId");
const OPPORTUNITY_HISTORY: [Field; 9] = history("OpportunityId");

/// A parent of a row: the name of the relation, the field with its id, and what it is.
pub type Relation = (&'static str, &'static str, Table);

const OWNER: Relation = ("Owner", "OwnerId", Table::User);
const ACCOUNT: Relation = ("Account", "AccountId", Table::Record(Object::Account));
const CONTACT: Relation = ("Contact", "ContactId", Table::Record(Object::Contact));
const CREATED_BY: Relation = ("CreatedBy", "CreatedById", Table::User);

impl Table {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Record(Object::Account),
        Self::Record(Object::Contact),
        Self::Record(Object::Case),
        Self::Record(Object::Opportunity),
        Self::User,
        Self::UserRole,
        Self::History(Object::Account),
        Self::History(Object::Contact),
        Self::History(Object::Case),
        Self::History(Object::Opportunity),
    ];

    /// The one of this API name, which does not heed case.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|table| table.name().eq_ignore_ascii_case(name))
    }

    /// API name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record(object) => object.name(),
            Self::User => "User",
            Self::UserRole => "UserRole",
            Self::History(Object::Account) => "AccountHistory",
            Self::History(Object::Contact) => "ContactHistory",
            Self::History(Object::Case) => "CaseHistory",
            Self::History(Object::Opportunity) => "OpportunityFieldHistory",
        }
    }

    /// Its fields, in the order of the cells of a row.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Record(object) => object.fields(),
            Self::User => &USER,
            Self::UserRole => &ROLE,
            Self::History(Object::Account) => &ACCOUNT_HISTORY,
            Self::History(Object::Contact) => &CONTACT_HISTORY,
            Self::History(Object::Case) => &CASE_HISTORY,
            Self::History(Object::Opportunity) => &OPPORTUNITY_HISTORY,
        }
    }

    /// Position of a field in a row.
    pub fn column(self, name: &str) -> Option<usize> {
        self.fields()
            .iter()
            .position(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The parents a row may have.
    pub const fn relations(self) -> &'static [Relation] {
        match self {
            Self::Record(Object::Account) => {
                &[OWNER, ("Parent", "ParentId", Self::Record(Object::Account))]
            }
            Self::Record(Object::Contact | Object::Opportunity) => &[OWNER, ACCOUNT],
            Self::Record(Object::Case) => &[OWNER, ACCOUNT, CONTACT],
            Self::User => &[("UserRole", "UserRoleId", Self::UserRole)],
            Self::UserRole => &[],
            Self::History(Object::Account) => &[CREATED_BY, ACCOUNT],
            Self::History(Object::Contact) => &[CREATED_BY, CONTACT],
            Self::History(Object::Case) => {
                &[CREATED_BY, ("Case", "CaseId", Self::Record(Object::Case))]
            }
            Self::History(Object::Opportunity) => &[
                CREATED_BY,
                (
                    "Opportunity",
                    "OpportunityId",
                    Self::Record(Object::Opportunity),
                ),
            ],
        }
    }

    /// The three characters its ids begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Record(object) => object.prefix(),
            Self::User => "005",
            Self::UserRole => "00E",
            Self::History(_) => "017",
        }
    }
}

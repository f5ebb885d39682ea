//! What the histories are made of: the objects, their columns, and which of their changes Salesforce keeps.

/// A column whose changes open a new row of the dimension.
pub struct Tracked {
    /// Its name in staging and in the dimension.
    pub column: &'static str,
    /// The field of a history row that speaks of it, and whether that row tells ids; nothing where Salesforce keeps no changes.
    pub history: Option<(&'static str, bool)>,
    /// Values it takes here.
    pub values: &'static [Option<&'static str>],
}

/// An object of Salesforce as staging and the dimensions have it.
pub struct Object {
    pub name: &'static str,
    /// What its ids begin with.
    pub prefix: &'static str,
    pub id_column: &'static str,
    pub tracked: &'static [Tracked],
    /// Columns that change without a new row.
    pub plain: &'static [&'static str],
    /// It can be merged into another record, and has a dimension.
    pub is_dimension: bool,
}

const IDS: &[Option<&str>] = &[
    Some("005000000000001AAA"),
    Some("005000000000002AAA"),
    Some("005000000000003AAA"),
    None,
];
const OWNERS: &[Option<&str>] = &[Some("Olga"), Some("Otto"), Some("O'Neil"), None];
const KINDS: &[Option<&str>] = &[Some("Retail"), Some("NA"), Some(""), None];
const TIERS: &[Option<&str>] = &[Some("gold"), Some("silver"), Some("tin"), Some(""), None];
const STATUSES: &[Option<&str>] = &[Some("New"), Some("Working"), Some("Closed")];
const PRIORITIES: &[Option<&str>] = &[Some("High"), Some("Low"), None];
const PHONES: &[Option<&str>] = &[Some("+1 202 555 0100"), Some("555-0101"), Some(""), None];
const CLOSED: &[Option<&str>] = &[Some("false"), Some("true"), None];
/// Ids of other records: the generator draws from its own.
pub const RELATED: &[Option<&str>] = &[];

const fn tracked(
    column: &'static str,
    history: Option<(&'static str, bool)>,
    values: &'static [Option<&'static str>],
) -> Tracked {
    Tracked {
        column,
        history,
        values,
    }
}

/// In the order in which the generator numbers them.
pub const OBJECTS: [Object; 4] = [
    Object {
        name: "account",
        prefix: "001",
        id_column: "account_id",
        tracked: &[
            tracked("account_type", Some(("Type", false)), KINDS),
            tracked("industry", Some(("Industry", false)), KINDS),
            tracked("customer_tier", Some(("Customer_Tier__c", false)), TIERS),
            tracked("owner_id", Some(("Owner", true)), IDS),
            tracked("owner_name", Some(("Owner", false)), OWNERS),
            tracked("parent_account_id", Some(("Parent", true)), IDS),
            tracked("phone", Some(("Phone", false)), PHONES),
        ],
        plain: &["account_name"],
        is_dimension: true,
    },
    Object {
        name: "contact",
        prefix: "003",
        id_column: "contact_id",
        tracked: &[
            tracked("account_id", Some(("Account", true)), RELATED),
            tracked("owner_id", Some(("Owner", true)), IDS),
            tracked("phone", Some(("Phone", false)), PHONES),
            tracked("mobile_phone", Some(("MobilePhone", false)), PHONES),
        ],
        plain: &["contact_name", "email"],
        is_dimension: true,
    },
    Object {
        name: "case",
        prefix: "500",
        id_column: "case_id",
        tracked: &[
            tracked("account_id", Some(("Account", true)), RELATED),
            tracked("contact_id", Some(("Contact", true)), RELATED),
            tracked("case_category", Some(("Type", false)), KINDS),
            tracked("case_status", Some(("Status", false)), STATUSES),
            tracked("case_priority", Some(("Priority", false)), PRIORITIES),
            tracked(IS_CLOSED, None, CLOSED),
            tracked("owner_id", Some(("Owner", true)), IDS),
        ],
        plain: &["case_subject", "case_origin"],
        is_dimension: true,
    },
    Object {
        name: "opportunity",
        prefix: "006",
        id_column: "opportunity_id",
        tracked: &[],
        plain: &["opportunity_name", "stage_name"],
        is_dimension: false,
    },
];

pub const ACCOUNT: usize = 0;
pub const CONTACT: usize = 1;
pub const CASE: usize = 2;

/// Tracked, and Salesforce keeps no history of it: a closing instant tells until when a case was open.
pub const IS_CLOSED: &str = "is_closed";

impl Object {
    /// The id of its record with this number, 18 characters.
    pub fn id(&self, number: u64) -> String {
        format!("{}{number:012}AAA", self.prefix)
    }

    /// Where `column` stands among the tracked ones.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.tracked
            .iter()
            .position(|tracked| tracked.column == column)
    }
}

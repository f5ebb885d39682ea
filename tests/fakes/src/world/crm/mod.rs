//! The Salesforce side: accounts, contacts, cases and opportunities, each row made when it is asked for.

mod history;
mod people;
mod schema;
mod table;
mod version;

use super::World;
use super::rng::{Rng, at, tag};
use super::text::{AWKWARD, DAY_MS};
use schema::id;
pub use schema::{Cell, Field, Object, checksum};
pub use table::Table;
pub use version::View;

const FIRST: [&str; 10] = [
    "Ada", "Björn", "Chloé", "Diego", "Eve", "Farid", "Grace", "Hana", "Igor", "Jo-Ann",
];
const LAST: [&str; 10] = [
    "O'Neil",
    "Smith",
    "García",
    "Müller",
    "Nguyen",
    "Ødegård",
    "Brown",
    "Kim",
    "Rossi",
    "Lee",
];
const INDUSTRIES: [&str; 7] = [
    "Banking",
    "Retail",
    "Healthcare",
    "Energy",
    "Technology",
    "Media & Telecom",
    "Government",
];

/// Area codes there are, each with the exchange that no subscriber has.
const AREAS: [u16; 38] = [
    201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 301,
    302, 303, 304, 305, 306, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321,
];

impl World {
    /// The same world with another number of accounts, and so of their contacts, cases and opportunities: for loads that
    /// the number of conversations does not ask for. Conversations lead to other records then.
    #[must_use]
    pub fn with_accounts(mut self, accounts: usize) -> Self {
        self.accounts = accounts.max(1);
        self
    }

    /// How many rows an object has, deleted ones included.
    pub const fn rows(&self, object: Object) -> usize {
        match object {
            Object::Account | Object::Opportunity => self.accounts,
            Object::Contact => self.accounts * 2,
            Object::Case => self.accounts * 3,
        }
    }

    /// The 18-character id of a row.
    pub fn salesforce_id(&self, object: Object, index: usize) -> String {
        id(object.prefix(), at(self.seed, object.tag(), index as u64))
    }

    /// A well-formed id of an object that no row has.
    pub fn nowhere_id(&self, object: Object, index: usize) -> String {
        id(
            object.prefix(),
            at(self.seed, tag::NOWHERE ^ object.tag() << 8, index as u64),
        )
    }

    /// Id and name of an owner.
    pub(crate) fn owner(&self, index: usize) -> (String, String) {
        let index = index % 12;
        let name = format!("{} {}", FIRST[index % 10], LAST[(index * 3 + 1) % 10]);
        (id("005", at(self.seed, tag::OWNER, index as u64)), name)
    }

    /// Who owns a row.
    pub(crate) fn owner_of(object: Object, index: usize) -> usize {
        (index * 7 + object as usize) % 12
    }

    /// True when a row was deleted or merged away.
    pub const fn is_deleted(object: Object, index: usize) -> bool {
        match object {
            Object::Account => index % 40 == 7 || index % 40 == 9,
            Object::Contact => index % 60 == 12 || index % 60 == 15,
            Object::Case => index % 45 == 11 || index % 45 == 14,
            Object::Opportunity => index % 30 == 13,
        }
    }

    /// The row that survived when this one was merged away.
    pub const fn master_of(object: Object, index: usize) -> Option<usize> {
        match object {
            Object::Account if index % 40 == 9 => Some(index - 1),
            Object::Contact if index % 60 == 15 => Some(index - 1),
            Object::Case if index % 45 == 14 => Some(index - 1),
            _ => None,
        }
    }

    /// A telephone number only this contact has (of the first 380,000), as Genesys tells it.
    pub(crate) fn contact_phone(contact: usize) -> String {
        let area = AREAS[contact / 10_000 % AREAS.len()];
        format!("+1{area}555{:04}", contact % 10_000)
    }

    /// The same as somebody has typed it into the CRM.
    fn written_phone(contact: usize) -> String {
        let number = Self::contact_phone(contact);
        let (area, line) = (&number[2..5], &number[8..]);
        match contact % 4 {
            1 => format!("+1 ({area}) 555-{line}"),
            2 => format!("+1 {area} 555 {line}"),
            3 => format!("+1-{area}-555-{line} ext. 5"),
            _ => number,
        }
    }

    /// The mobile of a contact; contacts 17 and 18 of twenty have one together.
    pub(crate) fn mobile_phone(contact: usize) -> String {
        let owner = if contact % 20 == 18 {
            contact - 1
        } else {
            contact
        };
        let (area, line) = (401 + owner / 10_000 % 10, owner % 10_000);
        format!("+1 {area} 555 {line:04}")
    }

    /// When a contact was created.
    pub(crate) fn contact_created(&self, contact: usize) -> i64 {
        let mut rng = Rng::new(self.seed, Object::Contact.tag(), contact as u64);
        seconds(rng.between(self.end_ms - 730 * DAY_MS, self.end_ms - 1000))
    }

    /// One row: a cell for each of the object's fields.
    pub fn row(&self, object: Object, index: usize) -> Vec<Cell> {
        let mut rng = Rng::new(self.seed, object.tag(), index as u64);
        let text = |value: &str| Cell::Text(value.to_owned());
        let own_id = Cell::Text(self.salesforce_id(object, index));
        let deleted = Cell::Bool(Self::is_deleted(object, index));
        let master = Self::master_of(object, index).map_or(Cell::Null, |master| {
            Cell::Text(self.salesforce_id(object, master))
        });
        let owner = Cell::Text(self.owner(Self::owner_of(object, index)).0);
        let account = |account: Option<usize>| {
            account.map_or(Cell::Null, |account| {
                Cell::Text(self.salesforce_id(Object::Account, account))
            })
        };
        let anchor = if object == Object::Case {
            self.anchor(index)
        } else {
            None
        };
        let last = self.end_ms - 1000;
        let created = seconds(match anchor {
            Some(conversation) => {
                (self.starts[conversation] + rng.between(-600_000, 600_000)).min(last)
            }
            None => rng.between(self.end_ms - 730 * DAY_MS, last),
        });
        match object {
            Object::Account => {
                let name = if index % 17 == 4 {
                    awkward(index / 17)
                } else {
                    format!(
                        "{} {} {index}",
                        rng.pick(&LAST),
                        rng.pick(&["Ltd", "GmbH", "Inc.", "& Sons", "SA"])
                    )
                };
                let tier = [
                    "Gold", "Silver", "Bronze", "Silver", "Bronze", "Bronze", "", "",
                ][index % 8];
                let value = rng.below(50_000_000);
                let [modified, stamp] = self.stamps(created, &mut rng);
                let mut row = vec![
                    own_id,
                    deleted,
                    master,
                    Cell::Text(name),
                    text(rng.pick(&["Customer", "Prospect", "Partner"])),
                    if index % 10 == 3 {
                        Cell::Null
                    } else {
                        text(INDUSTRIES[index % 7])
                    },
                    if tier.is_empty() {
                        Cell::Null
                    } else {
                        text(tier)
                    },
                    if index % 9 == 2 {
                        Cell::Null
                    } else {
                        cents(value)
                    },
                    Cell::Text(format!("+44 20 7946 {:04}", index % 10_000)),
                    owner,
                    account((index % 11 == 6).then(|| index - 1)),
                    Cell::Instant(created),
                    Cell::Instant(modified),
                    Cell::Instant(stamp),
                ];
                row.extend(self.firmographics(index, tier));
                row
            }
            Object::Contact => {
                let (first, family) = (rng.pick(&FIRST), rng.pick(&LAST));
                let [modified, stamp] = self.stamps(created, &mut rng);
                vec![
                    own_id,
                    deleted,
                    master,
                    account(Self::contact_account(index)),
                    if index % 29 == 4 {
                        Cell::Text(awkward(index / 29))
                    } else {
                        Cell::Text(format!("{first} {family}"))
                    },
                    text(first),
                    text(family),
                    if index % 7 == 3 {
                        Cell::Null
                    } else {
                        Cell::Text(format!("contact{index}@example.com"))
                    },
                    Cell::Text(Self::written_phone(index)),
                    if index.is_multiple_of(2) && index % 20 != 18 {
                        Cell::Null
                    } else {
                        Cell::Text(Self::mobile_phone(index))
                    },
                    owner,
                    Cell::Instant(created),
                    Cell::Instant(modified),
                    Cell::Instant(stamp),
                ]
            }
            Object::Case => {
                let parent = self.case_account(index);
                let wants_closed = rng.percent(if anchor.is_some() { 40 } else { 85 });
                let closed = seconds(created + rng.between(60_000, 5 * DAY_MS));
                let closed = (wants_closed && closed <= last).then_some(closed);
                let subject = if index % 19 == 6 {
                    awkward(index / 19)
                } else {
                    format!(
                        "{} about {}",
                        rng.pick(&["Question", "Complaint", "Request"]),
                        rng.pick(&["an invoice", "a delivery", "a password"])
                    )
                };
                let contact = parent * 2 + index % 2;
                let [modified, stamp] = self.stamps(closed.unwrap_or(created), &mut rng);
                vec![
                    own_id,
                    deleted,
                    master,
                    Cell::Text(format!("{:08}", 1000 + index)),
                    account(Some(parent)),
                    if index % 5 == 2 {
                        Cell::Null
                    } else {
                        Cell::Text(self.salesforce_id(Object::Contact, contact))
                    },
                    Cell::Text(subject),
                    if index % 13 == 8 {
                        Cell::Null
                    } else {
                        text(rng.pick(&["Billing", "Technical", "Delivery", "Account"]))
                    },
                    text(if closed.is_some() {
                        "Closed"
                    } else {
                        rng.pick(&["New", "Working", "Escalated"])
                    }),
                    text(rng.pick(&["High", "Medium", "Low"])),
                    text(rng.pick(&["Phone", "Email", "Web", "Chat"])),
                    Cell::Bool(closed.is_some()),
                    closed.map_or(Cell::Null, Cell::Instant),
                    owner,
                    Cell::Instant(created),
                    Cell::Instant(modified),
                    Cell::Instant(stamp),
                ]
            }
            Object::Opportunity => {
                let stage = rng.pick(&[
                    "Prospecting",
                    "Qualification",
                    "Negotiation",
                    "Closed Won",
                    "Closed Lost",
                ]);
                let amount = rng.below(10_000_000);
                let close = created.div_euclid(DAY_MS) * DAY_MS + rng.between(1, 120) * DAY_MS;
                let parent = rng.index(self.accounts);
                let [modified, stamp] = self.stamps(created, &mut rng);
                vec![
                    own_id,
                    deleted,
                    account((index % 31 != 3).then_some(parent)),
                    if index % 21 == 9 {
                        Cell::Text(awkward(index / 21))
                    } else {
                        Cell::Text(format!("Deal {index}"))
                    },
                    text(stage),
                    if index % 6 == 4 {
                        Cell::Null
                    } else {
                        cents(amount)
                    },
                    Cell::Bool(stage.starts_with("Closed")),
                    Cell::Bool(stage == "Closed Won"),
                    Cell::Day(close),
                    owner,
                    Cell::Instant(created),
                    Cell::Instant(modified),
                    Cell::Instant(stamp),
                ]
            }
        }
    }

    /// `LastModifiedDate` and `SystemModstamp` of a row whose last known event was at `base`. A third moved within
    /// the days the conversations cover, and automation touches some rows after the last user did.
    fn stamps(&self, base: i64, rng: &mut Rng) -> [i64; 2] {
        let last = self.end_ms - 1000;
        let (low, high) = if rng.percent(35) {
            (base.max(self.begin_ms), last)
        } else {
            (base, (base + 30 * DAY_MS).min(last))
        };
        let modified = seconds(rng.between(low, high.max(low) + 1));
        let later = if rng.percent(25) {
            rng.between(0, 3_600_000)
        } else {
            0
        };
        [modified, seconds((modified + later).min(last))]
    }

    /// Position of a field in an object's rows.
    pub fn column(object: Object, name: &str) -> Option<usize> {
        object
            .fields()
            .iter()
            .position(|field| field.name.eq_ignore_ascii_case(name))
    }
}

const fn seconds(millis: i64) -> i64 {
    millis.div_euclid(1000) * 1000
}

fn cents(value: u64) -> Cell {
    // As the REST API writes it: 120.5, 99.0, 12.34.
    let cents = value % 100;
    let text = if cents.is_multiple_of(10) {
        format!("{}.{}", value / 100, cents / 10)
    } else {
        format!("{}.{cents:02}", value / 100)
    };
    Cell::Number(text)
}

fn awkward(turn: usize) -> String {
    // Salesforce keeps no empty text.
    let value = AWKWARD[turn % AWKWARD.len()];
    if value.is_empty() {
        "N/A".to_owned()
    } else {
        value.to_owned()
    }
}

//! How a conversation leads to the CRM, or fails to.

use super::rng::{Rng, Uuid, tag};
use super::{Object, World, build};

/// Where a conversation carries its hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Attribute `sfCaseId`.
    Case,
    /// Attribute `sfAccountId`.
    Account,
    /// Attributes `sfContactId` and `sfAccountId`.
    Contact,
    /// The customer's external contact, which carries a Salesforce id.
    ExternalContact,
    /// The customer's telephone number, which one contact alone has.
    Phone,
    /// A telephone number that two contacts share.
    SharedPhone,
    /// Attribute ids that exist in no system.
    UnknownId,
    /// A contact of one account beside the id of another.
    Mismatch,
    /// A contact's id in the place of an account's.
    WrongObject,
    /// Nothing.
    Nothing,
}

/// What a conversation is linked to: indices into the CRM's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Where the hint stands.
    pub via: Via,
    /// The account, when the hint leads to one.
    pub account: Option<usize>,
    /// The contact, when the hint names one.
    pub contact: Option<usize>,
    /// The case, when the hint names one.
    pub case: Option<usize>,
    /// The external contact the customer carries, whether it leads anywhere or not.
    pub external_contact: Option<usize>,
}

impl Link {
    const fn to(via: Via) -> Self {
        Self {
            via,
            account: None,
            contact: None,
            case: None,
            external_contact: None,
        }
    }

    /// True when the hint leads to a record the CRM has (deleted and merged ones included).
    pub const fn is_linkable(&self) -> bool {
        matches!(
            self.via,
            Via::Case | Via::Account | Via::Contact | Via::ExternalContact | Via::Phone
        )
    }
}

impl World {
    /// Every how many conversations one has a case of its own, opened within minutes of it.
    const fn stride(&self) -> usize {
        let stride = self.starts.len() / self.accounts;
        if stride == 0 { 1 } else { stride }
    }

    /// The conversation that case `case` was opened for, when there is one.
    pub(crate) fn anchor(&self, case: usize) -> Option<usize> {
        let index = case / 3 * self.stride();
        (case.is_multiple_of(3) && index < self.starts.len()).then_some(index)
    }

    /// The account a conversation is about when nothing else decides.
    fn own_account(&self, index: usize) -> usize {
        Rng::new(self.seed, tag::LINK, index as u64).index(self.accounts)
    }

    /// The account of a case.
    pub(crate) fn case_account(&self, case: usize) -> usize {
        match self.anchor(case) {
            Some(index) => self.own_account(index),
            None => Rng::new(self.seed, tag::CASE_PARENT, case as u64).index(self.accounts),
        }
    }

    /// The account of a contact; every 23rd has none.
    pub(crate) const fn contact_account(contact: usize) -> Option<usize> {
        if contact % 23 == 5 {
            None
        } else {
            Some(contact / 2)
        }
    }

    /// How conversation `index` leads to the CRM.
    pub fn link(&self, index: usize) -> Link {
        let mut rng = Rng::new(self.seed, tag::LINK, index as u64);
        let account = rng.index(self.accounts);
        let contact = account * 2 + rng.index(2);
        let anchored = index.is_multiple_of(self.stride()) && index / self.stride() < self.accounts;
        if anchored {
            return match index / self.stride() % 3 {
                0 => Link {
                    account: Some(account),
                    case: Some(index / self.stride() * 3),
                    ..Link::to(Via::Case)
                },
                2 if contact % 10 < 8 && Self::contact_account(contact).is_some() => {
                    external(contact)
                }
                _ => Link {
                    account: Some(account),
                    ..Link::to(Via::Account)
                },
            };
        }
        // A rotation, so that a hundred neighbours hold every kind.
        let slot = (index * 41 + (self.seed % 100) as usize) % 100;
        match slot {
            0..30 => {
                let case = rng.index(self.accounts * 3);
                Link {
                    account: Some(self.case_account(case)),
                    case: Some(case),
                    ..Link::to(Via::Case)
                }
            }
            30..50 => Link {
                account: Some(account),
                ..Link::to(Via::Account)
            },
            50..60 => match Self::contact_account(contact) {
                Some(account) => Link {
                    account: Some(account),
                    contact: Some(contact),
                    ..Link::to(Via::Contact)
                },
                None => Link {
                    account: Some(account),
                    ..Link::to(Via::Account)
                },
            },
            60..80 => external(if contact % 10 == 9 {
                contact - 2
            } else {
                contact
            }),
            80..84 if self.has_phone(index) => self.caller(contact),
            84..86 if self.has_phone(index) => self.family_member(contact),
            80..97 => Link {
                // A third has a contact that Salesforce does not know, a few one that nobody knows.
                external_contact: match rng.below(10) {
                    0..3 => Some(contact / 10 * 10 + 9).filter(|&one| one < self.accounts * 2),
                    3 => Some(usize::MAX),
                    _ => None,
                },
                ..Link::to(Via::Nothing)
            },
            97 => Link::to(Via::UnknownId),
            98 => Link {
                account: Some(account),
                contact: Some((contact + 2) % (self.accounts * 2)),
                ..Link::to(Via::Mismatch)
            },
            _ => Link {
                contact: Some(contact),
                ..Link::to(Via::WrongObject)
            },
        }
    }

    /// Whether the customer of a conversation has a telephone number, and no address of another kind.
    fn has_phone(&self, index: usize) -> bool {
        build::media(self, index) != "email"
    }

    /// Known since before the first conversation, and neither deleted nor merged.
    fn is_old(&self, contact: usize) -> bool {
        contact < self.rows(Object::Contact)
            && self.contact_created(contact) < self.begin_ms
            && !Self::is_deleted(Object::Contact, contact)
    }

    /// The first such contact from `from` on calls, and nothing but the number says so.
    fn caller(&self, from: usize) -> Link {
        let mut others = from..self.rows(Object::Contact);
        match others.find(|&contact| self.is_old(contact)) {
            Some(contact) => Link {
                account: Self::contact_account(contact),
                contact: Some(contact),
                ..Link::to(Via::Phone)
            },
            None => Link::to(Via::Nothing),
        }
    }

    /// One of two contacts who share a telephone calls.
    fn family_member(&self, near: usize) -> Link {
        let first = near / 20 * 20 + 17;
        if self.is_old(first) && self.is_old(first + 1) {
            return Link {
                contact: Some(first),
                ..Link::to(Via::SharedPhone)
            };
        }
        Link::to(Via::Nothing)
    }

    /// Id of external contact `index`; `usize::MAX` and everything past the end is an id nobody knows.
    pub(crate) fn external_contact_id(&self, index: usize) -> Uuid {
        let known = index < self.accounts * 2;
        let kind = if known {
            tag::EXTERNAL_CONTACT
        } else {
            tag::NOWHERE
        };
        Uuid::new(self.seed, kind, index as u64)
    }
}

/// An external contact and the Salesforce contact it stands for: a merged-away one leads to the one before it.
fn external(index: usize) -> Link {
    let contact = if index % 10 == 8 { index - 1 } else { index };
    Link {
        account: World::contact_account(contact),
        contact: Some(contact),
        external_contact: Some(index),
        ..Link::to(Via::ExternalContact)
    }
}

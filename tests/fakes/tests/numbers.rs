//! Telephone numbers of the world: who has the one a customer is reached by.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fakes::world::{Cell, Object, Via, World, WorldOptions};
use model::phone::Numbers;
use std::collections::{HashMap, HashSet};

/// The contacts that have each number, however it is written.
fn owners(world: &World) -> HashMap<String, HashSet<usize>> {
    let mut owners: HashMap<String, HashSet<usize>> = HashMap::new();
    for contact in 0..world.rows(Object::Contact) {
        let row = world.row(Object::Contact, contact);
        for field in ["Phone", "MobilePhone"] {
            if let Cell::Text(said) = &row[World::column(Object::Contact, field).unwrap()] {
                let number = Numbers::default().e164(said);
                let number = number.unwrap_or_else(|| panic!("{said} is no number"));
                owners.entry(number).or_default().insert(contact);
            }
        }
    }
    owners
}

#[test]
fn a_customer_without_a_hint_is_known_by_a_number_that_one_contact_or_two_or_nobody_has() {
    for seed in [3, 7] {
        let world = World::generate(WorldOptions {
            seed,
            end: "2026-01-07T00:00:00Z".parse().unwrap(),
            days: 2,
            conversations: 2000,
        });
        let owners = owners(&world);
        let mut counts = [0; 3];
        for index in 0..world.len() {
            let made = world.build(index);
            let customer = &made.participants[0];
            let (from, to) = customer.sessions[0].addresses.as_ref().unwrap();
            let said = if made.direction == "inbound" {
                from
            } else {
                to
            };
            let number = Numbers::default().e164(said);
            let known = number.and_then(|number| owners.get(&number)).cloned();
            let known = known.unwrap_or_default();
            let truth = world.truth(index);
            let wanted = match truth.via {
                Via::Phone => 1,
                Via::SharedPhone => 2,
                _ if truth.is_linkable => continue,
                _ => 0,
            };
            assert_eq!(known.len(), wanted, "{index} {:?} {said}", truth.via);
            counts[wanted] += 1;
            if truth.via == Via::Phone {
                let contact = *known.iter().next().unwrap();
                let id = world.salesforce_id(Object::Contact, contact);
                assert_eq!(truth.contact_id, Some(id));
                assert!(customer.external_contact_id.is_none() && truth.is_linkable);
            }
        }
        assert!(
            counts[1] >= 50 && counts[2] >= 20,
            "seed {seed}: {counts:?}"
        );
    }
}

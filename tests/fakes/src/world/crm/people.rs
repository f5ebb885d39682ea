//! Users and their roles, and what an account says of itself besides the fields the pipeline is about.

use super::schema::{Cell, id};
use super::table::Table;
use super::version::View;
use super::{FIRST, LAST, seconds};
use crate::world::World;
use crate::world::rng::{Rng, at, tag};
use crate::world::text::{DAY_MS, push_string};

/// Users that own records.
pub(super) const OWNERS: usize = 12;
const ROLES: [&str; 3] = ["Sales EMEA", "Service Desk", "Réseau \"Partner\""];

impl World {
    pub(super) const fn users_of_crm() -> usize {
        // Owners, the integration user, and one who left.
        OWNERS + 2
    }

    pub(super) const fn roles() -> usize {
        ROLES.len()
    }

    pub(super) fn crm_user_id(&self, index: usize) -> String {
        id(
            Table::User.prefix(),
            at(self.seed, tag::OWNER, index as u64),
        )
    }

    pub(super) fn role_id(&self, index: usize) -> String {
        id(
            Table::UserRole.prefix(),
            at(self.seed, tag::ROLE, index as u64),
        )
    }

    pub(super) fn role_row(&self, index: usize) -> Vec<Cell> {
        let founded = Cell::Instant(seconds(self.end_ms - 900 * DAY_MS));
        vec![
            Cell::Text(self.role_id(index)),
            Cell::Text(ROLES[index % ROLES.len()].to_owned()),
            founded.clone(),
            founded,
        ]
    }

    /// A user as of the view: one of them is deactivated within the days of the data.
    pub(super) fn user_row(&self, index: usize, view: &View) -> Option<Vec<Cell>> {
        let mut rng = Rng::new(self.seed, tag::OWNER, index as u64);
        let (first, last) = match index {
            12 => ("Integration", "User"),
            13 => ("Sam", "Left-Behind"),
            _ => (FIRST[index % 10], LAST[(index * 3 + 1) % 10]),
        };
        let created = seconds(self.end_ms - rng.between(800 * DAY_MS, 850 * DAY_MS));
        let (leaves, changes) = match index {
            5 => (true, self.begin_ms + 3_600_000),
            13 => (true, self.end_ms - 100 * DAY_MS),
            _ => (false, created + rng.between(DAY_MS, 30 * DAY_MS)),
        };
        let changes = seconds(changes);
        let seen = view.seen(self, at(self.seed, tag::OWNER, index as u64), changes);
        if created > seen {
            return None;
        }
        let stamp = Cell::Instant(if changes <= seen { changes } else { created });
        Some(vec![
            Cell::Text(self.crm_user_id(index)),
            Cell::Text(format!("user{index}@example.com.crm")),
            Cell::Text(first.to_owned()),
            Cell::Text(last.to_owned()),
            Cell::Text(format!("{first} {last}")),
            Cell::Text(format!("user{index}@example.com")),
            Cell::Bool(!(leaves && changes <= seen)),
            if index % 5 == 4 {
                Cell::Null
            } else {
                Cell::Text(self.role_id(index % ROLES.len()))
            },
            Cell::Text("Standard".to_owned()),
            Cell::Instant(created),
            stamp.clone(),
            stamp,
        ])
    }

    /// Employees, address and health of an account.
    pub(super) fn firmographics(&self, index: usize, tier: &str) -> [Cell; 5] {
        let mut rng = Rng::new(self.seed, tag::FIRMOGRAPHIC, index as u64);
        let employees = if index % 7 == 5 {
            Cell::Null
        } else {
            Cell::Number(rng.below(5000).to_string())
        };
        let health = Cell::Text(if tier == "Gold" { "Watched" } else { "Normal" }.to_owned());
        if index % 6 == 1 {
            return [employees, Cell::Null, Cell::Null, Cell::Null, health];
        }
        let house = rng.between(1, 200);
        let street = if index.is_multiple_of(4) {
            format!("{house} \"Old\" Road,\r\nFloor {}", house % 9)
        } else {
            format!("{house} Main Street")
        };
        let city = rng.pick(&["Zürich", "Lyon", "Leeds", "São Paulo"]);
        let mut address = "{\"city\":".to_owned();
        push_string(&mut address, city);
        address.push_str(",\"country\":null,\"geocodeAccuracy\":null,\"latitude\":null,\"longitude\":null,\"postalCode\":null,\"state\":null,\"street\":");
        push_string(&mut address, &street);
        address.push('}');
        [
            employees,
            Cell::Text(street),
            Cell::Text(city.to_owned()),
            Cell::Compound(address),
            health,
        ]
    }
}

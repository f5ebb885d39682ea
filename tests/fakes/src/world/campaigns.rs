//! Outbound campaigns: the two whose conversations the world holds, and many that are over.

use super::World;
use super::reference::QUEUES;
use super::rng::{Uuid, tag};
use super::text::{DAY_MS, instant};
use serde_json::{Value, json};

/// More than fit on one page of the listing.
const CAMPAIGNS: usize = 104;
const RUNNING: [&str; 2] = ["Winback, spring", "Contract renewal"];

impl World {
    /// Campaigns as `GET /outbound/campaigns` lists them; the first two have conversations.
    pub fn campaigns(&self) -> Vec<Value> {
        (0..CAMPAIGNS).map(|index| self.campaign(index)).collect()
    }

    fn campaign(&self, index: usize) -> Value {
        let place = index as u64;
        let id = Uuid::new(self.seed, tag::CAMPAIGN, place).to_string();
        let list = Uuid::new(self.seed, tag::DIALER, place % 2).to_string();
        let queue = QUEUES.len() - 1;
        let (name, status) = match RUNNING.get(index) {
            Some(name) => ((*name).to_owned(), "on"),
            None => (
                format!("Archive {index:03}"),
                ["complete", "off"][index % 2],
            ),
        };
        json!({
            "id": id, "name": name, "campaignStatus": status, "dialingMode": (if index.is_multiple_of(2) { "predictive" } else { "power" }),
            "contactList": {"id": list, "name": format!("List {}", index % 2), "selfUri": format!("/api/v2/outbound/contactlists/{list}")},
            "phoneColumns": [{"columnName": "phone", "type": "cell"}],
            "queue": {"id": self.queue_id(queue).to_string(), "name": QUEUES[queue].0},
            "division": self.division(QUEUES[queue].1),
            "callerName": "Service", "callerAddress": "+12025550100", "version": 3, "priority": 5, "abandonRate": 3.0,
            "dateCreated": instant(self.begin_ms - 90 * DAY_MS), "dateModified": instant(self.begin_ms - 7 * DAY_MS),
            "selfUri": format!("/api/v2/outbound/campaigns/{id}"),
        })
    }
}

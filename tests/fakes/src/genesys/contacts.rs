//! External contacts, one by one and in bulk. A merged-away contact is answered with the one it became.

use super::{FakeGenesys, Problem};
use crate::server::Reply;
use serde_json::{Value, json};

impl FakeGenesys {
    pub(super) fn contact(&self, id: &str) -> Result<Reply, Problem> {
        let index = self.world.find_external_contact(id);
        let index =
            index.ok_or_else(|| Problem::not_found("The requested contact could not be found."))?;
        Ok(Reply::json(
            200,
            self.world.external_contact(index).to_string(),
        ))
    }

    pub(super) fn bulk_contacts(&self, body: &Value) -> Result<Reply, Problem> {
        let entities = body["entities"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let limit = self.options.bulk_contacts;
        if entities.is_empty() || entities.len() > limit {
            return Err(Problem::bad(format!(
                "{} entities: between 1 and {limit} may be asked for",
                entities.len()
            )));
        }
        let mut failed = Vec::new();
        let mut results: Vec<Value> = Vec::with_capacity(entities.len());
        // The order is nobody's business, so it is never the one asked for.
        for entity in entities.iter().rev() {
            let id = entity["id"].as_str().unwrap_or_default();
            if self.is_broken(id) {
                failed.push(results.len());
                let error = json!({
                    "code": "service.unavailable", "message": "The contact could not be read.", "status": 503, "retryable": true,
                });
                results.push(json!({"id": id, "success": false, "status": 503, "error": error}));
                continue;
            }
            let Some(index) = self.world.find_external_contact(id) else {
                failed.push(results.len());
                let error = json!({
                    "code": "not.found", "message": "The requested contact could not be found.", "status": 404, "retryable": false,
                });
                results.push(json!({"id": id, "success": false, "status": 404, "error": error}));
                continue;
            };
            let entity = self.world.external_contact(index);
            results.push(
                json!({"id": entity["id"], "success": true, "status": 200, "entity": entity}),
            );
        }
        let body = json!({"results": results, "errorCount": failed.len(), "errorIndexes": failed});
        Ok(Reply::json(200, body.to_string()))
    }
}

//! Listings: queues, users, wrap-up codes.

use crate::state::Stage;
use crate::{ExtractError, Progress, Run};
use genesys::api::Api;
use genesys::record::reference::{natural_id, write_reference};

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let object = run.task.object.as_str();
    let mut number = match run.state.stage {
        Stage::Listing { page } => page,
        _ => 1,
    };
    loop {
        let page = api
            .listing_page(object, number)
            .await
            .map_err(|cause| run.source(cause))?;
        let received_at = run.deadline.now();
        for payload in page.records() {
            let id = natural_id(object, payload).unwrap_or_default();
            run.writer.record(&id, payload, received_at, |rows| {
                write_reference(object, payload, rows)
            })?;
        }
        run.state.api_count = page.total.or(run.state.api_count);
        let is_last = !page.has_next(number);
        number += 1;
        run.state.stage = Stage::Listing { page: number };
        run.checkpoint(api).await?;
        if is_last {
            return Ok(Progress::Complete);
        }
        if run.is_late() {
            return Ok(Progress::HandBack);
        }
    }
}

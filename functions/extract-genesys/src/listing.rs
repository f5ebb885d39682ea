//! Listings: queues, users, wrap-up codes, divisions, campaigns.

use crate::ExtractError;
use crate::run::{Progress, Run};
use crate::state::Stage;
use genesys::api::Api;

/// In place of the next page: there is none. What lies behind the last one need not be an empty page.
const READ: u64 = 0;

pub(crate) async fn read(run: &mut Run<'_>, api: &Api) -> Result<Progress, ExtractError> {
    let object = run.object.name();
    let mut number = match run.state.stage {
        Stage::Listing { page: READ } => return Ok(Progress::Complete),
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
            run.take(payload, received_at)?;
        }
        run.state.api_count = page.total.or(run.state.api_count);
        let is_last = !page.has_next(number);
        number = if is_last { READ } else { number + 1 };
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

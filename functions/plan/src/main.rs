//! `plan`: chooses the windows of a run.

use model::payload::PlanRequest;
use plan::{Config, PlanError, Planner};
use step::{Deadline, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let init = async {
        let config: Config = step::config()?;
        Ok(Planner::new(&step::aws().await, config)?)
    };
    serve(
        init,
        // Read by its own rules: what people write is told in words that are not a parser's.
        |planner: &'static Planner, event: serde_json::Value, deadline: Deadline| async move {
            let request = PlanRequest::read(&event).map_err(PlanError::from)?;
            Ok(planner.run(&request, deadline).await?)
        },
    )
    .await
}

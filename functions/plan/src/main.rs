//! `plan`: chooses the windows of a run.

use model::payload::PlanRequest;
use plan::{Config, Planner};
use step::{Deadline, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let init = async {
        let config: Config = step::config()?;
        Ok(Planner::new(&step::aws().await, config)?)
    };
    serve(
        init,
        |planner: &'static Planner, request: PlanRequest, deadline: Deadline| async move {
            Ok(planner.run(&request, deadline).await?)
        },
    )
    .await
}

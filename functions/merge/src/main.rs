//! `merge`: brings a loaded batch into `curated`.

use merge::{Config, Merger};
use model::payload::StatementRequest;
use step::{Deadline, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let init = async {
        let config: Config = step::config()?;
        Ok(Merger::new(&step::aws().await, config)?)
    };
    serve(
        init,
        |merger: &'static Merger, request: StatementRequest, deadline: Deadline| async move {
            Ok(merger.run(&request, deadline).await?)
        },
    )
    .await
}

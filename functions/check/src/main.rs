//! `check`: judges a merged batch before anything is published.

use check::{Checker, Config};
use model::payload::CheckRequest;
use step::{Deadline, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let init = async {
        let config: Config = step::config()?;
        Ok(Checker::new(&step::aws().await, config)?)
    };
    serve(
        init,
        |checker: &'static Checker, request: CheckRequest, deadline: Deadline| async move {
            Ok(checker.run(&request, deadline).await?)
        },
    )
    .await
}

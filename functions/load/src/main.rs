//! `load`: copies what a run landed into `raw` and `staging`.

use load::{Config, Loader};
use model::payload::StatementRequest;
use step::{Deadline, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let init = async {
        let config: Config = step::config()?;
        Ok(Loader::new(&step::aws().await, config))
    };
    serve(
        init,
        |loader: &'static Loader, request: StatementRequest, deadline: Deadline| async move {
            Ok(loader.run(&request, deadline).await?)
        },
    )
    .await
}

//! `refresh-token`: renews the access token of a source.

use model::payload::RefreshRequest;
use refresh_token::{Config, Refresher};
use step::secrets::Secrets;
use step::{Deadline, Failure};

type Function = Refresher<Secrets>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    step::serve(
        Box::pin(init()),
        |refresher: &'static Function, request: RefreshRequest, deadline: Deadline| async move {
            Ok(Box::pin(refresher.run(request, deadline)).await?)
        },
    )
    .await
}

async fn init() -> Result<Function, Failure> {
    let config: Config = step::config()?;
    let connections = source_http::connections()?;
    let secrets = Secrets::new(&step::aws().await);
    Ok(Refresher::new(config, secrets, connections)?)
}

//! `extract-salesforce`: copies one window of a Salesforce object to the landing zone.

use extract_salesforce::{Config, Extractor, Request};
use landing::Store;
use step::secrets::Secrets;
use step::{Deadline, Failure};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    step::serve(
        Box::pin(init()),
        |extractor: &'static Extractor, request: Request, deadline: Deadline| async move {
            Ok(Box::pin(extractor.run(request, deadline)).await?)
        },
    )
    .await
}

async fn init() -> Result<Extractor, Failure> {
    let config: Config = step::config()?;
    let settings = step::settings(&config.settings_dir)?;
    let connections = source_http::connections()?;
    let aws = step::aws().await;
    let store = Store::new(step::s3(&aws), config.bucket);
    Ok(Extractor::new(
        store,
        Secrets::new(&aws),
        config.salesforce_token_secret,
        settings,
        connections,
    ))
}

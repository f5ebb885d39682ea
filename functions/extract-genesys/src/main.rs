//! `extract-genesys`: copies one window of Genesys Cloud records to the landing zone.

use extract_genesys::{Config, Extractor, Request};
use landing::Store;
use step::secrets::Secrets;
use step::{Deadline, Failure};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    step::serve(init(), |extractor, request, deadline| {
        answer(extractor, request, deadline)
    })
    .await
}

async fn init() -> Result<Extractor, Failure> {
    let config: Config = step::config()?;
    let settings = step::settings(&config.settings_dir)?;
    let aws = step::aws().await;
    let store = Store::new(step::s3(&aws), &config.bucket);
    Ok(Extractor::new(
        &config,
        settings,
        store,
        Secrets::new(&aws),
    )?)
}

async fn answer(
    extractor: &Extractor,
    request: Request,
    deadline: Deadline,
) -> Result<model::payload::ExtractOutcome, Failure> {
    // Boxed: the states of the S3 and HTTP clients nest deeper than the compiler likes.
    Ok(Box::pin(extractor.run(&request, deadline)).await?)
}

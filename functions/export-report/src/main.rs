//! `export-report`: renders one report after a run and hands out links to it.

use export_report::{Config, Exporter};
use landing::Store;
use step::Failure;
use warehouse::{Target, Warehouse};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let exporter = async {
        let config: Config = step::config()?;
        let target: Target = step::config()?;
        let aws = step::aws().await;
        let store =
            Store::new(step::s3(&aws), &config.bucket).with_credentials(aws.credentials_provider());
        let warehouse = Warehouse::new(step::redshift_data(&aws), target);
        Ok::<_, Failure>(Exporter::new(config, store, warehouse)?)
    };
    step::serve(
        exporter,
        |exporter: &Exporter, request, deadline| async move {
            // Boxed: the SDK's futures, one inside the other, are too deep for the compiler to lay out as one value.
            Box::pin(exporter.run(request, deadline))
                .await
                .map_err(Failure::from)
        },
    )
    .await
}

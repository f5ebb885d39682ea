//! `migrate`: brings the warehouse's schema to this version.

use migrate::{Config, Migrator, Request};
use step::{Deadline, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let init = async {
        let config: Config = step::config()?;
        Ok(Migrator::new(&step::aws().await, config)?)
    };
    serve(
        init,
        |migrator: &'static Migrator, request: Request, deadline: Deadline| async move {
            Ok(migrator.run(&request, deadline).await?)
        },
    )
    .await
}

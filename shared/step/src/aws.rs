//! AWS clients, built once per process.

use aws_config::{BehaviorVersion, SdkConfig, timeout::TimeoutConfig};
use std::pin::Pin;
use std::time::Duration;

/// Credentials, region and endpoints from the environment, as every AWS SDK reads them.
pub async fn aws() -> SdkConfig {
    // A Data API call may wait 30 s for a statement: a read timeout below that would cut it.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(45))
        .build();
    let loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
    // The SDK's future is deep; behind a box it does not count into the type of every `main`.
    let loading: Pin<Box<dyn Future<Output = SdkConfig> + Send>> = Box::pin(loader.load());
    loading.await
}

/// The S3 client. An endpoint from the environment (the twin) has no bucket subdomains, so the path names the bucket.
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let path_style = std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(path_style)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// The Redshift Data API client.
pub fn redshift_data(config: &SdkConfig) -> aws_sdk_redshiftdata::Client {
    aws_sdk_redshiftdata::Client::new(config)
}

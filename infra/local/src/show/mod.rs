//! What a person sees: steps as they happen, then the summary. A bar on a terminal, plain lines elsewhere.

mod line;
mod message;
mod plan;
mod screen;
mod summary;

pub use message::message;
pub use plan::plan;
pub use screen::Screen;
pub use summary::summary;

use crate::state::Endpoints;

/// The endpoints for a person.
pub fn endpoints(at: &Endpoints) -> String {
    format!(
        "
The twin is up. Ctrl-C ends it.

AWS (S3, Step Functions, Lambda, Secrets Manager, SNS, SQS, Logs)   {aws}
Redshift Data API                                                  {data_api}
PostgreSQL                                                         {postgres}
Genesys Cloud (fake)                                               {genesys}
Salesforce (fake)                                                  {salesforce}
Conversations of                                                   {begin} to {end}
Bucket                                                             {bucket}
State machine                                                      {machine}

For the AWS CLI:
  export AWS_ENDPOINT_URL={aws} AWS_REGION={region} AWS_DEFAULT_REGION={region} AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret}

Start a run from another terminal:
  cargo local run events/pipeline/nightly.json
  cargo local run events/pipeline/backfill.json --days 2     the last days, whatever dates the event has
",
        aws = at.aws,
        data_api = at.data_api,
        postgres = at.postgres,
        genesys = at.genesys,
        salesforce = at.salesforce,
        bucket = at.bucket,
        machine = at.state_machine,
        begin = at.data_begin,
        end = at.data_end,
        region = crate::aws::REGION,
        key = crate::aws::ACCESS_KEY,
        secret = crate::aws::SECRET_KEY,
    )
}

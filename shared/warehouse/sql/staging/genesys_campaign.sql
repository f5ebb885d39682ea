-- staging.genesys_campaign: outbound campaigns, a snapshot per batch.
-- Grain   batch_id, campaign_id

create table if not exists staging.genesys_campaign (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    campaign_id varchar(64) not null,
    campaign_name varchar(2048),
    division_id varchar(64),
    division_name varchar(2048),
    dialing_mode varchar(64),
    campaign_status varchar(64),
    contact_list_id varchar(64),
    queue_id varchar(64),
    date_created timestamp,
    date_modified timestamp
)
diststyle auto;

-- curated.dim_campaign: outbound campaigns, as last listed.
-- Grain   campaign_id

create table if not exists curated.dim_campaign (
    campaign_key varchar(64) not null, -- sha256 of campaign_id
    campaign_id varchar(64) not null,
    campaign_name varchar(2048),
    division_id varchar(64),
    division_name varchar(2048),
    dialing_mode varchar(64),
    campaign_status varchar(64),
    contact_list_id varchar(64),
    queue_id varchar(64),
    date_created timestamp,
    date_modified timestamp,
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (campaign_id);

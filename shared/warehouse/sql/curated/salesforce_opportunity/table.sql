-- curated.salesforce_opportunity: opportunities as they stand now.
-- Grain   opportunity_id

create table if not exists curated.salesforce_opportunity (
    opportunity_key varchar(64) not null, -- sha256 of opportunity_id
    opportunity_id varchar(18) not null,
    is_deleted boolean not null, -- a deleted one stays, and counts nowhere
    system_modstamp timestamp not null,
    created_at timestamp,
    account_id varchar(18),
    opportunity_name varchar(1020),
    stage_name varchar(1020),
    amount decimal(18, 2),
    currency_iso_code varchar(12),
    is_closed boolean,
    is_won boolean,
    close_date date,
    owner_id varchar(18),
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (opportunity_id);

-- staging.salesforce_opportunity: Opportunity rows as received, deletes kept.
-- Grain   batch_id, record_no

create table if not exists staging.salesforce_opportunity (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    opportunity_id varchar(18) not null,
    account_id varchar(18),
    opportunity_name varchar(1020),
    stage_name varchar(1020),
    amount decimal(18, 2),
    currency_iso_code varchar(12),
    is_closed boolean,
    is_won boolean,
    close_date date,
    owner_id varchar(18),
    extra varchar(65535)
)
diststyle auto;

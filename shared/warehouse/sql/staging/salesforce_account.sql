-- staging.salesforce_account: Account rows as received, deletes kept.
-- Grain   batch_id, record_no (the overlap of windows delivers a row more than once)

create table if not exists staging.salesforce_account (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    account_id varchar(18) not null,
    master_record_id varchar(18), -- the surviving account after a merge
    account_name varchar(1020),
    account_type varchar(1020),
    industry varchar(1020),
    customer_tier varchar(1020),
    ltv_usd decimal(18, 2),
    phone varchar(160),
    owner_id varchar(18),
    owner_name varchar(1020),
    parent_account_id varchar(18),
    extra varchar(65535) -- JSON object of the further fields the settings name
)
diststyle auto;

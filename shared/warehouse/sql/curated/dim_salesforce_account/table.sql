-- curated.dim_salesforce_account: Salesforce Account through time (slowly changing dimension, type 2).
-- Grain   account_id, valid_from
-- Tracked account_type, industry, customer_tier, owner_id, owner_name, parent_account_id, phone: a change opens a new row,
--         other columns hold the newest value seen within the row. A delete or a merge closes the row. A record first
--         seen deleted has one row of no length.
--         Versions that no run has read are restored from the history that Salesforce keeps of tracked fields. A record
--         that is purged (curated.salesforce_purged) is closed as deleted.

create table if not exists curated.dim_salesforce_account (
    account_version_key varchar(64) not null, -- sha256 of account_id|valid_from
    account_key varchar(64) not null, -- sha256 of account_id
    account_id varchar(18) not null,
    valid_from timestamp not null, -- UTC, inclusive: SystemModstamp of the first version with these values
    valid_to timestamp not null, -- UTC, exclusive; 9999-12-31 while open
    is_current boolean not null, -- open: neither replaced nor deleted
    is_latest boolean not null, -- the newest row of the key, open or closed
    close_reason varchar(16), -- changed, deleted, merged; null while open
    master_record_id varchar(18), -- after a merge: the surviving account, on every row of the key
    created_at timestamp,
    account_name varchar(1020),
    account_type varchar(1020),
    industry varchar(1020),
    customer_tier varchar(1020),
    ltv_usd decimal(18, 2), -- not tracked: the newest value within the row
    phone varchar(160),
    owner_id varchar(18),
    owner_name varchar(1020),
    parent_account_id varchar(18),
    batch_id varchar(128) not null, -- the run that brought the values of the row
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (account_id, valid_from);

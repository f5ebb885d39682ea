-- curated.dim_salesforce_contact: Salesforce Contact through time (slowly changing dimension, type 2).
-- Grain   contact_id, valid_from
-- Tracked account_id, owner_id, phone, mobile_phone: a change opens a new row; other columns hold the newest value seen within the row. A
--         delete or a merge closes the row. A record first seen deleted has one row of no length.
--         Versions that no run has read are restored from the history that Salesforce keeps of tracked fields. A record
--         that is purged (curated.salesforce_purged) is closed as deleted.

create table if not exists curated.dim_salesforce_contact (
    contact_version_key varchar(64) not null, -- sha256 of contact_id|valid_from
    contact_key varchar(64) not null, -- sha256 of contact_id
    contact_id varchar(18) not null,
    valid_from timestamp not null, -- UTC, inclusive: SystemModstamp of the first version with these values
    valid_to timestamp not null, -- UTC, exclusive; 9999-12-31 while open
    is_current boolean not null, -- open: neither replaced nor deleted
    is_latest boolean not null, -- the newest row of the key, open or closed
    close_reason varchar(16), -- changed, deleted, merged; null while open
    master_record_id varchar(18), -- after a merge: the surviving contact, on every row of the key
    created_at timestamp,
    account_id varchar(18),
    contact_name varchar(1020),
    email varchar(320),
    phone varchar(160),
    mobile_phone varchar(160),
    owner_id varchar(18),
    batch_id varchar(128) not null, -- the run that brought the values of the row
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (contact_id, valid_from);

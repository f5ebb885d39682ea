-- curated.dim_salesforce_case: Salesforce Case through time (slowly changing dimension, type 2).
-- Grain   case_id, valid_from
-- Tracked account_id, contact_id, case_category, case_status, case_priority, is_closed, owner_id: a change opens a new
--         row; other columns hold the newest value seen within the row. A delete or a merge closes the row. A record
--         first seen deleted has one row of no length.
--         Versions that no run has read are restored from the history that Salesforce keeps of tracked fields. A record
--         that is purged (curated.salesforce_purged) is closed as deleted.

create table if not exists curated.dim_salesforce_case (
    case_version_key varchar(64) not null, -- sha256 of case_id|valid_from
    case_key varchar(64) not null, -- sha256 of case_id
    case_id varchar(18) not null,
    valid_from timestamp not null, -- UTC, inclusive: SystemModstamp of the first version with these values
    valid_to timestamp not null, -- UTC, exclusive; 9999-12-31 while open
    is_current boolean not null, -- open: neither replaced nor deleted
    is_latest boolean not null, -- the newest row of the key, open or closed
    close_reason varchar(16), -- changed, deleted, merged; null while open
    master_record_id varchar(18), -- after a merge: the surviving case, on every row of the key
    created_at timestamp,
    case_number varchar(120),
    account_id varchar(18),
    contact_id varchar(18),
    case_subject varchar(1020),
    case_category varchar(1020),
    case_status varchar(1020),
    case_priority varchar(1020),
    case_origin varchar(1020),
    is_closed boolean,
    closed_at timestamp,
    owner_id varchar(18),
    batch_id varchar(128) not null, -- the run that brought the values of the row
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (case_id, valid_from);

-- staging.salesforce_id: ids of the records that an object has at the source, deleted ones that can still be read included.
-- Grain   batch_id, object, record_id

create table if not exists staging.salesforce_id (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    object varchar(32) not null, -- account, contact, case, opportunity
    record_id varchar(18) not null,
    is_deleted boolean not null,
    created_at timestamp
)
diststyle auto;

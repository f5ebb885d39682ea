-- staging.salesforce_contact: Contact rows as received, deletes kept.
-- Grain   batch_id, record_no

create table if not exists staging.salesforce_contact (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    contact_id varchar(18) not null,
    master_record_id varchar(18),
    account_id varchar(18),
    contact_name varchar(1020),
    email varchar(320),
    phone varchar(160),
    mobile_phone varchar(160),
    owner_id varchar(18),
    extra varchar(65535)
)
diststyle auto;

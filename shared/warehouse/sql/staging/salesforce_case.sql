-- staging.salesforce_case: Case rows as received, deletes kept.
-- Grain   batch_id, record_no

create table if not exists staging.salesforce_case (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    case_id varchar(18) not null,
    master_record_id varchar(18),
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
    extra varchar(65535)
)
diststyle auto;

-- staging.salesforce_user: Salesforce users, as received: the names of owners. A user is never deleted, only deactivated.
-- Grain   batch_id, record_no

create table if not exists staging.salesforce_user (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    user_id varchar(18) not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    user_name varchar(1020),
    email varchar(1020),
    is_active boolean,
    user_role_name varchar(1020),
    extra varchar(65535) -- JSON object of the fields named in the settings
)
diststyle auto;

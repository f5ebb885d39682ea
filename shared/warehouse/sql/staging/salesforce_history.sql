-- staging.salesforce_history: changes of tracked fields, as AccountHistory, ContactHistory, CaseHistory and OpportunityFieldHistory have
-- them.
-- Grain   batch_id, record_no

create table if not exists staging.salesforce_history (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    object varchar(32) not null, -- account, contact, case, opportunity
    history_id varchar(18) not null,
    parent_id varchar(18) not null, -- the record that changed
    field_name varchar(1020) not null, -- also created, ownerAssignment, ...
    data_type varchar(64),
    old_value varchar(4096), -- text of any type; a lookup has two rows, one with ids and one with names
    new_value varchar(4096),
    is_deleted boolean not null,
    created_at timestamp not null,
    created_by_id varchar(18)
)
diststyle auto;

-- staging.genesys_external_contact: external contacts that conversations of the batch name, resolved.
-- Grain   batch_id, record_no

create table if not exists staging.genesys_external_contact (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    asked_id varchar(64) not null, -- the id a conversation carries
    external_contact_id varchar(64), -- the id that came back (another one after a merge); null: not found
    canonical_id varchar(64), -- head of the merge set
    contact_type varchar(32),
    salesforce_contact_id varchar(18), -- 18 characters, or null
    salesforce_account_id varchar(18),
    external_organization_id varchar(64),
    external_ids varchar(65535) -- JSON array as received
)
diststyle auto;

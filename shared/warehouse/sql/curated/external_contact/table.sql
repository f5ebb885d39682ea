-- curated.external_contact: Genesys external contacts and the Salesforce records they stand for, as last resolved.
-- Grain   asked_id

create table if not exists curated.external_contact (
    external_contact_key varchar(64) not null, -- sha256 of asked_id
    asked_id varchar(64) not null, -- the id a conversation carries
    external_contact_id varchar(64), -- the id that came back; null: not found
    canonical_id varchar(64), -- head of the merge set
    contact_type varchar(32),
    salesforce_contact_id varchar(18),
    salesforce_account_id varchar(18),
    external_organization_id varchar(64),
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (asked_id);

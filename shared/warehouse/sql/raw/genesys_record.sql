-- raw.genesys_record: one landed Genesys Cloud record other than a conversation, verbatim, with where it came from.
-- (`raw` is a reserved word in Redshift: the schema is always quoted.)
-- Grain   batch_id, object, record_no
-- Filled  by COPY of the landing envelopes (JSON 'auto': the keys of an envelope are these columns)

create table if not exists "raw".genesys_record (
    batch_id varchar(128) not null, -- the run that landed it
    object varchar(64) not null, -- queue, user, wrapup_code, division, campaign, external_contact, evaluation, survey, ...
    window_start timestamp not null, -- UTC, inclusive
    window_end timestamp not null, -- UTC, exclusive
    record_no bigint not null, -- window_no * 1,000,000,000 + position in the window, from 1
    natural_id varchar(256) not null, -- the record's own id, or the key of its group
    extracted_at timestamp not null, -- UTC instant the page was received
    object_key varchar(1024) not null, -- the landing object
    line bigint not null, -- the line in that object, from 1
    sha256 varchar(64) not null, -- of the bytes of the payload as received, lower-case hex
    payload super,
    ingested_at timestamp default getdate()
)
diststyle auto
sortkey (window_start);

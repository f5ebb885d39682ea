-- curated.quarantine: records that extraction refused, and links that the merge refused.
-- Grain   source, object, record_ref, reason
-- A refused record lies in landing/ where object_key and line say. A refused link (object conversation_link) has its
-- conversation in curated.fact_anonymous_interactions; its row goes when the link no longer contradicts.

create table if not exists curated.quarantine (
    quarantine_key varchar(64) not null, -- sha256 of source|object|record_ref|reason
    source varchar(32) not null, -- genesys, salesforce
    object varchar(64) not null, -- as in staging.quarantine; conversation_link
    record_ref varchar(64) not null, -- natural_id, or sha256 where the record does not tell its id
    natural_id varchar(64),
    reason varchar(64) not null, -- unreadable, ...; ambiguous, crm_mismatch
    detail varchar(4096) not null, -- of the last time
    first_seen_at timestamp not null, -- extracted_at of the first record refused
    last_seen_at timestamp not null,
    first_batch_id varchar(128) not null,
    last_batch_id varchar(128) not null,
    times bigint not null, -- how many extractions brought it; a replay is none
    window_start timestamp, -- of the last time
    window_end timestamp,
    object_key varchar(1024), -- the landing object of the last time; null for a link
    line bigint,
    sha256 varchar(64)
)
diststyle auto
sortkey (last_seen_at);

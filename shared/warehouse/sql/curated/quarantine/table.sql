-- curated.quarantine: records that extraction refused, and links, cases and values that the merge refused.
-- Grain   source, object, record_ref, reason
-- Objects as in staging.quarantine: a record that extraction refused; it lies in landing/ where object_key and line say.
--         conversation_link: ambiguous, crm_mismatch; the conversation is in curated.fact_anonymous_interactions.
--         conversation_case: no_case_in_window; the conversation is in curated.fact_customer_interactions, without a case.
--         conversation_value: ends_before_start, ends_in_future, starts_in_future, starts_too_early, negative_time, wrong_kind_of_id,
--         impossible_segment.
--         case_value: closed_before_opened, by case_id. An impossible value is null in the tables, the record is there.
--         object_key, line and sha256 tell where the record landed that all of these are about.
-- Rule    A refusal that no longer holds keeps its row, with resolved_at. Of a record: extracted_at of the first one that was staged
--         since. Else: when the run was read whose merge found it so. What is refused now is the same in whatever order batches come; what
--         was refused for a while is not (a CRM that came first never refused), so a resolved row tells what happened here.
--         first_seen_at, first_batch_id and times of what the merge refused tell of all records of the conversation or case, refused
--         then or not.

create table if not exists curated.quarantine (
    quarantine_key varchar(64) not null, -- sha256 of source|object|record_ref|reason
    source varchar(32) not null, -- genesys, salesforce
    object varchar(64) not null, -- as in staging.quarantine; conversation_link, conversation_case, conversation_value, case_value
    record_ref varchar(64) not null, -- natural_id, or sha256 where the record does not tell its id
    natural_id varchar(64),
    reason varchar(64) not null, -- unreadable, ...; see Objects
    detail varchar(4096) not null, -- of the last time
    first_seen_at timestamp not null, -- extracted_at of the first record refused
    last_seen_at timestamp not null,
    first_batch_id varchar(128) not null,
    last_batch_id varchar(128) not null,
    times bigint not null, -- how many extractions brought it; a replay is none
    window_start timestamp, -- of the last time
    window_end timestamp,
    object_key varchar(1024), -- the landing object of the last time; null where its raw row is not known
    line bigint,
    sha256 varchar(64),
    resolved_at timestamp -- null: still refused
)
diststyle auto
sortkey (last_seen_at);

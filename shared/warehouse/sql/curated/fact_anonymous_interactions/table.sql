-- curated.fact_anonymous_interactions: conversations without a link to a CRM customer; one moves to
-- curated.fact_customer_interactions when the link arrives.
-- Grain   conversation_id

create table if not exists curated.fact_anonymous_interactions (
    conversation_key varchar(64) not null, -- sha256 of conversation_id
    conversation_id varchar(64) not null,
    conversation_start timestamp not null, -- UTC
    conversation_end timestamp, -- UTC; null while open, and where it cannot be
    duration_ms bigint, -- null while open
    queue_id varchar(64), -- of the agent session that handled longest, else of an answered one, else of a wait, else the first named
    media_type varchar(32), -- the first of the conversation
    direction varchar(32),
    agent_id varchar(64), -- the agent session with the longest handle time among those that answered
    handle_time_ms bigint, -- sum over agent sessions, times below zero left out
    talk_time_ms bigint,
    hold_time_ms bigint,
    acw_time_ms bigint,
    wrap_up_code varchar(64), -- of that agent session; an id of dim_wrapup_code, or free text
    abandoned boolean not null, -- an ACD session emitted tAbandon and no agent answered
    transferred boolean not null, -- nTransferred > 0
    was_escalated boolean not null, -- named attribute, else bot flow and an agent answered
    handled_by_bot_only boolean not null, -- named attribute, else a bot and nobody to take over
    qa_score bigint, -- of the last released evaluation, inside the record or come later
    csat_score bigint, -- of the last survey with a total score
    nps bigint, -- of the last survey with a promoter score
    external_contact_id varchar(64), -- of the first party that has one
    external_contact_count integer not null, -- different ones in the conversation
    asked_case_id varchar(15), -- from the participant attributes, the 15 characters that identify
    asked_account_id varchar(15),
    asked_contact_id varchar(15),
    asked_ambiguous boolean not null, -- an attribute holds different ids at different parties
    is_settled boolean not null, -- a record of it was read from a settled window
    etl_loaded_at timestamp not null, -- extracted_at of the record
    data_source varchar(32) not null, -- genesys_cloud
    batch_id varchar(128) not null, -- the run that brought the record
    record_no bigint not null,
    link_reason varchar(32) not null, -- no_id, id_not_found, crm_late, ambiguous, crm_mismatch
    customer_number varchar(1024), -- the customer's number or address as it came: who called, or who was called
    met_bot boolean -- a bot had a session, whoever came after it
)
diststyle auto
sortkey (conversation_start);

-- curated.fact_customer_interactions: conversations linked to a CRM customer.
-- Grain   conversation_id

create table if not exists curated.fact_customer_interactions (
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
    link_method varchar(32) not null, -- attribute_case, attribute_account, attribute_contact, external_contact, phone
    crm_account_id varchar(18), -- the surviving one after a merge; null: a contact without an account
    crm_contact_id varchar(18),
    crm_case_id varchar(18), -- named by the attribute, else the nearest case in time
    customer_tier varchar(1020), -- as it stood when the conversation began
    customer_number varchar(1024), -- the customer's number or address as it came: who called, or who was called
    met_bot boolean, -- a bot had a session, whoever came after it
    case_minutes_apart integer -- from the start to the creation of the nearest case, below zero before it; null: named by the attribute
)
diststyle auto
sortkey (conversation_start);

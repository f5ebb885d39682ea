-- curated.fact_agent_leg: what one agent session of a conversation took.
-- Grain   conversation_id, participant_no, session_no

create table if not exists curated.fact_agent_leg (
    agent_leg_key varchar(64) not null, -- sha256 of conversation_id|participant_no|session_no
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null,
    conversation_start timestamp not null,
    session_id varchar(64),
    user_id varchar(64),
    queue_id varchar(64), -- of the first segment of the session that names one
    media_type varchar(32),
    direction varchar(32),
    answered boolean not null, -- tAnswered, talk, or more tHandle than tDialing, tContacting and tAcw
    talk_time_ms bigint,
    hold_time_ms bigint,
    acw_time_ms bigint,
    handle_time_ms bigint, -- tHandle, else talk + hold + ACW
    wrap_up_code varchar(64), -- of the last segment of the session that names one
    batch_id varchar(128) not null,
    etl_loaded_at timestamp not null, -- extracted_at of the record
    handle_count integer, -- how often it was handled: values of tHandle, else 1 if it took any time; null: merged by a version before 3
    outbound_campaign_id varchar(64) -- of the session
)
diststyle auto
sortkey (conversation_start);

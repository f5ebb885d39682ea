-- curated.fact_queue_leg: what became of one wait in a queue.
-- Grain   conversation_id, participant_no, session_no (of an ACD session: whoever enters another queue has another one)

create table if not exists curated.fact_queue_leg (
    queue_leg_key varchar(64) not null, -- sha256 of conversation_id|participant_no|session_no
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null,
    conversation_start timestamp not null, -- UTC
    session_id varchar(64),
    queue_id varchar(64), -- of the first segment of the session that names one
    media_type varchar(32),
    direction varchar(32),
    entered_at timestamp, -- UTC: its first segment begins
    left_at timestamp, -- UTC: its last segment ends; null while it waits
    outcome varchar(16) not null, -- abandoned, flow_out, answered, other (also: still waiting)
    waited_ms bigint, -- tAbandon, tFlowOut, or tAnswered of the agent session that answered; else tAcd; else until that began
    batch_id varchar(128) not null,
    etl_loaded_at timestamp not null -- extracted_at of the record
)
diststyle auto
sortkey (conversation_start);

-- staging.genesys_segment: states of sessions as received.
-- Grain   batch_id, record_no, participant_no, session_no, segment_no

create table if not exists staging.genesys_segment (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null,
    segment_no integer not null, -- position in the session, from 0
    segment_start timestamp,
    segment_end timestamp, -- null while open
    segment_type varchar(32),
    queue_id varchar(64),
    disconnect_type varchar(32),
    wrap_up_code varchar(64), -- an id of staging.genesys_wrapup_code, or free text
    wrap_up_note varchar(65535),
    wrap_up_tags varchar(65535), -- JSON array
    error_code varchar(1024),
    requested_language_id varchar(64),
    requested_routing_skill_ids varchar(65535), -- JSON array
    conference boolean
)
diststyle auto;

-- staging.genesys_conversation: conversations as received, typed.
-- Grain   batch_id, record_no (the same conversation may be there twice: the highest extracted_at, record_no wins)

create table if not exists staging.genesys_conversation (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    window_start timestamp not null,
    window_end timestamp not null,
    extraction varchar(16) not null, -- job, query
    conversation_id varchar(64) not null,
    conversation_start timestamp not null,
    conversation_end timestamp, -- null while open
    originating_direction varchar(32),
    conversation_initiator varchar(32),
    division_ids varchar(4096), -- JSON array of ids
    external_tag varchar(1024),
    self_served boolean,
    customer_participation boolean,
    media_types varchar(512), -- distinct media types of the sessions, in order of appearance, comma separated
    participant_count integer not null
)
diststyle auto
sortkey (conversation_start);

-- curated.queue_emission: what conversations add to the figures of a queue, by the day it happened: our side of the reconciliation.
-- A conversation that began yesterday may add to today: Genesys counts a metric when it is emitted, and so does this table.
-- Grain   conversation_id, emitted_date, queue_id, media_type; and for a conversation without an end (is_open) a row of each of its media
--         types without a queue, which adds nothing and tells that more may have come since

create table if not exists curated.queue_emission (
    conversation_id varchar(64) not null,
    conversation_start timestamp not null,
    emitted_date date not null, -- UTC day of the emit time; is_open: of the conversation's start
    queue_id varchar(64), -- of the first segment of the session that names one; null: is_open
    media_type varchar(32), -- of the session
    offered bigint not null, -- nOffered
    handled bigint not null, -- how many tHandle
    handle_ms bigint not null, -- sum of tHandle
    is_open boolean not null, -- the conversation had no end when it was read
    read_at timestamp not null, -- extracted_at of the record
    batch_id varchar(128) not null
)
diststyle auto
sortkey (conversation_start);

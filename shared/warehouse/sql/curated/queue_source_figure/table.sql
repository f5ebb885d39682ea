-- curated.queue_source_figure: what Genesys itself counts of each queue on a day: the other side of the reconciliation.
-- Grain   counted_date, queue_id, media_type; and a row without a queue for each day that was read, which says how
-- Rule    Of a day that was read more than once the newest reading counts, whole.

create table if not exists curated.queue_source_figure (
    counted_date date not null, -- UTC
    queue_id varchar(64), -- null: the row of the day
    media_type varchar(32),
    offered bigint, -- nOffered
    handled bigint, -- how many tHandle
    handle_ms bigint, -- sum of tHandle
    counted_at timestamp not null, -- when it was read
    is_settled boolean not null, -- read so late after the day's end that it is final
    refused_rows bigint not null, -- records of this reading that were refused: a queue may be missing
    filter_kind varchar(16) not null, -- genesys.filter of the settings: none, sessions (queues and media types alone), other
    batch_id varchar(128) not null
)
diststyle auto
sortkey (counted_date);

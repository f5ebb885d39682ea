-- ops.staged_record: where in staging the records of each natural id lie: a merge finds the versions of what its batch names without
-- reading staging as a whole. Written by the merge of their batch.
-- Grain   natural_id, object, source, batch_id, record_no
-- Not here: lists of ids, aggregates and adherence, of which each window speaks for itself

create table if not exists ops.staged_record (
    natural_id varchar(256) not null,
    object varchar(64) not null, -- as in ops.window_ledger without _lookup; conversation_evaluation, conversation_survey: by conversation
    source varchar(32) not null, -- genesys, salesforce
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    source_version timestamp not null, -- SystemModstamp; what the source does not number has one for all
    extraction varchar(16), -- of a conversation: job, query, replay
    conversation_start timestamp -- of a conversation
)
diststyle auto
sortkey (natural_id);

-- Staging data by hand for the reconciliation: what Genesys and Salesforce count beside what is here. Read by semantics.py.
-- Conversation k1 begins on 4 January and is handled on the 5th; k3 is a thread that nobody closes; one record of the 5th is refused.
-- Case 500C is deleted for good on the 9th, between two counts; 500E has changed since cases were read.

-- batch: a
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('a', 'x', 1, 1, '2026-01-06 03:00:00');
insert into ops.window_ledger values
    ('a', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'query', null, 2, 0, 0, 2, 2, 0, null, null, false, 3, '2026-01-06 02:00:00'),
    ('a', 'nightly', 'genesys', 'queue', '2026-01-05', '2026-01-06', 2, 'reference', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-06 02:00:00'),
    ('a', 'nightly', 'genesys', 'queue_aggregate', '2026-01-05', '2026-01-06', 3, 'aggregate', null, 2, 0, 0, 2, 2, 0, null, null, false, 1, '2026-01-06 02:00:00'),
    ('a', 'nightly', 'salesforce', 'case', '2026-01-01', '2026-01-06', 4, 'rest', null, 3, 0, 0, 3, 3, 0, null, null, true, 1, '2026-01-06 02:00:00'),
    ('a', 'nightly', 'salesforce', 'case_count', '2026-01-02', '2026-01-06', 5, 'rest', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-06 02:00:00');
insert into staging.genesys_queue values
    ('a', 2000000001, '2026-01-06 02:00:00', 'q1', 'Sales', null, null, null),
    ('a', 2000000002, '2026-01-06 02:00:00', 'q2', 'Service', null, null, null);
insert into staging.genesys_conversation values
    ('a', 1000000001, '2026-01-06 02:00:00', '2026-01-05', '2026-01-06', 'query', 'k2', '2026-01-05 10:00:00', '2026-01-05 10:02:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('a', 1000000002, '2026-01-06 02:00:00', '2026-01-05', '2026-01-06', 'query', 'k3', '2026-01-05 11:00:00', null, 'inbound', null, null, null, null, null, 'message', 1);
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, purpose) values
    ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 0, 'acd'), ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 1, 'agent'),
    ('a', 1000000002, '2026-01-06 02:00:00', 'k3', 0, 'acd');
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction) values
    ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 0, 0, 'voice', 'inbound'), ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 1, 0, 'voice', 'inbound'),
    ('a', 1000000002, '2026-01-06 02:00:00', 'k3', 0, 0, 'message', 'inbound');
insert into staging.genesys_segment (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_type, queue_id) values
    ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 0, 0, 0, 'interact', 'q1'), ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 1, 0, 0, 'alert', null),
    ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 1, 0, 1, 'interact', 'q1'), ('a', 1000000002, '2026-01-06 02:00:00', 'k3', 0, 0, 0, 'interact', 'q2');
insert into staging.genesys_metric values
    ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 0, 0, 0, 'nOffered', 1, '2026-01-05 10:00:01'),
    ('a', 1000000001, '2026-01-06 02:00:00', 'k2', 1, 0, 0, 'tHandle', 60000, '2026-01-05 10:02:00'),
    ('a', 1000000002, '2026-01-06 02:00:00', 'k3', 0, 0, 0, 'nOffered', 1, '2026-01-05 11:00:00');
-- Before the day had settled Genesys said less.
insert into staging.genesys_queue_aggregate (batch_id, record_no, extracted_at, queue_id, media_type, bucket_start, bucket_end, metric, metric_count, metric_sum) values
    ('a', 3000000001, '2026-01-06 02:00:00', 'q1', 'voice', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'nOffered', 1, null),
    ('a', 3000000001, '2026-01-06 02:00:00', 'q1', 'voice', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'tHandle', 1, 59000),
    ('a', 3000000002, '2026-01-06 02:00:00', 'q2', 'message', '2026-01-05 11:00:00', '2026-01-05 11:30:00', 'nOffered', 1, null);
insert into staging.salesforce_case values
    ('a', 4000000001, '2026-01-06 02:00:00', false, '2026-01-05 10:00:00', '2026-01-05 10:00:00', null, '500A00000000000AAA', null, '1', null, null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('a', 4000000002, '2026-01-06 02:00:00', false, '2026-01-05 12:00:00', '2026-01-05 11:00:00', null, '500B00000000000AAA', null, '2', null, null, 's', 'Bug', 'Closed', 'High', null, true, null, null, null),
    ('a', 4000000003, '2026-01-06 02:00:00', false, '2026-01-05 13:00:00', '2026-01-05 13:00:00', null, '500C00000000000AAA', null, '3', null, null, 's', 'Bug', 'New', 'High', null, false, null, null, null);
insert into staging.salesforce_case_count values
    ('a', 5000000001, '2026-01-06 02:00:00', '2026-01-05', false, false, 2, '2026-01-05 13:00:00'),
    ('a', 5000000002, '2026-01-06 02:00:00', '2026-01-05', true, false, 1, '2026-01-05 12:00:00');
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'a';
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, object, timestamp '2026-01-05', timestamp '2026-01-06', record_no, cast(record_no as varchar(32)), extracted_at, 'k', 1, 'x'
from (
    select distinct batch_id, 'queue_aggregate' as object, record_no, extracted_at from staging.genesys_queue_aggregate
    union all
    select batch_id, 'queue', record_no, extracted_at from staging.genesys_queue
    union all
    select batch_id, 'evaluation', record_no, extracted_at from staging.genesys_evaluation_update
) as landed where batch_id = 'a';
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, object, timestamp '2026-01-05', timestamp '2026-01-06', record_no, cast(record_no as varchar(32)), extracted_at, 'k', 1, 'x'
from (
    select batch_id, 'case' as object, record_no, extracted_at from staging.salesforce_case
    union all
    select batch_id, 'case_count', record_no, extracted_at from staging.salesforce_case_count
    union all
    select batch_id, 'case_ids', record_no, extracted_at from staging.salesforce_id
) as landed where batch_id = 'a';

-- batch: b
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('b', 'x', 1, 1, '2026-01-11 03:00:00');
insert into ops.window_ledger values
    ('b', 'nightly', 'genesys', 'conversation', '2026-01-04', '2026-01-05', 1, 'job', null, 1, 0, 0, 1, 1, 0, null, null, true, 3, '2026-01-11 02:00:00'),
    ('b', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-05 12:00:00', 2, 'job', null, 4, 1, 0, 3, 2, 1, null, null, true, 3, '2026-01-11 02:00:00'),
    ('b', 'nightly', 'genesys', 'conversation', '2026-01-05 12:00:00', '2026-01-06', 3, 'job', null, 0, 0, 0, 0, 0, 0, null, null, true, 3, '2026-01-11 02:00:00'),
    ('b', 'nightly', 'genesys', 'queue_aggregate', '2026-01-04', '2026-01-05', 4, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-11 02:00:00'),
    ('b', 'nightly', 'genesys', 'queue_aggregate', '2026-01-05', '2026-01-06', 5, 'aggregate', null, 3, 0, 0, 3, 3, 0, null, null, true, 1, '2026-01-11 02:00:00'),
    ('b', 'nightly', 'salesforce', 'case', '2026-01-06', '2026-01-11', 6, 'rest', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-11 02:00:00'),
    ('b', 'nightly', 'salesforce', 'case_count', '2026-01-04', '2026-01-11', 7, 'rest', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-11 02:00:00');
insert into staging.genesys_conversation values
    ('b', 1000000001, '2026-01-11 02:00:00', '2026-01-04', '2026-01-05', 'job', 'k1', '2026-01-04 23:50:00', '2026-01-05 00:10:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('b', 2000000001, '2026-01-11 02:00:00', '2026-01-05', '2026-01-05 12:00:00', 'job', 'k2', '2026-01-05 10:00:00', '2026-01-05 10:02:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('b', 2000000002, '2026-01-11 02:00:00', '2026-01-05', '2026-01-05 12:00:00', 'job', 'k3', '2026-01-05 11:00:00', null, 'inbound', null, null, null, null, null, 'message', 1);
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, purpose) values
    ('b', 1000000001, '2026-01-11 02:00:00', 'k1', 0, 'acd'), ('b', 1000000001, '2026-01-11 02:00:00', 'k1', 1, 'agent'),
    ('b', 2000000001, '2026-01-11 02:00:00', 'k2', 0, 'acd'), ('b', 2000000001, '2026-01-11 02:00:00', 'k2', 1, 'agent'),
    ('b', 2000000002, '2026-01-11 02:00:00', 'k3', 0, 'acd');
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, case when conversation_id = 'k3' then 'message' else 'voice' end, 'inbound'
from staging.genesys_participant where batch_id = 'b';
insert into staging.genesys_segment (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_type, queue_id)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, 0, 'interact', case when conversation_id = 'k3' then 'q2' else 'q1' end
from staging.genesys_participant where batch_id = 'b';
insert into staging.genesys_metric values
    ('b', 1000000001, '2026-01-11 02:00:00', 'k1', 0, 0, 0, 'nOffered', 1, '2026-01-04 23:59:59.999'),
    ('b', 1000000001, '2026-01-11 02:00:00', 'k1', 1, 0, 0, 'tHandle', 600000, '2026-01-05 00:00:00'),
    ('b', 1000000001, '2026-01-11 02:00:00', 'k1', 1, 0, 1, 'tHandle', 600000, '2026-01-05 00:10:00'),
    ('b', 2000000001, '2026-01-11 02:00:00', 'k2', 0, 0, 0, 'nOffered', 1, '2026-01-05 10:00:01'),
    ('b', 2000000001, '2026-01-11 02:00:00', 'k2', 1, 0, 0, 'tHandle', 60000, '2026-01-05 10:02:00'),
    ('b', 2000000002, '2026-01-11 02:00:00', 'k3', 0, 0, 0, 'nOffered', 1, '2026-01-05 11:00:00');
insert into staging.quarantine
values ('b', 2000000003, '2026-01-11 02:00:00', 'genesys', 'conversation', '2026-01-05', '2026-01-05 12:00:00', null, 'unreadable', 'line 3: not JSON', 'landing/y', 3, 'abc');
insert into staging.genesys_queue_aggregate (batch_id, record_no, extracted_at, queue_id, media_type, bucket_start, bucket_end, metric, metric_count, metric_sum) values
    ('b', 4000000001, '2026-01-11 02:00:00', 'q1', 'voice', '2026-01-04 23:30:00', '2026-01-05', 'nOffered', 1, null),
    ('b', 5000000001, '2026-01-11 02:00:00', 'q1', 'voice', '2026-01-05', '2026-01-05 00:30:00', 'tHandle', 2, 1200000),
    ('b', 5000000001, '2026-01-11 02:00:00', 'q1', 'voice', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'nOffered', 1, null),
    ('b', 5000000001, '2026-01-11 02:00:00', 'q1', 'voice', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'tHandle', 1, 60000),
    ('b', 5000000002, '2026-01-11 02:00:00', 'q2', 'message', '2026-01-05 11:00:00', '2026-01-05 11:30:00', 'nOffered', 1, null),
    ('b', 5000000003, '2026-01-11 02:00:00', 'q1', 'chat', '2026-01-05 09:00:00', '2026-01-05 09:30:00', 'nOffered', 1, null);
insert into staging.salesforce_case values
    ('b', 6000000001, '2026-01-11 02:00:00', false, '2026-01-08 10:00:00', '2026-01-05 10:00:00', null, '500A00000000000AAA', null, '1', null, null, 's', 'Bug', 'Closed', 'High', null, true, null, null, null);
insert into staging.salesforce_case_count values
    ('b', 7000000001, '2026-01-11 02:00:00', '2026-01-05', true, false, 2, '2026-01-08 10:00:00');
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'b';
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, object, timestamp '2026-01-05', timestamp '2026-01-06', record_no, cast(record_no as varchar(32)), extracted_at, 'k', 1, 'x'
from (
    select distinct batch_id, 'queue_aggregate' as object, record_no, extracted_at from staging.genesys_queue_aggregate
    union all
    select batch_id, 'queue', record_no, extracted_at from staging.genesys_queue
    union all
    select batch_id, 'evaluation', record_no, extracted_at from staging.genesys_evaluation_update
) as landed where batch_id = 'b';
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, object, timestamp '2026-01-05', timestamp '2026-01-06', record_no, cast(record_no as varchar(32)), extracted_at, 'k', 1, 'x'
from (
    select batch_id, 'case' as object, record_no, extracted_at from staging.salesforce_case
    union all
    select batch_id, 'case_count', record_no, extracted_at from staging.salesforce_case_count
    union all
    select batch_id, 'case_ids', record_no, extracted_at from staging.salesforce_id
) as landed where batch_id = 'b';

-- batch: c
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('c', 'x', 1, 1, '2026-01-17 03:00:00');
insert into ops.window_ledger values
    ('c', 'nightly', 'genesys', 'conversation', '2026-01-11', '2026-01-12', 1, 'job', null, 0, 0, 0, 0, 0, 0, null, null, true, 3, '2026-01-17 02:00:00'),
    ('c', 'nightly', 'genesys', 'conversation', '2026-01-12', '2026-01-13', 2, 'job', null, 2, 0, 0, 2, 2, 0, null, null, true, 3, '2026-01-17 02:00:00'),
    ('c', 'nightly', 'genesys', 'conversation', '2026-01-16', '2026-01-17', 3, 'query', null, 1, 0, 0, 1, 1, 0, null, null, false, 3, '2026-01-17 02:00:00'),
    ('c', 'nightly', 'genesys', 'evaluation', '2026-01-12', '2026-01-13', 4, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, true, 3, '2026-01-17 02:00:00'),
    ('c', 'nightly', 'genesys', 'queue_aggregate', '2026-01-12', '2026-01-13', 5, 'aggregate', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-17 02:00:00'),
    ('c', 'nightly', 'genesys', 'queue_aggregate', '2026-01-16', '2026-01-17', 6, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-17 02:00:00'),
    ('c', 'left_out', 'genesys', 'queue_aggregate', '2026-01-11', '2026-01-12', 7, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-17 02:00:00'),
    ('c', 'nightly', 'salesforce', 'case', '2026-01-11', '2026-01-17', 8, 'rest', null, 3, 0, 0, 3, 3, 0, null, null, true, 1, '2026-01-17 02:00:00'),
    ('c', 'nightly', 'salesforce', 'case_count', '2026-01-10', '2026-01-17', 9, 'rest', null, 3, 0, 0, 3, 3, 0, null, null, true, 1, '2026-01-17 02:00:00'),
    ('c', 'nightly', 'salesforce', 'case_ids', '2026-01-01', '2026-01-17', 10, 'rest', 5, 5, 0, 0, 5, 5, 0, null, null, true, 1, '2026-01-17 02:00:00');
insert into staging.genesys_conversation values
    ('c', 2000000001, '2026-01-17 02:00:00', '2026-01-12', '2026-01-13', 'job', 'k4', '2026-01-12 10:00:00', '2026-01-12 10:02:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('c', 2000000002, '2026-01-17 02:00:00', '2026-01-12', '2026-01-13', 'job', 'k5', '2026-01-12 11:00:00', '2026-01-12 11:02:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('c', 3000000001, '2026-01-17 02:00:00', '2026-01-16', '2026-01-17', 'query', 'k6', '2026-01-16 11:00:00', '2026-01-16 11:02:00', 'inbound', null, null, null, null, null, 'voice', 1);
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, purpose)
select batch_id, record_no, extracted_at, conversation_id, no, purpose
from staging.genesys_conversation cross join (values (0, 'acd'), (1, 'agent')) as p (no, purpose) where batch_id = 'c';
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, 'voice', 'inbound' from staging.genesys_participant where batch_id = 'c';
insert into staging.genesys_segment (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_type, queue_id)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, 0, 'interact', 'q1' from staging.genesys_participant where batch_id = 'c';
insert into staging.genesys_metric
select batch_id, record_no, extracted_at, conversation_id, 0, 0, 0, 'nOffered', 1, conversation_start from staging.genesys_conversation where batch_id = 'c';
insert into staging.genesys_metric
select batch_id, record_no, extracted_at, conversation_id, 1, 0, 0, 'tHandle', 1500, conversation_end from staging.genesys_conversation where batch_id = 'c';
-- A late evaluation: its conversation is merged again, from the record that is known.
insert into staging.genesys_evaluation_update
(batch_id, record_no, extracted_at, conversation_id, evaluation_id, released, total_score, event_time)
values ('c', 4000000001, '2026-01-17 02:00:00', 'k2', 'e1', true, 80, '2026-01-12 11:00:00');
insert into staging.genesys_queue_aggregate (batch_id, record_no, extracted_at, queue_id, media_type, bucket_start, bucket_end, metric, metric_count, metric_sum) values
    ('c', 5000000001, '2026-01-17 02:00:00', 'q1', 'voice', '2026-01-12 10:00:00', '2026-01-12 10:30:00', 'nOffered', 3, null),
    ('c', 5000000001, '2026-01-17 02:00:00', 'q1', 'voice', '2026-01-12 10:00:00', '2026-01-12 10:30:00', 'tHandle', 2, 3000),
    ('c', 5000000002, '2026-01-17 02:00:00', 'q2', 'message', '2026-01-12 09:00:00', '2026-01-12 09:30:00', 'nOffered', 1, null),
    ('c', 5000000002, '2026-01-17 02:00:00', 'q2', 'message', '2026-01-12 09:00:00', '2026-01-12 09:30:00', 'tHandle', 2, 900),
    ('c', 6000000001, '2026-01-17 02:00:00', 'q1', 'voice', '2026-01-16 11:00:00', '2026-01-16 11:30:00', 'nOffered', 2, null);
insert into staging.salesforce_case values
    ('c', 8000000001, '2026-01-17 02:00:00', false, '2026-01-12 10:00:00', '2026-01-12 10:00:00', null, '500D00000000000AAA', null, '4', null, null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('c', 8000000002, '2026-01-17 02:00:00', false, '2026-01-16 10:00:00', '2026-01-16 10:00:00', null, '500E00000000000AAA', null, '5', null, null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('c', 8000000003, '2026-01-17 02:00:00', true, '2026-01-14 10:00:00', '2026-01-13 10:00:00', null, '500F00000000000AAA', null, '6', null, null, 's', 'Bug', 'New', 'High', null, false, null, null, null);
insert into staging.salesforce_case_count values
    ('c', 9000000001, '2026-01-17 02:00:00', '2026-01-12', false, false, 2, '2026-01-12 10:00:00'),
    ('c', 9000000002, '2026-01-17 02:00:00', '2026-01-13', false, true, 1, '2026-01-14 10:00:00'),
    ('c', 9000000003, '2026-01-17 02:00:00', '2026-01-16', true, false, 1, '2026-01-17 01:00:00');
-- The list misses 500C.
insert into staging.salesforce_id values
    ('c', 10000000001, '2026-01-17 02:00:00', 'case', '500A00000000000AAA', false, '2026-01-05 10:00:00'),
    ('c', 10000000002, '2026-01-17 02:00:00', 'case', '500B00000000000AAA', false, '2026-01-05 11:00:00'),
    ('c', 10000000003, '2026-01-17 02:00:00', 'case', '500D00000000000AAA', false, '2026-01-12 10:00:00'),
    ('c', 10000000004, '2026-01-17 02:00:00', 'case', '500E00000000000AAA', false, '2026-01-16 10:00:00'),
    ('c', 10000000005, '2026-01-17 02:00:00', 'case', '500F00000000000AAA', true, '2026-01-13 10:00:00');
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'c';
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, object, timestamp '2026-01-05', timestamp '2026-01-06', record_no, cast(record_no as varchar(32)), extracted_at, 'k', 1, 'x'
from (
    select distinct batch_id, 'queue_aggregate' as object, record_no, extracted_at from staging.genesys_queue_aggregate
    union all
    select batch_id, 'queue', record_no, extracted_at from staging.genesys_queue
    union all
    select batch_id, 'evaluation', record_no, extracted_at from staging.genesys_evaluation_update
) as landed where batch_id = 'c';
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, object, timestamp '2026-01-05', timestamp '2026-01-06', record_no, cast(record_no as varchar(32)), extracted_at, 'k', 1, 'x'
from (
    select batch_id, 'case' as object, record_no, extracted_at from staging.salesforce_case
    union all
    select batch_id, 'case_count', record_no, extracted_at from staging.salesforce_case_count
    union all
    select batch_id, 'case_ids', record_no, extracted_at from staging.salesforce_id
) as landed where batch_id = 'c';

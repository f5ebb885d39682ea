-- Staging data by hand for a zone whose clocks are changed at midnight. Read by semantics.py. 1 November 2026 has 25 hours there, from 4:00 to
-- the next day's 5:00 UTC, and its first hour comes twice. The UTC days of 1 and 2 November are settled.
-- set: business_time_zone: America/Havana

-- batch: a
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('a', 'x', 1, 1, '2026-11-10 02:00:00');
insert into ops.window_ledger values
    ('a', 'nightly', 'genesys', 'conversation', '2026-11-01', '2026-11-02', 1, 'job', null, 4, 0, 0, 4, 4, 0, null, null, true, 1, '2026-11-10 01:00:00'),
    ('a', 'nightly', 'genesys', 'conversation', '2026-11-02', '2026-11-03', 2, 'job', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-11-10 01:00:00'),
    ('a', 'nightly', 'genesys', 'user_aggregate', '2026-11-01', '2026-11-02', 3, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-11-10 01:00:00'),
    ('a', 'nightly', 'genesys', 'user_aggregate', '2026-11-02', '2026-11-03', 4, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-11-10 01:00:00');
insert into staging.genesys_conversation
select 'a', c.n, timestamp '2026-11-10 00:30:00', date_trunc('day', c.start_at), date_trunc('day', c.start_at) + interval '1 day', 'job', c.id, c.start_at,
    c.start_at + interval '1 minute', 'inbound', null, null, null, null, null, 'voice', 1
from (
    values
    (1000000001, 'm-before', timestamp '2026-11-01 03:59:59'), (1000000002, 'm-first', timestamp '2026-11-01 04:00:00'),
    -- Both at half past midnight.
    (1000000003, 'm-once', timestamp '2026-11-01 04:30:00'), (1000000004, 'm-again', timestamp '2026-11-01 05:30:00'),
    (2000000001, 'm-last', timestamp '2026-11-02 04:59:59'), (2000000002, 'm-next', timestamp '2026-11-02 05:00:00')
) as c (n, id, start_at);
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, user_id, purpose)
select c.batch_id, c.record_no, c.extracted_at, c.conversation_id, p.no, p.u, p.purpose
from staging.genesys_conversation as c cross join (values (0, null, 'acd'), (1, 'u1', 'agent')) as p (no, u, purpose) where c.batch_id = 'a';
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, 'voice' from staging.genesys_participant where batch_id = 'a';
insert into staging.genesys_metric (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, metric_no, metric_name, metric_value)
select p.batch_id, p.record_no, p.extracted_at, p.conversation_id, p.participant_no, 0, m.no, m.name, m.v
from staging.genesys_participant as p cross join (values (0, 'tAnswered', 5000), (1, 'tHandle', 60000)) as m (no, name, v)
where p.batch_id = 'a' and p.purpose = 'agent';
insert into staging.genesys_user_aggregate values
    ('a', 3000000001, '2026-11-10 00:30:00', 'u1', '2026-11-01', '2026-11-02', 'tAgentRoutingStatus', 'IDLE', 1, 86400000),
    ('a', 4000000001, '2026-11-10 00:30:00', 'u1', '2026-11-02', '2026-11-03', 'tAgentRoutingStatus', 'IDLE', 1, 86400000);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'a';
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'a', 'user_aggregate', '2026-11-01', '2026-11-03', r.n, 'u1', '2026-11-10 00:30:00', 'k', 1, 'x' from (values (3000000001), (4000000001)) as r (n);

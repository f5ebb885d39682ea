-- Staging data by hand for a business day that begins at half past an hour of UTC: one section per batch. Read by semantics.py.
-- set: business_time_zone: Asia/Kolkata
-- set: service_level_seconds: 5

-- batch: a
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('a', 'x', 1, 1, '2026-01-10 02:00:00');
insert into ops.window_ledger values
    ('a', 'nightly', 'genesys', 'conversation', '2026-01-04', '2026-01-05', 1, 'job', null, 0, 0, 0, 0, 0, 0, null, null, true, 1, '2026-01-10 01:00:00'),
    ('a', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 2, 'job', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-10 01:00:00'),
    ('a', 'nightly', 'genesys', 'user_aggregate', '2026-01-05', '2026-01-06', 3, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-10 01:00:00'),
    ('a', 'nightly', 'genesys', 'adherence', '2026-01-05', '2026-01-06', 4, 'job', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-10 01:00:00');
insert into staging.genesys_conversation
select 'a', 2000000000 + c.n, timestamp '2026-01-10 00:30:00', '2026-01-05', '2026-01-06', 'job', c.id, c.start_at, c.start_at, 'inbound', null, null, null, null, null, 'chat', 1
from (values (1, 'z-last', timestamp '2026-01-05 18:29:59'), (2, 'z-first', timestamp '2026-01-05 18:30:00')) as c (n, id, start_at);
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, user_id, purpose)
select 'a', 2000000000 + p.n, timestamp '2026-01-10 00:30:00', p.c, p.no, p.u, p.purpose
from (values (1, 'z-last', 0, null, 'acd'), (1, 'z-last', 1, 'u1', 'agent'), (2, 'z-first', 0, null, 'acd'), (2, 'z-first', 1, 'u1', 'agent')) as p (n, c, no, u, purpose);
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, 'chat' from staging.genesys_participant where batch_id = 'a';
-- Without a time: the party that comes later answers the one before it.
insert into staging.genesys_metric (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, metric_no, metric_name, metric_value)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, 0, 'tAnswered', 5000 from staging.genesys_participant where batch_id = 'a' and purpose = 'agent';
insert into staging.genesys_user_aggregate values
    ('a', 3000000001, '2026-01-10 00:30:00', 'u1', '2026-01-05 18:00:00', '2026-01-05 19:00:00', 'tAgentRoutingStatus', 'IDLE', 1, 3600000),
    ('a', 3000000001, '2026-01-10 00:30:00', 'u1', '2026-01-05 18:00:00', '2026-01-05 19:00:00', 'tAgentRoutingStatus', 'INTERACTING', 1, 1);
insert into staging.genesys_adherence values ('a', 4000000001, '2026-01-10 00:30:00', 'm1', 'u1', '2026-01-05', 100, 100, 100, 0, 0);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'a';
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'a', r.o, '2026-01-05', '2026-01-06', r.n, r.id, '2026-01-10 00:30:00', 'k', 1, 'x' from (values ('user_aggregate', 3000000001, 'u1'), ('adherence', 4000000001, 'u1')) as r (o, n, id);

-- batch: b
-- In passing, later than all of a: an hour of the same day, with statuses that are newer and a bit of adherence that lies inside the day.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('b', 'x', 1, 1, '2026-01-11 02:00:00');
insert into ops.window_ledger values
    ('b', 'intraday', 'genesys', 'user_aggregate', '2026-01-05 18:00:00', '2026-01-05 19:00:00', 1, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-11 01:00:00'),
    ('b', 'intraday', 'genesys', 'adherence', '2026-01-05 18:00:00', '2026-01-05 19:00:00', 2, 'job', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-11 01:00:00');
insert into staging.genesys_user_aggregate values
    ('b', 1000000001, '2026-01-11 00:30:00', 'u1', '2026-01-05 18:00:00', '2026-01-05 19:00:00', 'tAgentRoutingStatus', 'INTERACTING', 1, 1000001),
    ('b', 1000000001, '2026-01-11 00:30:00', 'u1', '2026-01-05 18:00:00', '2026-01-05 19:00:00', 'tAgentRoutingStatus', 'COMMUNICATING', 1, 2000000);
insert into staging.genesys_adherence values ('b', 2000000001, '2026-01-11 00:30:00', 'm1', 'u1', '2026-01-05 18:00:00', 1, 1, 1, 0, 0);
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'b', r.o, '2026-01-05', '2026-01-06', r.n, r.id, '2026-01-11 00:30:00', 'k', 1, 'x' from (values ('user_aggregate', 1000000001, 'u1'), ('adherence', 2000000001, 'u1')) as r (o, n, id);

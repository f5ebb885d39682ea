-- Staging data by hand for the views of mart: one section per batch. Read by semantics.py. The business day is New York's: 8 March 2026 has
-- 23 hours there, from 5:00 to the next day's 4:00 UTC. The UTC days of 7, 8 and 9 March are settled, 6 March was never read, 10 March not for good.
-- set: business_time_zone: America/New_York

-- batch: a
-- Nightly: 7 and 8 March for good; statuses and adherence of 8 March, as they were before c.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('a', 'x', 1, 1, '2026-03-13 02:00:00');
insert into ops.window_ledger values
    ('a', 'nightly', 'genesys', 'conversation', '2026-03-07', '2026-03-08', 1, 'job', null, 15, 0, 0, 15, 15, 0, null, null, true, 1, '2026-03-13 01:00:00'),
    ('a', 'nightly', 'genesys', 'conversation', '2026-03-08', '2026-03-09', 2, 'job', null, 10, 0, 0, 10, 10, 0, null, null, true, 1, '2026-03-13 01:00:00'),
    ('a', 'nightly', 'genesys', 'user_aggregate', '2026-03-08', '2026-03-09', 3, 'aggregate', null, 2, 0, 0, 2, 2, 0, null, null, false, 1, '2026-03-13 01:00:00'),
    ('a', 'nightly', 'genesys', 'adherence', '2026-03-08', '2026-03-09', 4, 'job', null, 4, 0, 0, 4, 4, 0, null, null, false, 1, '2026-03-13 01:00:00'),
    ('a', 'nightly', 'genesys', 'adherence', '2026-03-09', '2026-03-10', 8, 'job', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-03-13 01:00:00'),
    ('a', 'nightly', 'genesys', 'campaign', '2026-03-12', '2026-03-13', 5, 'reference', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-03-13 01:00:00'),
    ('a', 'nightly', 'genesys', 'queue', '2026-03-12', '2026-03-13', 6, 'reference', 3, 3, 0, 0, 3, 3, 0, null, null, true, 1, '2026-03-13 01:00:00'),
    ('a', 'nightly', 'genesys', 'user', '2026-03-12', '2026-03-13', 7, 'reference', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-03-13 01:00:00');
insert into staging.genesys_conversation
select 'a', c.n, timestamp '2026-03-13 00:30:00', date_trunc('day', c.start_at), date_trunc('day', c.start_at) + interval '1 day', 'job', c.id, c.start_at,
    c.start_at + interval '10 minutes', 'inbound', null, null, null, null, null, 'voice', 2
from (
    values
    (1000000001, 'k-before', timestamp '2026-03-07 04:30:00'), (2000000001, 'k-first', timestamp '2026-03-08 04:59:59'),
    (2000000002, 'k-abandon', timestamp '2026-03-08 05:00:00'), (2000000003, 'k-bot', timestamp '2026-03-08 14:00:00'),
    (2000000004, 'k-bot-left', timestamp '2026-03-08 14:10:00'), (2000000005, 'k-bot-agent', timestamp '2026-03-08 14:20:00'),
    (2000000006, 'k-dial-1', timestamp '2026-03-08 15:00:00'), (2000000007, 'k-dial-2', timestamp '2026-03-08 16:00:00'),
    (2000000008, 'k-dial-3', timestamp '2026-03-08 17:00:00'), (2000000009, 'k-dial-4', timestamp '2026-03-08 18:00:00'),
    (2000000010, 'k-wait', timestamp '2026-03-08 19:00:00')
) as c (n, id, start_at);
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, user_id, purpose)
select 'a', 2000000000 + p.n, timestamp '2026-03-13 00:30:00', p.c, p.no, p.u, p.purpose
from (
    values
    (1, 'k-first', 0, null, 'acd'), (1, 'k-first', 1, 'u1', 'agent'),
    (2, 'k-abandon', 0, null, 'acd'), (2, 'k-abandon', 1, 'u1', 'agent'),
    (3, 'k-bot', 0, null, 'botflow'), (4, 'k-bot-left', 0, null, 'botflow'), (4, 'k-bot-left', 1, null, 'acd'),
    (5, 'k-bot-agent', 0, null, 'botflow'), (5, 'k-bot-agent', 1, null, 'acd'), (5, 'k-bot-agent', 2, 'u2', 'agent'),
    (6, 'k-dial-1', 0, null, 'customer'), (7, 'k-dial-2', 0, null, 'customer'), (7, 'k-dial-2', 1, 'u1', 'agent'),
    (8, 'k-dial-3', 0, null, 'customer'), (9, 'k-dial-4', 0, null, 'customer'), (10, 'k-wait', 0, null, 'acd')
) as p (n, c, no, u, purpose);
insert into staging.genesys_session (
    batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, outbound_campaign_id, outbound_contact_id,
    outbound_contact_list_id, disposition_name
)
select
    p.batch_id, p.record_no, p.extracted_at, p.conversation_id, p.participant_no, 0, 'voice', 'inbound', case when d.c is not null then 'p1' end, d.contact,
    case when d.c is not null then 'l1' end, case when p.participant_no = 0 then d.said end
from staging.genesys_participant as p
left join (
    -- The first contact is tried twice, and reached by the second call; of the last one nobody knows who it was.
    values ('k-dial-1', 'c1', 'no answer'), ('k-dial-2', 'c1', 'person'), ('k-dial-3', 'c2', 'busy'), ('k-dial-4', null, null)
) as d (c, contact, said)
    on p.conversation_id = d.c
where p.batch_id = 'a';
insert into staging.genesys_segment (
    batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_start, segment_end, segment_type, queue_id
)
select
    'a', p.record_no, p.extracted_at, p.conversation_id, p.participant_no, 0, 0, c.conversation_start + p.participant_no * interval '1 minute',
    case when p.conversation_id <> 'k-wait' then c.conversation_start + (p.participant_no + 1) * interval '1 minute' end, 'interact',
    case when p.purpose in ('acd', 'agent') and p.conversation_id <> 'k-dial-2' then 'q1' end
from staging.genesys_participant as p
inner join staging.genesys_conversation as c on p.batch_id = c.batch_id and p.record_no = c.record_no
where p.batch_id = 'a';
insert into staging.genesys_metric (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, metric_no, metric_name, metric_value, emit_date)
select 'a', 2000000000 + m.n, timestamp '2026-03-13 00:30:00', m.c, m.p, 0, m.no, m.name, m.v, timestamp '2026-03-08 20:00:00'
from (
    values
    -- In time by a hair; the agent's ringing counts with the wait.
    (1, 'k-first', 0, 0, 'nOffered', 1), (1, 'k-first', 0, 1, 'tAcd', 15000), (1, 'k-first', 1, 0, 'tAnswered', 20000), (1, 'k-first', 1, 1, 'tHandle', 60000),
    (1, 'k-first', 1, 2, 'tTalkComplete', 50000), (1, 'k-first', 1, 3, 'tAcw', 10000),
    (2, 'k-abandon', 0, 0, 'nOffered', 1), (2, 'k-abandon', 0, 1, 'tAbandon', 9000), (2, 'k-abandon', 0, 2, 'tAcd', 9000), (2, 'k-abandon', 1, 0, 'tNotResponding', 5000),
    (4, 'k-bot-left', 1, 0, 'tAbandon', 1000), (5, 'k-bot-agent', 1, 0, 'tAcd', 1000), (5, 'k-bot-agent', 2, 0, 'tAnswered', 20001),
    (5, 'k-bot-agent', 2, 1, 'tHandle', 30000), (6, 'k-dial-1', 0, 0, 'nOutboundAttempted', 1), (7, 'k-dial-2', 0, 0, 'nOutboundAttempted', 1),
    (7, 'k-dial-2', 0, 1, 'nOutboundConnected', 1), (7, 'k-dial-2', 1, 0, 'tHandle', 10000), (7, 'k-dial-2', 1, 1, 'tTalkComplete', 10000)
) as m (n, c, p, no, name, v);
-- 7 March: what looks like an answer, a containment or a contact and is none, and what is one though it does not look like it. Each session
-- begins 20 seconds after the one before.
create temp table n_party as
select n.*
from (
    values
    -- Dialed for a campaign: nobody picked up, though the agent has handle time; put on hold at once; the agent's session without contact or campaign.
    (2, 'n-dial', 0, 'customer', null, null, 'p2', 'l2', 'c4'), (2, 'n-dial', 1, 'agent', 'u3', null, 'p2', 'l2', 'c4'),
    (3, 'n-held', 0, 'customer', null, null, 'p2', 'l2', 'c5'), (3, 'n-held', 1, 'agent', 'u3', null, 'p2', null, null),
    (4, 'n-none', 0, 'customer', null, null, 'p2', 'l2', 'c6'), (4, 'n-none', 1, 'agent', 'u3', null, null, null, null),
    (5, 'n-unnamed', 0, 'customer', null, null, 'p3', null, null),
    -- Of two contacts nobody knows which the agent spoke to.
    (15, 'n-two', 0, 'customer', null, null, 'p4', 'l4', 'c7'), (15, 'n-two', 1, 'customer', null, null, 'p4', 'l4', 'c8'),
    (15, 'n-two', 2, 'agent', 'u3', null, null, null, null),
    -- Gave up, and was not reached when called back; the same without a word of what became of the wait; answered, and nobody measured it.
    (6, 'n-back', 0, 'customer', null, 'q4', null, null, null), (6, 'n-back', 1, 'acd', null, 'q3', null, null, null),
    (6, 'n-back', 2, 'agent', 'u3', 'q3', null, null, null),
    (7, 'n-call', 0, 'acd', null, 'q3', null, null, null), (7, 'n-call', 1, 'agent', 'u3', 'q3', null, null, null),
    (8, 'n-unmeasured', 0, 'acd', null, 'q3', null, null, null), (8, 'n-unmeasured', 1, 'agent', 'u3', 'q3', null, null, null),
    -- Escalated without a bot; a bot and somebody who is no agent after it; the bot's customer himself; an agent, whatever the mark says; a bot yet.
    (9, 'n-marked', 0, 'customer', null, null, null, null, null),
    (10, 'n-user', 0, 'customer', null, null, null, null, null), (10, 'n-user', 1, 'botflow', null, null, null, null, null),
    (10, 'n-user', 2, 'user', 'u4', null, null, null, null),
    (11, 'n-outside', 0, 'customer', null, null, null, null, null), (11, 'n-outside', 1, 'botflow', null, null, null, null, null),
    (11, 'n-outside', 2, 'external', null, null, null, null, null),
    (12, 'n-external', 0, 'external', null, null, null, null, null), (12, 'n-external', 1, 'botflow', null, null, null, null, null),
    (13, 'n-claim', 0, 'botflow', null, null, null, null, null), (13, 'n-claim', 1, 'agent', 'u3', null, null, null, null),
    (14, 'n-talking', 0, 'botflow', null, null, null, null, null)
) as n (n, c, no, purpose, u, queue, campaign, list, contact);
insert into staging.genesys_conversation
select distinct on (n) 'a', 1000000000 + n, timestamp '2026-03-13 00:30:00', timestamp '2026-03-07', timestamp '2026-03-08', 'job', c, timestamp '2026-03-07 15:00:00',
    case when c <> 'n-talking' then timestamp '2026-03-07 15:10:00' end, 'inbound', null, null, null, null, null, 'voice', 2
from n_party;
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, user_id, purpose)
select 'a', 1000000000 + n, timestamp '2026-03-13 00:30:00', c, no, u, purpose from n_party;
insert into staging.genesys_session (
    batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, outbound_campaign_id, outbound_contact_id,
    outbound_contact_list_id
)
select 'a', 1000000000 + n, timestamp '2026-03-13 00:30:00', c, no, 0, 'voice', 'inbound', campaign, contact, list from n_party;
insert into staging.genesys_segment (
    batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_start, segment_end, segment_type, queue_id
)
select
    'a', 1000000000 + n, timestamp '2026-03-13 00:30:00', c, no, 0, 0, timestamp '2026-03-07 15:00:00' + no * interval '20 seconds',
    case when c <> 'n-talking' then timestamp '2026-03-07 15:10:00' end, 'interact', queue
from n_party;
insert into staging.genesys_metric (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, metric_no, metric_name, metric_value, emit_date)
select 'a', 1000000000 + m.n, timestamp '2026-03-13 00:30:00', m.c, m.p, 0, m.no, m.name, m.v, timestamp '2026-03-07 15:10:00'
from (
    values
    (2, 'n-dial', 0, 0, 'nOutboundAttempted', 1), (2, 'n-dial', 1, 0, 'tDialing', 15000), (2, 'n-dial', 1, 1, 'tContacting', 2000), (2, 'n-dial', 1, 2, 'tAcw', 3000),
    (2, 'n-dial', 1, 3, 'tHandle', 20000), (3, 'n-held', 0, 0, 'nOutboundAttempted', 1), (3, 'n-held', 1, 0, 'tDialing', 4000), (3, 'n-held', 1, 1, 'tHandle', 10000),
    (4, 'n-none', 0, 0, 'nOutboundAttempted', 1), (4, 'n-none', 1, 0, 'tAnswered', 500), (4, 'n-none', 1, 1, 'tHandle', 5000),
    (5, 'n-unnamed', 0, 0, 'nOutboundAttempted', 1), (5, 'n-unnamed', 0, 1, 'nOutboundAbandoned', 1),
    (6, 'n-back', 1, 0, 'nOffered', 1), (6, 'n-back', 1, 1, 'tAbandon', 30000), (6, 'n-back', 2, 0, 'tDialing', 10000), (6, 'n-back', 2, 1, 'tHandle', 10000),
    (7, 'n-call', 0, 0, 'nOffered', 1), (7, 'n-call', 1, 0, 'tContacting', 10000), (7, 'n-call', 1, 1, 'tHandle', 10000),
    (8, 'n-unmeasured', 1, 0, 'tTalkComplete', 5000), (13, 'n-claim', 1, 0, 'tAnswered', 500), (13, 'n-claim', 1, 1, 'tHandle', 1000),
    (15, 'n-two', 2, 0, 'tAnswered', 500), (15, 'n-two', 2, 1, 'tHandle', 1000)
) as m (n, c, p, no, name, v);
insert into staging.genesys_attribute
select 'a', 1000000000 + t.n, timestamp '2026-03-13 00:30:00', t.c, 0, t.name, 'true'
from (values (9, 'n-marked', 'escalated'), (13, 'n-claim', 'botHandled')) as t (n, c, name);
drop table n_party;
-- The first evaluation is of somebody else than the agent of the conversation. What is not released counts nowhere.
insert into staging.genesys_evaluation values
    ('a', 2000000001, '2026-03-13 00:30:00', 'k-first', 0, 'e1', null, null, 'v', 'u9', 'q1', true, 'Finished', 80, null, false, false, '2026-03-10'),
    ('a', 2000000001, '2026-03-13 00:30:00', 'k-first', 1, 'e2', null, null, 'v', 'u9', 'q1', true, 'Finished', 90, null, false, false, '2026-03-10'),
    ('a', 2000000001, '2026-03-13 00:30:00', 'k-first', 2, 'e3', null, null, 'v', 'u9', 'q1', false, 'InProgress', 10, null, false, false, '2026-03-10'),
    ('a', 2000000005, '2026-03-13 00:30:00', 'k-bot-agent', 0, 'e4', null, null, 'v', 'u2', 'q1', true, 'Retracted', 10, null, false, false, '2026-03-10');
insert into staging.genesys_survey (
    batch_id, record_no, extracted_at, conversation_id, survey_no, survey_id, survey_status, total_score, promoter_score, completed_at
) values
    ('a', 2000000001, '2026-03-13 00:30:00', 'k-first', 0, 's1', 'Finished', 81, 9, '2026-03-09'),
    ('a', 2000000002, '2026-03-13 00:30:00', 'k-abandon', 0, 's2', 'Finished', 40, 6, '2026-03-09'),
    ('a', 2000000005, '2026-03-13 00:30:00', 'k-bot-agent', 0, 's3', 'Finished', 61, 10, '2026-03-09'),
    -- Not on the scale.
    ('a', 2000000010, '2026-03-13 00:30:00', 'k-wait', 0, 's4', 'Finished', null, 11, '2026-03-09');
insert into staging.genesys_user_aggregate
select 'a', 3000000000 + s.n, timestamp '2026-03-13 00:30:00', s.u, s.a, s.b, 'tAgentRoutingStatus', s.q, 1, s.ms
from (
    values
    (1, 'u1', timestamp '2026-03-08 04:00:00', timestamp '2026-03-08 04:30:00', 'INTERACTING', 1800000),
    (1, 'u1', timestamp '2026-03-08 06:00:00', timestamp '2026-03-08 06:30:00', 'IDLE', 1800000),
    (2, 'u2', timestamp '2026-03-08 14:00:00', timestamp '2026-03-08 14:30:00', 'INTERACTING', 900000),
    (2, 'u2', timestamp '2026-03-08 14:00:00', timestamp '2026-03-08 14:30:00', 'COMMUNICATING', 300000),
    (2, 'u2', timestamp '2026-03-08 14:00:00', timestamp '2026-03-08 14:30:00', 'IDLE', 600000),
    (2, 'u2', timestamp '2026-03-08 14:00:00', timestamp '2026-03-08 14:30:00', 'OFF_QUEUE', 100000)
) as s (n, u, a, b, q, ms);
-- u1 and u2 by days of UTC, as an earlier version asked for them; the others by days of New York. The source leaves out whole days of u4 and u5.
insert into staging.genesys_adherence values
    ('a', 4000000001, '2026-03-13 00:30:00', 'm1', 'u1', '2026-03-08', 100, 100, 100, 1, 100),
    ('a', 4000000002, '2026-03-13 00:30:00', 'm1', 'u2', '2026-03-08', 28800, 20000, 22000, 2, 1440),
    ('a', 4000000003, '2026-03-13 00:30:00', 'm1', 'u4', '2026-03-08', 3600, 3600, 3600, 0, 0),
    ('a', 4000000003, '2026-03-13 00:30:00', 'm1', 'u4', '2026-03-08 05:00:00', 7200, 7200, 7200, 1, 720),
    ('a', 8000000001, '2026-03-13 00:30:00', 'm1', 'u4', '2026-03-09', 900, 900, 900, 1, 90),
    ('a', 8000000001, '2026-03-13 00:30:00', 'm1', 'u4', '2026-03-09 04:00:00', null, null, null, null, null),
    ('a', 4000000004, '2026-03-13 00:30:00', 'm1', 'u5', '2026-03-08', 1800, 1800, 1800, 0, 0),
    ('a', 4000000004, '2026-03-13 00:30:00', 'm1', 'u5', '2026-03-08 05:00:00', null, null, null, null, null);
insert into staging.genesys_campaign (batch_id, record_no, extracted_at, campaign_id, campaign_name) values ('a', 5000000001, '2026-03-13 00:30:00', 'p1', 'Spring');
insert into staging.genesys_queue (batch_id, record_no, extracted_at, queue_id, queue_name) values
    ('a', 6000000001, '2026-03-13 00:30:00', 'q1', 'Sales'), ('a', 6000000002, '2026-03-13 00:30:00', 'q2', 'Service'),
    ('a', 6000000003, '2026-03-13 00:30:00', 'q3', 'Returns');
insert into staging.genesys_user (batch_id, record_no, extracted_at, user_id, user_name, state) values ('a', 7000000001, '2026-03-13 00:30:00', 'u1', 'Ann', 'active');
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'a';
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'a', r.o, '2026-03-08', '2026-03-09', r.n, r.id, '2026-03-13 00:30:00', 'k', 1, 'x'
from (
    values ('user_aggregate', 3000000001, 'u1'), ('user_aggregate', 3000000002, 'u2'), ('adherence', 4000000001, 'u1'), ('adherence', 4000000002, 'u2'),
    ('adherence', 4000000003, 'u4'), ('adherence', 4000000004, 'u5'), ('adherence', 8000000001, 'u4'),
    ('campaign', 5000000001, 'p1'), ('queue', 6000000001, 'q1'), ('queue', 6000000002, 'q2'), ('queue', 6000000003, 'q3'), ('user', 7000000001, 'u1')
) as r (o, n, id);

-- batch: b
-- An hour of 8 March in passing, which has a conversation that no job named later; 9 and 10 March, not for good.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('b', 'x', 1, 1, '2026-03-11 02:00:00');
insert into ops.window_ledger values
    ('b', 'intraday', 'genesys', 'conversation', '2026-03-08 20:00:00', '2026-03-08 21:00:00', 1, 'query', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-03-11 01:00:00'),
    ('b', 'nightly', 'genesys', 'conversation', '2026-03-09', '2026-03-10', 2, 'query', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-03-11 01:00:00'),
    ('b', 'nightly', 'genesys', 'conversation', '2026-03-10', '2026-03-11', 3, 'job', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-03-11 01:00:00'),
    ('b', 'intraday', 'genesys', 'user_aggregate', '2026-03-08 06:00:00', '2026-03-08 07:00:00', 4, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-03-11 01:00:00');
insert into staging.genesys_conversation
select 'b', c.n, timestamp '2026-03-11 00:30:00', date_trunc('day', c.start_at), date_trunc('day', c.start_at) + interval '1 day', c.said, c.id, c.start_at,
    c.start_at + interval '10 minutes', 'inbound', null, null, null, null, null, 'voice', 2
from (
    values
    (1000000001, 'k-passing', timestamp '2026-03-08 20:10:00', 'query'), (2000000001, 'k-last', timestamp '2026-03-09 03:59:59', 'query'),
    (3000000001, 'k-open-day', timestamp '2026-03-10 03:59:59', 'job')
) as c (n, id, start_at, said);
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, user_id, purpose) values
    ('b', 3000000001, '2026-03-11 00:30:00', 'k-open-day', 0, null, 'customer'), ('b', 3000000001, '2026-03-11 00:30:00', 'k-open-day', 1, null, 'acd');
insert into staging.genesys_session (
    batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, outbound_campaign_id, outbound_contact_id
) values
    ('b', 3000000001, '2026-03-11 00:30:00', 'k-open-day', 0, 0, 'voice', 'outbound', 'p1', 'c3'),
    ('b', 3000000001, '2026-03-11 00:30:00', 'k-open-day', 1, 0, 'voice', 'outbound', 'p1', 'c3');
-- The hour as it was before the day was read.
insert into staging.genesys_user_aggregate values
    ('b', 4000000001, '2026-03-11 00:30:00', 'u1', '2026-03-08 06:00:00', '2026-03-08 06:30:00', 'tAgentRoutingStatus', 'INTERACTING', 1, 77),
    ('b', 4000000001, '2026-03-11 00:30:00', 'u1', '2026-03-08 06:30:00', '2026-03-08 07:00:00', 'tAgentRoutingStatus', 'INTERACTING', 1, 77);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'b';
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
values ('b', 'user_aggregate', '2026-03-08', '2026-03-09', 4000000001, 'u1', '2026-03-11 00:30:00', 'k', 1, 'x');

-- batch: c
-- 9 March for good; the statuses of u1 on 8 March in two parts and other buckets, one of them over midnight; an evaluation anew.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('c', 'x', 1, 1, '2026-03-14 02:00:00');
insert into ops.window_ledger values
    ('c', 'nightly', 'genesys', 'conversation', '2026-03-09', '2026-03-10', 1, 'job', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-03-14 01:00:00'),
    ('c', 'nightly', 'genesys', 'user_aggregate', '2026-03-08', '2026-03-09', 2, 'aggregate', null, 2, 0, 0, 2, 2, 0, null, null, false, 1, '2026-03-14 01:00:00'),
    ('c', 'nightly', 'genesys', 'adherence', '2026-03-08', '2026-03-09', 3, 'job', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-03-14 01:00:00'),
    ('c', 'nightly', 'genesys', 'evaluation', '2026-03-13', '2026-03-14', 4, 'lookup', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-03-14 01:00:00');
insert into staging.genesys_conversation
select 'c', 1000000001, timestamp '2026-03-14 00:30:00', timestamp '2026-03-09', timestamp '2026-03-10', 'job', 'k-last', timestamp '2026-03-09 03:59:59',
    timestamp '2026-03-09 04:20:00', 'inbound', null, null, null, null, null, 'voice', 2;
-- Led out of the first queue, answered in the second one, where a colleague is asked in: one wait, two agents.
insert into staging.genesys_participant (batch_id, record_no, extracted_at, conversation_id, participant_no, user_id, purpose) values
    ('c', 1000000001, '2026-03-14 00:30:00', 'k-last', 0, null, 'acd'), ('c', 1000000001, '2026-03-14 00:30:00', 'k-last', 1, null, 'acd'),
    ('c', 1000000001, '2026-03-14 00:30:00', 'k-last', 2, 'u2', 'agent'), ('c', 1000000001, '2026-03-14 00:30:00', 'k-last', 3, 'u1', 'agent');
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, 'voice', 'inbound' from staging.genesys_participant where batch_id = 'c';
insert into staging.genesys_segment (
    batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_start, segment_end, segment_type, queue_id
) values
    ('c', 1000000001, '2026-03-14 00:30:00', 'k-last', 0, 0, 0, '2026-03-09 04:00:00', '2026-03-09 04:01:00', 'interact', 'q1'),
    ('c', 1000000001, '2026-03-14 00:30:00', 'k-last', 1, 0, 0, '2026-03-09 04:01:00', '2026-03-09 04:02:00', 'interact', 'q2'),
    ('c', 1000000001, '2026-03-14 00:30:00', 'k-last', 2, 0, 0, '2026-03-09 04:02:00', '2026-03-09 04:20:00', 'interact', 'q2'),
    ('c', 1000000001, '2026-03-14 00:30:00', 'k-last', 3, 0, 0, '2026-03-09 04:10:00', '2026-03-09 04:15:00', 'interact', 'q2');
insert into staging.genesys_metric (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, metric_no, metric_name, metric_value, emit_date)
select 'c', 1000000001, timestamp '2026-03-14 00:30:00', 'k-last', m.p, 0, m.no, m.name, m.v, timestamp '2026-03-09 04:20:00'
from (
    values
    (0, 0, 'tFlowOut', 60000), (0, 1, 'tAcd', 60000), (1, 0, 'tAcd', 30000), (2, 0, 'tAnswered', 30000), (2, 1, 'tHandle', 40000), (2, 2, 'tHandle', 10000),
    (3, 0, 'tAnswered', 500), (3, 1, 'tTalkComplete', 5000)
) as m (p, no, name, v);
insert into staging.genesys_user_aggregate
select 'c', 2000000000 + s.n, timestamp '2026-03-14 00:30:00' + s.n * interval '1 minute', 'u1', s.a, s.b, 'tAgentRoutingStatus', s.q, 1, s.ms
from (
    values
    (1, timestamp '2026-03-08 04:30:00', timestamp '2026-03-08 05:30:00', 'INTERACTING', 1200000),
    (1, timestamp '2026-03-08 04:30:00', timestamp '2026-03-08 05:30:00', 'IDLE', 2400000),
    (2, timestamp '2026-03-08 12:30:00', timestamp '2026-03-08 13:30:00', 'INTERACTING', 3600000)
) as s (n, a, b, q, ms);
insert into staging.genesys_adherence values ('c', 3000000001, '2026-03-14 00:30:00', 'm1', 'u1', '2026-03-08', 0, 36000, 18000, 0, 0);
insert into staging.genesys_evaluation_update (
    batch_id, record_no, extracted_at, conversation_id, evaluation_id, user_id, released, evaluation_status, total_score, deleted
) values ('c', 4000000001, '2026-03-14 00:30:00', 'k-first', 'e2', 'u9', true, 'Finished', 100, false);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'c';
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'c', r.o, '2026-03-08', '2026-03-09', r.n, r.id, '2026-03-14 00:30:00', 'k', 1, 'x'
from (
    values ('user_aggregate', 2000000001, 'u1'), ('user_aggregate', 2000000002, 'u1'), ('adherence', 3000000001, 'u1'), ('evaluation', 4000000001, 'e2')
) as r (o, n, id);

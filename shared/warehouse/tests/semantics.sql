-- Staging data by hand for the merge: one section per batch, in the order of extraction. Read by semantics.py.
-- Account 001A…: tier gold, then platinum from 10 January; 001B merged into 001M; 001D deleted; 001X first seen deleted.

-- batch: a
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('a', 'x', 1, 1, '2026-01-06 01:00:00');
insert into ops.window_ledger values
    ('a', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'job', null, 24, 1, 1, 22, 21, 1, null, null, false, 3, '2026-01-06 00:30:00'),
    ('a', 'nightly', 'genesys', 'queue', '2026-01-05', '2026-01-06', 2, 'reference', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('a', 'nightly', 'genesys', 'user', '2026-01-05', '2026-01-06', 3, 'reference', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('a', 'nightly', 'salesforce', 'account', '2026-01-01', '2026-01-03', 4, 'rest', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('a', 'nightly', 'salesforce', 'account', '2026-01-03', '2026-01-06', 5, 'rest', null, 4, 0, 0, 4, 4, 0, null, null, true, 1, '2026-01-06 00:30:00');
insert into staging.genesys_queue values
    ('a', 2000000001, '2026-01-06 00:30:00', 'q1', 'Sales', null, null, null),
    ('a', 2000000002, '2026-01-06 00:30:00', 'q2', 'Service', null, null, null);
insert into staging.genesys_user values
    ('a', 3000000001, '2026-01-06 00:30:00', 'u1', 'Ann "A" Agent', null, 'active', null, null, null),
    ('a', 3000000002, '2026-01-06 00:30:00', 'u2', '', null, 'inactive', null, null, null);
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'queue', timestamp '2026-01-05', timestamp '2026-01-06', record_no, queue_id, extracted_at, 'k', 1, 'x' from staging.genesys_queue where batch_id = 'a'
union all
select batch_id, 'user', timestamp '2026-01-05', timestamp '2026-01-06', record_no, user_id, extracted_at, 'k', 1, 'x' from staging.genesys_user where batch_id = 'a';
insert into staging.salesforce_account values
    ('a', 4000000001, '2026-01-06 00:30:00', false, '2026-01-02 00:00:00', '2025-01-01', null, '001A00000000000AAA', null, 'Acme', null, 'Retail', 'gold', 100.00, null, '005O1', 'Olga', null, null),
    ('a', 4000000002, '2026-01-06 00:30:00', false, '2026-01-02 00:00:00', '2025-01-01', null, '001B00000000000AAA', null, 'Beta', null, 'Energy', 'silver', 10.00, null, '005O1', 'Olga', null, null),
    -- The overlap of the second window brings 001A again, in the same version.
    ('a', 5000000001, '2026-01-06 00:31:00', false, '2026-01-02 00:00:00', '2025-01-01', null, '001A00000000000AAA', null, 'Acme', null, 'Retail', 'gold', 100.00, null, '005O1', 'Olga', null, null),
    ('a', 5000000002, '2026-01-06 00:31:00', false, '2026-01-03 00:00:00', '2025-01-01', null, '001D00000000000AAA', null, 'Delta', null, 'NA', 'bronze', null, null, '005O1', 'Olga', null, null),
    ('a', 5000000003, '2026-01-06 00:31:00', true, '2026-01-03 00:00:00', '2025-01-01', null, '001X00000000000AAA', null, 'Exit', null, null, 'tin', null, null, '005O1', 'Olga', null, null),
    ('a', 5000000004, '2026-01-06 00:31:00', false, '2026-01-03 00:00:00', '2025-01-01', null, '001a00000000000AAA', null, 'Lower-case twin', null, 'Retail', 'none', null, null, '005O1', 'Olga', null, null);
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select s.batch_id, 'account', case when s.record_no < 5000000000 then timestamp '2026-01-01' else timestamp '2026-01-03' end,
    case when s.record_no < 5000000000 then timestamp '2026-01-03' else timestamp '2026-01-06' end, s.record_no, s.account_id, s.extracted_at, 'k', 1, 'x'
from staging.salesforce_account as s where s.batch_id = 'a';
insert into staging.salesforce_contact values
    ('a', 6000000001, '2026-01-06 00:31:00', false, '2026-01-02 00:00:00', null, null, '003A00000000000AAA', null, '001A00000000000AAA', 'Ada', null, null, null, null, null),
    ('a', 6000000002, '2026-01-06 00:31:00', false, '2026-01-02 00:00:00', null, null, '003B00000000000AAA', null, '001B00000000000AAA', 'Bob', null, null, null, null, null),
    ('a', 6000000003, '2026-01-06 00:31:00', false, '2026-01-02 00:00:00', null, null, '003P00000000000AAA', null, null, 'Private', null, null, null, null, null),
    ('a', 6000000004, '2026-01-06 00:31:00', false, '2026-01-02 00:00:00', null, null, '003K00000000000AAA', null, '001M00000000000AAA', 'Kim', null, null, null, null, null);
insert into staging.salesforce_case values
    ('a', 7000000001, '2026-01-06 00:31:00', false, '2026-01-05 10:00:00', '2026-01-05 10:00:00', null, '500A00000000000AAA', null, '1', '001A00000000000AAA', '003A00000000000AAA', 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('a', 7000000002, '2026-01-06 00:31:00', false, '2026-01-05 12:05:00', '2026-01-05 12:05:00', null, '500B00000000000AAA', null, '2', '001A00000000000AAA', null, 's', 'Bill', 'New', 'Low', null, false, null, null, null),
    ('a', 7000000004, '2026-01-06 00:31:00', false, '2026-01-03 12:05:00', '2025-12-01 12:05:00', null, '500K00000000000AAA', null, '6', '001a00000000000AAA', '003K00000000000AAA', 's', 'Bill', 'Closed', 'Low', null, true, null, null, null),
    ('a', 7000000003, '2026-01-06 00:31:00', false, '2026-01-05 12:02:00', '2026-01-05 12:02:00', null, '500C00000000000AAA', null, '3', '001B00000000000AAA', null, 's', 'Bill', 'New', 'Low', null, true, null, null, null);
insert into staging.salesforce_opportunity values
    ('a', 8000000001, '2026-01-06 00:31:00', false, '2026-01-05 10:00:00', null, null, '006A00000000000AAA', '001A00000000000AAA', 'o', 'Open', 5.00, null, false, false, null, null, null),
    ('a', 8000000002, '2026-01-06 00:31:00', false, '2026-01-05 10:00:00', null, null, '006B00000000000AAA', '001A00000000000AAA', 'o', 'Won', 5.00, null, true, true, null, null, null);
insert into staging.genesys_external_contact values
    ('a', 9000000001, '2026-01-06 00:30:00', 'x-ada', 'x-ada', 'x-ada', 'Curated', '003A00000000000AAA', null, null, null),
    ('a', 9000000002, '2026-01-06 00:30:00', 'x-nobody', null, null, null, null, null, null, null),
    ('a', 9000000003, '2026-01-06 00:30:00', 'x-cross', 'x-cross', null, 'Curated', '003A00000000000AAA', '001B00000000000AAA', null, null),
    ('a', 9000000004, '2026-01-06 00:30:00', 'x-late', 'x-late', null, 'Curated', '003L00000000000AAA', null, null, null);
insert into staging.genesys_conversation
select 'a', 1000000000 + c.n, timestamp '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', c.id, c.start_at, c.end_at, 'inbound', 'customer', null, null, null, null, c.media, 2
from (
    values
    (1, 'c-case', timestamp '2026-01-05 10:00:00', timestamp '2026-01-05 10:10:00.500', 'voice'),
    (2, 'c-account', timestamp '2026-01-05 12:00:00', timestamp '2026-01-05 12:01:00', 'voice,callback'),
    (3, 'c-contact', timestamp '2026-01-05 13:00:00', timestamp '2026-01-05 13:01:00', 'chat'),
    (4, 'c-ext', timestamp '2026-01-05 12:00:00', timestamp '2026-01-05 12:01:00', 'email'),
    (5, 'c-none', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (6, 'c-na', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (7, 'c-mismatch', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (8, 'c-late', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (9, 'c-ambiguous', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (10, 'c-merged', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (11, 'c-bot', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'message'),
    (12, 'c-bot-agent', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'message'),
    (13, 'c-abandon', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (14, 'c-open', timestamp '2026-01-05 14:00:00', null, 'voice'),
    (15, 'c-fallback', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (16, 'c-twice', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (17, 'c-twice', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:02:00', 'voice'),
    (18, 'c-lower', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', null),
    (19, 'c-cross', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (22, 'c-moved', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice'),
    (20, 'c-late-contact', timestamp '2026-01-05 14:00:00', timestamp '2026-01-05 14:01:00', 'voice')
) as c (n, id, start_at, end_at, media);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'a';
insert into staging.genesys_participant
select 'a', 1000000000 + p.n, timestamp '2026-01-06 00:20:00', p.c, p.no, null, p.u, p.purpose, null, p.x, null, null, null
from (
    values
    (1, 'c-case', 0, null, 'customer', null), (1, 'c-case', 1, null, 'acd', null), (1, 'c-case', 2, 'u2', 'agent', null), (1, 'c-case', 3, 'u1', 'agent', null),
    (4, 'c-ext', 0, null, 'customer', 'x-ada'), (11, 'c-bot', 0, null, 'customer', 'x-nobody'), (11, 'c-bot', 1, null, 'botflow', null),
    (12, 'c-bot-agent', 0, null, 'ivr', null), (12, 'c-bot-agent', 1, 'u1', 'agent', null),
    (13, 'c-abandon', 0, null, 'acd', null), (13, 'c-abandon', 1, 'u1', 'agent', null),
    (15, 'c-fallback', 0, 'u1', 'agent', null), (19, 'c-cross', 0, null, 'customer', 'x-cross'), (20, 'c-late-contact', 0, null, 'external', 'x-late')
) as p (n, c, no, u, purpose, x);
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, flow_type)
select batch_id, record_no, extracted_at, conversation_id, participant_no, 0, 'voice', 'inbound', case when purpose = 'ivr' then 'DIGITALBOT' end
from staging.genesys_participant where batch_id = 'a';
insert into staging.genesys_segment (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_type, queue_id, wrap_up_code)
values
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 1, 0, 0, 'interact', 'q1', null),
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 2, 0, 0, 'alert', 'q1', null),
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 3, 0, 0, 'interact', 'q2', null),
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 3, 0, 1, 'wrapup', 'q2', 'w1'),
    ('a', 1000000013, '2026-01-06 00:20:00', 'c-abandon', 0, 0, 0, 'interact', 'q1', null);
insert into staging.genesys_metric
select 'a', 1000000000 + m.n, timestamp '2026-01-06 00:20:00', m.c, m.p, 0, m.no, m.name, m.v, null
from (
    values
    (1, 'c-case', 1, 0, 'nTransferred', 1), (1, 'c-case', 3, 0, 'tAnswered', 4000), (1, 'c-case', 3, 1, 'tHandle', 70000), (1, 'c-case', 3, 2, 'tTalkComplete', 50000),
    (1, 'c-case', 3, 3, 'tHeldComplete', 5000), (1, 'c-case', 3, 4, 'tAcw', 15000),
    (12, 'c-bot-agent', 1, 0, 'tHandle', 10), (12, 'c-bot-agent', 1, 1, 'tHandle', 20),
    (13, 'c-abandon', 0, 0, 'tAbandon', 9), (13, 'c-abandon', 1, 0, 'tNotResponding', 9),
    (15, 'c-fallback', 0, 0, 'tTalkComplete', 100), (15, 'c-fallback', 0, 1, 'tTalkComplete', 11), (15, 'c-fallback', 0, 2, 'tHeldComplete', 20), (15, 'c-fallback', 0, 3, 'tAcw', 3)
) as m (n, c, p, no, name, v);
insert into staging.genesys_attribute
select 'a', 1000000000 + t.n, timestamp '2026-01-06 00:20:00', t.c, t.p, t.name, t.v
from (
    values
    (1, 'c-case', 0, 'sfCaseId', '500A00000000000'), (2, 'c-account', 0, 'sfAccountId', '001A00000000000AAA'), (3, 'c-contact', 0, 'sfContactId', '003P00000000000AAA'),
    (6, 'c-na', 0, 'sfCaseId', 'NA'), (6, 'c-na', 0, 'sfAccountId', ''), (6, 'c-na', 0, 'escalated', 'None'),
    (7, 'c-mismatch', 0, 'sfCaseId', '500A00000000000AAA'), (7, 'c-mismatch', 0, 'sfContactId', '003B00000000000'),
    (8, 'c-late', 0, 'sfCaseId', '500L00000000000AAA'), (9, 'c-ambiguous', 0, 'sfCaseId', '500A00000000000AAA'), (9, 'c-ambiguous', 1, 'sfCaseId', '500B00000000000AAA'),
    (10, 'c-merged', 0, 'sfAccountId', '001B00000000000AAA'), (15, 'c-fallback', 0, 'escalated', 'True'), (15, 'c-fallback', 0, 'botHandled', 'true'),
    (22, 'c-moved', 0, 'sfCaseId', '500K00000000000'), (18, 'c-lower', 0, 'sfAccountId', '001a00000000000')
) as t (n, c, p, name, v);
insert into staging.genesys_evaluation
values
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 0, 'e0', null, null, null, null, null, true, 'Finished', 80, null, false, false, '2026-01-05 11:00:00'),
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 1, 'e1', null, null, null, null, null, true, 'Finished', 90, null, false, true, '2026-01-05 12:00:00'),
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 2, 'e2', null, null, null, null, null, false, 'InProgress', 10, null, false, false, '2026-01-05 13:00:00');
insert into staging.genesys_survey
values
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 0, 's0', null, null, null, null, 'Finished', 'Web', 75, null, '2026-01-05 11:00:00', null),
    ('a', 1000000001, '2026-01-06 00:20:00', 'c-case', 1, 's1', null, null, null, null, 'Finished', 'Web', null, 9, '2026-01-05 12:00:00', null);
insert into staging.quarantine
values ('a', 1000000021, '2026-01-06 00:20:00', 'genesys', 'conversation', '2026-01-05', '2026-01-06', null, 'unreadable', 'line 21: not JSON', 'landing/x', 21, 'abc');

-- batch: b
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('b', 'x', 1, 1, '2026-01-11 01:00:00');
insert into ops.window_ledger values
    ('b', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'job', null, 3, 0, 0, 3, 2, 1, null, null, true, 1, '2026-01-11 00:30:00'),
    ('b', 'nightly', 'salesforce', 'account', '2026-01-06', '2026-01-11', 2, 'rest', null, 5, 0, 0, 5, 5, 0, null, null, true, 1, '2026-01-11 00:30:00');
insert into staging.salesforce_account values
    ('b', 2000000001, '2026-01-11 00:30:00', false, '2026-01-10 00:00:00', '2025-01-01', null, '001A00000000000AAA', null, 'Acme plc', null, 'Retail', 'platinum', 200.00, null, '005O2', 'Otto', null, null),
    ('b', 2000000002, '2026-01-11 00:30:00', true, '2026-01-09 00:00:00', '2025-01-01', null, '001B00000000000AAA', '001M00000000000AAA', 'Beta', null, 'Energy', 'silver', 10.00, null, '005O1', 'Olga', null, null),
    ('b', 2000000003, '2026-01-11 00:30:00', false, '2026-01-04 00:00:00', '2025-01-01', null, '001M00000000000AAA', null, 'Master', null, 'Energy', 'diamond', 10.00, null, '005O1', 'Olga', null, null),
    ('b', 2000000004, '2026-01-11 00:30:00', true, '2026-01-09 00:00:00', '2025-01-01', null, '001D00000000000AAA', null, 'Delta', null, 'NA', 'bronze', null, null, '005O1', 'Olga', null, null),
    ('b', 2000000005, '2026-01-11 00:30:00', true, '2026-01-09 12:00:00', '2025-01-01', null, '001D00000000000AAA', null, 'Delta', null, 'NA', 'bronze', null, null, '005O1', 'Olga', null, null);
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'account', timestamp '2026-01-06', timestamp '2026-01-11', record_no, account_id, extracted_at, 'k', 1, 'x' from staging.salesforce_account where batch_id = 'b';
insert into staging.salesforce_contact values
    ('b', 3000000001, '2026-01-11 00:30:00', false, '2026-01-08 00:00:00', null, null, '003L00000000000AAA', null, '001M00000000000AAA', 'Late', null, null, null, null, null),
    -- Its case already lay with 001a: what contradicted no longer does.
    ('b', 3000000002, '2026-01-11 00:30:00', false, '2026-01-08 00:00:00', null, null, '003K00000000000AAA', null, '001a00000000000AAA', 'Kim', null, null, null, null, null);
insert into staging.salesforce_case values
    ('b', 4000000001, '2026-01-11 00:30:00', false, '2026-01-07 10:00:00', '2026-01-05 10:00:00', null, '500A00000000000AAA', null, '1', '001A00000000000AAA', '003A00000000000AAA', 's', 'Bug', 'Closed', 'High', null, true, null, null, null),
    ('b', 4000000002, '2026-01-11 00:30:00', false, '2026-01-07 10:00:00', '2026-01-05 14:00:00', null, '500L00000000000AAA', null, '4', '001M00000000000AAA', null, 's', 'Late', 'New', 'High', null, false, null, null, null),
    -- Nearer to c-ext than what batch a knew.
    ('b', 4000000003, '2026-01-11 00:30:00', false, '2026-01-07 10:00:00', '2026-01-05 11:59:00', null, '500N00000000000AAA', null, '5', '001A00000000000AAA', null, 's', 'Near', 'New', 'High', null, false, null, null, null);
insert into staging.salesforce_opportunity values
    ('b', 5000000001, '2026-01-11 00:30:00', true, '2026-01-08 10:00:00', null, null, '006A00000000000AAA', '001A00000000000AAA', 'o', 'Open', 5.00, null, false, false, null, null, null);
insert into staging.genesys_conversation values
    ('b', 1000000001, '2026-01-11 00:20:00', '2026-01-05', '2026-01-06', 'job', 'c-open', '2026-01-05 14:00:00', '2026-01-06 09:00:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('b', 1000000002, '2026-01-11 00:20:00', '2026-01-05', '2026-01-06', 'job', 'c-none', '2026-01-05 14:00:00', '2026-01-05 14:01:00', 'inbound', null, null, null, null, null, 'voice', 1);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'b';
insert into staging.genesys_attribute values
    ('b', 1000000002, '2026-01-11 00:20:00', 'c-none', 0, 'sfAccountId', '001A00000000000AAA');
insert into staging.quarantine
values ('b', 1000000003, '2026-01-11 00:20:00', 'genesys', 'conversation', '2026-01-05', '2026-01-06', null, 'unreadable', 'line 3: not JSON', 'landing/y', 3, 'abc');

-- batch: c
-- Extracted between a and b, loaded last: a version of 001A that lies between the two known ones; c-open as it was then.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('c', 'x', 1, 1, '2026-01-12 01:00:00');
insert into ops.window_ledger values
    ('c', 'replay', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'replay', null, 1, 0, 0, 1, 1, 0, null, null, false, 0, '2026-01-08 00:30:00'),
    ('c', 'replay', 'salesforce', 'account', '2026-01-06', '2026-01-08', 2, 'replay', null, 1, 0, 0, 1, 1, 0, null, null, true, 0, '2026-01-08 00:30:00');
insert into staging.salesforce_account values
    ('c', 2000000001, '2026-01-08 00:30:00', false, '2026-01-05 13:30:00', '2025-01-01', null, '001A00000000000AAA', null, 'Acme', null, 'Retail', 'silver', 150.00, null, '005O1', 'Olga', null, null);
insert into staging.genesys_conversation values
    ('c', 1000000001, '2026-01-08 00:20:00', '2026-01-05', '2026-01-06', 'job', 'c-open', '2026-01-05 14:00:00', '2026-01-06 08:00:00', 'inbound', null, null, null, null, null, 'voice', 1);

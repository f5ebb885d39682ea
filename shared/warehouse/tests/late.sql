-- Staging data by hand for what comes late or by itself: one section per batch, in the order of extraction. Read by semantics.py.
-- Account 001Z and opportunity 006Z are gone by the list of q; 001B is missing there and back in the list of r; 001N is younger than the
-- window of q's list; contact 003Z and case 500Z are missing from a short and from an empty list. 001L is a hole that r fills although
-- q had no answer for it, 001M one that r does not, 001U one that r has no answer for, 001W a new one. Windows left out fail in i, p, q and r; all but adherence and surveys of 5 January are read in time.

-- batch: i
-- Intraday: a query, and attributes of the conversations one by one.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('i', 'x', 1, 1, '2026-01-05 11:20:00');
insert into ops.window_ledger values
    ('i', 'intraday', 'genesys', 'conversation', '2026-01-05 10:00:00', '2026-01-05 11:00:00', 1, 'query', 2, 2, 0, 0, 2, 2, 0, null, null, false, 1, '2026-01-05 11:10:00'),
    ('i', 'intraday', 'genesys', 'conversation_attribute', '2026-01-05 10:00:00', '2026-01-05 11:00:00', 2, 'lookup', 3, 3, 0, 0, 3, 3, 0, null, null, false, 3, '2026-01-05 11:12:00'),
    ('i', 'left_out', 'genesys', 'conversation_attribute', '2026-01-05 11:00:00', '2026-01-05 12:00:00', 3, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-05 11:10:00');
insert into staging.genesys_conversation values
    ('i', 1000000001, '2026-01-05 11:10:00', '2026-01-05 10:00:00', '2026-01-05 11:00:00', 'query', 'l-live', '2026-01-05 10:05:00', '2026-01-05 10:10:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('i', 1000000002, '2026-01-05 11:10:00', '2026-01-05 10:00:00', '2026-01-05 11:00:00', 'query', 'l-both', '2026-01-05 10:06:00', '2026-01-05 10:10:00', 'inbound', null, null, null, null, null, 'voice', 1);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'i';
insert into staging.genesys_conversation_attribute values
    ('i', 2000000001, '2026-01-05 11:11:00', 'l-live', 0, null, 'customer', 'sfAccountId', '001G00000000000AAA'),
    ('i', 2000000001, '2026-01-05 11:11:00', 'l-live', 0, null, 'customer', 'escalated', 'true'),
    ('i', 2000000002, '2026-01-05 11:11:00', 'l-both', 0, null, 'customer', 'sfAccountId', '001G00000000000AAA');
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'i', 'conversation_attribute', '2026-01-05 10:00:00', '2026-01-05 11:00:00', 2000000000 + n.n, n.id, '2026-01-05 11:11:00', 'k', n.n, 'x'
from (values (1, 'l-live'), (2, 'l-both'), (3, 'l-silent')) as n (n, id);

-- batch: p
-- Nightly: a details job, provisional.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('p', 'x', 1, 1, '2026-01-06 01:00:00');
insert into ops.window_ledger values
    ('p', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'job', null, 4, 0, 0, 4, 4, 0, null, null, false, 5, '2026-01-06 00:20:00'),
    ('p', 'nightly', 'genesys', 'external_contact', '2026-01-05', '2026-01-06', 1, 'lookup', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-06 00:20:00'),
    ('p', 'nightly', 'genesys', 'user_aggregate', '2026-01-05', '2026-01-06', 2, 'aggregate', null, 3, 0, 0, 3, 3, 0, null, null, false, 1, '2026-01-06 00:21:00'),
    ('p', 'nightly', 'genesys', 'division', '2026-01-05', '2026-01-06', 3, 'reference', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-06 00:21:00'),
    ('p', 'left_out', 'genesys', 'adherence', '2026-01-05', '2026-01-06', 4, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-06'),
    ('p', 'left_out', 'genesys', 'survey', '2026-01-05', '2026-01-06', 5, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-06'),
    ('p', 'left_out', 'genesys', 'queue', '2026-01-05', '2026-01-06', 6, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-06'),
    ('p', 'left_out', 'salesforce', 'contact_history', '2000-01-01', '2026-01-06', 6, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-06'),
    ('p', 'left_out', 'salesforce', 'contact_ids', '2000-01-01', '2026-01-06', 7, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-06'),
    ('p', 'nightly', 'salesforce', 'account', '2000-01-01', '2026-01-06', 1, 'bulk', 4, 4, 0, 0, 4, 4, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('p', 'nightly', 'salesforce', 'contact', '2000-01-01', '2026-01-06', 2, 'rest', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('p', 'nightly', 'salesforce', 'case', '2000-01-01', '2026-01-06', 3, 'rest', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('p', 'nightly', 'salesforce', 'opportunity', '2000-01-01', '2026-01-06', 4, 'rest', 2, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('p', 'nightly', 'salesforce', 'account_history', '2000-01-01', '2026-01-06', 5, 'rest', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-06 00:30:00');
insert into staging.genesys_conversation
select 'p', 1000000000 + c.n, timestamp '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', c.id, c.start_at, c.start_at, 'inbound', null, null, null, null, null, 'voice', 1
from (
    values
    (1, 'l-both', timestamp '2026-01-05 10:06:00'), (2, 'l-eval', timestamp '2026-01-05 10:07:00'), (3, 'l-plain', timestamp '2026-01-05 12:00:00'),
    (4, 'l-gone', timestamp '2026-01-05 13:00:00')
) as c (n, id, start_at);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'p';
insert into staging.genesys_attribute values
    ('p', 1000000001, '2026-01-06 00:20:00', 'l-both', 0, 'sfAccountId', '001H00000000000AAA'),
    ('p', 1000000002, '2026-01-06 00:20:00', 'l-eval', 0, 'sfAccountId', '001G00000000000AAA'),
    ('p', 1000000004, '2026-01-06 00:20:00', 'l-gone', 0, 'sfAccountId', '001Z00000000000AAA');
insert into staging.genesys_evaluation values
    ('p', 1000000002, '2026-01-06 00:20:00', 'l-eval', 0, 'ev1', null, null, null, null, null, true, 'Finished', 70, null, false, false, '2026-01-05 18:00:00'),
    ('p', 1000000003, '2026-01-06 00:20:00', 'l-plain', 0, 'ev3', null, null, null, null, null, true, 'Finished', 60, null, false, false, '2026-01-05 18:00:00');
insert into staging.genesys_external_contact values
    ('p', 1000000001, '2026-01-06 00:20:00', 'x-one', 'x-one', null, 'Curated', null, null, null, null);
insert into staging.genesys_user_aggregate values
    ('p', 2000000001, '2026-01-06 00:21:00', 'u1', '2026-01-05 00:00:00', '2026-01-05 00:30:00', 'tAgentRoutingStatus', 'IDLE', null, 1000),
    -- Asked for in parts: a record of each.
    ('p', 2000000003, '2026-01-06 00:22:00', 'u1', '2026-01-05 00:30:00', '2026-01-05 01:00:00', 'tAgentRoutingStatus', 'IDLE', null, 1000);
insert into staging.genesys_division values ('p', 3000000001, '2026-01-06 00:21:00', 'd1', 'Home', true);
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'p', n.object, '2026-01-05', '2026-01-06', n.n, n.id, '2026-01-06 00:20:00', 'k', 1, 'x'
from (values ('external_contact', 1000000001, 'x-one'), ('user_aggregate', 2000000001, 'u1'), ('user_aggregate', 2000000002, 'u2'), ('user_aggregate', 2000000003, 'u1'), ('division', 3000000001, 'd1')) as n (object, n, id);
insert into staging.salesforce_account
select 'p', 1000000000 + a.n, timestamp '2026-01-06 00:30:00', false, timestamp '2025-06-01', timestamp '2025-01-01', null, a.id, null, a.id, null, 'Retail', 'gold', null, null, null, null, null, null
from (values (1, '001G00000000000AAA'), (2, '001H00000000000AAA'), (3, '001Z00000000000AAA'), (4, '001B00000000000AAA')) as a (n, id);
insert into staging.salesforce_contact values
    ('p', 2000000001, '2026-01-06 00:30:00', false, '2025-06-01', '2025-01-01', null, '003Z00000000000AAA', null, '001G00000000000AAA', 'Zoe', null, null, null, null, null);
insert into staging.salesforce_case values
    ('p', 3000000001, '2026-01-06 00:30:00', false, '2025-06-01', '2025-01-01', null, '500Z00000000000AAA', null, '1', '001G00000000000AAA', null, 's', 'Bug', 'New', 'High', null, false, null, null, null);
insert into staging.salesforce_opportunity values
    ('p', 4000000001, '2026-01-06 00:30:00', false, '2025-06-01', null, null, '006Z00000000000AAA', '001G00000000000AAA', 'o', 'Open', 5.00, null, false, false, null, null, null),
    ('p', 4000000002, '2026-01-06 00:30:00', false, '2025-06-01', null, null, '006G00000000000AAA', '001G00000000000AAA', 'o', 'Open', 5.00, null, false, false, null, null, null);
insert into staging.salesforce_history values
    ('p', 5000000001, '2026-01-06 00:30:00', 'account', '017000000000001AAA', '001G00000000000AAA', 'Tier__c', 'Text', 'silver', 'gold', false, '2025-06-01', null);
-- q reads more of it: an earlier change, the same one again, a change of owner in two rows, one after the last version, and what no column holds.
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'p', n.object, '2000-01-01', '2026-01-06', n.n, 'x', '2026-01-06 00:30:00', 'k', 1, 'x'
from (values ('account', 1000000001), ('account', 1000000002), ('account', 1000000003), ('account', 1000000004), ('contact', 2000000001),
    ('case', 3000000001), ('opportunity', 4000000001), ('opportunity', 4000000002), ('account_history', 5000000001)) as n (object, n);

-- batch: q
-- Nightly: nothing but what comes by itself, and lists of ids.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('q', 'x', 1, 1, '2026-01-08 01:00:00');
insert into ops.window_ledger values
    ('q', 'nightly', 'genesys', 'evaluation', '2026-01-07', '2026-01-08', 1, 'lookup', 2, 3, 0, 0, 3, 3, 0, null, null, false, 2, '2026-01-08 00:20:00'),
    ('q', 'nightly', 'genesys', 'survey', '2026-01-07', '2026-01-08', 2, 'lookup', 1, 1, 0, 0, 1, 1, 0, null, null, false, 2, '2026-01-08 00:20:00'),
    ('q', 'nightly', 'genesys', 'user_aggregate', '2026-01-07', '2026-01-08', 3, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-08 00:21:00'),
    ('q', 'left_out', 'genesys', 'adherence', '2026-01-05', '2026-01-06', 4, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-08'),
    -- As a backfill that ended inside the day reads it: r reads the whole of it.
    ('q', 'backfill', 'genesys', 'conversation', '2026-01-07', '2026-01-07 12:00:00', 5, 'query', 1, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-07 12:30:00'),
    ('q', 'left_out', 'salesforce', 'account_lookup', '2000-01-01', '2026-01-08', 8, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-08'),
    -- Of a list before all of these.
    ('q', 'nightly', 'salesforce', 'account_lookup', '2000-01-01', '2026-01-07', 9, 'lookup', 0, 1, 0, 0, 1, 0, 1, null, null, true, 4, '2026-01-08 00:20:00'),
    ('q', 'nightly', 'salesforce', 'account', '2026-01-06', '2026-01-08', 1, 'rest', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-08 00:10:00'),
    ('q', 'nightly', 'salesforce', 'account_history', '2026-01-06', '2026-01-08', 6, 'rest', 6, 6, 0, 0, 6, 6, 0, null, null, true, 1, '2026-01-08 00:10:00'),
    ('q', 'nightly', 'salesforce', 'case_history', '2026-01-06', '2026-01-08', 7, 'rest', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-08 00:10:00'),
    ('q', 'nightly', 'salesforce', 'account_ids', '2000-01-01', '2026-01-08', 2, 'rest', 5, 5, 0, 0, 5, 5, 0, null, null, true, 1, '2026-01-08 00:30:00'),
    ('q', 'nightly', 'salesforce', 'contact_ids', '2000-01-01', '2026-01-08', 3, 'rest', 2, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-08 00:30:00'),
    ('q', 'nightly', 'salesforce', 'case_ids', '2000-01-01', '2026-01-08', 4, 'rest', 0, 0, 0, 0, 0, 0, 0, null, null, true, 1, '2026-01-08 00:30:00'),
    ('q', 'nightly', 'salesforce', 'opportunity_ids', '2000-01-01', '2026-01-08', 5, 'rest', 1, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-08 00:30:00');
insert into staging.genesys_conversation values
    ('q', 5000000001, '2026-01-07 12:30:00', '2026-01-07', '2026-01-07 12:00:00', 'query', 'l-later', '2026-01-07 10:07:00', '2026-01-07 10:07:00', 'inbound', null, null, null, null, null, 'voice', 1);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'q';
insert into staging.genesys_evaluation_update values
    ('q', 1000000001, '2026-01-08 00:20:00', 'l-eval', 'ev1', null, null, null, null, null, true, 'Finished', 95, null, false, true, '2026-01-07 09:00:00'),
    ('q', 1000000002, '2026-01-08 00:20:00', 'l-eval', 'ev2', null, null, null, null, null, false, 'InProgress', 10, null, false, false, '2026-01-07 10:00:00'),
    ('q', 1000000003, '2026-01-08 00:20:00', 'l-plain', 'ev3', null, null, null, null, null, true, 'Retracted', 60, null, false, false, '2026-01-07 10:00:00');
insert into staging.genesys_survey_update values
    ('q', 2000000001, '2026-01-08 00:20:00', 'l-later', 'sv1', null, null, null, null, 'Finished', 'Web', 88, 9, '2026-01-07 23:00:00', '2026-01-07 23:00:00');
insert into staging.genesys_user_aggregate values
    ('q', 3000000001, '2026-01-08 00:21:00', 'u1', '2026-01-07 00:00:00', '2026-01-07 00:30:00', 'tAgentRoutingStatus', 'IDLE', null, 1000);
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'q', n.object, '2026-01-07', '2026-01-08', n.n, n.id, '2026-01-08 00:20:00', 'k', 1, 'x'
from (values ('evaluation', 1000000001, 'ev1'), ('evaluation', 1000000002, 'ev2'), ('evaluation', 1000000003, 'ev3'), ('survey', 2000000001, 'sv1'), ('user_aggregate', 3000000001, 'u1')) as n (object, n, id);
insert into staging.salesforce_account values
    ('q', 1000000001, '2026-01-08 00:10:00', false, '2026-01-08 00:05:00', '2026-01-08 00:05:00', null, '001N00000000000AAA', null, 'New', null, null, 'tin', null, null, null, null, null, null);
insert into staging.salesforce_history values
    ('q', 6000000001, '2026-01-08 00:10:00', 'account', '017000000000001AAA', '001G00000000000AAA', 'Tier__c', 'Text', 'silver', 'gold', false, '2025-06-01', null),
    ('q', 6000000002, '2026-01-08 00:10:00', 'account', '017000000000002AAA', '001G00000000000AAA', 'Tier__c', 'Text', null, 'silver', false, '2025-03-01', null),
    ('q', 6000000003, '2026-01-08 00:10:00', 'account', '017000000000003AAA', '001G00000000000AAA', 'Owner', 'EntityId', '005A00000000000AAA', null, false, '2025-04-01', null),
    ('q', 6000000004, '2026-01-08 00:10:00', 'account', '017000000000004AAA', '001G00000000000AAA', 'Owner', 'Text', 'Ann', null, false, '2025-04-01', null),
    ('q', 6000000005, '2026-01-08 00:10:00', 'account', '017000000000005AAA', '001G00000000000AAA', 'Tier__c', 'Text', 'gold', 'tin', false, '2026-01-07', null),
    ('q', 6000000006, '2026-01-08 00:10:00', 'account', '017000000000006AAA', '001G00000000000AAA', 'created', 'Text', null, null, false, '2025-01-01', null),
    ('q', 7000000001, '2026-01-08 00:10:00', 'case', '017000000000007AAA', '500Z00000000000AAA', 'Status', 'Text', 'Open', 'New', false, '2025-02-01', null);
insert into staging.salesforce_id values
    ('q', 2000000001, '2026-01-08 00:29:00', 'account', '001G00000000000AAA', false, '2025-01-01'),
    ('q', 2000000002, '2026-01-08 00:29:00', 'account', '001H00000000000AAA', false, '2025-01-01'),
    ('q', 2000000003, '2026-01-08 00:30:00', 'account', '001L00000000000AAA', false, '2025-01-01'),
    ('q', 2000000004, '2026-01-08 00:30:00', 'account', '001M00000000000AAA', false, '2025-01-01'),
    ('q', 2000000005, '2026-01-08 00:30:00', 'account', '001U00000000000AAA', false, '2025-01-01'),
    ('q', 3000000001, '2026-01-08 00:30:00', 'contact', '003Y00000000000AAA', true, '2025-01-01'),
    ('q', 5000000001, '2026-01-08 00:30:00', 'opportunity', '006G00000000000AAA', false, '2025-01-01');
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'q', n.object, '2000-01-01', '2026-01-08', n.n, 'x', '2026-01-08 00:30:00', 'k', 1, 'x'
from (values ('account_history', 6000000001), ('account_history', 6000000002), ('account_history', 6000000003), ('account_history', 6000000004),
    ('account_history', 6000000005), ('account_history', 6000000006), ('case_history', 7000000001), ('account', 1000000001), ('account_ids', 2000000001), ('account_ids', 2000000002), ('account_ids', 2000000003), ('account_ids', 2000000004),
    ('account_ids', 2000000005), ('contact_ids', 3000000001), ('opportunity_ids', 5000000001)) as n (object, n);
insert into staging.quarantine values
    ('q', 9000000001, '2026-01-08 00:20:00', 'salesforce', 'account_lookup', '2000-01-01', '2026-01-07', '001L00000000000AAA', 'unavailable', 'd', 'k', 1, 'x');

-- batch: r
-- Nightly: the settled reading of the first day, a later day, a look at one conversation by a query after that, and the holes of q.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('r', 'x', 1, 1, '2026-01-10 01:00:00');
insert into ops.window_ledger values
    ('r', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'job', null, 3, 0, 0, 3, 3, 0, null, null, true, 5, '2026-01-10 00:20:00'),
    ('r', 'nightly', 'genesys', 'conversation', '2026-01-07', '2026-01-08', 2, 'job', null, 1, 0, 0, 1, 1, 0, null, null, false, 5, '2026-01-10 00:20:00'),
    ('r', 'intraday', 'genesys', 'conversation', '2026-01-05 10:00:00', '2026-01-05 11:00:00', 3, 'query', 1, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-10 00:50:00'),
    ('r', 'nightly', 'genesys', 'user_aggregate', '2026-01-05', '2026-01-06', 4, 'aggregate', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-10 00:21:00'),
    -- Contacts of shorter windows, read for good, one of which has expired meanwhile; a listing since long before.
    ('r', 'nightly', 'genesys', 'external_contact', '2026-01-05', '2026-01-05 12:00:00', 6, 'lookup', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-10 00:20:00'),
    ('r', 'nightly', 'genesys', 'external_contact', '2026-01-05 12:00:00', '2026-01-06', 7, 'lookup', null, 0, 0, 0, 0, 0, 0, null, null, true, 1, '2026-01-10 00:20:00'),
    ('r', 'nightly', 'genesys', 'division', '2026-01-01', '2026-01-10', 8, 'reference', 0, 0, 0, 0, 0, 0, 0, null, null, true, 1, '2026-01-10 00:21:00'),
    ('r', 'nightly', 'genesys', 'queue', '2026-01-09', '2026-01-10', 5, 'reference', 0, 0, 0, 0, 0, 0, 0, null, null, true, 1, '2026-01-10 00:21:00'),
    ('r', 'nightly', 'salesforce', 'contact_history', '2000-01-01', '2026-01-10', 3, 'rest', 0, 0, 0, 0, 0, 0, 0, null, null, true, 1, '2026-01-10 00:30:00'),
    ('r', 'left_out', 'salesforce', 'account_history', '2026-01-05', '2026-01-07', 4, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-10'),
    ('r', 'nightly', 'salesforce', 'account_lookup', '2000-01-01', '2026-01-08', 1, 'lookup', 2, 2, 0, 0, 2, 1, 1, null, null, true, 1, '2026-01-10 00:30:00'),
    ('r', 'nightly', 'salesforce', 'account_ids', '2000-01-01', '2026-01-10', 2, 'rest', 8, 8, 0, 0, 8, 8, 0, null, null, true, 1, '2026-01-10 00:40:00');
insert into staging.genesys_conversation
select 'r', c.n, c.at, c.from_at, c.to_at, c.how, c.id, c.start_at, c.start_at, 'inbound', null, null, null, null, null, 'voice', 1
from (
    values
    (1000000001, timestamp '2026-01-10 00:20:00', timestamp '2026-01-05', timestamp '2026-01-06', 'job', 'l-eval', timestamp '2026-01-05 10:07:00'),
    (1000000002, timestamp '2026-01-10 00:20:00', timestamp '2026-01-05', timestamp '2026-01-06', 'job', 'l-plain', timestamp '2026-01-05 12:00:00'),
    (1000000003, timestamp '2026-01-10 00:20:00', timestamp '2026-01-05', timestamp '2026-01-06', 'job', 'l-gone', timestamp '2026-01-05 13:00:00'),
    (2000000001, timestamp '2026-01-10 00:20:00', timestamp '2026-01-07', timestamp '2026-01-08', 'job', 'l-later', timestamp '2026-01-07 10:07:00'),
    (3000000001, timestamp '2026-01-10 00:50:00', timestamp '2026-01-05 10:00:00', timestamp '2026-01-05 11:00:00', 'query', 'l-eval', timestamp '2026-01-05 10:07:00')
) as c (n, at, from_at, to_at, how, id, start_at);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'k', 1, 'x' from staging.genesys_conversation where batch_id = 'r';
insert into staging.genesys_attribute values
    ('r', 1000000001, '2026-01-10 00:20:00', 'l-eval', 0, 'sfAccountId', '001H00000000000AAA'),
    ('r', 1000000003, '2026-01-10 00:20:00', 'l-gone', 0, 'sfAccountId', '001Z00000000000AAA');
insert into staging.genesys_user_aggregate values
    ('r', 4000000001, '2026-01-10 00:21:00', 'u1', '2026-01-05 00:00:00', '2026-01-05 00:30:00', 'tAgentRoutingStatus', 'IDLE', null, 999);
insert into "raw".genesys_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
values
    ('r', 'user_aggregate', '2026-01-05', '2026-01-06', 4000000001, 'u1', '2026-01-10 00:21:00', 'k', 1, 'x'),
    ('r', 'external_contact', '2026-01-05', '2026-01-05 12:00:00', 6000000001, 'x-one', '2026-01-10 00:20:00', 'k', 1, 'x');
insert into staging.genesys_external_contact values
    ('r', 6000000001, '2026-01-10 00:20:00', 'x-one', null, null, null, null, null, null, null);
insert into staging.salesforce_account values
    ('r', 1000000001, '2026-01-10 00:30:00', false, '2025-12-01', '2025-01-01', null, '001L00000000000AAA', null, 'Lost', null, null, 'tin', null, null, null, null, null, null);
insert into staging.salesforce_id
select 'r', 2000000000 + a.n, timestamp '2026-01-10 00:40:00', 'account', a.id, false, timestamp '2025-01-01'
from (values (1, '001G00000000000AAA'), (2, '001H00000000000AAA'), (3, '001L00000000000AAA'), (4, '001M00000000000AAA'), (5, '001N00000000000AAA'), (6, '001B00000000000AAA'),
    (7, '001W00000000000AAA'), (8, '001U00000000000AAA')) as a (n, id);
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'r', 'account_ids', timestamp '2000-01-01', timestamp '2026-01-10', record_no, record_id, extracted_at, 'k', 1, 'x' from staging.salesforce_id where batch_id = 'r'
union all
select 'r', 'account_lookup', timestamp '2000-01-01', timestamp '2026-01-08', record_no, account_id, extracted_at, 'k', 1, 'x' from staging.salesforce_account where batch_id = 'r';
insert into staging.quarantine values
    ('r', 1000000002, '2026-01-10 00:30:00', 'salesforce', 'account_lookup', '2000-01-01', '2026-01-08', '001U00000000000AAA', 'unavailable', 'd', 'k', 2, 'x');

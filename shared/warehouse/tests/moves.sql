-- Staging data by hand for what moves after a conversation was linked: contacts, numbers, what a text means, tiers. One section per batch; e reads
-- Salesforce as it was, l as it is since, g Genesys Cloud. Read by semantics.py.
-- The contact 003K moves from account 001A to 001B, and its case, which names no account, with it. 003F has the number 0102 since 5 January only,
-- which l alone does not tell. The text 555-0103 is of another region until l, and ext 104 and 003H's 030 1234567 no number. 001A is platinum since 4 January.
-- 003N had 0105 until 5 January, which the history alone tells.
-- 003U was merged into 003W, which l takes back: who names 001A and 003W was right, and is no longer.
-- set: history_names: ,contact.phone=Phone,

-- batch: e
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('e', 'x', 1, 1, '2026-01-05 01:00:00');
insert into ops.window_ledger values
    ('e', 'nightly', 'salesforce', 'account', '2025-01-01', '2026-01-07', 1, 'rest', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-05 00:30:00'),
    ('e', 'nightly', 'salesforce', 'contact', '2025-01-01', '2026-01-07', 2, 'rest', null, 8, 0, 0, 8, 8, 0, null, null, true, 1, '2026-01-05 00:30:00'),
    ('e', 'nightly', 'salesforce', 'case', '2025-01-01', '2026-01-07', 3, 'rest', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-05 00:30:00');
insert into staging.salesforce_account values
    ('e', 1000000001, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001A00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('e', 1000000002, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001B00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null);
insert into staging.salesforce_contact values
    ('e', 2000000001, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003K00000000000AAA', null, '001A00000000000AAA', 'Person', null, null, null, null, null),
    ('e', 2000000002, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003F00000000000AAA', null, '001B00000000000AAA', 'Person', null, null, null, null, null),
    ('e', 2000000003, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003P00000000000AAA', null, '001B00000000000AAA', 'Person', null, '555-0103', null, null, null),
    ('e', 2000000004, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003T00000000000AAA', null, '001B00000000000AAA', 'Person', null, '+1 317 555 0104', null, null, null),
    ('e', 2000000005, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003H00000000000AAA', null, '001B00000000000AAA', 'Person', null, '030 1234567', null, null, null),
    ('e', 2000000006, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003U00000000000AAA', null, '001A00000000000AAA', 'Person', null, null, null, null, null),
    ('e', 2000000007, '2026-01-05 00:30:00', true, '2026-01-02', '2025-01-01', null, '003U00000000000AAA', '003W00000000000AAA', '001A00000000000AAA', 'Person', null, null, null, null, null),
    ('e', 2000000008, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003W00000000000AAA', null, '001B00000000000AAA', 'Person', null, null, null, null, null);
insert into staging.salesforce_case values
    ('e', 3000000001, '2026-01-05 00:30:00', false, '2026-01-05 10:00:00', '2026-01-05 10:00:00', null, '500K00000000000AAA', null, '1', null, '003K00000000000AAA', 's', 'Bug', 'New', 'High', null, false, null, null, null);
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'account', timestamp '2025-01-01', timestamp '2026-01-07', record_no, account_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_account where batch_id = 'e'
union all
select batch_id, 'contact', timestamp '2025-01-01', timestamp '2026-01-07', record_no, contact_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_contact where batch_id = 'e'
union all
select batch_id, 'case', timestamp '2025-01-01', timestamp '2026-01-07', record_no, case_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_case where batch_id = 'e';
insert into staging.phone_number values
    ('e', 2000000003, '2026-01-05 00:30:00', '555-0103', '+495550103'),
    ('e', 2000000004, '2026-01-05 00:30:00', '+1 317 555 0104', '+13175550104');

-- batch: l
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('l', 'x', 1, 1, '2026-01-07 01:00:00');
insert into ops.window_ledger values
    ('l', 'nightly', 'salesforce', 'account', '2026-01-03', '2026-01-07', 1, 'rest', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-07 00:30:00'),
    ('l', 'nightly', 'salesforce', 'contact', '2026-01-03', '2026-01-07', 2, 'rest', null, 4, 0, 0, 4, 4, 0, null, null, true, 1, '2026-01-07 00:30:00'),
    ('l', 'nightly', 'salesforce', 'case', '2026-01-03', '2026-01-07', 3, 'rest', null, 0, 0, 0, 0, 0, 0, null, null, true, 1, '2026-01-07 00:30:00'),
    ('l', 'nightly', 'salesforce', 'contact_history', '2026-01-03', '2026-01-07', 5, 'rest', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-07 00:30:00'),
    ('l', 'nightly', 'genesys', 'conversation', '2026-01-06', '2026-01-07', 4, 'job', null, 1, 0, 0, 1, 1, 0, null, null, false, 1, '2026-01-07 00:30:00');
insert into staging.salesforce_account values
    ('l', 1000000001, '2026-01-07 00:30:00', false, '2026-01-04', '2025-01-01', null, '001A00000000000AAA', null, 'Firm', null, 'Retail', 'platinum', null, null, '005O1', 'Olga', null, null);
insert into staging.salesforce_contact values
    ('l', 2000000001, '2026-01-07 00:30:00', false, '2026-01-04', '2025-01-01', null, '003K00000000000AAA', null, '001B00000000000AAA', 'Person', null, null, null, null, null),
    ('l', 2000000002, '2026-01-07 00:30:00', false, '2026-01-05', '2025-01-01', null, '003F00000000000AAA', null, '001B00000000000AAA', 'Person', null, '+1 317 555 0102', null, null, null),
    ('l', 2000000003, '2026-01-07 00:30:00', false, '2026-01-06', '2025-01-01', null, '003U00000000000AAA', null, '001A00000000000AAA', 'Person', null, null, null, null, null),
    ('l', 2000000004, '2026-01-07 00:30:00', false, '2026-01-05', '2025-01-01', null, '003N00000000000AAA', null, '001B00000000000AAA', 'Person', null, null, null, null, null);
insert into staging.salesforce_history values
    ('l', 5000000001, '2026-01-07 00:30:00', 'contact', '017000000000001AAA', '003N00000000000AAA', 'Phone', 'Phone', '+1 317 555 0105', null, false, '2026-01-05', null);
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'account', timestamp '2026-01-03', timestamp '2026-01-07', record_no, account_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_account where batch_id = 'l'
union all
select batch_id, 'contact', timestamp '2026-01-03', timestamp '2026-01-07', record_no, contact_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_contact where batch_id = 'l'
union all
select batch_id, 'contact_history', timestamp '2026-01-03', timestamp '2026-01-07', record_no, history_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_history where batch_id = 'l';
-- Two texts that this batch reads under another region, by a call that has nothing else to do with them.
insert into staging.genesys_conversation values
    ('l', 4000000001, '2026-01-07 00:30:00', '2026-01-06', '2026-01-07', 'job', 't-region', '2026-01-06 10:00:00', '2026-01-06 10:05:00', 'inbound', null, null, null, null, null, 'voice', 1);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'talk', 1, 'x' from staging.genesys_conversation where batch_id = 'l';
insert into staging.genesys_participant values
    ('l', 4000000001, '2026-01-07 00:30:00', 't-region', 0, null, null, 'customer', null, null, null, null, null);
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, ani, dnis) values
    ('l', 4000000001, '2026-01-07 00:30:00', 't-region', 0, 0, 'voice', 'inbound', '555-0199', 'tel:+12025550100');
insert into staging.phone_number values
    ('l', 2000000002, '2026-01-07 00:30:00', '+1 317 555 0102', '+13175550102'),
    ('l', 5000000001, '2026-01-07 00:30:00', '+1 317 555 0105', '+13175550105'),
    ('l', 4000000001, '2026-01-07 00:30:00', '555-0199', '+13175550199'),
    ('l', 4000000001, '2026-01-07 00:30:00', '555-0103', '+13175550103'),
    ('l', 4000000001, '2026-01-07 00:30:00', '030 1234567', '+49301234567'),
    ('l', 4000000001, '2026-01-07 00:30:00', 'ext 104', '+13175550104');

-- batch: g
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('g', 'x', 1, 1, '2026-01-06 01:00:00');
insert into ops.window_ledger values
    ('g', 'nightly', 'genesys', 'conversation', '2026-01-02', '2026-01-06', 1, 'job', null, 9, 0, 0, 9, 9, 0, null, null, false, 1, '2026-01-06 00:20:00');
insert into staging.genesys_conversation values
    ('g', 1000000001, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-left', '2026-01-05 10:05:00', '2026-01-05 10:09:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('g', 1000000002, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-joined', '2026-01-05 10:05:00', '2026-01-05 10:09:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('g', 1000000003, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-before', '2026-01-03 10:00:00', '2026-01-03 10:05:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('g', 1000000004, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-meant', '2026-01-03 10:00:00', '2026-01-03 10:05:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('g', 1000000005, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-text', '2026-01-03 10:00:00', '2026-01-03 10:05:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('g', 1000000006, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-gold', '2026-01-02 10:00:00', '2026-01-02 10:05:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('g', 1000000007, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-owned', '2026-01-03 10:00:00', '2026-01-03 10:05:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('g', 1000000009, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-former', '2026-01-03 10:00:00', '2026-01-03 10:05:00', 'inbound', null, null, null, null, null, 'voice', 1),
    ('g', 1000000008, '2026-01-06 00:20:00', '2026-01-02', '2026-01-06', 'job', 't-parted', '2026-01-03 10:00:00', '2026-01-03 10:05:00', 'inbound', null, null, null, null, null, 'voice', 1);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'talk', record_no - 1000000000, 'x' from staging.genesys_conversation where batch_id = 'g';
insert into staging.genesys_participant
select batch_id, record_no, extracted_at, conversation_id, 0, null, null, 'customer', null, null, null, null, null from staging.genesys_conversation where batch_id = 'g';
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, ani, dnis) values
    ('g', 1000000001, '2026-01-06 00:20:00', 't-left', 0, 0, 'voice', 'inbound', null, 'tel:+12025550100'),
    ('g', 1000000002, '2026-01-06 00:20:00', 't-joined', 0, 0, 'voice', 'inbound', null, 'tel:+12025550100'),
    ('g', 1000000009, '2026-01-06 00:20:00', 't-former', 0, 0, 'voice', 'inbound', 'tel:+13175550105', 'tel:+12025550100'),
    ('g', 1000000003, '2026-01-06 00:20:00', 't-before', 0, 0, 'voice', 'inbound', 'tel:+13175550102', 'tel:+12025550100'),
    ('g', 1000000004, '2026-01-06 00:20:00', 't-meant', 0, 0, 'voice', 'inbound', 'tel:+13175550103', 'tel:+12025550100'),
    ('g', 1000000005, '2026-01-06 00:20:00', 't-text', 0, 0, 'voice', 'inbound', 'ext 104', 'tel:+12025550100'),
    ('g', 1000000006, '2026-01-06 00:20:00', 't-gold', 0, 0, 'voice', 'inbound', null, 'tel:+12025550100'),
    ('g', 1000000007, '2026-01-06 00:20:00', 't-owned', 0, 0, 'voice', 'inbound', 'tel:+49301234567', 'tel:+12025550100'),
    ('g', 1000000008, '2026-01-06 00:20:00', 't-parted', 0, 0, 'voice', 'inbound', null, 'tel:+12025550100');
insert into staging.genesys_attribute values
    ('g', 1000000001, '2026-01-06 00:20:00', 't-left', 0, 'sfAccountId', '001A00000000000AAA'),
    ('g', 1000000002, '2026-01-06 00:20:00', 't-joined', 0, 'sfAccountId', '001B00000000000AAA'),
    ('g', 1000000006, '2026-01-06 00:20:00', 't-gold', 0, 'sfAccountId', '001A00000000000AAA'),
    ('g', 1000000008, '2026-01-06 00:20:00', 't-parted', 0, 'sfAccountId', '001A00000000000AAA'),
    ('g', 1000000008, '2026-01-06 00:20:00', 't-parted', 0, 'sfContactId', '003W00000000000AAA');
insert into staging.phone_number values
    ('g', 1000000009, '2026-01-06 00:20:00', 'tel:+13175550105', '+13175550105'),
    ('g', 1000000003, '2026-01-06 00:20:00', 'tel:+13175550102', '+13175550102'),
    ('g', 1000000007, '2026-01-06 00:20:00', 'tel:+49301234567', '+49301234567'),
    ('g', 1000000004, '2026-01-06 00:20:00', 'tel:+13175550103', '+13175550103');

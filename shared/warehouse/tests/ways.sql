-- Staging data by hand for the order of the ways to a customer: the number first, attributes after it, external contacts never. One section
-- per batch; u reads Salesforce, v Genesys Cloud. Read by semantics.py.
-- set: link_ways: ,phone,attribute,

-- batch: u
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('u', 'x', 1, 1, '2026-01-07 01:00:00');
insert into ops.window_ledger values
    ('u', 'nightly', 'salesforce', 'account', '2026-01-05', '2026-01-07', 1, 'rest', null, 2, 0, 0, 2, 2, 0, null, null, true, 1, '2026-01-07 00:30:00'),
    ('u', 'nightly', 'salesforce', 'contact', '2026-01-05', '2026-01-07', 2, 'rest', null, 3, 0, 0, 3, 3, 0, null, null, true, 1, '2026-01-07 00:30:00'),
    ('u', 'nightly', 'salesforce', 'case', '2026-01-05', '2026-01-07', 3, 'rest', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-07 00:30:00');
insert into staging.salesforce_account values
    ('u', 1000000001, '2026-01-07 00:30:00', false, '2026-01-01', '2025-01-01', null, '001A00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('u', 1000000002, '2026-01-07 00:30:00', false, '2026-01-01', '2025-01-01', null, '001B00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null);
insert into staging.salesforce_contact values
    ('u', 2000000001, '2026-01-07 00:30:00', false, '2026-01-01', '2025-01-01', null, '003A00000000000AAA', null, '001A00000000000AAA', 'Person', null, '+1 317 555 0101', null, null, null),
    ('u', 2000000002, '2026-01-07 00:30:00', false, '2026-01-01', '2025-01-01', null, '003B00000000000AAA', null, '001B00000000000AAA', 'Person', null, '+1 317 555 0102', null, null, null),
    ('u', 2000000003, '2026-01-07 00:30:00', false, '2026-01-01', '2025-01-01', null, '003C00000000000AAA', null, '001B00000000000AAA', 'Person', null, null, '+1 317 555 0102', null, null);
insert into staging.salesforce_case values
    ('u', 3000000001, '2026-01-07 00:30:00', false, '2026-01-05 10:02:00', '2026-01-05 10:02:00', null, '500A00000000000AAA', null, '1', '001A00000000000AAA', '003A00000000000AAA', 's', 'Bug', 'New', 'High', null, false, null, null, null);
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'account', timestamp '2026-01-05', timestamp '2026-01-07', record_no, account_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_account where batch_id = 'u'
union all
select batch_id, 'contact', timestamp '2026-01-05', timestamp '2026-01-07', record_no, contact_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_contact where batch_id = 'u'
union all
select batch_id, 'case', timestamp '2026-01-05', timestamp '2026-01-07', record_no, case_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_case where batch_id = 'u';
insert into staging.phone_number values
    ('u', 2000000001, '2026-01-07 00:30:00', '+1 317 555 0101', '+13175550101'),
    ('u', 2000000001, '2026-01-07 00:30:00', '+1 317 555 0102', '+13175550102');

-- batch: v
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('v', 'x', 1, 1, '2026-01-06 01:00:00');
insert into ops.window_ledger values
    ('v', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'job', null, 8, 0, 0, 8, 8, 0, null, null, false, 1, '2026-01-06 00:20:00');
insert into staging.genesys_conversation values
    ('v', 1000000001, '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', 'o-agree', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('v', 1000000002, '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', 'o-case', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('v', 1000000003, '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', 'o-mismatch', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('v', 1000000004, '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', 'o-ambiguous', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('v', 1000000005, '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', 'o-attribute', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('v', 1000000006, '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', 'o-off', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('v', 1000000007, '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', 'o-unheard', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('v', 1000000008, '2026-01-06 00:20:00', '2026-01-05', '2026-01-06', 'job', 'o-late', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'talk', record_no - 1000000000, 'x' from staging.genesys_conversation where batch_id = 'v';
insert into staging.genesys_participant values
    ('v', 1000000001, '2026-01-06 00:20:00', 'o-agree', 0, null, null, 'customer', null, null, null, null, null),
    ('v', 1000000002, '2026-01-06 00:20:00', 'o-case', 0, null, null, 'customer', null, null, null, null, null),
    ('v', 1000000003, '2026-01-06 00:20:00', 'o-mismatch', 0, null, null, 'customer', null, null, null, null, null),
    ('v', 1000000004, '2026-01-06 00:20:00', 'o-ambiguous', 0, null, null, 'customer', null, null, null, null, null),
    ('v', 1000000005, '2026-01-06 00:20:00', 'o-attribute', 0, null, null, 'customer', null, null, null, null, null),
    ('v', 1000000006, '2026-01-06 00:20:00', 'o-off', 0, null, null, 'customer', null, 'x-ada', null, null, null),
    ('v', 1000000007, '2026-01-06 00:20:00', 'o-unheard', 0, null, null, 'customer', null, 'x-ada', null, null, null),
    ('v', 1000000008, '2026-01-06 00:20:00', 'o-late', 0, null, null, 'customer', null, null, null, null, null);
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, ani, dnis) values
    ('v', 1000000001, '2026-01-06 00:20:00', 'o-agree', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('v', 1000000002, '2026-01-06 00:20:00', 'o-case', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('v', 1000000003, '2026-01-06 00:20:00', 'o-mismatch', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('v', 1000000004, '2026-01-06 00:20:00', 'o-ambiguous', 0, 0, 'voice', 'inbound', 'tel:+13175550102', 'tel:+12025550100'),
    ('v', 1000000005, '2026-01-06 00:20:00', 'o-attribute', 0, 0, 'voice', 'inbound', 'tel:+13175550111', 'tel:+12025550100'),
    ('v', 1000000006, '2026-01-06 00:20:00', 'o-off', 0, 0, 'voice', 'inbound', 'tel:+13175550111', 'tel:+12025550100'),
    ('v', 1000000007, '2026-01-06 00:20:00', 'o-unheard', 0, 0, 'voice', 'inbound', null, null),
    ('v', 1000000008, '2026-01-06 00:20:00', 'o-late', 0, 0, 'voice', 'inbound', 'tel:+13175550111', 'tel:+12025550100');
insert into staging.genesys_attribute values
    ('v', 1000000001, '2026-01-06 00:20:00', 'o-agree', 0, 'sfAccountId', '001A00000000000AAA'),
    ('v', 1000000002, '2026-01-06 00:20:00', 'o-case', 0, 'sfCaseId', '500A00000000000AAA'),
    ('v', 1000000003, '2026-01-06 00:20:00', 'o-mismatch', 0, 'sfAccountId', '001B00000000000AAA'),
    ('v', 1000000004, '2026-01-06 00:20:00', 'o-ambiguous', 0, 'sfAccountId', '001B00000000000AAA'),
    ('v', 1000000005, '2026-01-06 00:20:00', 'o-attribute', 0, 'sfAccountId', '001B00000000000AAA'),
    ('v', 1000000007, '2026-01-06 00:20:00', 'o-unheard', 0, 'sfAccountId', '001B00000000000AAA'),
    ('v', 1000000008, '2026-01-06 00:20:00', 'o-late', 0, 'sfAccountId', '001U00000000000AAA');
insert into staging.phone_number values
    ('v', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550101', '+13175550101'),
    ('v', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550102', '+13175550102'),
    ('v', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550111', '+13175550111');
insert into staging.genesys_external_contact values
    ('v', 1000000001, '2026-01-06 00:20:00', 'x-ada', 'x-ada', null, 'Curated', '003A00000000000AAA', null, null, null);

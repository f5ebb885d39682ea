-- Staging data by hand for links: one section per batch, in the order of extraction. Read by semantics.py.
-- m and o read Salesforce, n and k Genesys Cloud. Of the numbers +13175550101 to 0112: 0101 is Ada's (003A of account 001A); 0102 that of
-- two contacts, written in two ways; 0103 was Max's (003M) until 4 January and is Nora's (003N) since; 0105 is that of 003L, who comes with o;
-- 0106 that of a contact without an account; 0107 that of 003X, whom o merges into Ada; 0108 that of account 001C alone, 0109 of two accounts;
-- 0110 of an account and of a contact of another; 0111 nobody's; 0112 that of a contact of 001V, which comes with o.
-- set: id_prefixes: ,sandbox,sandbox-,prod:,
-- set: match_windows: ,2026-01-02T00:00:00/2026-01-03T00:00:00/2880,2026-01-02T06:00:00/2026-01-02T07:00:00/60,

-- batch: m
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('m', 'x', 1, 1, '2026-01-05 01:00:00');
insert into ops.window_ledger values
    ('m', 'nightly', 'salesforce', 'account', '2000-01-01', '2026-01-05', 1, 'rest', null, 11, 0, 0, 11, 11, 0, null, null, true, 1, '2026-01-05 00:30:00'),
    ('m', 'nightly', 'salesforce', 'contact', '2000-01-01', '2026-01-05', 2, 'rest', null, 9, 0, 0, 9, 9, 0, null, null, true, 1, '2026-01-05 00:30:00'),
    ('m', 'nightly', 'salesforce', 'case', '2000-01-01', '2026-01-05', 3, 'rest', null, 5, 0, 0, 5, 5, 0, null, null, true, 1, '2026-01-05 00:30:00');
insert into staging.salesforce_account values
    ('m', 1000000001, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001A00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('m', 1000000002, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001B00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('m', 1000000003, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001C00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, '(317) 555-0108', '005O1', 'Olga', null, null),
    ('m', 1000000004, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001D00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, '3175550109', '005O1', 'Olga', null, null),
    ('m', 1000000005, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001E00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, '+1 317 555 0109', '005O1', 'Olga', null, null),
    ('m', 1000000006, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001F00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('m', 1000000007, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001G00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('m', 1000000008, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001H00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('m', 1000000009, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001Y00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('m', 1000000010, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001Q00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null),
    ('m', 1000000011, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '001R00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, '317.555.0110', '005O1', 'Olga', null, null);
insert into staging.salesforce_contact values
    ('m', 2000000001, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003A00000000000AAA', null, '001A00000000000AAA', 'Person', null, '+1 317 555 0101', null, null, null),
    ('m', 2000000002, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003B00000000000AAA', null, '001B00000000000AAA', 'Person', null, '(317) 555-0102', null, null, null),
    ('m', 2000000003, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003C00000000000AAA', null, '001C00000000000AAA', 'Person', null, null, '317 555 0102', null, null),
    ('m', 2000000004, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003M00000000000AAA', null, '001A00000000000AAA', 'Person', null, '+1 317 555 0103', null, null, null),
    ('m', 2000000005, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003N00000000000AAA', null, '001B00000000000AAA', 'Person', null, null, null, null, null),
    ('m', 2000000006, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003P00000000000AAA', null, null, 'Person', null, '+1 317 555 0106', null, null, null),
    ('m', 2000000007, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003X00000000000AAA', null, '001A00000000000AAA', 'Person', null, null, '+1 317 555 0107', null, null),
    ('m', 2000000008, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003Q00000000000AAA', null, '001Q00000000000AAA', 'Person', null, '+1 317 555 0110', null, null, null),
    ('m', 2000000009, '2026-01-05 00:30:00', false, '2026-01-01', '2025-01-01', null, '003V00000000000AAA', null, '001V00000000000AAA', 'Person', null, '+1 317 555 0112', null, null, null);
insert into staging.salesforce_case values
    ('m', 3000000001, '2026-01-05 00:30:00', false, '2025-06-01', '2025-06-01', null, '500A00000000000AAA', null, '1', '001A00000000000AAA', '003A00000000000AAA', 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('m', 3000000002, '2026-01-05 00:30:00', false, '2026-01-01 00:05:00', '2026-01-01 00:05:00', null, '500Y00000000000AAA', null, '1', '001Y00000000000AAA', null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('m', 3000000003, '2026-01-05 00:30:00', false, '2026-01-03 23:59:00', '2026-01-03 23:59:00', null, '500F00000000000AAA', null, '1', '001F00000000000AAA', null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('m', 3000000004, '2026-01-05 00:30:00', false, '2026-01-04 09:50:00', '2026-01-04 09:50:00', null, '500G00000000000AAA', null, '1', '001G00000000000AAA', null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('m', 3000000005, '2026-01-05 00:30:00', false, '2026-01-04 12:00:00', '2026-01-04', null, '500Z00000000000AAA', null, '1', '001D00000000000AAA', null, 's', 'Bug', 'New', 'High', null, true, '2026-01-03', null, null);
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'account', timestamp '2000-01-01', timestamp '2026-01-05', record_no, account_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_account where batch_id = 'm'
union all
select batch_id, 'contact', timestamp '2000-01-01', timestamp '2026-01-05', record_no, contact_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_contact where batch_id = 'm'
union all
select batch_id, 'case', timestamp '2000-01-01', timestamp '2026-01-05', record_no, case_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_case where batch_id = 'm';
insert into staging.phone_number values
    ('m', 2000000001, '2026-01-05 00:30:00', '(317) 555-0108', '+13175550108'),
    ('m', 2000000001, '2026-01-05 00:30:00', '3175550109', '+13175550109'),
    ('m', 2000000001, '2026-01-05 00:30:00', '+1 317 555 0109', '+13175550109'),
    ('m', 2000000001, '2026-01-05 00:30:00', '317.555.0110', '+13175550110'),
    ('m', 2000000001, '2026-01-05 00:30:00', '+1 317 555 0101', '+13175550101'),
    ('m', 2000000001, '2026-01-05 00:30:00', '(317) 555-0102', '+13175550102'),
    ('m', 2000000001, '2026-01-05 00:30:00', '317 555 0102', '+13175550102'),
    ('m', 2000000001, '2026-01-05 00:30:00', '+1 317 555 0103', '+13175550103'),
    ('m', 2000000001, '2026-01-05 00:30:00', '+1 317 555 0106', '+13175550106'),
    ('m', 2000000001, '2026-01-05 00:30:00', '+1 317 555 0107', '+13175550107'),
    ('m', 2000000001, '2026-01-05 00:30:00', '+1 317 555 0110', '+13175550110'),
    ('m', 2000000001, '2026-01-05 00:30:00', '+1 317 555 0112', '+13175550112');

-- batch: n
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('n', 'x', 1, 1, '2026-01-06 01:00:00');
insert into ops.window_ledger values
    ('n', 'nightly', 'genesys', 'conversation', '2025-12-31', '2026-01-06', 1, 'job', null, 46, 0, 0, 46, 45, 1, null, null, false, 1, '2026-01-06 00:20:00');
insert into staging.genesys_conversation values
    ('n', 1000000001, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-unique', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000002, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-called', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'outbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000003, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-external', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000004, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-agent', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000005, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-ambiguous', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000006, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-before', '2026-01-03 10:00:00', '2026-01-03 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000007, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-after', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000008, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-late', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000009, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-private', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000010, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-merged', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000011, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-account', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000012, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-accounts', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000013, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-person', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000014, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-nobody', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000015, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'p-unread', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000016, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'a-prefix', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000017, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'a-fifteen', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000018, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'a-kind', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000019, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'a-kind-phone', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000020, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'a-first', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000021, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'a-agree', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000022, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'm-case', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000023, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'm-contact', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000024, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'm-phone', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000025, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'm-external', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000026, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'm-people', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000027, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'e-ambiguous', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000028, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'r-absent', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000029, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'y-before', '2025-12-31 23:55:00', '2026-01-01 00:10:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000030, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'y-edge', '2026-01-01 00:20:00', '2026-01-01 00:25:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000031, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'y-out', '2026-01-01 00:20:01', '2026-01-01 00:25:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000032, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'w-start', '2026-01-02 00:00:00', '2026-01-02 00:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000033, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'w-both', '2026-01-02 06:30:00', '2026-01-02 06:35:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000034, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'w-before', '2026-01-01 23:59:59', '2026-01-02 00:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000035, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'w-end', '2026-01-03 00:00:00', '2026-01-03 00:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000036, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'c-near', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000037, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'c-late', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000038, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'c-none', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000039, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'v-ends-before', '2026-01-05 10:00:00', '2026-01-05 09:00:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000040, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'v-future', '2026-01-05 10:00:00', '2027-01-05 09:00:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000041, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'v-negative', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000042, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'v-mended', '2026-01-05 10:00:00', '2026-01-05 09:00:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000043, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'v-early', '1999-12-31 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000044, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'v-ahead', '2026-02-01 10:00:00', null, 'inbound', null, null, null, null, null, 'voice', 2),
    ('n', 1000000045, '2026-01-06 00:20:00', '2025-12-31', '2026-01-06', 'job', 'v-segment', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'talk', record_no - 1000000000, 'x' from staging.genesys_conversation where batch_id = 'n';
insert into staging.genesys_participant values
    ('n', 1000000001, '2026-01-06 00:20:00', 'p-unique', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000002, '2026-01-06 00:20:00', 'p-called', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000003, '2026-01-06 00:20:00', 'p-external', 0, null, null, 'external', null, null, null, null, null),
    ('n', 1000000004, '2026-01-06 00:20:00', 'p-agent', 0, null, null, 'agent', null, null, null, null, null),
    ('n', 1000000005, '2026-01-06 00:20:00', 'p-ambiguous', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000006, '2026-01-06 00:20:00', 'p-before', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000007, '2026-01-06 00:20:00', 'p-after', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000008, '2026-01-06 00:20:00', 'p-late', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000009, '2026-01-06 00:20:00', 'p-private', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000010, '2026-01-06 00:20:00', 'p-merged', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000011, '2026-01-06 00:20:00', 'p-account', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000012, '2026-01-06 00:20:00', 'p-accounts', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000013, '2026-01-06 00:20:00', 'p-person', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000014, '2026-01-06 00:20:00', 'p-nobody', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000015, '2026-01-06 00:20:00', 'p-unread', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000016, '2026-01-06 00:20:00', 'a-prefix', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000017, '2026-01-06 00:20:00', 'a-fifteen', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000018, '2026-01-06 00:20:00', 'a-kind', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000019, '2026-01-06 00:20:00', 'a-kind-phone', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000020, '2026-01-06 00:20:00', 'a-first', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000021, '2026-01-06 00:20:00', 'a-agree', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000022, '2026-01-06 00:20:00', 'm-case', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000023, '2026-01-06 00:20:00', 'm-contact', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000024, '2026-01-06 00:20:00', 'm-phone', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000025, '2026-01-06 00:20:00', 'm-external', 0, null, null, 'customer', null, 'x-ada', null, null, null),
    ('n', 1000000026, '2026-01-06 00:20:00', 'm-people', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000027, '2026-01-06 00:20:00', 'e-ambiguous', 0, null, null, 'customer', null, 'x-ada', null, null, null),
    ('n', 1000000028, '2026-01-06 00:20:00', 'r-absent', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000029, '2026-01-06 00:20:00', 'y-before', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000030, '2026-01-06 00:20:00', 'y-edge', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000031, '2026-01-06 00:20:00', 'y-out', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000032, '2026-01-06 00:20:00', 'w-start', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000033, '2026-01-06 00:20:00', 'w-both', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000034, '2026-01-06 00:20:00', 'w-before', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000035, '2026-01-06 00:20:00', 'w-end', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000036, '2026-01-06 00:20:00', 'c-near', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000037, '2026-01-06 00:20:00', 'c-late', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000038, '2026-01-06 00:20:00', 'c-none', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000039, '2026-01-06 00:20:00', 'v-ends-before', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000040, '2026-01-06 00:20:00', 'v-future', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000041, '2026-01-06 00:20:00', 'v-negative', 0, null, null, 'agent', null, null, null, null, null),
    ('n', 1000000042, '2026-01-06 00:20:00', 'v-mended', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000043, '2026-01-06 00:20:00', 'v-early', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000044, '2026-01-06 00:20:00', 'v-ahead', 0, null, null, 'customer', null, null, null, null, null),
    ('n', 1000000045, '2026-01-06 00:20:00', 'v-segment', 0, null, null, 'acd', null, null, null, null, null),
    ('n', 1000000045, '2026-01-06 00:20:00', 'v-segment', 1, 'u1', null, 'agent', null, null, null, null, null);
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, ani, dnis) values
    ('n', 1000000001, '2026-01-06 00:20:00', 'p-unique', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('n', 1000000002, '2026-01-06 00:20:00', 'p-called', 0, 0, 'voice', 'outbound', 'tel:+12025550100', 'tel:+13175550101'),
    ('n', 1000000003, '2026-01-06 00:20:00', 'p-external', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('n', 1000000004, '2026-01-06 00:20:00', 'p-agent', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('n', 1000000005, '2026-01-06 00:20:00', 'p-ambiguous', 0, 0, 'voice', 'inbound', 'tel:+13175550102', 'tel:+12025550100'),
    ('n', 1000000006, '2026-01-06 00:20:00', 'p-before', 0, 0, 'voice', 'inbound', 'tel:+13175550103', 'tel:+12025550100'),
    ('n', 1000000007, '2026-01-06 00:20:00', 'p-after', 0, 0, 'voice', 'inbound', 'tel:+13175550103', 'tel:+12025550100'),
    ('n', 1000000008, '2026-01-06 00:20:00', 'p-late', 0, 0, 'voice', 'inbound', 'tel:+13175550105', 'tel:+12025550100'),
    ('n', 1000000009, '2026-01-06 00:20:00', 'p-private', 0, 0, 'voice', 'inbound', 'tel:+13175550106', 'tel:+12025550100'),
    ('n', 1000000010, '2026-01-06 00:20:00', 'p-merged', 0, 0, 'voice', 'inbound', 'tel:+13175550107', 'tel:+12025550100'),
    ('n', 1000000011, '2026-01-06 00:20:00', 'p-account', 0, 0, 'voice', 'inbound', 'tel:+13175550108', 'tel:+12025550100'),
    ('n', 1000000012, '2026-01-06 00:20:00', 'p-accounts', 0, 0, 'voice', 'inbound', 'tel:+13175550109', 'tel:+12025550100'),
    ('n', 1000000013, '2026-01-06 00:20:00', 'p-person', 0, 0, 'voice', 'inbound', 'tel:+13175550110', 'tel:+12025550100'),
    ('n', 1000000014, '2026-01-06 00:20:00', 'p-nobody', 0, 0, 'voice', 'inbound', 'tel:+13175550111', 'tel:+12025550100'),
    ('n', 1000000015, '2026-01-06 00:20:00', 'p-unread', 0, 0, 'voice', 'inbound', '555 0101', 'tel:+12025550100'),
    ('n', 1000000016, '2026-01-06 00:20:00', 'a-prefix', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000017, '2026-01-06 00:20:00', 'a-fifteen', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000018, '2026-01-06 00:20:00', 'a-kind', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000019, '2026-01-06 00:20:00', 'a-kind-phone', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('n', 1000000020, '2026-01-06 00:20:00', 'a-first', 0, 0, 'voice', 'inbound', 'tel:+13175550112', 'tel:+12025550100'),
    ('n', 1000000021, '2026-01-06 00:20:00', 'a-agree', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('n', 1000000022, '2026-01-06 00:20:00', 'm-case', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000023, '2026-01-06 00:20:00', 'm-contact', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000024, '2026-01-06 00:20:00', 'm-phone', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('n', 1000000025, '2026-01-06 00:20:00', 'm-external', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000026, '2026-01-06 00:20:00', 'm-people', 0, 0, 'voice', 'inbound', 'tel:+13175550101', 'tel:+12025550100'),
    ('n', 1000000027, '2026-01-06 00:20:00', 'e-ambiguous', 0, 0, 'voice', 'inbound', 'tel:+13175550102', 'tel:+12025550100'),
    ('n', 1000000028, '2026-01-06 00:20:00', 'r-absent', 0, 0, 'voice', 'inbound', 'tel:+13175550111', 'tel:+12025550100'),
    ('n', 1000000029, '2026-01-06 00:20:00', 'y-before', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000030, '2026-01-06 00:20:00', 'y-edge', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000031, '2026-01-06 00:20:00', 'y-out', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000032, '2026-01-06 00:20:00', 'w-start', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000033, '2026-01-06 00:20:00', 'w-both', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000034, '2026-01-06 00:20:00', 'w-before', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000035, '2026-01-06 00:20:00', 'w-end', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000036, '2026-01-06 00:20:00', 'c-near', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000037, '2026-01-06 00:20:00', 'c-late', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000038, '2026-01-06 00:20:00', 'c-none', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000039, '2026-01-06 00:20:00', 'v-ends-before', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000040, '2026-01-06 00:20:00', 'v-future', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000041, '2026-01-06 00:20:00', 'v-negative', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000042, '2026-01-06 00:20:00', 'v-mended', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000043, '2026-01-06 00:20:00', 'v-early', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000044, '2026-01-06 00:20:00', 'v-ahead', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000045, '2026-01-06 00:20:00', 'v-segment', 0, 0, 'voice', 'inbound', null, null),
    ('n', 1000000045, '2026-01-06 00:20:00', 'v-segment', 1, 0, 'voice', 'inbound', null, null);
-- It waited since 1970, and nobody measured how long.
insert into staging.genesys_segment (
    batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, segment_no, segment_start, segment_end, segment_type, queue_id
) values
    ('n', 1000000045, '2026-01-06 00:20:00', 'v-segment', 0, 0, 0, '1970-01-01', '2026-01-05 10:01:00', 'interact', 'q1'),
    ('n', 1000000045, '2026-01-06 00:20:00', 'v-segment', 1, 0, 0, '2026-01-05 10:01:00', '2036-01-05 10:05:00', 'interact', 'q1');
insert into staging.genesys_attribute values
    ('n', 1000000016, '2026-01-06 00:20:00', 'a-prefix', 0, 'sfAccountId', 'sandbox-001A00000000000AAA'),
    ('n', 1000000017, '2026-01-06 00:20:00', 'a-fifteen', 0, 'sfAccountId', 'prod:001A00000000000'),
    ('n', 1000000018, '2026-01-06 00:20:00', 'a-kind', 0, 'sfAccountId', '003A00000000000AAA'),
    ('n', 1000000019, '2026-01-06 00:20:00', 'a-kind-phone', 0, 'sfCaseId', 'sandbox-001B00000000000AAA'),
    ('n', 1000000020, '2026-01-06 00:20:00', 'a-first', 0, 'sfAccountId', '001V00000000000AAA'),
    ('n', 1000000021, '2026-01-06 00:20:00', 'a-agree', 0, 'sfAccountId', '001A00000000000AAA'),
    ('n', 1000000022, '2026-01-06 00:20:00', 'm-case', 0, 'sfCaseId', '500A00000000000AAA'),
    ('n', 1000000022, '2026-01-06 00:20:00', 'm-case', 0, 'sfAccountId', '001B00000000000AAA'),
    ('n', 1000000023, '2026-01-06 00:20:00', 'm-contact', 0, 'sfContactId', '003B00000000000AAA'),
    ('n', 1000000023, '2026-01-06 00:20:00', 'm-contact', 0, 'sfAccountId', '001A00000000000AAA'),
    ('n', 1000000024, '2026-01-06 00:20:00', 'm-phone', 0, 'sfAccountId', '001B00000000000AAA'),
    ('n', 1000000025, '2026-01-06 00:20:00', 'm-external', 0, 'sfAccountId', '001B00000000000AAA'),
    ('n', 1000000026, '2026-01-06 00:20:00', 'm-people', 0, 'sfContactId', '003B00000000000AAA'),
    ('n', 1000000028, '2026-01-06 00:20:00', 'r-absent', 0, 'sfAccountId', '001U00000000000AAA'),
    ('n', 1000000029, '2026-01-06 00:20:00', 'y-before', 0, 'sfAccountId', '001Y00000000000AAA'),
    ('n', 1000000030, '2026-01-06 00:20:00', 'y-edge', 0, 'sfAccountId', '001Y00000000000AAA'),
    ('n', 1000000031, '2026-01-06 00:20:00', 'y-out', 0, 'sfAccountId', '001Y00000000000AAA'),
    ('n', 1000000032, '2026-01-06 00:20:00', 'w-start', 0, 'sfAccountId', '001F00000000000AAA'),
    ('n', 1000000033, '2026-01-06 00:20:00', 'w-both', 0, 'sfAccountId', '001F00000000000AAA'),
    ('n', 1000000034, '2026-01-06 00:20:00', 'w-before', 0, 'sfAccountId', '001F00000000000AAA'),
    ('n', 1000000035, '2026-01-06 00:20:00', 'w-end', 0, 'sfAccountId', '001F00000000000AAA'),
    ('n', 1000000036, '2026-01-06 00:20:00', 'c-near', 0, 'sfAccountId', '001G00000000000AAA'),
    ('n', 1000000037, '2026-01-06 00:20:00', 'c-late', 0, 'sfAccountId', '001H00000000000AAA'),
    ('n', 1000000038, '2026-01-06 00:20:00', 'c-none', 0, 'sfAccountId', '001B00000000000AAA');
insert into staging.phone_number values
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550101', '+13175550101'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550102', '+13175550102'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550103', '+13175550103'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550105', '+13175550105'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550106', '+13175550106'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550107', '+13175550107'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550108', '+13175550108'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550109', '+13175550109'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550110', '+13175550110'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550111', '+13175550111'),
    ('n', 1000000001, '2026-01-06 00:20:00', 'tel:+13175550112', '+13175550112');
insert into staging.genesys_external_contact values
    ('n', 1000000001, '2026-01-06 00:20:00', 'x-ada', 'x-ada', null, 'Curated', '003A00000000000AAA', null, null, null);
insert into staging.genesys_metric values
    ('n', 1000000041, '2026-01-06 00:20:00', 'v-negative', 0, 0, 0, 'tTalkComplete', -5, null),
    ('n', 1000000045, '2026-01-06 00:20:00', 'v-segment', 1, 0, 0, 'tTalkComplete', 60000, '2026-01-05 10:05:00'),
    ('n', 1000000041, '2026-01-06 00:20:00', 'v-negative', 0, 0, 1, 'tAcw', 10, null);
insert into staging.quarantine values
    ('n', 1000000099, '2026-01-06 00:20:00', 'genesys', 'conversation', '2025-12-31', '2026-01-06', 'q-mended', 'too_long', 'd', 'talk', 99, 'y');

-- batch: o
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('o', 'x', 1, 1, '2026-01-10 01:00:00');
insert into ops.window_ledger values
    ('o', 'nightly', 'salesforce', 'account', '2026-01-05', '2026-01-10', 1, 'rest', null, 1, 0, 0, 1, 1, 0, null, null, true, 1, '2026-01-10 00:30:00'),
    ('o', 'nightly', 'salesforce', 'contact', '2026-01-05', '2026-01-10', 2, 'rest', null, 4, 0, 0, 4, 4, 0, null, null, true, 1, '2026-01-10 00:30:00'),
    ('o', 'nightly', 'salesforce', 'case', '2026-01-05', '2026-01-10', 3, 'rest', null, 5, 0, 0, 5, 5, 0, null, null, true, 1, '2026-01-10 00:30:00');
insert into staging.salesforce_account values
    ('o', 1000000001, '2026-01-10 00:30:00', false, '2026-01-08', '2025-01-01', null, '001V00000000000AAA', null, 'Firm', null, 'Retail', 'gold', null, null, '005O1', 'Olga', null, null);
insert into staging.salesforce_contact values
    ('o', 2000000001, '2026-01-10 00:30:00', false, '2026-01-04 12:00:00', '2025-01-01', null, '003M00000000000AAA', null, '001A00000000000AAA', 'Person', null, '+1 317 555 0104', null, null, null),
    ('o', 2000000002, '2026-01-10 00:30:00', false, '2026-01-04 13:00:00', '2025-01-01', null, '003N00000000000AAA', null, '001B00000000000AAA', 'Person', null, '+1 317 555 0103', null, null, null),
    ('o', 2000000003, '2026-01-10 00:30:00', false, '2026-01-07', '2026-01-02', null, '003L00000000000AAA', null, '001B00000000000AAA', 'Person', null, '+1 317 555 0105', null, null, null),
    ('o', 2000000004, '2026-01-10 00:30:00', true, '2026-01-07', '2025-01-01', null, '003X00000000000AAA', '003A00000000000AAA', '001A00000000000AAA', 'Person', null, null, '+1 317 555 0107', null, null);
insert into staging.salesforce_case values
    ('o', 3000000001, '2026-01-10 00:30:00', false, '2026-01-07', '2026-01-05 10:05:00', null, '500H00000000000AAA', null, '1', '001H00000000000AAA', null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('o', 3000000002, '2026-01-10 00:30:00', false, '2026-01-07', '2026-01-05 10:04:00', null, '500I00000000000AAA', null, '1', '001G00000000000AAA', null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('o', 3000000003, '2026-01-10 00:30:00', false, '2026-01-07', '2026-01-05 09:59:00', null, '500J00000000000AAA', null, '1', '001G00000000000AAA', null, 's', 'Bug', 'New', 'High', null, false, null, null, null),
    ('o', 3000000004, '2026-01-10 00:30:00', false, '2026-01-07', '2026-01-04', null, '500Z00000000000AAA', null, '1', '001D00000000000AAA', null, 's', 'Bug', 'New', 'High', null, true, '2026-01-05', null, null),
    ('o', 3000000005, '2026-01-10 00:30:00', false, '2026-01-07', '2026-01-06', null, '500W00000000000AAA', null, '1', '001D00000000000AAA', null, 's', 'Bug', 'New', 'High', null, true, '2026-01-05', null, null);
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'account', timestamp '2026-01-05', timestamp '2026-01-10', record_no, account_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_account where batch_id = 'o'
union all
select batch_id, 'contact', timestamp '2026-01-05', timestamp '2026-01-10', record_no, contact_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_contact where batch_id = 'o'
union all
select batch_id, 'case', timestamp '2026-01-05', timestamp '2026-01-10', record_no, case_id, extracted_at, 'crm', record_no, 'x' from staging.salesforce_case where batch_id = 'o';
insert into staging.phone_number values
    ('o', 2000000001, '2026-01-10 00:30:00', '+1 317 555 0103', '+13175550103'),
    ('o', 2000000001, '2026-01-10 00:30:00', '+1 317 555 0104', '+13175550104'),
    ('o', 2000000001, '2026-01-10 00:30:00', '+1 317 555 0105', '+13175550105'),
    ('o', 2000000001, '2026-01-10 00:30:00', '+1 317 555 0107', '+13175550107');

-- batch: k
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('k', 'x', 1, 1, '2026-01-12 01:00:00');
insert into ops.window_ledger values
    ('k', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-12', 1, 'job', null, 3, 0, 0, 3, 3, 0, null, null, false, 1, '2026-01-12 00:20:00');
insert into staging.genesys_conversation values
    ('k', 1000000001, '2026-01-12 00:20:00', '2026-01-05', '2026-01-12', 'job', 'v-mended', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('k', 1000000002, '2026-01-12 00:20:00', '2026-01-05', '2026-01-12', 'job', 'r-late', '2026-01-11 10:00:00', '2026-01-11 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2),
    ('k', 1000000003, '2026-01-12 00:20:00', '2026-01-05', '2026-01-12', 'job', 'q-mended', '2026-01-05 10:00:00', '2026-01-05 10:05:00', 'inbound', null, null, null, null, null, 'voice', 2);
insert into "raw".genesys_conversation (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, 'conversation', window_start, window_end, record_no, conversation_id, extracted_at, 'talk', record_no - 1000000000, 'x' from staging.genesys_conversation where batch_id = 'k';
insert into staging.genesys_participant values
    ('k', 1000000001, '2026-01-12 00:20:00', 'v-mended', 0, null, null, 'customer', null, null, null, null, null),
    ('k', 1000000002, '2026-01-12 00:20:00', 'r-late', 0, null, null, 'customer', null, null, null, null, null),
    ('k', 1000000003, '2026-01-12 00:20:00', 'q-mended', 0, null, null, 'customer', null, null, null, null, null);
insert into staging.genesys_session (batch_id, record_no, extracted_at, conversation_id, participant_no, session_no, media_type, direction, ani, dnis) values
    ('k', 1000000001, '2026-01-12 00:20:00', 'v-mended', 0, 0, 'voice', 'inbound', null, null),
    ('k', 1000000002, '2026-01-12 00:20:00', 'r-late', 0, 0, 'voice', 'inbound', null, null),
    ('k', 1000000003, '2026-01-12 00:20:00', 'q-mended', 0, 0, 'voice', 'inbound', null, null);
insert into staging.genesys_attribute values
    ('k', 1000000002, '2026-01-12 00:20:00', 'r-late', 0, 'sfAccountId', '001U00000000000AAA');

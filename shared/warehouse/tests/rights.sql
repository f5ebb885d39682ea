-- Staging data by hand for lists of ids that miss much at once: one section per batch, in the order of extraction. Read by semantics.py.
-- Numbers 1 to … are the records of an object. n's lists miss: 21 accounts of 50, 20 contacts of 100, 21 cases of 500, 21 opportunities of 50.
-- o's lists miss: accounts 1 and 2 of those, the same opportunities and one more.

-- batch: m
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('m', 'x', 1, 1, '2026-01-06 01:00:00');
insert into ops.window_ledger values
    ('m', 'nightly', 'salesforce', 'account', '2000-01-01', '2026-01-06', 1, 'bulk', 50, 50, 0, 0, 50, 50, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('m', 'nightly', 'salesforce', 'contact', '2000-01-01', '2026-01-06', 2, 'bulk', 100, 100, 0, 0, 100, 100, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('m', 'nightly', 'salesforce', 'case', '2000-01-01', '2026-01-06', 3, 'bulk', 500, 500, 0, 0, 500, 500, 0, null, null, true, 1, '2026-01-06 00:30:00'),
    ('m', 'nightly', 'salesforce', 'opportunity', '2000-01-01', '2026-01-06', 4, 'bulk', 50, 50, 0, 0, 50, 50, 0, null, null, true, 1, '2026-01-06 00:30:00');
insert into staging.salesforce_account
select 'm', 1000000000 + n, timestamp '2026-01-06 00:30:00', false, timestamp '2025-06-01', timestamp '2025-01-01', null, '001' || lpad(n::text, 12, '0') || 'AAA', null, 'a', null,
    null, null, null, null, null, null, null, null
from generate_series(1, 50) as n;
insert into staging.salesforce_contact
select 'm', 2000000000 + n, timestamp '2026-01-06 00:30:00', false, timestamp '2025-06-01', timestamp '2025-01-01', null, '003' || lpad(n::text, 12, '0') || 'AAA', null, null, 'c', null,
    null, null, null, null
from generate_series(1, 100) as n;
insert into staging.salesforce_case
select 'm', 3000000000 + n, timestamp '2026-01-06 00:30:00', false, timestamp '2025-06-01', timestamp '2025-01-01', null, '500' || lpad(n::text, 12, '0') || 'AAA', null, '1', null, null,
    's', null, 'New', null, null, false, null, null, null
from generate_series(1, 500) as n;
insert into staging.salesforce_opportunity
select 'm', 4000000000 + n, timestamp '2026-01-06 00:30:00', false, timestamp '2025-06-01', timestamp '2025-01-01', null, '006' || lpad(n::text, 12, '0') || 'AAA', null, 'o', 'Open', 5.00,
    null, false, false, null, null, null
from generate_series(1, 50) as n;
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select 'm', o.object, '2000-01-01', '2026-01-06', o.window_no * bigint '1000000000' + n, 'x', '2026-01-06 00:30:00', 'k', 1, 'x'
from (values ('account', 1, 50), ('contact', 2, 100), ('case', 3, 500), ('opportunity', 4, 50)) as o (object, window_no, records)
cross join generate_series(1, o.records) as n;

-- batch: n
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('n', 'x', 1, 1, '2026-01-08 01:00:00');
insert into staging.salesforce_id
select 'n', o.window_no * bigint '1000000000' + n, timestamp '2026-01-08 00:30:00', o.object, o.prefix || lpad(n::text, 12, '0') || 'AAA', false, timestamp '2025-01-01'
from (values ('account', '001', 1, 50, 21), ('contact', '003', 2, 100, 20), ('case', '500', 3, 500, 21), ('opportunity', '006', 4, 50, 21))
    as o (object, prefix, window_no, records, missing)
cross join generate_series(o.missing + 1, o.records) as n;
insert into ops.window_ledger
select
    batch_id, 'nightly', 'salesforce', object || '_ids', timestamp '2000-01-01', timestamp '2026-01-08', (record_no - 1) / 1000000000, 'bulk', count(*), count(*), 0, 0, count(*),
    count(*), 0, null, null, true, 1, max(extracted_at)
from staging.salesforce_id where batch_id = 'n' group by batch_id, object, (record_no - 1) / 1000000000;
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, object || '_ids', timestamp '2000-01-01', timestamp '2026-01-08', record_no, record_id, extracted_at, 'k', 1, 'x' from staging.salesforce_id where batch_id = 'n';

-- batch: o
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('o', 'x', 1, 1, '2026-01-15 01:00:00');
insert into staging.salesforce_id
select 'o', o.window_no * bigint '1000000000' + n, timestamp '2026-01-15 00:30:00', o.object, o.prefix || lpad(n::text, 12, '0') || 'AAA', false, timestamp '2025-01-01'
from (values ('account', '001', 1, 50, 2), ('opportunity', '006', 2, 50, 22)) as o (object, prefix, window_no, records, missing)
cross join generate_series(o.missing + 1, o.records) as n;
insert into ops.window_ledger
select
    batch_id, 'nightly', 'salesforce', object || '_ids', timestamp '2000-01-01', timestamp '2026-01-15', (record_no - 1) / 1000000000, 'bulk', count(*), count(*), 0, 0, count(*),
    count(*), 0, null, null, true, 1, max(extracted_at)
from staging.salesforce_id where batch_id = 'o' group by batch_id, object, (record_no - 1) / 1000000000;
insert into "raw".salesforce_record (batch_id, object, window_start, window_end, record_no, natural_id, extracted_at, object_key, line, sha256)
select batch_id, object || '_ids', timestamp '2000-01-01', timestamp '2026-01-15', record_no, record_id, extracted_at, 'k', 1, 'x' from staging.salesforce_id where batch_id = 'o';

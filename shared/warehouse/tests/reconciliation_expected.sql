-- What both sides say once the batches a, b and c are merged, in whatever order. Each query returns the rows that break its rule.
-- breach: b: join_rate: there is no customer here
-- breach: c: join_rate: the same
-- breach: c: variance: a conversation and a case that the sources count are not here
-- breach: c: window_left_out: the aggregates of 11 January

-- expect: queues: figures, and what they prove
select e.*, f.*
from (
    values
    (date '2026-01-04', 'Sales, voice', 'queue_offered', 1, 1, 'agrees', null),
    (date '2026-01-04', 'Sales, voice', 'queue_handled', 0, 0, 'agrees', null),
    (date '2026-01-04', 'Sales, voice', 'queue_handle_ms', 0, 0, 'agrees', null),
    (date '2026-01-05', 'Sales, voice', 'queue_offered', 1, 1, 'agrees', null),
    (date '2026-01-05', 'Sales, voice', 'queue_handled', 3, 3, 'agrees', null),
    (date '2026-01-05', 'Sales, voice', 'queue_handle_ms', 1260000, 1260000, 'agrees', null),
    (date '2026-01-05', 'Service, message', 'queue_offered', 1, 1, 'agrees', null),
    (date '2026-01-05', 'Service, message', 'queue_handled', 0, 0, 'agrees', null),
    (date '2026-01-05', 'Service, message', 'queue_handle_ms', 0, 0, 'agrees', null),
    (date '2026-01-05', 'Sales, chat', 'queue_offered', 1, 0, 'not_comparable', 'records were refused'),
    (date '2026-01-05', 'Sales, chat', 'queue_handled', 0, 0, 'agrees', null),
    (date '2026-01-05', 'Sales, chat', 'queue_handle_ms', 0, 0, 'agrees', null),
    (date '2026-01-12', 'Sales, voice', 'queue_offered', 3, 2, 'differs', 'nothing that is known'),
    (date '2026-01-12', 'Sales, voice', 'queue_handled', 2, 2, 'agrees', null),
    (date '2026-01-12', 'Sales, voice', 'queue_handle_ms', 3000, 3000, 'agrees', null),
    (date '2026-01-12', 'Service, message', 'queue_offered', 1, 0, 'not_comparable', 'conversations were still open'),
    -- One open conversation does not explain two that are missing.
    (date '2026-01-12', 'Service, message', 'queue_handled', 2, 0, 'differs', 'nothing that is known'),
    (date '2026-01-12', 'Service, message', 'queue_handle_ms', 900, 0, 'differs', 'nothing that is known'),
    (date '2026-01-16', 'Sales, voice', 'queue_offered', 2, 1, 'not_comparable', 'not final yet'),
    (date '2026-01-16', 'Sales, voice', 'queue_handled', 0, 1, 'not_comparable', 'not final yet'),
    (date '2026-01-16', 'Sales, voice', 'queue_handle_ms', 0, 1500, 'not_comparable', 'not final yet')
) as e (compared_date, subject, comparison, source_figure, our_figure, verdict, reason)
full join (select * from mart.reconciliation where comparison like 'queue%') as f
    on f.compared_date = e.compared_date and f.subject = e.subject and f.comparison = e.comparison
where not coalesce(
    f.source_figure = e.source_figure and f.our_figure = e.our_figure and f.verdict = e.verdict
    and coalesce(f.reason, '') like coalesce(e.reason, '') || '%' and (f.reason is null) = (e.reason is null), false);

-- expect: cases: as of the count, those that are gone or deleted on neither side, a day without cases without a rate
select e.*, f.*
from (
    values
    (date '2026-01-05', 2, 2, 2, 2, 100.0, 1, null),
    (date '2026-01-12', 2, 1, 0, 0, 0.0, 0, null),
    (date '2026-01-13', 0, 0, 0, 0, null, 0, null),
    (date '2026-01-16', 1, 1, 1, 0, 100.0, 0, 'a case of the day has changed')
) as e (compared_date, source_created, our_created, source_closed, our_closed, rate, gone, obstacle)
full join mart.case_figures as f on f.compared_date = e.compared_date
where not coalesce(
    f.source_created = e.source_created and f.our_created = e.our_created and f.source_closed = e.source_closed and f.our_closed = e.our_closed
    and coalesce(f.source_resolution_percent, -1) = coalesce(e.rate, -1) and f.gone_cases = e.gone
    and coalesce(f.obstacle, '') like coalesce(e.obstacle, '') || '%' and (f.obstacle is null) = (e.obstacle is null), false);

-- expect: variance: a share of the source's figure, none of nothing
select * from mart.reconciliation
where
    subject = 'Case' and compared_date = '2026-01-12' and comparison = 'cases_created' and (variance_percent <> 50 or verdict <> 'differs')
    or subject = 'Case' and compared_date = '2026-01-13' and (variance_percent is not null or verdict = 'differs')
    or subject = 'Sales, voice' and compared_date = '2026-01-12' and comparison = 'queue_offered' and variance_percent <> 33.3333
    or subject = 'Sales, voice' and compared_date = '2026-01-16' and comparison = 'queue_handled' and variance_percent <> 100;

-- expect: windows: one row each, all close but the one that was left out
select window_ledger.batch_id, window_ledger.object, reconciliation.*
from ops.window_ledger
left join mart.reconciliation
    on reconciliation.comparison = 'window' and window_ledger.batch_id = reconciliation.batch_id
    and window_ledger.source || ' ' || window_ledger.object = reconciliation.subject and window_ledger.window_start = reconciliation.window_start
    and window_ledger.window_end = reconciliation.window_end
where reconciliation.verdict is distinct from case when window_ledger.mode = 'left_out' then 'not_comparable' else 'agrees' end
    or window_ledger.mode <> 'left_out' and reconciliation.source_figure <> reconciliation.our_figure;

-- given: a filter that names more than queues and media types compares nothing
update curated.queue_source_figure set filter_kind = 'other';
select * from mart.reconciliation where comparison like 'queue%' and verdict <> 'not_comparable';

-- given: a filter of queues leaves the others out of the aggregates, and compares the rest
update curated.queue_source_figure set filter_kind = 'sessions';
delete from curated.queue_source_figure where queue_id = 'q2';
select * from mart.reconciliation where comparison like 'queue%' and (queue_id = 'q2' and verdict <> 'not_comparable' or queue_id = 'q1' and compared_date = '2026-01-04' and verdict <> 'agrees');

-- given: a refused record of the aggregates may be the queue that they lack
delete from curated.queue_source_figure where queue_id = 'q1' and media_type = 'voice' and counted_date = '2026-01-12';
update curated.queue_source_figure set refused_rows = 1;
select * from mart.reconciliation where comparison like 'queue%' and subject = 'Sales, voice' and compared_date = '2026-01-12' and verdict <> 'not_comparable';

-- given: a queue that the aggregates lack differs wholly
delete from curated.queue_source_figure where queue_id = 'q1' and media_type = 'voice' and counted_date = '2026-01-12';
select 'no difference' where not exists (select 1 from mart.reconciliation
    where comparison = 'queue_offered' and subject = 'Sales, voice' and compared_date = '2026-01-12' and verdict = 'differs' and variance_percent = 100);

-- given: what was not read is no zero
delete from curated.queue_source_figure where counted_date = '2026-01-05';
select * from mart.reconciliation where comparison like 'queue%' and compared_date = '2026-01-05' and (source_figure is not null or verdict <> 'not_comparable');

-- given: a window whose conversations were left out takes our figure of the day away
update ops.window_ledger set mode = 'left_out' where batch_id = 'b' and window_no = 3;
delete from ops.window_ledger where batch_id = 'a' and object = 'conversation';
select * from mart.reconciliation where comparison like 'queue%' and compared_date = '2026-01-05' and (our_figure is not null or verdict <> 'not_comparable');

-- given: without the day before, only a job that found nothing older can do
update ops.window_ledger set out_of_window_rows = 1 where batch_id = 'b' and window_no = 1;
update curated.queue_source_figure set offered = offered + 1 where counted_date = '2026-01-04';
select * from mart.reconciliation where comparison = 'queue_offered' and compared_date = '2026-01-04' and reason not like 'conversations that began on one of the three days before%';

-- given: a day of which not all of the three days before have been read for good compares nothing, and with them it does
update ops.window_ledger set out_of_window_rows = 1 where batch_id = 'c' and window_no in (1, 2);
insert into ops.window_ledger
select 'c', 'nightly', 'genesys', 'conversation', '2026-01-10', '2026-01-11', 110, 'job', null, 1, 1, 0, 0, 0, 0, 0, 0, true, 3, '2026-01-17 02:00:00';
select 'compared' where not exists (select 1 from mart.reconciliation
    where comparison = 'queue_offered' and subject = 'Sales, voice' and compared_date = '2026-01-12' and verdict = 'not_comparable' and reason like '%three days before%');
insert into ops.window_ledger
select 'c', 'nightly', 'genesys', 'conversation', '2026-01-09', '2026-01-10', 109, 'job', null, 1, 1, 0, 0, 0, 0, 0, 0, true, 3, '2026-01-17 02:00:00';
select 'not compared' where not exists (select 1 from mart.reconciliation
    where comparison = 'queue_offered' and subject = 'Sales, voice' and compared_date = '2026-01-12' and verdict = 'differs');

-- given: of three days before, one that begins the data will do
update ops.window_ledger set out_of_window_rows = 1 where batch_id = 'c' and window_no in (1, 2);
insert into ops.window_ledger
select 'c', 'nightly', 'genesys', 'conversation', '2026-01-10', '2026-01-11', 110, 'job', null, 0, 0, 0, 0, 0, 0, 0, 0, true, 3, '2026-01-17 02:00:00';
select 'not compared' where not exists (select 1 from mart.reconciliation
    where comparison = 'queue_offered' and subject = 'Sales, voice' and compared_date = '2026-01-12' and verdict = 'differs');

-- given: a refused record that was taken since excuses nothing
update curated.quarantine set resolved_at = '2026-02-01';
select 'excused' where not exists (select 1 from mart.reconciliation
    where comparison = 'queue_offered' and subject = 'Sales, chat' and verdict = 'differs' and variance_percent = 100);

-- given: nor does one that the newest reading of the hours has not refused, however their windows were cut
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at, merged_at) values ('x', 'x', 1, 1, '2026-02-01 03:00:00', '2026-02-01 04:00:00');
insert into ops.window_ledger values
    ('x', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'job', null, 2, 0, 0, 2, 2, 0, 2, 0, true, 3, '2026-02-01 02:00:00');
select 'excused' where not exists (select 1 from mart.reconciliation
    where comparison = 'queue_offered' and subject = 'Sales, chat' and verdict = 'differs' and variance_percent = 100);

-- given: a conversation that nobody has closed for a month after it was last read excuses nothing
update curated.queue_emission set read_at = '2025-12-12 23:00:00' where is_open;
select 'excused' where not exists (select 1 from mart.reconciliation
    where comparison = 'queue_offered' and subject = 'Service, message' and compared_date = '2026-01-12' and verdict = 'differs');
update curated.queue_emission set read_at = '2025-12-13 00:00:00' where is_open;
select 'not excused' where not exists (select 1 from mart.reconciliation
    where comparison = 'queue_offered' and subject = 'Service, message' and compared_date = '2026-01-12' and verdict = 'not_comparable');

-- given: an open conversation excuses no more handle time than ten times its share
insert into curated.queue_emission values
    ('k9', '2026-01-11', '2026-01-11', null, 'voice', 0, 0, 0, true, '2026-01-12 02:00:00', 'x'),
    ('k8', '2026-01-12', '2026-01-12', 'q1', 'voice', 0, 998, 1497000, false, '2026-01-17 02:00:00', 'x');
update curated.queue_source_figure set handled = 1001, handle_ms = 1514000 where queue_id = 'q1' and media_type = 'voice' and counted_date = '2026-01-12';
select comparison, our_figure, source_figure, verdict from mart.reconciliation
where subject = 'Sales, voice' and compared_date = '2026-01-12' and comparison in ('queue_handled', 'queue_handle_ms')
    and (verdict <> 'not_comparable' or reason not like 'conversations were still open%');
update curated.queue_source_figure set handle_ms = 3000000 where queue_id = 'q1' and media_type = 'voice' and counted_date = '2026-01-12';
select comparison, our_figure, source_figure, verdict from mart.reconciliation
where subject = 'Sales, voice' and compared_date = '2026-01-12' and comparison in ('queue_handled', 'queue_handle_ms')
    and verdict <> case when comparison = 'queue_handled' then 'not_comparable' else 'differs' end;

-- given: a case refused on the day or later excuses one that is missing, until it is taken
insert into curated.quarantine (quarantine_key, source, object, record_ref, reason, detail, first_seen_at, last_seen_at, first_batch_id, last_batch_id, times)
values ('r', 'salesforce', 'case', 'r', 'bad_time', 'd', '2026-01-13 02:00:00', '2026-01-13 02:00:00', 'x', 'x', 1);
select 'not excused' where not exists (select 1 from mart.reconciliation
    where comparison = 'cases_created' and compared_date = '2026-01-12' and verdict = 'not_comparable' and reason like 'records were refused%');
update curated.quarantine set resolved_at = '2026-01-14' where record_ref = 'r';
select 'excused' where not exists (select 1 from mart.reconciliation where comparison = 'cases_created' and compared_date = '2026-01-12' and verdict = 'differs');
update curated.quarantine set resolved_at = null, first_seen_at = '2026-01-11 23:00:00' where record_ref = 'r';
select 'excused' where not exists (select 1 from mart.reconciliation where comparison = 'cases_created' and compared_date = '2026-01-12' and verdict = 'differs');

-- given: one refused case excuses one that was closed, and the percentage if both counts are excused
insert into curated.quarantine (quarantine_key, source, object, record_ref, reason, detail, first_seen_at, last_seen_at, first_batch_id, last_batch_id, times)
values ('r', 'salesforce', 'case', 'r', 'bad_time', 'd', '2026-01-13 02:00:00', '2026-01-13 02:00:00', 'x', 'x', 1);
update staging.salesforce_case_count set is_closed = true where batch_id = 'c' and record_no = 9000000001;
select comparison, source_figure, our_figure, verdict from mart.reconciliation
where subject = 'Case' and compared_date = '2026-01-12' and verdict <> case when comparison = 'cases_created' then 'not_comparable' else 'differs' end;
insert into staging.salesforce_case_count values ('c', 9000000004, '2026-01-17 02:00:00', '2026-01-12', false, false, 1, '2026-01-12 10:00:00');
update staging.salesforce_case_count set cases = 1 where batch_id = 'c' and record_no = 9000000001;
select comparison, source_figure, our_figure, verdict from mart.reconciliation where subject = 'Case' and compared_date = '2026-01-12' and verdict <> 'not_comparable';

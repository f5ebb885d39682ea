-- What the tables hold once the batches i, p, q and r are merged, in whatever order. Each query returns the rows that break its rule.
-- breach: i: window_left_out: attributes of an hour
-- breach: p: window_left_out: adherence, surveys, queues, a history and a list of ids
-- breach: q: window_left_out: adherence once more, and a lookup
-- breach: r: window_left_out: a part of a history that is here already
-- breach: q: api_count: the list of contacts is shorter than the source says
-- breach: q: ids_listed: the list of cases is empty while a case is open
-- breach: q: salesforce_holes: 003Y is listed and was never read
-- breach: q: refused: the only account that was asked for had no answer
-- breach: r: salesforce_holes: 001W is new, 001U had no answer
-- breach: r: join_rate: two of four have no attributes
-- breach: r: salesforce_holes_stay: 001M was asked for and is still missing

-- expect: conversations: links, scores and settledness follow the newest of what came, together or by itself
select e.*, f.*
from (
    values
    ('l-live', 'attribute_account', '001G00000000000AAA', cast(null as bigint), cast(null as bigint), cast(null as bigint), false, true),
    ('l-both', 'attribute_account', '001H00000000000AAA', null, null, null, false, false),
    ('l-eval', 'attribute_account', '001H00000000000AAA', 95, null, null, true, false),
    ('l-plain', null, null, null, null, null, true, false),
    ('l-gone', 'attribute_account', '001Z00000000000AAA', null, null, null, true, false),
    ('l-later', null, null, null, 88, 9, false, false)
) as e (id, method, account_id, qa, csat, nps, settled, escalated)
full join mart.unified_interactions as f on f.conversation_id = e.id
where e.id is null or f.conversation_id is null or f.link_method is distinct from e.method or f.crm_account_id is distinct from e.account_id
    or f.qa_score is distinct from e.qa or f.csat_score is distinct from e.csat or f.nps is distinct from e.nps
    or f.is_settled <> e.settled or f.was_escalated <> e.escalated;

-- expect: purged: what two complete lists miss is gone since the first one; nothing else is
select e.*, d.*
from (
    values ('account', '001Z00000000000AAA', timestamp '2026-01-08 00:30:00', 'q'), ('opportunity', '006Z00000000000AAA', timestamp '2026-01-08 00:30:00', 'q')
) as e (object, id, purged_at, batch_id)
full join curated.salesforce_purged as d on d.record_id = e.id and d.object = e.object
where e.id is null or d.record_id is null or d.purged_at <> e.purged_at or d.batch_id <> e.batch_id;

-- expect: history: what Salesforce keeps restores the versions before the first one read. A change that no version knows yet waits
select e.*, d.*
from (
    values
    (timestamp '2025-01-01', timestamp '2025-03-01', cast(null as text), '005A00000000000AAA', 'Ann'),
    (timestamp '2025-03-01', timestamp '2025-04-01', 'silver', '005A00000000000AAA', 'Ann'),
    (timestamp '2025-04-01', timestamp '2025-06-01', 'silver', null, null),
    (timestamp '2025-06-01', timestamp '9999-12-31', 'gold', null, null)
) as e (valid_from, valid_to, tier, owner_id, owner_name)
full join (select * from curated.dim_salesforce_account where account_id like '001G%') as d on d.valid_from = e.valid_from
where e.valid_from is null or d.valid_from is null or d.valid_to <> e.valid_to or d.customer_tier is distinct from e.tier
    or d.owner_id is distinct from e.owner_id or d.owner_name is distinct from e.owner_name or d.account_name not like '001G%';

-- expect: case_history: the same for a case, whose earlier version begins with its creation
select e.*, d.*
from (values (timestamp '2025-01-01', 'Open'), (timestamp '2025-02-01', 'New')) as e (valid_from, status)
full join curated.dim_salesforce_case as d on d.valid_from = e.valid_from
where e.valid_from is null or d.valid_from is null or d.case_status <> e.status;

-- expect: closed: 001Z ends with the list that misses it, all others are open
select account_id, valid_to, is_current, close_reason from curated.dim_salesforce_account
where (account_id like '001Z%') <> coalesce(close_reason = 'deleted' and not is_current and valid_to = '2026-01-08 00:30:00', false)
    or (account_id not like '001Z%' and is_latest and not is_current);

-- expect: others_stay: a short list and an empty one purge nothing; an opportunity that is gone counts nowhere and keeps its values
select 'contact' as object from curated.dim_salesforce_contact where is_latest and not is_current
union all select 'case' from curated.dim_salesforce_case where is_latest and not is_current
union all select opportunity_id from curated.salesforce_opportunity where is_deleted <> (opportunity_id like '006Z%') or amount <> 5
union all select 'all of them' from (select count(*) as found from curated.salesforce_opportunity) as o where o.found <> 2;

-- expect: holes: 001M was asked for in vain, 001U had no answer, 001W is new; 001L came after all; the list of contacts names one that nobody has
select e.*, h.*
from (
    values
    ('001M00000000000AAA', true, false, false), ('001U00000000000AAA', true, true, false), ('001W00000000000AAA', false, false, false),
    ('003Y00000000000AAA', false, false, true)
) as e (id, asked, unavailable, deleted)
full join mart.salesforce_hole as h on h.record_id = e.id
where e.id is null or h.record_id is null or h.was_asked <> e.asked or h.is_unavailable <> e.unavailable or h.is_deleted <> e.deleted;

-- expect: completeness: the settled reading stands for the first day, the provisional hours inside it count nowhere, 6 January is a gap
select e.*, c.*
from (
    values
    ('conversation', date '2026-01-05', 1, 1, 3, false, true, cast(null as bigint)),
    ('conversation', date '2026-01-07', 1, 0, 1, true, false, null),
    ('user_aggregate', date '2026-01-05', 1, 0, 1, false, false, null),
    ('user_aggregate', date '2026-01-07', 1, 0, 1, true, false, null),
    ('evaluation', date '2026-01-07', 1, 0, 3, false, false, 2),
    ('conversation_attribute', date '2026-01-05', 1, 0, 3, false, false, 3)
) as e (object, day, windows, settled, landed, gap, is_settled, api)
left join mart.completeness as c on c.source = 'genesys' and c.object = e.object and c.window_date = e.day
where c.object is null or c.windows <> e.windows or c.settled_windows <> e.settled or c.landed_rows <> e.landed or c.has_gap <> e.gap
    or c.is_settled <> e.is_settled or c.api_rows is distinct from e.api or not c.is_balanced or c.is_short;

-- expect: completeness_once: hours read for good count once, however they were cut; listings and Salesforce are read since the last time
select e.*, c.*
from (
    values
    ('genesys', 'conversation', date '2026-01-07', 1, 0, 1), ('genesys', 'external_contact', date '2026-01-05', 2, 2, 1),
    ('genesys', 'division', date '2026-01-05', 1, 1, 1), ('genesys', 'division', date '2026-01-09', 1, 1, 0),
    ('salesforce', 'account_ids', date '2026-01-07', 1, 1, 5), ('salesforce', 'account_ids', date '2026-01-09', 1, 1, 8)
) as e (source, object, day, windows, settled, landed)
left join mart.completeness as c on c.source = e.source and c.object = e.object and c.window_date = e.day
where c.object is null or c.windows <> e.windows or c.settled_windows <> e.settled or c.landed_rows <> e.landed;

-- expect: left_out: what failed is shown until its hours are read, by one reading or by several, a listing until the next one
select e.*, c.*
from (values ('adherence', date '2026-01-05'), ('survey', date '2026-01-05')) as e (object, day)
full join (select * from mart.completeness where left_out_windows > 0) as c on c.object = e.object and c.window_date = e.day
where e.object is null or c.object is null or c.left_out_windows <> 1 or c.windows <> 0 or not c.has_gap or c.is_settled or c.last_read_at is not null;

-- expect: short: the list of contacts is short, and no other reading is
select object, window_date, is_short from mart.completeness where is_short <> (object = 'contact_ids') or not is_balanced;

-- expect: contact_stays: what a contact stood for is known although a later answer lacks it
select e.asked_id, f.* from (values ('x-one', 'p')) as e (asked_id, batch_id)
full join curated.external_contact as f on f.asked_id = e.asked_id
where e.asked_id is null or f.external_contact_id is distinct from 'x-one' or f.batch_id <> e.batch_id;

-- expect: parts: the parts of a window of aggregates are merged, or superseded, together
select batch_id, merged_rows, superseded_rows from ops.window_ledger
where batch_id = 'p' and object = 'user_aggregate' and (merged_rows, superseded_rows) not in ((3, 0), (1, 2));

-- given: a run that was loaded and whose merge failed for good: where others have read its hours it counts nowhere, elsewhere it does not balance
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('u', 'x', 1, 1, '2026-01-21 01:00:00');
insert into ops.window_ledger values
    ('u', 'nightly', 'salesforce', 'account', '2026-01-06', '2026-01-07', 1, 'rest', 9, 9, 0, 0, 9, 9, 0, null, null, true, 1, '2026-01-21 00:10:00'),
    ('u', 'nightly', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'job', null, 9, 0, 0, 9, 9, 0, null, null, true, 1, '2026-01-21 00:10:00'),
    ('u', 'nightly', 'genesys', 'conversation', '2026-01-20', '2026-01-21', 2, 'job', null, 9, 0, 0, 9, 9, 0, null, null, true, 1, '2026-01-21 00:10:00');
select source, object, window_date, landed_rows, is_balanced, is_settled from mart.completeness
where
    (landed_rows >= 9 or not is_balanced) <> (object = 'conversation' and window_date = '2026-01-20')
    or (object = 'conversation' and window_date = '2026-01-20' and is_settled);

-- given: a look by the query at a day that was settled takes nothing back, and a night that is loaded late knows nothing of what a later one left out
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at, merged_at) values
    ('v', 'x', 1, 1, '2026-01-21 03:00:00', '2026-01-21 03:10:00'), ('w', 'x', 1, 1, '2026-01-21 09:00:00', '2026-01-21 09:10:00');
insert into ops.window_ledger values
    ('v', 'backfill', 'genesys', 'conversation', '2026-01-05', '2026-01-06', 1, 'query', 3, 3, 0, 0, 3, 3, 0, 3, 0, false, 1, '2026-01-21 00:10:00'),
    ('v', 'nightly', 'salesforce', 'account', '2026-01-10', '2026-01-21', 1, 'rest', 0, 0, 0, 0, 0, 0, 0, 0, 0, true, 1, '2026-01-21 02:30:00'),
    ('v', 'left_out', 'salesforce', 'case_history', '2026-01-10', '2026-01-21', 2, 'none', null, 0, 0, 0, 0, 0, 0, null, null, false, 0, '2026-01-21 02:15:00'),
    ('w', 'nightly', 'salesforce', 'account', '2026-01-10', '2026-01-20', 1, 'rest', 0, 0, 0, 0, 0, 0, 0, 0, 0, true, 1, '2026-01-21 08:30:00');
select e.*, c.*
from (values ('conversation', date '2026-01-05', true, 0), ('case_history', date '2026-01-20', false, 1)) as e (object, day, is_settled, left_out)
left join mart.completeness as c on c.object = e.object and c.window_date = e.day
where c.object is null or c.is_settled <> e.is_settled or c.left_out_windows <> e.left_out;

-- given: what could not be had is a hole as long as nothing else is known of it: 001L without its record, 001U until it is refused for what is in it
delete from staging.salesforce_account where account_id like '001L%';
update staging.quarantine set reason = 'too_long' where natural_id like '001U%';
select e.*, h.*
from (values ('001L00000000000AAA', true, false), ('001M00000000000AAA', true, false), ('001W00000000000AAA', false, false)) as e (id, asked, unavailable)
full join (select * from mart.salesforce_hole where object = 'account') as h on h.record_id = e.id
where e.id is null or h.record_id is null or h.was_asked <> e.asked or h.is_unavailable <> e.unavailable;

-- given: a run that was loaded and whose merge failed for good: neither its list nor what its lookup had no answer for counts
update ops.load_log set merged_at = null where batch_id = 'r';
select e.*, h.*
from (values ('001L00000000000AAA'), ('001M00000000000AAA'), ('001U00000000000AAA')) as e (id)
full join (select * from mart.salesforce_hole where object = 'account') as h on h.record_id = e.id
where e.id is null or h.record_id is null or h.was_asked or h.is_unavailable or h.batch_id <> 'q';

-- Ways to break the tables that are left of semantics.sql, each of which a data test must see on batch a, and ways that look alike and
-- break nothing. Read by semantics.py; nothing of them stays.

-- damage: one_row_per_conversation
insert into curated.fact_customer_interactions select * from curated.fact_customer_interactions where conversation_id = 'c-case';

-- damage: every_conversation_arrived
delete from curated.fact_anonymous_interactions where conversation_id = 'c-na';

-- damage: last_extraction_wins
update curated.fact_anonymous_interactions set etl_loaded_at = '2026-01-01';

-- damage: linked_to_someone
update curated.fact_customer_interactions set crm_account_id = null, crm_contact_id = null;

-- damage: known_account
update curated.fact_customer_interactions set crm_account_id = '001Q00000000000AAA', batch_id = 'a';

-- damage: end_after_start
update curated.fact_anonymous_interactions set conversation_end = '2000-01-01';

-- damage: reason_known
update curated.fact_anonymous_interactions set link_reason = 'whatever';

-- damage: one_row_per_leg
insert into curated.fact_agent_leg select * from curated.fact_agent_leg;

-- damage: leg_has_conversation
update curated.fact_agent_leg set conversation_id = 'c-none-such', batch_id = 'a';

-- damage: no_negative_time
update curated.fact_agent_leg set talk_time_ms = -1;

-- damage: dim_agent/one_row_per_key
insert into curated.dim_agent select * from curated.dim_agent;

-- damage: dim_salesforce_account/one_row_per_version
insert into curated.dim_salesforce_account select * from curated.dim_salesforce_account;

-- damage: dim_queue/one_row_per_key
insert into curated.dim_queue select * from curated.dim_queue;

-- damage: dim_wrapup_code/one_row_per_key
insert into curated.dim_wrapup_code select 'k', 'w1', 'Solved', null, null, 'a', '2026-01-06' from (values (1), (2)) as twice (n);

-- damage: external_contact/one_row_per_key
insert into curated.external_contact select * from curated.external_contact;

-- damage: salesforce_opportunity/one_row_per_key
insert into curated.salesforce_opportunity select * from curated.salesforce_opportunity;

-- damage: dim_salesforce_contact/one_row_per_version
insert into curated.dim_salesforce_contact select * from curated.dim_salesforce_contact;

-- damage: dim_salesforce_contact/no_overlap
update curated.dim_salesforce_contact set valid_to = '2099-01-01' where not is_latest;

-- damage: dim_salesforce_contact/no_gap
update curated.dim_salesforce_contact set valid_to = valid_from + interval '1 second' where not is_latest;

-- damage: dim_salesforce_contact/one_current_row
update curated.dim_salesforce_contact set is_current = false;

-- damage: dim_salesforce_case/one_row_per_version
insert into curated.dim_salesforce_case select * from curated.dim_salesforce_case;

-- damage: dim_salesforce_case/no_overlap
update curated.dim_salesforce_case set valid_to = '2099-01-01' where not is_latest;

-- damage: dim_salesforce_case/no_gap
update curated.dim_salesforce_case set valid_to = valid_from + interval '1 second' where not is_latest;

-- damage: dim_salesforce_case/one_current_row
update curated.dim_salesforce_case set is_current = false;

-- damage: one_row_per_reason
insert into curated.quarantine select * from curated.quarantine;

-- damage: every_refusal_arrived
delete from curated.quarantine;

-- damage: dim_salesforce_account/no_overlap
update curated.dim_salesforce_account set valid_to = '2026-01-07' where customer_tier = 'gold';

-- damage: dim_salesforce_account/no_gap
update curated.dim_salesforce_account set valid_to = '2026-01-03' where customer_tier = 'gold';

-- damage: dim_salesforce_account/one_current_row
update curated.dim_salesforce_account set is_current = true;

-- damage: staged_closes
update ops.window_ledger set merged_rows = merged_rows + 1;

-- damage: raw_conversations
delete from "raw".genesys_conversation where natural_id = 'c-case';

-- damage: raw_records
delete from "raw".genesys_record where natural_id = 'q1';

-- damage: raw_salesforce
update "raw".salesforce_record set record_no = record_no + 1000000000;

-- damage: quarantine_rows
delete from staging.quarantine;

-- damage: refused_link_is_quarantined
delete from curated.quarantine;

-- damage: refused_link_is_quarantined: it is marked as resolved
update curated.quarantine set resolved_at = last_seen_at where object = 'conversation_link';

-- damage: missing_case_is_quarantined
update curated.fact_customer_interactions set batch_id = 'a';
delete from curated.quarantine where object = 'conversation_case';

-- damage: linked_way_known
update curated.fact_customer_interactions set link_method = 'guessed' where conversation_id = 'c-case';

-- damage: linked_way_known: by telephone, without a number
update curated.fact_customer_interactions set link_method = 'phone' where conversation_id = 'c-case';

-- damage: possible_times
update curated.fact_anonymous_interactions set talk_time_ms = -1, batch_id = 'a';

-- damage: reference_noted
update curated.fact_customer_interactions set batch_id = 'a';
delete from ops.conversation_reference where object = 'account';

-- damage: one_row_per_text
insert into curated.phone_number values ('x', '+13175550100', 'a', '2026-01-06'), ('x', '+13175550100', 'a', '2026-01-06');

-- damage: every_phone_number_arrived
insert into staging.phone_number values ('a', 1, '2026-01-06', 'x', '+13175550100');

-- damage: written_as_e164
insert into curated.phone_number values ('x', '555 0100', 'a', '2026-01-06');

-- damage: closed_after_opened
update curated.dim_salesforce_case set closed_at = '2000-01-01', created_at = '2000-01-02', batch_id = 'a';

-- damage: resolved_once_seen
update curated.quarantine set resolved_at = '2000-01-01';

-- damage: refusal_has_conversation
update curated.quarantine set natural_id = 'c-none-such', last_batch_id = 'a' where object = 'conversation_link';

-- damage: batch_merged: the merge has not ended
update ops.load_log set merged_at = null;

-- damage: batch_merged: it is not even loaded
delete from ops.load_log where batch_id = 'a';

-- damage: received_closes
update ops.window_ledger set landed_rows = landed_rows - 1, staged_rows = staged_rows - 1 where object = 'conversation';

-- damage: landed_closes
update ops.window_ledger set staged_rows = staged_rows - 1, merged_rows = merged_rows - 1 where object = 'conversation';

-- damage: staged_closes: never merged
update ops.window_ledger set merged_rows = null where object = 'account';

-- damage: raw_conversations: a window is missing in the ledger
delete from ops.window_ledger where object = 'conversation';

-- damage: every_account_arrived
delete from curated.dim_salesforce_account where account_id like '001D%';

-- damage: every_contact_arrived
delete from curated.dim_salesforce_contact;

-- damage: every_case_arrived
delete from curated.dim_salesforce_case;

-- damage: every_opportunity_arrived
delete from curated.salesforce_opportunity;

-- damage: every_user_arrived
delete from curated.dim_agent where user_id = 'u1';

-- damage: every_queue_arrived
delete from curated.dim_queue where queue_id = 'q1';

-- damage: every_wrapup_code_arrived
insert into staging.genesys_wrapup_code values ('a', 9000000001, '2026-01-06', 'w9', 'never merged');

-- damage: every_external_contact_arrived
delete from curated.external_contact;

-- damage: window_once
insert into ops.window_ledger select * from ops.window_ledger where object = 'queue';

-- damage: refused
update ops.window_ledger set quarantined_rows = landed_rows where object = 'conversation';

-- damage: filter_finds
update ops.window_ledger set mode = 'partial', landed_rows = 0 where object = 'conversation';

-- damage: conversations_exist
update ops.window_ledger set landed_rows = 0 where object = 'conversation';

-- damage: day_not_empty: a week, then nothing
insert into ops.window_ledger select 'e', 'nightly', 'genesys', 'conversation', d, d + interval '1 day', 1, 'job', null, 1, 0, 0, 1, 1, 0, 1, 0, true, 1, d
from generate_series(timestamp '2025-12-29', '2026-01-04', interval '1 day') as g (d);
update ops.window_ledger set landed_rows = 0 where batch_id = 'a' and object = 'conversation';

-- damage: day_not_empty: of the earlier days some hours alone were read
insert into ops.window_ledger select 'e', 'nightly', 'genesys', 'conversation', d, d + interval '12 hours', 1, 'job', null, 1, 0, 0, 1, 1, 0, 1, 0, true, 1, d
from generate_series(timestamp '2025-12-29', '2026-01-04', interval '1 day') as g (d);
update ops.window_ledger set landed_rows = 0 where batch_id = 'a' and object = 'conversation';

-- damage: window_left_out
update ops.window_ledger set mode = 'left_out' where object = 'queue';

-- damage: settled_from_job
update ops.window_ledger set is_settled = true, extraction = 'query' where object = 'conversation';

-- damage: api_count
update ops.window_ledger set api_rows = 99 where object = 'account';

-- damage: api_count_approximate
update ops.window_ledger set api_rows = 99, extraction = 'query' where object = 'conversation';

-- damage: api_count_approximate: a listing that went on moving
update ops.window_ledger set api_rows = 3 where object = 'queue';

-- harmless: api_count: a listing that went on moving stops no run, since the same rows would fail each time it is started again
update ops.window_ledger set api_rows = 3 where object = 'queue';

-- damage: ids_listed
update ops.window_ledger set object = 'account_ids', staged_rows = 0 where object = 'account';

-- damage: ids_complete
update ops.window_ledger set object = 'account_ids', quarantined_rows = 1 where object = 'account';

-- damage: salesforce_holes
update ops.window_ledger set object = 'account_ids' where object = 'account' and window_no = 5;
insert into staging.salesforce_id values ('a', 5000000001, '2026-01-06', 'account', '001HOLE0000000AAAA', false, null);
update ops.window_ledger set window_end = '2026-02-01' where batch_id = 'a' and object = 'account_ids';

-- damage: salesforce_holes: no answer, and the next list names it again
insert into ops.window_ledger
select 'a', 'nightly', 'salesforce', l.object, '2000-01-01', l.until, l.n, 'rest', null, l.landed, 0, 0, l.landed, l.staged, l.landed - l.staged, null, null, true, 1, l.at
from (
    values
    (11, 'account_ids', timestamp '2026-02-01', 9, 9, timestamp '2026-02-01 01:00:00'), (13, 'account_ids', '2026-02-02', 9, 9, '2026-02-02 01:00:00'),
    (12, 'account_lookup', '2026-02-01', 1, 0, '2026-02-02 00:30:00')
) as l (n, object, until, landed, staged, at);
insert into staging.salesforce_id
select 'a', cast(l.n as bigint) * 1000000000 + 1, '2026-02-01', 'account', i.id, false, null from (values (11), (13)) as l (n), (values ('001NONE00000000AAA')) as i (id);
insert into staging.quarantine values
    ('a', 12000000001, '2026-02-02', 'salesforce', 'account_lookup', '2000-01-01', '2026-02-01', '001NONE00000000AAA', 'unavailable', 'd', 'k', 1, 'x');

-- harmless: salesforce_holes_stay: no answer, and the next list names it again; no run may fail for ever because of it
insert into ops.window_ledger
select 'a', 'nightly', 'salesforce', l.object, '2000-01-01', l.until, l.n, 'rest', null, l.landed, 0, 0, l.landed, l.staged, l.landed - l.staged, null, null, true, 1, l.at
from (
    values
    (11, 'account_ids', timestamp '2026-02-01', 9, 9, timestamp '2026-02-01 01:00:00'), (13, 'account_ids', '2026-02-02', 9, 9, '2026-02-02 01:00:00'),
    (12, 'account_lookup', '2026-02-01', 1, 0, '2026-02-02 00:30:00')
) as l (n, object, until, landed, staged, at);
insert into staging.salesforce_id
select 'a', cast(l.n as bigint) * 1000000000 + 1, '2026-02-01', 'account', i.id, false, null from (values (11), (13)) as l (n), (values ('001NONE00000000AAA')) as i (id);
insert into staging.quarantine values
    ('a', 12000000001, '2026-02-02', 'salesforce', 'account_lookup', '2000-01-01', '2026-02-01', '001NONE00000000AAA', 'unavailable', 'd', 'k', 1, 'x');

-- damage: salesforce_holes_stay: a record that did not come beside one that had no answer and 1,998 that came: the 2,000 of a lookup
insert into ops.window_ledger
select 'a', 'nightly', 'salesforce', l.object, '2000-01-01', l.until, l.n, 'rest', null, l.landed, 0, 0, l.landed, l.staged, l.landed - l.staged, null, null, true, 1, l.at
from (
    values
    (11, 'account_ids', timestamp '2026-02-01', 9, 9, timestamp '2026-02-01 01:00:00'), (13, 'account_ids', '2026-02-02', 9, 9, '2026-02-02 01:00:00'),
    (12, 'account_lookup', '2026-02-01', 1999, 1998, '2026-02-02 00:30:00')
) as l (n, object, until, landed, staged, at);
insert into staging.salesforce_id
select 'a', cast(l.n as bigint) * 1000000000 + 1, '2026-02-01', 'account', i.id, false, null from (values (11), (13)) as l (n), (values ('001HOLE00000000AAA'), ('001NONE00000000AAA')) as i (id);
insert into staging.quarantine values
    ('a', 12000000001, '2026-02-02', 'salesforce', 'account_lookup', '2000-01-01', '2026-02-01', '001NONE00000000AAA', 'unavailable', 'd', 'k', 1, 'x');

-- harmless: salesforce_holes_stay: a lookup that was full before it came to this record: some came, some were refused, one had no answer
insert into ops.window_ledger
select 'a', 'nightly', 'salesforce', l.object, '2000-01-01', l.until, l.n, 'rest', null, l.landed, 0, 0, l.landed, l.staged, l.landed - l.staged, null, null, true, 1, l.at
from (
    values
    (11, 'account_ids', timestamp '2026-02-01', 9, 9, timestamp '2026-02-01 01:00:00'), (13, 'account_ids', '2026-02-02', 9, 9, '2026-02-02 01:00:00'),
    (12, 'account_lookup', '2026-02-01', 2000, 1500, '2026-02-02 00:30:00')
) as l (n, object, until, landed, staged, at);
insert into staging.salesforce_id
select 'a', cast(l.n as bigint) * 1000000000 + 1, '2026-02-01', 'account', i.id, false, null from (values (11), (13)) as l (n), (values ('001HOLE00000000AAA'), ('001NONE00000000AAA')) as i (id);
insert into staging.quarantine values
    ('a', 12000000001, '2026-02-02', 'salesforce', 'account_lookup', '2000-01-01', '2026-02-01', '001NONE00000000AAA', 'unavailable', 'd', 'k', 1, 'x');

-- harmless: salesforce_holes_stay: the lookup asked for what an earlier list had missed, though it was read after this one
insert into ops.window_ledger
select 'a', 'nightly', 'salesforce', l.object, '2000-01-01', l.until, l.n, 'rest', null, l.landed, 0, 0, l.landed, l.staged, l.landed - l.staged, null, null, true, 1, l.at
from (
    values
    (11, 'account_ids', timestamp '2026-02-01', 9, 9, timestamp '2026-02-01 01:00:00'), (13, 'account_ids', '2026-02-02', 9, 9, '2026-02-02 01:00:00'),
    (12, 'account_lookup', '2026-01-31', 1, 0, '2026-02-02 00:30:00')
) as l (n, object, until, landed, staged, at);
insert into staging.salesforce_id
select 'a', cast(l.n as bigint) * 1000000000 + 1, '2026-02-01', 'account', i.id, false, null from (values (11), (13)) as l (n), (values ('001HOLE00000000AAA'), ('001NONE00000000AAA')) as i (id);
insert into staging.quarantine values
    ('a', 12000000001, '2026-02-02', 'salesforce', 'account_lookup', '2000-01-01', '2026-01-31', '001NONE00000000AAA', 'unavailable', 'd', 'k', 1, 'x');

-- damage: purged_is_closed
insert into curated.salesforce_purged values ('account', '001A00000000000AAA', '2026-02-01', '2026-02-01', 1, 'a', false);

-- damage: one_row_per_record
insert into curated.salesforce_purged select 'account', '001A', '2026-02-01', '2026-02-01', 1, b, false from (values ('a'), ('b')) as v (b);

-- damage: purge_believed
update ops.window_ledger set object = 'account_ids' where object = 'account';
insert into curated.salesforce_purged values ('account', '001A00000000000AAA', '2026-02-01', '2026-02-01', 1, 'b', true);

-- harmless: filter_finds: it found some
update ops.window_ledger set mode = 'partial' where object = 'conversation';

-- harmless: filter_finds: a replay asks nobody
update ops.window_ledger set mode = 'partial', extraction = 'replay', landed_rows = 0 where object = 'conversation';

-- harmless: conversations_exist: another run found some
update ops.window_ledger set landed_rows = 0 where batch_id = 'a' and object = 'conversation';

-- harmless: day_not_empty: the same day of the week before has none either
insert into ops.window_ledger select 'e', 'nightly', 'genesys', 'conversation', d, d + interval '1 day', 1, 'job', null, 1, 0, 0, 1, 1, 0, 1, 0, true, 1, d
from generate_series(timestamp '2025-12-30', '2026-01-04', interval '1 day') as g (d);
update ops.window_ledger set landed_rows = 0 where batch_id = 'a' and object = 'conversation';

-- harmless: day_not_empty: half a day may well be empty
insert into ops.window_ledger select 'e', 'nightly', 'genesys', 'conversation', d, d + interval '1 day', 1, 'job', null, 1, 0, 0, 1, 1, 0, 1, 0, true, 1, d
from generate_series(timestamp '2025-12-29', '2026-01-04', interval '1 day') as g (d);
update ops.window_ledger set landed_rows = 0 where batch_id = 'a' and object = 'conversation';
update ops.window_ledger set window_end = '2026-01-05 12:00:00' where batch_id = 'a';

-- harmless: day_not_empty: what filters of events have cut tells nothing of other days
insert into ops.window_ledger select 'e', 'nightly', 'genesys', 'conversation', d, d + interval '1 day', 1, 'job', null, 1, 0, 0, 1, 1, 0, 1, 0, true, 1, d
from generate_series(timestamp '2025-12-29', '2026-01-04', interval '1 day') as g (d);
update ops.window_ledger set landed_rows = 0 where batch_id = 'a' and object = 'conversation';
update ops.window_ledger set mode = 'partial' where batch_id = 'e';

-- damage: one_row_per_emission
insert into curated.queue_emission select 'c-case', '2026-01-05', '2026-01-05', 'q1', 'voice', 1, 0, 0, false, '2026-01-06', 'a' from ops.turn limit 2;
insert into curated.queue_emission select * from curated.queue_emission;

-- damage: one_figure_per_queue
insert into curated.queue_source_figure values
    ('2026-01-05', null, null, null, null, null, '2026-01-06', false, 0, 'none', 'a'), ('2026-01-05', null, null, null, null, null, '2026-01-06', false, 0, 'none', 'a');

-- damage: variance: Genesys has counted two interactions more than are here, on a day that has settled
update ops.window_ledger set out_of_window_rows = 0, quarantined_rows = 0 where object = 'conversation';
insert into curated.queue_source_figure values
    ('2026-01-05', null, null, null, null, null, '2026-01-11', true, 0, 'none', 'b'), ('2026-01-05', 'q9', 'voice', 2, 0, 0, '2026-01-11', true, 0, 'none', 'b');

-- damage: variance: two of 398 are more than half a percent
delete from curated.queue_emission;
update ops.window_ledger set out_of_window_rows = 0, quarantined_rows = 0 where object = 'conversation';
insert into curated.queue_source_figure values
    ('2026-01-05', null, null, null, null, null, '2026-01-11', true, 0, 'none', 'b'), ('2026-01-05', 'q9', 'voice', 398, 0, 0, '2026-01-11', true, 0, 'none', 'b');
insert into curated.queue_emission values ('c-many', '2026-01-05', '2026-01-05', 'q9', 'voice', 396, 0, 0, false, '2026-01-06', 'a');

-- harmless: variance: two of 400 are half a percent, and no more
delete from curated.queue_emission;
update ops.window_ledger set out_of_window_rows = 0, quarantined_rows = 0 where object = 'conversation';
insert into curated.queue_source_figure values
    ('2026-01-05', null, null, null, null, null, '2026-01-11', true, 0, 'none', 'b'), ('2026-01-05', 'q9', 'voice', 400, 0, 0, '2026-01-11', true, 0, 'none', 'b');
insert into curated.queue_emission values ('c-many', '2026-01-05', '2026-01-05', 'q9', 'voice', 398, 0, 0, false, '2026-01-06', 'a');

-- damage: variance: a conversation that lived on a day of weeks ago has ended, and excuses it no longer
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at, merged_at) values ('o', 'x', 1, 1, '2025-12-25', '2025-12-25');
insert into ops.window_ledger values ('o', 'nightly', 'genesys', 'conversation', '2025-12-20', '2025-12-21', 1, 'job', null, 0, 0, 0, 0, 0, 0, 0, 0, true, 1, '2025-12-25');
insert into curated.queue_source_figure values
    ('2025-12-20', null, null, null, null, null, '2025-12-25', true, 0, 'none', 'o'), ('2025-12-20', 'q9', 'voice', 2, 0, 0, '2025-12-25', true, 0, 'none', 'o');
insert into curated.queue_emission values ('c-long', '2025-12-18', '2026-01-05', 'q1', 'voice', 0, 0, 0, false, '2026-01-06', 'a');

-- harmless: variance: the run has read nothing that concerns the day
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at, merged_at) values ('o', 'x', 1, 1, '2025-12-25', '2025-12-25');
insert into ops.window_ledger values ('o', 'nightly', 'genesys', 'conversation', '2025-12-20', '2025-12-21', 1, 'job', null, 0, 0, 0, 0, 0, 0, 0, 0, true, 1, '2025-12-25');
insert into curated.queue_source_figure values
    ('2025-12-20', null, null, null, null, null, '2025-12-25', true, 0, 'none', 'o'), ('2025-12-20', 'q9', 'voice', 2, 0, 0, '2025-12-25', true, 0, 'none', 'o');
insert into curated.queue_emission values ('c-long', '2025-12-21', '2026-01-05', 'q1', 'voice', 0, 0, 0, false, '2026-01-06', 'a');

-- harmless: variance: the day has not settled
update ops.window_ledger set out_of_window_rows = 0, quarantined_rows = 0 where object = 'conversation';
insert into curated.queue_source_figure values
    ('2026-01-05', null, null, null, null, null, '2026-01-06', false, 0, 'none', 'a'), ('2026-01-05', 'q9', 'voice', 2, 0, 0, '2026-01-06', false, 0, 'none', 'a');

-- damage: reconciliation_compares: aggregates are asked for night after night, and none of them comes
insert into ops.window_ledger
select 'a', 'left_out', 'genesys', 'queue_aggregate', timestamp '2026-01-05', timestamp '2026-01-06', 77, 'none', null, 0, 0, 0, 0, 0, 0, 0, 0, false, 0, timestamp '2026-01-06';
insert into curated.queue_emission
select 'c-case', '2026-01-01', cast(timestamp '2026-01-05' - n * interval '1 day' as date), 'q1', 'voice', 1, 0, 0, false, '2026-01-06', 'x'
from generate_series(0, 4) as n;

-- harmless: reconciliation_compares: nobody asks for aggregates
insert into curated.queue_emission
select 'c-case', '2026-01-01', cast(timestamp '2026-01-05' - n * interval '1 day' as date), 'q1', 'voice', 1, 0, 0, false, '2026-01-06', 'x'
from generate_series(0, 4) as n;

-- damage: queue_listed
delete from curated.dim_queue;
insert into curated.queue_emission values ('c-case', '2026-01-05', '2026-01-05', 'q1', 'voice', 1, 0, 0, false, '2026-01-06', 'a');

-- damage: settings_stand_once
insert into curated.business_setting select * from curated.business_setting;

-- damage: settings_stand_once: no settings, no day
delete from curated.business_setting;

-- damage: one_row_per_date
insert into curated.dim_date select * from curated.dim_date where calendar_date = '2026-01-05';

-- damage: days_follow
update curated.dim_date set day_end_at = day_end_at + interval '1 hour' where calendar_date = '2026-01-05';

-- damage: days_follow: a day is missing
delete from curated.dim_date where calendar_date = '2026-01-05';

-- damage: days_of_the_zone
update curated.dim_date set time_zone = 'Asia/Kolkata';

-- damage: one_row_per_campaign
insert into curated.dim_campaign (campaign_key, campaign_id, batch_id, extracted_at) values ('k', 'p', 'a', '2026-01-06'), ('k', 'p', 'a', '2026-01-06');

-- damage: every_campaign_arrived
insert into staging.genesys_campaign (batch_id, record_no, extracted_at, campaign_id) values ('a', 9000000001, '2026-01-06', 'never merged');

-- damage: one_row_per_wait
insert into curated.fact_queue_leg select * from curated.fact_queue_leg;

-- damage: wait_has_conversation
update curated.fact_queue_leg set conversation_id = 'c-none-such', batch_id = 'a';

-- damage: offered_as_emitted
insert into curated.queue_emission
select 'c-case', '2026-01-05 10:00:00', '2026-01-05', 'q1', 'voice', 2, 0, 0, false, '2026-01-06', 'a' from (values (1)) as once (n);

-- damage: offered_as_emitted: to a queue in which nobody waited
insert into curated.queue_emission values ('c-case', '2026-01-05 10:00:00', '2026-01-05', 'q9', 'voice', 1, 0, 0, false, '2026-01-06', 'a');

-- harmless: offered_as_emitted: the conversation goes on
insert into curated.queue_emission values
    ('c-case', '2026-01-05 10:00:00', '2026-01-05', 'q9', 'voice', 1, 0, 0, false, '2026-01-06', 'a'),
    ('c-case', '2026-01-05 10:00:00', '2026-01-05', null, 'voice', 0, 0, 0, true, '2026-01-06', 'a');

-- harmless: offered_as_emitted: of another batch
insert into curated.queue_emission values ('c-case', '2026-01-05 10:00:00', '2026-01-05', 'q9', 'voice', 1, 0, 0, false, '2026-01-06', 'b');

-- damage: no_negative_wait
update curated.fact_queue_leg set waited_ms = -1;

-- damage: views_agree
insert into curated.dim_queue select * from curated.dim_queue;

-- damage: one_row_per_attempt
insert into curated.fact_outbound_attempt
select 'k', 'c-case', 'p', 'l', 'x', '2026-01-05 10:00:00', 'voice', 1, true, false, null, 'a', '2026-01-06' from (values (1), (2)) as twice (n);

-- damage: attempt_has_conversation
insert into curated.fact_outbound_attempt values ('k', 'c-none-such', 'p', 'l', 'x', '2026-01-05', 'voice', 1, true, false, null, 'a', '2026-01-06');

-- damage: one_row_per_evaluation
insert into curated.fact_evaluation select * from curated.fact_evaluation;

-- damage: every_evaluation_arrived
insert into staging.genesys_evaluation_update (batch_id, record_no, extracted_at, conversation_id, evaluation_id)
values ('a', 9000000001, '2026-01-06', 'c-case', 'never merged');

-- harmless: every_evaluation_arrived: its conversation has not come
insert into staging.genesys_evaluation_update (batch_id, record_no, extracted_at, conversation_id, evaluation_id)
values ('a', 9000000001, '2026-01-06', 'c-none-such', 'never merged');

-- damage: one_row_per_status
insert into curated.fact_agent_status
select 'u1', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'IDLE', 1, 'a', '2026-01-06' from (values (1), (2)) as twice (n);

-- damage: buckets_do_not_overlap
insert into curated.fact_agent_status values
    ('u1', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'IDLE', 1, 'a', '2026-01-06'), ('u1', '2026-01-05 10:15:00', '2026-01-05 10:30:00', 'IDLE', 1, 'a', '2026-01-06');

-- harmless: buckets_do_not_overlap: two statuses of a bucket, and the next bucket
insert into curated.fact_agent_status values
    ('u1', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'IDLE', 1, 'a', '2026-01-06'), ('u1', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'INTERACTING', 1, 'a', '2026-01-06'),
    ('u1', '2026-01-05 10:30:00', '2026-01-05 11:00:00', 'IDLE', 1, 'a', '2026-01-06');

-- damage: bucket_holds
insert into curated.fact_agent_status values ('u1', '2026-01-05 10:00:00', '2026-01-05 10:30:00', 'IDLE', 1800001, 'a', '2026-01-06');

-- damage: one_row_per_day
insert into curated.fact_adherence
select 'm1', 'u1', '2026-01-05', '2026-01-06', 1, 0, 0, 1, 1, 'a', '2026-01-06' from (values (1), (2)) as twice (n);

-- damage: days_do_not_overlap
insert into curated.fact_adherence values
    ('m1', 'u1', '2026-01-05', '2026-01-06', 1, 0, 0, 1, 1, 'a', '2026-01-06'), ('m1', 'u1', '2026-01-05 12:00:00', '2026-01-06 12:00:00', 1, 0, 0, 1, 1, 'a', '2026-01-06');

-- damage: schedule_holds
insert into curated.fact_adherence values ('m1', 'u1', '2026-01-05', '2026-01-06', 100, 1, 101, 1, 1, 'a', '2026-01-06');

-- damage: days_are_cut: the whole day of Los Angeles in both windows
insert into curated.fact_adherence values
    ('m1', 'u1', '2026-01-05 08:00:00', '2026-01-06', 28800, 2, 600, 25200, 24600, 'a', '2026-01-06'),
    ('m1', 'u1', '2026-01-06', '2026-01-06 08:00:00', 28800, 2, 600, 25200, 24600, 'a', '2026-01-07');

-- harmless: days_are_cut: halves of a shift, and days of UTC that are alike
insert into curated.fact_adherence values
    ('m1', 'u1', '2026-01-05 08:00:00', '2026-01-06', 14400, 1, 600, 14400, 13800, 'a', '2026-01-06'),
    ('m1', 'u1', '2026-01-06', '2026-01-06 08:00:00', 14400, 1, 300, 14400, 14100, 'a', '2026-01-07'),
    ('m1', 'u2', '2026-01-05', '2026-01-06', 28800, 2, 600, 25200, 24600, 'a', '2026-01-06'),
    ('m1', 'u2', '2026-01-06', '2026-01-07', 28800, 2, 600, 25200, 24600, 'a', '2026-01-07');

-- damage: schedule_fits
insert into curated.fact_adherence values ('m1', 'u1', '2026-01-05', '2026-01-05 06:00:00', 21600, 0, 0, 21601, 1, 'a', '2026-01-06');

-- What the tables hold once the batches a, b and c are merged, in whatever order. Each query returns the rows that break its rule.
-- breach: a: join_rate: half of the conversations that a brought last stay without a link; what c brought, b has replaced
-- breach: b: join_rate: the same

-- expect: links: each conversation is linked the way it should be, or says why not
select e.id, e.method, e.account_id, e.contact_id, e.case_id, e.tier, f.*
from (
    values
    ('c-case', 'attribute_case', '001A00000000000AAA', '003A00000000000AAA', '500A00000000000AAA', 'gold', 'platinum'),
    ('c-account', 'attribute_account', '001A00000000000AAA', '', '500N00000000000AAA', 'gold', 'platinum'),
    ('c-contact', 'attribute_contact', '', '003P00000000000AAA', '', '', ''),
    ('c-ext', 'external_contact', '001A00000000000AAA', '003A00000000000AAA', '500N00000000000AAA', 'gold', 'platinum'),
    ('c-none', 'attribute_account', '001A00000000000AAA', '', '', 'silver', 'platinum'),
    ('c-late', 'attribute_case', '001M00000000000AAA', '', '500L00000000000AAA', 'diamond', 'diamond'),
    ('c-late-contact', 'external_contact', '001M00000000000AAA', '003L00000000000AAA', '500L00000000000AAA', 'diamond', 'diamond'),
    ('c-merged', 'attribute_account', '001M00000000000AAA', '', '500L00000000000AAA', 'diamond', 'diamond'),
    ('c-moved', 'attribute_case', '001a00000000000AAA', '003K00000000000AAA', '500K00000000000AAA', 'none', 'none'),
    ('c-lower', 'attribute_account', '001a00000000000AAA', '', '', 'none', 'none')
) as e (id, method, account_id, contact_id, case_id, tier, tier_now)
full join (select * from mart.unified_interactions where link_method is not null) as f on f.conversation_id = e.id
where f.conversation_id is null or e.id is null or f.link_method <> e.method or coalesce(f.crm_account_id, '') <> e.account_id
    or coalesce(f.crm_contact_id, '') <> e.contact_id or coalesce(f.crm_case_id, '') <> e.case_id
    or coalesce(f.customer_tier, '') <> e.tier or coalesce(f.customer_tier_current, '') <> e.tier_now;

-- expect: reasons: a conversation without a link says why
select e.*, f.link_reason
from (
    values ('c-na', 'no_id'), ('c-mismatch', 'crm_mismatch'), ('c-ambiguous', 'ambiguous'), ('c-bot', 'no_id'), ('c-bot-agent', 'no_id'),
    ('c-abandon', 'no_id'), ('c-open', 'no_id'), ('c-fallback', 'no_id'), ('c-twice', 'no_id'), ('c-cross', 'crm_mismatch')
) as e (id, reason)
full join curated.fact_anonymous_interactions as f on f.conversation_id = e.id
where f.link_reason is null or e.reason is null or f.link_reason <> e.reason;

-- expect: c_case: times, agent, queue, scores
select * from mart.unified_interactions where conversation_id = 'c-case' and not coalesce(
    agent_id = 'u1' and agent_name = 'Ann "A" Agent' and queue_id = 'q2' and queue_name = 'Service' and handle_time_ms = 70000 and talk_time_ms = 50000
    and hold_time_ms = 5000 and acw_time_ms = 15000 and wrap_up_code = 'w1' and not abandoned and transferred and not was_escalated
    and not handled_by_bot_only and qa_score = 90 and csat_score = 75 and nps = 9 and duration_ms = 600500 and case_status = 'Closed'
    and industry = 'Retail' and account_owner = 'Otto' and ltv_usd = 200 and open_case_count = 2 and open_opportunity_count = 0
    and not is_settled and etl_loaded_at = '2026-01-06 00:20:00' and data_source = 'genesys_cloud' and media_type = 'voice', false);

-- expect: flags: escalation, bots, abandonment, fallback of the handle time
select * from mart.unified_interactions where
    (conversation_id = 'c-bot' and (was_escalated or not handled_by_bot_only))
    or (conversation_id = 'c-bot-agent' and (not was_escalated or handled_by_bot_only or handle_time_ms <> 30))
    or (conversation_id = 'c-abandon' and (not abandoned or agent_id is not null or queue_id <> 'q1'))
    or (conversation_id = 'c-fallback' and (handle_time_ms <> 134 or not was_escalated or not handled_by_bot_only))
    or (conversation_id = 'c-na' and (was_escalated or handled_by_bot_only))
    or (conversation_id = 'c-open' and (conversation_end <> '2026-01-06 09:00:00' or not is_settled))
    or (conversation_id = 'c-twice' and duration_ms <> 120000)
    or (conversation_id = 'c-lower' and media_type is not null);

-- expect: history: 001A has three rows, 001B is closed as merged, 001D once as deleted, 001X has a row of no length
select e.*, d.*
from (
    values
    ('001A00000000000AAA', timestamp '2026-01-02', timestamp '2026-01-05 13:30:00', 'gold', 'changed', false),
    ('001A00000000000AAA', timestamp '2026-01-05 13:30:00', timestamp '2026-01-10', 'silver', 'changed', false),
    ('001A00000000000AAA', timestamp '2026-01-10', timestamp '9999-12-31', 'platinum', null, true),
    ('001B00000000000AAA', timestamp '2026-01-02', timestamp '2026-01-09', 'silver', 'merged', false),
    ('001D00000000000AAA', timestamp '2026-01-03', timestamp '2026-01-09', 'bronze', 'deleted', false),
    ('001M00000000000AAA', timestamp '2026-01-04', timestamp '9999-12-31', 'diamond', null, true),
    ('001X00000000000AAA', timestamp '2026-01-03', timestamp '2026-01-03', 'tin', 'deleted', false),
    ('001a00000000000AAA', timestamp '2026-01-03', timestamp '9999-12-31', 'none', null, true)
) as e (id, valid_from, valid_to, tier, reason, is_current)
full join curated.dim_salesforce_account as d on d.account_id = e.id and d.valid_from = e.valid_from
where d.account_id is null or e.id is null or d.valid_to <> e.valid_to or d.customer_tier <> e.tier
    or coalesce(d.close_reason, '') <> coalesce(e.reason, '') or d.is_current <> e.is_current;

-- expect: quarantine: one row per record and reason, with first and last time; refused links and missing cases beside it, what was refused for a while resolved
select q.* from (select count(*) as rows_found,
    sum(case when record_ref = 'abc' and times = 2 and first_seen_at = '2026-01-06 00:20:00' and last_seen_at = '2026-01-11 00:20:00'
        and first_batch_id = 'a' and last_batch_id = 'b' and line = 3 and resolved_at is null then 1 else 0 end) as refused,
    sum(case when object = 'conversation_link' and natural_id in ('c-mismatch', 'c-ambiguous', 'c-cross') and resolved_at is null then 1 else 0 end) as links,
    sum(case when object = 'conversation_link' and natural_id = 'c-moved' and resolved_at = '2026-01-11 00:30:00' then 1 else 0 end) as resolved_links,
    sum(case when object = 'conversation_case' and natural_id in ('c-contact', 'c-none', 'c-lower') and resolved_at is null then 1 else 0 end) as cases,
    sum(case when object = 'conversation_case' and natural_id = 'c-merged' and resolved_at = '2026-01-11 00:30:00' then 1 else 0 end) as resolved_cases
    from curated.quarantine) as q
where (q.rows_found, q.refused, q.links, q.resolved_links, q.cases, q.resolved_cases) <> (9, 1, 3, 1, 3, 1);

-- expect: refused_again: what the merge refuses was seen first when its conversation was, and as often as that was extracted
select record_ref, first_seen_at, last_seen_at, first_batch_id, last_batch_id, times from curated.quarantine
where object = 'conversation_case' and record_ref = 'c-none'
    and (first_seen_at, last_seen_at, first_batch_id, last_batch_id, times) <> ('2026-01-06 00:20:00', '2026-01-11 00:20:00', 'a', 'b', 2);

-- expect: escalation_by_tier: the view adds up
select v.* from (select sum(conversations) as conversations, sum(escalated) as escalated, count(*) as groups from mart.escalation_by_tier) as v
where v.conversations <> 20 or v.escalated <> 2 or v.groups <> 5;

-- expect: join_rate: shares of a day, queue and medium add up to one
select conversation_date, queue_id, media_type, sum(link_share) from mart.join_rate group by conversation_date, queue_id, media_type having abs(sum(link_share) - 1) > 0.00001;

-- expect: ledger: what the first merge of each batch counted
select e.*, l.staged_rows, l.merged_rows, l.superseded_rows
from (
    values ('a', 'conversation', 1, 20, 1), ('a', 'queue', 2, 2, 0), ('a', 'user', 3, 2, 0), ('a', 'account', 4, 1, 1), ('a', 'account', 5, 4, 0)
) as e (batch_id, object, window_no, merged, superseded)
left join ops.window_ledger as l on l.batch_id = e.batch_id and l.object = e.object and l.window_no = e.window_no
where l.batch_id is null or l.merged_rows <> e.merged or l.superseded_rows <> e.superseded;

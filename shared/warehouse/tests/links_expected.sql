-- What the tables hold once the batches m, n, o and k are merged, in whatever order. Each query returns the rows that break its rule.
-- breach: n: join_rate: many have no link, on purpose
-- breach: k: join_rate: none of three has one

-- expect: links: each conversation has the customer that its ways name, or none
select e.*, f.*
from (
    values
    ('p-unique', 'phone', '001A', '003A'), ('p-called', 'phone', '001A', '003A'), ('p-external', 'phone', '001A', '003A'), ('p-before', 'phone', '001A', '003M'),
    ('p-after', 'phone', '001B', '003N'), ('p-late', 'phone', '001B', '003L'), ('p-private', 'phone', '', '003P'), ('p-merged', 'phone', '001A', '003A'),
    ('p-account', 'phone', '001C', ''), ('p-person', 'phone', '001Q', '003Q'), ('a-prefix', 'attribute_account', '001A', ''),
    ('a-fifteen', 'attribute_account', '001A', ''), ('a-kind-phone', 'phone', '001A', '003A'), ('a-first', 'attribute_account', '001V', ''),
    ('a-agree', 'attribute_account', '001A', ''), ('e-ambiguous', 'external_contact', '001A', '003A'), ('y-before', 'attribute_account', '001Y', ''),
    ('y-edge', 'attribute_account', '001Y', ''), ('y-out', 'attribute_account', '001Y', ''), ('w-start', 'attribute_account', '001F', ''),
    ('w-both', 'attribute_account', '001F', ''), ('w-before', 'attribute_account', '001F', ''), ('w-end', 'attribute_account', '001F', ''),
    ('c-near', 'attribute_account', '001G', ''), ('c-late', 'attribute_account', '001H', ''), ('c-none', 'attribute_account', '001B', '')
) as e (id, method, account_id, contact_id)
full join curated.fact_customer_interactions as f on f.conversation_id = e.id
where e.id is null or f.conversation_id is null or f.link_method <> e.method or coalesce(left(f.crm_account_id, 4), '') <> e.account_id
    or coalesce(left(f.crm_contact_id, 4), '') <> e.contact_id;

-- expect: reasons: a conversation without a link says why: 001U is unknown, and has been asked for as far as 10 January
select e.*, f.link_reason
from (
    values
    ('p-ambiguous', 'ambiguous'), ('p-accounts', 'ambiguous'), ('p-agent', 'no_id'), ('p-nobody', 'no_id'), ('p-unread', 'no_id'), ('a-kind', 'no_id'),
    ('m-case', 'crm_mismatch'), ('m-contact', 'crm_mismatch'), ('m-phone', 'crm_mismatch'), ('m-external', 'crm_mismatch'), ('m-people', 'crm_mismatch'),
    ('r-absent', 'id_not_found'), ('r-late', 'crm_late'), ('v-ends-before', 'no_id'), ('v-future', 'no_id'), ('v-negative', 'no_id'), ('v-mended', 'no_id'),
    ('v-early', 'no_id'), ('v-ahead', 'no_id'), ('q-mended', 'no_id'), ('v-segment', 'no_id')
) as e (id, reason)
full join curated.fact_anonymous_interactions as f on f.conversation_id = e.id
where e.id is null or f.conversation_id is null or f.link_reason <> e.reason;

-- expect: cases: the nearest one in time, over the end of the year, up to the edge of the window, and further between the dates
select e.*, f.crm_case_id, f.case_minutes_apart
from (
    values
    ('y-before', '500Y', 10), ('y-edge', '500Y', -15), ('w-start', '500F', 2879), ('w-both', '500F', 2489), ('c-near', '500J', -1), ('c-late', '500H', 5)
) as e (id, case_id, minutes)
full join (select * from curated.fact_customer_interactions where crm_case_id is not null or case_minutes_apart is not null) as f on f.conversation_id = e.id
where e.id is null or f.conversation_id is null or left(f.crm_case_id, 4) <> e.case_id or f.case_minutes_apart <> e.minutes;

-- expect: values: what cannot be is null, and the rest of the record is there
select conversation_id, conversation_end, duration_ms, handle_time_ms, talk_time_ms, acw_time_ms, customer_number from curated.fact_anonymous_interactions
where conversation_id in ('v-ends-before', 'v-future', 'v-negative', 'v-mended', 'p-agent', 'p-nobody') and not coalesce(
    case conversation_id
        when 'v-negative' then talk_time_ms is null and acw_time_ms = 10 and handle_time_ms = 10
        when 'v-mended' then conversation_end = '2026-01-05 10:30:00' and duration_ms = 1800000
        when 'p-agent' then customer_number is null and not met_bot
        when 'p-nobody' then customer_number = 'tel:+13175550111'
        else conversation_end is null and duration_ms is null
    end, false);

-- expect: segments: a wait that began in 1970 has no beginning, and lasts nobody knows how long
select e.*, q.*
from (values ('answered', cast(null as timestamp), timestamp '2026-01-05 10:01:00')) as e (outcome, entered, gone)
full join (select * from curated.fact_queue_leg where conversation_id = 'v-segment') as q on true
where (q.outcome, q.queue_id, q.entered_at, q.left_at, q.waited_ms) is distinct from (e.outcome, 'q1', e.entered, e.gone, cast(null as bigint));

-- expect: case_values: a case does not close before it opens
select case_id, created_at, closed_at from curated.dim_salesforce_case
where is_latest and coalesce(closed_at, '9999-12-31') <> case when case_id like '500Z%' then timestamp '2026-01-05' else '9999-12-31' end;

-- expect: quarantine: what is refused, with the place of its raw record
select e.*, q.natural_id, q.object, q.reason, q.detail, q.object_key, q.line
from (
    select 'conversation_link' as object, id, reason, 'talk' as object_key from (
        values ('p-ambiguous', 'ambiguous'), ('p-accounts', 'ambiguous'), ('m-case', 'crm_mismatch'), ('m-contact', 'crm_mismatch'),
        ('m-phone', 'crm_mismatch'), ('m-external', 'crm_mismatch'), ('m-people', 'crm_mismatch')
    ) as l (id, reason)
    union all
    select 'conversation_case', id, 'no_case_in_window', 'talk' from (
        values ('p-unique'), ('p-called'), ('p-external'), ('p-before'), ('p-after'), ('p-late'), ('p-private'), ('p-merged'), ('p-account'), ('p-person'),
        ('a-prefix'), ('a-fifteen'), ('a-kind-phone'), ('a-first'), ('a-agree'), ('e-ambiguous'), ('y-out'), ('w-before'), ('w-end'), ('c-none')
    ) as c (id)
    union all
    select 'conversation_value', id, reason, 'talk' from (
        values ('a-kind', 'wrong_kind_of_id'), ('a-kind-phone', 'wrong_kind_of_id'), ('v-ends-before', 'ends_before_start'), ('v-future', 'ends_in_future'),
        ('v-negative', 'negative_time'), ('v-early', 'starts_too_early'), ('v-ahead', 'starts_in_future'),
        ('v-segment', 'impossible_segment')
    ) as v (id, reason)
    union all
    select 'case_value', '500W00000000000AAA', 'closed_before_opened', 'crm'
) as e
full join (select * from curated.quarantine where resolved_at is null) as q on q.natural_id = e.id and q.object = e.object and q.reason = e.reason
where e.id is null or q.natural_id is null or coalesce(q.object_key, '') <> e.object_key or q.line is null or coalesce(q.sha256, '') <> 'x' or q.times <> 1;

-- expect: raw_pointer: the line that holds the record; the detail names attribute and value
select natural_id, line, detail from curated.quarantine
where natural_id = 'a-kind' and (line <> 18 or detail not like 'attribute sfAccountId holds 003A00000000000AAA, %');

-- expect: resolved: what no longer holds keeps its row, with the instant at which the run was read that found it so, or the record that was refused
select e.*, q.natural_id, q.object, q.resolved_at
from (
    values
    ('c-late', 'conversation_case', timestamp '2026-01-10 00:30:00'), ('c-near', 'conversation_case', timestamp '2026-01-10 00:30:00'), ('v-mended', 'conversation_value', timestamp '2026-01-12 00:20:00'),
    ('500Z00000000000AAA', 'case_value', timestamp '2026-01-10 00:30:00'), ('q-mended', 'conversation', timestamp '2026-01-12 00:20:00')
) as e (id, object, resolved_at)
full join (select * from curated.quarantine where resolved_at is not null) as q on q.natural_id = e.id and q.object = e.object
where e.id is null or q.natural_id is null or q.resolved_at <> e.resolved_at;

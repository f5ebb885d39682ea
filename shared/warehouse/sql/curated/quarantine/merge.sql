-- curated.quarantine: what extraction and the merge refused, and what of it no longer holds.
-- Grain   source, object, record_ref, reason
-- Reads   staging.quarantine of all batches and ops.staged_record, for the records that this batch names; tmp_refusal
-- Params  tmp_batch (curated/begin.sql); tmp_staged (staged_record/batch.sql), tmp_conversation, tmp_interaction (curated/link),
--         tmp_refusal (quarantine/refusal.sql)
-- Rule    seen_from: no row of the same key was seen before it, as a bound of the look-up
-- Rerun   safe, in any order of batches: records are counted anew from staging, other refusals are found anew; what is resolved is a mark
--         on the row (table.sql says which)

create temp table tmp_quarantine as
with named as (
    -- Keys that this batch refuses, or stages the record of.
    select
        staged.source,
        staged.object,
        coalesce(staged.natural_id, staged.sha256) as record_ref
    from staging.quarantine as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
    union
    select
        staged.source,
        staged.object,
        staged.natural_id as record_ref
    from staging.quarantine as staged
    inner join tmp_staged
        on
            staged.natural_id = tmp_staged.natural_id
            and replace(staged.object, '_lookup', '') = tmp_staged.object
            and staged.source = tmp_staged.source
),

ranked_record as (
    select
        staged.*,
        named.record_ref,
        row_number() over (
            partition by named.source, named.object, named.record_ref, staged.reason
            order by staged.extracted_at desc, staged.batch_id desc, staged.record_no desc
        ) as recency,
        row_number() over (
            partition by named.source, named.object, named.record_ref, staged.reason
            order by staged.extracted_at, staged.batch_id, staged.record_no
        ) as age
    from named
    inner join staging.quarantine as staged
        on
            named.source = staged.source
            and named.object = staged.object
            and named.record_ref = coalesce(staged.natural_id, staged.sha256)
),

record as (
    select
        ranked_record.source,
        ranked_record.object,
        ranked_record.record_ref,
        ranked_record.reason,
        max(ranked_record.natural_id) as natural_id,
        max(case when ranked_record.recency = 1 then ranked_record.detail end) as detail,
        min(ranked_record.extracted_at) as first_seen_at,
        max(ranked_record.extracted_at) as last_seen_at,
        max(case when ranked_record.age = 1 then ranked_record.batch_id end) as first_batch_id,
        max(case when ranked_record.recency = 1 then ranked_record.batch_id end) as last_batch_id,
        count(distinct ranked_record.extracted_at) as times,
        max(case when ranked_record.recency = 1 then ranked_record.window_start end) as window_start,
        max(case when ranked_record.recency = 1 then ranked_record.window_end end) as window_end,
        max(case when ranked_record.recency = 1 then ranked_record.object_key end) as object_key,
        max(case when ranked_record.recency = 1 then ranked_record.line end) as line,
        max(case when ranked_record.recency = 1 then ranked_record.sha256 end) as sha256
    from ranked_record
    group by ranked_record.source, ranked_record.object, ranked_record.record_ref, ranked_record.reason
),

since as (
    -- Staged at the same instant: landed once, and read with more success.
    select
        record.source,
        record.object,
        record.record_ref,
        record.reason,
        min(staged_record.extracted_at) as resolved_at
    from record
    inner join ops.staged_record
        on
            record.natural_id = staged_record.natural_id
            and replace(record.object, '_lookup', '') = staged_record.object
            and record.source = staged_record.source
            and record.last_seen_at <= staged_record.extracted_at
    group by record.source, record.object, record.record_ref, record.reason
),

-- When this run was read.
own as (
    select coalesce(max(window_ledger.extracted_at), max(load_log.loaded_at), cast('1970-01-01' as timestamp)) as read_at
    from tmp_batch
    left join ops.window_ledger
        on
            tmp_batch.batch_id = window_ledger.batch_id
            and window_ledger.mode <> 'left_out'
    left join ops.load_log
        on tmp_batch.batch_id = load_log.batch_id
),

looked_at as (
    -- What has been judged here: a row of it that is not refused any more is resolved.
    select
        cast('genesys' as varchar(32)) as source,
        cast('conversation_link' as varchar(64)) as object,
        tmp_interaction.conversation_id as record_ref
    from tmp_interaction
    union
    select
        cast('genesys' as varchar(32)) as source,
        cast('conversation_case' as varchar(64)) as object,
        tmp_interaction.conversation_id as record_ref
    from tmp_interaction
    union
    select
        cast('genesys' as varchar(32)) as source,
        cast('conversation_value' as varchar(64)) as object,
        tmp_conversation.conversation_id as record_ref
    from tmp_conversation
    union
    select
        cast('salesforce' as varchar(32)) as source,
        cast('case_value' as varchar(64)) as object,
        tmp_staged.natural_id as record_ref
    from tmp_staged
    where tmp_staged.source = 'salesforce' and tmp_staged.object = 'case'
),

settled as (
    select
        held.*,
        greatest(own.read_at, held.last_seen_at) as settled_at
    from curated.quarantine as held
    cross join own
    inner join looked_at
        on
            held.source = looked_at.source
            and held.object = looked_at.object
            and held.record_ref = looked_at.record_ref
    left join tmp_refusal
        on
            held.source = tmp_refusal.source
            and held.object = tmp_refusal.object
            and held.record_ref = tmp_refusal.record_ref
            and held.reason = tmp_refusal.reason
    where
        held.resolved_at is null
        and tmp_refusal.reason is null
        and held.last_seen_at >= (
            -- None of their records was read before.
            select min(staged_record.extracted_at)
            from ops.staged_record
            inner join looked_at as asked
                on
                    staged_record.natural_id = asked.record_ref
                    and staged_record.source = asked.source
                    and staged_record.object = case when asked.object = 'case_value' then 'case' else 'conversation' end
        )
)

select
    sha2(record.source || '|' || record.object || '|' || record.record_ref || '|' || record.reason, 256) as quarantine_key,
    record.source,
    record.object,
    record.record_ref,
    record.natural_id,
    record.reason,
    record.detail,
    record.first_seen_at,
    record.last_seen_at,
    record.first_batch_id,
    record.last_batch_id,
    record.times,
    record.window_start,
    record.window_end,
    record.object_key,
    record.line,
    record.sha256,
    since.resolved_at,
    record.first_seen_at as seen_from
from record
left join since
    on
        record.source = since.source
        and record.object = since.object
        and record.record_ref = since.record_ref
        and record.reason = since.reason
union all
select
    sha2(tmp_refusal.source || '|' || tmp_refusal.object || '|' || tmp_refusal.record_ref || '|' || tmp_refusal.reason, 256)
        as quarantine_key,
    tmp_refusal.source,
    tmp_refusal.object,
    tmp_refusal.record_ref,
    tmp_refusal.natural_id,
    tmp_refusal.reason,
    tmp_refusal.detail,
    tmp_refusal.first_seen_at,
    tmp_refusal.seen_at as last_seen_at,
    tmp_refusal.first_batch_id,
    tmp_refusal.batch_id as last_batch_id,
    tmp_refusal.times,
    tmp_refusal.window_start,
    tmp_refusal.window_end,
    tmp_refusal.object_key,
    tmp_refusal.line,
    tmp_refusal.sha256,
    cast(null as timestamp) as resolved_at,
    tmp_refusal.seen_from
from tmp_refusal
union all
select
    settled.quarantine_key,
    settled.source,
    settled.object,
    settled.record_ref,
    settled.natural_id,
    settled.reason,
    settled.detail,
    settled.first_seen_at,
    settled.last_seen_at,
    settled.first_batch_id,
    settled.last_batch_id,
    settled.times,
    settled.window_start,
    settled.window_end,
    settled.object_key,
    settled.line,
    settled.sha256,
    settled.settled_at as resolved_at,
    settled.last_seen_at as seen_from
from settled;

delete from curated.quarantine
using tmp_quarantine
where
    quarantine.quarantine_key = tmp_quarantine.quarantine_key
    and quarantine.last_seen_at >= (select min(bound.seen_from) from tmp_quarantine as bound);

insert into curated.quarantine (
    quarantine_key, source, object, record_ref, natural_id, reason, detail, first_seen_at, last_seen_at, first_batch_id, last_batch_id,
    times, window_start, window_end, object_key, line, sha256, resolved_at
)
select
    tmp_quarantine.quarantine_key,
    tmp_quarantine.source,
    tmp_quarantine.object,
    tmp_quarantine.record_ref,
    tmp_quarantine.natural_id,
    tmp_quarantine.reason,
    tmp_quarantine.detail,
    tmp_quarantine.first_seen_at,
    tmp_quarantine.last_seen_at,
    tmp_quarantine.first_batch_id,
    tmp_quarantine.last_batch_id,
    tmp_quarantine.times,
    tmp_quarantine.window_start,
    tmp_quarantine.window_end,
    tmp_quarantine.object_key,
    tmp_quarantine.line,
    tmp_quarantine.sha256,
    tmp_quarantine.resolved_at
from tmp_quarantine;

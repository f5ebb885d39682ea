-- curated/quarantine/refusal.sql: the links, cases and values of this merge that are refused as things stand.
-- Grain   source, object, record_ref, reason
-- Reads   tmp_interaction, tmp_link, tmp_said (curated/link), staging.genesys_{conversation,metric,segment} of the winning records,
--         staging.salesforce_case for the cases of this batch, with ops.staged_record. Where the records landed is told by
--         "raw".genesys_conversation and "raw".salesforce_record, looked up in the windows of ops.window_ledger that hold them
-- Params  tmp_batch (curated/begin.sql); tmp_staged (staged_record/batch.sql), tmp_conversation (link/conversation.sql)
-- Rule    first_seen_at and times tell of all records of the conversation or case, refused or not: what was judged at their time depends on
--         the order of batches. seen_from: no row of the same key was seen before it, as a bound of the look-up. Values of conversations
--         outside the batch are what they were, and are not looked at.
-- Rerun   safe, in any order of batches: a temporary table of the session; it follows the facts and the newest versions

create temp table tmp_refusal as
with said_wrongly as (
    select
        tmp_said.conversation_id,
        min(
            'attribute ' || left(tmp_said.attribute_name, 256) || ' holds ' || left(tmp_said.attribute_value, 256)
            || ', which does not begin as an id of its kind does (' || btrim(tmp_said.kind_prefixes, ',') || ')'
        ) as detail
    from tmp_said
    inner join tmp_batch
        on strpos(tmp_batch.link_ways, ',attribute,') > 0
    where tmp_said.is_id = 1 and tmp_said.is_of_kind = 0
    group by tmp_said.conversation_id
),

below_zero as (
    select
        tmp_conversation.conversation_id,
        min(
            metric.metric_name || ' of participant ' || cast(metric.participant_no as varchar(16)) || ', session '
            || cast(metric.session_no as varchar(16)) || ' is ' || cast(metric.metric_value as varchar(32))
        ) as detail
    from tmp_conversation
    inner join staging.genesys_metric as metric
        on
            tmp_conversation.batch_id = metric.batch_id
            and tmp_conversation.record_no = metric.record_no
    where metric.metric_value < 0
    group by tmp_conversation.conversation_id
),

segment_beyond as (
    select
        tmp_conversation.conversation_id,
        min(
            'segment ' || cast(segment.segment_no as varchar(16)) || ' of participant ' || cast(segment.participant_no as varchar(16))
            || ', session ' || cast(segment.session_no as varchar(16)) || ', lasts from '
            || coalesce(left(cast(segment.segment_start as varchar(32)), 19), '(nothing)') || ' to '
            || coalesce(left(cast(segment.segment_end as varchar(32)), 19), '(nothing)')
            || ': not within a day before the conversation starts and a day after it was read'
        ) as detail
    from tmp_conversation
    inner join staging.genesys_segment as segment
        on
            tmp_conversation.batch_id = segment.batch_id
            and tmp_conversation.record_no = segment.record_no
    where
        segment.segment_start < dateadd('day', -1, tmp_conversation.conversation_start)
        or segment.segment_start > dateadd('day', 1, tmp_conversation.extracted_at)
        or segment.segment_end < dateadd('day', -1, tmp_conversation.conversation_start)
        or segment.segment_end > dateadd('day', 1, tmp_conversation.extracted_at)
    group by tmp_conversation.conversation_id
),

timed as (
    select
        tmp_conversation.conversation_id,
        tmp_conversation.extracted_at,
        staged.conversation_start,
        staged.conversation_end
    from tmp_conversation
    inner join staging.genesys_conversation as staged
        on
            tmp_conversation.batch_id = staged.batch_id
            and tmp_conversation.record_no = staged.record_no
),

refused as (
    select
        cast('conversation_link' as varchar(64)) as object,
        tmp_link.conversation_id,
        tmp_link.link_reason as reason,
        coalesce(tmp_link.link_method || ': ', '') || tmp_link.detail as detail
    from tmp_link
    where tmp_link.link_reason in ('ambiguous', 'crm_mismatch')
    union all
    select
        cast('conversation_case' as varchar(64)) as object,
        tmp_link.conversation_id,
        'no_case_in_window' as reason,
        'no case of account ' || coalesce(tmp_link.crm_account_id, '(none)') || ', contact ' || coalesce(tmp_link.crm_contact_id, '(none)')
        || ' within ' || cast(tmp_link.match_minutes as varchar(16)) || ' minutes of the start' as detail
    from tmp_link
    where tmp_link.link_reason is null and tmp_link.crm_case_id is null
    union all
    select
        cast('conversation_value' as varchar(64)) as object,
        said_wrongly.conversation_id,
        'wrong_kind_of_id' as reason,
        said_wrongly.detail
    from said_wrongly
    union all
    select
        cast('conversation_value' as varchar(64)) as object,
        below_zero.conversation_id,
        'negative_time' as reason,
        below_zero.detail
    from below_zero
    union all
    select
        cast('conversation_value' as varchar(64)) as object,
        segment_beyond.conversation_id,
        'impossible_segment' as reason,
        segment_beyond.detail
    from segment_beyond
    union all
    select
        cast('conversation_value' as varchar(64)) as object,
        timed.conversation_id,
        'ends_before_start' as reason,
        'ends at ' || left(cast(timed.conversation_end as varchar(32)), 19) || ', before it starts at '
        || left(cast(timed.conversation_start as varchar(32)), 19) as detail
    from timed
    where timed.conversation_end < timed.conversation_start
    union all
    select
        cast('conversation_value' as varchar(64)) as object,
        timed.conversation_id,
        'ends_in_future' as reason,
        'ends at ' || left(cast(timed.conversation_end as varchar(32)), 19) || ', more than a day after it was read at '
        || left(cast(timed.extracted_at as varchar(32)), 19) as detail
    from timed
    where timed.conversation_end > dateadd('day', 1, timed.extracted_at)
    union all
    select
        cast('conversation_value' as varchar(64)) as object,
        timed.conversation_id,
        'starts_in_future' as reason,
        'starts at ' || left(cast(timed.conversation_start as varchar(32)), 19) || ', more than a day after it was read at '
        || left(cast(timed.extracted_at as varchar(32)), 19) as detail
    from timed
    where timed.conversation_start > dateadd('day', 1, timed.extracted_at)
    union all
    select
        cast('conversation_value' as varchar(64)) as object,
        timed.conversation_id,
        'starts_too_early' as reason,
        'starts at ' || left(cast(timed.conversation_start as varchar(32)), 19) || ', before 2000' as detail
    from timed
    where timed.conversation_start < cast('2000-01-01' as timestamp)
),

earliest as (
    select min(staged_record.extracted_at) as seen_from
    from ops.staged_record
    inner join tmp_interaction
        on staged_record.natural_id = tmp_interaction.conversation_id
    where staged_record.source = 'genesys' and staged_record.object = 'conversation'
),

known as (
    select
        staged_record.natural_id as conversation_id,
        staged_record.batch_id,
        staged_record.extracted_at,
        row_number() over (
            partition by staged_record.natural_id
            order by staged_record.extracted_at, staged_record.batch_id, staged_record.record_no
        ) as age
    from ops.staged_record
    inner join (
        select distinct refused.conversation_id
        from refused
    ) as asked
        on
            staged_record.natural_id = asked.conversation_id
            and staged_record.source = 'genesys'
            and staged_record.object = 'conversation'
),

first_known as (
    select
        known.conversation_id,
        min(known.extracted_at) as first_seen_at,
        max(case when known.age = 1 then known.batch_id end) as first_batch_id,
        count(distinct known.extracted_at) as times -- a replay is none
    from known
    group by known.conversation_id
),

window_of_record as (
    select
        min(window_ledger.window_start) as from_start,
        max(window_ledger.window_start) as to_start
    from refused
    inner join tmp_interaction
        on refused.conversation_id = tmp_interaction.conversation_id
    inner join ops.window_ledger
        on
            tmp_interaction.batch_id = window_ledger.batch_id
            and window_ledger.source = 'genesys'
            and window_ledger.object = 'conversation'
            and (tmp_interaction.record_no - 1) / 1000000000 = window_ledger.window_no
),

landed as (
    -- A replay has no raw rows of its own: those of the first reading, at the same instant, are the same bytes.
    select
        source_row.natural_id as conversation_id,
        source_row.extracted_at,
        source_row.window_start,
        source_row.window_end,
        source_row.object_key,
        source_row.line,
        source_row.sha256,
        row_number() over (
            partition by source_row.natural_id, source_row.extracted_at order by source_row.batch_id desc, source_row.record_no desc
        ) as recency
    from "raw".genesys_conversation as source_row
    inner join (
        select distinct refused.conversation_id
        from refused
    ) as asked
        on source_row.natural_id = asked.conversation_id
    where
        source_row.window_start >= (select window_of_record.from_start from window_of_record)
        and source_row.window_start <= (select window_of_record.to_start from window_of_record)
),

case_version as (
    select
        ranked_case.case_id,
        max(case when ranked_case.recency = 1 then ranked_case.batch_id end) as batch_id,
        max(case when ranked_case.recency = 1 then ranked_case.record_no end) as record_no,
        max(case when ranked_case.recency = 1 then ranked_case.extracted_at end) as extracted_at,
        max(case when ranked_case.recency = 1 then ranked_case.created_at end) as created_at,
        max(case when ranked_case.recency = 1 then ranked_case.closed_at end) as closed_at,
        min(ranked_case.extracted_at) as first_seen_at,
        max(case when ranked_case.age = 1 then ranked_case.batch_id end) as first_batch_id,
        count(distinct ranked_case.extracted_at) as times
    from (
        select
            staged.case_id,
            staged.batch_id,
            staged.record_no,
            staged.extracted_at,
            staged.created_at,
            staged.closed_at,
            row_number() over (
                partition by staged.case_id
                order by
                    staged.system_modstamp desc,
                    staged.extracted_at desc,
                    coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                    staged.batch_id desc,
                    staged.record_no desc
            ) as recency,
            row_number() over (
                partition by staged.case_id
                order by staged.extracted_at, staged.batch_id, staged.record_no
            ) as age
        from (
            select distinct tmp_staged.natural_id
            from tmp_staged
            where tmp_staged.source = 'salesforce' and tmp_staged.object = 'case'
        ) as asked
        inner join ops.staged_record
            on
                asked.natural_id = staged_record.natural_id
                and staged_record.source = 'salesforce'
                and staged_record.object = 'case'
        inner join staging.salesforce_case as staged
            on
                staged_record.batch_id = staged.batch_id
                and staged_record.record_no = staged.record_no
        left join ops.load_log
            on staged.batch_id = load_log.batch_id
    ) as ranked_case
    group by ranked_case.case_id
),

closed_too_early as (
    select case_version.*
    from case_version
    where case_version.closed_at < case_version.created_at
),

window_of_case as (
    select
        min(window_ledger.window_start) as from_start,
        max(window_ledger.window_start) as to_start
    from closed_too_early
    inner join ops.window_ledger
        on
            closed_too_early.batch_id = window_ledger.batch_id
            and window_ledger.source = 'salesforce'
            and window_ledger.object in ('case', 'case_lookup')
            and (closed_too_early.record_no - 1) / 1000000000 = window_ledger.window_no
),

landed_case as (
    select
        source_row.natural_id as case_id,
        source_row.extracted_at,
        source_row.window_start,
        source_row.window_end,
        source_row.object_key,
        source_row.line,
        source_row.sha256,
        row_number() over (
            partition by source_row.natural_id, source_row.extracted_at order by source_row.batch_id desc, source_row.record_no desc
        ) as recency
    from "raw".salesforce_record as source_row
    inner join closed_too_early
        on
            source_row.natural_id = closed_too_early.case_id
            and source_row.extracted_at = closed_too_early.extracted_at
    where
        source_row.object in ('case', 'case_lookup')
        and source_row.window_start >= (select window_of_case.from_start from window_of_case)
        and source_row.window_start <= (select window_of_case.to_start from window_of_case)
)

select
    cast('genesys' as varchar(32)) as source,
    refused.object,
    refused.conversation_id as record_ref,
    refused.reason,
    refused.conversation_id as natural_id,
    refused.detail,
    tmp_interaction.etl_loaded_at as seen_at,
    tmp_interaction.batch_id,
    first_known.first_seen_at,
    first_known.first_batch_id,
    first_known.times,
    landed.window_start,
    landed.window_end,
    landed.object_key,
    landed.line,
    landed.sha256,
    earliest.seen_from
from refused
inner join tmp_interaction
    on refused.conversation_id = tmp_interaction.conversation_id
inner join first_known
    on refused.conversation_id = first_known.conversation_id
cross join earliest
left join landed
    on
        refused.conversation_id = landed.conversation_id
        and tmp_interaction.etl_loaded_at = landed.extracted_at
        and landed.recency = 1
union all
select
    cast('salesforce' as varchar(32)) as source,
    cast('case_value' as varchar(64)) as object,
    closed_too_early.case_id as record_ref,
    'closed_before_opened' as reason,
    closed_too_early.case_id as natural_id,
    'closed at ' || left(cast(closed_too_early.closed_at as varchar(32)), 19) || ', before it was opened at '
    || left(cast(closed_too_early.created_at as varchar(32)), 19) as detail,
    closed_too_early.extracted_at as seen_at,
    closed_too_early.batch_id,
    closed_too_early.first_seen_at,
    closed_too_early.first_batch_id,
    closed_too_early.times,
    landed_case.window_start,
    landed_case.window_end,
    landed_case.object_key,
    landed_case.line,
    landed_case.sha256,
    closed_too_early.first_seen_at as seen_from
from closed_too_early
left join landed_case
    on
        closed_too_early.case_id = landed_case.case_id
        and landed_case.recency = 1;

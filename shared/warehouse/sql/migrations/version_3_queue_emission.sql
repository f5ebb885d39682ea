-- version_3_queue_emission: what conversations that a warehouse has already add to the figures of queues: without them, a day of
-- before would differ from what the source counts.
-- Grain   one section per table that is filled, as the merge fills it
-- Form    see version_3.sql

-- fill: curated.queue_emission
insert into curated.queue_emission (
    conversation_id, conversation_start, emitted_date, queue_id, media_type, offered, handled, handle_ms, is_open, read_at, batch_id
)
with tmp_conversation as (
    select
        both_facts.conversation_id,
        both_facts.conversation_start,
        both_facts.batch_id,
        both_facts.record_no,
        both_facts.etl_loaded_at as extracted_at
    from (
        select
            conversation_id,
            conversation_start,
            batch_id,
            record_no,
            etl_loaded_at
        from curated.fact_customer_interactions
        union all
        select
            conversation_id,
            conversation_start,
            batch_id,
            record_no,
            etl_loaded_at
        from curated.fact_anonymous_interactions
    ) as both_facts
    left join (
        select distinct conversation_id
        from curated.queue_emission
    ) as known
        on both_facts.conversation_id = known.conversation_id
    where known.conversation_id is null
),

named as (
    select
        segment.batch_id,
        segment.record_no,
        segment.participant_no,
        segment.session_no,
        segment.queue_id,
        row_number() over (
            partition by segment.batch_id, segment.record_no, segment.participant_no, segment.session_no
            order by segment.segment_no
        ) as queue_order
    from staging.genesys_segment as segment
    inner join tmp_conversation
        on
            segment.batch_id = tmp_conversation.batch_id
            and segment.record_no = tmp_conversation.record_no
    where segment.queue_id is not null
)

select
    tmp_conversation.conversation_id,
    tmp_conversation.conversation_start,
    cast(coalesce(metric.emit_date, tmp_conversation.conversation_start) as date) as emitted_date,
    named.queue_id,
    session.media_type,
    sum(case when metric.metric_name = 'nOffered' then coalesce(metric.metric_value, 0) else 0 end) as offered,
    sum(case when metric.metric_name = 'tHandle' then 1 else 0 end) as handled,
    sum(case when metric.metric_name = 'tHandle' then coalesce(metric.metric_value, 0) else 0 end) as handle_ms,
    false as is_open,
    tmp_conversation.extracted_at as read_at,
    tmp_conversation.batch_id
from tmp_conversation
inner join staging.genesys_conversation as staged
    on
        tmp_conversation.batch_id = staged.batch_id
        and tmp_conversation.record_no = staged.record_no
inner join staging.genesys_metric as metric
    on
        tmp_conversation.batch_id = metric.batch_id
        and tmp_conversation.record_no = metric.record_no
inner join staging.genesys_session as session
    on
        metric.batch_id = session.batch_id
        and metric.record_no = session.record_no
        and metric.participant_no = session.participant_no
        and metric.session_no = session.session_no
inner join named
    on
        metric.batch_id = named.batch_id
        and metric.record_no = named.record_no
        and metric.participant_no = named.participant_no
        and metric.session_no = named.session_no
where metric.metric_name in ('nOffered', 'tHandle') and named.queue_order = 1
group by
    tmp_conversation.conversation_id,
    tmp_conversation.conversation_start,
    cast(coalesce(metric.emit_date, tmp_conversation.conversation_start) as date),
    named.queue_id,
    session.media_type,
    tmp_conversation.extracted_at,
    tmp_conversation.batch_id
union all
select distinct
    tmp_conversation.conversation_id,
    tmp_conversation.conversation_start,
    cast(tmp_conversation.conversation_start as date) as emitted_date,
    cast(null as varchar(64)) as queue_id,
    session.media_type,
    cast(0 as bigint) as offered,
    cast(0 as bigint) as handled,
    cast(0 as bigint) as handle_ms,
    true as is_open,
    tmp_conversation.extracted_at as read_at,
    tmp_conversation.batch_id
from tmp_conversation
inner join staging.genesys_conversation as staged
    on
        tmp_conversation.batch_id = staged.batch_id
        and tmp_conversation.record_no = staged.record_no
inner join staging.genesys_session as session
    on
        tmp_conversation.batch_id = session.batch_id
        and tmp_conversation.record_no = session.record_no
where staged.conversation_end is null;

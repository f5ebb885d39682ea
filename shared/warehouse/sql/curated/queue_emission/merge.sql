-- curated.queue_emission: what the conversations of one batch add to the figures of queues.
-- Grain   conversation_id, emitted_date, queue_id, media_type; is_open: conversation_id, media_type
-- Reads   tmp_conversation, tmp_known_start; staging.genesys_{conversation,session,segment,metric} of the winning records
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: a conversation's rows come from its last extraction, whichever batch holds it

delete from curated.queue_emission
using tmp_known_start
where
    queue_emission.conversation_id = tmp_known_start.conversation_id
    and queue_emission.conversation_start = tmp_known_start.conversation_start
    and tmp_known_start.is_named = 1;

insert into curated.queue_emission (
    conversation_id, conversation_start, emitted_date, queue_id, media_type, offered, handled, handle_ms, is_open, read_at, batch_id
)
with named as (
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

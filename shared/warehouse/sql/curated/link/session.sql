-- curated/link/session.sql: one row per session of the winning records, agents' and others': what the facts of the merge are made of.
-- Grain   conversation_id, participant_no, session_no
-- Reads   staging.genesys_{session,participant,segment,metric} of the winning records
-- Params  tmp_conversation (curated/link/conversation.sql)
-- Rerun   safe: a temporary table of the session

create temp table tmp_session as
with measured as (
    select
        metric.batch_id,
        metric.record_no,
        metric.participant_no,
        metric.session_no,
        sum(case when metric.metric_name = 'tHandle' then metric.metric_value end) as handle_ms,
        sum(case when metric.metric_name = 'tHandle' then 1 else 0 end) as handles,
        sum(case when metric.metric_name = 'tTalkComplete' then metric.metric_value end) as talk_complete_ms,
        sum(case when metric.metric_name = 'tTalk' then metric.metric_value end) as talk_ms,
        sum(case when metric.metric_name = 'tHeldComplete' then metric.metric_value end) as held_complete_ms,
        sum(case when metric.metric_name = 'tHeld' then metric.metric_value end) as held_ms,
        sum(case when metric.metric_name = 'tAcw' then metric.metric_value end) as acw_ms,
        sum(case when metric.metric_name in ('tDialing', 'tContacting') then metric.metric_value end) as dialing_ms,
        sum(case when metric.metric_name = 'tAnswered' then 1 else 0 end) as answers,
        max(case when metric.metric_name = 'tAnswered' then metric.metric_value end) as answer_ms,
        sum(case when metric.metric_name = 'tAbandon' then 1 else 0 end) as abandons,
        max(case when metric.metric_name = 'tAbandon' then metric.metric_value end) as abandon_ms,
        sum(case when metric.metric_name = 'tFlowOut' then 1 else 0 end) as flow_outs,
        max(case when metric.metric_name = 'tFlowOut' then metric.metric_value end) as flow_out_ms,
        sum(case when metric.metric_name = 'tAcd' then metric.metric_value end) as acd_ms,
        sum(case when metric.metric_name = 'nTransferred' then metric.metric_value else 0 end) as transfers,
        sum(case when metric.metric_name = 'nOutboundAttempted' then metric.metric_value else 0 end) as outbound_attempts,
        sum(case when metric.metric_name = 'nOutboundConnected' then metric.metric_value else 0 end) as outbound_connects,
        sum(case when metric.metric_name = 'nOutboundAbandoned' then metric.metric_value else 0 end) as outbound_abandons
    from (
        -- A time below zero cannot be: it is none (curated.quarantine, conversation_value).
        select
            received.batch_id,
            received.record_no,
            received.participant_no,
            received.session_no,
            received.metric_name,
            case when received.metric_value >= 0 then received.metric_value end as metric_value
        from staging.genesys_metric as received
    ) as metric
    inner join tmp_conversation
        on
            metric.batch_id = tmp_conversation.batch_id
            and metric.record_no = tmp_conversation.record_no
    group by metric.batch_id, metric.record_no, metric.participant_no, metric.session_no
),

segmented as (
    select
        ranked.batch_id,
        ranked.record_no,
        ranked.participant_no,
        ranked.session_no,
        min(ranked.segment_start) as session_start,
        -- Open as long as one of its segments is.
        case when sum(ranked.is_ended) = count(*) then max(ranked.segment_end) end as session_end,
        max(case when ranked.queue_order = 1 then ranked.queue_id end) as queue_id,
        max(case when ranked.wrap_up_order = 1 then ranked.wrap_up_code end) as wrap_up_code
    from (
        select
            segment.batch_id,
            segment.record_no,
            segment.participant_no,
            segment.session_no,
            -- An instant that cannot be is none (curated.quarantine, conversation_value).
            case
                when
                    segment.segment_start >= dateadd('day', -1, tmp_conversation.conversation_start)
                    and segment.segment_start <= dateadd('day', 1, tmp_conversation.extracted_at)
                    then segment.segment_start
            end as segment_start,
            case
                when
                    segment.segment_end >= dateadd('day', -1, tmp_conversation.conversation_start)
                    and segment.segment_end <= dateadd('day', 1, tmp_conversation.extracted_at)
                    then segment.segment_end
            end as segment_end,
            case when segment.segment_end is null then 0 else 1 end as is_ended,
            segment.queue_id,
            segment.wrap_up_code,
            row_number() over (
                partition by segment.batch_id, segment.record_no, segment.participant_no, segment.session_no
                order by case when segment.queue_id is null then 1 else 0 end, segment.segment_no
            ) as queue_order,
            row_number() over (
                partition by segment.batch_id, segment.record_no, segment.participant_no, segment.session_no
                order by case when segment.wrap_up_code is null then 1 else 0 end, segment.segment_no desc
            ) as wrap_up_order
        from staging.genesys_segment as segment
        inner join tmp_conversation
            on
                segment.batch_id = tmp_conversation.batch_id
                and segment.record_no = tmp_conversation.record_no
    ) as ranked
    group by ranked.batch_id, ranked.record_no, ranked.participant_no, ranked.session_no
)

select
    tmp_conversation.conversation_id,
    session.participant_no,
    session.session_no,
    session.session_id,
    participant.user_id,
    participant.purpose,
    segmented.session_start,
    segmented.session_end,
    segmented.queue_id,
    segmented.wrap_up_code,
    session.media_type,
    session.direction,
    -- The handling of an outbound call has its dialing, which is no answer, and what the agent noted after it.
    coalesce(measured.answers, 0) > 0
    or coalesce(measured.talk_complete_ms, measured.talk_ms, 0) > 0
    or coalesce(measured.handle_ms, 0) > coalesce(measured.dialing_ms, 0) + coalesce(measured.acw_ms, 0) as answered,
    coalesce(measured.abandons, 0) > 0 as abandoned,
    coalesce(measured.flow_outs, 0) > 0 as flowed_out,
    coalesce(measured.transfers, 0) as transfers,
    measured.answer_ms,
    measured.abandon_ms,
    measured.flow_out_ms,
    measured.acd_ms,
    session.outbound_campaign_id,
    session.outbound_contact_id,
    session.outbound_contact_list_id,
    session.disposition_name,
    coalesce(measured.outbound_attempts, 0) as outbound_attempts,
    coalesce(measured.outbound_connects, 0) as outbound_connects,
    coalesce(measured.outbound_abandons, 0) as outbound_abandons,
    participant.purpose = 'botflow' or lower(coalesce(session.flow_type, '')) like '%bot%' as is_bot,
    coalesce(measured.talk_complete_ms, measured.talk_ms) as talk_time_ms,
    coalesce(measured.held_complete_ms, measured.held_ms) as hold_time_ms,
    measured.acw_ms as acw_time_ms,
    -- As often as the source counts it: once for each tHandle; where none came, once for whatever was handled.
    case
        when coalesce(measured.handles, 0) > 0 then measured.handles
        when coalesce(measured.talk_complete_ms, measured.talk_ms, measured.held_complete_ms, measured.held_ms, measured.acw_ms) is not null
            then 1
        else 0
    end as handle_count,
    case
        when measured.handle_ms is not null then measured.handle_ms
        when coalesce(measured.talk_complete_ms, measured.talk_ms, measured.held_complete_ms, measured.held_ms, measured.acw_ms) is not null
            then
                coalesce(measured.talk_complete_ms, measured.talk_ms, 0)
                + coalesce(measured.held_complete_ms, measured.held_ms, 0)
                + coalesce(measured.acw_ms, 0)
    end as handle_time_ms
from tmp_conversation
inner join staging.genesys_session as session
    on
        tmp_conversation.batch_id = session.batch_id
        and tmp_conversation.record_no = session.record_no
inner join staging.genesys_participant as participant
    on
        session.batch_id = participant.batch_id
        and session.record_no = participant.record_no
        and session.participant_no = participant.participant_no
left join measured
    on
        session.batch_id = measured.batch_id
        and session.record_no = measured.record_no
        and session.participant_no = measured.participant_no
        and session.session_no = measured.session_no
left join segmented
    on
        session.batch_id = segmented.batch_id
        and session.record_no = segmented.record_no
        and session.participant_no = segmented.participant_no
        and session.session_no = segmented.session_no;

-- version_3_queue_leg: waits in queues, of conversations that a warehouse has already.
-- Grain   one section per table that is filled, as the merge fills it
-- Form    see version_3.sql

-- fill: curated.fact_queue_leg
insert into curated.fact_queue_leg (
    queue_leg_key, conversation_id, participant_no, session_no, conversation_start, session_id, queue_id, media_type, direction, entered_at,
    left_at, outcome, waited_ms, batch_id, etl_loaded_at
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
        from curated.fact_queue_leg
    ) as known
        on both_facts.conversation_id = known.conversation_id
    where known.conversation_id is null
),

measured as (
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
        case when sum(ranked.is_ended) = count(*) then max(ranked.segment_end) end as session_end,
        max(case when ranked.queue_order = 1 then ranked.queue_id end) as queue_id,
        max(case when ranked.wrap_up_order = 1 then ranked.wrap_up_code end) as wrap_up_code
    from (
        select
            segment.batch_id,
            segment.record_no,
            segment.participant_no,
            segment.session_no,
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
),

tmp_session as (
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
        case
            when coalesce(measured.handles, 0) > 0 then measured.handles
            when
                coalesce(measured.talk_complete_ms, measured.talk_ms, measured.held_complete_ms, measured.held_ms, measured.acw_ms)
                is not null
                then 1
            else 0
        end as handle_count,
        case
            when measured.handle_ms is not null then measured.handle_ms
            when
                coalesce(measured.talk_complete_ms, measured.talk_ms, measured.held_complete_ms, measured.held_ms, measured.acw_ms)
                is not null
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
            and session.session_no = segmented.session_no
),

waiting as (
    select tmp_session.*
    from tmp_session
    where tmp_session.purpose = 'acd'
),

answer as (
    select
        agent_session.conversation_id,
        agent_session.participant_no,
        agent_session.session_no,
        agent_session.session_start,
        agent_session.answer_ms,
        waiting.participant_no as waiting_participant_no,
        waiting.session_no as waiting_session_no,
        row_number() over (
            partition by agent_session.conversation_id, agent_session.participant_no, agent_session.session_no
            order by
                case when waiting.session_start is null then 1 else 0 end,
                waiting.session_start desc,
                waiting.participant_no desc,
                waiting.session_no desc
        ) as nearness
    from tmp_session as agent_session
    inner join waiting
        on
            agent_session.conversation_id = waiting.conversation_id
            and coalesce(agent_session.queue_id, waiting.queue_id, '') = coalesce(waiting.queue_id, agent_session.queue_id, '')
    where
        agent_session.purpose = 'agent'
        and agent_session.answered
        and not waiting.abandoned
        and not waiting.flowed_out
        and case
            when agent_session.session_start is null or waiting.session_start is null
                then waiting.participant_no < agent_session.participant_no
            else waiting.session_start <= agent_session.session_start
        end
),

first_answer as (
    select
        answer.conversation_id,
        answer.waiting_participant_no,
        answer.waiting_session_no,
        answer.session_start,
        answer.answer_ms,
        row_number() over (
            partition by answer.conversation_id, answer.waiting_participant_no, answer.waiting_session_no
            order by
                case when answer.session_start is null then 1 else 0 end,
                answer.session_start,
                answer.participant_no,
                answer.session_no
        ) as answer_order
    from answer
    where answer.nearness = 1
),

ended as (
    select
        waiting.*,
        first_answer.answer_ms as answered_after_ms,
        first_answer.session_start as answered_at,
        case
            when waiting.abandoned then 'abandoned'
            when waiting.flowed_out then 'flow_out'
            when first_answer.conversation_id is not null then 'answered'
            else 'other'
        end as outcome
    from waiting
    left join first_answer
        on
            waiting.conversation_id = first_answer.conversation_id
            and waiting.participant_no = first_answer.waiting_participant_no
            and waiting.session_no = first_answer.waiting_session_no
            and first_answer.answer_order = 1
)

select
    sha2(
        ended.conversation_id || '|' || cast(ended.participant_no as varchar(16)) || '|' || cast(ended.session_no as varchar(16)), 256
    ) as queue_leg_key,
    ended.conversation_id,
    ended.participant_no,
    ended.session_no,
    tmp_conversation.conversation_start,
    ended.session_id,
    ended.queue_id,
    ended.media_type,
    ended.direction,
    ended.session_start as entered_at,
    ended.session_end as left_at,
    ended.outcome,
    coalesce(
        case ended.outcome
            when 'abandoned' then ended.abandon_ms
            when 'flow_out' then ended.flow_out_ms
            when 'answered' then ended.answered_after_ms
        end,
        ended.acd_ms,
        case when ended.outcome = 'answered' then datediff('millisecond', ended.session_start, ended.answered_at) end
    ) as waited_ms,
    tmp_conversation.batch_id,
    tmp_conversation.extracted_at as etl_loaded_at
from ended
inner join tmp_conversation
    on ended.conversation_id = tmp_conversation.conversation_id;

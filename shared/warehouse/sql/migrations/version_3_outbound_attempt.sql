-- version_3_outbound_attempt: campaigns and whom they tried to reach, of conversations that a warehouse has already.
-- Grain   one section per table that is filled, as the merge fills it
-- Form    see version_3.sql

-- fill: curated.dim_campaign
insert into curated.dim_campaign (
    campaign_key, campaign_id, campaign_name, division_id, division_name, dialing_mode, campaign_status, contact_list_id, queue_id,
    date_created, date_modified, batch_id, extracted_at
)
select
    sha2(ranked.campaign_id, 256) as campaign_key,
    ranked.campaign_id,
    ranked.campaign_name,
    ranked.division_id,
    ranked.division_name,
    ranked.dialing_mode,
    ranked.campaign_status,
    ranked.contact_list_id,
    ranked.queue_id,
    ranked.date_created,
    ranked.date_modified,
    ranked.batch_id,
    ranked.extracted_at
from (
    select
        staged.*,
        row_number() over (
            partition by staged.campaign_id
            order by
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.genesys_campaign as staged
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
) as ranked
left join curated.dim_campaign
    on ranked.campaign_id = dim_campaign.campaign_id
where ranked.recency = 1 and dim_campaign.campaign_id is null;

-- fill: curated.fact_outbound_attempt
insert into curated.fact_outbound_attempt (
    outbound_attempt_key, conversation_id, campaign_id, contact_list_id, contact_id, conversation_start, media_type, attempts, is_connected,
    is_abandoned, disposition_name, batch_id, etl_loaded_at
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
        from curated.fact_outbound_attempt
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

campaign as (
    select
        tmp_session.conversation_id,
        min(tmp_session.outbound_campaign_id) as first_campaign_id,
        max(tmp_session.outbound_campaign_id) as last_campaign_id
    from tmp_session
    where tmp_session.outbound_campaign_id is not null
    group by tmp_session.conversation_id
),

placed as (
    select
        tmp_session.*,
        coalesce(tmp_session.outbound_campaign_id, campaign.first_campaign_id) as campaign_id
    from tmp_session
    inner join campaign
        on tmp_session.conversation_id = campaign.conversation_id
    where
        tmp_session.outbound_campaign_id is not null
        or (tmp_session.purpose = 'agent' and campaign.first_campaign_id = campaign.last_campaign_id)
),

list_named as (
    select
        placed.*,
        min(placed.outbound_contact_list_id) over (partition by placed.conversation_id, placed.campaign_id) as first_list_id,
        max(placed.outbound_contact_list_id) over (partition by placed.conversation_id, placed.campaign_id) as last_list_id
    from placed
),

listed as (
    select
        list_named.*,
        coalesce(
            list_named.outbound_contact_list_id,
            case when list_named.first_list_id = list_named.last_list_id then list_named.first_list_id end
        ) as contact_list_id
    from list_named
),

contact_named as (
    select
        listed.*,
        min(listed.outbound_contact_id) over (
            partition by listed.conversation_id, listed.campaign_id, listed.contact_list_id
        ) as first_contact_id,
        max(listed.outbound_contact_id) over (
            partition by listed.conversation_id, listed.campaign_id, listed.contact_list_id
        ) as last_contact_id
    from listed
),

dialed as (
    select
        contact_named.*,
        coalesce(
            contact_named.outbound_contact_id,
            case when contact_named.first_contact_id = contact_named.last_contact_id then contact_named.first_contact_id end
        ) as contact_id
    from contact_named
),

ordered as (
    select
        dialed.*,
        row_number() over (
            partition by dialed.conversation_id, dialed.campaign_id, dialed.contact_list_id, dialed.contact_id
            order by
                case when dialed.disposition_name is null then 1 else 0 end,
                dialed.participant_no,
                dialed.session_no
        ) as disposition_order
    from dialed
),

gathered as (
    select
        ordered.conversation_id,
        ordered.campaign_id,
        ordered.contact_list_id,
        ordered.contact_id,
        min(ordered.media_type) as media_type,
        sum(ordered.outbound_attempts) as attempts,
        max(
            case when ordered.outbound_connects > 0 or (ordered.purpose = 'agent' and ordered.answered) then 1 else 0 end
        ) as connected,
        max(case when ordered.outbound_abandons > 0 then 1 else 0 end) as abandoned,
        max(case when ordered.disposition_order = 1 then ordered.disposition_name end) as disposition_name
    from ordered
    group by ordered.conversation_id, ordered.campaign_id, ordered.contact_list_id, ordered.contact_id
    having count(ordered.outbound_campaign_id) > 0
)

select
    sha2(
        gathered.conversation_id || '|' || gathered.campaign_id || '|' || coalesce(gathered.contact_list_id, '') || '|'
        || coalesce(gathered.contact_id, ''), 256
    ) as outbound_attempt_key,
    gathered.conversation_id,
    gathered.campaign_id,
    gathered.contact_list_id,
    gathered.contact_id,
    tmp_conversation.conversation_start,
    gathered.media_type,
    case when gathered.attempts > 0 then gathered.attempts else 1 end as attempts,
    gathered.connected = 1 as is_connected,
    gathered.abandoned = 1 as is_abandoned,
    gathered.disposition_name,
    tmp_conversation.batch_id,
    tmp_conversation.extracted_at as etl_loaded_at
from gathered
inner join tmp_conversation
    on gathered.conversation_id = tmp_conversation.conversation_id;

-- curated.fact_agent_leg: agent sessions of the conversations of one batch.
-- Grain   conversation_id, participant_no, session_no
-- Reads   staging.genesys_{conversation,participant,session,segment,metric,attribute} of all batches, for the conversations that this batch
--         names; ops.window_ledger
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: a conversation's rows come from its last extraction, whichever batch holds it

-- The winning record of each conversation that the batch names, also by an evaluation, a survey or attributes that came by themselves.
-- (curated/link reads it too.) A record of a query has no attributes: those of the last details job are kept beside it. A conversation is
-- settled once any of its records was read from a settled window: a later look at it takes nothing back.
create temp table tmp_conversation as
with asked as (
    select staged.conversation_id
    from staging.genesys_conversation as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
    union
    select staged.conversation_id
    from staging.genesys_evaluation_update as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
    union
    select staged.conversation_id
    from staging.genesys_survey_update as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
    union
    select staged.conversation_id
    from staging.genesys_conversation_attribute as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
),

attributed as (
    select distinct
        carried.batch_id,
        carried.record_no
    from staging.genesys_attribute as carried
    inner join asked
        on carried.conversation_id = asked.conversation_id
),

known as (
    select
        staged.conversation_id,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) as loaded_at,
        case when window_ledger.is_settled then 1 else 0 end as is_settled,
        case
            when staged.extraction <> 'replay' then case when staged.extraction = 'job' then 1 else 0 end
            -- Landed files do not tell how they were read: what has attributes or is settled, or was a job's when it was read first.
            when attributed.record_no is not null or window_ledger.is_settled then 1
            else max(case when staged.extraction = 'job' then 1 else 0 end) over (partition by staged.conversation_id, staged.extracted_at)
        end as is_job
    from staging.genesys_conversation as staged
    inner join asked
        on staged.conversation_id = asked.conversation_id
    left join attributed
        on
            staged.batch_id = attributed.batch_id
            and staged.record_no = attributed.record_no
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
    left join ops.window_ledger
        on
            staged.batch_id = window_ledger.batch_id
            and window_ledger.source = 'genesys'
            and window_ledger.object = 'conversation'
            and (staged.record_no - 1) / 1000000000 = window_ledger.window_no
),

ranked as (
    select
        known.*,
        row_number() over (
            partition by known.conversation_id
            order by known.extracted_at desc, known.loaded_at desc, known.batch_id desc, known.record_no desc
        ) as recency,
        row_number() over (
            partition by known.conversation_id
            order by known.is_job desc, known.extracted_at desc, known.loaded_at desc, known.batch_id desc, known.record_no desc
        ) as job_recency
    from known
)

select
    ranked.conversation_id,
    max(case when ranked.recency = 1 then ranked.batch_id end) as batch_id,
    max(case when ranked.recency = 1 then ranked.record_no end) as record_no,
    max(case when ranked.recency = 1 then ranked.extracted_at end) as extracted_at,
    max(case when ranked.recency = 1 then ranked.is_job end) as is_job,
    max(ranked.is_settled) as is_settled,
    max(case when ranked.job_recency = 1 and ranked.is_job = 1 then ranked.batch_id end) as job_batch_id,
    max(case when ranked.job_recency = 1 and ranked.is_job = 1 then ranked.record_no end) as job_record_no,
    max(case when ranked.job_recency = 1 and ranked.is_job = 1 then ranked.extracted_at end) as job_extracted_at
from ranked
group by ranked.conversation_id;

-- One row per session of those records, agents' and others'.
create temp table tmp_session as
with measured as (
    select
        metric.batch_id,
        metric.record_no,
        metric.participant_no,
        metric.session_no,
        sum(case when metric.metric_name = 'tHandle' then metric.metric_value end) as handle_ms,
        sum(case when metric.metric_name = 'tTalkComplete' then metric.metric_value end) as talk_complete_ms,
        sum(case when metric.metric_name = 'tTalk' then metric.metric_value end) as talk_ms,
        sum(case when metric.metric_name = 'tHeldComplete' then metric.metric_value end) as held_complete_ms,
        sum(case when metric.metric_name = 'tHeld' then metric.metric_value end) as held_ms,
        sum(case when metric.metric_name = 'tAcw' then metric.metric_value end) as acw_ms,
        sum(case when metric.metric_name = 'tAnswered' then 1 else 0 end) as answers,
        sum(case when metric.metric_name = 'tAbandon' then 1 else 0 end) as abandons,
        sum(case when metric.metric_name = 'nTransferred' then metric.metric_value else 0 end) as transfers
    from staging.genesys_metric as metric
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
        max(case when ranked.queue_order = 1 then ranked.queue_id end) as queue_id,
        max(case when ranked.wrap_up_order = 1 then ranked.wrap_up_code end) as wrap_up_code
    from (
        select
            segment.batch_id,
            segment.record_no,
            segment.participant_no,
            segment.session_no,
            segment.segment_start,
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
    segmented.queue_id,
    segmented.wrap_up_code,
    session.media_type,
    session.direction,
    coalesce(measured.answers, 0) > 0
    or coalesce(measured.talk_complete_ms, measured.talk_ms, 0) > 0
    or coalesce(measured.handle_ms, 0) > 0 as answered,
    coalesce(measured.abandons, 0) > 0 as abandoned,
    coalesce(measured.transfers, 0) as transfers,
    participant.purpose = 'botflow' or lower(coalesce(session.flow_type, '')) like '%bot%' as is_bot,
    coalesce(measured.talk_complete_ms, measured.talk_ms) as talk_time_ms,
    coalesce(measured.held_complete_ms, measured.held_ms) as hold_time_ms,
    measured.acw_ms as acw_time_ms,
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

delete from curated.fact_agent_leg
where conversation_id in (select tmp_conversation.conversation_id from tmp_conversation);

insert into curated.fact_agent_leg (
    agent_leg_key, conversation_id, participant_no, session_no, conversation_start, session_id, user_id, queue_id, media_type, direction,
    answered, talk_time_ms, hold_time_ms, acw_time_ms, handle_time_ms, wrap_up_code, batch_id, etl_loaded_at
)
select
    sha2(
        tmp_session.conversation_id || '|' || cast(tmp_session.participant_no as varchar(16)) || '|'
        || cast(tmp_session.session_no as varchar(16)), 256
    ) as agent_leg_key,
    tmp_session.conversation_id,
    tmp_session.participant_no,
    tmp_session.session_no,
    staged.conversation_start,
    tmp_session.session_id,
    tmp_session.user_id,
    tmp_session.queue_id,
    tmp_session.media_type,
    tmp_session.direction,
    tmp_session.answered,
    tmp_session.talk_time_ms,
    tmp_session.hold_time_ms,
    tmp_session.acw_time_ms,
    tmp_session.handle_time_ms,
    tmp_session.wrap_up_code,
    tmp_conversation.batch_id,
    tmp_conversation.extracted_at as etl_loaded_at
from tmp_session
inner join tmp_conversation
    on tmp_session.conversation_id = tmp_conversation.conversation_id
inner join staging.genesys_conversation as staged
    on
        tmp_conversation.batch_id = staged.batch_id
        and tmp_conversation.record_no = staged.record_no
where tmp_session.purpose = 'agent';

-- curated.fact_queue_leg: the waits in queues of the conversations of one batch.
-- Grain   conversation_id, participant_no, session_no
-- Reads   tmp_session (curated/link/session.sql)
-- Params  tmp_conversation, tmp_known_start (curated/link/conversation.sql)
-- Rerun   safe, in any order of batches: a conversation's rows come from its last extraction, whichever batch holds it

delete from curated.fact_queue_leg
using tmp_known_start
where
    fact_queue_leg.conversation_id = tmp_known_start.conversation_id
    and fact_queue_leg.conversation_start = tmp_known_start.conversation_start
    and tmp_known_start.is_named = 1;

insert into curated.fact_queue_leg (
    queue_leg_key, conversation_id, participant_no, session_no, conversation_start, session_id, queue_id, media_type, direction, entered_at,
    left_at, outcome, waited_ms, batch_id, etl_loaded_at
)
with waiting as (
    select tmp_session.*
    from tmp_session
    where tmp_session.purpose = 'acd'
),

answer as (
    -- An answer is the agent's session and does not name the wait it ended: the last one in its queue that began before it and was
    -- neither given up nor led out of the queue.
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
    -- Whoever is consulted or joins in answers as well: the first one ended the wait.
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

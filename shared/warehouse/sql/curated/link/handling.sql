-- curated/link/handling.sql: how the conversations of the batch were handled: times, agent and queue, bots.
-- Grain   conversation_id
-- Reads   nothing but temporary tables
-- Params  tmp_session (link/session.sql)
-- Rule    A time below zero cannot be and counts nowhere
-- Rerun   safe: a temporary table of the session. One of its own, so that its rows are counted before it is joined

create temp table tmp_handling as
with agent_ranked as (
    select
        tmp_session.*,
        row_number() over (
            partition by tmp_session.conversation_id
            order by coalesce(tmp_session.handle_time_ms, 0) desc, tmp_session.participant_no, tmp_session.session_no asc
        ) as handle_order
    from tmp_session
    where tmp_session.purpose = 'agent' and tmp_session.answered
),

queue_ranked as (
    select
        tmp_session.conversation_id,
        tmp_session.queue_id,
        row_number() over (
            partition by tmp_session.conversation_id
            order by
                case
                    when agent_ranked.handle_order = 1 then 0
                    when tmp_session.answered and tmp_session.purpose in ('acd', 'agent') then 1
                    when tmp_session.purpose in ('acd', 'agent') then 2
                    -- Also the customer's session may name a queue: the one that a dialer calls for.
                    else 3
                end,
                tmp_session.participant_no,
                tmp_session.session_no
        ) as queue_order
    from tmp_session
    left join agent_ranked
        on
            tmp_session.conversation_id = agent_ranked.conversation_id
            and tmp_session.participant_no = agent_ranked.participant_no
            and tmp_session.session_no = agent_ranked.session_no
    where tmp_session.queue_id is not null
),

customer as (
    select distinct tmp_session.conversation_id
    from tmp_session
    where tmp_session.purpose = 'customer'
),

totals as (
    select
        tmp_session.conversation_id,
        sum(
            case when tmp_session.purpose = 'agent' and tmp_session.handle_time_ms >= 0 then tmp_session.handle_time_ms end
        ) as handle_time_ms,
        sum(
            case when tmp_session.purpose = 'agent' and tmp_session.talk_time_ms >= 0 then tmp_session.talk_time_ms end
        ) as talk_time_ms,
        sum(
            case when tmp_session.purpose = 'agent' and tmp_session.hold_time_ms >= 0 then tmp_session.hold_time_ms end
        ) as hold_time_ms,
        sum(
            case when tmp_session.purpose = 'agent' and tmp_session.acw_time_ms >= 0 then tmp_session.acw_time_ms end
        ) as acw_time_ms,
        max(
            case
                when tmp_session.purpose in ('agent', 'user', 'group') then 1
                -- Where nobody is the customer, whoever is outside is.
                when tmp_session.purpose = 'external' and customer.conversation_id is not null then 1
                else 0
            end
        ) as has_agent, -- or somebody else to take over: a colleague without a queue, a group, a number outside
        max(case when tmp_session.purpose = 'agent' and tmp_session.answered then 1 else 0 end) as has_answer,
        max(case when tmp_session.purpose = 'acd' and tmp_session.abandoned then 1 else 0 end) as has_abandon,
        max(case when tmp_session.is_bot then 1 else 0 end) as has_bot,
        min(case when tmp_session.is_bot then tmp_session.session_start end) as bot_start,
        max(
            case when tmp_session.purpose = 'agent' and tmp_session.answered then tmp_session.session_start end
        ) as last_answer_start,
        sum(tmp_session.transfers) as transfers
    from tmp_session
    left join customer
        on tmp_session.conversation_id = customer.conversation_id
    group by tmp_session.conversation_id
)

select
    totals.*,
    agent_ranked.user_id as agent_id,
    agent_ranked.wrap_up_code,
    queue_ranked.queue_id
from totals
left join agent_ranked
    on
        totals.conversation_id = agent_ranked.conversation_id
        and agent_ranked.handle_order = 1
left join queue_ranked
    on
        totals.conversation_id = queue_ranked.conversation_id
        and queue_ranked.queue_order = 1;

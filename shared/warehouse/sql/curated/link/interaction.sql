-- curated/link/interaction.sql: the conversations to write: those of the batch as staging has them, and those already known whose
-- link the batch may change, as the facts have them.
-- Grain   conversation_id
-- Reads   staging.genesys_* of the winning records; both interaction facts
-- Params  tmp_batch (curated/begin.sql); tmp_conversation, tmp_session (fact_agent_leg/merge.sql); tmp_attribute, tmp_relinked, tmp_score
-- Rerun   safe: a temporary table of the session

create temp table tmp_interaction as
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
                    else 2
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

totals as (
    select
        tmp_session.conversation_id,
        sum(case when tmp_session.purpose = 'agent' then tmp_session.handle_time_ms end) as handle_time_ms,
        sum(case when tmp_session.purpose = 'agent' then tmp_session.talk_time_ms end) as talk_time_ms,
        sum(case when tmp_session.purpose = 'agent' then tmp_session.hold_time_ms end) as hold_time_ms,
        sum(case when tmp_session.purpose = 'agent' then tmp_session.acw_time_ms end) as acw_time_ms,
        max(case when tmp_session.purpose = 'agent' then 1 else 0 end) as has_agent,
        max(case when tmp_session.purpose = 'agent' and tmp_session.answered then 1 else 0 end) as has_answer,
        max(case when tmp_session.purpose = 'acd' and tmp_session.abandoned then 1 else 0 end) as has_abandon,
        max(case when tmp_session.is_bot then 1 else 0 end) as has_bot,
        min(case when tmp_session.is_bot then tmp_session.session_start end) as bot_start,
        max(
            case when tmp_session.purpose = 'agent' and tmp_session.answered then tmp_session.session_start end
        ) as last_answer_start,
        sum(tmp_session.transfers) as transfers
    from tmp_session
    group by tmp_session.conversation_id
),

contact_ranked as (
    select
        tmp_conversation.conversation_id,
        participant.external_contact_id,
        row_number() over (
            partition by tmp_conversation.conversation_id
            order by case when participant.purpose in ('customer', 'external') then 0 else 1 end, participant.participant_no
        ) as contact_order,
        dense_rank() over (
            partition by tmp_conversation.conversation_id
            order by participant.external_contact_id
        ) as contact_rank
    from tmp_conversation
    inner join staging.genesys_participant as participant
        on
            tmp_conversation.batch_id = participant.batch_id
            and tmp_conversation.record_no = participant.record_no
    where participant.external_contact_id is not null
),

contacts as (
    select
        contact_ranked.conversation_id,
        max(case when contact_ranked.contact_order = 1 then contact_ranked.external_contact_id end) as external_contact_id,
        max(contact_ranked.contact_rank) as external_contact_count
    from contact_ranked
    group by contact_ranked.conversation_id
)

select
    sha2(staged.conversation_id, 256) as conversation_key,
    staged.conversation_id,
    staged.conversation_start,
    staged.conversation_end,
    datediff('millisecond', staged.conversation_start, staged.conversation_end) as duration_ms,
    queue_ranked.queue_id,
    cast(nullif(split_part(coalesce(staged.media_types, ''), ',', 1), '') as varchar(32)) as media_type,
    staged.originating_direction as direction,
    agent_ranked.user_id as agent_id,
    totals.handle_time_ms,
    totals.talk_time_ms,
    totals.hold_time_ms,
    totals.acw_time_ms,
    agent_ranked.wrap_up_code,
    coalesce(totals.has_abandon, 0) = 1 and coalesce(totals.has_answer, 0) = 0 as abandoned,
    coalesce(totals.transfers, 0) > 0 as transferred,
    case
        when tmp_attribute.escalated is not null then tmp_attribute.escalated = 1
        -- A bot first and an agent after it: a bot that takes over from an agent (a survey) is no escalation.
        when totals.last_answer_start is not null and totals.bot_start is not null then totals.last_answer_start > totals.bot_start
        else coalesce(totals.has_bot, 0) = 1 and coalesce(totals.has_answer, 0) = 1
    end as was_escalated,
    case
        when tmp_attribute.bot_handled is not null then tmp_attribute.bot_handled = 1
        else coalesce(totals.has_bot, 0) = 1 and coalesce(totals.has_agent, 0) = 0
    end as handled_by_bot_only,
    tmp_score.qa_score,
    tmp_score.csat_score,
    tmp_score.nps,
    contacts.external_contact_id,
    cast(coalesce(contacts.external_contact_count, 0) as integer) as external_contact_count,
    tmp_attribute.case_id as asked_case_id,
    tmp_attribute.account_id as asked_account_id,
    tmp_attribute.contact_id as asked_contact_id,
    coalesce(tmp_attribute.ambiguous, 0) = 1 as asked_ambiguous,
    tmp_conversation.is_settled = 1 as is_settled,
    tmp_conversation.extracted_at as etl_loaded_at,
    cast('genesys_cloud' as varchar(32)) as data_source,
    tmp_conversation.batch_id,
    tmp_conversation.record_no
from tmp_conversation
inner join staging.genesys_conversation as staged
    on
        tmp_conversation.batch_id = staged.batch_id
        and tmp_conversation.record_no = staged.record_no
left join totals
    on tmp_conversation.conversation_id = totals.conversation_id
left join agent_ranked
    on
        tmp_conversation.conversation_id = agent_ranked.conversation_id
        and agent_ranked.handle_order = 1
left join queue_ranked
    on
        tmp_conversation.conversation_id = queue_ranked.conversation_id
        and queue_ranked.queue_order = 1
left join tmp_attribute
    on tmp_conversation.conversation_id = tmp_attribute.conversation_id
left join contacts
    on tmp_conversation.conversation_id = contacts.conversation_id
left join tmp_score
    on tmp_conversation.conversation_id = tmp_score.conversation_id
union all
select
    fact_customer_interactions.conversation_key,
    fact_customer_interactions.conversation_id,
    fact_customer_interactions.conversation_start,
    fact_customer_interactions.conversation_end,
    fact_customer_interactions.duration_ms,
    fact_customer_interactions.queue_id,
    fact_customer_interactions.media_type,
    fact_customer_interactions.direction,
    fact_customer_interactions.agent_id,
    fact_customer_interactions.handle_time_ms,
    fact_customer_interactions.talk_time_ms,
    fact_customer_interactions.hold_time_ms,
    fact_customer_interactions.acw_time_ms,
    fact_customer_interactions.wrap_up_code,
    fact_customer_interactions.abandoned,
    fact_customer_interactions.transferred,
    fact_customer_interactions.was_escalated,
    fact_customer_interactions.handled_by_bot_only,
    fact_customer_interactions.qa_score,
    fact_customer_interactions.csat_score,
    fact_customer_interactions.nps,
    fact_customer_interactions.external_contact_id,
    fact_customer_interactions.external_contact_count,
    fact_customer_interactions.asked_case_id,
    fact_customer_interactions.asked_account_id,
    fact_customer_interactions.asked_contact_id,
    fact_customer_interactions.asked_ambiguous,
    fact_customer_interactions.is_settled,
    fact_customer_interactions.etl_loaded_at,
    fact_customer_interactions.data_source,
    fact_customer_interactions.batch_id,
    fact_customer_interactions.record_no
from curated.fact_customer_interactions
inner join tmp_relinked
    on fact_customer_interactions.conversation_id = tmp_relinked.conversation_id
union all
select
    fact_anonymous_interactions.conversation_key,
    fact_anonymous_interactions.conversation_id,
    fact_anonymous_interactions.conversation_start,
    fact_anonymous_interactions.conversation_end,
    fact_anonymous_interactions.duration_ms,
    fact_anonymous_interactions.queue_id,
    fact_anonymous_interactions.media_type,
    fact_anonymous_interactions.direction,
    fact_anonymous_interactions.agent_id,
    fact_anonymous_interactions.handle_time_ms,
    fact_anonymous_interactions.talk_time_ms,
    fact_anonymous_interactions.hold_time_ms,
    fact_anonymous_interactions.acw_time_ms,
    fact_anonymous_interactions.wrap_up_code,
    fact_anonymous_interactions.abandoned,
    fact_anonymous_interactions.transferred,
    fact_anonymous_interactions.was_escalated,
    fact_anonymous_interactions.handled_by_bot_only,
    fact_anonymous_interactions.qa_score,
    fact_anonymous_interactions.csat_score,
    fact_anonymous_interactions.nps,
    fact_anonymous_interactions.external_contact_id,
    fact_anonymous_interactions.external_contact_count,
    fact_anonymous_interactions.asked_case_id,
    fact_anonymous_interactions.asked_account_id,
    fact_anonymous_interactions.asked_contact_id,
    fact_anonymous_interactions.asked_ambiguous,
    fact_anonymous_interactions.is_settled,
    fact_anonymous_interactions.etl_loaded_at,
    fact_anonymous_interactions.data_source,
    fact_anonymous_interactions.batch_id,
    fact_anonymous_interactions.record_no
from curated.fact_anonymous_interactions
inner join tmp_relinked
    on fact_anonymous_interactions.conversation_id = tmp_relinked.conversation_id;

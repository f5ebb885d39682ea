-- curated/link/interaction.sql: the conversations to write: those of the batch as staging has them, and those already known whose
-- link the batch may change, as the facts have them.
-- Grain   conversation_id
-- Reads   staging.genesys_* of the winning records; both interaction facts
-- Params  tmp_conversation (link/conversation.sql); tmp_handling, tmp_party (link/handling.sql, link/party.sql); tmp_attribute,
--         tmp_score; tmp_known_start (link/relinked.sql): a conversation lies under the start of its last record, which need not be the
--         one that a reference to it was written with
-- Rule    An end before the start, or more than a day after the record was read, and a time below zero cannot be: the column is null, and
--         curated.quarantine says so (quarantine/merge.sql)
-- Rerun   safe: a temporary table of the session

create temp table tmp_interaction as
with begun as (
    select
        staged.batch_id,
        staged.record_no,
        staged.conversation_id,
        staged.conversation_start,
        staged.media_types,
        staged.originating_direction,
        case
            when
                staged.conversation_end >= staged.conversation_start
                and staged.conversation_end <= dateadd('day', 1, tmp_conversation.extracted_at)
                then staged.conversation_end
        end as conversation_end
    from tmp_conversation
    inner join staging.genesys_conversation as staged
        on
            tmp_conversation.batch_id = staged.batch_id
            and tmp_conversation.record_no = staged.record_no
)

select
    sha2(begun.conversation_id, 256) as conversation_key,
    begun.conversation_id,
    begun.conversation_start,
    begun.conversation_end,
    datediff('millisecond', begun.conversation_start, begun.conversation_end) as duration_ms,
    tmp_handling.queue_id,
    cast(nullif(split_part(coalesce(begun.media_types, ''), ',', 1), '') as varchar(32)) as media_type,
    begun.originating_direction as direction,
    tmp_handling.agent_id,
    tmp_handling.handle_time_ms,
    tmp_handling.talk_time_ms,
    tmp_handling.hold_time_ms,
    tmp_handling.acw_time_ms,
    tmp_handling.wrap_up_code,
    coalesce(tmp_handling.has_abandon, 0) = 1 and coalesce(tmp_handling.has_answer, 0) = 0 as abandoned,
    coalesce(tmp_handling.transfers, 0) > 0 as transferred,
    case
        when tmp_attribute.escalated is not null then tmp_attribute.escalated = 1
        -- A bot first and an agent after it: a bot that takes over from an agent (a survey) is no escalation.
        when tmp_handling.last_answer_start is not null and tmp_handling.bot_start is not null
            then tmp_handling.last_answer_start > tmp_handling.bot_start
        else coalesce(tmp_handling.has_bot, 0) = 1 and coalesce(tmp_handling.has_answer, 0) = 1
    end as was_escalated,
    case
        when tmp_attribute.bot_handled is not null then tmp_attribute.bot_handled = 1
        else coalesce(tmp_handling.has_bot, 0) = 1 and coalesce(tmp_handling.has_agent, 0) = 0
    end as handled_by_bot_only,
    tmp_score.qa_score,
    tmp_score.csat_score,
    tmp_score.nps,
    tmp_party.external_contact_id,
    cast(coalesce(tmp_party.external_contact_count, 0) as integer) as external_contact_count,
    tmp_attribute.case_id as asked_case_id,
    tmp_attribute.account_id as asked_account_id,
    tmp_attribute.contact_id as asked_contact_id,
    coalesce(tmp_attribute.ambiguous, 0) = 1 as asked_ambiguous,
    tmp_conversation.is_settled = 1 as is_settled,
    tmp_conversation.extracted_at as etl_loaded_at,
    cast('genesys_cloud' as varchar(32)) as data_source,
    tmp_conversation.batch_id,
    tmp_conversation.record_no,
    tmp_party.customer_number,
    coalesce(tmp_handling.has_bot, 0) = 1 as met_bot
from tmp_conversation
inner join begun
    on tmp_conversation.conversation_id = begun.conversation_id
left join tmp_handling
    on tmp_conversation.conversation_id = tmp_handling.conversation_id
left join tmp_party
    on tmp_conversation.conversation_id = tmp_party.conversation_id
left join tmp_attribute
    on tmp_conversation.conversation_id = tmp_attribute.conversation_id
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
    fact_customer_interactions.record_no,
    fact_customer_interactions.customer_number,
    fact_customer_interactions.met_bot
from curated.fact_customer_interactions
inner join tmp_known_start
    on
        fact_customer_interactions.conversation_start = tmp_known_start.conversation_start
        and fact_customer_interactions.conversation_id = tmp_known_start.conversation_id
        and tmp_known_start.is_named = 0
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
    fact_anonymous_interactions.record_no,
    fact_anonymous_interactions.customer_number,
    fact_anonymous_interactions.met_bot
from curated.fact_anonymous_interactions
inner join tmp_known_start
    on
        fact_anonymous_interactions.conversation_start = tmp_known_start.conversation_start
        and fact_anonymous_interactions.conversation_id = tmp_known_start.conversation_id
        and tmp_known_start.is_named = 0;

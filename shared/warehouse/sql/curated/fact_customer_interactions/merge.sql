-- curated.fact_customer_interactions: conversations of the merge that have a link.
-- Grain   conversation_id
-- Reads   tmp_interaction, tmp_link (link/interaction.sql, link/customer.sql)
-- Params  tmp_known_start (link/relinked.sql)
-- Rerun   safe, in any order of batches: a conversation's row depends on its last extraction and on the dimensions as they stand

delete from curated.fact_customer_interactions
using tmp_known_start
where
    fact_customer_interactions.conversation_start = tmp_known_start.conversation_start
    and fact_customer_interactions.conversation_id = tmp_known_start.conversation_id;

insert into curated.fact_customer_interactions (
    conversation_key, conversation_id, conversation_start, conversation_end, duration_ms, queue_id, media_type, direction,
    agent_id, handle_time_ms, talk_time_ms, hold_time_ms, acw_time_ms, wrap_up_code, abandoned, transferred, was_escalated,
    handled_by_bot_only, qa_score, csat_score, nps, external_contact_id, external_contact_count, asked_case_id, asked_account_id,
    asked_contact_id, asked_ambiguous, is_settled, etl_loaded_at, data_source, batch_id, record_no, link_method, crm_account_id,
    crm_contact_id, crm_case_id, customer_tier, customer_number, met_bot, case_minutes_apart
)
select
    tmp_interaction.conversation_key,
    tmp_interaction.conversation_id,
    tmp_interaction.conversation_start,
    tmp_interaction.conversation_end,
    tmp_interaction.duration_ms,
    tmp_interaction.queue_id,
    tmp_interaction.media_type,
    tmp_interaction.direction,
    tmp_interaction.agent_id,
    tmp_interaction.handle_time_ms,
    tmp_interaction.talk_time_ms,
    tmp_interaction.hold_time_ms,
    tmp_interaction.acw_time_ms,
    tmp_interaction.wrap_up_code,
    tmp_interaction.abandoned,
    tmp_interaction.transferred,
    tmp_interaction.was_escalated,
    tmp_interaction.handled_by_bot_only,
    tmp_interaction.qa_score,
    tmp_interaction.csat_score,
    tmp_interaction.nps,
    tmp_interaction.external_contact_id,
    tmp_interaction.external_contact_count,
    tmp_interaction.asked_case_id,
    tmp_interaction.asked_account_id,
    tmp_interaction.asked_contact_id,
    tmp_interaction.asked_ambiguous,
    tmp_interaction.is_settled,
    tmp_interaction.etl_loaded_at,
    tmp_interaction.data_source,
    tmp_interaction.batch_id,
    tmp_interaction.record_no,
    tmp_link.link_method,
    tmp_link.crm_account_id,
    tmp_link.crm_contact_id,
    tmp_link.crm_case_id,
    tmp_link.customer_tier,
    tmp_interaction.customer_number,
    tmp_interaction.met_bot,
    tmp_link.case_minutes_apart
from tmp_interaction
inner join tmp_link
    on tmp_interaction.conversation_id = tmp_link.conversation_id
where tmp_link.link_reason is null;

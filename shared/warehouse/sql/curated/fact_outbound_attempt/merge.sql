-- curated.fact_outbound_attempt: whom the conversations of one batch tried to reach for a campaign.
-- Grain   conversation_id, campaign_id, contact_list_id, contact_id
-- Reads   tmp_session (curated/link/session.sql)
-- Params  tmp_conversation, tmp_known_start (curated/link/conversation.sql)
-- Rerun   safe, in any order of batches: a conversation's rows come from its last extraction, whichever batch holds it

delete from curated.fact_outbound_attempt
using tmp_known_start
where
    fact_outbound_attempt.conversation_id = tmp_known_start.conversation_id
    and fact_outbound_attempt.conversation_start = tmp_known_start.conversation_start
    and tmp_known_start.is_named = 1;

insert into curated.fact_outbound_attempt (
    outbound_attempt_key, conversation_id, campaign_id, contact_list_id, contact_id, conversation_start, media_type, attempts, is_connected,
    is_abandoned, disposition_name, batch_id, etl_loaded_at
)
with dialed as (
    -- The customer's session and the agent's both name the campaign: together they are one attempt.
    select
        tmp_session.*,
        row_number() over (
            partition by
                tmp_session.conversation_id, tmp_session.outbound_campaign_id, tmp_session.outbound_contact_list_id,
                tmp_session.outbound_contact_id
            order by
                case when tmp_session.disposition_name is null then 1 else 0 end,
                tmp_session.participant_no,
                tmp_session.session_no
        ) as disposition_order
    from tmp_session
    where tmp_session.outbound_campaign_id is not null
),

gathered as (
    select
        dialed.conversation_id,
        dialed.outbound_campaign_id as campaign_id,
        dialed.outbound_contact_list_id as contact_list_id,
        dialed.outbound_contact_id as contact_id,
        min(dialed.media_type) as media_type,
        sum(dialed.outbound_attempts) as attempts,
        max(
            case when dialed.outbound_connects > 0 or (dialed.purpose = 'agent' and dialed.answered) then 1 else 0 end
        ) as connected,
        max(case when dialed.outbound_abandons > 0 then 1 else 0 end) as abandoned,
        max(case when dialed.disposition_order = 1 then dialed.disposition_name end) as disposition_name
    from dialed
    group by
        dialed.conversation_id, dialed.outbound_campaign_id, dialed.outbound_contact_list_id, dialed.outbound_contact_id
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

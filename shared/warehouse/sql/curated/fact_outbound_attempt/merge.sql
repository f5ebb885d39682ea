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
with campaign as (
    select
        tmp_session.conversation_id,
        min(tmp_session.outbound_campaign_id) as first_campaign_id,
        max(tmp_session.outbound_campaign_id) as last_campaign_id
    from tmp_session
    where tmp_session.outbound_campaign_id is not null
    group by tmp_session.conversation_id
),

placed as (
    -- The customer's session and the agent's are one attempt, and not each of them repeats the ids: what it does not name is what the
    -- others of its conversation name, if they all name the same.
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
    -- Where several contacts are named, an agent's session that names no campaign is nobody's.
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

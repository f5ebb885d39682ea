-- curated.fact_agent_leg: agent sessions of the conversations of one batch.
-- Grain   conversation_id, participant_no, session_no
-- Reads   tmp_session (curated/link/session.sql)
-- Params  tmp_conversation, tmp_known_start (curated/link/conversation.sql)
-- Rerun   safe, in any order of batches: a conversation's rows come from its last extraction, whichever batch holds it

delete from curated.fact_agent_leg
using tmp_known_start
where
    fact_agent_leg.conversation_id = tmp_known_start.conversation_id
    and fact_agent_leg.conversation_start = tmp_known_start.conversation_start
    and tmp_known_start.is_named = 1;

insert into curated.fact_agent_leg (
    agent_leg_key, conversation_id, participant_no, session_no, conversation_start, session_id, user_id, queue_id, media_type, direction,
    answered, talk_time_ms, hold_time_ms, acw_time_ms, handle_time_ms, wrap_up_code, batch_id, etl_loaded_at, handle_count,
    outbound_campaign_id
)
select
    sha2(
        tmp_session.conversation_id || '|' || cast(tmp_session.participant_no as varchar(16)) || '|'
        || cast(tmp_session.session_no as varchar(16)), 256
    ) as agent_leg_key,
    tmp_session.conversation_id,
    tmp_session.participant_no,
    tmp_session.session_no,
    tmp_conversation.conversation_start,
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
    tmp_conversation.extracted_at as etl_loaded_at,
    tmp_session.handle_count,
    tmp_session.outbound_campaign_id
from tmp_session
inner join tmp_conversation
    on tmp_session.conversation_id = tmp_conversation.conversation_id
where tmp_session.purpose = 'agent';

-- curated/link/relinked.sql: conversations outside the batch that a changed CRM record concerns: their link is decided again.
-- Grain   tmp_pending: object, reference_id, since_at, until_at. tmp_relinked: conversation_id. tmp_known_start: conversation_id,
--         conversation_start; is_named: by the batch, else linked again; is_known: the facts have it there
-- Reads   ops.link_pending, ops.staged_record, ops.conversation_reference, both interaction facts
-- Params  tmp_conversation (link/conversation.sql)
-- Rerun   safe: temporary tables of the session

create temp table tmp_pending as
select
    link_pending.object,
    link_pending.reference_id,
    link_pending.since_at,
    link_pending.until_at
from ops.link_pending;

create temp table tmp_relinked as
select distinct
    conversation_reference.conversation_id,
    conversation_reference.conversation_start
from tmp_pending
inner join ops.conversation_reference
    on
        tmp_pending.reference_id = conversation_reference.reference_id
        and tmp_pending.object = conversation_reference.object
        and tmp_pending.since_at <= conversation_reference.conversation_start
        and tmp_pending.until_at >= conversation_reference.conversation_start
left join tmp_conversation
    on conversation_reference.conversation_id = tmp_conversation.conversation_id
where tmp_conversation.conversation_id is null
union
select
    staged_record.natural_id as conversation_id,
    staged_record.conversation_start
from tmp_pending
inner join ops.staged_record
    on
        tmp_pending.reference_id = staged_record.natural_id
        and tmp_pending.object = 'conversation'
        and staged_record.object = 'conversation'
        and staged_record.source = 'genesys'
left join tmp_conversation
    on staged_record.natural_id = tmp_conversation.conversation_id
where tmp_conversation.conversation_id is null;

-- Where the facts may have these conversations: under the start of any of their records. A look-up by the start follows the sort key.
create temp table tmp_known_start as
select distinct
    concerned.conversation_id,
    concerned.is_named,
    staged_record.conversation_start,
    case
        when fact_customer_interactions.conversation_id is null and fact_anonymous_interactions.conversation_id is null then 0
        else 1
    end as is_known
from (
    select
        tmp_conversation.conversation_id,
        1 as is_named
    from tmp_conversation
    union all
    select
        tmp_relinked.conversation_id,
        0 as is_named
    from tmp_relinked
) as concerned
inner join ops.staged_record
    on
        concerned.conversation_id = staged_record.natural_id
        and staged_record.object = 'conversation'
        and staged_record.source = 'genesys'
left join curated.fact_customer_interactions
    on
        staged_record.conversation_start = fact_customer_interactions.conversation_start
        and concerned.conversation_id = fact_customer_interactions.conversation_id
left join curated.fact_anonymous_interactions
    on
        staged_record.conversation_start = fact_anonymous_interactions.conversation_start
        and concerned.conversation_id = fact_anonymous_interactions.conversation_id;

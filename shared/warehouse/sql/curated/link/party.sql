-- curated/link/party.sql: who the customer of each conversation of the batch is, as Genesys Cloud says it: external contact and number.
-- Grain   conversation_id, of those that have one or the other
-- Reads   staging.genesys_{conversation,participant,session} of the winning records
-- Params  tmp_conversation (link/conversation.sql)
-- Rule    customer_number is the text of the customer's first session that has one: who called, or who was called
-- Rerun   safe: a temporary table of the session. One of its own, so that its rows are counted before it is joined

create temp table tmp_party as
with contact_ranked as (
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
),

address as (
    select
        tmp_conversation.conversation_id,
        participant.purpose,
        session.participant_no,
        session.session_no,
        case
            when lower(coalesce(session.direction, staged.originating_direction, '')) = 'outbound'
                then coalesce(nullif(session.dnis, ''), nullif(session.address_to, ''))
            else coalesce(nullif(session.ani, ''), nullif(session.address_from, ''))
        end as number_said
    from tmp_conversation
    inner join staging.genesys_conversation as staged
        on
            tmp_conversation.batch_id = staged.batch_id
            and tmp_conversation.record_no = staged.record_no
    inner join staging.genesys_session as session
        on
            tmp_conversation.batch_id = session.batch_id
            and tmp_conversation.record_no = session.record_no
    inner join staging.genesys_participant as participant
        on
            session.batch_id = participant.batch_id
            and session.record_no = participant.record_no
            and session.participant_no = participant.participant_no
    where participant.purpose in ('customer', 'external')
),

addresses as (
    select
        ranked.conversation_id,
        ranked.number_said as customer_number
    from (
        select
            address.conversation_id,
            address.number_said,
            row_number() over (
                partition by address.conversation_id
                order by case when address.purpose = 'customer' then 0 else 1 end, address.participant_no, address.session_no
            ) as address_order
        from address
        where address.number_said is not null
    ) as ranked
    where ranked.address_order = 1
)

select
    coalesce(contacts.conversation_id, addresses.conversation_id) as conversation_id,
    contacts.external_contact_id,
    contacts.external_contact_count,
    addresses.customer_number
from contacts
full join addresses
    on contacts.conversation_id = addresses.conversation_id;

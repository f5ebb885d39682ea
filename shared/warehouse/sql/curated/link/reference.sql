-- curated/link/reference.sql: what the conversations of this merge name, or are linked to, is noted for the merges to come.
-- Grain   ops.conversation_reference: object, reference_id, conversation_id, conversation_start
-- Reads   tmp_interaction, tmp_link, tmp_candidate (curated/link); curated.phone_number
-- Params  tmp_known_start (link/relinked.sql)
-- Rerun   safe: what is noted already is not noted twice. What no longer holds stays, since a conversation's rows lie all over the sort
--         key: it costs a needless decision. Only those that wait for Salesforce to be read further are taken back, or each reading of
--         Salesforce would ask for all that ever waited.

delete from ops.conversation_reference
using tmp_interaction
where
    conversation_reference.reference_id in ('account', 'contact', 'case')
    and conversation_reference.object = 'crm_late'
    and conversation_reference.conversation_id = tmp_interaction.conversation_id;

-- A table, so that its rows are counted before it is joined.
create temp table tmp_reference as
with named as (
    select
        cast('case' as varchar(32)) as object,
        tmp_interaction.asked_case_id as reference_id,
        tmp_interaction.conversation_id
    from tmp_interaction
    union
    select
        cast('account' as varchar(32)) as object,
        tmp_interaction.asked_account_id as reference_id,
        tmp_interaction.conversation_id
    from tmp_interaction
    union
    select
        cast('contact' as varchar(32)) as object,
        tmp_interaction.asked_contact_id as reference_id,
        tmp_interaction.conversation_id
    from tmp_interaction
    union
    select
        cast('external_contact' as varchar(32)) as object,
        tmp_interaction.external_contact_id as reference_id,
        tmp_interaction.conversation_id
    from tmp_interaction
    union
    select
        cast('phone' as varchar(32)) as object,
        phone_number.e164 as reference_id,
        tmp_interaction.conversation_id
    from tmp_interaction
    inner join curated.phone_number
        on tmp_interaction.customer_number = phone_number.said
    union
    -- Not a number yet: with another region of numbers without a country it may become one.
    select
        cast('phone_text' as varchar(32)) as object,
        sha2(tmp_interaction.customer_number, 256) as reference_id,
        tmp_interaction.conversation_id
    from tmp_interaction
    left join curated.phone_number
        on tmp_interaction.customer_number = phone_number.said
    where phone_number.said is null and tmp_interaction.customer_number is not null
    union
    select
        cast('case' as varchar(32)) as object,
        left(tmp_link.crm_case_id, 15) as reference_id,
        tmp_link.conversation_id
    from tmp_link
    union
    select
        cast('account' as varchar(32)) as object,
        left(tmp_link.crm_account_id, 15) as reference_id,
        tmp_link.conversation_id
    from tmp_link
    union
    select
        cast('contact' as varchar(32)) as object,
        left(tmp_link.crm_contact_id, 15) as reference_id,
        tmp_link.conversation_id
    from tmp_link
    union
    -- What a way names that did not decide may agree, or contradict, another day.
    select
        cast('account' as varchar(32)) as object,
        left(tmp_candidate.named_account_id, 15) as reference_id,
        tmp_candidate.conversation_id
    from tmp_candidate
    union
    select
        cast('account' as varchar(32)) as object,
        left(tmp_candidate.case_account_id, 15) as reference_id,
        tmp_candidate.conversation_id
    from tmp_candidate
    union
    select
        cast('contact' as varchar(32)) as object,
        left(tmp_candidate.contact_id, 15) as reference_id,
        tmp_candidate.conversation_id
    from tmp_candidate
    union
    select
        cast('crm_late' as varchar(32)) as object,
        cast('case' as varchar(64)) as reference_id,
        tmp_link.conversation_id
    from tmp_link
    where tmp_link.late_case = 1
    union
    select
        cast('crm_late' as varchar(32)) as object,
        cast('account' as varchar(64)) as reference_id,
        tmp_link.conversation_id
    from tmp_link
    where tmp_link.late_account = 1
    union
    select
        cast('crm_late' as varchar(32)) as object,
        cast('contact' as varchar(64)) as reference_id,
        tmp_link.conversation_id
    from tmp_link
    where tmp_link.late_contact = 1
),

known as (
    select distinct tmp_known_start.conversation_id
    from tmp_known_start
    where tmp_known_start.is_known = 1
)

select
    named.object,
    named.reference_id,
    named.conversation_id,
    tmp_interaction.conversation_start,
    case when known.conversation_id is null then 0 else 1 end as is_known
from named
inner join tmp_interaction
    on named.conversation_id = tmp_interaction.conversation_id
left join known
    on named.conversation_id = known.conversation_id
where named.reference_id is not null;

-- Of a conversation that was in no fact nothing is noted yet: it need not be looked for.
insert into ops.conversation_reference (object, reference_id, conversation_id, conversation_start)
select
    tmp_reference.object,
    tmp_reference.reference_id,
    tmp_reference.conversation_id,
    tmp_reference.conversation_start
from tmp_reference
where tmp_reference.is_known = 0
union all
select
    tmp_reference.object,
    tmp_reference.reference_id,
    tmp_reference.conversation_id,
    tmp_reference.conversation_start
from tmp_reference
left join ops.conversation_reference
    on
        tmp_reference.object = conversation_reference.object
        and tmp_reference.reference_id = conversation_reference.reference_id
        and tmp_reference.conversation_id = conversation_reference.conversation_id
        and tmp_reference.conversation_start = conversation_reference.conversation_start
where tmp_reference.is_known = 1 and conversation_reference.object is null;

-- version_3_reference: what the conversations name, and are linked to, that earlier releases have merged.
-- Grain   one section
-- Form    as version_3.sql says

-- fill: ops.conversation_reference
insert into ops.conversation_reference (object, reference_id, conversation_id, conversation_start)
select distinct named.*
from (
    select
        cast('case' as varchar(32)) as object,
        cast(known.asked_case_id as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_customer_interactions as known
    union all
    select
        cast('account' as varchar(32)) as object,
        cast(known.asked_account_id as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_customer_interactions as known
    union all
    select
        cast('contact' as varchar(32)) as object,
        cast(known.asked_contact_id as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_customer_interactions as known
    union all
    select
        cast('external_contact' as varchar(32)) as object,
        cast(known.external_contact_id as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_customer_interactions as known
    union all
    select
        cast('case' as varchar(32)) as object,
        cast(left(known.crm_case_id, 15) as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_customer_interactions as known
    union all
    select
        cast('account' as varchar(32)) as object,
        cast(left(known.crm_account_id, 15) as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_customer_interactions as known
    union all
    select
        cast('contact' as varchar(32)) as object,
        cast(left(known.crm_contact_id, 15) as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_customer_interactions as known
    union all
    select
        cast('case' as varchar(32)) as object,
        cast(known.asked_case_id as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_anonymous_interactions as known
    union all
    select
        cast('account' as varchar(32)) as object,
        cast(known.asked_account_id as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_anonymous_interactions as known
    union all
    select
        cast('contact' as varchar(32)) as object,
        cast(known.asked_contact_id as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_anonymous_interactions as known
    union all
    select
        cast('external_contact' as varchar(32)) as object,
        cast(known.external_contact_id as varchar(64)) as reference_id,
        known.conversation_id,
        known.conversation_start
    from curated.fact_anonymous_interactions as known
) as named
left join ops.conversation_reference
    on
        named.reference_id = conversation_reference.reference_id
        and named.object = conversation_reference.object
        and named.conversation_id = conversation_reference.conversation_id
        and named.conversation_start = conversation_reference.conversation_start
where named.reference_id is not null and conversation_reference.object is null;

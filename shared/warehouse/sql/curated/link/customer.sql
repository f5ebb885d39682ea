-- curated/link/customer.sql: the CRM customer of each conversation to write: the first way that holds, verified against the CRM's own
-- relations; else the reason why there is none.
-- Grain   conversation_id
-- Reads   curated.dim_salesforce_{account,contact,case}, curated.external_contact
-- Params  tmp_batch (curated/begin.sql); tmp_alias, tmp_interaction
-- Rerun   safe: a temporary table of the session

create temp table tmp_link as
with known_account as (
    select
        left(dim_salesforce_account.account_id, 15) as id15,
        coalesce(account_alias.current_id, dim_salesforce_account.account_id) as account_id
    from curated.dim_salesforce_account
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_account.account_id = account_alias.crm_id
    where dim_salesforce_account.is_latest
),

known_contact as (
    select
        left(dim_salesforce_contact.contact_id, 15) as id15,
        coalesce(contact_alias.current_id, dim_salesforce_contact.contact_id) as contact_id
    from curated.dim_salesforce_contact
    left join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and dim_salesforce_contact.contact_id = contact_alias.crm_id
    where dim_salesforce_contact.is_latest
),

known_case as (
    select
        left(dim_salesforce_case.case_id, 15) as id15,
        coalesce(case_alias.current_id, dim_salesforce_case.case_id) as case_id
    from curated.dim_salesforce_case
    left join tmp_alias as case_alias
        on
            case_alias.object = 'case'
            and dim_salesforce_case.case_id = case_alias.crm_id
    where dim_salesforce_case.is_latest
),

contact_parent as (
    select
        dim_salesforce_contact.contact_id,
        coalesce(account_alias.current_id, dim_salesforce_contact.account_id) as account_id
    from curated.dim_salesforce_contact
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_contact.account_id = account_alias.crm_id
    where dim_salesforce_contact.is_latest
),

case_parent as (
    select
        dim_salesforce_case.case_id,
        dim_salesforce_case.created_at,
        dim_salesforce_case.is_current,
        coalesce(contact_alias.current_id, dim_salesforce_case.contact_id) as contact_id,
        coalesce(account_alias.current_id, dim_salesforce_case.account_id, contact_parent.account_id) as account_id
    from curated.dim_salesforce_case
    left join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and dim_salesforce_case.contact_id = contact_alias.crm_id
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_case.account_id = account_alias.crm_id
    left join contact_parent
        on coalesce(contact_alias.current_id, dim_salesforce_case.contact_id) = contact_parent.contact_id
    where dim_salesforce_case.is_latest
),

relation as (
    -- Each account a contact has ever belonged to: a contact that moved keeps its old conversations.
    select distinct
        coalesce(contact_alias.current_id, dim_salesforce_contact.contact_id) as contact_id,
        coalesce(account_alias.current_id, dim_salesforce_contact.account_id) as account_id
    from curated.dim_salesforce_contact
    left join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and dim_salesforce_contact.contact_id = contact_alias.crm_id
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_contact.account_id = account_alias.crm_id
    where dim_salesforce_contact.account_id is not null
),

found as (
    select
        tmp_interaction.conversation_id,
        tmp_interaction.conversation_start,
        tmp_interaction.asked_ambiguous,
        tmp_interaction.external_contact_count,
        case_parent.case_id,
        case_parent.account_id as case_account_id,
        case_parent.contact_id as case_contact_id,
        named_account.account_id as asked_account_id,
        named_contact.contact_id as asked_contact_id,
        named_parent.account_id as asked_contact_account_id,
        external_person.contact_id as external_contact_id,
        coalesce(external_firm.account_id, external_parent.account_id) as external_account_id,
        tmp_interaction.asked_case_id is not null
        or tmp_interaction.asked_account_id is not null
        or tmp_interaction.asked_contact_id is not null
        or external_contact.salesforce_contact_id is not null
        or external_contact.salesforce_account_id is not null as has_id
    from tmp_interaction
    left join known_case
        on tmp_interaction.asked_case_id = known_case.id15
    left join case_parent
        on known_case.case_id = case_parent.case_id
    left join known_account as named_account
        on tmp_interaction.asked_account_id = named_account.id15
    left join known_contact as named_contact
        on tmp_interaction.asked_contact_id = named_contact.id15
    left join contact_parent as named_parent
        on named_contact.contact_id = named_parent.contact_id
    left join curated.external_contact
        on tmp_interaction.external_contact_id = external_contact.asked_id
    left join known_contact as external_person
        on left(external_contact.salesforce_contact_id, 15) = external_person.id15
    left join contact_parent as external_parent
        on external_person.contact_id = external_parent.contact_id
    left join known_account as external_firm
        on left(external_contact.salesforce_account_id, 15) = external_firm.id15
),

methods as (
    select
        found.*,
        case
            when found.case_account_id is not null or found.case_contact_id is not null then 'attribute_case'
            when found.asked_account_id is not null then 'attribute_account'
            when found.asked_contact_id is not null then 'attribute_contact'
            when found.external_contact_id is not null or found.external_account_id is not null then 'external_contact'
        end as link_method
    from found
),

candidates as (
    select
        methods.*,
        case methods.link_method
            when 'attribute_case' then methods.case_account_id
            when 'attribute_account' then methods.asked_account_id
            when 'attribute_contact' then methods.asked_contact_account_id
            when 'external_contact' then methods.external_account_id
        end as crm_account_id,
        case methods.link_method
            when 'attribute_case' then coalesce(methods.asked_contact_id, methods.case_contact_id)
            when 'attribute_account' then methods.asked_contact_id
            when 'attribute_contact' then methods.asked_contact_id
            when 'external_contact' then methods.external_contact_id
        end as crm_contact_id
    from methods
),

verified as (
    select
        candidates.*,
        case
            when candidates.asked_ambiguous then 'ambiguous'
            when candidates.link_method is null and candidates.has_id then 'id_not_found'
            when candidates.link_method is null then 'no_id'
            when candidates.link_method = 'external_contact' and candidates.external_contact_count > 1 then 'ambiguous'
            when candidates.link_method = 'attribute_case' and candidates.asked_account_id <> candidates.crm_account_id then 'crm_mismatch'
            when
                -- A contact without an account belongs to nobody else: it contradicts nothing.
                candidates.crm_account_id is not null and contact_parent.account_id is not null and relation.contact_id is null
                then 'crm_mismatch'
        end as link_reason
    from candidates
    left join contact_parent
        on candidates.crm_contact_id = contact_parent.contact_id
    left join relation
        on
            candidates.crm_contact_id = relation.contact_id
            and candidates.crm_account_id = relation.account_id
),

near_cases as (
    select
        verified.conversation_id,
        case_parent.case_id,
        0 as by_account,
        abs(datediff('second', verified.conversation_start, case_parent.created_at)) as seconds_apart
    from verified
    cross join tmp_batch
    inner join case_parent
        on verified.crm_contact_id = case_parent.contact_id
    where
        verified.link_reason is null
        and case_parent.is_current
        and case_parent.created_at >= dateadd('minute', -tmp_batch.match_window_minutes, verified.conversation_start)
        and case_parent.created_at <= dateadd('minute', tmp_batch.match_window_minutes, verified.conversation_start)
    union all
    select
        verified.conversation_id,
        case_parent.case_id,
        1 as by_account,
        abs(datediff('second', verified.conversation_start, case_parent.created_at)) as seconds_apart
    from verified
    cross join tmp_batch
    inner join case_parent
        on verified.crm_account_id = case_parent.account_id
    where
        verified.link_reason is null
        and case_parent.is_current
        and case_parent.created_at >= dateadd('minute', -tmp_batch.match_window_minutes, verified.conversation_start)
        and case_parent.created_at <= dateadd('minute', tmp_batch.match_window_minutes, verified.conversation_start)
),

nearest_case as (
    select
        near_cases.conversation_id,
        near_cases.case_id,
        row_number() over (
            partition by near_cases.conversation_id
            order by near_cases.seconds_apart, near_cases.by_account, near_cases.case_id
        ) as nearness
    from near_cases
),

tiers as (
    -- The tier that stood when the conversation began; before the first known version, that one.
    select
        verified.conversation_id,
        dim_salesforce_account.customer_tier,
        row_number() over (
            partition by verified.conversation_id
            order by
                case when dim_salesforce_account.valid_from <= verified.conversation_start then 0 else 1 end,
                case when dim_salesforce_account.valid_from <= verified.conversation_start then dim_salesforce_account.valid_from end desc,
                dim_salesforce_account.valid_from
        ) as fit
    from verified
    inner join curated.dim_salesforce_account
        on verified.crm_account_id = dim_salesforce_account.account_id
    where verified.link_reason is null
)

select
    verified.conversation_id,
    verified.link_method,
    verified.link_reason,
    verified.crm_account_id,
    verified.crm_contact_id,
    case when verified.link_method = 'attribute_case' then verified.case_id else nearest_case.case_id end as crm_case_id,
    tiers.customer_tier
from verified
left join nearest_case
    on
        verified.conversation_id = nearest_case.conversation_id
        and nearest_case.nearness = 1
left join tiers
    on
        verified.conversation_id = tiers.conversation_id
        and tiers.fit = 1;

-- curated/link/candidate.sql: whom each way that is switched on names as the customer of the conversations to write, as far as the CRM
-- records are known. What is merged is followed to the record that survives.
-- Grain   conversation_id, way
-- Reads   curated.dim_salesforce_{account,contact,case}, curated.external_contact, curated.phone_number: for what tmp_interaction names
-- Params  tmp_batch (curated/begin.sql); tmp_alias, tmp_interaction
-- Rule    attribute: the ids that participant attributes name. external_contact: the Salesforce record of the external contact.
--         phone: the one contact, or else the one account, whose number is the customer's (E.164, by curated.phone_number) when the
--         conversation began; the first version of a record stands for the time before it, after those that existed then.
--         is_several: the way names more than one, and so nobody. A way without a row names nobody that is known.
-- Rerun   safe: a temporary table of the session

create temp table tmp_candidate as
with way as (
    -- The place of each way in the list; 0 is nowhere: off.
    select
        strpos(tmp_batch.link_ways, ',attribute,') as attribute_order,
        strpos(tmp_batch.link_ways, ',external_contact,') as external_order,
        strpos(tmp_batch.link_ways, ',phone,') as phone_order
    from tmp_batch
),

external as (
    select
        tmp_interaction.conversation_id,
        tmp_interaction.external_contact_count,
        way.external_order,
        left(external_contact.salesforce_contact_id, 15) as contact15,
        left(external_contact.salesforce_account_id, 15) as account15
    from tmp_interaction
    cross join way
    inner join curated.external_contact
        on tmp_interaction.external_contact_id = external_contact.asked_id
    where
        way.external_order > 0
        and (external_contact.salesforce_contact_id is not null or external_contact.salesforce_account_id is not null)
),

named as (
    select
        cast('case' as varchar(32)) as object,
        tmp_interaction.asked_case_id as id15
    from tmp_interaction
    where tmp_interaction.asked_case_id is not null
    union
    select
        cast('account' as varchar(32)) as object,
        tmp_interaction.asked_account_id as id15
    from tmp_interaction
    where tmp_interaction.asked_account_id is not null
    union
    select
        cast('contact' as varchar(32)) as object,
        tmp_interaction.asked_contact_id as id15
    from tmp_interaction
    where tmp_interaction.asked_contact_id is not null
    union
    select
        cast('contact' as varchar(32)) as object,
        external.contact15 as id15
    from external
    where external.contact15 is not null
    union
    select
        cast('account' as varchar(32)) as object,
        external.account15 as id15
    from external
    where external.account15 is not null
),

known_account as (
    select
        named.id15,
        coalesce(account_alias.current_id, dim_salesforce_account.account_id) as account_id
    from named
    inner join curated.dim_salesforce_account
        on
            named.object = 'account'
            and named.id15 = left(dim_salesforce_account.account_id, 15)
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_account.account_id = account_alias.crm_id
    where dim_salesforce_account.is_latest
),

known_contact as (
    select
        named.id15,
        coalesce(contact_alias.current_id, dim_salesforce_contact.contact_id) as contact_id
    from named
    inner join curated.dim_salesforce_contact
        on
            named.object = 'contact'
            and named.id15 = left(dim_salesforce_contact.contact_id, 15)
    left join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and dim_salesforce_contact.contact_id = contact_alias.crm_id
    where dim_salesforce_contact.is_latest
),

known_case as (
    select
        named.id15,
        coalesce(case_alias.current_id, dim_salesforce_case.case_id) as case_id
    from named
    inner join curated.dim_salesforce_case
        on
            named.object = 'case'
            and named.id15 = left(dim_salesforce_case.case_id, 15)
    left join tmp_alias as case_alias
        on
            case_alias.object = 'case'
            and dim_salesforce_case.case_id = case_alias.crm_id
    where dim_salesforce_case.is_latest
),

case_parent as (
    select
        known_case.id15,
        known_case.case_id,
        coalesce(contact_alias.current_id, dim_salesforce_case.contact_id) as contact_id,
        -- A case without an account is one of its contact's.
        coalesce(account_alias.current_id, dim_salesforce_case.account_id, parent_alias.current_id, parent.account_id) as account_id
    from known_case
    inner join curated.dim_salesforce_case
        on known_case.case_id = dim_salesforce_case.case_id
    left join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and dim_salesforce_case.contact_id = contact_alias.crm_id
    left join curated.dim_salesforce_contact as parent
        on
            coalesce(contact_alias.current_id, dim_salesforce_case.contact_id) = parent.contact_id
            and parent.is_latest
    left join tmp_alias as parent_alias
        on
            parent_alias.object = 'account'
            and parent.account_id = parent_alias.crm_id
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_case.account_id = account_alias.crm_id
    where dim_salesforce_case.is_latest
),

called as (
    select
        tmp_interaction.conversation_id,
        tmp_interaction.conversation_start,
        way.phone_order,
        phone_number.e164
    from tmp_interaction
    cross join way
    inner join curated.phone_number
        on tmp_interaction.customer_number = phone_number.said
    where way.phone_order > 0
),

written as (
    -- Every text that means one of these numbers.
    select
        phone_number.said,
        phone_number.e164
    from curated.phone_number
    inner join (
        select distinct called.e164
        from called
    ) as wanted
        on phone_number.e164 = wanted.e164
),

numbered as (
    select
        cast('contact' as varchar(32)) as object,
        dim_salesforce_contact.contact_id as crm_id,
        dim_salesforce_contact.valid_from,
        written.e164
    from curated.dim_salesforce_contact
    inner join written
        on dim_salesforce_contact.phone = written.said
    union
    select
        cast('contact' as varchar(32)) as object,
        dim_salesforce_contact.contact_id as crm_id,
        dim_salesforce_contact.valid_from,
        written.e164
    from curated.dim_salesforce_contact
    inner join written
        on dim_salesforce_contact.mobile_phone = written.said
    union
    select
        cast('account' as varchar(32)) as object,
        dim_salesforce_account.account_id as crm_id,
        dim_salesforce_account.valid_from,
        written.e164
    from curated.dim_salesforce_account
    inner join written
        on dim_salesforce_account.phone = written.said
),

version as (
    -- All versions of those records: the first one stands for the time before it.
    select
        cast('contact' as varchar(32)) as object,
        dim_salesforce_contact.contact_id as crm_id,
        dim_salesforce_contact.valid_from,
        dim_salesforce_contact.valid_to,
        dim_salesforce_contact.created_at,
        row_number() over (partition by dim_salesforce_contact.contact_id order by dim_salesforce_contact.valid_from) as version_no
    from curated.dim_salesforce_contact
    where
        dim_salesforce_contact.contact_id in (
            select numbered.crm_id from numbered
            where numbered.object = 'contact'
        )
    union all
    select
        cast('account' as varchar(32)) as object,
        dim_salesforce_account.account_id as crm_id,
        dim_salesforce_account.valid_from,
        dim_salesforce_account.valid_to,
        dim_salesforce_account.created_at,
        row_number() over (partition by dim_salesforce_account.account_id order by dim_salesforce_account.valid_from) as version_no
    from curated.dim_salesforce_account
    where
        dim_salesforce_account.account_id in (
            select numbered.crm_id from numbered
            where numbered.object = 'account'
        )
),

owner as (
    select
        called.conversation_id,
        called.phone_order,
        coalesce(owner_alias.current_id, version.crm_id) as crm_id,
        -- A contact before an account, and who existed when the conversation began before who came later.
        min(
            case when version.object = 'contact' then 0 else 2 end
            + case
                when version.valid_from <= called.conversation_start then 0
                when version.created_at <= called.conversation_start then 0
                else 1
            end
        ) as preference
    from called
    inner join numbered
        on called.e164 = numbered.e164
    inner join version
        on
            numbered.object = version.object
            and numbered.crm_id = version.crm_id
            and numbered.valid_from = version.valid_from
    left join tmp_alias as owner_alias
        on
            version.object = owner_alias.object
            and version.crm_id = owner_alias.crm_id
    where
        called.conversation_start < version.valid_to
        and (version.valid_from <= called.conversation_start or version.version_no = 1)
    group by called.conversation_id, called.phone_order, coalesce(owner_alias.current_id, version.crm_id)
),

caller as (
    select
        best.conversation_id,
        best.phone_order,
        count(*) as owners,
        min(case when best.preference < 2 then best.crm_id end) as contact_id,
        min(case when best.preference >= 2 then best.crm_id end) as account_id
    from (
        select
            owner.*,
            min(owner.preference) over (partition by owner.conversation_id) as best_preference
        from owner
    ) as best
    where best.preference = best.best_preference
    group by best.conversation_id, best.phone_order
),

candidate as (
    select
        tmp_interaction.conversation_id,
        cast('attribute' as varchar(32)) as way,
        way.attribute_order as way_order,
        case
            when case_parent.account_id is not null or case_parent.contact_id is not null then 'attribute_case'
            when named_account.account_id is not null then 'attribute_account'
            when named_contact.contact_id is not null then 'attribute_contact'
        end as link_method,
        case when tmp_interaction.asked_ambiguous then 1 else 0 end as is_several,
        case_parent.case_id,
        case_parent.account_id as case_account_id,
        named_account.account_id as named_account_id,
        coalesce(named_contact.contact_id, case_parent.contact_id) as contact_id
    from tmp_interaction
    cross join way
    left join case_parent
        on tmp_interaction.asked_case_id = case_parent.id15
    left join known_account as named_account
        on tmp_interaction.asked_account_id = named_account.id15
    left join known_contact as named_contact
        on tmp_interaction.asked_contact_id = named_contact.id15
    where way.attribute_order > 0
    union all
    select
        external.conversation_id,
        cast('external_contact' as varchar(32)) as way,
        external.external_order as way_order,
        case
            when known_contact.contact_id is not null or known_account.account_id is not null then 'external_contact'
        end as link_method,
        case when external.external_contact_count > 1 then 1 else 0 end as is_several,
        cast(null as varchar(18)) as case_id,
        cast(null as varchar(18)) as case_account_id,
        known_account.account_id as named_account_id,
        known_contact.contact_id
    from external
    left join known_contact
        on external.contact15 = known_contact.id15
    left join known_account
        on external.account15 = known_account.id15
    union all
    select
        caller.conversation_id,
        cast('phone' as varchar(32)) as way,
        caller.phone_order as way_order,
        'phone' as link_method,
        case when caller.owners > 1 then 1 else 0 end as is_several,
        cast(null as varchar(18)) as case_id,
        cast(null as varchar(18)) as case_account_id,
        caller.account_id as named_account_id,
        caller.contact_id
    from caller
)

select
    candidate.conversation_id,
    candidate.way,
    candidate.way_order,
    cast(candidate.link_method as varchar(32)) as link_method,
    candidate.is_several,
    candidate.case_id,
    candidate.case_account_id,
    candidate.named_account_id,
    candidate.contact_id,
    coalesce(parent_alias.current_id, parent.account_id) as contact_account_id
from candidate
left join curated.dim_salesforce_contact as parent
    on
        candidate.contact_id = parent.contact_id
        and parent.is_latest
left join tmp_alias as parent_alias
    on
        parent_alias.object = 'account'
        and parent.account_id = parent_alias.crm_id
where
    candidate.link_method is not null
    or (candidate.way = 'attribute' and candidate.is_several = 1);

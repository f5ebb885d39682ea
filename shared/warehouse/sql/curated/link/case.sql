-- curated/link/case.sql: the case of each linked conversation, and the tier that its account had: with them the link is complete.
-- Grain   conversation_id
-- Reads   curated.dim_salesforce_{account,contact,case} for the customers of tmp_customer
-- Params  tmp_batch (curated/begin.sql); tmp_alias, tmp_customer (curated/link)
-- Rule    The case that an attribute names; else the one of the contact or the account that is not deleted and was created nearest to the
--         conversation's start, before or after, at most so many minutes away: match_window_minutes, or the most of the entries of
--         match_windows (at most 100) that hold the start: from inclusive, to exclusive.
-- Rerun   safe: a temporary table of the session

create temp table tmp_link as
with digit as (
    select 0 as n
    union all
    select 1 as n
    union all
    select 2 as n
    union all
    select 3 as n
    union all
    select 4 as n
    union all
    select 5 as n
    union all
    select 6 as n
    union all
    select 7 as n
    union all
    select 8 as n
    union all
    select 9 as n
),

listed as (
    select split_part(tmp_batch.match_windows, ',', tens.n * 10 + ones.n + 2) as entry
    from tmp_batch
    cross join digit as tens
    cross join digit as ones
),

wider as (
    select
        cast('0001-01-01' as timestamp) as from_at,
        cast('9999-12-31' as timestamp) as to_at,
        tmp_batch.match_window_minutes as minutes
    from tmp_batch
    union all
    select
        -- The parts of an empty entry are null, whatever is looked at first.
        cast(nullif(replace(split_part(listed.entry, '/', 1), 'T', ' '), '') as timestamp) as from_at,
        cast(nullif(replace(split_part(listed.entry, '/', 2), 'T', ' '), '') as timestamp) as to_at,
        cast(nullif(split_part(listed.entry, '/', 3), '') as integer) as minutes
    from listed
    where listed.entry <> ''
),

timed as (
    -- Linked conversations without a case so far, and how far theirs may be.
    select
        tmp_customer.conversation_id,
        tmp_customer.conversation_start,
        tmp_customer.crm_account_id,
        tmp_customer.crm_contact_id,
        max(wider.minutes) as minutes
    from tmp_customer
    inner join wider
        on
            tmp_customer.conversation_start >= wider.from_at
            and tmp_customer.conversation_start < wider.to_at
    where tmp_customer.link_reason is null and tmp_customer.named_case_id is null
    group by tmp_customer.conversation_id, tmp_customer.conversation_start, tmp_customer.crm_account_id, tmp_customer.crm_contact_id
),

customer as (
    select distinct
        cast('account' as varchar(32)) as object,
        timed.crm_account_id as crm_id
    from timed
    where timed.crm_account_id is not null
    union
    select distinct
        cast('contact' as varchar(32)) as object,
        timed.crm_contact_id as crm_id
    from timed
    where timed.crm_contact_id is not null
),

customer_member as (
    select
        customer.object,
        customer.crm_id,
        customer.crm_id as member_id
    from customer
    union
    select
        customer.object,
        customer.crm_id,
        customer_alias.crm_id as member_id
    from customer
    inner join tmp_alias as customer_alias
        on
            customer.object = customer_alias.object
            and customer.crm_id = customer_alias.current_id
),

colleague as (
    -- Contacts of these accounts: a case without an account is one of its contact's.
    select
        customer_member.crm_id as account_id,
        dim_salesforce_contact.contact_id
    from customer_member
    inner join curated.dim_salesforce_contact
        on customer_member.member_id = dim_salesforce_contact.account_id
    where customer_member.object = 'account' and dim_salesforce_contact.is_latest
),

case_holder as (
    select
        customer_member.object,
        customer_member.crm_id,
        dim_salesforce_case.case_id,
        dim_salesforce_case.created_at
    from customer_member
    inner join curated.dim_salesforce_case
        on customer_member.member_id = dim_salesforce_case.contact_id
    where customer_member.object = 'contact' and dim_salesforce_case.is_current
    union all
    select
        customer_member.object,
        customer_member.crm_id,
        dim_salesforce_case.case_id,
        dim_salesforce_case.created_at
    from customer_member
    inner join curated.dim_salesforce_case
        on customer_member.member_id = dim_salesforce_case.account_id
    where customer_member.object = 'account' and dim_salesforce_case.is_current
    union all
    select
        cast('account' as varchar(32)) as object,
        colleague.account_id as crm_id,
        dim_salesforce_case.case_id,
        dim_salesforce_case.created_at
    from curated.dim_salesforce_case
    left join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and dim_salesforce_case.contact_id = contact_alias.crm_id
    inner join colleague
        on coalesce(contact_alias.current_id, dim_salesforce_case.contact_id) = colleague.contact_id
    where dim_salesforce_case.is_current and dim_salesforce_case.account_id is null
),

near_case as (
    select
        timed.conversation_id,
        timed.conversation_start,
        timed.minutes,
        case_holder.case_id,
        case_holder.created_at,
        0 as by_account
    from timed
    inner join case_holder
        on timed.crm_contact_id = case_holder.crm_id
    where case_holder.object = 'contact'
    union all
    select
        timed.conversation_id,
        timed.conversation_start,
        timed.minutes,
        case_holder.case_id,
        case_holder.created_at,
        1 as by_account
    from timed
    inner join case_holder
        on timed.crm_account_id = case_holder.crm_id
    where case_holder.object = 'account'
),

nearest_case as (
    select
        near_case.conversation_id,
        near_case.case_id,
        datediff('minute', near_case.conversation_start, near_case.created_at) as minutes_apart,
        row_number() over (
            partition by near_case.conversation_id
            order by
                abs(datediff('second', near_case.conversation_start, near_case.created_at)),
                near_case.by_account,
                near_case.case_id
        ) as nearness
    from near_case
    where
        near_case.created_at >= dateadd('minute', -near_case.minutes, near_case.conversation_start)
        and near_case.created_at <= dateadd('minute', near_case.minutes, near_case.conversation_start)
),

tiers as (
    -- The tier that stood when the conversation began; before the first known version, that one.
    select
        tmp_customer.conversation_id,
        dim_salesforce_account.customer_tier,
        row_number() over (
            partition by tmp_customer.conversation_id
            order by
                case when dim_salesforce_account.valid_from <= tmp_customer.conversation_start then 0 else 1 end,
                case
                    when dim_salesforce_account.valid_from <= tmp_customer.conversation_start then dim_salesforce_account.valid_from
                end desc,
                dim_salesforce_account.valid_from
        ) as fit
    from tmp_customer
    inner join curated.dim_salesforce_account
        on tmp_customer.crm_account_id = dim_salesforce_account.account_id
    where tmp_customer.link_reason is null
)

select
    tmp_customer.conversation_id,
    tmp_customer.link_method,
    cast(tmp_customer.link_reason as varchar(32)) as link_reason,
    tmp_customer.crm_account_id,
    tmp_customer.crm_contact_id,
    coalesce(tmp_customer.named_case_id, nearest_case.case_id) as crm_case_id,
    cast(nearest_case.minutes_apart as integer) as case_minutes_apart,
    timed.minutes as match_minutes,
    tiers.customer_tier,
    tmp_customer.detail,
    tmp_customer.late_case,
    tmp_customer.late_account,
    tmp_customer.late_contact
from tmp_customer
left join timed
    on tmp_customer.conversation_id = timed.conversation_id
left join nearest_case
    on
        tmp_customer.conversation_id = nearest_case.conversation_id
        and nearest_case.nearness = 1
left join tiers
    on
        tmp_customer.conversation_id = tiers.conversation_id
        and tiers.fit = 1;

-- curated/link/touched.sql: CRM records in which this batch has changed something that decides a link, and those that hang on them.
-- Grain   object, reference_id (the first 15 characters of a Salesforce id; the asked id of an external contact)
-- Reads   curated.dim_salesforce_{account,contact,case}, curated.external_contact, as they stand after the batch
-- Params  tmp_batch (curated/begin.sql); tmp_crm (salesforce_purged/merge.sql); tmp_before, tmp_alias
-- Rerun   safe: a temporary table of the session

create temp table tmp_touched as
with after_merge as (
    select
        cast('account' as varchar(32)) as object,
        dim_salesforce_account.account_id as crm_id,
        md5(
            to_char(dim_salesforce_account.valid_from, 'YYYYMMDDHH24MISSUS') || '|'
            || to_char(dim_salesforce_account.valid_to, 'YYYYMMDDHH24MISSUS') || '|'
            || coalesce('=' || dim_salesforce_account.customer_tier, '!') || '|'
            || coalesce(dim_salesforce_account.master_record_id, '!')
        ) as state
    from curated.dim_salesforce_account
    inner join tmp_crm
        on
            tmp_crm.object = 'account'
            and dim_salesforce_account.account_id = tmp_crm.crm_id
    union all
    select
        cast('contact' as varchar(32)) as object,
        dim_salesforce_contact.contact_id as crm_id,
        md5(
            coalesce(dim_salesforce_contact.account_id, '!') || '|'
            || case when dim_salesforce_contact.is_latest then 'latest' else 'earlier' end || '|'
            || coalesce(dim_salesforce_contact.master_record_id, '!')
        ) as state
    from curated.dim_salesforce_contact
    inner join tmp_crm
        on
            tmp_crm.object = 'contact'
            and dim_salesforce_contact.contact_id = tmp_crm.crm_id
    union all
    select
        cast('case' as varchar(32)) as object,
        dim_salesforce_case.case_id as crm_id,
        md5(
            coalesce(dim_salesforce_case.account_id, '!') || '|'
            || coalesce(dim_salesforce_case.contact_id, '!') || '|'
            || coalesce(to_char(dim_salesforce_case.created_at, 'YYYYMMDDHH24MISSUS'), '!') || '|'
            || case when dim_salesforce_case.is_current then 'current' else 'closed' end || '|'
            || coalesce(dim_salesforce_case.master_record_id, '!')
        ) as state
    from curated.dim_salesforce_case
    inner join tmp_crm
        on
            tmp_crm.object = 'case'
            and dim_salesforce_case.case_id = tmp_crm.crm_id
    where dim_salesforce_case.is_latest
    union all
    select
        cast('external_contact' as varchar(32)) as object,
        external_contact.asked_id as crm_id,
        md5(coalesce(external_contact.salesforce_contact_id, '!') || '|' || coalesce(external_contact.salesforce_account_id, '!')) as state
    from curated.external_contact
    inner join (
        select distinct staged.asked_id
        from staging.genesys_external_contact as staged
        inner join tmp_batch
            on staged.batch_id = tmp_batch.batch_id
    ) as asked
        on external_contact.asked_id = asked.asked_id
),

sides as (
    select distinct
        tmp_before.object,
        tmp_before.crm_id,
        tmp_before.state,
        cast('before' as varchar(32)) as side
    from tmp_before
    union all
    select distinct
        after_merge.object,
        after_merge.crm_id,
        after_merge.state,
        cast('after' as varchar(32)) as side
    from after_merge
),

changed as (
    select
        sides.object,
        sides.crm_id
    from sides
    group by sides.object, sides.crm_id, sides.state
    having count(*) = 1
),

changed_account as (
    select distinct changed.crm_id from changed
    where changed.object = 'account'
),

account_family as (
    select changed_account.crm_id from changed_account
    union
    select sibling.crm_id
    from changed_account
    inner join tmp_alias as own
        on
            own.object = 'account'
            and changed_account.crm_id = own.crm_id
    inner join tmp_alias as sibling
        on
            sibling.object = 'account'
            and own.current_id = sibling.current_id
),

changed_contact as (
    select changed.crm_id from changed
    where changed.object = 'contact'
    union
    select dim_salesforce_contact.contact_id as crm_id
    from curated.dim_salesforce_contact
    inner join account_family
        on dim_salesforce_contact.account_id = account_family.crm_id
),

contact_family as (
    select changed_contact.crm_id from changed_contact
    union
    select sibling.crm_id
    from changed_contact
    inner join tmp_alias as own
        on
            own.object = 'contact'
            and changed_contact.crm_id = own.crm_id
    inner join tmp_alias as sibling
        on
            sibling.object = 'contact'
            and own.current_id = sibling.current_id
),

changed_case as (
    select changed.crm_id from changed
    where changed.object = 'case'
    union
    select dim_salesforce_case.case_id as crm_id
    from curated.dim_salesforce_case
    inner join account_family
        on dim_salesforce_case.account_id = account_family.crm_id
    where dim_salesforce_case.is_latest
    union
    select dim_salesforce_case.case_id as crm_id
    from curated.dim_salesforce_case
    inner join contact_family
        on dim_salesforce_case.contact_id = contact_family.crm_id
    where dim_salesforce_case.is_latest
),

case_family as (
    select changed_case.crm_id from changed_case
    union
    select sibling.crm_id
    from changed_case
    inner join tmp_alias as own
        on
            own.object = 'case'
            and changed_case.crm_id = own.crm_id
    inner join tmp_alias as sibling
        on
            sibling.object = 'case'
            and own.current_id = sibling.current_id
),

external_family as (
    select changed.crm_id from changed
    where changed.object = 'external_contact'
    union
    select external_contact.asked_id as crm_id
    from curated.external_contact
    inner join account_family
        on external_contact.salesforce_account_id = account_family.crm_id
    union
    select external_contact.asked_id as crm_id
    from curated.external_contact
    inner join contact_family
        on external_contact.salesforce_contact_id = contact_family.crm_id
)

select
    cast('account' as varchar(32)) as object,
    left(account_family.crm_id, 15) as reference_id
from account_family
union
select
    cast('contact' as varchar(32)) as object,
    left(contact_family.crm_id, 15) as reference_id
from contact_family
union
select
    cast('case' as varchar(32)) as object,
    left(case_family.crm_id, 15) as reference_id
from case_family
union
select
    cast('external_contact' as varchar(32)) as object,
    external_family.crm_id as reference_id
from external_family;

-- curated/link/before.sql: how the CRM records that the merge touches look before it.
-- Grain   object, crm_id, state (what of a CRM record decides a link)
-- Reads   curated.dim_salesforce_{account,contact,case}, curated.external_contact, as the last merge left them
-- Params  tmp_batch (curated/begin.sql); tmp_crm (salesforce_purged/merge.sql)
-- Rerun   safe: a temporary table of the session

create temp table tmp_before as
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
    on external_contact.asked_id = asked.asked_id;

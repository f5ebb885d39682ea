-- curated/link/state.sql: what of the CRM records that the merge touches decides a link, as it stands: once before the dimensions are
-- written, and once after.
-- Grain   side, object, crm_id, state (what of a CRM record decides a link; of a number: whose it was, and when)
-- Reads   curated.dim_salesforce_{account,contact,case}, curated.external_contact, curated.phone_number
-- Params  tmp_staged (staged_record/batch.sql); tmp_crm (salesforce_purged/merge.sql); tmp_state (link/before.sql)
-- Rerun   safe: a temporary table of the session

insert into tmp_state (side, object, crm_id, state)
with account_row as (
    select dim_salesforce_account.*
    from curated.dim_salesforce_account
    inner join tmp_crm
        on
            tmp_crm.object = 'account'
            and dim_salesforce_account.account_id = tmp_crm.crm_id
),

contact_row as (
    select dim_salesforce_contact.*
    from curated.dim_salesforce_contact
    inner join tmp_crm
        on
            tmp_crm.object = 'contact'
            and dim_salesforce_contact.contact_id = tmp_crm.crm_id
),

had_number as (
    select
        account_row.account_id as crm_id,
        account_row.phone as said,
        account_row.valid_from,
        account_row.valid_to
    from account_row
    union all
    select
        contact_row.contact_id as crm_id,
        contact_row.phone as said,
        contact_row.valid_from,
        contact_row.valid_to
    from contact_row
    union all
    select
        contact_row.contact_id as crm_id,
        contact_row.mobile_phone as said,
        contact_row.valid_from,
        contact_row.valid_to
    from contact_row
),

stated as (
    select
        cast('account' as varchar(32)) as object,
        account_row.account_id as crm_id,
        to_char(account_row.valid_from, 'YYYYMMDDHH24MISSUS') || '|'
        || to_char(account_row.valid_to, 'YYYYMMDDHH24MISSUS') || '|'
        || md5(coalesce('=' || account_row.customer_tier, '!')) || '|'
        || case when account_row.is_latest then 'latest' else 'earlier' end || '|'
        || coalesce(account_row.master_record_id, '!') as state
    from account_row
    union all
    select
        cast('contact' as varchar(32)) as object,
        contact_row.contact_id as crm_id,
        coalesce(contact_row.account_id, '!') || '|'
        || case when contact_row.is_latest then 'latest' else 'earlier' end || '|'
        || coalesce(contact_row.master_record_id, '!') as state
    from contact_row
    union all
    select
        cast('case' as varchar(32)) as object,
        dim_salesforce_case.case_id as crm_id,
        coalesce(dim_salesforce_case.account_id, '!') || '|'
        || coalesce(dim_salesforce_case.contact_id, '!') || '|'
        || coalesce(to_char(dim_salesforce_case.created_at, 'YYYYMMDDHH24MISSUS'), '!') || '|'
        || case when dim_salesforce_case.is_current then 'current' else 'closed' end || '|'
        || coalesce(dim_salesforce_case.master_record_id, '!') as state
    from curated.dim_salesforce_case
    inner join tmp_crm
        on
            tmp_crm.object = 'case'
            and dim_salesforce_case.case_id = tmp_crm.crm_id
    where dim_salesforce_case.is_latest
    union all
    select
        cast('phone' as varchar(32)) as object,
        phone_number.e164 as crm_id,
        had_number.crm_id || '|'
        || to_char(had_number.valid_from, 'YYYYMMDDHH24MISSUS') || '|'
        || to_char(had_number.valid_to, 'YYYYMMDDHH24MISSUS') as state
    from had_number
    inner join curated.phone_number
        on had_number.said = phone_number.said
    union all
    select
        cast('external_contact' as varchar(32)) as object,
        external_contact.asked_id as crm_id,
        coalesce(external_contact.salesforce_contact_id, '!') || '|' || coalesce(external_contact.salesforce_account_id, '!') as state
    from curated.external_contact
    inner join tmp_staged
        on
            tmp_staged.source = 'genesys'
            and tmp_staged.object = 'external_contact'
            and external_contact.asked_id = tmp_staged.natural_id
),

sides as (
    select coalesce(max(tmp_state.side), 0) + 1 as side
    from tmp_state
)

select distinct
    sides.side,
    stated.object,
    stated.crm_id,
    stated.state
from stated
cross join sides;

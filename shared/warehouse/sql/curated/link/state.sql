-- curated/link/state.sql: what of the CRM records that the merge touches decides a link, as it stands: once before the dimensions are
-- written, and once after.
-- Grain   side, object, crm_id, since_at, state (what of a CRM record decides a link; of a number: whose it was, and when)
-- Reads   curated.dim_salesforce_{account,contact,case}, curated.external_contact, curated.phone_number
-- Params  tmp_staged (staged_record/batch.sql); tmp_crm (salesforce_purged/merge.sql); tmp_state (link/before.sql)
-- Rule    What holds from some instant on (a tier, the owner of a number) is told where it begins and where it ends, so that a change of
--         today concerns conversations since then, and not all there ever were. The first version of a record stands for the time before
--         it too (link/candidate.sql, link/case.sql).
-- Rerun   safe: a temporary table of the session

insert into tmp_state (side, object, crm_id, since_at, state)
with account_row as (
    select
        dim_salesforce_account.*,
        lag(dim_salesforce_account.valid_to) over (
            partition by dim_salesforce_account.account_id order by dim_salesforce_account.valid_from
        ) as ended_before,
        lead(dim_salesforce_account.valid_from) over (
            partition by dim_salesforce_account.account_id order by dim_salesforce_account.valid_from
        ) as begins_after,
        lag(dim_salesforce_account.customer_tier) over (
            partition by dim_salesforce_account.account_id order by dim_salesforce_account.valid_from
        ) as tier_before,
        lag(dim_salesforce_account.phone) over (
            partition by dim_salesforce_account.account_id order by dim_salesforce_account.valid_from
        ) as phone_before,
        lead(dim_salesforce_account.phone) over (
            partition by dim_salesforce_account.account_id order by dim_salesforce_account.valid_from
        ) as phone_after
    from curated.dim_salesforce_account
    inner join tmp_crm
        on
            tmp_crm.object = 'account'
            and dim_salesforce_account.account_id = tmp_crm.crm_id
),

contact_row as (
    select
        dim_salesforce_contact.*,
        lag(dim_salesforce_contact.valid_to) over (
            partition by dim_salesforce_contact.contact_id order by dim_salesforce_contact.valid_from
        ) as ended_before,
        lead(dim_salesforce_contact.valid_from) over (
            partition by dim_salesforce_contact.contact_id order by dim_salesforce_contact.valid_from
        ) as begins_after,
        lag(dim_salesforce_contact.phone) over (
            partition by dim_salesforce_contact.contact_id order by dim_salesforce_contact.valid_from
        ) as phone_before,
        lead(dim_salesforce_contact.phone) over (
            partition by dim_salesforce_contact.contact_id order by dim_salesforce_contact.valid_from
        ) as phone_after,
        lag(dim_salesforce_contact.mobile_phone) over (
            partition by dim_salesforce_contact.contact_id order by dim_salesforce_contact.valid_from
        ) as mobile_before,
        lead(dim_salesforce_contact.mobile_phone) over (
            partition by dim_salesforce_contact.contact_id order by dim_salesforce_contact.valid_from
        ) as mobile_after
    from curated.dim_salesforce_contact
    inner join tmp_crm
        on
            tmp_crm.object = 'contact'
            and dim_salesforce_contact.contact_id = tmp_crm.crm_id
),

had_number as (
    select
        cast('account' as varchar(16)) as number_of,
        account_row.account_id as crm_id,
        account_row.phone as said,
        account_row.phone_before as said_before,
        account_row.phone_after as said_after,
        account_row.created_at,
        account_row.valid_from,
        account_row.valid_to,
        account_row.ended_before,
        account_row.begins_after
    from account_row
    where account_row.phone is not null
    union all
    select
        cast('phone' as varchar(16)) as number_of,
        contact_row.contact_id as crm_id,
        contact_row.phone as said,
        contact_row.phone_before as said_before,
        contact_row.phone_after as said_after,
        contact_row.created_at,
        contact_row.valid_from,
        contact_row.valid_to,
        contact_row.ended_before,
        contact_row.begins_after
    from contact_row
    where contact_row.phone is not null
    union all
    select
        cast('mobile' as varchar(16)) as number_of,
        contact_row.contact_id as crm_id,
        contact_row.mobile_phone as said,
        contact_row.mobile_before as said_before,
        contact_row.mobile_after as said_after,
        contact_row.created_at,
        contact_row.valid_from,
        contact_row.valid_to,
        contact_row.ended_before,
        contact_row.begins_after
    from contact_row
    where contact_row.mobile_phone is not null
),

number_moment as (
    -- Where somebody gets a number. Which of two who share it existed earlier counts before the first version.
    select
        had_number.number_of,
        had_number.crm_id,
        had_number.said,
        case
            when had_number.ended_before is null then cast('1970-01-01' as timestamp) else had_number.valid_from
        end as since_at,
        'has|' || to_char(had_number.valid_from, 'YYYYMMDDHH24MISSUS') || '|'
        || case
            when had_number.ended_before is not null then 'later'
            else 'first|' || coalesce(to_char(had_number.created_at, 'YYYYMMDDHH24MISSUS'), '!')
        end as state
    from had_number
    where
        had_number.ended_before is null
        or had_number.ended_before <> had_number.valid_from
        or had_number.said <> coalesce(had_number.said_before, '')
    union all
    -- Where somebody has it no longer.
    select
        had_number.number_of,
        had_number.crm_id,
        had_number.said,
        had_number.valid_to as since_at,
        'had|' || to_char(had_number.valid_to, 'YYYYMMDDHH24MISSUS') as state
    from had_number
    where
        had_number.begins_after is null
        or had_number.begins_after <> had_number.valid_to
        or had_number.said <> coalesce(had_number.said_after, '')
),

stated as (
    select
        cast('account' as varchar(32)) as object,
        account_row.account_id as crm_id,
        cast('1970-01-01' as timestamp) as since_at,
        'is|' || coalesce(account_row.master_record_id, '!') as state
    from account_row
    where account_row.is_latest
    union all
    select
        cast('account' as varchar(32)) as object,
        account_row.account_id as crm_id,
        case
            when account_row.ended_before is null then cast('1970-01-01' as timestamp) else account_row.valid_from
        end as since_at,
        'tier|' || md5(coalesce('=' || account_row.customer_tier, '!')) as state
    from account_row
    where
        account_row.ended_before is null
        or coalesce('=' || account_row.customer_tier, '!') <> coalesce('=' || account_row.tier_before, '!')
    union all
    select
        cast('contact' as varchar(32)) as object,
        contact_row.contact_id as crm_id,
        cast('1970-01-01' as timestamp) as since_at,
        'is|' || coalesce(contact_row.account_id, '!') || '|' || coalesce(contact_row.master_record_id, '!') as state
    from contact_row
    where contact_row.is_latest
    union all
    -- Who survives a merge has the accounts of who was merged: until that is taken back.
    select
        cast('contact' as varchar(32)) as object,
        contact_row.master_record_id as crm_id,
        cast('1970-01-01' as timestamp) as since_at,
        'survives|' || contact_row.contact_id as state
    from contact_row
    where contact_row.is_latest and contact_row.master_record_id is not null
    union all
    -- A contact that moved keeps its old conversations.
    select
        cast('contact' as varchar(32)) as object,
        contact_row.contact_id as crm_id,
        cast('1970-01-01' as timestamp) as since_at,
        'was|' || contact_row.account_id as state
    from contact_row
    where contact_row.account_id is not null
    union all
    select
        cast('case' as varchar(32)) as object,
        dim_salesforce_case.case_id as crm_id,
        cast('1970-01-01' as timestamp) as since_at,
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
        number_moment.since_at,
        -- Apart by column: two of them may have a number in turn.
        number_moment.crm_id || '|' || number_moment.number_of || '|' || number_moment.state as state
    from number_moment
    inner join curated.phone_number
        on number_moment.said = phone_number.said
    union all
    select
        cast('external_contact' as varchar(32)) as object,
        external_contact.asked_id as crm_id,
        cast('1970-01-01' as timestamp) as since_at,
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
    stated.since_at,
    stated.state
from stated
cross join sides;

-- curated/begin.sql: first part of the merge transaction: what is merged, and how the CRM looked before.
-- Grain   tmp_batch: one row; tmp_before: object, crm_id, state (what of a CRM record decides a link)
-- Params  :batch_id; :case_id_names, :account_id_names, :contact_id_names, :escalated_names, :bot_handled_names
--         (',name1,name2,' in order of precedence); :match_window_minutes. No later statement takes a parameter.
-- Rerun   safe: temporary tables of the session

-- Two merges at once could both insert the same conversation: here the second one conflicts and is tried again.
update ops.turn set step = 'merge'
where step = 'merge';

create temp table tmp_batch (
    batch_id varchar(128) not null,
    case_id_names varchar(4096) not null,
    account_id_names varchar(4096) not null,
    contact_id_names varchar(4096) not null,
    escalated_names varchar(4096) not null,
    bot_handled_names varchar(4096) not null,
    match_window_minutes integer not null
);

insert into tmp_batch (
    batch_id, case_id_names, account_id_names, contact_id_names, escalated_names, bot_handled_names, match_window_minutes
) values (
    :batch_id,
    :case_id_names,
    :account_id_names,
    :contact_id_names,
    :escalated_names,
    :bot_handled_names,
    cast(:match_window_minutes as integer)
);

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
inner join (
    select distinct staged.account_id
    from staging.salesforce_account as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
) as asked
    on dim_salesforce_account.account_id = asked.account_id
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
inner join (
    select distinct staged.contact_id
    from staging.salesforce_contact as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
) as asked
    on dim_salesforce_contact.contact_id = asked.contact_id
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
inner join (
    select distinct staged.case_id
    from staging.salesforce_case as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
) as asked
    on dim_salesforce_case.case_id = asked.case_id
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

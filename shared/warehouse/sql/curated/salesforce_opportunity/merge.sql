-- curated.salesforce_opportunity: the newest record of each key that one batch names.
-- Grain   opportunity_id
-- Reads   staging.salesforce_opportunity of all batches and curated.salesforce_purged, for the keys of tmp_crm
-- Params  tmp_crm (salesforce_purged/merge.sql)
-- Rerun   safe, in any order of batches: the highest SystemModstamp wins, then the last extraction

create temp table tmp_new_salesforce_opportunity as
select
    ranked.*,
    ranked.is_deleted or purged.record_id is not null as is_gone
from (
    select
        staged.*,
        row_number() over (
            partition by staged.opportunity_id
            order by
                staged.system_modstamp desc,
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.salesforce_opportunity as staged
    inner join tmp_crm
        on
            tmp_crm.object = 'opportunity'
            and staged.opportunity_id = tmp_crm.crm_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
) as ranked
left join curated.salesforce_purged as purged
    on
        purged.object = 'opportunity'
        and ranked.opportunity_id = purged.record_id
        and not purged.is_refused
where ranked.recency = 1;

merge into curated.salesforce_opportunity
using tmp_new_salesforce_opportunity as incoming
    on curated.salesforce_opportunity.opportunity_id = incoming.opportunity_id
when matched then
    update
        set
            is_deleted = incoming.is_gone,
            system_modstamp = incoming.system_modstamp,
            created_at = incoming.created_at,
            account_id = incoming.account_id,
            opportunity_name = incoming.opportunity_name,
            stage_name = incoming.stage_name,
            amount = incoming.amount,
            currency_iso_code = incoming.currency_iso_code,
            is_closed = incoming.is_closed,
            is_won = incoming.is_won,
            close_date = incoming.close_date,
            owner_id = incoming.owner_id,
            batch_id = incoming.batch_id,
            extracted_at = incoming.extracted_at
when not matched then insert (
    opportunity_key,
    opportunity_id,
    is_deleted,
    system_modstamp,
    created_at,
    account_id,
    opportunity_name,
    stage_name,
    amount,
    currency_iso_code,
    is_closed,
    is_won,
    close_date,
    owner_id,
    batch_id,
    extracted_at
) values (
    sha2(incoming.opportunity_id, 256),
    incoming.opportunity_id,
    incoming.is_gone,
    incoming.system_modstamp,
    incoming.created_at,
    incoming.account_id,
    incoming.opportunity_name,
    incoming.stage_name,
    incoming.amount,
    incoming.currency_iso_code,
    incoming.is_closed,
    incoming.is_won,
    incoming.close_date,
    incoming.owner_id,
    incoming.batch_id,
    incoming.extracted_at
);

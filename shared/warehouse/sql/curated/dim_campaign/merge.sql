-- curated.dim_campaign: the newest record of each key that one batch names.
-- Grain   campaign_id
-- Reads   staging.genesys_campaign of all batches, for the keys of this batch
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the last extraction wins

create temp table tmp_new_campaign as
select ranked.*
from (
    select
        staged.*,
        row_number() over (
            partition by staged.campaign_id
            order by
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.genesys_campaign as staged
    inner join (
        select distinct named.campaign_id
        from staging.genesys_campaign as named
        inner join tmp_batch
            on named.batch_id = tmp_batch.batch_id
    ) as asked
        on staged.campaign_id = asked.campaign_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
) as ranked
where ranked.recency = 1;

merge into curated.dim_campaign
using tmp_new_campaign as incoming
    on curated.dim_campaign.campaign_id = incoming.campaign_id
when matched then
    update
        set
            campaign_name = incoming.campaign_name,
            division_id = incoming.division_id,
            division_name = incoming.division_name,
            dialing_mode = incoming.dialing_mode,
            campaign_status = incoming.campaign_status,
            contact_list_id = incoming.contact_list_id,
            queue_id = incoming.queue_id,
            date_created = incoming.date_created,
            date_modified = incoming.date_modified,
            batch_id = incoming.batch_id,
            extracted_at = incoming.extracted_at
when not matched then insert (
    campaign_key, campaign_id, campaign_name, division_id, division_name, dialing_mode, campaign_status, contact_list_id, queue_id,
    date_created, date_modified, batch_id, extracted_at
) values (
    sha2(incoming.campaign_id, 256),
    incoming.campaign_id,
    incoming.campaign_name,
    incoming.division_id,
    incoming.division_name,
    incoming.dialing_mode,
    incoming.campaign_status,
    incoming.contact_list_id,
    incoming.queue_id,
    incoming.date_created,
    incoming.date_modified,
    incoming.batch_id,
    incoming.extracted_at
);

-- curated.dim_campaign: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_campaign: a campaign_id has one row
select
    campaign_id,
    count(*) as found
from curated.dim_campaign
group by campaign_id
having count(*) > 1;

-- fail: every_campaign_arrived: each campaign of the batch in staging is in this table
select distinct staged.campaign_id
from staging.genesys_campaign as staged
left join curated.dim_campaign
    on staged.campaign_id = dim_campaign.campaign_id
where staged.batch_id = :batch_id and dim_campaign.campaign_id is null;

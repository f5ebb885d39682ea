-- curated.salesforce_opportunity: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_key: an opportunity_id has one row
select
    opportunity_id,
    count(*) as found
from curated.salesforce_opportunity
group by opportunity_id
having count(*) > 1;

-- fail: every_opportunity_arrived: each opportunity of the batch in staging is in this table
select distinct staged.opportunity_id
from staging.salesforce_opportunity as staged
left join curated.salesforce_opportunity
    on staged.opportunity_id = salesforce_opportunity.opportunity_id
where staged.batch_id = :batch_id and salesforce_opportunity.opportunity_id is null;

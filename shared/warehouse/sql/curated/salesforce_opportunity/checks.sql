-- curated.salesforce_opportunity: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: one_row_per_key: an opportunity_id has one row
select
    opportunity_id,
    count(*) as found
from curated.salesforce_opportunity
group by opportunity_id
having count(*) > 1;

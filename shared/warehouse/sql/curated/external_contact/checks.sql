-- curated.external_contact: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: one_row_per_key: an asked_id has one row
select
    asked_id,
    count(*) as found
from curated.external_contact
group by asked_id
having count(*) > 1;

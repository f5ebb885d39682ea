-- curated.external_contact: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_key: an asked_id has one row
select
    asked_id,
    count(*) as found
from curated.external_contact
group by asked_id
having count(*) > 1;

-- fail: every_external_contact_arrived: each external contact of the batch in staging is in this table
select distinct staged.asked_id
from staging.genesys_external_contact as staged
left join curated.external_contact
    on staged.asked_id = external_contact.asked_id
where staged.batch_id = :batch_id and external_contact.asked_id is null;

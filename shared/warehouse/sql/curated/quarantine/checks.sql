-- curated.quarantine: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_reason: a record is in quarantine once per reason
select
    quarantine_key,
    count(*) as found
from curated.quarantine
group by quarantine_key
having count(*) > 1;

-- fail: every_refusal_arrived: each refused record of the batch has its quarantine row
select
    staged.object_key,
    staged.line,
    staged.reason
from staging.quarantine as staged
left join curated.quarantine
    on
        staged.source = quarantine.source
        and staged.object = quarantine.object
        and coalesce(staged.natural_id, staged.sha256) = quarantine.record_ref
        and staged.reason = quarantine.reason
where staged.batch_id = :batch_id and quarantine.quarantine_key is null;

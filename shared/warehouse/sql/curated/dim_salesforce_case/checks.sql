-- curated.dim_salesforce_case: data tests of the history.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_version: a case_id has at most one row that begins at an instant
select
    case_id,
    valid_from,
    count(*) as found
from curated.dim_salesforce_case
group by case_id, valid_from
having count(*) > 1;

-- fail: one_current_row: a case_id has exactly one current row, or none once it is deleted or merged
select
    case_id,
    sum(case when is_current then 1 else 0 end) as current_rows
from curated.dim_salesforce_case
group by case_id
having sum(case when is_current then 1 else 0 end) <> case
    when max(case when is_latest and close_reason in ('deleted', 'merged') then 1 else 0 end) = 1 then 0 else 1
end;

-- fail: no_overlap: a row ends no later than the next one of its case_id begins
select
    ordered.case_id,
    ordered.valid_from,
    ordered.valid_to,
    ordered.next_from
from (
    select
        case_id,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by case_id order by valid_from) as next_from
    from curated.dim_salesforce_case
) as ordered
where ordered.valid_to < ordered.valid_from or ordered.next_from < ordered.valid_to;

-- fail: no_gap: a row that a change has closed ends where the next one of its case_id begins
select
    ordered.case_id,
    ordered.valid_from,
    ordered.valid_to,
    ordered.next_from
from (
    select
        case_id,
        valid_from,
        valid_to,
        close_reason,
        lead(valid_from) over (partition by case_id order by valid_from) as next_from
    from curated.dim_salesforce_case
) as ordered
where ordered.close_reason = 'changed' and (ordered.next_from is null or ordered.next_from <> ordered.valid_to);

-- fail: every_case_arrived: each case of the batch in staging is in this table
select distinct staged.case_id
from staging.salesforce_case as staged
left join curated.dim_salesforce_case
    on staged.case_id = dim_salesforce_case.case_id
where staged.batch_id = :batch_id and dim_salesforce_case.case_id is null;

-- fail: closed_after_opened: no case of the batch closes before it opens: such a closed_at is null, and its case in curated.quarantine
select
    case_id,
    created_at,
    closed_at
from curated.dim_salesforce_case
where batch_id = :batch_id and closed_at < created_at;

-- What the tables hold once the batches m, n and o are merged, in whatever order. Each query returns the rows that break its rule.
-- breach: n: purge_believed: 21 opportunities are missing since this list
-- breach: o: purge_believed: and they still are

-- expect: purged: few of many, few at all, and what is left of many that came back are gone since n's list; one since o's. The rest is refused
select e.*, d.*
from (
    values
    ('account', 'n', false, 2), ('contact', 'n', false, 20), ('case', 'n', false, 21), ('opportunity', 'n', true, 21), ('opportunity', 'o', false, 1)
) as e (object, batch_id, is_refused, records)
full join (select object, batch_id, is_refused, count(*) as records from curated.salesforce_purged group by object, batch_id, is_refused) as d
    on d.object = e.object and d.batch_id = e.batch_id and d.is_refused = e.is_refused
where e.object is null or d.object is null or d.records <> e.records;

-- expect: open: whoever is refused is open, whoever is purged is not
select e.*, d.*
from (values ('account', 48), ('contact', 80), ('case', 479), ('opportunity', 49)) as e (object, records)
full join (
    select 'account' as object, count(*) as records from curated.dim_salesforce_account where is_current
    union all select 'contact', count(*) from curated.dim_salesforce_contact where is_current
    union all select 'case', count(*) from curated.dim_salesforce_case where is_current
    union all select 'opportunity', count(*) from curated.salesforce_opportunity where not is_deleted
) as d on d.object = e.object
where d.records <> e.records;

-- expect: closed_since: an account that is left of those that came back ends with the first list that missed it
select account_id, valid_to, close_reason from curated.dim_salesforce_account
where not is_current and (valid_to <> '2026-01-08 00:30:00' or close_reason <> 'deleted');

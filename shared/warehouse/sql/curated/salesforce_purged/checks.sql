-- curated.salesforce_purged: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_record: a record is purged once
select
    object,
    record_id,
    count(*) as found
from curated.salesforce_purged
group by object, record_id
having count(*) > 1;

-- fail: purged_is_closed: a record that is gone is open nowhere, unless its list was not believed
select
    salesforce_purged.object,
    salesforce_purged.record_id
from curated.salesforce_purged
inner join (
    select
        cast('account' as varchar(64)) as object,
        account_id as record_id
    from curated.dim_salesforce_account
    where is_current
    union all
    select
        cast('contact' as varchar(64)) as object,
        contact_id as record_id
    from curated.dim_salesforce_contact
    where is_current
    union all
    select
        cast('case' as varchar(64)) as object,
        case_id as record_id
    from curated.dim_salesforce_case
    where is_current
    union all
    select
        cast('opportunity' as varchar(64)) as object,
        opportunity_id as record_id
    from curated.salesforce_opportunity
    where not is_deleted
) as open_record
    on
        salesforce_purged.object = open_record.object
        and salesforce_purged.record_id = open_record.record_id
where not salesforce_purged.is_refused;

-- fail: purge_believed: no list misses so many records at once that they stay open (see what the integration user may read)
select
    salesforce_purged.object,
    salesforce_purged.listed_at,
    salesforce_purged.batch_id,
    count(*) as missing_records,
    max(salesforce_purged.listed_rows) as listed_rows
from curated.salesforce_purged
inner join ops.window_ledger
    on
        window_ledger.source = 'salesforce'
        and window_ledger.object = salesforce_purged.object || '_ids'
where window_ledger.batch_id = :batch_id and window_ledger.mode <> 'left_out' and salesforce_purged.is_refused
group by salesforce_purged.object, salesforce_purged.listed_at, salesforce_purged.batch_id;

-- curated/history.sql: what Salesforce's own history says of the tracked columns of the records that this merge writes: what a column
-- held before each change. The dimensions restore the versions that no run has read: before the first load, and between two runs.
-- Grain   object, record_id, tracked_column, changed_at, history_id
-- Reads   staging.salesforce_history of all batches
-- Params  tmp_batch (curated/begin.sql); tmp_crm (salesforce_purged/merge.sql)
-- Rerun   safe: a temporary table of the session

create temp table tmp_change as
with tracked as (
    -- A change of a lookup has two rows, one with ids and one with names.
    select
        cast('account' as varchar(32)) as object,
        cast('account_type' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('account' as varchar(32)) as object,
        cast('industry' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('account' as varchar(32)) as object,
        cast('customer_tier' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('account' as varchar(32)) as object,
        cast('owner_id' as varchar(32)) as tracked_column,
        1 as is_id
    union all
    select
        cast('account' as varchar(32)) as object,
        cast('owner_name' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('account' as varchar(32)) as object,
        cast('parent_account_id' as varchar(32)) as tracked_column,
        1 as is_id
    union all
    select
        cast('account' as varchar(32)) as object,
        cast('phone' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('contact' as varchar(32)) as object,
        cast('phone' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('contact' as varchar(32)) as object,
        cast('mobile_phone' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('contact' as varchar(32)) as object,
        cast('account_id' as varchar(32)) as tracked_column,
        1 as is_id
    union all
    select
        cast('contact' as varchar(32)) as object,
        cast('owner_id' as varchar(32)) as tracked_column,
        1 as is_id
    union all
    select
        cast('case' as varchar(32)) as object,
        cast('account_id' as varchar(32)) as tracked_column,
        1 as is_id
    union all
    select
        cast('case' as varchar(32)) as object,
        cast('contact_id' as varchar(32)) as tracked_column,
        1 as is_id
    union all
    select
        cast('case' as varchar(32)) as object,
        cast('case_category' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('case' as varchar(32)) as object,
        cast('case_status' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('case' as varchar(32)) as object,
        cast('case_priority' as varchar(32)) as tracked_column,
        0 as is_id
    union all
    select
        cast('case' as varchar(32)) as object,
        cast('owner_id' as varchar(32)) as tracked_column,
        1 as is_id
),

change_made as (
    select distinct
        staged.object,
        staged.parent_id as record_id,
        staged.history_id,
        staged.field_name,
        case when lower(coalesce(staged.data_type, '')) = 'entityid' then 1 else 0 end as is_id,
        staged.created_at as changed_at,
        staged.old_value
    from staging.salesforce_history as staged
    inner join tmp_crm
        on
            staged.object = tmp_crm.object
            and staged.parent_id = tmp_crm.crm_id
)

select
    change_made.object,
    change_made.record_id,
    tracked.tracked_column,
    change_made.changed_at,
    change_made.history_id,
    change_made.old_value
from change_made
cross join tmp_batch
inner join tracked
    on
        change_made.object = tracked.object
        and change_made.is_id = tracked.is_id
        and strpos(
            tmp_batch.history_names, ',' || tracked.object || '.' || tracked.tracked_column || '=' || change_made.field_name || ','
        ) > 0;

-- curated.dim_salesforce_account: history of the accounts of one batch, rebuilt from every version that staging holds, and from
-- the changes that Salesforce itself keeps.
-- Grain   account_id, valid_from
-- Reads   staging.salesforce_account of all batches and curated.salesforce_purged, for the keys of tmp_crm; tmp_change
-- Params  tmp_crm (salesforce_purged/merge.sql), tmp_change (history.sql)
-- Rerun   safe, in any order of batches: the rows depend on what is in staging, not on what came first

delete from curated.dim_salesforce_account
where account_id in (
    select tmp_crm.crm_id
    from tmp_crm
    where tmp_crm.object = 'account'
);

insert into curated.dim_salesforce_account (
    account_version_key, account_key, account_id, valid_from, valid_to, is_current, is_latest, close_reason, master_record_id, created_at,
    account_name, account_type, industry, customer_tier, ltv_usd, phone, owner_id, owner_name, parent_account_id,
    batch_id, extracted_at
)
with asked as (
    select tmp_crm.crm_id as account_id
    from tmp_crm
    where tmp_crm.object = 'account'
),

ranked as (
    -- Overlapping windows deliver a version more than once; the last extraction wins, then the batch loaded last.
    select
        staged.*,
        row_number() over (
            partition by staged.account_id, staged.system_modstamp
            order by
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.salesforce_account as staged
    inner join asked
        on staged.account_id = asked.account_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
),

deduped as (
    select
        ranked.*,
        max(ranked.created_at) over (partition by ranked.account_id) as first_created_at
    from ranked
    where ranked.recency = 1
),

moments as (
    -- Where a version begins that Salesforce's history knows of: at each change, and at the creation before the first one.
    select
        tmp_change.record_id as account_id,
        tmp_change.changed_at as moment
    from tmp_change
    where tmp_change.object = 'account'
    union
    select
        deduped.account_id,
        deduped.first_created_at as moment
    from deduped
    inner join tmp_change
        on
            tmp_change.object = 'account'
            and deduped.account_id = tmp_change.record_id
),

anchored as (
    -- What no run has read is what the next version says, less the changes in between.
    select
        deduped.*,
        moments.moment,
        row_number() over (partition by moments.account_id, moments.moment order by deduped.system_modstamp) as nearness
    from moments
    inner join deduped
        on
            moments.account_id = deduped.account_id
            and moments.moment < deduped.system_modstamp
    left join deduped as read_then
        on
            moments.account_id = read_then.account_id
            and moments.moment = read_then.system_modstamp
    where read_then.account_id is null
),

undone as (
    select
        anchored.account_id,
        anchored.moment,
        tmp_change.tracked_column,
        tmp_change.old_value,
        row_number() over (
            partition by anchored.account_id, anchored.moment, tmp_change.tracked_column
            order by tmp_change.changed_at, tmp_change.history_id
        ) as turn
    from anchored
    inner join tmp_change
        on
            tmp_change.object = 'account'
            and anchored.account_id = tmp_change.record_id
            and anchored.moment < tmp_change.changed_at
            and anchored.system_modstamp >= tmp_change.changed_at
    where anchored.nearness = 1
),

earlier as (
    select
        undone.account_id as record_id,
        undone.moment,
        max(case when undone.tracked_column = 'account_type' then 1 else 0 end) as account_type_changed,
        max(case when undone.tracked_column = 'account_type' then cast(undone.old_value as varchar(1020)) end) as account_type,
        max(case when undone.tracked_column = 'industry' then 1 else 0 end) as industry_changed,
        max(case when undone.tracked_column = 'industry' then cast(undone.old_value as varchar(1020)) end) as industry,
        max(case when undone.tracked_column = 'customer_tier' then 1 else 0 end) as customer_tier_changed,
        max(case when undone.tracked_column = 'customer_tier' then cast(undone.old_value as varchar(1020)) end) as customer_tier,
        max(case when undone.tracked_column = 'owner_id' then 1 else 0 end) as owner_id_changed,
        max(case when undone.tracked_column = 'owner_id' then cast(undone.old_value as varchar(18)) end) as owner_id,
        max(case when undone.tracked_column = 'owner_name' then 1 else 0 end) as owner_name_changed,
        max(case when undone.tracked_column = 'owner_name' then cast(undone.old_value as varchar(1020)) end) as owner_name,
        max(case when undone.tracked_column = 'parent_account_id' then 1 else 0 end) as parent_account_id_changed,
        max(case when undone.tracked_column = 'parent_account_id' then cast(undone.old_value as varchar(18)) end) as parent_account_id,
        max(case when undone.tracked_column = 'phone' then 1 else 0 end) as phone_changed,
        max(case when undone.tracked_column = 'phone' then cast(undone.old_value as varchar(160)) end) as phone
    from undone
    where undone.turn = 1
    group by undone.account_id, undone.moment
),

versions as (
    select
        0 as is_restored,
        deduped.batch_id,
        deduped.record_no,
        deduped.extracted_at,
        deduped.is_deleted,
        deduped.system_modstamp,
        deduped.first_created_at,
        deduped.account_id,
        deduped.master_record_id,
        deduped.account_name,
        deduped.account_type,
        deduped.industry,
        deduped.customer_tier,
        deduped.ltv_usd,
        deduped.phone,
        deduped.owner_id,
        deduped.owner_name,
        deduped.parent_account_id
    from deduped
    union all
    select
        1 as is_restored,
        anchored.batch_id,
        anchored.record_no,
        anchored.extracted_at,
        false as is_deleted,
        anchored.moment as system_modstamp,
        anchored.first_created_at,
        anchored.account_id,
        cast(null as varchar(18)) as master_record_id,
        anchored.account_name,
        case when earlier.account_type_changed = 1 then earlier.account_type else anchored.account_type end as account_type,
        case when earlier.industry_changed = 1 then earlier.industry else anchored.industry end as industry,
        case when earlier.customer_tier_changed = 1 then earlier.customer_tier else anchored.customer_tier end as customer_tier,
        anchored.ltv_usd,
        case when earlier.phone_changed = 1 then earlier.phone else anchored.phone end as phone,
        case when earlier.owner_id_changed = 1 then earlier.owner_id else anchored.owner_id end as owner_id,
        case when earlier.owner_name_changed = 1 then earlier.owner_name else anchored.owner_name end as owner_name,
        case when earlier.parent_account_id_changed = 1 then earlier.parent_account_id else anchored.parent_account_id end
            as parent_account_id
    from anchored
    left join earlier
        on
            anchored.account_id = earlier.record_id
            and anchored.moment = earlier.moment
    where anchored.nearness = 1
),

stated as (
    -- One text that differs when a tracked column differs; null and empty text stay apart.
    select
        versions.*,
        case
            when versions.is_deleted then 'deleted' else
                md5(coalesce('=' || versions.account_type, '!'))
                || md5(coalesce('=' || versions.industry, '!'))
                || md5(coalesce('=' || versions.customer_tier, '!'))
                || md5(coalesce('=' || versions.owner_id, '!'))
                || md5(coalesce('=' || versions.owner_name, '!'))
                || md5(coalesce('=' || versions.parent_account_id, '!'))
                || md5(coalesce('=' || versions.phone, '!'))
        end as state
    from versions
),

compared as (
    select
        stated.*,
        lag(stated.state) over (partition by stated.account_id order by stated.system_modstamp) as state_before
    from stated
),

numbered as (
    select
        compared.*,
        sum(case when compared.state = compared.state_before then 0 else 1 end) over (
            partition by compared.account_id order by compared.system_modstamp rows unbounded preceding
        ) as period_no
    from compared
),

periods as (
    select
        numbered.*,
        min(numbered.system_modstamp) over (partition by numbered.account_id, numbered.period_no) as valid_from,
        -- What was read says more than what is restored: that has the further columns of a version that may lie behind the period.
        row_number() over (
            partition by numbered.account_id, numbered.period_no order by numbered.is_restored asc, numbered.system_modstamp desc
        ) as recency_in_period
    from numbered
),

neighbours as (
    select
        periods.*,
        lead(periods.valid_from) over (partition by periods.account_id order by periods.period_no) as next_from,
        lead(periods.is_deleted) over (partition by periods.account_id order by periods.period_no) as next_is_deleted,
        lead(periods.master_record_id) over (partition by periods.account_id order by periods.period_no) as next_master_record_id,
        last_value(periods.is_deleted) over (
            partition by periods.account_id order by periods.period_no rows between unbounded preceding and unbounded following
        ) as ends_deleted,
        last_value(periods.master_record_id) over (
            partition by periods.account_id order by periods.period_no rows between unbounded preceding and unbounded following
        ) as last_master_record_id
    from periods
    where periods.recency_in_period = 1
),

kept as (
    -- A deletion is no row of its own, unless nothing else is known of the record.
    select
        neighbours.*,
        case
            when neighbours.is_deleted then neighbours.valid_from else coalesce(neighbours.next_from, cast('9999-12-31' as timestamp))
        end as valid_to,
        row_number() over (partition by neighbours.account_id order by neighbours.period_no desc) as recency_of_row
    from neighbours
    where not neighbours.is_deleted or neighbours.period_no = 1
)

select
    sha2(kept.account_id || '|' || to_char(kept.valid_from, 'YYYYMMDDHH24MISSUS'), 256) as account_version_key,
    sha2(kept.account_id, 256) as account_key,
    kept.account_id,
    kept.valid_from,
    coalesce(purged.purged_at, kept.valid_to) as valid_to,
    not kept.is_deleted and kept.next_from is null and purged.record_id is null as is_current,
    kept.recency_of_row = 1 as is_latest,
    case
        when purged.record_id is not null then 'deleted'
        when kept.is_deleted and kept.master_record_id is not null then 'merged'
        when kept.is_deleted then 'deleted'
        when kept.next_is_deleted and kept.next_master_record_id is not null then 'merged'
        when kept.next_is_deleted then 'deleted'
        when kept.next_from is not null then 'changed'
    end as close_reason,
    case when kept.ends_deleted then kept.last_master_record_id end as master_record_id,
    kept.first_created_at as created_at,
    kept.account_name,
    kept.account_type,
    kept.industry,
    kept.customer_tier,
    kept.ltv_usd,
    kept.phone,
    kept.owner_id,
    kept.owner_name,
    kept.parent_account_id,
    kept.batch_id,
    kept.extracted_at
from kept
-- A record that is no longer there closes the row that is open.
left join curated.salesforce_purged as purged
    on
        purged.object = 'account'
        and kept.account_id = purged.record_id
        and kept.next_from is null
        and not purged.is_refused;

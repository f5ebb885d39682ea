-- curated.dim_salesforce_case: history of the cases of one batch, rebuilt from every version that staging holds, and from
-- the changes that Salesforce itself keeps.
-- Grain   case_id, valid_from
-- Reads   staging.salesforce_case of all batches and curated.salesforce_purged, for the keys of tmp_crm; tmp_change
-- Params  tmp_crm (salesforce_purged/merge.sql), tmp_change (history.sql)
-- Rerun   safe, in any order of batches: the rows depend on what is in staging, not on what came first

delete from curated.dim_salesforce_case
where case_id in (
    select tmp_crm.crm_id
    from tmp_crm
    where tmp_crm.object = 'case'
);

insert into curated.dim_salesforce_case (
    case_version_key, case_key, case_id, valid_from, valid_to, is_current, is_latest, close_reason, master_record_id, created_at,
    case_number,
    account_id,
    contact_id,
    case_subject,
    case_category,
    case_status,
    case_priority,
    case_origin,
    is_closed,
    closed_at,
    owner_id,
    batch_id, extracted_at
)
with asked as (
    select tmp_crm.crm_id as case_id
    from tmp_crm
    where tmp_crm.object = 'case'
),

ranked as (
    -- Overlapping windows deliver a version more than once; the last extraction wins, then the batch loaded last.
    select
        staged.*,
        row_number() over (
            partition by staged.case_id, staged.system_modstamp
            order by
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.salesforce_case as staged
    inner join asked
        on staged.case_id = asked.case_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
),

deduped as (
    select
        ranked.*,
        max(ranked.created_at) over (partition by ranked.case_id) as first_created_at
    from ranked
    where ranked.recency = 1
),

moments as (
    -- Where a version begins that Salesforce's history knows of: at each change, and at the creation before the first one.
    select
        tmp_change.record_id as case_id,
        tmp_change.changed_at as moment
    from tmp_change
    where tmp_change.object = 'case'
    union
    select
        deduped.case_id,
        deduped.first_created_at as moment
    from deduped
    inner join tmp_change
        on
            tmp_change.object = 'case'
            and deduped.case_id = tmp_change.record_id
),

anchored as (
    -- What no run has read is what the next version says, less the changes in between.
    select
        deduped.*,
        moments.moment,
        row_number() over (partition by moments.case_id, moments.moment order by deduped.system_modstamp) as nearness
    from moments
    inner join deduped
        on
            moments.case_id = deduped.case_id
            and moments.moment < deduped.system_modstamp
    left join deduped as read_then
        on
            moments.case_id = read_then.case_id
            and moments.moment = read_then.system_modstamp
    where read_then.case_id is null
),

undone as (
    select
        anchored.case_id,
        anchored.moment,
        tmp_change.tracked_column,
        tmp_change.old_value,
        row_number() over (
            partition by anchored.case_id, anchored.moment, tmp_change.tracked_column
            order by tmp_change.changed_at, tmp_change.history_id
        ) as turn
    from anchored
    inner join tmp_change
        on
            tmp_change.object = 'case'
            and anchored.case_id = tmp_change.record_id
            and anchored.moment < tmp_change.changed_at
            and anchored.system_modstamp >= tmp_change.changed_at
    where anchored.nearness = 1
),

earlier as (
    select
        undone.case_id as record_id,
        undone.moment,
        max(case when undone.tracked_column = 'account_id' then 1 else 0 end) as account_id_changed,
        max(case when undone.tracked_column = 'account_id' then cast(undone.old_value as varchar(18)) end) as account_id,
        max(case when undone.tracked_column = 'contact_id' then 1 else 0 end) as contact_id_changed,
        max(case when undone.tracked_column = 'contact_id' then cast(undone.old_value as varchar(18)) end) as contact_id,
        max(case when undone.tracked_column = 'case_category' then 1 else 0 end) as case_category_changed,
        max(case when undone.tracked_column = 'case_category' then cast(undone.old_value as varchar(1020)) end) as case_category,
        max(case when undone.tracked_column = 'case_status' then 1 else 0 end) as case_status_changed,
        max(case when undone.tracked_column = 'case_status' then cast(undone.old_value as varchar(1020)) end) as case_status,
        max(case when undone.tracked_column = 'case_priority' then 1 else 0 end) as case_priority_changed,
        max(case when undone.tracked_column = 'case_priority' then cast(undone.old_value as varchar(1020)) end) as case_priority,
        max(case when undone.tracked_column = 'owner_id' then 1 else 0 end) as owner_id_changed,
        max(case when undone.tracked_column = 'owner_id' then cast(undone.old_value as varchar(18)) end) as owner_id
    from undone
    where undone.turn = 1
    group by undone.case_id, undone.moment
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
        deduped.case_id,
        deduped.master_record_id,
        deduped.case_number,
        deduped.account_id,
        deduped.contact_id,
        deduped.case_subject,
        deduped.case_category,
        deduped.case_status,
        deduped.case_priority,
        deduped.case_origin,
        deduped.is_closed,
        deduped.closed_at,
        deduped.owner_id
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
        anchored.case_id,
        cast(null as varchar(18)) as master_record_id,
        anchored.case_number,
        case when earlier.account_id_changed = 1 then earlier.account_id else anchored.account_id end as account_id,
        case when earlier.contact_id_changed = 1 then earlier.contact_id else anchored.contact_id end as contact_id,
        anchored.case_subject,
        case when earlier.case_category_changed = 1 then earlier.case_category else anchored.case_category end as case_category,
        case when earlier.case_status_changed = 1 then earlier.case_status else anchored.case_status end as case_status,
        case when earlier.case_priority_changed = 1 then earlier.case_priority else anchored.case_priority end as case_priority,
        anchored.case_origin,
        case when anchored.closed_at > anchored.moment then false else anchored.is_closed end as is_closed,
        case when anchored.closed_at > anchored.moment then cast(null as timestamp) else anchored.closed_at end as closed_at,
        case when earlier.owner_id_changed = 1 then earlier.owner_id else anchored.owner_id end as owner_id
    from anchored
    left join earlier
        on
            anchored.case_id = earlier.record_id
            and anchored.moment = earlier.moment
    where anchored.nearness = 1
),

stated as (
    -- One text that differs when a tracked column differs; null and empty text stay apart.
    select
        versions.*,
        case
            when versions.is_deleted then 'deleted' else
                md5(coalesce('=' || versions.account_id, '!'))
                || md5(coalesce('=' || versions.contact_id, '!'))
                || md5(coalesce('=' || versions.case_category, '!'))
                || md5(coalesce('=' || versions.case_status, '!'))
                || md5(coalesce('=' || versions.case_priority, '!'))
                || md5(case when versions.is_closed is null then '!' when versions.is_closed then '=true' else '=false' end)
                || md5(coalesce('=' || versions.owner_id, '!'))
        end as state
    from versions
),

compared as (
    select
        stated.*,
        lag(stated.state) over (partition by stated.case_id order by stated.system_modstamp) as state_before
    from stated
),

numbered as (
    select
        compared.*,
        sum(case when compared.state = compared.state_before then 0 else 1 end) over (
            partition by compared.case_id order by compared.system_modstamp rows unbounded preceding
        ) as period_no
    from compared
),

periods as (
    select
        numbered.*,
        min(numbered.system_modstamp) over (partition by numbered.case_id, numbered.period_no) as valid_from,
        -- What was read says more than what is restored: that has the further columns of a version that may lie behind the period.
        row_number() over (
            partition by numbered.case_id, numbered.period_no order by numbered.is_restored asc, numbered.system_modstamp desc
        ) as recency_in_period
    from numbered
),

neighbours as (
    select
        periods.*,
        lead(periods.valid_from) over (partition by periods.case_id order by periods.period_no) as next_from,
        lead(periods.is_deleted) over (partition by periods.case_id order by periods.period_no) as next_is_deleted,
        lead(periods.master_record_id) over (partition by periods.case_id order by periods.period_no) as next_master_record_id,
        last_value(periods.is_deleted) over (
            partition by periods.case_id order by periods.period_no rows between unbounded preceding and unbounded following
        ) as ends_deleted,
        last_value(periods.master_record_id) over (
            partition by periods.case_id order by periods.period_no rows between unbounded preceding and unbounded following
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
        row_number() over (partition by neighbours.case_id order by neighbours.period_no desc) as recency_of_row
    from neighbours
    where not neighbours.is_deleted or neighbours.period_no = 1
)

select
    sha2(kept.case_id || '|' || to_char(kept.valid_from, 'YYYYMMDDHH24MISSUS'), 256) as case_version_key,
    sha2(kept.case_id, 256) as case_key,
    kept.case_id,
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
    kept.case_number,
    kept.account_id,
    kept.contact_id,
    kept.case_subject,
    kept.case_category,
    kept.case_status,
    kept.case_priority,
    kept.case_origin,
    kept.is_closed,
    -- Closed before it was opened: it cannot be (curated.quarantine, case_value).
    case when kept.closed_at < kept.first_created_at then cast(null as timestamp) else kept.closed_at end as closed_at,
    kept.owner_id,
    kept.batch_id,
    kept.extracted_at
from kept
-- A record that is no longer there closes the row that is open.
left join curated.salesforce_purged as purged
    on
        purged.object = 'case'
        and kept.case_id = purged.record_id
        and kept.next_from is null
        and not purged.is_refused;

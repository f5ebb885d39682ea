-- curated.dim_salesforce_contact: history of the contacts of one batch, rebuilt from every version that staging holds, and from
-- the changes that Salesforce itself keeps.
-- Grain   contact_id, valid_from
-- Reads   staging.salesforce_contact of all batches and curated.salesforce_purged, for the keys of tmp_crm; tmp_change
-- Params  tmp_crm (salesforce_purged/merge.sql), tmp_change (history.sql)
-- Rerun   safe, in any order of batches: the rows depend on what is in staging, not on what came first

delete from curated.dim_salesforce_contact
where contact_id in (
    select tmp_crm.crm_id
    from tmp_crm
    where tmp_crm.object = 'contact'
);

insert into curated.dim_salesforce_contact (
    contact_version_key, contact_key, contact_id, valid_from, valid_to, is_current, is_latest, close_reason, master_record_id, created_at,
    account_id, contact_name, email, phone, mobile_phone, owner_id,
    batch_id, extracted_at
)
with asked as (
    select tmp_crm.crm_id as contact_id
    from tmp_crm
    where tmp_crm.object = 'contact'
),

ranked as (
    -- Overlapping windows deliver a version more than once; the last extraction wins, then the batch loaded last.
    select
        staged.*,
        row_number() over (
            partition by staged.contact_id, staged.system_modstamp
            order by
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from staging.salesforce_contact as staged
    inner join asked
        on staged.contact_id = asked.contact_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
),

deduped as (
    select
        ranked.*,
        max(ranked.created_at) over (partition by ranked.contact_id) as first_created_at
    from ranked
    where ranked.recency = 1
),

moments as (
    -- Where a version begins that Salesforce's history knows of: at each change, and at the creation before the first one.
    select
        tmp_change.record_id as contact_id,
        tmp_change.changed_at as moment
    from tmp_change
    where tmp_change.object = 'contact'
    union
    select
        deduped.contact_id,
        deduped.first_created_at as moment
    from deduped
    inner join tmp_change
        on
            tmp_change.object = 'contact'
            and deduped.contact_id = tmp_change.record_id
),

anchored as (
    -- What no run has read is what the next version says, less the changes in between.
    select
        deduped.*,
        moments.moment,
        row_number() over (partition by moments.contact_id, moments.moment order by deduped.system_modstamp) as nearness
    from moments
    inner join deduped
        on
            moments.contact_id = deduped.contact_id
            and moments.moment < deduped.system_modstamp
    left join deduped as read_then
        on
            moments.contact_id = read_then.contact_id
            and moments.moment = read_then.system_modstamp
    where read_then.contact_id is null
),

undone as (
    select
        anchored.contact_id,
        anchored.moment,
        tmp_change.tracked_column,
        tmp_change.old_value,
        row_number() over (
            partition by anchored.contact_id, anchored.moment, tmp_change.tracked_column
            order by tmp_change.changed_at, tmp_change.history_id
        ) as turn
    from anchored
    inner join tmp_change
        on
            tmp_change.object = 'contact'
            and anchored.contact_id = tmp_change.record_id
            and anchored.moment < tmp_change.changed_at
            and anchored.system_modstamp >= tmp_change.changed_at
    where anchored.nearness = 1
),

earlier as (
    select
        undone.contact_id as record_id,
        undone.moment,
        max(case when undone.tracked_column = 'account_id' then 1 else 0 end) as account_id_changed,
        max(case when undone.tracked_column = 'account_id' then cast(undone.old_value as varchar(18)) end) as account_id,
        max(case when undone.tracked_column = 'owner_id' then 1 else 0 end) as owner_id_changed,
        max(case when undone.tracked_column = 'owner_id' then cast(undone.old_value as varchar(18)) end) as owner_id,
        max(case when undone.tracked_column = 'phone' then 1 else 0 end) as phone_changed,
        max(case when undone.tracked_column = 'phone' then cast(undone.old_value as varchar(160)) end) as phone,
        max(case when undone.tracked_column = 'mobile_phone' then 1 else 0 end) as mobile_phone_changed,
        max(case when undone.tracked_column = 'mobile_phone' then cast(undone.old_value as varchar(160)) end) as mobile_phone
    from undone
    where undone.turn = 1
    group by undone.contact_id, undone.moment
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
        deduped.contact_id,
        deduped.master_record_id,
        deduped.account_id,
        deduped.contact_name,
        deduped.email,
        deduped.phone,
        deduped.mobile_phone,
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
        anchored.contact_id,
        cast(null as varchar(18)) as master_record_id,
        case when earlier.account_id_changed = 1 then earlier.account_id else anchored.account_id end as account_id,
        anchored.contact_name,
        anchored.email,
        case when earlier.phone_changed = 1 then earlier.phone else anchored.phone end as phone,
        case when earlier.mobile_phone_changed = 1 then earlier.mobile_phone else anchored.mobile_phone end as mobile_phone,
        case when earlier.owner_id_changed = 1 then earlier.owner_id else anchored.owner_id end as owner_id
    from anchored
    left join earlier
        on
            anchored.contact_id = earlier.record_id
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
                || md5(coalesce('=' || versions.owner_id, '!'))
                || md5(coalesce('=' || versions.phone, '!'))
                || md5(coalesce('=' || versions.mobile_phone, '!'))
        end as state
    from versions
),

compared as (
    select
        stated.*,
        lag(stated.state) over (partition by stated.contact_id order by stated.system_modstamp) as state_before
    from stated
),

numbered as (
    select
        compared.*,
        sum(case when compared.state = compared.state_before then 0 else 1 end) over (
            partition by compared.contact_id order by compared.system_modstamp rows unbounded preceding
        ) as period_no
    from compared
),

periods as (
    select
        numbered.*,
        min(numbered.system_modstamp) over (partition by numbered.contact_id, numbered.period_no) as valid_from,
        -- What was read says more than what is restored: that has the further columns of a version that may lie behind the period.
        row_number() over (
            partition by numbered.contact_id, numbered.period_no order by numbered.is_restored asc, numbered.system_modstamp desc
        ) as recency_in_period
    from numbered
),

neighbours as (
    select
        periods.*,
        lead(periods.valid_from) over (partition by periods.contact_id order by periods.period_no) as next_from,
        lead(periods.is_deleted) over (partition by periods.contact_id order by periods.period_no) as next_is_deleted,
        lead(periods.master_record_id) over (partition by periods.contact_id order by periods.period_no) as next_master_record_id,
        last_value(periods.is_deleted) over (
            partition by periods.contact_id order by periods.period_no rows between unbounded preceding and unbounded following
        ) as ends_deleted,
        last_value(periods.master_record_id) over (
            partition by periods.contact_id order by periods.period_no rows between unbounded preceding and unbounded following
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
        row_number() over (partition by neighbours.contact_id order by neighbours.period_no desc) as recency_of_row
    from neighbours
    where not neighbours.is_deleted or neighbours.period_no = 1
)

select
    sha2(kept.contact_id || '|' || to_char(kept.valid_from, 'YYYYMMDDHH24MISSUS'), 256) as contact_version_key,
    sha2(kept.contact_id, 256) as contact_key,
    kept.contact_id,
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
    kept.account_id,
    kept.contact_name,
    kept.email,
    kept.phone,
    kept.mobile_phone,
    kept.owner_id,
    kept.batch_id,
    kept.extracted_at
from kept
-- A record that is no longer there closes the row that is open.
left join curated.salesforce_purged as purged
    on
        purged.object = 'contact'
        and kept.contact_id = purged.record_id
        and kept.next_from is null
        and not purged.is_refused;

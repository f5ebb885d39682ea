-- curated.dim_salesforce_contact: history of the contacts of one batch, rebuilt from every version that staging holds.
-- Grain   contact_id, valid_from
-- Reads   staging.salesforce_contact of all batches, for the keys of this batch
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the rows depend on what is in staging, not on what came first

delete from curated.dim_salesforce_contact
where contact_id in (
    select staged.contact_id
    from staging.salesforce_contact as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
);

insert into curated.dim_salesforce_contact (
    contact_version_key, contact_key, contact_id, valid_from, valid_to, is_current, is_latest, close_reason, master_record_id, created_at,
    account_id, contact_name, email, phone, mobile_phone, owner_id,
    batch_id, extracted_at
)
with asked as (
    select distinct staged.contact_id
    from staging.salesforce_contact as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
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

stated as (
    -- One text that differs when a tracked column differs; null and empty text stay apart.
    select
        deduped.*,
        case
            when deduped.is_deleted then 'deleted' else
                md5(coalesce('=' || deduped.account_id, '!'))
                || md5(coalesce('=' || deduped.owner_id, '!'))
        end as state
    from deduped
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
        row_number() over (
            partition by numbered.contact_id, numbered.period_no order by numbered.system_modstamp desc
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
    kept.valid_to,
    not kept.is_deleted and kept.next_from is null as is_current,
    kept.recency_of_row = 1 as is_latest,
    case
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
from kept;

-- mart.case_figures: cases created on a day, and how many of them are closed, as Salesforce counts them and as they are here.
-- Grain   compared_date (UTC day of CreatedDate)
-- Reads   staging.salesforce_case_count, ops.{window_ledger,load_log}, curated.{dim_salesforce_case,salesforce_purged,quarantine}
-- Rule    Of each day the newest count that can be judged. Both sides as of the instant of that count: a case closed or deleted since
--         counts as it did then. Salesforce counts at once and cases are read until some hours before: a count is judged when cases
--         have been read until its instant, or when no case of the day has changed since they were read; until then obstacle says so.
--         A record that is gone for good (curated.salesforce_purged) went at some time before the list that missed it: between its
--         newest version and that list it counts here as far as Salesforce counted it (gone_cases). Deleted and merged cases count
--         on neither side.
-- Column  compared_date | date, UTC | day on which the cases were created
-- Column  source_created | count | cases that Salesforce counts
-- Column  our_created | count | cases that are here
-- Column  source_closed | count | of source_created, closed
-- Column  our_closed | count | of our_created, closed
-- Column  source_resolution_percent | percent | source_closed of source_created; null where there is no case
-- Column  our_resolution_percent | percent | our_closed of our_created; null where there is no case
-- Column  gone_cases | count | cases that are gone for good, at an instant nobody knows
-- Column  refused_cases | count | cases that are refused still, and were not refused before the day: those were there already
-- Column  obstacle | text | why nothing can be compared, else null
-- Column  counted_at | timestamp, UTC | when Salesforce counted

create or replace view mart.case_figures as
with counting as (
    select
        window_ledger.batch_id,
        window_ledger.window_no,
        window_ledger.window_start,
        window_ledger.window_end,
        window_ledger.extracted_at,
        window_ledger.quarantined_rows
    from ops.window_ledger
    inner join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
    where
        window_ledger.source = 'salesforce'
        and window_ledger.object = 'case_count'
        and window_ledger.mode not in ('partial', 'left_out')
        and load_log.merged_at is not null
),

told as (
    select
        counting.batch_id,
        counting.window_no,
        staged.created_date,
        sum(case when staged.is_deleted then 0 else staged.cases end) as created,
        sum(case when staged.is_closed and not staged.is_deleted then staged.cases else 0 end) as closed,
        max(staged.changed_at) as changed_at,
        max(staged.extracted_at) as counted_at
    from counting
    inner join staging.salesforce_case_count as staged
        on
            counting.batch_id = staged.batch_id
            and counting.window_no = (staged.record_no - 1) / 1000000000
    group by counting.batch_id, counting.window_no, staged.created_date
),

here as (
    select distinct cast(dim_salesforce_case.created_at as date) as created_date
    from curated.dim_salesforce_case
    where dim_salesforce_case.created_at is not null
),

day_of_count as (
    -- A day that Salesforce tells nothing of has no case, if the window has it.
    select
        counting.batch_id,
        counting.window_no,
        day_of_case.created_date,
        coalesce(told.created, 0) as created,
        coalesce(told.closed, 0) as closed,
        told.changed_at,
        coalesce(told.counted_at, counting.extracted_at) as counted_at,
        counting.quarantined_rows
    from counting
    inner join (
        select here.created_date
        from here
        union
        select known_day.created_date
        from told as known_day
    ) as day_of_case
        on
            counting.window_start <= cast(day_of_case.created_date as timestamp)
            and counting.window_end >= dateadd('day', 1, cast(day_of_case.created_date as timestamp))
    left join told
        on
            counting.batch_id = told.batch_id
            and counting.window_no = told.window_no
            and day_of_case.created_date = told.created_date
),

read_of_cases as (
    -- What has been read without a hole, up to the newest. A case created since then has been changed since then.
    select
        max(followed.window_end) as read_until,
        max(case when followed.window_start > followed.before_until or followed.before_until is null then followed.window_start end)
            as read_from
    from (
        select
            window_ledger.window_start,
            window_ledger.window_end,
            max(window_ledger.window_end) over (
                order by window_ledger.window_start, window_ledger.window_end, window_ledger.batch_id, window_ledger.window_no
                rows between unbounded preceding and 1 preceding
            ) as before_until
        from ops.window_ledger
        inner join ops.load_log
            on window_ledger.batch_id = load_log.batch_id
        where
            window_ledger.source = 'salesforce'
            and window_ledger.object = 'case'
            and window_ledger.mode not in ('partial', 'left_out')
            and load_log.merged_at is not null
    ) as followed
),

refused as (
    -- A refused record need not tell its day: it is not later than when it was seen first.
    select
        quarantine.record_ref,
        min(quarantine.first_seen_at) as first_seen_at,
        max(case when quarantine.resolved_at is null then 1 else 0 end) as is_open
    from curated.quarantine
    where quarantine.source = 'salesforce' and quarantine.object in ('case', 'case_lookup')
    group by quarantine.record_ref
),

judged as (
    select
        day_of_count.created_date,
        day_of_count.created,
        day_of_count.closed,
        day_of_count.counted_at,
        case
            when read_of_cases.read_until is null then 'cases have never been read'
            when read_of_cases.read_from > cast(day_of_count.created_date as timestamp)
                then 'cases have not been read without a gap since that day: see mart.completeness'
            when day_of_count.quarantined_rows > 0 then 'records of the count were refused: see curated.quarantine'
            when day_of_count.counted_at > read_of_cases.read_until and day_of_count.changed_at >= read_of_cases.read_until
                then 'a case of the day has changed since cases were read: the next run judges this count'
        end as obstacle,
        least(day_of_count.counted_at, coalesce(read_of_cases.read_until, day_of_count.counted_at)) as as_of,
        day_of_count.batch_id,
        day_of_count.window_no
    from day_of_count
    cross join read_of_cases
),

newest as (
    select
        judged.created_date,
        judged.created,
        judged.closed,
        judged.counted_at,
        judged.obstacle,
        judged.as_of,
        row_number() over (
            partition by judged.created_date
            order by
                case when judged.obstacle is null then 0 else 1 end,
                judged.counted_at desc, judged.batch_id desc, judged.window_no desc
        ) as recency
    from judged
),

version as (
    select
        newest.created_date,
        case when dim_salesforce_case.is_closed then 1 else 0 end as is_closed,
        case when salesforce_purged.record_id is null then 0 else 1 end as is_gone
    from newest
    inner join curated.dim_salesforce_case
        on
            newest.created_date = cast(dim_salesforce_case.created_at as date)
            and newest.as_of >= dim_salesforce_case.valid_from
            and newest.as_of < dim_salesforce_case.valid_to
    left join curated.salesforce_purged
        on
            dim_salesforce_case.case_id = salesforce_purged.record_id
            and salesforce_purged.object = 'case'
            and not salesforce_purged.is_refused
            -- Its newest version: an earlier one was there for certain.
            and dim_salesforce_case.is_latest
    where newest.recency = 1
),

ours as (
    select
        version.created_date,
        sum(1 - version.is_gone) as created,
        sum(version.is_closed * (1 - version.is_gone)) as closed,
        sum(version.is_gone) as gone,
        sum(version.is_closed * version.is_gone) as gone_closed
    from version
    group by version.created_date
),

compared as (
    select
        newest.created_date,
        newest.created as source_created,
        newest.closed as source_closed,
        coalesce(ours.created, 0)
        + least(coalesce(ours.gone, 0), greatest(newest.created - coalesce(ours.created, 0), 0)) as our_created,
        coalesce(ours.closed, 0)
        + least(coalesce(ours.gone_closed, 0), greatest(newest.closed - coalesce(ours.closed, 0), 0)) as our_closed,
        coalesce(ours.gone, 0) as gone_cases,
        newest.obstacle,
        newest.counted_at
    from newest
    left join ours
        on newest.created_date = ours.created_date
    where newest.recency = 1
),

refused_of_day as (
    select
        compared.created_date,
        count(*) as cases
    from compared
    inner join refused
        on
            cast(compared.created_date as timestamp) <= refused.first_seen_at
            and refused.is_open = 1
    group by compared.created_date
)

select
    compared.created_date as compared_date,
    cast(compared.source_created as bigint) as source_created,
    cast(compared.our_created as bigint) as our_created,
    cast(compared.source_closed as bigint) as source_closed,
    cast(compared.our_closed as bigint) as our_closed,
    cast(
        cast(compared.source_closed * 100 as decimal(18, 6)) / nullif(cast(compared.source_created as bigint), 0) as decimal(9, 4)
    ) as source_resolution_percent, -- null: no case was created
    cast(
        cast(compared.our_closed * 100 as decimal(18, 6)) / nullif(cast(compared.our_created as bigint), 0) as decimal(9, 4)
    ) as our_resolution_percent,
    cast(compared.gone_cases as bigint) as gone_cases, -- gone for good, at an instant nobody knows
    cast(coalesce(refused_of_day.cases, 0) as bigint) as refused_cases, -- not refused before the day, and refused still
    compared.obstacle, -- why nothing can be compared, else null
    compared.counted_at
from compared
left join refused_of_day
    on compared.created_date = refused_of_day.created_date;

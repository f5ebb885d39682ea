-- curated.dim_date: all days again when the zone of the settings is another one than theirs; else nothing.
-- Grain   calendar_date
-- Reads   nothing but the settings
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe: the same zone has the same days

delete from curated.dim_date
where time_zone not in (select tmp_batch.business_time_zone from tmp_batch);

insert into curated.dim_date (
    calendar_date, time_zone, day_start_at, day_end_at, day_hours, calendar_year, quarter_of_year, month_of_year, day_of_month, iso_year,
    iso_week, weekday_no, weekday_name, is_weekend
)
with digit as (
    select 0 as digit_value
    union all
    select 1 as digit_value
    union all
    select 2 as digit_value
    union all
    select 3 as digit_value
    union all
    select 4 as digit_value
    union all
    select 5 as digit_value
    union all
    select 6 as digit_value
    union all
    select 7 as digit_value
    union all
    select 8 as digit_value
    union all
    select 9 as digit_value
),

numbered as (
    select
        tmp_batch.business_time_zone as time_zone,
        1000 * thousands.digit_value + 100 * hundreds.digit_value + 10 * tens.digit_value + ones.digit_value as day_no
    from tmp_batch
    cross join digit as thousands
    cross join digit as hundreds
    cross join digit as tens
    cross join digit as ones
    where not exists (
        select 1 as found from curated.dim_date
    )
),

calendar as (
    select
        numbered.time_zone,
        dateadd('day', numbered.day_no, cast('2015-01-01' as timestamp)) as local_midnight
    from numbered
),

placed as (
    select
        calendar.time_zone,
        calendar.local_midnight,
        convert_timezone(calendar.time_zone, 'UTC', calendar.local_midnight) as midnight_at
    from calendar
    -- One more than there will be: the day before ends where it starts.
    where calendar.local_midnight <= cast('2041-01-01' as timestamp)
),

begun as (
    select
        placed.time_zone,
        placed.local_midnight,
        -- Clocks may be changed at midnight: then 0:00 is there twice or not at all, and engines choose differently.
        case
            when convert_timezone('UTC', placed.time_zone, dateadd('hour', -1, placed.midnight_at)) >= placed.local_midnight
                then dateadd('hour', -1, placed.midnight_at)
            when convert_timezone('UTC', placed.time_zone, placed.midnight_at) >= placed.local_midnight then placed.midnight_at
            else dateadd('hour', 1, placed.midnight_at)
        end as day_start_at
    from placed
),

bounded as (
    select
        begun.time_zone,
        begun.local_midnight,
        begun.day_start_at,
        lead(begun.day_start_at) over (order by begun.local_midnight) as day_end_at,
        -- The first day is a Thursday.
        cast(mod(datediff('day', cast('2015-01-01' as timestamp), begun.local_midnight) + 3, 7) as integer) + 1 as weekday_no
    from begun
)

select
    cast(bounded.local_midnight as date) as calendar_date,
    bounded.time_zone,
    bounded.day_start_at,
    bounded.day_end_at,
    cast(datediff('minute', bounded.day_start_at, bounded.day_end_at) / 60.0 as decimal(4, 2)) as day_hours,
    cast(date_part('year', bounded.local_midnight) as integer) as calendar_year,
    cast(date_part('quarter', bounded.local_midnight) as integer) as quarter_of_year,
    cast(date_part('month', bounded.local_midnight) as integer) as month_of_year,
    cast(date_part('day', bounded.local_midnight) as integer) as day_of_month,
    -- A week belongs to the year of its Thursday.
    cast(date_part('year', dateadd('day', 4 - bounded.weekday_no, bounded.local_midnight)) as integer) as iso_year,
    cast(date_part('week', bounded.local_midnight) as integer) as iso_week,
    bounded.weekday_no,
    case bounded.weekday_no
        when 1 then 'Monday'
        when 2 then 'Tuesday'
        when 3 then 'Wednesday'
        when 4 then 'Thursday'
        when 5 then 'Friday'
        when 6 then 'Saturday'
        else 'Sunday'
    end as weekday_name,
    bounded.weekday_no >= 6 as is_weekend
from bounded
where bounded.day_end_at is not null;

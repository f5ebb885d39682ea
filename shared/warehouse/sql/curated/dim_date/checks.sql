-- curated.dim_date: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: one_row_per_date: a date has one row
select
    calendar_date,
    count(*) as found
from curated.dim_date
group by calendar_date
having count(*) > 1;

-- fail: days_follow: each day begins where the day before ends, and lasts between 22 and 26 hours
select
    followed.calendar_date,
    followed.day_start_at,
    followed.day_end_at
from (
    select
        dim_date.calendar_date,
        dim_date.day_start_at,
        dim_date.day_end_at,
        dim_date.day_hours,
        lag(dim_date.day_end_at) over (order by dim_date.calendar_date) as earlier_end_at
    from curated.dim_date
) as followed
where followed.earlier_end_at <> followed.day_start_at or followed.day_hours < 22 or followed.day_hours > 26;

-- fail: days_of_the_zone: the days are those of the zone that the views use
select dim_date.time_zone
from curated.dim_date
left join curated.business_setting
    on dim_date.time_zone = business_setting.business_time_zone
where business_setting.business_time_zone is null
group by dim_date.time_zone;

-- curated.fact_adherence: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: one_row_per_day: an agent has one row for a day in a management unit
select
    management_unit_id,
    user_id,
    day_start,
    count(*) as found
from curated.fact_adherence
group by management_unit_id, user_id, day_start
having count(*) > 1;

-- fail: days_do_not_overlap: no time of an agent in a management unit is counted twice
select
    followed.management_unit_id,
    followed.user_id,
    followed.day_start
from (
    select
        fact_adherence.management_unit_id,
        fact_adherence.user_id,
        fact_adherence.day_start,
        max(fact_adherence.day_end) over (
            partition by fact_adherence.management_unit_id, fact_adherence.user_id
            order by fact_adherence.day_start, fact_adherence.day_end
            rows between unbounded preceding and 1 preceding
        ) as earlier_end
    from curated.fact_adherence
) as followed
where followed.earlier_end > followed.day_start;

-- warn: schedule_holds: no time is negative, and exceptions are not longer than the schedule
select
    management_unit_id,
    user_id,
    day_start,
    adherence_schedule_seconds,
    exception_duration_seconds
from curated.fact_adherence
where
    adherence_schedule_seconds < 0
    or exception_duration_seconds < 0
    or conformance_schedule_seconds < 0
    or conformance_actual_seconds < 0
    or exception_duration_seconds > adherence_schedule_seconds;

-- warn: days_are_cut: the parts of a day that lies in two windows say each its own (if the same: the source counts the day in both)
select
    later.day_start,
    count(*) as days,
    sum(
        case
            when
                earlier.adherence_schedule_seconds = later.adherence_schedule_seconds
                and earlier.exception_duration_seconds = later.exception_duration_seconds
                and earlier.conformance_schedule_seconds = later.conformance_schedule_seconds
                and earlier.conformance_actual_seconds = later.conformance_actual_seconds
                then 1
            else 0
        end
    ) as same
from curated.fact_adherence as later
inner join curated.fact_adherence as earlier
    on
        later.management_unit_id = earlier.management_unit_id
        and later.user_id = earlier.user_id
        and later.day_start = earlier.day_end
where
    -- By chance two halves of a shift are alike, but hardly in what was amiss.
    earlier.exception_duration_seconds > 0
    and later.exception_duration_seconds > 0
    and later.day_start = date_trunc('day', later.day_start)
    and earlier.day_start > dateadd('day', -1, later.day_start)
group by later.day_start
having
    sum(
        case
            when
                earlier.adherence_schedule_seconds = later.adherence_schedule_seconds
                and earlier.exception_duration_seconds = later.exception_duration_seconds
                and earlier.conformance_schedule_seconds = later.conformance_schedule_seconds
                and earlier.conformance_actual_seconds = later.conformance_actual_seconds
                then 2
            else 0
        end
    ) > count(*);

-- warn: schedule_fits: nobody is scheduled for longer than the day or the part of it (if so: a part has the values of the whole day)
select
    management_unit_id,
    user_id,
    day_start,
    day_end,
    adherence_schedule_seconds,
    conformance_schedule_seconds
from curated.fact_adherence
where greatest(adherence_schedule_seconds, conformance_schedule_seconds) > datediff('second', day_start, day_end);

-- What the calendar says once the batch is merged. Each query returns the rows that break its rule.

-- expect: first_instants: a day whose midnight does not exist begins at one o'clock; one whose midnight comes twice begins with the first
select e.*, d.*
from (
    values
    (date '2026-03-07', timestamp '2026-03-07 05:00:00', 24), (date '2026-03-08', timestamp '2026-03-08 05:00:00', 23), (date '2026-03-09', timestamp '2026-03-09 04:00:00', 24),
    (date '2026-10-31', timestamp '2026-10-31 04:00:00', 24), (date '2026-11-01', timestamp '2026-11-01 04:00:00', 25), (date '2026-11-02', timestamp '2026-11-02 05:00:00', 24)
) as e (day, starts, hours)
left join curated.dim_date as d on d.calendar_date = e.day
where d.day_start_at is distinct from e.starts or d.day_hours <> e.hours;

-- expect: every_instant: each day holds its first and its last second, and no other's
select * from curated.dim_date
where convert_timezone('UTC', time_zone, day_start_at)::date <> calendar_date or convert_timezone('UTC', time_zone, day_end_at - interval '1 second')::date <> calendar_date
    or convert_timezone('UTC', time_zone, day_start_at - interval '1 second')::date >= calendar_date;

-- expect: nothing_read: without a conversation no day is known, and no view has a row
select 1 from mart.settled_day union all select 1 from mart.queue_performance union all select 1 from mart.agent_performance union all select 1 from mart.campaign_kpis;

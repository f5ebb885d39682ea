-- What the calendar says once the batch is merged. Each query returns the rows that break its rule.
-- breach: a: join_rate: nobody is linked here

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

-- expect: long_day: a day of 25 hours holds what began in any of them, and both readings of the hour that comes twice
select e.*, q.*
from (values (date '2026-10-31', 1, false), (date '2026-11-01', 4, true), (date '2026-11-02', 1, false)) as e (day, waits, settled)
full join mart.queue_performance as q on q.conversation_date = e.day
where (q.offered, q.answered, q.handle_time_ms, q.is_settled) is distinct from (e.waits, e.waits, 60000 * e.waits, e.settled);

-- expect: long_day_settled: it needs both UTC days it lies in
select e.*, s.*
from (values (date '2026-10-31', false), (date '2026-11-01', true), (date '2026-11-02', false)) as e (day, settled)
full join mart.settled_day as s on s.business_date = e.day
where s.is_settled is distinct from e.settled;

-- expect: long_day_status: of two UTC days of one status it has 25 hours
select e.*, a.*
from (values (date '2026-10-31', 14400000, 1), (date '2026-11-01', 90000000, 4), (date '2026-11-02', 68400000, 1)) as e (day, idle, sessions)
full join mart.agent_performance as a on a.business_date = e.day and a.agent_id = 'u1'
where (a.idle_ms, a.sessions, a.handle_count) is distinct from (e.idle, e.sessions, e.sessions);

-- given: without a conversation no day is known, and no view has a row
delete from ops.window_ledger;
delete from curated.fact_queue_leg;
delete from curated.fact_agent_leg;
delete from curated.fact_agent_status;
select 1 from mart.settled_day union all select 1 from mart.queue_performance union all select 1 from mart.agent_performance union all select 1 from mart.campaign_kpis;

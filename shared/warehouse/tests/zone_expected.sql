-- What mart says once the batches a and b are merged, in whatever order. Each query returns the rows that break its rule.
-- breach: a: join_rate: nobody is linked here

-- expect: half_hours: the day ends at 18:30 UTC; of the two UTC days of 6 January one alone was read for good
select e.*, q.*
from (values (date '2026-01-05', 1, 1, true), (date '2026-01-06', 1, 1, false)) as e (day, answered, in_time, settled)
full join mart.queue_performance as q on q.conversation_date = e.day
where (q.queue_id, q.media_type, q.offered, q.answered, q.answered_in_time, q.service_level_rate, q.handle_count, q.aht_ms, q.is_settled)
    is distinct from ('(none)', 'chat', 1, e.answered, e.in_time, 1.000000, 0, null, e.settled);

-- expect: empty_day: a day without a conversation is settled, or not, all the same
select * from mart.settled_day where is_settled <> (business_date = '2026-01-05') or business_date not between '2026-01-04' and '2026-01-06';

-- expect: halves: the hour over midnight is cut in two, and nothing of what it was before is left
select e.*, a.*
from (values (date '2026-01-05', 500000, 1000000, 0, 1), (date '2026-01-06', 500000, 1000000, 0, 1)) as e (day, interacting, communicating, idle, sessions)
full join mart.agent_performance as a on a.business_date = e.day and a.agent_id = 'u1'
where (a.interacting_ms, a.communicating_ms, a.idle_ms, a.occupancy, a.sessions, a.handle_count, a.qa_score)
    is distinct from (e.interacting, e.communicating, e.idle, 0.333333, e.sessions, 0, null);

-- expect: adherence_once: a bit of a day that was looked at in passing does not count beside the day
select business_date, adherence_schedule_seconds from mart.agent_performance
where adherence_schedule_seconds is distinct from case when business_date = '2026-01-05' then 100 end;

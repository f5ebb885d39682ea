-- What mart says once the batches a, b and c are merged, in whatever order. Each query returns the rows that break its rule.
-- breach: a: join_rate: nobody is linked here
-- breach: b: join_rate: the same
-- breach: c: join_rate: the same

-- expect: days: the days of New York, with 23, 25 and 24 hours, and their calendar
select e.*, d.*
from (
    values
    (date '2026-03-07', timestamp '2026-03-07 05:00:00', timestamp '2026-03-08 05:00:00', 24, 2026, 10, 6, 'Saturday', true),
    (date '2026-03-08', timestamp '2026-03-08 05:00:00', timestamp '2026-03-09 04:00:00', 23, 2026, 10, 7, 'Sunday', true),
    (date '2026-03-09', timestamp '2026-03-09 04:00:00', timestamp '2026-03-10 04:00:00', 24, 2026, 11, 1, 'Monday', false),
    (date '2026-11-01', timestamp '2026-11-01 04:00:00', timestamp '2026-11-02 05:00:00', 25, 2026, 44, 7, 'Sunday', true),
    (date '2027-01-01', timestamp '2027-01-01 05:00:00', timestamp '2027-01-02 05:00:00', 24, 2026, 53, 5, 'Friday', false),
    (date '2015-01-01', timestamp '2015-01-01 05:00:00', timestamp '2015-01-02 05:00:00', 24, 2015, 1, 4, 'Thursday', false),
    (date '2040-12-31', timestamp '2040-12-31 05:00:00', timestamp '2041-01-01 05:00:00', 24, 2041, 1, 1, 'Monday', false)
) as e (day, starts, ends, hours, iso_year, iso_week, weekday_no, weekday, is_weekend)
left join curated.dim_date as d on d.calendar_date = e.day
where d.calendar_date is null or d.time_zone <> 'America/New_York' or d.day_start_at <> e.starts or d.day_end_at <> e.ends or d.day_hours <> e.hours
    or d.iso_year <> e.iso_year or d.iso_week <> e.iso_week or d.weekday_no <> e.weekday_no or d.weekday_name <> e.weekday or d.is_weekend <> e.is_weekend
    or d.iso_year <> extract(isoyear from e.day) or d.calendar_year <> extract(year from e.day) or d.quarter_of_year <> extract(quarter from e.day)
    or d.month_of_year <> extract(month from e.day) or d.day_of_month <> extract(day from e.day);

-- expect: whole_calendar: no day is missing
select count(*) from curated.dim_date having count(*) <> 9497;

-- expect: settled: a day needs both UTC days it lies in, and a window never read leaves it open
select e.*, s.*
from (values (date '2026-03-06', false), (date '2026-03-07', true), (date '2026-03-08', true), (date '2026-03-09', false), (date '2026-03-10', false)) as e (day, settled)
full join mart.settled_day as s on s.business_date = e.day
where e.day is null or s.business_date is null or s.is_settled <> e.settled;

-- expect: queues: what was offered, what became of it, what it took
select e.*, q.*
from (
    values
    (date '2026-03-07', 'q1', 1, 1, 0, 0, 0, 1, 20000, null, 0.000000, 1.000000, 1, 60000, 60000.00, true),
    -- n-unmeasured within 20 seconds; n-back, whom the agent did not reach; n-call
    (date '2026-03-07', 'q3', 3, 1, 1, 0, 1, 1, 20000, 30000, 0.333333, 0.500000, 3, 25000, 8333.33, true),
    (date '2026-03-07', '(none)', 0, 0, 0, 0, 0, 0, null, null, null, null, 5, 37000, 7400.00, true),
    -- k-abandon, k-bot-left; k-bot-agent a millisecond too late; k-last led out; k-wait
    (date '2026-03-08', 'q1', 5, 1, 2, 1, 1, 0, 20001, 10000, 0.400000, 0.000000, 1, 30000, 30000.00, true),
    -- Both agents of k-last are of this queue: three times handled, two of them by u2.
    (date '2026-03-08', 'q2', 1, 1, 0, 0, 0, 0, 30000, null, 0.000000, 0.000000, 3, 55000, 18333.33, true),
    (date '2026-03-08', '(none)', 0, 0, 0, 0, 0, 0, null, null, null, null, 1, 10000, 10000.00, true),
    (date '2026-03-09', '(none)', 1, 0, 0, 0, 1, 0, null, null, 0.000000, null, 0, null, null, false)
) as e (day, queue, offered, answered, abandoned, flow_out, other, in_time, answer_wait, abandon_wait, abandon_rate, level, handled, handle_ms, aht, settled)
full join mart.queue_performance as q on q.conversation_date = e.day and q.queue_id = e.queue
where (q.offered, q.answered, q.abandoned, q.flow_out, q.other_outcome, q.answered_in_time, q.answer_wait_ms, q.abandon_wait_ms, q.abandon_rate,
    q.service_level_rate, q.handle_count, q.handle_time_ms, q.aht_ms, q.is_settled, q.media_type)
    is distinct from (e.offered, e.answered, e.abandoned, e.flow_out, e.other, e.in_time, e.answer_wait, e.abandon_wait, e.abandon_rate, e.level, e.handled,
    e.handle_ms, e.aht, e.settled, 'voice');

-- expect: queue_names: a queue has its name
select * from mart.queue_performance where queue_id = 'q1' and queue_name is distinct from 'Sales';

-- expect: agents: handled, occupied, kept to the schedule, evaluated; what nobody read is null
select e.*, a.*
from (
    values
    -- Half of the bucket over midnight; nothing else of the day before.
    (date '2026-03-07', 'u1', 1, 1, 1, 60000, 60000.00, 600000, 0, 1200000, 0.333333, null, null, null, null, null),
    (date '2026-03-08', 'u1', 3, 2, 2, 15000, 7500.00, 4200000, 0, 1200000, 0.777778, 0, null, 0.500000, null, null),
    (date '2026-03-08', 'u2', 2, 2, 3, 80000, 26666.67, 900000, 300000, 600000, 0.500000, 28800, 0.950000, 1.100000, null, null),
    -- Dialed three times in vain.
    (date '2026-03-07', 'u3', 8, 5, 8, 62000, 7750.00, null, null, null, null, null, null, null, null, null),
    -- What lies in two windows of UTC days adds up to one day of New York.
    (date '2026-03-07', 'u4', null, null, null, null, null, null, null, null, null, 3600, 1.000000, 1.000000, null, null),
    (date '2026-03-08', 'u4', null, null, null, null, null, null, null, null, null, 8100, 0.900000, 1.000000, null, null),
    (date '2026-03-07', 'u5', null, null, null, null, null, null, null, null, null, 1800, 1.000000, 1.000000, null, null),
    (date '2026-03-07', 'u9', null, null, null, null, null, null, null, null, null, null, null, null, 2, 90.00)
) as e (day, agent, sessions, answered, handled, handle_ms, aht, interacting, communicating, idle, occupancy, scheduled, adherence, conformance, evaluations, qa)
full join mart.agent_performance as a on a.business_date = e.day and a.agent_id = e.agent
where (a.sessions, a.answered, a.handle_count, a.handle_time_ms, a.aht_ms, a.interacting_ms, a.communicating_ms, a.idle_ms, a.occupancy,
    a.adherence_schedule_seconds, a.adherence_rate, a.conformance_rate, a.evaluations, a.qa_score, a.is_settled)
    is distinct from (e.sessions, e.answered, e.handled, e.handle_ms, e.aht, e.interacting, e.communicating, e.idle, e.occupancy, e.scheduled, e.adherence,
    e.conformance, e.evaluations, e.qa, true);

-- expect: statuses: what the last reading says of u1 has replaced the day and the hour in passing; u2 is as it was
select user_id, count(*), sum(status_ms), max(batch_id) from curated.fact_agent_status group by user_id
having (user_id, count(*), sum(status_ms), max(batch_id)) not in (('u1', 3, 7200000, 'c'), ('u2', 4, 1900000, 'a'));

-- expect: adherence: of each agent what was read last, by the days that were asked for
select e.*, f.*
from (
    values
    ('u1', timestamp '2026-03-08', timestamp '2026-03-09', 0, 'c'), ('u2', timestamp '2026-03-08', timestamp '2026-03-09', 28800, 'a'),
    ('u4', timestamp '2026-03-08', timestamp '2026-03-08 05:00:00', 3600, 'a'), ('u4', timestamp '2026-03-08 05:00:00', timestamp '2026-03-09', 7200, 'a'),
    ('u4', timestamp '2026-03-09', timestamp '2026-03-09 04:00:00', 900, 'a'), ('u5', timestamp '2026-03-08', timestamp '2026-03-08 05:00:00', 1800, 'a')
) as e (u, starts, ends, seconds, batch)
full join curated.fact_adherence as f on f.user_id = e.u and f.day_start = e.starts
where f.adherence_schedule_seconds is distinct from e.seconds or f.batch_id is distinct from e.batch or f.day_end is distinct from e.ends;

-- expect: evaluations: the newest reading of each, and which of them count
select e.*, f.* from (values ('e1', 80, true), ('e2', 100, true), ('e3', 10, false), ('e4', 10, false)) as e (id, score, counted)
full join curated.fact_evaluation as f on f.evaluation_id = e.id
where (f.total_score, f.is_counted) is distinct from (e.score, e.counted);

-- expect: handled: a dial that nobody picked up is no answer; the queue is that of the wait, not the one the customer's session names
select e.*, u.*
from (
    values
    ('n-back', null, 'q3', true, false), ('n-call', null, 'q3', false, false), ('n-dial', null, null, false, false), ('n-held', 'u3', null, false, false),
    ('n-user', null, null, false, false), ('n-outside', null, null, false, false), ('n-external', null, null, false, true), ('n-claim', 'u3', null, false, true)
) as e (c, agent, queue, abandoned, by_bot)
left join mart.unified_interactions as u on u.conversation_id = e.c
where (u.agent_id, u.queue_id, u.abandoned, u.handled_by_bot_only) is distinct from (e.agent, e.queue, e.abandoned, e.by_bot);

-- expect: escalation: by the day of the business, of all conversations; of those that met a bot beside it
select e.*, v.*
from (
    values (date '2026-03-06', 1, 0, 0, 0, 0.000000, false), (date '2026-03-07', 15, 2, 5, 1, 0.133333, true), (date '2026-03-08', 11, 1, 3, 1, 0.090909, true),
    (date '2026-03-09', 1, 0, 0, 0, 0.000000, false)
) as e (day, conversations, escalated, met_bot, by_bot, rate, settled)
full join mart.escalation_by_tier as v on v.conversation_date = e.day
where (v.customer_tier, v.conversations, v.escalated, v.met_bot, v.bot_escalated, v.escalation_rate, v.is_settled)
    is distinct from ('(none)', e.conversations, e.escalated, e.met_bot, e.by_bot, e.rate, e.settled);

-- expect: containment: whoever waited for an agent or was handed to anybody is not contained, nor who still talks; without a bot there is no rate
select e.*, v.*
from (
    values (date '2026-03-06', 1, 0, 0, null, false), (date '2026-03-07', 15, 5, 1, 0.200000, true), (date '2026-03-08', 11, 3, 1, 0.333333, true),
    (date '2026-03-09', 1, 0, 0, null, false)
) as e (day, conversations, met_bot, contained, rate, settled)
full join mart.bot_containment_by_industry as v on v.conversation_date = e.day
where (v.industry, v.conversations, v.met_bot, v.bot_contained, v.bot_containment_rate, v.is_settled)
    is distinct from ('(none)', e.conversations, e.met_bot, e.contained, e.rate, e.settled);

-- expect: campaigns: contacts, not calls, whichever session names them; without one there is no rate; of settled days alone
select e.*, c.*
from (
    values (date '2026-03-08', 'p1', 'Spring', 4, 1, 0, 4, 2, 1, 0.500000, 1, 10000, 10000.00),
    (date '2026-03-07', 'p2', null, 3, 2, 0, 3, 3, 2, 0.666667, 3, 35000, 11666.67),
    (date '2026-03-07', 'p3', null, 1, 0, 1, 1, 0, 0, null, 0, null, null),
    (date '2026-03-07', 'p4', null, 1, 0, 0, 2, 2, 0, 0.000000, 1, 1000, 1000.00)
) as e (day, id, name, conversations, connected, abandoned, attempts, contacts, reached, rate, handled, handle_ms, aht)
full join mart.campaign_kpis as c on c.conversation_date = e.day and c.campaign_id = e.id
where (c.campaign_name, c.conversations, c.conversations_connected, c.conversations_abandoned, c.attempts, c.contacts, c.contacts_connected, c.connect_rate, c.handle_count,
    c.handle_time_ms, c.aht_ms, c.is_settled)
    is distinct from (e.name, e.conversations, e.connected, e.abandoned, e.attempts, e.contacts, e.reached, e.rate, e.handled, e.handle_ms, e.aht, true);

-- expect: surveys: scores, promoters and detractors; what is not on the scale counts nowhere
select e.*, v.*
from (
    values
    (date '2026-03-06', '(none)', null, 1, 0, null, null, 0.000000, 0, 0, 0, 0, null, false),
    (date '2026-03-07', 'q1', 'Sales', 1, 1, 81, 81.00, 1.000000, 1, 1, 0, 0, 100.00, true),
    (date '2026-03-07', 'q3', 'Returns', 3, 0, null, null, 0.000000, 0, 0, 0, 0, null, true),
    (date '2026-03-07', '(none)', null, 11, 0, null, null, 0.000000, 0, 0, 0, 0, null, true),
    (date '2026-03-08', 'q1', 'Sales', 4, 2, 101, 50.50, 0.500000, 2, 1, 0, 1, 0.00, true),
    (date '2026-03-08', 'q2', 'Service', 1, 0, null, null, 0.000000, 0, 0, 0, 0, null, true),
    (date '2026-03-08', '(none)', null, 6, 0, null, null, 0.000000, 0, 0, 0, 0, null, true),
    (date '2026-03-09', '(none)', null, 1, 0, null, null, 0.000000, 0, 0, 0, 0, null, false)
) as e (day, queue, name, conversations, answers, score_sum, score, rate, nps_answers, promoters, passives, detractors, nps, settled)
full join mart.csat_nps as v on v.conversation_date = e.day and v.queue_id = e.queue
where (v.queue_name, v.media_type, v.conversations, v.csat_answers, v.csat_score_sum, v.csat_score, v.csat_answer_rate, v.nps_answers, v.promoters, v.passives, v.detractors,
    v.nps, v.is_settled)
    is distinct from (e.name, 'voice', e.conversations, e.answers, e.score_sum, e.score, e.rate, e.nps_answers, e.promoters, e.passives, e.detractors, e.nps, e.settled);

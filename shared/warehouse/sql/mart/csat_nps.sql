-- mart.csat_nps: what customers answered in surveys after their conversations.
-- Grain   conversation_date, queue_id, media_type
-- Reads   mart.unified_interactions, mart.settled_day, curated.business_setting
-- Rule    Of a conversation the last answer of each kind counts, on the day the conversation began, in the queue whose agent handled it
--         longest. Surveys are answered days later: a settled day may still gain answers.
-- Column  conversation_date | date | the day in the business time zone on which the conversation began
-- Column  queue_id | text | Genesys id of the queue; (none): no queue
-- Column  queue_name | text | name of the queue as last listed
-- Column  media_type | text | first medium of the conversation; (none): not told
-- Column  conversations | count | conversations that began on the day
-- Column  csat_answers | count | conversations with a survey score
-- Column  csat_score_sum | points | sum of these scores, to add up days and queues
-- Column  csat_score | points | csat_score_sum / csat_answers, on the scale of the survey form; null without an answer
-- Column  csat_answer_rate | share, 0 to 1 | csat_answers / conversations
-- Column  nps_answers | count | conversations with a promoter score of 0 to 10
-- Column  promoters | count | of nps_answers, 9 and 10
-- Column  passives | count | of nps_answers, 7 and 8
-- Column  detractors | count | of nps_answers, 0 to 6
-- Column  nps | points, -100 to 100 | 100 * (promoters - detractors) / nps_answers; null without an answer
-- Column  is_settled | boolean | the day was read for good (mart.settled_day)

create or replace view mart.csat_nps as
with dated as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, unified_interactions.conversation_start) as date
        ) as conversation_date,
        coalesce(unified_interactions.queue_id, '(none)') as queue_id,
        unified_interactions.queue_name,
        coalesce(unified_interactions.media_type, '(none)') as media_type,
        unified_interactions.csat_score,
        case when unified_interactions.nps between 0 and 10 then unified_interactions.nps end as promoter_score
    from mart.unified_interactions
    cross join curated.business_setting
),

counted as (
    select
        dated.conversation_date,
        dated.queue_id,
        max(dated.queue_name) as queue_name,
        dated.media_type,
        count(*) as conversations,
        count(dated.csat_score) as csat_answers,
        cast(sum(dated.csat_score) as bigint) as csat_score_sum,
        count(dated.promoter_score) as nps_answers,
        sum(case when dated.promoter_score >= 9 then 1 else 0 end) as promoters,
        sum(case when dated.promoter_score between 7 and 8 then 1 else 0 end) as passives,
        sum(case when dated.promoter_score <= 6 then 1 else 0 end) as detractors
    from dated
    group by dated.conversation_date, dated.queue_id, dated.media_type
)

select
    counted.conversation_date,
    counted.queue_id,
    counted.queue_name,
    counted.media_type,
    counted.conversations,
    counted.csat_answers,
    counted.csat_score_sum,
    cast(cast(counted.csat_score_sum as decimal(18, 6)) / nullif(counted.csat_answers, 0) as decimal(18, 2)) as csat_score,
    cast(cast(counted.csat_answers as decimal(18, 6)) / nullif(counted.conversations, 0) as decimal(9, 6)) as csat_answer_rate,
    counted.nps_answers,
    counted.promoters,
    counted.passives,
    counted.detractors,
    cast(
        cast(100 * (counted.promoters - counted.detractors) as decimal(18, 6)) / nullif(counted.nps_answers, 0) as decimal(9, 2)
    ) as nps,
    coalesce(settled_day.is_settled, false) as is_settled
from counted
left join mart.settled_day
    on counted.conversation_date = settled_day.business_date;

-- mart.join_rate: how many conversations are linked to a CRM customer, and how.
-- Grain   conversation_date, queue_id, media_type, link_method
-- Reads   mart.unified_interactions, mart.settled_day; curated.business_setting
-- Rule    The shares of the methods of a day, queue and medium add up to one, (none) among them. The join rate of any of the three is
--         sum(linked) / sum(conversations).
-- Column  conversation_date | date | the day in the business time zone on which the conversation began
-- Column  queue_id | text | Genesys id of the conversation's queue; (none): it entered no queue
-- Column  queue_name | text | name of the queue as last listed
-- Column  media_type | text | the first medium of the conversation; (none): not told
-- Column  link_method | text | attribute_case, attribute_account, attribute_contact, external_contact, phone; (none): not linked
-- Column  conversations | count | conversations that were linked this way
-- Column  linked | count | of conversations, those with a customer: all of them, or none
-- Column  link_share | share, 0 to 1 | conversations / all conversations of the day, queue and medium
-- Column  is_settled | boolean | the day was read for good (mart.settled_day)

create or replace view mart.join_rate as
with counted as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, unified_interactions.conversation_start) as date
        ) as conversation_date,
        coalesce(unified_interactions.queue_id, '(none)') as queue_id,
        coalesce(unified_interactions.media_type, '(none)') as media_type,
        coalesce(unified_interactions.link_method, '(none)') as link_method,
        max(unified_interactions.queue_name) as queue_name,
        count(*) as conversations,
        sum(case when unified_interactions.link_method is null then 0 else 1 end) as linked
    from mart.unified_interactions
    cross join curated.business_setting
    group by
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, unified_interactions.conversation_start) as date
        ),
        coalesce(unified_interactions.queue_id, '(none)'),
        coalesce(unified_interactions.media_type, '(none)'),
        coalesce(unified_interactions.link_method, '(none)')
)

select
    counted.conversation_date,
    counted.queue_id,
    counted.queue_name,
    counted.media_type,
    counted.link_method,
    counted.conversations,
    counted.linked,
    cast(
        cast(counted.conversations as decimal(18, 6))
        -- As bigint: the sum of a bigint is a decimal(38), and a quotient by it overflows 128 bits on Redshift.
        / nullif(
            cast(
                sum(counted.conversations) over (partition by counted.conversation_date, counted.queue_id, counted.media_type) as bigint
            ), 0
        ) as decimal(9, 6)
    ) as link_share,
    coalesce(settled_day.is_settled, false) as is_settled
from counted
left join mart.settled_day
    on counted.conversation_date = settled_day.business_date;

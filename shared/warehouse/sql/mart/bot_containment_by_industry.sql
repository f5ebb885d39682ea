-- mart.bot_containment_by_industry: share of the conversations with a bot that it handled without an agent, by the customer's industry.
-- Grain   conversation_date, industry
-- Reads   mart.unified_interactions, mart.settled_day, curated.business_setting
-- Rule    contained: met a bot, handled by it alone, not abandoned, at its end, and never with an agent nor in a queue: whoever waited for
--         an agent was not content with the bot, whether one answered or not. A mark that the bot handled it does not outweigh an agent
--         who did, and what is still open is not contained yet
-- Column  conversation_date | date | the day in the business time zone on which the conversation began
-- Column  industry | text | industry of the Salesforce account as it is today; (none): no customer, or one without an industry
-- Column  conversations | count | conversations that began on the day
-- Column  bot_contained | count | of those that met a bot, the ones it handled alone to their end: no agent, not abandoned, in no queue
-- Column  bot_containment_rate | share, 0 to 1 | bot_contained / met_bot; null where no conversation met a bot
-- Column  is_settled | boolean | the day was read for good (mart.settled_day)
-- Column  met_bot | count | conversations that met a bot

create or replace view mart.bot_containment_by_industry as
with dated as (
    select
        cast(
            convert_timezone('UTC', business_setting.business_time_zone, unified_interactions.conversation_start) as date
        ) as conversation_date,
        coalesce(unified_interactions.industry, '(none)') as industry,
        case when unified_interactions.met_bot then 1 else 0 end as met_bot,
        case
            when
                unified_interactions.met_bot
                and unified_interactions.handled_by_bot_only
                and not unified_interactions.abandoned
                and unified_interactions.agent_id is null
                and unified_interactions.queue_id is null
                and unified_interactions.conversation_end is not null
                then 1
            else 0
        end as contained
    from mart.unified_interactions
    cross join curated.business_setting
),

counted as (
    select
        dated.conversation_date,
        dated.industry,
        count(*) as conversations,
        sum(dated.met_bot) as met_bot,
        sum(dated.contained) as bot_contained
    from dated
    group by dated.conversation_date, dated.industry
)

select
    counted.conversation_date,
    counted.industry,
    counted.conversations,
    counted.bot_contained,
    cast(cast(counted.bot_contained as decimal(18, 6)) / nullif(counted.met_bot, 0) as decimal(9, 6)) as bot_containment_rate,
    coalesce(settled_day.is_settled, false) as is_settled,
    counted.met_bot
from counted
left join mart.settled_day
    on counted.conversation_date = settled_day.business_date;

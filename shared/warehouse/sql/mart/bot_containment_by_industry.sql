-- mart.bot_containment_by_industry: share of conversations that a bot handled without an agent, by the customer's industry.
-- Grain   conversation_date (UTC), industry ('(none)': no customer, or one without an industry)
-- Reads   mart.unified_interactions

create or replace view mart.bot_containment_by_industry as
select
    cast(unified_interactions.conversation_start as date) as conversation_date,
    coalesce(unified_interactions.industry, '(none)') as industry,
    count(*) as conversations,
    sum(case when unified_interactions.handled_by_bot_only then 1 else 0 end) as bot_contained,
    cast(
        cast(sum(case when unified_interactions.handled_by_bot_only then 1 else 0 end) as decimal(18, 6)) / nullif(count(*), 0)
        as decimal(9, 6)
    ) as bot_containment_rate,
    min(case when unified_interactions.is_settled then 1 else 0 end) = 1 as is_settled
from mart.unified_interactions
group by
    cast(unified_interactions.conversation_start as date),
    coalesce(unified_interactions.industry, '(none)');

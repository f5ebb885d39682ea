-- mart.escalation_by_tier: share of conversations that were escalated, by the customer tier that stood when they began.
-- Grain   conversation_date (UTC), customer_tier ('(none)': no customer, or one without a tier)
-- Reads   mart.unified_interactions

create or replace view mart.escalation_by_tier as
select
    cast(unified_interactions.conversation_start as date) as conversation_date,
    coalesce(unified_interactions.customer_tier, '(none)') as customer_tier,
    count(*) as conversations,
    sum(case when unified_interactions.was_escalated then 1 else 0 end) as escalated,
    cast(
        cast(sum(case when unified_interactions.was_escalated then 1 else 0 end) as decimal(18, 6)) / nullif(count(*), 0)
        as decimal(9, 6)
    ) as escalation_rate,
    min(case when unified_interactions.is_settled then 1 else 0 end) = 1 as is_settled
from mart.unified_interactions
group by
    cast(unified_interactions.conversation_start as date),
    coalesce(unified_interactions.customer_tier, '(none)');

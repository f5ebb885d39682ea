-- mart.join_rate: how many conversations are linked to a CRM customer, and how.
-- Grain   conversation_date (UTC), media_type, link_method ('(none)': not linked)
-- Reads   mart.unified_interactions
-- Rule    link_share is the method's share of all conversations of the same day and media type

create or replace view mart.join_rate as
with counted as (
    select
        cast(unified_interactions.conversation_start as date) as conversation_date,
        coalesce(unified_interactions.media_type, '(none)') as media_type,
        coalesce(unified_interactions.link_method, '(none)') as link_method,
        count(*) as conversations,
        sum(case when unified_interactions.link_method is null then 0 else 1 end) as linked,
        min(case when unified_interactions.is_settled then 1 else 0 end) as settled
    from mart.unified_interactions
    group by
        cast(unified_interactions.conversation_start as date),
        coalesce(unified_interactions.media_type, '(none)'),
        coalesce(unified_interactions.link_method, '(none)')
)

select
    counted.conversation_date,
    counted.media_type,
    counted.link_method,
    counted.conversations,
    counted.linked,
    cast(
        cast(counted.conversations as decimal(18, 6))
        -- As bigint: the sum of a bigint is a decimal(38), and a quotient by it overflows 128 bits on Redshift.
        / nullif(cast(sum(counted.conversations) over (partition by counted.conversation_date, counted.media_type) as bigint), 0)
        as decimal(9, 6)
    ) as link_share,
    counted.settled = 1 as is_settled
from counted;

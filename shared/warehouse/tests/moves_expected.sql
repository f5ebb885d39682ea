-- What the tables hold once the batches e, l and g are merged, in any order. Each query returns the rows that break its rule.
-- breach: l: join_rate: the only call names nobody

-- expect: moves: a case moves with its contact, a number belongs to whom it belonged then, a text means what it was read as last
select e.*, f.*
from (
    values
    ('t-left', 'attribute_account', '001A', '', 'platinum', ''), ('t-joined', 'attribute_account', '001B', '500K', 'gold', ''),
    ('t-before', '', '', '', '', 'no_id'), ('t-meant', 'phone', '001B', '', 'gold', ''), ('t-text', 'phone', '001B', '', 'gold', ''),
    ('t-gold', 'attribute_account', '001A', '', 'gold', ''), ('t-region', '', '', '', '', 'no_id'),
    ('t-owned', 'phone', '001B', '', 'gold', ''), ('t-former', 'phone', '001B', '', 'gold', ''), ('t-parted', '', '', '', '', 'crm_mismatch')
) as e (id, method, account_id, case_id, tier, reason)
full join (
    select conversation_id, link_method, crm_account_id, crm_case_id, customer_tier, null as link_reason from curated.fact_customer_interactions
    union all
    select conversation_id, null, null, null, null, link_reason from curated.fact_anonymous_interactions
) as f on f.conversation_id = e.id
where e.id is null or f.conversation_id is null or coalesce(f.link_method, '') <> e.method or coalesce(left(f.crm_account_id, 4), '') <> e.account_id
    or coalesce(left(f.crm_case_id, 4), '') <> e.case_id or coalesce(f.customer_tier, '') <> e.tier or coalesce(f.link_reason, '') <> e.reason;

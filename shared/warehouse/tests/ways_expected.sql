-- What the tables hold once the batches u and v are merged, in either order. Each query returns the rows that break its rule.
-- breach: v: join_rate: four of eight name nobody, or more than one

-- expect: ways: the first way of the list that names anybody decides, and contradictions are found in either order
select e.*, f.*
from (
    values
    ('o-agree', 'phone', '001A', '500A', cast(null as text)), ('o-case', 'phone', '001A', '500A', null), ('o-mismatch', null, '', '', 'crm_mismatch'),
    ('o-ambiguous', null, '', '', 'ambiguous'), ('o-attribute', 'attribute_account', '001B', '', null), ('o-off', null, '', '', 'no_id'),
    ('o-unheard', 'attribute_account', '001B', '', null), ('o-late', null, '', '', 'id_not_found')
) as e (id, method, account_id, case_id, reason)
full join (
    select conversation_id, link_method, crm_account_id, crm_case_id, null as link_reason from curated.fact_customer_interactions
    union all
    select conversation_id, null, null, null, link_reason from curated.fact_anonymous_interactions
) as f on f.conversation_id = e.id
where e.id is null or f.conversation_id is null or coalesce(f.link_method, '') <> coalesce(e.method, '') or coalesce(left(f.crm_account_id, 4), '') <> e.account_id
    or coalesce(left(f.crm_case_id, 4), '') <> e.case_id or coalesce(f.link_reason, '') <> coalesce(e.reason, '');

-- expect: contradiction: the row says what contradicts what
select natural_id, detail from curated.quarantine
where natural_id = 'o-mismatch' and reason = 'crm_mismatch'
    and detail <> 'phone: contact 003A00000000000AAA (phone) does not belong to account 001B00000000000AAA (attribute)';

-- expect: join_rate: by day, queue, medium and method, and shares of each of them add up to one
select conversation_date, queue_id, media_type, sum(conversations), sum(linked), sum(link_share) from mart.join_rate
group by conversation_date, queue_id, media_type
having sum(conversations) <> 8 or sum(linked) <> 4 or abs(sum(link_share) - 1) > 0.00001 or queue_id <> '(none)' or conversation_date <> '2026-01-05';

-- curated.fact_evaluation: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_evaluation: an evaluation of a conversation has one row
select
    evaluation_key,
    count(*) as found
from curated.fact_evaluation
group by evaluation_key
having count(*) > 1;

-- fail: every_evaluation_arrived: each evaluation of the batch whose conversation is known is in this table
select distinct
    staged.conversation_id,
    staged.evaluation_id
from staging.genesys_evaluation_update as staged
inner join (
    select conversation_id from curated.fact_customer_interactions
    union all
    select conversation_id from curated.fact_anonymous_interactions
) as both_facts
    on staged.conversation_id = both_facts.conversation_id
left join curated.fact_evaluation
    on
        staged.conversation_id = fact_evaluation.conversation_id
        and staged.evaluation_id = fact_evaluation.evaluation_id
where staged.batch_id = :batch_id and fact_evaluation.evaluation_id is null;

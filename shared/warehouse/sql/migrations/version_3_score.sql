-- version_3_score: quality evaluations, of conversations that a warehouse has already.
-- Grain   one section per table that is filled, as the merge fills it
-- Form    see version_3.sql

-- fill: curated.fact_evaluation
insert into curated.fact_evaluation (
    evaluation_key, conversation_id, evaluation_id, conversation_start, user_id, evaluator_id, queue_id, form_id, form_name,
    evaluation_status, total_score, total_critical_score, event_time, is_counted, batch_id, extracted_at
)
with tmp_evaluated as (
    select
        both_facts.conversation_id,
        both_facts.conversation_start,
        both_facts.batch_id,
        both_facts.record_no
    from (
        select
            conversation_id,
            conversation_start,
            batch_id,
            record_no
        from curated.fact_customer_interactions
        union all
        select
            conversation_id,
            conversation_start,
            batch_id,
            record_no
        from curated.fact_anonymous_interactions
    ) as both_facts
    left join (
        select distinct conversation_id
        from curated.fact_evaluation
    ) as known
        on both_facts.conversation_id = known.conversation_id
    where known.conversation_id is null
),

evaluation as (
    select
        tmp_evaluated.conversation_id,
        tmp_evaluated.conversation_start,
        coalesce(own.evaluation_id, '#' || cast(own.evaluation_no as varchar(16))) as evaluation_name,
        own.evaluation_no,
        own.evaluation_id,
        own.user_id,
        own.evaluator_id,
        own.queue_id,
        own.form_id,
        own.form_name,
        own.evaluation_status,
        own.total_score,
        own.total_critical_score,
        own.event_time,
        own.released,
        own.deleted,
        own.batch_id,
        own.record_no,
        own.extracted_at
    from tmp_evaluated
    inner join staging.genesys_evaluation as own
        on
            tmp_evaluated.batch_id = own.batch_id
            and tmp_evaluated.record_no = own.record_no
    union all
    select
        tmp_evaluated.conversation_id,
        tmp_evaluated.conversation_start,
        late.evaluation_id as evaluation_name,
        cast(-1 as integer) as evaluation_no,
        late.evaluation_id,
        late.user_id,
        late.evaluator_id,
        late.queue_id,
        late.form_id,
        late.form_name,
        late.evaluation_status,
        late.total_score,
        late.total_critical_score,
        late.event_time,
        late.released,
        late.deleted,
        late.batch_id,
        late.record_no,
        late.extracted_at
    from tmp_evaluated
    inner join ops.staged_record
        on
            tmp_evaluated.conversation_id = staged_record.natural_id
            and staged_record.object = 'conversation_evaluation'
            and staged_record.source = 'genesys'
    inner join staging.genesys_evaluation_update as late
        on
            staged_record.batch_id = late.batch_id
            and staged_record.record_no = late.record_no
),

ranked as (
    select
        evaluation.*,
        row_number() over (
            partition by evaluation.conversation_id, evaluation.evaluation_name
            order by
                evaluation.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                evaluation.batch_id desc,
                evaluation.record_no desc,
                evaluation.evaluation_no desc
        ) as recency
    from evaluation
    left join ops.load_log
        on evaluation.batch_id = load_log.batch_id
)

select
    sha2(ranked.conversation_id || '|' || ranked.evaluation_name, 256) as evaluation_key,
    ranked.conversation_id,
    ranked.evaluation_id,
    ranked.conversation_start,
    ranked.user_id,
    ranked.evaluator_id,
    ranked.queue_id,
    ranked.form_id,
    ranked.form_name,
    ranked.evaluation_status,
    ranked.total_score,
    ranked.total_critical_score,
    ranked.event_time,
    coalesce(ranked.released, false)
    and not coalesce(ranked.deleted, false)
    and lower(coalesce(ranked.evaluation_status, '')) <> 'retracted'
    and ranked.total_score is not null as is_counted,
    ranked.batch_id,
    ranked.extracted_at
from ranked
where ranked.recency = 1;

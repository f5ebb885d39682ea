-- curated.fact_evaluation: evaluations of the conversations that one batch names. They come inside the record of a conversation and, days
-- later, by themselves: of each one its newest extraction counts, wherever it came from.
-- Grain   conversation_id, evaluation_id
-- Reads   staging.genesys_evaluation of the winning records, staging.genesys_evaluation_update of all batches; both interaction facts,
--         which say which record won
-- Params  tmp_staged (curated/staged_record/batch.sql)
-- Rerun   safe, in any order of batches: what waits for its conversation is found when that one is merged

create temp table tmp_evaluated as
with named as (
    select distinct tmp_staged.natural_id as conversation_id
    from tmp_staged
    where tmp_staged.source = 'genesys' and tmp_staged.object in ('conversation', 'conversation_evaluation')
),

begun as (
    -- Where the conversations lie in the facts, which are sorted by it.
    select distinct
        named.conversation_id,
        staged_record.conversation_start
    from named
    inner join ops.staged_record
        on
            named.conversation_id = staged_record.natural_id
            and staged_record.object = 'conversation'
            and staged_record.source = 'genesys'
)

select
    fact_customer_interactions.conversation_id,
    fact_customer_interactions.conversation_start,
    fact_customer_interactions.batch_id,
    fact_customer_interactions.record_no
from curated.fact_customer_interactions
inner join begun
    on
        fact_customer_interactions.conversation_start = begun.conversation_start
        and fact_customer_interactions.conversation_id = begun.conversation_id
union all
select
    fact_anonymous_interactions.conversation_id,
    fact_anonymous_interactions.conversation_start,
    fact_anonymous_interactions.batch_id,
    fact_anonymous_interactions.record_no
from curated.fact_anonymous_interactions
inner join begun
    on
        fact_anonymous_interactions.conversation_start = begun.conversation_start
        and fact_anonymous_interactions.conversation_id = begun.conversation_id;

-- By the id alone: the table is small, and sorted by it.
delete from curated.fact_evaluation
where conversation_id in (select tmp_evaluated.conversation_id from tmp_evaluated);

insert into curated.fact_evaluation (
    evaluation_key, conversation_id, evaluation_id, conversation_start, user_id, evaluator_id, queue_id, form_id, form_name,
    evaluation_status, total_score, total_critical_score, event_time, is_counted, batch_id, extracted_at
)
with evaluation as (
    -- One without an id cannot be replaced by another: it is known by its place.
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

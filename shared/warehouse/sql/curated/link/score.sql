-- curated/link/score.sql: what evaluations and surveys say of the batch's conversations. They come inside the record of a conversation and,
-- days later, by themselves: of each one its newest extraction counts, wherever it came from.
-- Grain   conversation_id
-- Reads   staging.genesys_{evaluation,survey} of the winning records; staging.genesys_{evaluation,survey}_update of all batches
-- Params  tmp_conversation (fact_agent_leg/merge.sql)
-- Rerun   safe: a temporary table of the session

create temp table tmp_score as
with evaluation as (
    -- One without an id cannot be replaced by another: it is known by its place.
    select
        tmp_conversation.conversation_id,
        coalesce(own.evaluation_id, '#' || cast(own.evaluation_no as varchar(16))) as evaluation_key,
        own.evaluation_no,
        own.batch_id,
        own.record_no,
        own.extracted_at,
        own.released,
        own.evaluation_status,
        own.total_score,
        own.deleted,
        own.event_time
    from tmp_conversation
    inner join staging.genesys_evaluation as own
        on
            tmp_conversation.batch_id = own.batch_id
            and tmp_conversation.record_no = own.record_no
    union all
    select
        tmp_conversation.conversation_id,
        late.evaluation_id as evaluation_key,
        cast(-1 as integer) as evaluation_no,
        late.batch_id,
        late.record_no,
        late.extracted_at,
        late.released,
        late.evaluation_status,
        late.total_score,
        late.deleted,
        late.event_time
    from tmp_conversation
    inner join staging.genesys_evaluation_update as late
        on tmp_conversation.conversation_id = late.conversation_id
),

newest_evaluation as (
    select
        evaluation.*,
        row_number() over (
            partition by evaluation.conversation_id, evaluation.evaluation_key
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
),

released_evaluation as (
    select
        newest_evaluation.conversation_id,
        newest_evaluation.total_score,
        row_number() over (
            partition by newest_evaluation.conversation_id
            order by
                coalesce(newest_evaluation.event_time, cast('1970-01-01' as timestamp)) desc,
                newest_evaluation.evaluation_no desc,
                newest_evaluation.evaluation_key desc
        ) as last_order
    from newest_evaluation
    where
        newest_evaluation.recency = 1
        and newest_evaluation.released
        and not coalesce(newest_evaluation.deleted, false)
        and lower(coalesce(newest_evaluation.evaluation_status, '')) <> 'retracted'
        and newest_evaluation.total_score is not null
),

survey as (
    select
        tmp_conversation.conversation_id,
        coalesce(own.survey_id, '#' || cast(own.survey_no as varchar(16))) as survey_key,
        own.survey_no,
        own.batch_id,
        own.record_no,
        own.extracted_at,
        own.total_score,
        own.promoter_score,
        coalesce(own.completed_at, own.event_time, cast('1970-01-01' as timestamp)) as answered_at
    from tmp_conversation
    inner join staging.genesys_survey as own
        on
            tmp_conversation.batch_id = own.batch_id
            and tmp_conversation.record_no = own.record_no
    union all
    select
        tmp_conversation.conversation_id,
        late.survey_id as survey_key,
        cast(-1 as integer) as survey_no,
        late.batch_id,
        late.record_no,
        late.extracted_at,
        late.total_score,
        late.promoter_score,
        coalesce(late.completed_at, late.event_time, cast('1970-01-01' as timestamp)) as answered_at
    from tmp_conversation
    inner join staging.genesys_survey_update as late
        on tmp_conversation.conversation_id = late.conversation_id
),

newest_survey as (
    select
        survey.*,
        row_number() over (
            partition by survey.conversation_id, survey.survey_key
            order by
                survey.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                survey.batch_id desc,
                survey.record_no desc,
                survey.survey_no desc
        ) as recency
    from survey
    left join ops.load_log
        on survey.batch_id = load_log.batch_id
),

ordered_survey as (
    select
        newest_survey.conversation_id,
        newest_survey.total_score,
        newest_survey.promoter_score,
        row_number() over (
            partition by newest_survey.conversation_id
            order by
                case when newest_survey.total_score is null then 1 else 0 end,
                newest_survey.answered_at desc,
                newest_survey.survey_no desc,
                newest_survey.survey_key desc
        ) as score_order,
        row_number() over (
            partition by newest_survey.conversation_id
            order by
                case when newest_survey.promoter_score is null then 1 else 0 end,
                newest_survey.answered_at desc,
                newest_survey.survey_no desc,
                newest_survey.survey_key desc
        ) as promoter_order
    from newest_survey
    where newest_survey.recency = 1
),

scored as (
    select
        released_evaluation.conversation_id,
        released_evaluation.total_score as qa_score,
        cast(null as bigint) as csat_score,
        cast(null as bigint) as nps
    from released_evaluation
    where released_evaluation.last_order = 1
    union all
    select
        ordered_survey.conversation_id,
        cast(null as bigint) as qa_score,
        case when ordered_survey.score_order = 1 then ordered_survey.total_score end as csat_score,
        case when ordered_survey.promoter_order = 1 then ordered_survey.promoter_score end as nps
    from ordered_survey
)

select
    scored.conversation_id,
    max(scored.qa_score) as qa_score,
    max(scored.csat_score) as csat_score,
    max(scored.nps) as nps
from scored
group by scored.conversation_id;

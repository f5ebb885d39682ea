-- curated/link/conversation.sql: the winning record of each conversation that the batch names, also by an evaluation, a survey or
-- attributes that came by themselves, and of each that is asked for by the reason for which its link, case or a value is refused: its
-- attributes and values are read again. A record of a query has no attributes: those of the last details job are kept beside it. A
-- conversation is settled once any of its records was read from a settled window: a later look at it takes nothing back.
-- Grain   conversation_id
-- Reads   ops.staged_record, ops.load_log, ops.window_ledger; staging.genesys_attribute of replayed records; curated.quarantine
-- Params  tmp_batch (curated/begin.sql), tmp_staged (staged_record/batch.sql)
-- Rerun   safe: a temporary table of the session; whichever batch holds the last extraction of a conversation, it wins

create temp table tmp_conversation as
with asked as (
    select distinct tmp_staged.natural_id as conversation_id
    from tmp_staged
    where
        tmp_staged.source = 'genesys'
        and tmp_staged.object in ('conversation', 'conversation_evaluation', 'conversation_survey', 'conversation_attribute')
    union
    select cast(quarantine.natural_id as varchar(256)) as conversation_id
    from curated.quarantine
    inner join tmp_batch
        on strpos(tmp_batch.relink_reasons, ',' || quarantine.reason || ',') > 0
    where
        quarantine.source = 'genesys'
        and quarantine.object in ('conversation_link', 'conversation_case', 'conversation_value')
        and quarantine.resolved_at is null
),

record as (
    select
        asked.conversation_id,
        staged_record.conversation_start,
        staged_record.batch_id,
        staged_record.record_no,
        staged_record.extracted_at,
        staged_record.extraction
    from asked
    inner join ops.staged_record
        on
            asked.conversation_id = staged_record.natural_id
            and staged_record.object = 'conversation'
            and staged_record.source = 'genesys'
),

attributed as (
    select distinct
        carried.batch_id,
        carried.record_no
    from staging.genesys_attribute as carried
    inner join record
        on
            carried.batch_id = record.batch_id
            and carried.record_no = record.record_no
    where record.extraction = 'replay'
),

known as (
    select
        record.conversation_id,
        record.conversation_start,
        record.batch_id,
        record.record_no,
        record.extracted_at,
        coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) as loaded_at,
        case when window_ledger.is_settled then 1 else 0 end as is_settled,
        case
            when record.extraction <> 'replay' then case when record.extraction = 'job' then 1 else 0 end
            -- Landed files do not tell how they were read: what has attributes or is settled, or was a job's when it was read first.
            when attributed.record_no is not null or window_ledger.is_settled then 1
            else max(case when record.extraction = 'job' then 1 else 0 end) over (partition by record.conversation_id, record.extracted_at)
        end as is_job
    from record
    left join attributed
        on
            record.batch_id = attributed.batch_id
            and record.record_no = attributed.record_no
    left join ops.load_log
        on record.batch_id = load_log.batch_id
    left join ops.window_ledger
        on
            record.batch_id = window_ledger.batch_id
            and window_ledger.source = 'genesys'
            and window_ledger.object = 'conversation'
            and (record.record_no - 1) / 1000000000 = window_ledger.window_no
),

ranked as (
    select
        known.*,
        row_number() over (
            partition by known.conversation_id
            order by known.extracted_at desc, known.loaded_at desc, known.batch_id desc, known.record_no desc
        ) as recency,
        row_number() over (
            partition by known.conversation_id
            order by known.is_job desc, known.extracted_at desc, known.loaded_at desc, known.batch_id desc, known.record_no desc
        ) as job_recency
    from known
)

select
    ranked.conversation_id,
    max(case when ranked.recency = 1 then ranked.conversation_start end) as conversation_start,
    max(case when ranked.recency = 1 then ranked.batch_id end) as batch_id,
    max(case when ranked.recency = 1 then ranked.record_no end) as record_no,
    max(case when ranked.recency = 1 then ranked.extracted_at end) as extracted_at,
    max(case when ranked.recency = 1 then ranked.is_job end) as is_job,
    max(ranked.is_settled) as is_settled,
    max(case when ranked.job_recency = 1 and ranked.is_job = 1 then ranked.batch_id end) as job_batch_id,
    max(case when ranked.job_recency = 1 and ranked.is_job = 1 then ranked.record_no end) as job_record_no,
    max(case when ranked.job_recency = 1 and ranked.is_job = 1 then ranked.extracted_at end) as job_extracted_at
from ranked
group by ranked.conversation_id;

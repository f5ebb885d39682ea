-- mart.reconciliation: what the sources count beside what is here, one comparison a row, in words a person reads.
-- Grain   comparison, compared_date, subject; of a window also batch_id
-- Reads   mart.{queue_figures,case_figures}, ops.{window_ledger,load_log}
-- Rule    agrees: the same number. differs: another one, and nothing that is known explains it. not_comparable: reason says why.
--         A refused record or an open conversation explains one that is missing here; handle time if handlings are missing for which
--         there is such a reason, and no more of it than ten times their share; a percentage if it explains both counts.
--         variance_percent is the difference as a share of the source's figure: null where both are zero or one is missing, 100 where
--         the source has none. Of a window the figures are the records that came and those that are accounted for: its five points
--         close when they agree. The check of each run looks at the days it has read, and raises an alarm above
--         check.max_variance_percent of the settings.
-- Column  comparison | text | queue_offered, queue_handled, queue_handle_ms, cases_created, cases_closed, case_resolution_percent or window
-- Column  compared_date | date, UTC | the day that is compared
-- Column  subject | text | queue and medium, Case, or source and object of a window
-- Column  queue_id | text | Genesys id of the queue; null where it is about none
-- Column  media_type | text | medium; null where it is about none
-- Column  source_figure | as the comparison says | what the source counts; of a window the records that came
-- Column  our_figure | as the comparison says | what is here; of a window the records that are accounted for
-- Column  variance_percent | percent | difference as a share of source_figure; null where both are zero or one is missing
-- Column  verdict | text | agrees, differs or not_comparable
-- Column  reason | text | why it does not agree, else null
-- Column  window_start | timestamp, UTC | beginning of a window
-- Column  window_end | timestamp, UTC | end of a window
-- Column  batch_id | text | run that read a window
-- Column  counted_at | timestamp, UTC | when the source counted

create or replace view mart.reconciliation as
with measured as (
    select
        queue_measure.comparison,
        queue_figures.compared_date,
        cast(
            coalesce(queue_figures.queue_name, 'unlisted queue ' || queue_figures.queue_id) || ', ' || queue_figures.media_type
            as varchar(4096)
        ) as subject,
        queue_figures.queue_id,
        queue_figures.media_type,
        cast(
            case queue_measure.comparison
                when 'queue_offered' then queue_figures.source_offered
                when 'queue_handled' then queue_figures.source_handled
                else queue_figures.source_handle_ms
            end as decimal(24, 4)
        ) as source_figure,
        cast(
            case queue_measure.comparison
                when 'queue_offered' then queue_figures.our_offered
                when 'queue_handled' then queue_figures.our_handled
                else queue_figures.our_handle_ms
            end as decimal(24, 4)
        ) as our_figure,
        -- Time is missing with the handling it belongs to, or not at all.
        case queue_measure.comparison
            when 'queue_offered' then queue_figures.source_offered - queue_figures.our_offered
            else queue_figures.source_handled - queue_figures.our_handled
        end as missing_records,
        queue_measure.comparison <> 'queue_handle_ms'
        -- A handling that is missing may be a long one, but hardly more.
        or cast(queue_figures.source_handle_ms - queue_figures.our_handle_ms as double precision)
        * cast(queue_figures.source_handled as double precision)
        between 0 and 10 * cast(queue_figures.source_handled - queue_figures.our_handled as double precision)
        * cast(queue_figures.source_handle_ms as double precision) as is_in_proportion,
        queue_figures.unseen_conversations,
        queue_figures.refused_records,
        queue_figures.is_settled,
        queue_figures.has_day_before,
        queue_figures.obstacle,
        queue_figures.counted_at
    from mart.queue_figures
    cross join (
        select cast('queue_offered' as varchar(32)) as comparison
        union all
        select cast('queue_handled' as varchar(32)) as comparison
        union all
        select cast('queue_handle_ms' as varchar(32)) as comparison
    ) as queue_measure
    union all
    select
        case_measure.comparison,
        case_figures.compared_date,
        cast('Case' as varchar(4096)) as subject,
        cast(null as varchar(64)) as queue_id,
        cast(null as varchar(32)) as media_type,
        cast(
            case case_measure.comparison
                when 'cases_created' then case_figures.source_created
                when 'cases_closed' then case_figures.source_closed
                else case_figures.source_resolution_percent
            end as decimal(24, 4)
        ) as source_figure,
        cast(
            case case_measure.comparison
                when 'cases_created' then case_figures.our_created
                when 'cases_closed' then case_figures.our_closed
                else case_figures.our_resolution_percent
            end as decimal(24, 4)
        ) as our_figure,
        cast(
            case
                when case_measure.comparison = 'cases_created' then case_figures.source_created - case_figures.our_created
                when case_measure.comparison = 'cases_closed' then case_figures.source_closed - case_figures.our_closed
                -- Both counts make it: where one is more than the source's, nothing that is missing explains it.
                when case_figures.source_created < case_figures.our_created or case_figures.source_closed < case_figures.our_closed then -1
                else
                    greatest(
                        case_figures.source_created - case_figures.our_created, case_figures.source_closed - case_figures.our_closed
                    )
            end as bigint
        ) as missing_records,
        true as is_in_proportion,
        cast(0 as bigint) as unseen_conversations,
        case_figures.refused_cases as refused_records,
        true as is_settled,
        true as has_day_before,
        case_figures.obstacle,
        case_figures.counted_at
    from mart.case_figures
    cross join (
        select cast('cases_created' as varchar(32)) as comparison
        union all
        select cast('cases_closed' as varchar(32)) as comparison
        union all
        select cast('case_resolution_percent' as varchar(32)) as comparison
    ) as case_measure
),

judged as (
    select
        measured.comparison,
        measured.compared_date,
        measured.subject,
        measured.queue_id,
        measured.media_type,
        measured.source_figure,
        measured.our_figure,
        measured.obstacle,
        measured.counted_at,
        case
            when measured.obstacle is not null then measured.obstacle
            when measured.source_figure is null and measured.our_figure is null then 'there is nothing to divide by: no case was created'
            when measured.source_figure = measured.our_figure then null
            when not measured.is_settled then 'not final yet: one side was read before it settled, and differs so far'
            when not measured.has_day_before then 'conversations that began on one of the three days before have not been read for good'
            when measured.is_in_proportion and measured.missing_records between 1 and measured.refused_records
                then 'records were refused, the difference may be theirs: see curated.quarantine'
            when
                left(measured.comparison, 5) = 'queue'
                and measured.is_in_proportion
                and measured.missing_records between 1 and measured.unseen_conversations + measured.refused_records
                then 'conversations were still open when they were last read: what they emitted since is not here'
        end as explanation,
        measured.source_figure is not null and measured.our_figure is not null and measured.source_figure = measured.our_figure as is_equal
    from measured
),

window_of_run as (
    select
        window_ledger.batch_id,
        window_ledger.source || ' ' || window_ledger.object as subject,
        window_ledger.window_start,
        window_ledger.window_end,
        window_ledger.mode,
        window_ledger.extracted_at,
        window_ledger.received_rows - window_ledger.out_of_window_rows - window_ledger.duplicate_rows as came,
        window_ledger.quarantined_rows + coalesce(window_ledger.merged_rows, 0) + coalesce(window_ledger.superseded_rows, 0) as accounted,
        case
            when window_ledger.mode = 'left_out' then 'left out: it failed or there was no room for it, and a later run reads it'
            when load_log.merged_at is null then 'loaded and not merged yet'
        end as obstacle,
        case
            when
                window_ledger.received_rows
                <> window_ledger.out_of_window_rows + window_ledger.duplicate_rows + window_ledger.landed_rows
                then 'received is not out of window + duplicates + landed'
            when window_ledger.landed_rows <> window_ledger.staged_rows + window_ledger.quarantined_rows
                then 'landed is not staged + quarantined'
            when window_ledger.staged_rows <> coalesce(window_ledger.merged_rows, 0) + coalesce(window_ledger.superseded_rows, 0)
                then 'staged is not merged + superseded'
            when
                window_ledger.source = 'salesforce'
                and window_ledger.extraction <> 'replay'
                and window_ledger.received_rows - window_ledger.duplicate_rows < window_ledger.api_rows
                then 'fewer records came than the source counts'
        end as open_point
    from ops.window_ledger
    left join ops.load_log
        on window_ledger.batch_id = load_log.batch_id
)

select
    judged.comparison, -- queue_offered, queue_handled, queue_handle_ms, cases_created, cases_closed, case_resolution_percent, window
    judged.compared_date, -- UTC
    judged.subject, -- queue and media type, Case, or source and object of a window
    judged.queue_id,
    judged.media_type,
    judged.source_figure,
    judged.our_figure,
    cast(
        case
            when judged.source_figure is null or judged.our_figure is null or judged.source_figure = 0 and judged.our_figure = 0 then null
            when judged.source_figure = 0 then 100
            -- A quotient of figures as large as these overflows 128 bits on Redshift unless it is asked for with few digits.
            else
                100 * abs(cast(judged.our_figure - judged.source_figure as double precision))
                / cast(judged.source_figure as double precision)
        end as decimal(18, 4)
    ) as variance_percent,
    case
        when judged.obstacle is null and judged.is_equal then 'agrees'
        when judged.explanation is not null then 'not_comparable'
        else 'differs'
    end as verdict, -- agrees, differs, not_comparable
    case
        when judged.obstacle is null and judged.is_equal then null
        else coalesce(judged.explanation, 'nothing that is known explains the difference')
    end as reason,
    cast(null as timestamp) as window_start,
    cast(null as timestamp) as window_end,
    cast(null as varchar(128)) as batch_id, -- the run, of a window
    judged.counted_at
from judged
union all
select
    cast('window' as varchar(32)) as comparison,
    cast(dateadd('second', -1, window_of_run.window_end) as date) as compared_date,
    cast(window_of_run.subject as varchar(4096)) as subject,
    cast(null as varchar(64)) as queue_id,
    cast(null as varchar(32)) as media_type,
    cast(window_of_run.came as decimal(24, 4)) as source_figure,
    cast(window_of_run.accounted as decimal(24, 4)) as our_figure,
    cast(
        case
            when window_of_run.obstacle is not null or window_of_run.came = 0 and window_of_run.accounted = 0 then null
            when window_of_run.came <= 0 then 100
            else
                100 * abs(cast(window_of_run.accounted - window_of_run.came as double precision))
                / cast(window_of_run.came as double precision)
        end as decimal(18, 4)
    ) as variance_percent,
    case
        when window_of_run.obstacle is not null then 'not_comparable'
        when window_of_run.open_point is not null then 'differs'
        else 'agrees'
    end as verdict,
    coalesce(window_of_run.obstacle, window_of_run.open_point) as reason,
    window_of_run.window_start,
    window_of_run.window_end,
    window_of_run.batch_id,
    window_of_run.extracted_at as counted_at
from window_of_run;

-- curated.queue_source_figure: data tests, those of the reconciliation among them (mart.reconciliation).
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id, :max_variance_percent

-- fail: one_figure_per_queue: what Genesys counts of a queue on a day has one row for each media type, and the day has one of its own
select
    counted_date,
    queue_id,
    media_type,
    count(*) as found
from curated.queue_source_figure
where batch_id = :batch_id
group by counted_date, queue_id, media_type
having count(*) > 1;

-- warn: variance: no figure of a day that the run has read differs from its source by more than the settings allow (mart.reconciliation)
select
    reconciliation.comparison,
    reconciliation.compared_date,
    reconciliation.subject,
    reconciliation.source_figure,
    reconciliation.our_figure,
    reconciliation.variance_percent,
    reconciliation.reason
from mart.reconciliation
cross join (
    -- A run that brings cases may be the one that can judge the counts of the runs before it.
    select
        min(window_ledger.window_start) as counted_from,
        max(window_ledger.window_end) as counted_to
    from ops.window_ledger
    where
        window_ledger.batch_id = :batch_id
        and window_ledger.source = 'salesforce'
        and window_ledger.object = 'case_count'
        and window_ledger.mode <> 'left_out'
) as own_count
left join (
    -- What a conversation emitted after midnight is a figure of the next day.
    select cast(window_ledger.window_start as date) as read_date
    from ops.window_ledger
    where
        window_ledger.batch_id = :batch_id
        and window_ledger.source = 'genesys'
        and window_ledger.object in ('conversation', 'queue_aggregate')
        and window_ledger.mode not in ('left_out', 'intraday')
    union
    select cast(dateadd('day', 1, window_ledger.window_start) as date) as read_date
    from ops.window_ledger
    where
        window_ledger.batch_id = :batch_id
        and window_ledger.source = 'genesys'
        and window_ledger.object = 'conversation'
        and window_ledger.mode not in ('left_out', 'intraday')
    union
    select queue_emission.emitted_date as read_date
    from curated.queue_emission
    where queue_emission.batch_id = :batch_id
    union
    -- A conversation that was open for long, or refused, excused the days that it lived on; it does no longer.
    select dim_date.calendar_date as read_date
    from (
        select distinct
            cast(queue_emission.conversation_start as date) as begun_date,
            cast(queue_emission.read_at as date) as last_date
        from curated.queue_emission
        where queue_emission.batch_id = :batch_id
    ) as written
    inner join curated.dim_date
        on
            written.begun_date <= dim_date.calendar_date
            and written.last_date >= dim_date.calendar_date
            -- As long as one excuses anything (mart.queue_figures).
            and cast(dateadd('day', 40, written.begun_date) as date) >= dim_date.calendar_date
) as read_day
    on reconciliation.compared_date = read_day.read_date
where
    reconciliation.verdict = 'differs'
    and reconciliation.variance_percent > cast(:max_variance_percent as decimal(9, 4))
    and (
        left(reconciliation.comparison, 5) = 'queue'
        and read_day.read_date is not null
        or left(reconciliation.comparison, 4) = 'case'
        and cast(reconciliation.compared_date as timestamp) >= own_count.counted_from
        and cast(reconciliation.compared_date as timestamp) < own_count.counted_to
    );

-- warn: reconciliation_compares: something of the last ten days could be compared (if not: mart.reconciliation has the reasons)
select
    asked.side,
    asked.days,
    asked.reason
from (
    select
        case when left(reconciliation.comparison, 5) = 'queue' then 'queues' else 'cases' end as side,
        count(distinct reconciliation.compared_date) as days,
        min(reconciliation.reason) as reason,
        sum(case when reconciliation.verdict = 'not_comparable' then 0 else 1 end) as compared
    from mart.reconciliation
    cross join (
        select
            max(case when window_ledger.source = 'genesys' then dateadd('day', -10, window_ledger.window_end) end) as queues_from,
            max(case when window_ledger.source = 'salesforce' then dateadd('day', -10, window_ledger.window_end) end) as cases_from
        from ops.window_ledger
        where
            window_ledger.batch_id = :batch_id
            and window_ledger.mode in ('nightly', 'left_out')
            and (
                window_ledger.source = 'genesys' and window_ledger.object = 'queue_aggregate'
                or window_ledger.source = 'salesforce' and window_ledger.object = 'case_count'
            )
    ) as newest
    where
        left(reconciliation.comparison, 5) = 'queue'
        and reconciliation.compared_date >= cast(newest.queues_from as date)
        or reconciliation.comparison = 'cases_created'
        and reconciliation.compared_date >= cast(newest.cases_from as date)
    group by case when left(reconciliation.comparison, 5) = 'queue' then 'queues' else 'cases' end
) as asked
where asked.days >= 5 and asked.compared = 0;

-- curated.phone_number: the texts that one batch names, where this table does not have them as read later.
-- Grain   said
-- Reads   staging.phone_number of this batch alone
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the last extraction wins

-- A text means the same number in every batch, until the region of numbers without a country is another one: link/touched.sql asks.
create temp table tmp_phone_number as
select
    named.said,
    named.e164,
    known.e164 as e164_before,
    named.batch_id,
    named.extracted_at
from (
    select
        staged.*,
        row_number() over (
            partition by staged.said
            order by staged.extracted_at desc, staged.record_no desc
        ) as recency
    from staging.phone_number as staged
    inner join tmp_batch
        on staged.batch_id = tmp_batch.batch_id
) as named
left join curated.phone_number as known
    on named.said = known.said
left join (
    select
        load_log.batch_id,
        coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) as loaded_at
    from ops.load_log
) as named_log
    on named.batch_id = named_log.batch_id
left join (
    select
        load_log.batch_id,
        coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) as loaded_at
    from ops.load_log
) as known_log
    on known.batch_id = known_log.batch_id
where
    named.recency = 1
    and (
        known.said is null
        or named.extracted_at > known.extracted_at
        -- The same record, replayed under other settings.
        or (
            named.extracted_at = known.extracted_at
            and named.batch_id <> known.batch_id
            and (
                named_log.loaded_at > known_log.loaded_at
                or (named_log.loaded_at = known_log.loaded_at and named.batch_id > known.batch_id)
            )
        )
    );

merge into curated.phone_number
using tmp_phone_number as incoming
    on curated.phone_number.said = incoming.said
when matched then
    update
        set
            e164 = incoming.e164,
            batch_id = incoming.batch_id,
            extracted_at = incoming.extracted_at
when not matched then insert (
    said, e164, batch_id, extracted_at
) values (
    incoming.said, incoming.e164, incoming.batch_id, incoming.extracted_at
);

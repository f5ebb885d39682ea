-- curated.quarantine: what extraction and the merge refused.
-- Grain   source, object, record_ref, reason
-- Reads   staging.quarantine of all batches, for the records of this batch; tmp_interaction, tmp_link
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: counted anew from staging; refused links follow the facts

merge into curated.quarantine
using (
    select
        ranked.quarantine_key,
        max(ranked.source) as source,
        max(ranked.object) as object,
        max(ranked.record_ref) as record_ref,
        max(ranked.natural_id) as natural_id,
        max(ranked.reason) as reason,
        max(case when ranked.recency = 1 then ranked.detail end) as detail,
        min(ranked.extracted_at) as first_seen_at,
        max(ranked.extracted_at) as last_seen_at,
        max(case when ranked.age = 1 then ranked.batch_id end) as first_batch_id,
        max(case when ranked.recency = 1 then ranked.batch_id end) as last_batch_id,
        count(distinct ranked.extracted_at) as times,
        max(case when ranked.recency = 1 then ranked.window_start end) as window_start,
        max(case when ranked.recency = 1 then ranked.window_end end) as window_end,
        max(case when ranked.recency = 1 then ranked.object_key end) as object_key,
        max(case when ranked.recency = 1 then ranked.line end) as line,
        max(case when ranked.recency = 1 then ranked.sha256 end) as sha256
    from (
        select
            keyed.*,
            row_number() over (
                partition by keyed.quarantine_key order by keyed.extracted_at desc, keyed.batch_id desc, keyed.record_no desc
            ) as recency,
            row_number() over (
                partition by keyed.quarantine_key order by keyed.extracted_at, keyed.batch_id, keyed.record_no
            ) as age,
            max(case when tmp_batch.batch_id is null then 0 else 1 end) over (partition by keyed.quarantine_key) as is_asked
        from (
            select
                staged.*,
                coalesce(staged.natural_id, staged.sha256) as record_ref,
                sha2(
                    staged.source || '|' || staged.object || '|' || coalesce(staged.natural_id, staged.sha256) || '|' || staged.reason, 256
                ) as quarantine_key
            from staging.quarantine as staged
        ) as keyed
        left join tmp_batch
            on keyed.batch_id = tmp_batch.batch_id
    ) as ranked
    where ranked.is_asked = 1
    group by ranked.quarantine_key
) as incoming
    on curated.quarantine.quarantine_key = incoming.quarantine_key
when matched then
    update
        set
            detail = incoming.detail,
            first_seen_at = incoming.first_seen_at,
            last_seen_at = incoming.last_seen_at,
            first_batch_id = incoming.first_batch_id,
            last_batch_id = incoming.last_batch_id,
            times = incoming.times,
            window_start = incoming.window_start,
            window_end = incoming.window_end,
            object_key = incoming.object_key,
            line = incoming.line,
            sha256 = incoming.sha256
when not matched then insert (
    quarantine_key, source, object, record_ref, natural_id, reason, detail, first_seen_at, last_seen_at, first_batch_id, last_batch_id,
    times, window_start, window_end, object_key, line, sha256
) values (
    incoming.quarantine_key,
    incoming.source,
    incoming.object,
    incoming.record_ref,
    incoming.natural_id,
    incoming.reason,
    incoming.detail,
    incoming.first_seen_at,
    incoming.last_seen_at,
    incoming.first_batch_id,
    incoming.last_batch_id,
    incoming.times,
    incoming.window_start,
    incoming.window_end,
    incoming.object_key,
    incoming.line,
    incoming.sha256
);

delete from curated.quarantine
where
    source = 'genesys'
    and object = 'conversation_link'
    and natural_id in (select tmp_interaction.conversation_id from tmp_interaction);

insert into curated.quarantine (
    quarantine_key, source, object, record_ref, natural_id, reason, detail, first_seen_at, last_seen_at, first_batch_id, last_batch_id,
    times, window_start, window_end, object_key, line, sha256
)
select
    sha2('genesys|conversation_link|' || tmp_link.conversation_id || '|' || tmp_link.link_reason, 256) as quarantine_key,
    cast('genesys' as varchar(32)) as source,
    cast('conversation_link' as varchar(32)) as object,
    tmp_link.conversation_id as record_ref,
    tmp_link.conversation_id as natural_id,
    tmp_link.link_reason as reason,
    case
        when tmp_link.link_reason = 'crm_mismatch'
            then
                coalesce(tmp_link.link_method, '') || ': account ' || coalesce(tmp_link.crm_account_id, '(none)') || ', contact '
                || coalesce(tmp_link.crm_contact_id, '(none)')
                || ' and account attribute '
                || coalesce(tmp_interaction.asked_account_id, '(none)')
                || ' do not belong together'
        else 'several CRM records are candidates: more than one id in an attribute, or more than one external contact'
    end as detail,
    tmp_interaction.etl_loaded_at as first_seen_at,
    tmp_interaction.etl_loaded_at as last_seen_at,
    tmp_interaction.batch_id as first_batch_id,
    tmp_interaction.batch_id as last_batch_id,
    1 as times,
    cast(null as timestamp) as window_start,
    cast(null as timestamp) as window_end,
    cast(null as varchar(1024)) as object_key,
    cast(null as bigint) as line,
    cast(null as varchar(64)) as sha256
from tmp_link
inner join tmp_interaction
    on tmp_link.conversation_id = tmp_interaction.conversation_id
where tmp_link.link_reason in ('ambiguous', 'crm_mismatch');

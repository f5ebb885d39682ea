-- curated/link/attribute.sql: what the mentioned participant attributes of the batch's conversations say; the first name present wins.
-- Grain   conversation_id
-- Reads   staging.genesys_attribute of the winning records. Where such a record came from a query, which has no attributes: those of the
--         last details job, or staging.genesys_conversation_attribute if it was read after that job
-- Params  tmp_batch (curated/begin.sql); tmp_conversation (fact_agent_leg/merge.sql)
-- Rerun   safe: a temporary table of the session

create temp table tmp_attribute as
with live as (
    -- The newest look at a conversation itself; it counts until a details job has the conversation.
    select
        ranked.conversation_id,
        ranked.batch_id,
        ranked.record_no
    from (
        select
            tmp_conversation.conversation_id,
            staged.batch_id,
            staged.record_no,
            dense_rank() over (
                partition by tmp_conversation.conversation_id
                order by
                    staged.extracted_at desc,
                    coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                    staged.batch_id desc,
                    staged.record_no desc
            ) as recency
        from tmp_conversation
        inner join staging.genesys_conversation_attribute as staged
            on tmp_conversation.conversation_id = staged.conversation_id
        left join ops.load_log
            on staged.batch_id = load_log.batch_id
        where
            tmp_conversation.is_job = 0
            and staged.extracted_at > coalesce(tmp_conversation.job_extracted_at, cast('1970-01-01' as timestamp))
    ) as ranked
    where ranked.recency = 1
    group by ranked.conversation_id, ranked.batch_id, ranked.record_no
),

held as (
    select
        tmp_conversation.conversation_id,
        said.attribute_name,
        said.attribute_value
    from tmp_conversation
    inner join staging.genesys_attribute as said
        on
            tmp_conversation.job_batch_id = said.batch_id
            and tmp_conversation.job_record_no = said.record_no
    left join live
        on tmp_conversation.conversation_id = live.conversation_id
    where live.conversation_id is null
    union all
    select
        live.conversation_id,
        said.attribute_name,
        said.attribute_value
    from live
    inner join staging.genesys_conversation_attribute as said
        on
            live.batch_id = said.batch_id
            and live.record_no = said.record_no
            and live.conversation_id = said.conversation_id
),

carried as (
    -- One pass over the attributes; where a list of names has this one: 0 is nowhere.
    select
        held.conversation_id,
        strpos(tmp_batch.case_id_names, ',' || held.attribute_name || ',') as case_order,
        strpos(tmp_batch.account_id_names, ',' || held.attribute_name || ',') as account_order,
        strpos(tmp_batch.contact_id_names, ',' || held.attribute_name || ',') as contact_order,
        strpos(tmp_batch.escalated_names, ',' || held.attribute_name || ',') as escalated_order,
        strpos(tmp_batch.bot_handled_names, ',' || held.attribute_name || ',') as bot_handled_order,
        trim(held.attribute_value) as attribute_value
    from held
    cross join tmp_batch
    where
        strpos(
            tmp_batch.case_id_names || tmp_batch.account_id_names || tmp_batch.contact_id_names
            || tmp_batch.escalated_names || tmp_batch.bot_handled_names,
            ',' || held.attribute_name || ','
        ) > 0
),

mentioned as (
    select
        carried.conversation_id,
        cast('case' as varchar(32)) as meaning,
        carried.case_order as name_order,
        carried.attribute_value
    from carried
    where carried.case_order > 0
    union all
    select
        carried.conversation_id,
        cast('account' as varchar(32)) as meaning,
        carried.account_order as name_order,
        carried.attribute_value
    from carried
    where carried.account_order > 0
    union all
    select
        carried.conversation_id,
        cast('contact' as varchar(32)) as meaning,
        carried.contact_order as name_order,
        carried.attribute_value
    from carried
    where carried.contact_order > 0
    union all
    select
        carried.conversation_id,
        cast('escalated' as varchar(32)) as meaning,
        carried.escalated_order as name_order,
        carried.attribute_value
    from carried
    where carried.escalated_order > 0
    union all
    select
        carried.conversation_id,
        cast('bot_handled' as varchar(32)) as meaning,
        carried.bot_handled_order as name_order,
        carried.attribute_value
    from carried
    where carried.bot_handled_order > 0
),

identified as (
    -- Only what looks like a Salesforce id counts: 15 or 18 letters and digits. Its first 15 characters identify, in their case.
    select
        mentioned.conversation_id,
        mentioned.meaning,
        left(mentioned.attribute_value, 15) as id15,
        dense_rank() over (partition by mentioned.conversation_id, mentioned.meaning order by mentioned.name_order) as rank_of_name
    from mentioned
    where
        mentioned.meaning in ('case', 'account', 'contact')
        and length(mentioned.attribute_value) in (15, 18)
        and translate(lower(mentioned.attribute_value), 'abcdefghijklmnopqrstuvwxyz0123456789', '') = ''
),

flagged as (
    select
        mentioned.conversation_id,
        mentioned.meaning,
        case when lower(mentioned.attribute_value) in ('true', '1', 'yes', 'y') then 1 else 0 end as says_true,
        dense_rank() over (partition by mentioned.conversation_id, mentioned.meaning order by mentioned.name_order) as rank_of_name
    from mentioned
    where
        mentioned.meaning in ('escalated', 'bot_handled')
        and lower(mentioned.attribute_value) in ('true', '1', 'yes', 'y', 'false', '0', 'no', 'n')
),

counted as (
    select
        identified.conversation_id,
        identified.meaning,
        min(identified.id15) as id15,
        count(distinct identified.id15) as different
    from identified
    where identified.rank_of_name = 1
    group by identified.conversation_id, identified.meaning
),

gathered as (
    select
        counted.conversation_id,
        case when counted.meaning = 'case' then counted.id15 end as case_id,
        case when counted.meaning = 'account' then counted.id15 end as account_id,
        case when counted.meaning = 'contact' then counted.id15 end as contact_id,
        case when counted.different > 1 then 1 else 0 end as ambiguous,
        cast(null as integer) as escalated,
        cast(null as integer) as bot_handled
    from counted
    union all
    select
        flagged.conversation_id,
        cast(null as varchar(15)) as case_id,
        cast(null as varchar(15)) as account_id,
        cast(null as varchar(15)) as contact_id,
        0 as ambiguous,
        case when flagged.meaning = 'escalated' then flagged.says_true end as escalated,
        case when flagged.meaning = 'bot_handled' then flagged.says_true end as bot_handled
    from flagged
    where flagged.rank_of_name = 1
)

select
    gathered.conversation_id,
    max(gathered.case_id) as case_id,
    max(gathered.account_id) as account_id,
    max(gathered.contact_id) as contact_id,
    max(gathered.ambiguous) as ambiguous,
    max(gathered.escalated) as escalated,
    max(gathered.bot_handled) as bot_handled
from gathered
group by gathered.conversation_id;

-- curated/link/attribute.sql: what the mentioned participant attributes of the batch's conversations say; the first name present wins.
-- Grain   tmp_said: conversation_id, meaning, attribute_name, attribute_value. tmp_attribute: conversation_id
-- Reads   staging.genesys_attribute of the winning records. Where such a record came from a query, which has no attributes: those of the
--         last details job, or staging.genesys_conversation_attribute if it was read after that job
-- Params  tmp_batch (curated/begin.sql); tmp_conversation (link/conversation.sql)
-- Rule    The longest text of id_prefixes that an id begins with is cut off. What is left is an id if it has 15 or 18 letters and digits,
--         of which the first 15 identify, in their case (the other three repeat what case they have, and are not looked at). An id whose
--         first three characters are not those of its kind is refused, and the next name counts. Any other text (NA, none) says
--         nothing.
-- Rerun   safe: temporary tables of the session

create temp table tmp_said as
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
    select distinct
        held.conversation_id,
        held.attribute_name,
        trim(held.attribute_value) as attribute_value,
        strpos(tmp_batch.case_id_names, ',' || held.attribute_name || ',') as case_order,
        strpos(tmp_batch.account_id_names, ',' || held.attribute_name || ',') as account_order,
        strpos(tmp_batch.contact_id_names, ',' || held.attribute_name || ',') as contact_order,
        strpos(tmp_batch.escalated_names, ',' || held.attribute_name || ',') as escalated_order,
        strpos(tmp_batch.bot_handled_names, ',' || held.attribute_name || ',') as bot_handled_order
    from held
    cross join tmp_batch
    where
        strpos(
            tmp_batch.case_id_names || tmp_batch.account_id_names || tmp_batch.contact_id_names
            || tmp_batch.escalated_names || tmp_batch.bot_handled_names,
            ',' || held.attribute_name || ','
        ) > 0
),

digit as (
    select 0 as n
    union all
    select 1 as n
    union all
    select 2 as n
    union all
    select 3 as n
    union all
    select 4 as n
    union all
    select 5 as n
    union all
    select 6 as n
    union all
    select 7 as n
    union all
    select 8 as n
    union all
    select 9 as n
),

prefix as (
    select listed.id_prefix
    from (
        select split_part(tmp_batch.id_prefixes, ',', tens.n * 10 + ones.n + 2) as id_prefix
        from tmp_batch
        cross join digit as tens
        cross join digit as ones
    ) as listed
    where listed.id_prefix <> ''
),

bare as (
    select
        carried.conversation_id,
        carried.attribute_name,
        carried.attribute_value,
        trim(substring(carried.attribute_value, coalesce(max(length(prefix.id_prefix)), 0) + 1)) as id_text
    from carried
    left join prefix
        on left(carried.attribute_value, length(prefix.id_prefix)) = prefix.id_prefix
    where carried.case_order + carried.account_order + carried.contact_order > 0
    group by carried.conversation_id, carried.attribute_name, carried.attribute_value
),

mentioned as (
    select
        carried.conversation_id,
        carried.attribute_name,
        carried.attribute_value,
        cast('case' as varchar(32)) as meaning,
        carried.case_order as name_order
    from carried
    where carried.case_order > 0
    union all
    select
        carried.conversation_id,
        carried.attribute_name,
        carried.attribute_value,
        cast('account' as varchar(32)) as meaning,
        carried.account_order as name_order
    from carried
    where carried.account_order > 0
    union all
    select
        carried.conversation_id,
        carried.attribute_name,
        carried.attribute_value,
        cast('contact' as varchar(32)) as meaning,
        carried.contact_order as name_order
    from carried
    where carried.contact_order > 0
    union all
    select
        carried.conversation_id,
        carried.attribute_name,
        carried.attribute_value,
        cast('escalated' as varchar(32)) as meaning,
        carried.escalated_order as name_order
    from carried
    where carried.escalated_order > 0
    union all
    select
        carried.conversation_id,
        carried.attribute_name,
        carried.attribute_value,
        cast('bot_handled' as varchar(32)) as meaning,
        carried.bot_handled_order as name_order
    from carried
    where carried.bot_handled_order > 0
),

kinded as (
    select
        mentioned.*,
        bare.id_text,
        case mentioned.meaning
            when 'case' then tmp_batch.case_prefixes
            when 'account' then tmp_batch.account_prefixes
            when 'contact' then tmp_batch.contact_prefixes
        end as kind_prefixes
    from mentioned
    cross join tmp_batch
    left join bare
        on
            mentioned.conversation_id = bare.conversation_id
            and mentioned.attribute_name = bare.attribute_name
            and mentioned.attribute_value = bare.attribute_value
            and mentioned.meaning in ('case', 'account', 'contact')
)

select
    kinded.conversation_id,
    kinded.meaning,
    kinded.name_order,
    kinded.attribute_name,
    kinded.attribute_value,
    kinded.kind_prefixes,
    left(kinded.id_text, 15) as id15,
    case
        when kinded.id_text is null or length(kinded.id_text) not in (15, 18) then 0
        when translate(lower(kinded.id_text), 'abcdefghijklmnopqrstuvwxyz0123456789', '') <> '' then 0
        else 1
    end as is_id,
    case when strpos(kinded.kind_prefixes, ',' || left(kinded.id_text, 3) || ',') > 0 then 1 else 0 end as is_of_kind
from kinded;

create temp table tmp_attribute as
with identified as (
    select
        tmp_said.conversation_id,
        tmp_said.meaning,
        tmp_said.id15,
        dense_rank() over (partition by tmp_said.conversation_id, tmp_said.meaning order by tmp_said.name_order) as rank_of_name
    from tmp_said
    where tmp_said.is_id = 1 and tmp_said.is_of_kind = 1
),

flagged as (
    select
        tmp_said.conversation_id,
        tmp_said.meaning,
        case when lower(tmp_said.attribute_value) in ('true', '1', 'yes', 'y') then 1 else 0 end as says_true,
        dense_rank() over (partition by tmp_said.conversation_id, tmp_said.meaning order by tmp_said.name_order) as rank_of_name
    from tmp_said
    where
        tmp_said.meaning in ('escalated', 'bot_handled')
        and lower(tmp_said.attribute_value) in ('true', '1', 'yes', 'y', 'false', '0', 'no', 'n')
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

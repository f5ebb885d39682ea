-- version_3_record_genesys: where in staging the records of Genesys Cloud lie that earlier releases have loaded.
-- Grain   one section per object
-- Form    as version_3.sql says

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.conversation_id as varchar(256)) as natural_id,
        cast('conversation' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        staged.extraction,
        staged.conversation_start
    from staging.genesys_conversation as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.queue_id as varchar(256)) as natural_id,
        cast('queue' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_queue as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.user_id as varchar(256)) as natural_id,
        cast('user' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_user as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.wrap_up_code_id as varchar(256)) as natural_id,
        cast('wrapup_code' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_wrapup_code as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.division_id as varchar(256)) as natural_id,
        cast('division' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_division as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.campaign_id as varchar(256)) as natural_id,
        cast('campaign' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_campaign as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.asked_id as varchar(256)) as natural_id,
        cast('external_contact' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast(case when staged.external_contact_id is null then '1970-01-01' else '1970-01-02' end as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_external_contact as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.evaluation_id as varchar(256)) as natural_id,
        cast('evaluation' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_evaluation_update as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.conversation_id as varchar(256)) as natural_id,
        cast('conversation_evaluation' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_evaluation_update as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.survey_id as varchar(256)) as natural_id,
        cast('survey' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_survey_update as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.conversation_id as varchar(256)) as natural_id,
        cast('conversation_survey' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_survey_update as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select distinct
        cast(staged.conversation_id as varchar(256)) as natural_id,
        cast('conversation_attribute' as varchar(64)) as object,
        cast('genesys' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.genesys_conversation_attribute as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

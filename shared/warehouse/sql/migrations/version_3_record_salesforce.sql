-- version_3_record_salesforce: where in staging the records of Salesforce lie that earlier releases have loaded.
-- Grain   one section per object
-- Form    as version_3.sql says

-- fill: ops.staged_record
insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select there.*
from (
    select
        cast(staged.account_id as varchar(256)) as natural_id,
        cast('account' as varchar(64)) as object,
        cast('salesforce' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.salesforce_account as staged
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
        cast(staged.contact_id as varchar(256)) as natural_id,
        cast('contact' as varchar(64)) as object,
        cast('salesforce' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.salesforce_contact as staged
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
        cast(staged.case_id as varchar(256)) as natural_id,
        cast('case' as varchar(64)) as object,
        cast('salesforce' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.salesforce_case as staged
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
        cast(staged.opportunity_id as varchar(256)) as natural_id,
        cast('opportunity' as varchar(64)) as object,
        cast('salesforce' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.salesforce_opportunity as staged
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
        cast('salesforce' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        staged.system_modstamp as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.salesforce_user as staged
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
        cast(staged.history_id as varchar(256)) as natural_id,
        cast(staged.object || '_history' as varchar(64)) as object,
        cast('salesforce' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.salesforce_history as staged
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
        cast(
            cast(staged.created_date as varchar(16)) || '/' || case when staged.is_closed then 'closed' else 'open' end
            || case when staged.is_deleted then '/deleted/' else '/' end || cast(staged.extracted_at as varchar(32)) as varchar(256)
        ) as natural_id,
        cast('case_count' as varchar(64)) as object,
        cast('salesforce' as varchar(32)) as source,
        staged.batch_id,
        staged.record_no,
        staged.extracted_at,
        cast('1970-01-01' as timestamp) as source_version,
        cast(null as varchar(16)) as extraction,
        cast(null as timestamp) as conversation_start
    from staging.salesforce_case_count as staged
) as there
left join ops.staged_record
    on
        there.natural_id = staged_record.natural_id
        and there.object = staged_record.object
        and there.source = staged_record.source
        and there.batch_id = staged_record.batch_id
        and there.record_no = staged_record.record_no
where staged_record.natural_id is null;

-- curated/staged_record/batch.sql: the records that the batch has in staging, by their natural ids.
-- Grain   object, natural_id, record_no
-- Reads   staging of the batch
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe: a temporary table of the session

create temp table tmp_staged as
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
-- An answer without the contact replaces none that has it.
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id
union all
-- A count tells of its own instant, and replaces none: only a replay of it says the same again.
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
inner join tmp_batch
    on staged.batch_id = tmp_batch.batch_id;

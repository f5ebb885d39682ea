-- version_1: what migrate applied to a warehouse of schema version 1 (0.1.0), statement for statement, in its order.
-- Never edited: tests make a warehouse of that version from it, and sql/migrations/published.toml has its fingerprints.

-- unit: ops/check_result.sql
create table if not exists ops.check_result (
    batch_id varchar(128) not null,
    check_name varchar(256) not null,
    severity varchar(8) not null,
    verdict varchar(8) not null,
    observed varchar(1024) not null,
    expected varchar(1024) not null,
    checked_at timestamp not null
)
diststyle auto;

-- unit: ops/live_snapshot.sql
create table if not exists ops.live_snapshot (
    campaign_id varchar(64) not null,
    as_of timestamp not null,
    source varchar(64) not null,
    kpi varchar(64) not null,
    kpi_value decimal(18, 6),
    is_settled boolean not null
)
diststyle auto
sortkey (as_of);

-- unit: ops/load_log.sql
create table if not exists ops.load_log (
    batch_id varchar(128) not null,
    manifest_sha256 varchar(64) not null,
    files bigint not null,
    copied_rows bigint not null,
    loaded_at timestamp default getdate(),
    merged_at timestamp
)
diststyle auto;

-- unit: ops/report_receipt.sql
create table if not exists ops.report_receipt (
    batch_id varchar(128) not null,
    report_name varchar(128) not null,
    period_start timestamp not null,
    period_end timestamp not null,
    format varchar(8) not null,
    object_key varchar(1024) not null,
    row_count bigint not null,
    byte_count bigint not null,
    sha256 varchar(64) not null,
    is_settled boolean not null,
    exported_at timestamp not null
)
diststyle auto;

-- unit: ops/schema_version.sql
create table if not exists ops.schema_version (
    unit varchar(256) not null,
    sha256 varchar(64) not null,
    version integer not null,
    applied_at timestamp default getdate()
)
diststyle auto;

-- unit: ops/turn.sql
create table if not exists ops.turn (
    step varchar(16) not null
)
diststyle all;
insert into ops.turn (step)
select cast('load' as varchar(16)) as step
where not exists (
    select 1 as found from ops.turn
    where turn.step = 'load'
);
insert into ops.turn (step)
select cast('merge' as varchar(16)) as step
where not exists (
    select 1 as found from ops.turn
    where turn.step = 'merge'
);

-- unit: ops/window_ledger.sql
create table if not exists ops.window_ledger (
    batch_id varchar(128) not null,
    mode varchar(16) not null,
    source varchar(32) not null,
    object varchar(64) not null,
    window_start timestamp not null,
    window_end timestamp not null,
    window_no bigint not null,
    extraction varchar(16) not null,
    api_rows bigint,
    received_rows bigint not null,
    out_of_window_rows bigint not null,
    duplicate_rows bigint not null,
    landed_rows bigint not null,
    staged_rows bigint not null,
    quarantined_rows bigint not null,
    merged_rows bigint,
    superseded_rows bigint,
    is_settled boolean not null,
    api_calls bigint not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (window_start);

-- unit: raw/genesys_conversation.sql
create table if not exists "raw".genesys_conversation (
    batch_id varchar(128) not null,
    object varchar(64) not null,
    window_start timestamp not null,
    window_end timestamp not null,
    record_no bigint not null,
    natural_id varchar(64) not null,
    extracted_at timestamp not null,
    object_key varchar(1024) not null,
    line bigint not null,
    sha256 varchar(64) not null,
    payload super,
    ingested_at timestamp default getdate()
)
diststyle auto
sortkey (window_start);

-- unit: raw/salesforce_record.sql
create table if not exists "raw".salesforce_record (
    batch_id varchar(128) not null,
    object varchar(64) not null,
    window_start timestamp not null,
    window_end timestamp not null,
    record_no bigint not null,
    natural_id varchar(64) not null,
    extracted_at timestamp not null,
    object_key varchar(1024) not null,
    line bigint not null,
    sha256 varchar(64) not null,
    payload super,
    ingested_at timestamp default getdate()
)
diststyle auto
sortkey (window_start);

-- unit: staging/genesys_adherence.sql
create table if not exists staging.genesys_adherence (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    management_unit_id varchar(64) not null,
    user_id varchar(64) not null,
    day_start timestamp not null,
    adherence_schedule_seconds bigint,
    conformance_schedule_seconds bigint,
    conformance_actual_seconds bigint,
    exception_count bigint,
    exception_duration_seconds bigint
)
diststyle auto;

-- unit: staging/genesys_attribute.sql
create table if not exists staging.genesys_attribute (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    attribute_name varchar(4096) not null,
    attribute_value varchar(65535)
)
diststyle auto;

-- unit: staging/genesys_conversation.sql
create table if not exists staging.genesys_conversation (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    window_start timestamp not null,
    window_end timestamp not null,
    extraction varchar(16) not null,
    conversation_id varchar(64) not null,
    conversation_start timestamp not null,
    conversation_end timestamp,
    originating_direction varchar(32),
    conversation_initiator varchar(32),
    division_ids varchar(4096),
    external_tag varchar(1024),
    self_served boolean,
    customer_participation boolean,
    media_types varchar(512),
    participant_count integer not null
)
diststyle auto
sortkey (conversation_start);

-- unit: staging/genesys_evaluation.sql
create table if not exists staging.genesys_evaluation (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    evaluation_no integer not null,
    evaluation_id varchar(64),
    form_id varchar(64),
    form_name varchar(1024),
    evaluator_id varchar(64),
    user_id varchar(64),
    queue_id varchar(64),
    released boolean,
    evaluation_status varchar(32),
    total_score bigint,
    total_critical_score bigint,
    deleted boolean,
    rescored boolean,
    event_time timestamp
)
diststyle auto;

-- unit: staging/genesys_external_contact.sql
create table if not exists staging.genesys_external_contact (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    asked_id varchar(64) not null,
    external_contact_id varchar(64),
    canonical_id varchar(64),
    contact_type varchar(32),
    salesforce_contact_id varchar(18),
    salesforce_account_id varchar(18),
    external_organization_id varchar(64),
    external_ids varchar(65535)
)
diststyle auto;

-- unit: staging/genesys_metric.sql
create table if not exists staging.genesys_metric (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null,
    metric_no integer not null,
    metric_name varchar(64) not null,
    metric_value bigint,
    emit_date timestamp
)
diststyle auto;

-- unit: staging/genesys_participant.sql
create table if not exists staging.genesys_participant (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    participant_id varchar(64),
    user_id varchar(64),
    purpose varchar(32),
    participant_name varchar(2048),
    external_contact_id varchar(64),
    external_organization_id varchar(64),
    team_id varchar(64),
    flagged_reason varchar(64)
)
diststyle auto;

-- unit: staging/genesys_queue.sql
create table if not exists staging.genesys_queue (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    queue_id varchar(64) not null,
    queue_name varchar(2048),
    division_id varchar(64),
    division_name varchar(2048),
    date_modified timestamp
)
diststyle auto;

-- unit: staging/genesys_segment.sql
create table if not exists staging.genesys_segment (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null,
    segment_no integer not null,
    segment_start timestamp,
    segment_end timestamp,
    segment_type varchar(32),
    queue_id varchar(64),
    disconnect_type varchar(32),
    wrap_up_code varchar(64),
    wrap_up_note varchar(65535),
    wrap_up_tags varchar(65535),
    error_code varchar(1024),
    requested_language_id varchar(64),
    requested_routing_skill_ids varchar(65535),
    conference boolean
)
diststyle auto;

-- unit: staging/genesys_session.sql
create table if not exists staging.genesys_session (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null,
    session_id varchar(64),
    peer_id varchar(64),
    media_type varchar(32),
    message_type varchar(64),
    direction varchar(32),
    ani varchar(1024),
    dnis varchar(1024),
    session_dnis varchar(1024),
    address_from varchar(1024),
    address_to varchar(1024),
    remote varchar(1024),
    provider varchar(256),
    used_routing varchar(32),
    selected_agent_id varchar(64),
    outbound_campaign_id varchar(64),
    outbound_contact_id varchar(1024),
    outbound_contact_list_id varchar(64),
    disposition_name varchar(1024),
    disposition_analyzer varchar(1024),
    flow_id varchar(64),
    flow_name varchar(1024),
    flow_type varchar(64),
    flow_exit_reason varchar(64),
    flow_transfer_type varchar(64),
    recording boolean
)
diststyle auto;

-- unit: staging/genesys_survey.sql
create table if not exists staging.genesys_survey (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    survey_no integer not null,
    survey_id varchar(64),
    form_id varchar(64),
    form_name varchar(1024),
    user_id varchar(64),
    queue_id varchar(64),
    survey_status varchar(32),
    survey_type varchar(32),
    total_score bigint,
    promoter_score bigint,
    completed_at timestamp,
    event_time timestamp
)
diststyle auto;

-- unit: staging/genesys_user.sql
create table if not exists staging.genesys_user (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    user_id varchar(64) not null,
    user_name varchar(2048),
    email varchar(1024),
    state varchar(32),
    department varchar(1024),
    title varchar(1024),
    division_id varchar(64)
)
diststyle auto;

-- unit: staging/genesys_wrapup_code.sql
create table if not exists staging.genesys_wrapup_code (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    wrap_up_code_id varchar(64) not null,
    wrap_up_code_name varchar(2048),
    division_id varchar(64),
    date_modified timestamp
)
diststyle auto;

-- unit: staging/quarantine.sql
create table if not exists staging.quarantine (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    source varchar(32) not null,
    object varchar(64) not null,
    window_start timestamp not null,
    window_end timestamp not null,
    natural_id varchar(64),
    reason varchar(64) not null,
    detail varchar(4096) not null,
    object_key varchar(1024) not null,
    line bigint not null,
    sha256 varchar(64) not null
)
diststyle auto;

-- unit: staging/salesforce_account.sql
create table if not exists staging.salesforce_account (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    account_id varchar(18) not null,
    master_record_id varchar(18),
    account_name varchar(1020),
    account_type varchar(1020),
    industry varchar(1020),
    customer_tier varchar(1020),
    ltv_usd decimal(18, 2),
    phone varchar(160),
    owner_id varchar(18),
    owner_name varchar(1020),
    parent_account_id varchar(18),
    extra varchar(65535)
)
diststyle auto;

-- unit: staging/salesforce_case.sql
create table if not exists staging.salesforce_case (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    case_id varchar(18) not null,
    master_record_id varchar(18),
    case_number varchar(120),
    account_id varchar(18),
    contact_id varchar(18),
    case_subject varchar(1020),
    case_category varchar(1020),
    case_status varchar(1020),
    case_priority varchar(1020),
    case_origin varchar(1020),
    is_closed boolean,
    closed_at timestamp,
    owner_id varchar(18),
    extra varchar(65535)
)
diststyle auto;

-- unit: staging/salesforce_contact.sql
create table if not exists staging.salesforce_contact (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    contact_id varchar(18) not null,
    master_record_id varchar(18),
    account_id varchar(18),
    contact_name varchar(1020),
    email varchar(320),
    phone varchar(160),
    mobile_phone varchar(160),
    owner_id varchar(18),
    extra varchar(65535)
)
diststyle auto;

-- unit: staging/salesforce_opportunity.sql
create table if not exists staging.salesforce_opportunity (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    last_modified_at timestamp,
    opportunity_id varchar(18) not null,
    account_id varchar(18),
    opportunity_name varchar(1020),
    stage_name varchar(1020),
    amount decimal(18, 2),
    currency_iso_code varchar(12),
    is_closed boolean,
    is_won boolean,
    close_date date,
    owner_id varchar(18),
    extra varchar(65535)
)
diststyle auto;

-- unit: curated/dim_salesforce_account/table.sql
create table if not exists curated.dim_salesforce_account (
    account_version_key varchar(64) not null,
    account_key varchar(64) not null,
    account_id varchar(18) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    is_current boolean not null,
    is_latest boolean not null,
    close_reason varchar(16),
    master_record_id varchar(18),
    created_at timestamp,
    account_name varchar(1020),
    account_type varchar(1020),
    industry varchar(1020),
    customer_tier varchar(1020),
    ltv_usd decimal(18, 2),
    phone varchar(160),
    owner_id varchar(18),
    owner_name varchar(1020),
    parent_account_id varchar(18),
    batch_id varchar(128) not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (account_id, valid_from);

-- unit: curated/dim_salesforce_contact/table.sql
create table if not exists curated.dim_salesforce_contact (
    contact_version_key varchar(64) not null,
    contact_key varchar(64) not null,
    contact_id varchar(18) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    is_current boolean not null,
    is_latest boolean not null,
    close_reason varchar(16),
    master_record_id varchar(18),
    created_at timestamp,
    account_id varchar(18),
    contact_name varchar(1020),
    email varchar(320),
    phone varchar(160),
    mobile_phone varchar(160),
    owner_id varchar(18),
    batch_id varchar(128) not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (contact_id, valid_from);

-- unit: curated/dim_salesforce_case/table.sql
create table if not exists curated.dim_salesforce_case (
    case_version_key varchar(64) not null,
    case_key varchar(64) not null,
    case_id varchar(18) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    is_current boolean not null,
    is_latest boolean not null,
    close_reason varchar(16),
    master_record_id varchar(18),
    created_at timestamp,
    case_number varchar(120),
    account_id varchar(18),
    contact_id varchar(18),
    case_subject varchar(1020),
    case_category varchar(1020),
    case_status varchar(1020),
    case_priority varchar(1020),
    case_origin varchar(1020),
    is_closed boolean,
    closed_at timestamp,
    owner_id varchar(18),
    batch_id varchar(128) not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (case_id, valid_from);

-- unit: curated/salesforce_opportunity/table.sql
create table if not exists curated.salesforce_opportunity (
    opportunity_key varchar(64) not null,
    opportunity_id varchar(18) not null,
    is_deleted boolean not null,
    system_modstamp timestamp not null,
    created_at timestamp,
    account_id varchar(18),
    opportunity_name varchar(1020),
    stage_name varchar(1020),
    amount decimal(18, 2),
    currency_iso_code varchar(12),
    is_closed boolean,
    is_won boolean,
    close_date date,
    owner_id varchar(18),
    batch_id varchar(128) not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (opportunity_id);

-- unit: curated/dim_agent/table.sql
create table if not exists curated.dim_agent (
    agent_key varchar(64) not null,
    user_id varchar(64) not null,
    user_name varchar(2048),
    email varchar(1024),
    state varchar(32),
    department varchar(1024),
    title varchar(1024),
    division_id varchar(64),
    batch_id varchar(128) not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (user_id);

-- unit: curated/dim_queue/table.sql
create table if not exists curated.dim_queue (
    queue_key varchar(64) not null,
    queue_id varchar(64) not null,
    queue_name varchar(2048),
    division_id varchar(64),
    division_name varchar(2048),
    date_modified timestamp,
    batch_id varchar(128) not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (queue_id);

-- unit: curated/dim_wrapup_code/table.sql
create table if not exists curated.dim_wrapup_code (
    wrap_up_code_key varchar(64) not null,
    wrap_up_code_id varchar(64) not null,
    wrap_up_code_name varchar(2048),
    division_id varchar(64),
    date_modified timestamp,
    batch_id varchar(128) not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (wrap_up_code_id);

-- unit: curated/external_contact/table.sql
create table if not exists curated.external_contact (
    external_contact_key varchar(64) not null,
    asked_id varchar(64) not null,
    external_contact_id varchar(64),
    canonical_id varchar(64),
    contact_type varchar(32),
    salesforce_contact_id varchar(18),
    salesforce_account_id varchar(18),
    external_organization_id varchar(64),
    batch_id varchar(128) not null,
    extracted_at timestamp not null
)
diststyle auto
sortkey (asked_id);

-- unit: curated/fact_agent_leg/table.sql
create table if not exists curated.fact_agent_leg (
    agent_leg_key varchar(64) not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null,
    conversation_start timestamp not null,
    session_id varchar(64),
    user_id varchar(64),
    queue_id varchar(64),
    media_type varchar(32),
    direction varchar(32),
    answered boolean not null,
    talk_time_ms bigint,
    hold_time_ms bigint,
    acw_time_ms bigint,
    handle_time_ms bigint,
    wrap_up_code varchar(64),
    batch_id varchar(128) not null,
    etl_loaded_at timestamp not null
)
diststyle auto
sortkey (conversation_start);

-- unit: curated/fact_customer_interactions/table.sql
create table if not exists curated.fact_customer_interactions (
    conversation_key varchar(64) not null,
    conversation_id varchar(64) not null,
    conversation_start timestamp not null,
    conversation_end timestamp,
    duration_ms bigint,
    queue_id varchar(64),
    media_type varchar(32),
    direction varchar(32),
    agent_id varchar(64),
    handle_time_ms bigint,
    talk_time_ms bigint,
    hold_time_ms bigint,
    acw_time_ms bigint,
    wrap_up_code varchar(64),
    abandoned boolean not null,
    transferred boolean not null,
    was_escalated boolean not null,
    handled_by_bot_only boolean not null,
    qa_score bigint,
    csat_score bigint,
    nps bigint,
    external_contact_id varchar(64),
    external_contact_count integer not null,
    asked_case_id varchar(15),
    asked_account_id varchar(15),
    asked_contact_id varchar(15),
    asked_ambiguous boolean not null,
    is_settled boolean not null,
    etl_loaded_at timestamp not null,
    data_source varchar(32) not null,
    batch_id varchar(128) not null,
    record_no bigint not null,
    link_method varchar(32) not null,
    crm_account_id varchar(18),
    crm_contact_id varchar(18),
    crm_case_id varchar(18),
    customer_tier varchar(1020)
)
diststyle auto
sortkey (conversation_start);

-- unit: curated/fact_anonymous_interactions/table.sql
create table if not exists curated.fact_anonymous_interactions (
    conversation_key varchar(64) not null,
    conversation_id varchar(64) not null,
    conversation_start timestamp not null,
    conversation_end timestamp,
    duration_ms bigint,
    queue_id varchar(64),
    media_type varchar(32),
    direction varchar(32),
    agent_id varchar(64),
    handle_time_ms bigint,
    talk_time_ms bigint,
    hold_time_ms bigint,
    acw_time_ms bigint,
    wrap_up_code varchar(64),
    abandoned boolean not null,
    transferred boolean not null,
    was_escalated boolean not null,
    handled_by_bot_only boolean not null,
    qa_score bigint,
    csat_score bigint,
    nps bigint,
    external_contact_id varchar(64),
    external_contact_count integer not null,
    asked_case_id varchar(15),
    asked_account_id varchar(15),
    asked_contact_id varchar(15),
    asked_ambiguous boolean not null,
    is_settled boolean not null,
    etl_loaded_at timestamp not null,
    data_source varchar(32) not null,
    batch_id varchar(128) not null,
    record_no bigint not null,
    link_reason varchar(32) not null
)
diststyle auto
sortkey (conversation_start);

-- unit: curated/quarantine/table.sql
create table if not exists curated.quarantine (
    quarantine_key varchar(64) not null,
    source varchar(32) not null,
    object varchar(64) not null,
    record_ref varchar(64) not null,
    natural_id varchar(64),
    reason varchar(64) not null,
    detail varchar(4096) not null,
    first_seen_at timestamp not null,
    last_seen_at timestamp not null,
    first_batch_id varchar(128) not null,
    last_batch_id varchar(128) not null,
    times bigint not null,
    window_start timestamp,
    window_end timestamp,
    object_key varchar(1024),
    line bigint,
    sha256 varchar(64)
)
diststyle auto
sortkey (last_seen_at);

-- unit: mart/unified_interactions.sql
create or replace view mart.unified_interactions as
with interactions as (
    select
        customer.conversation_id,
        customer.conversation_start,
        customer.conversation_end,
        customer.duration_ms,
        customer.queue_id,
        customer.media_type,
        customer.direction,
        customer.agent_id,
        customer.handle_time_ms,
        customer.talk_time_ms,
        customer.hold_time_ms,
        customer.acw_time_ms,
        customer.wrap_up_code,
        customer.abandoned,
        customer.transferred,
        customer.was_escalated,
        customer.handled_by_bot_only,
        customer.qa_score,
        customer.csat_score,
        customer.nps,
        customer.external_contact_id,
        customer.crm_account_id,
        customer.crm_contact_id,
        customer.crm_case_id,
        customer.link_method,
        customer.customer_tier,
        customer.is_settled,
        customer.etl_loaded_at,
        customer.data_source
    from curated.fact_customer_interactions as customer
    union all
    select
        anonymous.conversation_id,
        anonymous.conversation_start,
        anonymous.conversation_end,
        anonymous.duration_ms,
        anonymous.queue_id,
        anonymous.media_type,
        anonymous.direction,
        anonymous.agent_id,
        anonymous.handle_time_ms,
        anonymous.talk_time_ms,
        anonymous.hold_time_ms,
        anonymous.acw_time_ms,
        anonymous.wrap_up_code,
        anonymous.abandoned,
        anonymous.transferred,
        anonymous.was_escalated,
        anonymous.handled_by_bot_only,
        anonymous.qa_score,
        anonymous.csat_score,
        anonymous.nps,
        anonymous.external_contact_id,
        cast(null as varchar(18)) as crm_account_id,
        cast(null as varchar(18)) as crm_contact_id,
        cast(null as varchar(18)) as crm_case_id,
        cast(null as varchar(32)) as link_method,
        cast(null as varchar(1020)) as customer_tier,
        anonymous.is_settled,
        anonymous.etl_loaded_at,
        anonymous.data_source
    from curated.fact_anonymous_interactions as anonymous
),
open_cases as (
    select
        dim_salesforce_case.account_id,
        count(*) as open_case_count
    from curated.dim_salesforce_case
    where dim_salesforce_case.is_current and not coalesce(dim_salesforce_case.is_closed, false)
    group by dim_salesforce_case.account_id
),
open_opportunities as (
    select
        salesforce_opportunity.account_id,
        count(*) as open_opportunity_count
    from curated.salesforce_opportunity
    where not salesforce_opportunity.is_deleted and not coalesce(salesforce_opportunity.is_closed, false)
    group by salesforce_opportunity.account_id
)
select
    interactions.conversation_id,
    interactions.conversation_start,
    interactions.conversation_end,
    interactions.duration_ms,
    interactions.queue_id,
    dim_queue.queue_name,
    interactions.media_type,
    interactions.direction,
    interactions.agent_id,
    dim_agent.user_name as agent_name,
    interactions.handle_time_ms,
    interactions.talk_time_ms,
    interactions.hold_time_ms,
    interactions.acw_time_ms,
    interactions.wrap_up_code,
    interactions.abandoned,
    interactions.transferred,
    interactions.was_escalated,
    interactions.handled_by_bot_only,
    interactions.qa_score,
    interactions.csat_score,
    interactions.nps,
    interactions.external_contact_id,
    interactions.crm_account_id,
    interactions.crm_contact_id,
    interactions.crm_case_id,
    interactions.link_method,
    interactions.customer_tier,
    account.customer_tier as customer_tier_current,
    account.industry,
    account.owner_name as account_owner,
    case when interactions.crm_account_id is not null then coalesce(open_cases.open_case_count, 0) end as open_case_count,
    case when interactions.crm_account_id is not null then coalesce(open_opportunities.open_opportunity_count, 0) end
        as open_opportunity_count,
    account.ltv_usd,
    crm_case.case_category,
    crm_case.case_status,
    crm_case.case_priority,
    interactions.is_settled,
    interactions.etl_loaded_at,
    interactions.data_source
from interactions
left join curated.dim_queue
    on interactions.queue_id = dim_queue.queue_id
left join curated.dim_agent
    on interactions.agent_id = dim_agent.user_id
left join curated.dim_salesforce_account as account
    on
        interactions.crm_account_id = account.account_id
        and account.is_latest
left join curated.dim_salesforce_case as crm_case
    on
        interactions.crm_case_id = crm_case.case_id
        and crm_case.is_latest
left join open_cases
    on interactions.crm_account_id = open_cases.account_id
left join open_opportunities
    on interactions.crm_account_id = open_opportunities.account_id;

-- unit: mart/bot_containment_by_industry.sql
create or replace view mart.bot_containment_by_industry as
select
    cast(unified_interactions.conversation_start as date) as conversation_date,
    coalesce(unified_interactions.industry, '(none)') as industry,
    count(*) as conversations,
    sum(case when unified_interactions.handled_by_bot_only then 1 else 0 end) as bot_contained,
    cast(
        cast(sum(case when unified_interactions.handled_by_bot_only then 1 else 0 end) as decimal(18, 6)) / nullif(count(*), 0)
        as decimal(9, 6)
    ) as bot_containment_rate,
    min(case when unified_interactions.is_settled then 1 else 0 end) = 1 as is_settled
from mart.unified_interactions
group by
    cast(unified_interactions.conversation_start as date),
    coalesce(unified_interactions.industry, '(none)');

-- unit: mart/escalation_by_tier.sql
create or replace view mart.escalation_by_tier as
select
    cast(unified_interactions.conversation_start as date) as conversation_date,
    coalesce(unified_interactions.customer_tier, '(none)') as customer_tier,
    count(*) as conversations,
    sum(case when unified_interactions.was_escalated then 1 else 0 end) as escalated,
    cast(
        cast(sum(case when unified_interactions.was_escalated then 1 else 0 end) as decimal(18, 6)) / nullif(count(*), 0)
        as decimal(9, 6)
    ) as escalation_rate,
    min(case when unified_interactions.is_settled then 1 else 0 end) = 1 as is_settled
from mart.unified_interactions
group by
    cast(unified_interactions.conversation_start as date),
    coalesce(unified_interactions.customer_tier, '(none)');

-- unit: mart/join_rate.sql
create or replace view mart.join_rate as
with counted as (
    select
        cast(unified_interactions.conversation_start as date) as conversation_date,
        coalesce(unified_interactions.media_type, '(none)') as media_type,
        coalesce(unified_interactions.link_method, '(none)') as link_method,
        count(*) as conversations,
        sum(case when unified_interactions.link_method is null then 0 else 1 end) as linked,
        min(case when unified_interactions.is_settled then 1 else 0 end) as settled
    from mart.unified_interactions
    group by
        cast(unified_interactions.conversation_start as date),
        coalesce(unified_interactions.media_type, '(none)'),
        coalesce(unified_interactions.link_method, '(none)')
)
select
    counted.conversation_date,
    counted.media_type,
    counted.link_method,
    counted.conversations,
    counted.linked,
    cast(
        cast(counted.conversations as decimal(18, 6))
        / nullif(cast(sum(counted.conversations) over (partition by counted.conversation_date, counted.media_type) as bigint), 0)
        as decimal(9, 6)
    ) as link_share,
    counted.settled = 1 as is_settled
from counted;

-- staging.genesys_adherence: historical adherence per agent and day.
-- Grain   batch_id, management_unit_id, user_id, day_start

create table if not exists staging.genesys_adherence (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    management_unit_id varchar(64) not null,
    user_id varchar(64) not null,
    day_start timestamp not null, -- UTC instant the day starts, or the query in it; no values: the day was left out
    adherence_schedule_seconds bigint,
    conformance_schedule_seconds bigint,
    conformance_actual_seconds bigint,
    exception_count bigint,
    exception_duration_seconds bigint
)
diststyle auto;

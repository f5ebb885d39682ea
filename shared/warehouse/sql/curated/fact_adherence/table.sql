-- curated.fact_adherence: how an agent kept to the schedule, by day of the business time zone as it was when they were read. A window ends
-- at midnight UTC: a day that lies in two windows has two rows, which add up.
-- Grain   management_unit_id, user_id, day_start; no two days of an agent in a unit overlap

create table if not exists curated.fact_adherence (
    management_unit_id varchar(64) not null,
    user_id varchar(64) not null,
    day_start timestamp not null, -- UTC
    day_end timestamp not null, -- UTC, exclusive: where the next day begins, or where the window ended
    adherence_schedule_seconds bigint,
    exception_count bigint,
    exception_duration_seconds bigint,
    conformance_schedule_seconds bigint,
    conformance_actual_seconds bigint,
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (day_start);

-- ops.check_result: the verdict of each data test, per batch.
-- Grain   batch_id, check_name; for plan/notices batch_id, observed: one row for each thing the plan had to tell

create table if not exists ops.check_result (
    batch_id varchar(128) not null,
    check_name varchar(256) not null,
    severity varchar(8) not null, -- fail, warn
    verdict varchar(8) not null, -- pass, warn, fail
    observed varchar(1024) not null, -- what was found: offending rows, or the measured value
    expected varchar(1024) not null, -- the rule
    checked_at timestamp not null
)
diststyle auto;

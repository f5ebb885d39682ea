-- staging.quarantine: records that extraction refused; their bytes lie where object_key and line say.
-- Grain   batch_id, record_no

create table if not exists staging.quarantine (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    source varchar(32) not null, -- genesys, salesforce
    object varchar(64) not null,
    window_start timestamp not null,
    window_end timestamp not null,
    natural_id varchar(64), -- null when the record does not tell
    reason varchar(64) not null, -- unreadable, unstorable_value, too_long, missing_key, bad_time, ...
    detail varchar(4096) not null, -- field, value, rule; never a whole body
    object_key varchar(1024) not null,
    line bigint not null,
    sha256 varchar(64) not null
)
diststyle auto;

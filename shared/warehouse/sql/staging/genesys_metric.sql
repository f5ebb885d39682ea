-- staging.genesys_metric: metrics of sessions as received; a name may repeat within a session.
-- Grain   batch_id, record_no, participant_no, session_no, metric_no

create table if not exists staging.genesys_metric (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null,
    metric_no integer not null, -- position in the session, from 0
    metric_name varchar(64) not null,
    metric_value bigint, -- t*: milliseconds; n*: count; o*: observation
    emit_date timestamp
)
diststyle auto;

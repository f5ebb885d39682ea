-- staging.genesys_evaluation: quality evaluations inside conversation records, as received.
-- Grain   batch_id, record_no, evaluation_no

create table if not exists staging.genesys_evaluation (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    evaluation_no integer not null, -- position in the conversation, from 0
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

-- staging.genesys_evaluation_update: quality evaluations of which something happened in a window, as they stood when read.
-- They come days after their conversation; those inside conversation records are in staging.genesys_evaluation.
-- Grain   batch_id, evaluation_id

create table if not exists staging.genesys_evaluation_update (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    evaluation_id varchar(64) not null,
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

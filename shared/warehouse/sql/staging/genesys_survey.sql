-- staging.genesys_survey: surveys inside conversation records, as received.
-- Grain   batch_id, record_no, survey_no

create table if not exists staging.genesys_survey (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    survey_no integer not null, -- position in the conversation, from 0
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

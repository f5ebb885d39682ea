-- staging.genesys_survey_update: surveys of which something happened in a window, as they stood when read.
-- They come days after their conversation; those inside conversation records are in staging.genesys_survey.
-- Grain   batch_id, survey_id

create table if not exists staging.genesys_survey_update (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    survey_id varchar(64) not null,
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

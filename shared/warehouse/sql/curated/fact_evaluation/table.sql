-- curated.fact_evaluation: a quality evaluation of an agent's part in a conversation, as last read.
-- Grain   conversation_id, evaluation_id (one without an id: its place in the conversation's last record)

create table if not exists curated.fact_evaluation (
    evaluation_key varchar(64) not null, -- sha256 of conversation_id|evaluation_id, or conversation_id|#place
    conversation_id varchar(64) not null,
    evaluation_id varchar(64),
    conversation_start timestamp not null, -- UTC
    user_id varchar(64), -- whose work was evaluated
    evaluator_id varchar(64),
    queue_id varchar(64),
    form_id varchar(64),
    form_name varchar(1024),
    evaluation_status varchar(32),
    total_score bigint, -- points of 100
    total_critical_score bigint,
    event_time timestamp, -- UTC
    is_counted boolean not null, -- released, with a score, neither deleted nor retracted
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (conversation_id);

-- staging.genesys_conversation_attribute: participant attributes as the conversation itself has them, before a details job does.
-- Grain   batch_id, conversation_id, participant_no, attribute_name

create table if not exists staging.genesys_conversation_attribute (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null, -- position in the conversation, from 0
    participant_id varchar(64),
    purpose varchar(64),
    attribute_name varchar(4096) not null,
    attribute_value varchar(65535)
)
diststyle auto;

-- staging.genesys_attribute: participant attributes as received (details job results only).
-- Grain   batch_id, record_no, participant_no, attribute_name

create table if not exists staging.genesys_attribute (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    attribute_name varchar(4096) not null,
    attribute_value varchar(65535) -- byte for byte: 'NA', 'None' and empty text stay what they are
)
diststyle auto;

-- staging.genesys_participant: parties of conversations as received.
-- Grain   batch_id, record_no, participant_no

create table if not exists staging.genesys_participant (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null, -- position in the conversation, from 0
    participant_id varchar(64),
    user_id varchar(64),
    purpose varchar(32),
    participant_name varchar(2048),
    external_contact_id varchar(64),
    external_organization_id varchar(64),
    team_id varchar(64),
    flagged_reason varchar(64)
)
diststyle auto;

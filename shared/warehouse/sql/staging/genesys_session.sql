-- staging.genesys_session: connections of parties on one medium as received.
-- Grain   batch_id, record_no, participant_no, session_no

create table if not exists staging.genesys_session (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    conversation_id varchar(64) not null,
    participant_no integer not null,
    session_no integer not null, -- position in the participant, from 0
    session_id varchar(64),
    peer_id varchar(64),
    media_type varchar(32),
    message_type varchar(64),
    direction varchar(32),
    ani varchar(1024),
    dnis varchar(1024),
    session_dnis varchar(1024),
    address_from varchar(1024),
    address_to varchar(1024),
    remote varchar(1024),
    provider varchar(256),
    used_routing varchar(32),
    selected_agent_id varchar(64),
    outbound_campaign_id varchar(64),
    outbound_contact_id varchar(1024),
    outbound_contact_list_id varchar(64),
    disposition_name varchar(1024),
    disposition_analyzer varchar(1024),
    flow_id varchar(64),
    flow_name varchar(1024),
    flow_type varchar(64),
    flow_exit_reason varchar(64),
    flow_transfer_type varchar(64),
    recording boolean
)
diststyle auto;

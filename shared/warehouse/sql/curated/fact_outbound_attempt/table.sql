-- curated.fact_outbound_attempt: a contact of a campaign that was tried to reach in one conversation.
-- Grain   conversation_id, campaign_id, contact_list_id, contact_id

create table if not exists curated.fact_outbound_attempt (
    outbound_attempt_key varchar(64) not null, -- sha256 of conversation_id|campaign_id|contact_list_id|contact_id, nothing for a null
    conversation_id varchar(64) not null,
    campaign_id varchar(64) not null,
    contact_list_id varchar(64),
    contact_id varchar(1024), -- an id inside the contact list
    conversation_start timestamp not null, -- UTC
    media_type varchar(32),
    attempts integer not null, -- nOutboundAttempted over the sessions; 1 where none was emitted: the conversation itself
    is_connected boolean not null, -- nOutboundConnected, or an agent answered
    is_abandoned boolean not null, -- nOutboundAbandoned
    disposition_name varchar(1024), -- of the first session that has one
    batch_id varchar(128) not null,
    etl_loaded_at timestamp not null -- extracted_at of the record
)
diststyle auto
sortkey (conversation_start);

-- ops.conversation_reference: what each conversation names, or is linked to: who asks which conversations depend on a CRM record need
-- not read the facts.
-- Grain   object, reference_id, conversation_id

create table if not exists ops.conversation_reference (
    object varchar(32) not null, -- account, contact, case, external_contact, phone, phone_text; crm_late: waits for more of Salesforce
    reference_id varchar(64) not null, -- 15 characters of a Salesforce id; an asked id; an E.164 number; sha256 of a text; an object
    conversation_id varchar(64) not null,
    conversation_start timestamp not null
)
diststyle auto
sortkey (reference_id, object, conversation_start);

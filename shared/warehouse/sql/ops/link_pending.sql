-- ops.link_pending: what the first transaction of a merge has found for the second one to do: conversations that depend on a changed
-- CRM record have their link decided again. A row goes when that is done, by whichever merge comes first.
-- Grain   object, reference_id, since_at, until_at

create table if not exists ops.link_pending (
    object varchar(32) not null, -- account, contact, case, external_contact, phone; conversation: one by its id
    reference_id varchar(64) not null, -- the first 15 characters of a Salesforce id; an asked id; an E.164 number; a conversation_id
    since_at timestamp not null, -- conversations that began before it stay as they are
    until_at timestamp not null, -- and those that began after it
    batch_id varchar(128) not null -- whose merge asked for it
)
diststyle all;

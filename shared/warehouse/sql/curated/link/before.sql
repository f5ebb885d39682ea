-- curated/link/before.sql: the table for how the CRM records that the merge touches look before it, and after it.
-- Grain   side (1: before, 2: after), object, crm_id, since_at (conversations that began earlier do not ask for this part), state
-- Reads   nothing
-- Params  none
-- Rerun   safe: a temporary table of the session

create temp table tmp_state (
    side integer not null,
    object varchar(32) not null,
    crm_id varchar(64) not null,
    since_at timestamp not null,
    state varchar(512) not null
);

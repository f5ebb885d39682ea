-- curated/begin.sql: first part of the merge transaction: what is merged.
-- Grain   tmp_batch: one row
-- Params  :batch_id, :case_id_names, :account_id_names, :contact_id_names, :escalated_names, :bot_handled_names
--         (',name1,name2,' in order of precedence), :history_names (',object.column=Field,' of fields whose changes Salesforce keeps),
--         :match_window_minutes, :max_purged_percent. No later statement takes a parameter.
-- Rerun   safe: a temporary table of the session

-- Two merges at once could both insert the same conversation: here the second one conflicts and is tried again.
update ops.turn set step = 'merge'
where step = 'merge';

create temp table tmp_batch (
    batch_id varchar(128) not null,
    case_id_names varchar(4096) not null,
    account_id_names varchar(4096) not null,
    contact_id_names varchar(4096) not null,
    escalated_names varchar(4096) not null,
    bot_handled_names varchar(4096) not null,
    history_names varchar(16384) not null,
    match_window_minutes integer not null,
    max_purged_percent decimal(9, 4) not null
);

insert into tmp_batch (
    batch_id, case_id_names, account_id_names, contact_id_names, escalated_names, bot_handled_names, history_names,
    match_window_minutes, max_purged_percent
) values (
    :batch_id,
    :case_id_names,
    :account_id_names,
    :contact_id_names,
    :escalated_names,
    :bot_handled_names,
    :history_names,
    cast(:match_window_minutes as integer),
    cast(:max_purged_percent as decimal(9, 4))
);

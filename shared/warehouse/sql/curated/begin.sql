-- curated/begin.sql: first part of each transaction of the merge: whose turn it is, and what is merged.
-- Grain   tmp_batch: one row
-- Params  :batch_id, :case_id_names, :account_id_names, :contact_id_names, :escalated_names, :bot_handled_names
--         (',name1,name2,' in order of precedence), :history_names (',object.column=Field,' of fields whose changes Salesforce keeps),
--         :link_ways (',attribute,external_contact,phone,' in order, what is missing is off), :id_prefixes (texts before an id),
--         :account_prefixes, :contact_prefixes, :case_prefixes (the first three characters of such an id), :match_window_minutes,
--         :match_windows (',from/to/minutes,' in UTC), :max_purged_percent, :relink_since (links of accounts that changed since are decided
--         again), :relink_reasons (links refused for one of them are decided again), :business_time_zone, :service_level_seconds,
--         :aggregate_filter (none, sessions, other: what genesys.filter names). No later statement takes a parameter.
-- Rerun   safe: temporary tables of the session

-- Two merges at once could both insert the same conversation: here the second one conflicts and is tried again.
update ops.turn set step = 'merge'
where step = 'merge';

create temp table tmp_given (
    batch_id varchar(128) not null,
    case_id_names varchar(4096) not null,
    account_id_names varchar(4096) not null,
    contact_id_names varchar(4096) not null,
    escalated_names varchar(4096) not null,
    bot_handled_names varchar(4096) not null,
    history_names varchar(16384) not null,
    link_ways varchar(128) not null,
    id_prefixes varchar(4096) not null,
    account_prefixes varchar(4096) not null,
    contact_prefixes varchar(4096) not null,
    case_prefixes varchar(4096) not null,
    match_window_minutes integer not null,
    match_windows varchar(4096) not null,
    max_purged_percent decimal(9, 4) not null,
    relink_since timestamp not null,
    relink_reasons varchar(1024) not null,
    business_time_zone varchar(64) not null,
    service_level_seconds integer not null,
    aggregate_filter varchar(16) not null
);

insert into tmp_given (
    batch_id, case_id_names, account_id_names, contact_id_names, escalated_names, bot_handled_names, history_names, link_ways, id_prefixes,
    account_prefixes, contact_prefixes, case_prefixes, match_window_minutes, match_windows, max_purged_percent, relink_since,
    relink_reasons, business_time_zone, service_level_seconds, aggregate_filter
) values (
    :batch_id,
    :case_id_names,
    :account_id_names,
    :contact_id_names,
    :escalated_names,
    :bot_handled_names,
    :history_names,
    :link_ways,
    :id_prefixes,
    :account_prefixes,
    :contact_prefixes,
    :case_prefixes,
    cast(:match_window_minutes as integer),
    :match_windows,
    cast(:max_purged_percent as decimal(9, 4)),
    cast(:relink_since as timestamp),
    :relink_reasons,
    :business_time_zone,
    cast(:service_level_seconds as integer),
    :aggregate_filter
);

-- Made from a select, its rows are counted: every join with it is planned as one with a single row.
create temp table tmp_batch as
select tmp_given.*
from tmp_given;

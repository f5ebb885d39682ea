-- ops.live_snapshot: campaign KPIs as they stood each minute.
-- Grain   campaign_id, as_of

create table if not exists ops.live_snapshot (
    campaign_id varchar(64) not null,
    as_of timestamp not null,
    source varchar(64) not null,
    kpi varchar(64) not null,
    kpi_value decimal(18, 6), -- null: not known at that minute
    is_settled boolean not null
)
diststyle auto
sortkey (as_of);

-- curated.business_setting: what the views of mart need of the settings: views take no parameters.
-- Grain   one row

create table if not exists curated.business_setting (
    business_time_zone varchar(64) not null, -- whose midnights cut the days of mart, an IANA name
    service_level_seconds integer not null -- an answer within so many seconds counts into the service level
)
diststyle all;

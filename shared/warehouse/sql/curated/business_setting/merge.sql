-- curated.business_setting: what the settings say at this merge.
-- Grain   one row
-- Reads   nothing but the settings
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe: the settings of the last merge stand

update curated.business_setting
set
    business_time_zone = tmp_batch.business_time_zone,
    service_level_seconds = tmp_batch.service_level_seconds
from tmp_batch
where
    business_setting.business_time_zone <> tmp_batch.business_time_zone
    or business_setting.service_level_seconds <> tmp_batch.service_level_seconds;

insert into curated.business_setting (business_time_zone, service_level_seconds)
select
    tmp_batch.business_time_zone,
    tmp_batch.service_level_seconds
from tmp_batch
where not exists (
    select 1 as found from curated.business_setting
);

-- curated.business_setting: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  none

-- fail: settings_stand_once: there is one row of settings, or each number of mart would be there as often as there are rows
select counted.found
from (
    select count(*) as found from curated.business_setting
) as counted
where counted.found <> 1;

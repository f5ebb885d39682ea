-- curated.salesforce_purged: records that Salesforce no longer has: known and not deleted, and missing from a complete list of ids.
-- A record that is deleted stays readable for a while, as deleted; what is purged, or deleted for good, can only be missed.
-- Grain   object, record_id
-- Rule    is_refused: of the records that the list is the first to miss there are more than 20, and more than the share of the object that
--         the merge allows. More likely the integration user may no longer read them: they stay open, and a data test names them.

create table if not exists curated.salesforce_purged (
    object varchar(32) not null, -- account, contact, case, opportunity
    record_id varchar(18) not null,
    purged_at timestamp not null, -- UTC instant from which the record counts as gone: that of the list
    listed_at timestamp not null, -- UTC instant at which the list that misses it was complete
    listed_rows bigint not null, -- ids in that list that are not deleted
    batch_id varchar(128) not null, -- the run that brought the list
    is_refused boolean not null -- too many are missing at once: the record counts as still there
)
diststyle auto
sortkey (object, record_id);

-- ops.link_pending: what the next transaction of the merge, or of another one, has to decide again.
-- Grain   object, reference_id, since_at, until_at
-- Reads   tmp_touched (link/touched.sql)
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe: what waits already is not noted twice, and what was decided once is decided again with the same outcome

insert into ops.link_pending (object, reference_id, since_at, until_at, batch_id)
select
    tmp_touched.object,
    tmp_touched.reference_id,
    tmp_touched.since_at,
    tmp_touched.until_at,
    tmp_batch.batch_id
from tmp_touched
cross join tmp_batch
left join ops.link_pending
    on
        tmp_touched.object = link_pending.object
        and tmp_touched.reference_id = link_pending.reference_id
        and tmp_touched.since_at >= link_pending.since_at
        and tmp_touched.until_at <= link_pending.until_at
where link_pending.object is null;

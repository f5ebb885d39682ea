-- ops.link_pending: what this transaction has decided again no longer waits.
-- Grain   object, reference_id, since_at, until_at
-- Reads   tmp_pending (link/relinked.sql)
-- Params  none
-- Rerun   safe

delete from ops.link_pending
using tmp_pending
where
    link_pending.object = tmp_pending.object
    and link_pending.reference_id = tmp_pending.reference_id
    and link_pending.since_at = tmp_pending.since_at
    and link_pending.until_at = tmp_pending.until_at;

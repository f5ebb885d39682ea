-- ops.staged_record: the records of the batch are noted, once.
-- Grain   natural_id, object, source, batch_id, record_no
-- Reads   tmp_staged (curated/staged_record/batch.sql)
-- Params  none
-- Rerun   safe: what is noted already is left as it is

insert into ops.staged_record (
    natural_id, object, source, batch_id, record_no, extracted_at, source_version, extraction, conversation_start
)
select
    tmp_staged.natural_id,
    tmp_staged.object,
    tmp_staged.source,
    tmp_staged.batch_id,
    tmp_staged.record_no,
    tmp_staged.extracted_at,
    tmp_staged.source_version,
    tmp_staged.extraction,
    tmp_staged.conversation_start
from tmp_staged
left join ops.staged_record
    on
        tmp_staged.natural_id = staged_record.natural_id
        and tmp_staged.object = staged_record.object
        and tmp_staged.source = staged_record.source
        and tmp_staged.batch_id = staged_record.batch_id
        and tmp_staged.record_no = staged_record.record_no
where staged_record.natural_id is null;

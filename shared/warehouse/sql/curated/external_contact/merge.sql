-- curated.external_contact: the newest record of each key that one batch names. A contact that came once stays when a later answer lacks
-- it: it may have expired or been erased, and what it stood for on the day of its conversations has not changed.
-- Grain   asked_id
-- Reads   staging.genesys_external_contact of all batches, for the keys of this batch, where ops.staged_record says they lie
-- Params  tmp_staged (staged_record/batch.sql)
-- Rerun   safe, in any order of batches: the last extraction that found the contact wins, else the last one

create temp table tmp_new_external_contact as
select ranked.*
from (
    select
        staged.*,
        row_number() over (
            partition by staged.asked_id
            order by
                case when staged.external_contact_id is null then 1 else 0 end,
                staged.extracted_at desc,
                coalesce(load_log.loaded_at, cast('1970-01-01' as timestamp)) desc,
                staged.batch_id desc,
                staged.record_no desc
        ) as recency
    from (
        select distinct tmp_staged.natural_id as asked_id
        from tmp_staged
        where tmp_staged.source = 'genesys' and tmp_staged.object = 'external_contact'
    ) as asked
    inner join ops.staged_record
        on
            asked.asked_id = staged_record.natural_id
            and staged_record.object = 'external_contact'
            and staged_record.source = 'genesys'
    inner join staging.genesys_external_contact as staged
        on
            staged_record.batch_id = staged.batch_id
            and staged_record.record_no = staged.record_no
            and asked.asked_id = staged.asked_id
    left join ops.load_log
        on staged.batch_id = load_log.batch_id
) as ranked
where ranked.recency = 1;

merge into curated.external_contact
using tmp_new_external_contact as incoming
    on curated.external_contact.asked_id = incoming.asked_id
when matched then
    update
        set
            external_contact_id = incoming.external_contact_id,
            canonical_id = incoming.canonical_id,
            contact_type = incoming.contact_type,
            salesforce_contact_id = incoming.salesforce_contact_id,
            salesforce_account_id = incoming.salesforce_account_id,
            external_organization_id = incoming.external_organization_id,
            batch_id = incoming.batch_id,
            extracted_at = incoming.extracted_at
when not matched then insert (
    external_contact_key,
    asked_id,
    external_contact_id,
    canonical_id,
    contact_type,
    salesforce_contact_id,
    salesforce_account_id,
    external_organization_id,
    batch_id,
    extracted_at
) values (
    sha2(incoming.asked_id, 256),
    incoming.asked_id,
    incoming.external_contact_id,
    incoming.canonical_id,
    incoming.contact_type,
    incoming.salesforce_contact_id,
    incoming.salesforce_account_id,
    incoming.external_organization_id,
    incoming.batch_id,
    incoming.extracted_at
);

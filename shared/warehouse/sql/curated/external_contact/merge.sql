-- curated.external_contact: the newest record of each key that one batch names. A contact that came once stays when a later answer lacks
-- it: it may have expired or been erased, and what it stood for on the day of its conversations has not changed.
-- Grain   asked_id
-- Reads   staging.genesys_external_contact of all batches, for the keys of this batch
-- Params  tmp_batch (curated/begin.sql)
-- Rerun   safe, in any order of batches: the last extraction that found the contact wins, else the last one

merge into curated.external_contact
using (
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
        from staging.genesys_external_contact as staged
        inner join (
            select distinct named.asked_id
            from staging.genesys_external_contact as named
            inner join tmp_batch
                on named.batch_id = tmp_batch.batch_id
        ) as asked
            on staged.asked_id = asked.asked_id
        left join ops.load_log
            on staged.batch_id = load_log.batch_id
    ) as ranked
    where ranked.recency = 1
) as incoming
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

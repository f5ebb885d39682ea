-- curated/link/touched.sql: CRM records in which this batch has changed something that decides a link, and those that hang on them.
-- Grain   object, reference_id, since_at, until_at: conversations that began in between depend on it
-- Reads   curated.dim_salesforce_{account,contact,case}, external_contact, phone_number and quarantine, as they stand after the batch,
--         ops.window_ledger and ops.conversation_reference
-- Params  tmp_batch (curated/begin.sql); tmp_state (link/state.sql), tmp_alias, tmp_phone_number (phone_number/merge.sql)
-- Rerun   safe: a temporary table of the session

create temp table tmp_touched as
with differing as (
    -- What is told of one side alone.
    select
        tmp_state.object,
        tmp_state.crm_id,
        tmp_state.since_at
    from tmp_state
    group by tmp_state.object, tmp_state.crm_id, tmp_state.since_at, tmp_state.state
    having count(*) = 1
),

changed as (
    select
        differing.object,
        differing.crm_id,
        min(differing.since_at) as since_at
    from differing
    group by differing.object, differing.crm_id
),

changed_account as (
    select
        changed.crm_id,
        changed.since_at
    from changed
    where changed.object = 'account'
),

account_family as (
    select
        changed_account.crm_id,
        changed_account.since_at
    from changed_account
    union
    select
        sibling.crm_id,
        changed_account.since_at
    from changed_account
    inner join tmp_alias as own
        on
            own.object = 'account'
            and changed_account.crm_id = own.crm_id
    inner join tmp_alias as sibling
        on
            sibling.object = 'account'
            and own.current_id = sibling.current_id
),

changed_contact as (
    select
        changed.crm_id,
        changed.since_at
    from changed
    where changed.object = 'contact'
    union
    select
        dim_salesforce_contact.contact_id as crm_id,
        account_family.since_at
    from curated.dim_salesforce_contact
    inner join account_family
        on dim_salesforce_contact.account_id = account_family.crm_id
),

contact_family as (
    select
        changed_contact.crm_id,
        changed_contact.since_at
    from changed_contact
    union
    select
        sibling.crm_id,
        changed_contact.since_at
    from changed_contact
    inner join tmp_alias as own
        on
            own.object = 'contact'
            and changed_contact.crm_id = own.crm_id
    inner join tmp_alias as sibling
        on
            sibling.object = 'contact'
            and own.current_id = sibling.current_id
),

changed_case as (
    select
        changed.crm_id,
        changed.since_at
    from changed
    where changed.object = 'case'
    union
    select
        dim_salesforce_case.case_id as crm_id,
        account_family.since_at
    from curated.dim_salesforce_case
    inner join account_family
        on dim_salesforce_case.account_id = account_family.crm_id
    where dim_salesforce_case.is_latest
    union
    select
        dim_salesforce_case.case_id as crm_id,
        contact_family.since_at
    from curated.dim_salesforce_case
    inner join contact_family
        on dim_salesforce_case.contact_id = contact_family.crm_id
    where dim_salesforce_case.is_latest
),

case_family as (
    select
        changed_case.crm_id,
        changed_case.since_at
    from changed_case
    union
    select
        sibling.crm_id,
        changed_case.since_at
    from changed_case
    inner join tmp_alias as own
        on
            own.object = 'case'
            and changed_case.crm_id = own.crm_id
    inner join tmp_alias as sibling
        on
            sibling.object = 'case'
            and own.current_id = sibling.current_id
),

external_family as (
    select
        changed.crm_id,
        changed.since_at
    from changed
    where changed.object = 'external_contact'
    union
    select
        external_contact.asked_id as crm_id,
        account_family.since_at
    from curated.external_contact
    inner join account_family
        on external_contact.salesforce_account_id = account_family.crm_id
    union
    select
        external_contact.asked_id as crm_id,
        contact_family.since_at
    from curated.external_contact
    inner join contact_family
        on external_contact.salesforce_contact_id = contact_family.crm_id
),

family_number as (
    -- Of whoever is concerned, every number there ever was.
    select
        dim_salesforce_contact.phone as said,
        contact_family.since_at
    from curated.dim_salesforce_contact
    inner join contact_family
        on dim_salesforce_contact.contact_id = contact_family.crm_id
    union
    select
        dim_salesforce_contact.mobile_phone as said,
        contact_family.since_at
    from curated.dim_salesforce_contact
    inner join contact_family
        on dim_salesforce_contact.contact_id = contact_family.crm_id
    union
    select
        dim_salesforce_account.phone as said,
        account_family.since_at
    from curated.dim_salesforce_account
    inner join account_family
        on dim_salesforce_account.account_id = account_family.crm_id
),

moved_case as (
    select changed.crm_id
    from changed
    where changed.object = 'case'
    union
    -- A case without an account is one of its contact's, and moves with it.
    select dim_salesforce_case.case_id as crm_id
    from curated.dim_salesforce_case
    inner join contact_family
        on dim_salesforce_case.contact_id = contact_family.crm_id
    where
        dim_salesforce_case.is_latest
        and dim_salesforce_case.account_id is null
        and contact_family.since_at = cast('1970-01-01' as timestamp) -- not only the tier of its account has changed
),

near_case as (
    -- A changed case may be the nearest one, or no longer, of conversations that do not name it: of its contact or account, around it.
    select
        dim_salesforce_case.created_at,
        coalesce(contact_alias.current_id, dim_salesforce_case.contact_id) as contact_id,
        coalesce(account_alias.current_id, dim_salesforce_case.account_id) as account_id
    from curated.dim_salesforce_case
    inner join moved_case
        on dim_salesforce_case.case_id = moved_case.crm_id
    left join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and dim_salesforce_case.contact_id = contact_alias.crm_id
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_case.account_id = account_alias.crm_id
    where dim_salesforce_case.created_at is not null
),

near_person as (
    select
        near_case.created_at,
        cast('contact' as varchar(32)) as object,
        near_case.contact_id as crm_id
    from near_case
    union
    select
        near_case.created_at,
        cast('account' as varchar(32)) as object,
        near_case.account_id as crm_id
    from near_case
    union
    select
        near_case.created_at,
        cast('account' as varchar(32)) as object,
        -- The accounts it has left as well.
        coalesce(account_alias.current_id, dim_salesforce_contact.account_id) as crm_id
    from near_case
    inner join curated.dim_salesforce_contact
        on
            near_case.contact_id = dim_salesforce_contact.contact_id
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_contact.account_id = account_alias.crm_id
),

reference as (
    select
        cast('account' as varchar(32)) as object,
        cast(left(account_family.crm_id, 15) as varchar(64)) as reference_id,
        account_family.since_at
    from account_family
    union
    select
        cast('contact' as varchar(32)) as object,
        cast(left(contact_family.crm_id, 15) as varchar(64)) as reference_id,
        contact_family.since_at
    from contact_family
    union
    select
        cast('case' as varchar(32)) as object,
        cast(left(case_family.crm_id, 15) as varchar(64)) as reference_id,
        case_family.since_at
    from case_family
    union
    select
        cast('external_contact' as varchar(32)) as object,
        cast(external_family.crm_id as varchar(64)) as reference_id,
        external_family.since_at
    from external_family
    union
    select
        cast('phone' as varchar(32)) as object,
        cast(changed.crm_id as varchar(64)) as reference_id,
        changed.since_at
    from changed
    where changed.object = 'phone'
    union
    select
        cast('phone' as varchar(32)) as object,
        cast(phone_number.e164 as varchar(64)) as reference_id,
        family_number.since_at
    from family_number
    inner join curated.phone_number
        on family_number.said = phone_number.said
    union
    -- A text means another number than before: whoever was called by the one, and by the other.
    select
        cast('phone' as varchar(32)) as object,
        cast(tmp_phone_number.e164_before as varchar(64)) as reference_id,
        cast('1970-01-01' as timestamp) as since_at
    from tmp_phone_number
    where tmp_phone_number.e164_before <> tmp_phone_number.e164
    union
    select
        cast('phone' as varchar(32)) as object,
        cast(tmp_phone_number.e164 as varchar(64)) as reference_id,
        cast('1970-01-01' as timestamp) as since_at
    from tmp_phone_number
    where tmp_phone_number.e164_before <> tmp_phone_number.e164
    union
    -- A text that the CRM has means a number now: of whoever has it, though this batch does not bring them.
    select
        cast('phone' as varchar(32)) as object,
        cast(tmp_phone_number.e164 as varchar(64)) as reference_id,
        cast('1970-01-01' as timestamp) as since_at
    from tmp_phone_number
    inner join (
        select dim_salesforce_account.phone as said
        from curated.dim_salesforce_account
        union
        select dim_salesforce_contact.phone as said
        from curated.dim_salesforce_contact
        union
        select dim_salesforce_contact.mobile_phone as said
        from curated.dim_salesforce_contact
    ) as crm_text
        on tmp_phone_number.said = crm_text.said
    where tmp_phone_number.e164_before is null
    union
    -- A text means a number that meant none when a conversation had it.
    select
        conversation_reference.object,
        conversation_reference.reference_id,
        cast('1970-01-01' as timestamp) as since_at
    from tmp_phone_number
    inner join ops.conversation_reference
        on
            conversation_reference.object = 'phone_text'
            and sha2(tmp_phone_number.said, 256) = conversation_reference.reference_id
    where tmp_phone_number.e164_before is null
)

select
    reference.object,
    reference.reference_id,
    min(reference.since_at) as since_at,
    cast('9999-12-31' as timestamp) as until_at
from reference
group by reference.object, reference.reference_id
union
select
    near_person.object,
    cast(left(near_person.crm_id, 15) as varchar(64)) as reference_id,
    -- As far as the settings let a wider window reach.
    dateadd('day', -28, near_person.created_at) as since_at,
    dateadd('day', 28, near_person.created_at) as until_at
from near_person
where near_person.crm_id is not null
union
-- Asked for: the accounts that changed since then.
select
    cast('account' as varchar(32)) as object,
    cast(left(coalesce(account_alias.current_id, dim_salesforce_account.account_id), 15) as varchar(64)) as reference_id,
    tmp_batch.relink_since as since_at,
    cast('9999-12-31' as timestamp) as until_at
from curated.dim_salesforce_account
inner join tmp_batch
    on dim_salesforce_account.valid_from >= tmp_batch.relink_since
left join tmp_alias as account_alias
    on
        account_alias.object = 'account'
        and dim_salesforce_account.account_id = account_alias.crm_id
union
-- Asked for: links that were refused for a reason.
select
    cast('conversation' as varchar(32)) as object,
    cast(quarantine.natural_id as varchar(64)) as reference_id,
    cast('1970-01-01' as timestamp) as since_at,
    cast('9999-12-31' as timestamp) as until_at
from curated.quarantine
inner join tmp_batch
    on strpos(tmp_batch.relink_reasons, ',' || quarantine.reason || ',') > 0
where
    quarantine.source = 'genesys'
    and quarantine.object in ('conversation_link', 'conversation_case', 'conversation_value')
    and quarantine.natural_id is not null
    and quarantine.resolved_at is null
union
-- What waits until Salesforce is read further.
select
    cast('crm_late' as varchar(32)) as object,
    cast(window_ledger.object as varchar(64)) as reference_id,
    cast('1970-01-01' as timestamp) as since_at,
    cast('9999-12-31' as timestamp) as until_at
from ops.window_ledger
inner join tmp_batch
    on window_ledger.batch_id = tmp_batch.batch_id
where
    window_ledger.source = 'salesforce'
    and window_ledger.object in ('account', 'contact', 'case')
    and window_ledger.mode not in ('left_out', 'partial');

-- curated/link/alias.sql: merged CRM records and the one that survives, five merges deep; a survivor stands for itself.
-- Grain   object, crm_id
-- Reads   curated.dim_salesforce_{account,contact,case}
-- Params  none
-- Rerun   safe: a temporary table of the session

create temp table tmp_alias as
with merged as (
    select
        cast('account' as varchar(32)) as object,
        account_id as crm_id,
        master_record_id as master_id
    from curated.dim_salesforce_account
    where is_latest and master_record_id is not null and master_record_id <> account_id
    union all
    select
        cast('contact' as varchar(32)) as object,
        contact_id as crm_id,
        master_record_id as master_id
    from curated.dim_salesforce_contact
    where is_latest and master_record_id is not null and master_record_id <> contact_id
    union all
    select
        cast('case' as varchar(32)) as object,
        case_id as crm_id,
        master_record_id as master_id
    from curated.dim_salesforce_case
    where is_latest and master_record_id is not null and master_record_id <> case_id
),

followed as (
    select
        first_merge.object,
        first_merge.crm_id,
        coalesce(
            fifth_merge.master_id, fourth_merge.master_id, third_merge.master_id, second_merge.master_id, first_merge.master_id
        ) as current_id
    from merged as first_merge
    left join merged as second_merge
        on
            first_merge.object = second_merge.object
            and first_merge.master_id = second_merge.crm_id
    left join merged as third_merge
        on
            second_merge.object = third_merge.object
            and second_merge.master_id = third_merge.crm_id
    left join merged as fourth_merge
        on
            third_merge.object = fourth_merge.object
            and third_merge.master_id = fourth_merge.crm_id
    left join merged as fifth_merge
        on
            fourth_merge.object = fifth_merge.object
            and fourth_merge.master_id = fifth_merge.crm_id
)

select
    followed.object,
    followed.crm_id,
    followed.current_id
from followed
union
select
    followed.object,
    followed.current_id as crm_id,
    followed.current_id
from followed;

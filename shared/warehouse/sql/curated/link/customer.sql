-- curated/link/customer.sql: the CRM customer of each conversation to write; else the reason why there is none.
-- Grain   conversation_id
-- Reads   tmp_candidate; curated.dim_salesforce_contact for those it names, curated.external_contact, ops.window_ledger
-- Params  tmp_batch (curated/begin.sql); tmp_alias, tmp_interaction, tmp_candidate (curated/link)
-- Rule    The first way in the order of link_ways that names anybody decides: one customer, or several and so nobody (ambiguous). What the
--         other ways name must agree, whatever their order (crm_mismatch): the accounts are one; a contact belongs, or has belonged, to
--         them; two contacts have, or had, an account in common. A contact without an account contradicts no account.
--         Nobody is named: no_id (no Salesforce id; a number that nobody has is none), else id_not_found, or crm_late while a named
--         object has not been read as far as the conversation's end (its start while it is open): the newest end of the windows of
--         that object in ops.window_ledger tells.
-- Rerun   safe: a temporary table of the session

create temp table tmp_customer as
with statement as (
    -- Accounts and contacts that ways name, each on its own.
    select
        tmp_candidate.conversation_id,
        tmp_candidate.way,
        cast('account' as varchar(32)) as object,
        tmp_candidate.case_account_id as crm_id,
        cast(null as varchar(18)) as own_account_id
    from tmp_candidate
    where tmp_candidate.is_several = 0 and tmp_candidate.case_account_id is not null
    union all
    select
        tmp_candidate.conversation_id,
        tmp_candidate.way,
        cast('account' as varchar(32)) as object,
        tmp_candidate.named_account_id as crm_id,
        cast(null as varchar(18)) as own_account_id
    from tmp_candidate
    where tmp_candidate.is_several = 0 and tmp_candidate.named_account_id is not null
    union all
    select
        tmp_candidate.conversation_id,
        tmp_candidate.way,
        cast('contact' as varchar(32)) as object,
        tmp_candidate.contact_id as crm_id,
        tmp_candidate.contact_account_id as own_account_id
    from tmp_candidate
    where tmp_candidate.is_several = 0 and tmp_candidate.contact_id is not null
),

stated_contact as (
    select distinct statement.crm_id as contact_id
    from statement
    where statement.object = 'contact'
),

family as (
    -- The record itself and those that were merged into it.
    select
        stated_contact.contact_id,
        stated_contact.contact_id as member_id
    from stated_contact
    union
    select
        stated_contact.contact_id,
        contact_alias.crm_id as member_id
    from stated_contact
    inner join tmp_alias as contact_alias
        on
            contact_alias.object = 'contact'
            and stated_contact.contact_id = contact_alias.current_id
),

relation as (
    -- Each account a contact has ever belonged to: a contact that moved keeps its old conversations.
    select distinct
        family.contact_id,
        coalesce(account_alias.current_id, dim_salesforce_contact.account_id) as account_id
    from family
    inner join curated.dim_salesforce_contact
        on family.member_id = dim_salesforce_contact.contact_id
    left join tmp_alias as account_alias
        on
            account_alias.object = 'account'
            and dim_salesforce_contact.account_id = account_alias.crm_id
    where dim_salesforce_contact.account_id is not null
),

contradiction as (
    select
        first_one.conversation_id,
        'account ' || first_one.crm_id || ' (' || first_one.way || ') is not account ' || second_one.crm_id
        || ' (' || second_one.way || ')' as detail
    from statement as first_one
    inner join statement as second_one
        on
            first_one.conversation_id = second_one.conversation_id
            and first_one.crm_id < second_one.crm_id
    where first_one.object = 'account' and second_one.object = 'account'
    union all
    select
        person.conversation_id,
        'contact ' || person.crm_id || ' (' || person.way || ') does not belong to account ' || firm.crm_id || ' (' || firm.way || ')'
            as detail
    from statement as person
    inner join statement as firm
        on person.conversation_id = firm.conversation_id
    left join relation
        on
            person.crm_id = relation.contact_id
            and firm.crm_id = relation.account_id
    where
        person.object = 'contact'
        and firm.object = 'account'
        and person.own_account_id is not null
        and relation.contact_id is null
    union all
    select
        first_one.conversation_id,
        'contact ' || first_one.crm_id || ' (' || first_one.way || ') has no account in common with contact ' || second_one.crm_id
        || ' (' || second_one.way || ')' as detail
    from statement as first_one
    inner join statement as second_one
        on
            first_one.conversation_id = second_one.conversation_id
            and first_one.crm_id < second_one.crm_id
            and first_one.way <> second_one.way
    left join (
        select
            mine.contact_id,
            theirs.contact_id as other_contact_id
        from relation as mine
        inner join relation as theirs
            on mine.account_id = theirs.account_id
        group by mine.contact_id, theirs.contact_id
    ) as shared
        on
            first_one.crm_id = shared.contact_id
            and second_one.crm_id = shared.other_contact_id
    where
        first_one.object = 'contact'
        and second_one.object = 'contact'
        and shared.contact_id is null
),

contradicted as (
    select
        contradiction.conversation_id,
        min(contradiction.detail) as detail
    from contradiction
    group by contradiction.conversation_id
),

first_way as (
    select
        tmp_candidate.*,
        row_number() over (partition by tmp_candidate.conversation_id order by tmp_candidate.way_order) as turn
    from tmp_candidate
),

unknown as (
    -- Objects of which the conversation names a record: as far as the ways that are on look at it.
    select
        tmp_interaction.conversation_id,
        coalesce(tmp_interaction.conversation_end, tmp_interaction.conversation_start) as needed_until,
        case
            when tmp_interaction.asked_case_id is not null and strpos(tmp_batch.link_ways, ',attribute,') > 0 then 1
            else 0
        end as names_case,
        case
            when tmp_interaction.asked_account_id is not null and strpos(tmp_batch.link_ways, ',attribute,') > 0 then 1
            when external_contact.salesforce_account_id is not null and strpos(tmp_batch.link_ways, ',external_contact,') > 0 then 1
            else 0
        end as names_account,
        case
            when tmp_interaction.asked_contact_id is not null and strpos(tmp_batch.link_ways, ',attribute,') > 0 then 1
            when external_contact.salesforce_contact_id is not null and strpos(tmp_batch.link_ways, ',external_contact,') > 0 then 1
            else 0
        end as names_contact
    from tmp_interaction
    cross join tmp_batch
    left join tmp_candidate
        on tmp_interaction.conversation_id = tmp_candidate.conversation_id
    left join curated.external_contact
        on tmp_interaction.external_contact_id = external_contact.asked_id
    where tmp_candidate.conversation_id is null
),

reach as (
    select
        coalesce(max(case when window_ledger.object = 'case' then window_ledger.window_end end), cast('0001-01-01' as timestamp))
            as case_until,
        coalesce(max(case when window_ledger.object = 'account' then window_ledger.window_end end), cast('0001-01-01' as timestamp))
            as account_until,
        coalesce(max(case when window_ledger.object = 'contact' then window_ledger.window_end end), cast('0001-01-01' as timestamp))
            as contact_until
    from ops.window_ledger
    where
        window_ledger.source = 'salesforce'
        and window_ledger.mode not in ('left_out', 'partial')
),

late as (
    select
        unknown.conversation_id,
        unknown.names_case + unknown.names_account + unknown.names_contact as names_any,
        case when unknown.names_case = 1 and reach.case_until < unknown.needed_until then 1 else 0 end as late_case,
        case when unknown.names_account = 1 and reach.account_until < unknown.needed_until then 1 else 0 end as late_account,
        case when unknown.names_contact = 1 and reach.contact_until < unknown.needed_until then 1 else 0 end as late_contact
    from unknown
    cross join reach
)

select
    tmp_interaction.conversation_id,
    tmp_interaction.conversation_start,
    first_way.link_method,
    case when first_way.link_method = 'attribute_case' then first_way.case_id end as named_case_id,
    first_way.contact_id as crm_contact_id,
    case first_way.link_method
        when 'attribute_case' then first_way.case_account_id
        when 'attribute_account' then first_way.named_account_id
        else coalesce(first_way.named_account_id, first_way.contact_account_id)
    end as crm_account_id,
    case
        when first_way.is_several = 1 then 'ambiguous'
        when first_way.conversation_id is not null and contradicted.conversation_id is not null then 'crm_mismatch'
        when first_way.conversation_id is not null then null
        when late.late_case + late.late_account + late.late_contact > 0 then 'crm_late'
        when late.names_any > 0 then 'id_not_found'
        else 'no_id'
    end as link_reason,
    case
        when first_way.is_several = 1 and first_way.way = 'attribute' then 'attributes of the same kind hold different ids'
        when first_way.is_several = 1 and first_way.way = 'external_contact' then 'more than one external contact took part'
        when first_way.is_several = 1 then 'more than one customer has the number'
        else contradicted.detail
    end as detail,
    coalesce(late.late_case, 0) as late_case,
    coalesce(late.late_account, 0) as late_account,
    coalesce(late.late_contact, 0) as late_contact
from tmp_interaction
left join first_way
    on
        tmp_interaction.conversation_id = first_way.conversation_id
        and first_way.turn = 1
left join contradicted
    on tmp_interaction.conversation_id = contradicted.conversation_id
left join late
    on tmp_interaction.conversation_id = late.conversation_id;

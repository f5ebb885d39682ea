-- What Redshift has and PostgreSQL has not, as far as the SQL of shared/warehouse uses it or may use it.
-- Run once in a new database of the local twin, before any table is made. All of it lies in the schema public.
-- Not emulated, on purpose: SUPER navigation, LISTAGG, QUALIFY, SYSDATE, APPROXIMATE, unquoted date parts (the SQL gate forbids them).

create domain super as jsonb;

create function getdate() returns timestamp language sql stable as $$
    select date_trunc('second', statement_timestamp() at time zone current_setting('TimeZone'))
$$;

-- Redshift's nvl takes any number of arguments, like coalesce.
create function nvl(variadic "values" anycompatiblearray) returns anycompatible language sql immutable as $$
    select picked.item
    from unnest("values") with ordinality as picked (item, place)
    where picked.item is not null
    order by picked.place
    limit 1
$$;

-- The forms in daily use again without an array: PostgreSQL puts them straight into the query's plan.
create function nvl(anycompatible, anycompatible) returns anycompatible language sql immutable as $$
    select coalesce($1, $2)
$$;

create function nvl(anycompatible, anycompatible, anycompatible) returns anycompatible language sql immutable as $$
    select coalesce($1, $2, $3)
$$;

create function nvl2(anyelement, anycompatible, anycompatible) returns anycompatible language sql immutable as $$
    select case when $1 is not null then $2 else $3 end
$$;

create function len(text) returns integer language sql immutable strict as $$
    select length($1)
$$;

create function sha2(text, integer) returns text language sql immutable strict as $$
    select case $2
        when 0 then encode(sha256(convert_to($1, 'UTF8')), 'hex')
        when 224 then encode(sha224(convert_to($1, 'UTF8')), 'hex')
        when 256 then encode(sha256(convert_to($1, 'UTF8')), 'hex')
        when 384 then encode(sha384(convert_to($1, 'UTF8')), 'hex')
        when 512 then encode(sha512(convert_to($1, 'UTF8')), 'hex')
        else ''
    end
$$;

create function dateadd(part text, amount bigint, moment timestamp) returns timestamp language sql immutable strict as $$
    select moment + case
        when lower(part) in ('quarter', 'quarters', 'qtr', 'qtrs') then (amount * 3) * interval '1 month'
        else amount * ('1 ' || part)::interval
    end
$$;

-- Counts the boundaries crossed, as Redshift does, not the time elapsed.
create function datediff(part text, earlier timestamp, later timestamp) returns bigint language sql immutable strict as $$
    select case lower(part)
        when 'year' then (date_part('year', later) - date_part('year', earlier))::bigint
        when 'quarter' then (
            (date_part('year', later) - date_part('year', earlier)) * 4 + date_part('quarter', later) - date_part('quarter', earlier)
        )::bigint
        when 'month' then (
            (date_part('year', later) - date_part('year', earlier)) * 12 + date_part('month', later) - date_part('month', earlier)
        )::bigint
        when 'week' then ((date_trunc('week', later)::date - date_trunc('week', earlier)::date) / 7)::bigint
        when 'day' then (later::date - earlier::date)::bigint
        when 'hour' then (extract(epoch from date_trunc('hour', later) - date_trunc('hour', earlier)) / 3600)::bigint
        when 'minute' then (extract(epoch from date_trunc('minute', later) - date_trunc('minute', earlier)) / 60)::bigint
        when 'second' then extract(epoch from date_trunc('second', later) - date_trunc('second', earlier))::bigint
        when 'millisecond' then (
            extract(epoch from date_trunc('milliseconds', later) - date_trunc('milliseconds', earlier)) * 1000
        )::bigint
        when 'microsecond' then (extract(epoch from later - earlier) * 1000000)::bigint
    end
$$;

create function convert_timezone(source_zone text, target_zone text, moment timestamp) returns timestamp
language sql stable strict as $$
    select (moment at time zone source_zone) at time zone target_zone
$$;

create function convert_timezone(target_zone text, moment timestamp) returns timestamp language sql stable strict as $$
    select (moment at time zone 'UTC') at time zone target_zone
$$;

create function last_day(moment timestamp) returns date language sql immutable strict as $$
    select (date_trunc('month', moment) + interval '1 month' - interval '1 day')::date
$$;

create function add_months(moment timestamp, months bigint) returns timestamp language sql immutable strict as $$
    -- The last day of a month stays a last day.
    select case
        when moment::date = last_day(moment) then last_day(moment + months * interval '1 month') + moment::time
        else moment + months * interval '1 month'
    end
$$;

create function trunc(moment timestamp) returns date language sql immutable strict as $$
    select moment::date
$$;

create function json_parse(text) returns jsonb language sql immutable strict as $$
    select $1::jsonb
$$;

-- Since PostgreSQL 17 the bare word belongs to its grammar; quoted it is a name in every version.
create function "json_serialize"(jsonb) returns text language sql immutable strict as $$
    select $1::text
$$;

create function json_extract_path_text(text, variadic text []) returns text language sql immutable as $$
    select $1::json #>> $2
$$;

create function json_array_length(text) returns integer language sql immutable strict as $$
    select json_array_length($1::json)
$$;

-- Roles and what is granted, under the names and columns of Redshift's own views (without the ids). A role that logs in is a user.
create view svv_roles as
select rolname::text as role_name
from pg_roles
where not rolcanlogin;

create view svv_role_grants as
select
    holder.rolname::text as role_name,
    granted.rolname::text as granted_role_name
from pg_auth_members as membership
inner join pg_roles as holder on membership.member = holder.oid
inner join pg_roles as granted on membership.roleid = granted.oid
where not holder.rolcanlogin;

-- Who holds what: 0 stands for everybody.
create function granted(acl aclitem []) returns table (
    identity_name text, identity_type text, privilege_type text, admin_option boolean
) language sql stable as $$
    select
        coalesce(pg_roles.rolname::text, 'public'),
        case when acl_item.grantee = 0 then 'public' when pg_roles.rolcanlogin then 'user' else 'role' end,
        acl_item.privilege_type,
        acl_item.is_grantable
    from aclexplode(acl) as acl_item
    left join pg_roles on acl_item.grantee = pg_roles.oid
$$;

create view svv_schema_privileges as
select
    pg_namespace.nspname::text as namespace_name,
    held.privilege_type,
    held.identity_name,
    held.identity_type,
    held.admin_option,
    'SCHEMA' as privilege_scope
from pg_namespace
cross join lateral granted(pg_namespace.nspacl) as held;

create view svv_relation_privileges as
select
    pg_namespace.nspname::text as namespace_name,
    pg_class.relname::text as relation_name,
    held.privilege_type,
    held.identity_name,
    held.identity_type,
    held.admin_option
from pg_class
inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
cross join lateral granted(pg_class.relacl) as held
where pg_class.relkind in ('r', 'v', 'm', 'p');

create view svv_column_privileges as
select
    pg_namespace.nspname::text as namespace_name,
    pg_class.relname::text as relation_name,
    pg_attribute.attname::text as column_name,
    held.privilege_type,
    held.identity_name,
    held.identity_type
from pg_attribute
inner join pg_class on pg_attribute.attrelid = pg_class.oid
inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
cross join lateral granted(pg_attribute.attacl) as held
where not pg_attribute.attisdropped;

grant select on svv_roles, svv_role_grants, svv_schema_privileges, svv_relation_privileges, svv_column_privileges to public;

-- Grants for all that is in a database (privilege_scope TABLES, …) are Redshift's alone, and whoever may connect is settled elsewhere there.
create view svv_database_privileges as
select
    pg_database.datname::text as database_name,
    case held.privilege_type when 'TEMPORARY' then 'TEMP' else held.privilege_type end as privilege_type,
    held.identity_name,
    held.identity_type,
    held.admin_option,
    'DATABASE' as privilege_scope
from pg_database
cross join lateral granted(pg_database.datacl) as held
where held.privilege_type in ('CREATE', 'TEMPORARY');

-- An attribute of a role here, a grant there.
create view svv_system_privileges as
select
    'CREATE ROLE' as system_privilege,
    rolname::text as identity_name,
    'role' as identity_type
from pg_roles
where rolcreaterole and not rolcanlogin;

create view svv_default_privileges as
select
    pg_namespace.nspname::text as schema_name,
    case pg_default_acl.defaclobjtype when 'r' then 'RELATION' else 'FUNCTION' end as object_type,
    owner.rolname::text as owner_name,
    'user' as owner_type,
    held.privilege_type,
    held.identity_name as grantee_name,
    held.identity_type as grantee_type,
    held.admin_option
from pg_default_acl
inner join pg_roles as owner on pg_default_acl.defaclrole = owner.oid
left join pg_namespace on pg_default_acl.defaclnamespace = pg_namespace.oid
cross join lateral granted(pg_default_acl.defaclacl) as held
where pg_default_acl.defaclobjtype in ('r', 'f');

grant select on svv_database_privileges, svv_system_privileges, svv_default_privileges to public;

-- Redshift joins large sets by hash. PostgreSQL has no statistics on tables filled a moment ago in the same transaction, takes them for
-- small and would loop. For sessions that begin after this one.
do $$
begin
    execute format('alter database %I set enable_nestloop = off', current_database());
    execute format('alter database %I set jit = off', current_database());
end
$$;

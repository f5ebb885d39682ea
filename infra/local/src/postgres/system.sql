-- What the Data API keeps in the database itself: load errors, under the names and columns of Redshift's own views.

create schema if not exists sys;

create table if not exists sys.sys_load_error_detail (
    user_id integer,
    query_id bigint,
    transaction_id bigint,
    session_id integer,
    database_name text,
    table_id bigint,
    start_time timestamp,
    file_name text,
    line_number bigint,
    column_name text,
    column_type text,
    column_length text,
    position integer,
    error_code integer,
    error_message text
);

create or replace view sys.stl_load_errors as
select
    user_id as userid,
    0 as slice,
    table_id as tbl,
    start_time as starttime,
    session_id as session,
    query_id as query,
    file_name as filename,
    line_number,
    column_name as colname,
    column_type as type,
    column_length as col_length,
    position,
    error_code as err_code,
    error_message as err_reason
from sys.sys_load_error_detail;

-- Which shim this database has, so that it is applied once.
create table if not exists sys.shim_applied (text text not null);

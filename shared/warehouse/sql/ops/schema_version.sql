-- ops.schema_version: what `migrate` has applied, one row per SQL file.
-- Grain   unit

create table if not exists ops.schema_version (
    unit varchar(256) not null, -- path of the SQL file below sql/
    sha256 varchar(64) not null, -- of its statements, comments and layout aside
    version integer not null, -- schema version of the code that applied it
    applied_at timestamp default getdate()
)
diststyle auto;

-- ops.load_log: batches whose COPY has committed. Its row and the rows it speaks of commit together.
-- Grain   batch_id

create table if not exists ops.load_log (
    batch_id varchar(128) not null,
    manifest_sha256 varchar(64) not null, -- over the manifests of all tables, in order of table name
    files bigint not null,
    copied_rows bigint not null,
    loaded_at timestamp default getdate(),
    merged_at timestamp -- null until `merge` has committed
)
diststyle auto;

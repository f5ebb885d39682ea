-- ops.report_receipt: what each export handed out.
-- Grain   batch_id, report_name, period_start, period_end, format

create table if not exists ops.report_receipt (
    batch_id varchar(128) not null,
    report_name varchar(128) not null,
    period_start timestamp not null,
    period_end timestamp not null,
    format varchar(8) not null, -- csv, json, html, xlsx
    object_key varchar(1024) not null,
    row_count bigint not null,
    byte_count bigint not null,
    sha256 varchar(64) not null,
    is_settled boolean not null,
    exported_at timestamp not null
)
diststyle auto;

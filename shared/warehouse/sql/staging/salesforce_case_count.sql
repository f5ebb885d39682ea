-- staging.salesforce_case_count: how many cases Salesforce itself counts, by the day they were created: the other side of the
-- reconciliation. A day without cases has no row; ops.window_ledger has the days that were counted (object case_count).
-- Grain   batch_id, created_date, is_closed, is_deleted

create table if not exists staging.salesforce_case_count (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null, -- when it was counted
    created_date date not null, -- UTC
    is_closed boolean not null,
    is_deleted boolean not null, -- deleted and still readable, or merged into another
    cases bigint not null,
    changed_at timestamp -- the newest SystemModstamp among them
)
diststyle auto;

-- ops.window_ledger: what each run did with each window, and with what came along with it (external_contact, under the number of its
-- window of conversations).
-- Grain   source, object, window_no, batch_id
-- Modes   partial: cut by an event's own filter. left_out: the window failed, or the plan had no room for it, and the
--         run went on without it: nothing of it is here
-- Closes  received_rows = out_of_window_rows + duplicate_rows + landed_rows
--         landed_rows = staged_rows + quarantined_rows; staged_rows = merged_rows + superseded_rows

create table if not exists ops.window_ledger (
    batch_id varchar(128) not null,
    mode varchar(16) not null, -- nightly, intraday, backfill, replay; not to count as read: partial, left_out
    source varchar(32) not null,
    object varchar(64) not null,
    window_start timestamp not null,
    window_end timestamp not null,
    window_no bigint not null, -- ordinal in the plan of its source: the high part of its record numbers
    extraction varchar(16) not null, -- job, query, reference, aggregate, lookup, rest, bulk, replay; none: left out
    api_rows bigint, -- the count the API itself states, null where it states none
    received_rows bigint not null, -- records in the pages
    out_of_window_rows bigint not null, -- received, not of this window (client-side filter)
    duplicate_rows bigint not null, -- received again with the same bytes (shifted or repeated page)
    landed_rows bigint not null, -- lines in landing/, quarantined ones included
    staged_rows bigint not null, -- records in the main staging table of the object, whatever rows each has there
    quarantined_rows bigint not null,
    merged_rows bigint, -- staged records that are the newest of their natural id; null until merged
    superseded_rows bigint, -- staged records that another extraction of the same natural id has replaced
    is_settled boolean not null, -- read from a details job at least settle_hours after window_end
    api_calls bigint not null,
    extracted_at timestamp not null -- the window was complete in landing/; left_out: the run's own instant
)
diststyle auto
sortkey (window_start);

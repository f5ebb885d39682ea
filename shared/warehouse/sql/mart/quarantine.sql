-- mart.quarantine: what extraction and the merge refused, and whether it still waits. A run of mode replay with a reason re-runs exactly
-- what is open for that reason.
-- Grain   source, object, record_ref, reason
-- Reads   curated.quarantine, ops.staged_record
-- Rule    is_record: its bytes lie in landing/ and are what is read again. What the merge refused of a conversation (a link, a case, a
--         value) is decided again from its rows. is_open: what the merge refused still holds, and no merge has staged the record as of
--         the instant it was last refused, or later: by a replay of its line, or because the source was read again. A record that does
--         not tell its id, or is counted over a window (aggregates, adherence), stays open.
-- Column  quarantine_key | text | key of the row
-- Column  source | text | genesys or salesforce
-- Column  object | text | what was refused: a kind of record, or conversation_link, conversation_case, conversation_value, case_value
-- Column  record_ref | text | id of the record, or the SHA-256 of its bytes where it does not tell one
-- Column  natural_id | text | id that the record tells
-- Column  reason | text | why it was refused
-- Column  first_seen_at | timestamp, UTC | when it was extracted first
-- Column  last_seen_at | timestamp, UTC | when it was extracted last
-- Column  times | count | extractions that brought it
-- Column  window_start | timestamp, UTC | beginning of the window; null where the merge refused it
-- Column  window_end | timestamp, UTC | end of the window; null where the merge refused it
-- Column  object_key | text | object in landing/ of the last time
-- Column  line | number | its line there
-- Column  accepted_at | timestamp, UTC | when the record that was taken had been extracted
-- Column  is_record | boolean | extraction refused it, and its bytes lie in landing/
-- Column  is_open | boolean | nothing has been staged for it since

create or replace view mart.quarantine as
with accepted as (
    select
        quarantine.quarantine_key,
        max(staged_record.extracted_at) as accepted_at
    from curated.quarantine
    inner join ops.staged_record
        on
            quarantine.natural_id = staged_record.natural_id
            and quarantine.source = staged_record.source
            and replace(quarantine.object, '_lookup', '') = staged_record.object
            and quarantine.last_seen_at <= staged_record.extracted_at
    where quarantine.object_key is not null and quarantine.object not in ('conversation_link', 'conversation_case', 'conversation_value')
    group by quarantine.quarantine_key
)

select
    quarantine.quarantine_key,
    quarantine.source, -- genesys, salesforce
    quarantine.object,
    quarantine.record_ref, -- the record's id, or the sha256 of its bytes where it does not tell one
    quarantine.natural_id,
    quarantine.reason,
    quarantine.first_seen_at,
    quarantine.last_seen_at,
    quarantine.times, -- how many extractions brought it
    quarantine.window_start, -- of the last time; null: not known
    quarantine.window_end,
    quarantine.object_key, -- the landing object of the last time; null: not known
    quarantine.line,
    accepted.accepted_at, -- when the record that was taken had been extracted
    quarantine.object_key is not null
    and quarantine.object not in ('conversation_link', 'conversation_case', 'conversation_value') as is_record,
    accepted.accepted_at is null and quarantine.resolved_at is null as is_open
from curated.quarantine
left join accepted
    on quarantine.quarantine_key = accepted.quarantine_key;

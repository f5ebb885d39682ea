-- Staging data by hand for a zone whose clocks are changed at midnight. Read by semantics.py.
-- set: business_time_zone: America/Havana

-- batch: a
-- The zone needs no more than a merge.
insert into ops.load_log (batch_id, manifest_sha256, files, copied_rows, loaded_at) values ('a', 'x', 0, 0, '2026-01-10 02:00:00');

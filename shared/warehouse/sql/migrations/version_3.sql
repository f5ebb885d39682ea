-- version_3: what brings a warehouse of an earlier version to version 3, where a table is there already.
-- Grain   one section per published table whose definition has changed, and one per table that is filled from what is there
-- Form    A section begins with `-- unit: ` and the path of the definition, or with `-- fill: ` and the name of the table to fill.
--         Its statements follow, each ended by a semicolon at the end of a line.
--         Files beside it, version_3_<what>.sql, have the same form and are read after it.
-- unit    The definition itself (its `create table`) holds the newest text and makes a new warehouse. The section holds the same change for
--         a table with rows in it: `alter table … add column …` alone, one statement for each column, in the definition's order, at its
--         end, nullable or with a default. A column that exists already is passed over.
-- fill    One `insert into … select …` each, with an anti-join against what the table has, so that it adds nothing twice. Each is a
--         transaction of its own, takes the merge's turn for as long as it runs, and runs after all tables and before the views; where
--         its text has changed it runs again. Several sections may name one table: they run in the order they stand here.
-- Rule    A new table needs nothing here. Staging tables stay as they are.

-- unit: curated/fact_agent_leg/table.sql
alter table curated.fact_agent_leg add column handle_count integer;
alter table curated.fact_agent_leg add column outbound_campaign_id varchar(64);

-- unit: curated/fact_customer_interactions/table.sql
alter table curated.fact_customer_interactions add column customer_number varchar(1024);
alter table curated.fact_customer_interactions add column met_bot boolean;
alter table curated.fact_customer_interactions add column case_minutes_apart integer;

-- unit: curated/fact_anonymous_interactions/table.sql
alter table curated.fact_anonymous_interactions add column customer_number varchar(1024);
alter table curated.fact_anonymous_interactions add column met_bot boolean;

-- unit: curated/quarantine/table.sql
alter table curated.quarantine add column resolved_at timestamp;

-- curated.dim_agent: Genesys users, as last listed.
-- Grain   user_id

create table if not exists curated.dim_agent (
    agent_key varchar(64) not null, -- sha256 of user_id
    user_id varchar(64) not null,
    user_name varchar(2048),
    email varchar(1024),
    state varchar(32), -- active, inactive, deleted
    department varchar(1024),
    title varchar(1024),
    division_id varchar(64),
    batch_id varchar(128) not null, -- the run that brought the values
    extracted_at timestamp not null -- of the record with these values
)
diststyle auto
sortkey (user_id);

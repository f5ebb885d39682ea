-- curated.dim_date: the days of the business time zone, with the instants between which each lies.
-- Grain   calendar_date, from 2015-01-01 to 2040-12-31

create table if not exists curated.dim_date (
    calendar_date date not null,
    time_zone varchar(64) not null, -- the zone of the settings, the same in each row
    day_start_at timestamp not null, -- UTC: the first instant of the local day, not always its midnight
    day_end_at timestamp not null, -- UTC, exclusive: the first instant of the next day
    day_hours decimal(4, 2) not null, -- 24, and 23 or 25 where clocks are changed
    calendar_year integer not null,
    quarter_of_year integer not null,
    month_of_year integer not null,
    day_of_month integer not null,
    iso_year integer not null, -- the year that iso_week belongs to
    iso_week integer not null, -- 1 to 53, beginning on Monday
    weekday_no integer not null, -- 1 Monday to 7 Sunday
    weekday_name varchar(16) not null,
    is_weekend boolean not null -- Saturday or Sunday
)
diststyle all
sortkey (calendar_date);

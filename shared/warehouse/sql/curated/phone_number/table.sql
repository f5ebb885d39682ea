-- curated.phone_number: texts that are telephone numbers, and the numbers they are. Facts and dimensions keep the text as it came: two of
-- them mean the same number where their numbers here are equal.
-- Grain   said

create table if not exists curated.phone_number (
    said varchar(1024) not null, -- as it came: tel:+13175550100, (317) 555-0100
    e164 varchar(32) not null, -- +13175550100; a text without a country is read as of phone.default_region
    batch_id varchar(128) not null, -- the run that read it so
    extracted_at timestamp not null -- of that record
)
diststyle auto
sortkey (said);

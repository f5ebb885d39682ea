-- staging.phone_number: texts of a record that are telephone numbers, and the numbers they are.
-- Grain   batch_id, record_no, said

create table if not exists staging.phone_number (
    batch_id varchar(128) not null,
    record_no bigint not null,
    extracted_at timestamp not null,
    said varchar(1024) not null, -- as it came: tel:+13175550100, (317) 555-0100
    e164 varchar(32) not null -- +13175550100
)
diststyle auto;

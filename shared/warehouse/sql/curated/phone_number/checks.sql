-- curated.phone_number: data tests.
-- Grain   one query a rule; a row it returns is a breach
-- Params  :batch_id

-- fail: one_row_per_text: a text has one row
select
    said,
    count(*) as found
from curated.phone_number
group by said
having count(*) > 1;

-- fail: every_phone_number_arrived: each text of the batch in staging is in this table
select distinct staged.said
from staging.phone_number as staged
left join curated.phone_number
    on staged.said = phone_number.said
where staged.batch_id = :batch_id and phone_number.said is null;

-- fail: written_as_e164: a number is a plus and 7 to 15 digits
select
    said,
    e164
from curated.phone_number
where batch_id = :batch_id and (e164 not like '+%' or length(e164) < 8 or length(e164) > 16);

-- ops.turn: whose turn it is. A load or merge begins by updating its row to what it is, so of two at once the second one
-- waits for the first, and then goes on with a snapshot taken after it, or conflicts and is tried again. (A lock would hold
-- up readers of the table as well.)
-- Grain   step

create table if not exists ops.turn (
    step varchar(16) not null -- load, merge
)
diststyle all;

insert into ops.turn (step)
select cast('load' as varchar(16)) as step
where not exists (
    select 1 as found from ops.turn
    where turn.step = 'load'
);

insert into ops.turn (step)
select cast('merge' as varchar(16)) as step
where not exists (
    select 1 as found from ops.turn
    where turn.step = 'merge'
);

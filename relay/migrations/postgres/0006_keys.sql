-- Changing and destroying keys (src/seal/rotate, src/seal/destroy).

-- 1 while a new school's key waits until every relay knows it: it opens what is wrapped under it, and wraps nothing yet.
alter table sealing_key add column waits bigint not null default 0;

-- Children and adults whose keys must not be destroyed, such as for an inquiry. Why is in the audit trail.
create table hold (
    id text not null primary key,
    school_id text not null references school (id),
    person_id text not null references person (id),
    placed_by text not null references account (id),
    placed_at bigint not null,
    lifted_by text references account (id),
    lifted_at bigint
);
create index hold_person on hold (school_id, person_id);
select lapwing_wall('hold');

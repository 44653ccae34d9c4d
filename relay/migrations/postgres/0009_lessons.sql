-- Lessons that staff have announced: until they end, devices lower what they find about their topics by one step.
create table lesson (
    id text not null primary key,
    school_id text not null references school (id),
    -- The taxonomy's names between commas: ',suicide,self_harm,'.
    topics text not null,
    -- '*', or year groups between commas, Reception as 0: ',9,'.
    years text not null,
    until bigint not null,
    -- A note for colleagues, under a key of its own; empty when there is none.
    sealed bytea not null,
    announced_by text not null references account (id),
    announced_at bigint not null,
    ended_by text references account (id),
    ended_at bigint
);
create index lesson_until on lesson (school_id, until);
select lapwing_wall('lesson');

-- What was announced stays as it was announced; only that it was ended early may follow.
create trigger lesson_kept before update of id, school_id, topics, years, until, sealed, announced_by, announced_at on lesson for each row execute function lapwing_refuse();
create trigger lesson_stays before delete on lesson for each row execute function lapwing_refuse();
create trigger lesson_whole before truncate on lesson for each statement execute function lapwing_refuse();

-- The note's key is a record's key like the others.
alter table record_key drop constraint record_key_object_kind_check;
alter table record_key add constraint record_key_object_kind_check
    check (object_kind in ('episode', 'report', 'concern', 'lesson'));

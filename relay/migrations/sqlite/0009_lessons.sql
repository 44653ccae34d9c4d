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
    sealed blob not null,
    announced_by text not null references account (id),
    announced_at bigint not null,
    ended_by text references account (id),
    ended_at bigint
);
create index lesson_until on lesson (school_id, until);

-- What was announced stays as it was announced; only that it was ended early may follow.
create trigger lesson_kept before update of id, school_id, topics, years, until, sealed, announced_by, announced_at on lesson begin
    select raise(abort, 'a row of lesson is never changed');
end;
create trigger lesson_stays before delete on lesson begin
    select raise(abort, 'a row of lesson is never deleted');
end;

-- The note's key is a record's key like the others. SQLite changes a check only with its table.
create table record_key_of_9 (
    school_id text not null references school (id),
    object_kind text not null check (object_kind in ('episode', 'report', 'concern', 'lesson')),
    object_id text not null,
    under text not null,
    wrapped blob not null,
    primary key (school_id, object_kind, object_id, under)
);
insert into record_key_of_9 (school_id, object_kind, object_id, under, wrapped)
    select school_id, object_kind, object_id, under, wrapped from record_key;
drop table record_key;
alter table record_key_of_9 rename to record_key;
create index record_key_under on record_key (under);

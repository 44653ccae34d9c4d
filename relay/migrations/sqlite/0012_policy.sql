-- The school's policy as staff set it: each change is a new version, and none is ever changed or deleted.
create table policy_version (
    id text not null primary key,
    school_id text not null references school (id),
    -- From 1, without gaps.
    number bigint not null,
    -- The document, what changed in words, and why, under a key of its own.
    sealed blob not null,
    made_by text not null references account (id),
    made_at bigint not null,
    -- The second person, where the school wants one.
    approved_by text references account (id),
    -- The number of the version that this one brings back.
    restored bigint,
    unique (school_id, number)
);
create trigger policy_version_kept before update on policy_version begin
    select raise(abort, 'a row of policy_version is never changed');
end;
create trigger policy_version_stays before delete on policy_version begin
    select raise(abort, 'a row of policy_version is never deleted');
end;

-- A change that waits for a second person.
create table policy_proposal (
    id text not null primary key,
    school_id text not null references school (id),
    -- The version that it would follow.
    on_number bigint not null,
    sealed blob not null,
    proposed_by text not null references account (id),
    proposed_at bigint not null,
    restored bigint,
    decision text check (decision in ('approved', 'refused', 'withdrawn')),
    decided_by text references account (id),
    decided_at bigint
);
create index policy_proposal_open on policy_proposal (school_id, decided_at);
create trigger policy_proposal_kept before update of id, school_id, on_number, sealed, proposed_by, proposed_at, restored on policy_proposal begin
    select raise(abort, 'a row of policy_proposal is never changed');
end;
create trigger policy_proposal_stays before delete on policy_proposal begin
    select raise(abort, 'a row of policy_proposal is never deleted');
end;

-- A pupil asked that a blocked site be opened for school work.
create table access_request (
    id text not null primary key,
    school_id text not null references school (id),
    device_id text not null references device (id),
    asked_at bigint not null,
    -- Host, reason, account and categories, under a key of its own.
    sealed blob not null,
    answer text check (answer in ('allowed', 'refused')),
    -- What staff wrote to the pupil, and why for colleagues, under the same key.
    answer_sealed blob,
    answered_by text references account (id),
    answered_at bigint,
    -- Where it was allowed: 'pupil' for this device and account alone, else an exception of the policy says for whom.
    scope text check (scope in ('pupil', 'policy')),
    until bigint,
    ended_by text references account (id),
    ended_at bigint
);
create index access_request_open on access_request (school_id, answered_at);
create index access_request_device on access_request (school_id, device_id, asked_at);
create trigger access_request_kept before update of id, school_id, device_id, asked_at, sealed on access_request begin
    select raise(abort, 'a row of access_request is never changed');
end;
create trigger access_request_answered before update of answer, answer_sealed, answered_by, answered_at, scope, until on access_request
when old.answered_at is not null begin
    select raise(abort, 'an answer to a pupil is never changed');
end;
create trigger access_request_stays before delete on access_request begin
    select raise(abort, 'a row of access_request is never deleted');
end;

-- Their keys are records' keys like the others. SQLite changes a check only with its table.
create table record_key_of_12 (
    school_id text not null references school (id),
    object_kind text not null check (object_kind in ('episode', 'report', 'concern', 'lesson', 'policy_version', 'policy_proposal', 'access_request')),
    object_id text not null,
    under text not null,
    wrapped blob not null,
    primary key (school_id, object_kind, object_id, under)
);
insert into record_key_of_12 (school_id, object_kind, object_id, under, wrapped)
    select school_id, object_kind, object_id, under, wrapped from record_key;
drop table record_key;
alter table record_key_of_12 rename to record_key;
create index record_key_under on record_key (under);

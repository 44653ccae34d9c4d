-- The school's policy as staff set it: each change is a new version, and none is ever changed or deleted.
create table policy_version (
    id text not null primary key,
    school_id text not null references school (id),
    -- From 1, without gaps.
    number bigint not null,
    -- The document, what changed in words, and why, under a key of its own.
    sealed bytea not null,
    made_by text not null references account (id),
    made_at bigint not null,
    -- The second person, where the school wants one.
    approved_by text references account (id),
    -- The number of the version that this one brings back.
    restored bigint,
    unique (school_id, number)
);
create trigger policy_version_kept before update on policy_version for each row execute function lapwing_refuse();
create trigger policy_version_stays before delete on policy_version for each row execute function lapwing_refuse();
create trigger policy_version_whole before truncate on policy_version for each statement execute function lapwing_refuse();
select lapwing_wall('policy_version');

-- A change that waits for a second person.
create table policy_proposal (
    id text not null primary key,
    school_id text not null references school (id),
    -- The version that it would follow.
    on_number bigint not null,
    sealed bytea not null,
    proposed_by text not null references account (id),
    proposed_at bigint not null,
    restored bigint,
    decision text check (decision in ('approved', 'refused', 'withdrawn')),
    decided_by text references account (id),
    decided_at bigint
);
create index policy_proposal_open on policy_proposal (school_id, decided_at);
create trigger policy_proposal_kept before update of id, school_id, on_number, sealed, proposed_by, proposed_at, restored on policy_proposal for each row execute function lapwing_refuse();
create trigger policy_proposal_stays before delete on policy_proposal for each row execute function lapwing_refuse();
create trigger policy_proposal_whole before truncate on policy_proposal for each statement execute function lapwing_refuse();
select lapwing_wall('policy_proposal');

-- A pupil asked that a blocked site be opened for school work.
create table access_request (
    id text not null primary key,
    school_id text not null references school (id),
    device_id text not null references device (id),
    asked_at bigint not null,
    -- Host, reason, account and categories, under a key of its own.
    sealed bytea not null,
    answer text check (answer in ('allowed', 'refused')),
    -- What staff wrote to the pupil, and why for colleagues, under the same key.
    answer_sealed bytea,
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
create trigger access_request_kept before update of id, school_id, device_id, asked_at, sealed on access_request for each row execute function lapwing_refuse();
create trigger access_request_answered before update of answer, answer_sealed, answered_by, answered_at, scope, until on access_request
    for each row when (old.answered_at is not null) execute function lapwing_refuse();
create trigger access_request_stays before delete on access_request for each row execute function lapwing_refuse();
create trigger access_request_whole before truncate on access_request for each statement execute function lapwing_refuse();
select lapwing_wall('access_request');

-- Their keys are records' keys like the others.
alter table record_key drop constraint record_key_object_kind_check;
alter table record_key add constraint record_key_object_kind_check
    check (object_kind in ('episode', 'report', 'concern', 'lesson', 'policy_version', 'policy_proposal', 'access_request'));
